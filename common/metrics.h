/* Counters that a scraper reads: Prometheus text at /metrics, liveness at /healthz (503 when the loop
 * has not turned for 5 s), readiness at /readyz. libmicrohttpd serves them from a thread of its own.
 * Registration happens at start, on one thread; updates are atomic, from any thread, 2-5 ns. */
#ifndef DIANCHEN_COMMON_METRICS_H
#define DIANCHEN_COMMON_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/loop.h"

struct metrics;
struct metric;

/* METRIC_UNTYPED is a gauge whose name ends like a counter's, which Prometheus takes amiss of gauges. */
enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_UNTYPED };

int metrics_new(struct metrics **out) WARN_UNUSED;
void metrics_free(struct metrics **metrics);

/* One series. `name` without the prefix dianchen_ ("records_total"; names starting with "process_" get none),
 * `label` as it stands between the braces (`outcome="created"`) or NULL. The same pair twice gives the
 * same metric. NULL past 256 series or when out of memory; every update takes NULL and does nothing.
 * Counters and gauges hold integers; those whose name ends in _seconds_total or _seconds hold microseconds and
 * are printed as seconds. Histograms take microseconds, are printed as seconds (0.5 ms … 60 s buckets). */
struct metric *metrics_add(struct metrics *metrics, enum metric_kind kind, const char *name, const char *label,
                           const char *help);
/* Writes name="value" with the value escaped as Prometheus wants it; cut when `size` is too small. For `label`. */
void metrics_label(char *out, size_t size, const char *name, const char *value);
void metric_add(struct metric *metric, int64_t n);
void metric_set(struct metric *metric, int64_t n);
void metric_observe(struct metric *metric, int64_t microseconds);
/* A counter of seconds that goes by itself while something is the case: exact whenever it is read. One thread at a time
 * starts and stops it; saying again what is the case costs nothing. Not to be mixed with metric_add. */
void metric_run(struct metric *metric, bool running);
int64_t metric_value(const struct metric *metric);

/* `bind` is HOST:PORT ("127.0.0.1:9701", port 0 = any) or "off". The bound address is logged.
 * ERR_INPUT when the port is taken, with the cure. Adds build_info{stage,version,scheme}, ready and process_*. */
int metrics_serve(struct metrics *metrics, const char *bind, const struct loop *loop, const char *stage,
                  const char *scheme, struct cause *cause) WARN_UNUSED;
/* HOST:PORT as bound, the port resolved; "" when nothing is served. */
const char *metrics_address(const struct metrics *metrics);
/* What /readyz and the gauge `ready` tell: NULL = ready, else the reason (a literal). Any thread. */
void metrics_ready(struct metrics *metrics, const char *reason);

#endif
