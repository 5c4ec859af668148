#include "common/json/json.h"
#include "ctl/top/board.h"

static void put_number(struct buffer *out, bool *first, const char *name, double value)
{
    json_put_member(out, first, text_of(name));
    json_put_number(out, (double)(int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5)) / 1000);
}

/* A value below 0 is not known: null. */
static void put_known(struct buffer *out, bool *first, const char *name, double value)
{
    if (value >= 0) {
        json_put_member(out, first, text_of(name));
        json_put_number(out, value);
    } else {
        json_member_null(out, first, name);
    }
}

/* Rates and shares are null until there are two samples. */
static void put_rates(struct buffer *out, bool *first, const struct crowd *crowd)
{
    const struct {
        const char *name;
        double value;
    } rates[] = {
        {"records_per_second", crowd->records},
        {"rejected_per_second", crowd->rejected},
        {"redelivered_per_second", crowd->redelivered},
        {"busy", crowd->busy},
        {"stalled", crowd->stalled},
        {"idle", crowd->idle},
        {"store", crowd->store},
    };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        if (crowd->seconds > 0) {
            put_number(out, first, rates[i].name, rates[i].value);
        } else {
            json_member_null(out, first, rates[i].name);
        }
    }
}

static void put_crowd(struct buffer *out, bool *first, const struct crowd *crowd)
{
    put_rates(out, first, crowd);
    put_number(out, first, "in_flight", crowd->in_flight);
    put_number(out, first, "credit", crowd->credit);
    put_number(out, first, "oldest_seconds", crowd->oldest);
    put_number(out, first, "peers", crowd->peers);
    if (!crowd->api[0]) {
        return;
    }
    json_put_member(out, first, TEXT("http"));
    bool inner = true;
    buffer_add_char(out, '{');
    json_member_text(out, &inner, "api", text_of(crowd->api));
    put_number(out, &inner, "calls_per_second", crowd->calls);
    put_known(out, &inner, "seconds", crowd->latency);
    put_number(out, &inner, "in_flight", crowd->calls_now);
    put_number(out, &inner, "permitted", crowd->permitted);
    put_number(out, &inner, "calls_per_minute", crowd->per_minute);
    put_number(out, &inner, "throttled_per_second", crowd->throttled);
    put_number(out, &inner, "paced_share", crowd->paced);
    put_number(out, &inner, "throttled_share", crowd->throttled_wait);
    buffer_add_char(out, '}');
}

static void put_worker(struct buffer *out, const struct worker *worker)
{
    bool first = true;
    buffer_add_char(out, '{');
    json_member_text(out, &first, "at", text_of(worker->address));
    json_member_flag(out, &first, "up", worker->now.up);
    if (!worker->now.up) {
        json_member_text(out, &first, "why", text_of(worker->now.why));
        buffer_add_char(out, '}');
        return;
    }
    json_member_flag(out, &first, "ready", worker->now.ready > 0);
    struct crowd crowd;
    crowd_of(worker, &crowd);
    put_crowd(out, &first, &crowd);
    buffer_add_char(out, '}');
}

static void put_workers(struct buffer *out, const struct scrape *scrape, enum scrape_stage stage)
{
    bool any = false;
    buffer_add_char(out, '[');
    for (size_t i = 0; i < scrape->count; i++) {
        if (scrape->workers[i].stage == stage) {
            buffer_add_text(out, any ? TEXT(",") : TEXT(""));
            put_worker(out, &scrape->workers[i]);
            any = true;
        }
    }
    buffer_add_char(out, ']');
}

void board_json(const struct scrape *scrape, const struct bottleneck *bottleneck, const struct board_look *look,
                struct buffer *out)
{
    bool first = true, inner = true;
    buffer_add_char(out, '{');
    json_member_text(out, &first, "scheme", text_of(bottleneck->scheme));
    json_put_member(out, &first, TEXT("limiting"));
    buffer_add_char(out, '{');
    json_member_text(out, &inner, "what", text_of(bottleneck->what));
    json_member_text(out, &inner, "why", text_of(bottleneck->why));
    put_number(out, &inner, "share", bottleneck->share);
    json_member_text(out, &inner, "say", text_of(bottleneck->say));
    json_member_text(out, &inner, "cure", text_of(bottleneck->cure));
    buffer_add_char(out, '}');
    put_number(out, &first, "pages_open", bottleneck->pages_open);
    put_number(out, &first, "pages_done", bottleneck->pages_done);
    put_known(out, &first, "left_seconds", look->left < 0 ? -1 : (double)(int64_t)(look->left + 0.5));
    put_known(out, &first, "source_total", bottleneck->source_total);
    put_number(out, &first, "rejects_open", bottleneck->rejects_open);
    json_put_member(out, &first, TEXT("stages"));
    buffer_add_char(out, '[');
    for (enum scrape_stage stage = STAGE_EXTRACTOR; stage < STAGE_UNKNOWN; stage++) {
        buffer_add_text(out, stage == STAGE_EXTRACTOR ? TEXT("{") : TEXT(",{"));
        inner = true;
        json_member_text(out, &inner, "stage", text_of(stage_text(stage)));
        put_number(out, &inner, "up", (double)bottleneck->crowds[stage].up);
        put_number(out, &inner, "ready", (double)bottleneck->crowds[stage].ready);
        put_crowd(out, &inner, &bottleneck->crowds[stage]);
        json_put_member(out, &inner, TEXT("workers"));
        put_workers(out, scrape, stage);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
    json_put_member(out, &first, TEXT("unknown"));
    put_workers(out, scrape, STAGE_UNKNOWN);
    buffer_add_char(out, '}');
}
