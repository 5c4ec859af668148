#include "common/scheme/window.h"

#include <stdio.h>

#include "common/config/config.h"
#include "common/scheme/formula/date.h"

#define SECOND INT64_C(1000) /* ms */
#define MINUTE (SECOND * 60)
#define DAY (MINUTE * 60 * 24)

/* A duration from `least`; `fallback` where it is not given. */
static int64_t duration(struct scheme_compile *c, const cJSON *object, const char *key, int64_t least, int64_t fallback)
{
    const cJSON *node = json_get(object, key);
    int64_t ms = fallback;
    if (node && (config_duration(json_text(node), &ms) != 0 || ms < least || ms > DAY * 366)) {
        scheme_fault(&c->faults, &c->file, node, "must be a duration from %llds to 366d: 10m, 1d",
                     (long long)(least / SECOND));
        return fallback;
    }
    return ms;
}

bool scheme_is_window_param(struct scheme_compile *c, const cJSON *value, struct text name)
{
    bool start = text_equal(name, c->source.window_start), end = text_equal(name, c->source.window_end);
    if (name.size == 0 || (!start && !end)) {
        return false;
    }
    const char *wanted = start ? "{{LAST_SYNC_TIME|datetime}}" : "{{CURRENT_TIME|datetime}}";
    if (!text_equal(json_text(value), text_of(wanted))) {
        scheme_fault(&c->faults, &c->file, value, "is filled in by /source/window: leave it out, or write %s", wanted);
    }
    return true;
}

/* 64 bits over what is asked for: with other parameters other records come, and none of them were read yet. */
static void name_request(struct scheme_compile *c, char out[17])
{
    uint64_t hash = UINT64_C(14695981039346656037);
    const struct scheme *scheme = c->scheme;
    for (size_t slice = 0; slice <= scheme->source.slice_count; slice++) {
        bool own = slice == scheme->source.slice_count;
        size_t count = own ? scheme->source.request_count : scheme->source.slices[slice].count;
        const struct scheme_param *params = own ? scheme->source.request : scheme->source.slices[slice].params;
        for (size_t i = 0; i < count; i++) {
            const struct text parts[] = {params[i].name, params[i].value, TEXT("\n")};
            bool paging = params[i].kind == PARAM_PAGE_SIZE || params[i].kind == PARAM_PAGE_NO;
            for (size_t p = 0; !paging && p < sizeof parts / sizeof *parts; p++) {
                for (size_t k = 0; k < parts[p].size; k++) {
                    hash = (hash ^ (unsigned char)parts[p].data[k]) * UINT64_C(1099511628211);
                }
                hash = (hash ^ 0xff) * UINT64_C(1099511628211);
            }
        }
    }
    (void)snprintf(out, 17, "%016llx", (unsigned long long)hash);
}

void scheme_compile_window(struct scheme_compile *c, const cJSON *source)
{
    const cJSON *node = json_get(source, "window");
    struct scheme_window *window = &c->scheme->source.window;
    int64_t since = 0;
    *window = (struct scheme_window){.start = TEXT(""), .end = TEXT("")};
    if (!c->source.loaded || (!node && c->source.window_start.size == 0)) {
        return;
    }
    if (!node) {
        scheme_fault(
            &c->faults, &c->file, source,
            "\"window\" is missing: %.*s is read by windows of time; \"window\": { \"since\": \"2026-01-01\" }",
            TEXT_ARG(c->source.name));
        return;
    }
    if (c->source.window_start.size == 0) {
        scheme_fault(&c->faults, &c->file, node,
                     "%.*s can't be asked for a window of time: its API file has no \"window\"",
                     TEXT_ARG(c->source.name));
        return;
    }
    if (!scheme_check(&c->faults, &c->file, node, DOCUMENT_SCHEME, "/source/window")) {
        return;
    }
    if (date_parse(scheme_get_text(node, "since"), &since) != 0) {
        scheme_fault(&c->faults, &c->file, json_get(node, "since"), "no day or time: 2026-01-31, 2026-01-31 08:00:00");
    }
    int64_t most = c->source.window_most, step = DAY < most ? DAY : most;
    *window = (struct scheme_window){
        .start = c->source.window_start,
        .end = c->source.window_end,
        .since = (since - DATE_ZONE) * SECOND,
        .lag = duration(c, node, "lag", 0, MINUTE),
        .overlap = duration(c, node, "overlap", SECOND, MINUTE * 10),
        .step = duration(c, node, "slice", MINUTE, step),
        .most = most,
    };
    if (window->step > most) {
        scheme_fault(&c->faults, &c->file, json_get(node, "slice"), "%.*s takes windows of at most %lld s",
                     TEXT_ARG(c->source.name), (long long)(most / SECOND));
    }
    if (window->since <= 0) {
        window->since = SECOND;
    }
    name_request(c, window->request);
}

void scheme_compile_reread(struct scheme_compile *c, const cJSON *reread)
{
    struct scheme_window *window = &c->scheme->source.window;
    if (!reread || !scheme_check(&c->faults, &c->file, reread, DOCUMENT_SCHEME, "/schedule/reread")) {
        return;
    }
    if (c->source.loaded && window->start.size == 0) {
        scheme_fault(&c->faults, &c->file, reread, "%.*s is read whole each time: there is nothing to read again",
                     TEXT_ARG(c->source.name));
        return;
    }
    window->reread_every = duration(c, reread, "every", MINUTE, DAY);
    window->reread_back = duration(c, reread, "back", MINUTE, DAY);
}
