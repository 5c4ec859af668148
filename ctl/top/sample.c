#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/top/scrape.h"

/* One line of a page taken apart: name without prefix, what stands between the braces, value. */
struct sample_line {
    struct text name, labels;
    double value;
};

enum { READ_SCHEMES = 64 /* of one process */ };

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

/* What one reading of the page is about: a stage that serves several schemes tells of each, by the label scheme. */
struct page_reading {
    struct text schemes[READ_SCHEMES];
    size_t scheme_count;
    struct text scheme; /* the one that is read now */
    bool first;         /* it takes what the process has as a whole, too */
    struct sample *out;
};

static bool concerns(const struct page_reading *reading, const struct sample_line *line)
{
    struct text scheme = label(line, "scheme=\"");
    bool whole = scheme.size == 0 || text_equal(line->name, TEXT("build_info"));
    return whole ? reading->first : text_equal(scheme, reading->scheme);
}

static void schemes_read(const struct sample_line *line, struct page_reading *reading)
{
    if (text_equal(line->name, TEXT("build_info")) && reading->scheme_count < READ_SCHEMES) {
        reading->schemes[reading->scheme_count++] = label(line, "scheme=\"");
    }
}

static void identity_read(const struct sample_line *line, struct page_reading *reading)
{
    struct sample *out = reading->out;
    if (text_equal(line->name, TEXT("build_info"))) {
        if (!reading->first) {
            return;
        }
        struct text stage = label(line, "stage=\"");
        for (enum scrape_stage s = STAGE_EXTRACTOR; s < STAGE_UNKNOWN; s++) {
            if (text_equal(stage, text_of(stage_text(s)))) {
                out->stage = s;
            }
        }
        size_t used = strlen(out->scheme);
        (void)snprintf(out->scheme + used, sizeof out->scheme - used, "%s%.*s", used > 0 ? ", " : "",
                       TEXT_ARG(label(line, "scheme=\"")));
    } else if (concerns(reading, line) && text_equal(line->name, TEXT("calls_permitted"))) {
        keep(out->api, sizeof out->api, label(line, "api=\""));
    }
}

/* Series of a name are added up: all of them, those with a certain label, or those of the API that does the work. What several
 * schemes of a process have is added up, too, unless that says nothing: it waits only when all of them wait, and is held up as much
 * as the one that is held up most. */
enum sample_of { OF_ALL, OF_MOST, OF_LEAST, OF_KNOWN /* as OF_ALL, where all of them know it */ };
struct sample_rule {
    const char *name, *mark, *value; /* mark: of the label, NULL = whatever its labels */
    size_t at;
    enum sample_of of;
};
#define OWN_API ""
#define RULE_OF(name, label, value, member, of)                                                                        \
    {                                                                                                                  \
        name, label, value, offsetof(struct sample, member), of                                                        \
    }
#define RULE(name, label, value, member) RULE_OF(name, label, value, member, OF_ALL)
static const struct sample_rule rules[] = {
    RULE("busy_seconds_total", NULL, "", busy),
    RULE_OF("stalled_seconds_total", NULL, "", stalled, OF_MOST),
    RULE_OF("idle_seconds_total", NULL, "", idle, OF_LEAST),
    RULE("store_seconds_sum", "op=\"", "commit", store),
    RULE_OF("limit_wait_seconds_total", "reason=\"", "pace", paced, OF_MOST),
    RULE_OF("limit_wait_seconds_total", "reason=\"", "throttled", throttled_wait, OF_MOST),
    RULE("records_total", NULL, "", records),
    RULE("records_total", "outcome=\"", "rejected", rejected),
    RULE("redelivered_total", NULL, "", redelivered),
    RULE("batches_total", NULL, "", batches),
    RULE("batch_seconds_sum", NULL, "", batch_seconds),
    RULE("http_request_seconds_count", "api=\"", OWN_API, calls),
    RULE("http_request_seconds_sum", "api=\"", OWN_API, call_seconds),
    RULE("throttled_total", NULL, "", throttled),
    RULE_OF("ready", NULL, "", ready, OF_LEAST),
    RULE_OF("peers", NULL, "", peers, OF_MOST),
    RULE("in_flight_records", NULL, "", in_flight),
    RULE("credit_records", NULL, "", credit),
    RULE_OF("oldest_batch_seconds", NULL, "", oldest, OF_MOST),
    RULE("http_in_flight", "api=\"", OWN_API, calls_now),
    RULE("calls_permitted", NULL, "", permitted),
    RULE_OF("limit_calls_per_minute", NULL, "", per_minute, OF_MOST),
    RULE_OF("rejects_open", NULL, "", rejects_open, OF_MOST),
    RULE("run_pages", "state=\"", "open", pages_open),
    RULE("run_pages", "state=\"", "done", pages_done),
    RULE_OF("run_source_total", NULL, "", source_total, OF_KNOWN),
    RULE("process_start_time_seconds", NULL, "", started),
};

static double *member(struct sample *sample, const struct sample_rule *rule)
{
    return (void *)((char *)sample + rule->at);
}

static void value_read(const struct sample_line *line, struct page_reading *reading)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct sample_rule *rule = &rules[i];
        if (!text_equal(line->name, text_of(rule->name)) || !concerns(reading, line)) {
            continue;
        }
        const char *wanted = rule->value[0] == '\0' ? reading->out->api : rule->value;
        if (!rule->mark || text_equal(label(line, rule->mark), text_of(wanted))) {
            *member(reading->out, rule) += line->value;
        }
    }
}

static void each_line(struct text page, void (*take)(const struct sample_line *line, struct page_reading *reading),
                      struct page_reading *reading)
{
    while (page.size > 0) {
        const char *end = memchr(page.data, '\n', page.size);
        size_t size = end ? (size_t)(end - page.data) : page.size;
        struct sample_line line;
        if (page.data[0] != '#' && line_read((struct text){page.data, size}, &line)) {
            take(&line, reading);
        }
        size += end != NULL;
        page = (struct text){page.data + size, page.size - size};
    }
}

static void merge(struct sample *out, struct sample *one)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        double *have = member(out, &rules[i]), more = *member(one, &rules[i]);
        switch (rules[i].of) {
        case OF_ALL:
            *have += more;
            break;
        case OF_MOST:
            *have = more > *have ? more : *have;
            break;
        case OF_LEAST:
            *have = more < *have ? more : *have;
            break;
        case OF_KNOWN:
            *have = more < 0 || *have < 0 ? -1 : *have + more;
            break;
        }
    }
}

bool sample_read(struct text page, struct sample *out)
{
    struct page_reading reading = {.first = true, .out = out};
    out->stage = STAGE_UNKNOWN;
    out->scheme[0] = '\0';
    each_line(page, schemes_read, &reading);
    reading.scheme = reading.schemes[0];
    each_line(page, identity_read, &reading); /* first: which API is its own */
    each_line(page, value_read, &reading);
    reading.first = false;
    for (size_t i = 1; i < reading.scheme_count; i++) {
        struct sample one = {0};
        reading.scheme = reading.schemes[i];
        reading.out = &one;
        each_line(page, identity_read, &reading);
        each_line(page, value_read, &reading);
        merge(out, &one);
    }
    return out->stage != STAGE_UNKNOWN;
}
