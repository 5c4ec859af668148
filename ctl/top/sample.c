#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/top/scrape.h"

/* One line of a page taken apart: name without prefix, what stands between the braces, value. */
struct sample_line {
    struct text name, labels;
    double value;
};

/* No count, time or size of ours comes near it; whatever does is not shown, and never made an integer. */
#define NUMBER_MOST 1e15

static bool line_read(struct text text, struct sample_line *out)
{
    struct text prefix = TEXT("dianchen_");
    char number[64];
    const char *space = text.size > 0 ? memrchr(text.data, ' ', text.size) : NULL;
    if (!space || !(text_starts(text, prefix) || text_starts(text, TEXT("process_")))) {
        return false;
    }
    size_t digits = text.size - (size_t)(space + 1 - text.data);
    if (digits == 0 || digits >= sizeof number) {
        return false;
    }
    memcpy(number, space + 1, digits);
    number[digits] = '\0';
    double value = strtod(number, NULL);
    if (!(value >= -NUMBER_MOST && value <= NUMBER_MOST)) { /* not a number, too */
        return false;
    }
    struct text head = {text.data, (size_t)(space - text.data)};
    size_t skip = text_starts(text, prefix) ? prefix.size : 0;
    head = (struct text){head.data + skip, head.size - skip};
    const char *brace = memchr(head.data, '{', head.size);
    *out = (struct sample_line){.name = head, .labels = {"", 0}, .value = value};
    if (brace && head.data[head.size - 1] == '}') {
        out->name.size = (size_t)(brace - head.data);
        out->labels = (struct text){brace + 1, head.size - out->name.size - 2};
    }
    return true;
}

/* What stands behind `mark` ("stage=\"") up to the next quote, escapes left as they are; empty when it is not there. */
static struct text label(const struct sample_line *line, const char *mark)
{
    ptrdiff_t at = text_find(line->labels, text_of(mark));
    size_t skip = at < 0 ? line->labels.size : (size_t)at + strlen(mark), size = 0;
    while (skip + size < line->labels.size && line->labels.data[skip + size] != '"') {
        size++;
    }
    return (struct text){line->labels.data + skip, size};
}

static void keep(char *out, size_t room, struct text t)
{
    size_t size = text_cut(t, room - 1);
    memcpy(out, t.data ? t.data : "", size);
    out[size] = '\0';
}

const char *stage_text(enum scrape_stage stage)
{
    static const char *const names[] = {"extractor", "transformer", "loader", "unknown"};
    return names[stage];
}

static void identity_read(const struct sample_line *line, struct sample *out)
{
    if (text_equal(line->name, TEXT("build_info"))) {
        struct text stage = label(line, "stage=\"");
        for (enum scrape_stage s = STAGE_EXTRACTOR; s < STAGE_UNKNOWN; s++) {
            if (text_equal(stage, text_of(stage_text(s)))) {
                out->stage = s;
            }
        }
        keep(out->scheme, sizeof out->scheme, label(line, "scheme=\""));
    } else if (text_equal(line->name, TEXT("calls_permitted"))) {
        keep(out->api, sizeof out->api, label(line, "api=\""));
    }
}

/* Series of a name are added up: all of them, those with a certain label, or those of the API that does the work. */
struct sample_rule {
    const char *name, *mark, *value; /* mark: of the label, NULL = whatever its labels */
    size_t at;
};
#define OWN_API ""
#define RULE(name, label, value, member)                                                                               \
    {                                                                                                                  \
        name, label, value, offsetof(struct sample, member)                                                            \
    }
static const struct sample_rule rules[] = {
    RULE("busy_seconds_total", NULL, "", busy),
    RULE("stalled_seconds_total", NULL, "", stalled),
    RULE("idle_seconds_total", NULL, "", idle),
    RULE("store_seconds_sum", "op=\"", "commit", store),
    RULE("limit_wait_seconds_total", "reason=\"", "pace", paced),
    RULE("limit_wait_seconds_total", "reason=\"", "throttled", throttled_wait),
    RULE("records_total", NULL, "", records),
    RULE("records_total", "outcome=\"", "rejected", rejected),
    RULE("redelivered_total", NULL, "", redelivered),
    RULE("batches_total", NULL, "", batches),
    RULE("batch_seconds_sum", NULL, "", batch_seconds),
    RULE("http_request_seconds_count", "api=\"", OWN_API, calls),
    RULE("http_request_seconds_sum", "api=\"", OWN_API, call_seconds),
    RULE("throttled_total", NULL, "", throttled),
    RULE("ready", NULL, "", ready),
    RULE("peers", NULL, "", peers),
    RULE("in_flight_records", NULL, "", in_flight),
    RULE("credit_records", NULL, "", credit),
    RULE("oldest_batch_seconds", NULL, "", oldest),
    RULE("http_in_flight", "api=\"", OWN_API, calls_now),
    RULE("calls_permitted", NULL, "", permitted),
    RULE("limit_calls_per_minute", NULL, "", per_minute),
    RULE("rejects_open", NULL, "", rejects_open),
    RULE("run_pages", "state=\"", "open", pages_open),
    RULE("run_pages", "state=\"", "done", pages_done),
    RULE("run_source_total", NULL, "", source_total),
    RULE("process_start_time_seconds", NULL, "", started),
};

static void value_read(const struct sample_line *line, struct sample *out)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct sample_rule *rule = &rules[i];
        if (!text_equal(line->name, text_of(rule->name))) {
            continue;
        }
        const char *wanted = rule->value[0] == '\0' ? out->api : rule->value;
        if (!rule->mark || text_equal(label(line, rule->mark), text_of(wanted))) {
            double *number = (void *)((char *)out + rule->at);
            *number += line->value;
        }
    }
}

static void each_line(struct text page, void (*take)(const struct sample_line *line, struct sample *out),
                      struct sample *out)
{
    while (page.size > 0) {
        const char *end = memchr(page.data, '\n', page.size);
        size_t size = end ? (size_t)(end - page.data) : page.size;
        struct sample_line line;
        if (page.data[0] != '#' && line_read((struct text){page.data, size}, &line)) {
            take(&line, out);
        }
        size += end != NULL;
        page = (struct text){page.data + size, page.size - size};
    }
}

bool sample_read(struct text page, struct sample *out)
{
    out->stage = STAGE_UNKNOWN;
    each_line(page, identity_read, out); /* first: which API is its own */
    each_line(page, value_read, out);
    return out->stage != STAGE_UNKNOWN;
}
