/* The metrics server: Prometheus text at /metrics, liveness at /healthz (503 when the loop has not run for 5 s),
 * readiness at /readyz. libmicrohttpd serves them from its own thread. Register at the start, on one thread; updates are
 * atomic, from any thread, and take 2-5 ns. */
#ifndef DIANCHEN_COMMON_OBSERVE_METRICS_H
#define DIANCHEN_COMMON_OBSERVE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/loop/loop.h"
#include "common/observe/family.h"

struct metrics;

/* ERR_MEMORY. metrics_free also ends the server of metrics_serve; all series end with it. */
int metrics_new(struct metrics **out) WARN_UNUSED;
void metrics_free(struct metrics **metrics);

/* The metrics as one scheme of several sees them: each series of it carries the label scheme="…", and it is ready or not by itself.
 * Before metrics_serve. It belongs to `metrics`, which is ready when all its schemes are. ERR_MEMORY, also past METRICS_SCHEMES. */
enum { METRICS_SCHEMES = 32 };
int metrics_of_scheme(struct metrics *metrics, const char *scheme, struct metrics **out) WARN_UNUSED;
struct metrics *metrics_whole(struct metrics *metrics); /* those that it belongs to, or itself */

/* A series of `family`. `label` is the text between the braces (`outcome="created"`), NULL for none; it is copied. The same
 * pair returns the same metric. NULL past 256 series (of each scheme) or when out of memory; every update accepts NULL and does
 * nothing. The metric belongs to `metrics`.
 * Counters and gauges hold integers. Those whose name ends in _seconds_total or _seconds hold microseconds and are printed
 * as seconds. Histograms take microseconds and are printed as seconds (buckets of 0.5 ms to 60 s). */
struct metric *metrics_add(struct metrics *metrics, enum metric_family family, const char *label);
/* Writes name="value" for `label`, the value escaped for Prometheus; cut when `size` is too small. */
void metrics_label(char *out, size_t size, const char *name, const char *value);
/* `bind` is HOST:PORT ("127.0.0.1:9701", port 0 = any) or "off". The bound address is logged.
 * ERR_INPUT when the port is taken, with the cure. Adds build_info{stage,version,scheme}, ready and process_*; of each scheme
 * where there are several, and `scheme` does not count. */
int metrics_serve(struct metrics *metrics, const char *bind, const struct loop *loop, const char *stage,
                  const char *scheme, struct cause *cause) WARN_UNUSED;
/* HOST:PORT as bound, the port resolved; "" when nothing is served. */
const char *metrics_address(const struct metrics *metrics);
/* Sets what /readyz and the gauge `ready` show: NULL = ready, else the reason (a literal). Any thread; of a scheme, the loop's. */
void metrics_ready(struct metrics *metrics, const char *reason);

#endif
