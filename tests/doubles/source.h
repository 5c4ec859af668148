/* What wdt-double can be told, and what it counts. */
#ifndef DOUBLES_SOURCE_H
#define DOUBLES_SOURCE_H

#include "gateway.h"
#include "switches.h"

struct source_set {
    int64_t port, seed, error_form, ban, quota_seconds, calls_per_minute, calls_window_ms, slow_ms, slow_jitter_ms,
        echo;
    double throttle, wdt1012, unavailable, isp, isv, http502, redirect, hang, truncate, reset, controls, nul, not_json;
    char bind[SWITCH_TEXT_ROOM];
};
extern struct source_set source_set;
extern const struct switch_entry source_switches[];

struct source_count {
    int64_t calls, pages, rows, empty_pages, repeated, beyond, banned, early, over_limit, throttle, wdt1012,
        unavailable, isp, isv, http502, redirect, hang, truncate, reset, controls, nul, not_json, bad_pages, in_flight,
        peak_concurrency, refused, refusals[GATEWAY_REFUSALS];
};
extern struct source_count source_count;

/* The members of GET /_/report. */
void source_report(struct blob *out, int64_t distinct_pages, int64_t most_page_calls);

#endif
