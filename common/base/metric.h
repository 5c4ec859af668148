/* One counter, gauge or histogram. observe/metrics.h registers, names and prints them; this part only counts, so every
 * room can use it. Updates are atomic, from any thread, and take 2-5 ns; every update accepts NULL and does nothing. */
#ifndef DIANCHEN_COMMON_BASE_METRIC_H
#define DIANCHEN_COMMON_BASE_METRIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* METRIC_UNTYPED is a gauge whose name ends in _total; Prometheus does not accept that of a gauge. */
enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_UNTYPED };

enum { METRIC_BUCKETS = 16 };
/* The upper ends of a histogram's buckets, in seconds, as Prometheus prints them. */
extern const char *const metric_bucket_texts[METRIC_BUCKETS];

struct metric {
    enum metric_kind kind;
    bool seconds;     /* holds microseconds, printed as seconds */
    const char *name; /* of its family; static */
    char *label;      /* between the braces; "" = none */
    /* Histogram: the sum in microseconds. Running counter (metric_run): its value at the start minus the time of the
     * start. That is negative, so one word holds both. */
    _Atomic int64_t value;
    _Atomic int64_t buckets[];
};

/* Copies `label`; `name` must outlive it. NULL when out of memory. */
struct metric *metric_new(enum metric_kind kind, const char *name, const char *label);
void metric_free(struct metric *metric);

/* Any thread; NULL does nothing. metric_add: a counter, or a gauge that moves by n. metric_set: a gauge. metric_observe: a
 * histogram, in microseconds. */
void metric_add(struct metric *metric, int64_t n);
void metric_set(struct metric *metric, int64_t n);
void metric_observe(struct metric *metric, int64_t microseconds);
/* Starts or stops a counter of seconds that counts by itself while it runs; it is exact whenever it is read. One thread at a
 * time; repeated calls with the same value do nothing. Do not mix it with metric_add. */
void metric_run(struct metric *metric, bool running);
/* The value now; of a histogram the sum in microseconds. */
int64_t metric_value(const struct metric *metric);

#endif
