#include "common/base/metric.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

/* Upper ends in microseconds, and as Prometheus prints them. */
static const int64_t bucket_ends[METRIC_BUCKETS] = {500,     1000,     2500,     5000,    10000,   25000,
                                                    50000,   100000,   250000,   500000,  1000000, 2500000,
                                                    5000000, 10000000, 30000000, 60000000};
const char *const metric_bucket_texts[METRIC_BUCKETS] = {"0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025",
                                                         "0.05",   "0.1",   "0.25",   "0.5",   "1",    "2.5",
                                                         "5",      "10",    "30",     "60"};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && memcmp(text + size - tail, end, tail) == 0;
}

void metric_free(struct metric *metric)
{
    if (metric) {
        free(metric->label);
        free(metric);
    }
}

struct metric *metric_new(enum metric_kind kind, const char *name, const char *label)
{
    size_t buckets = kind == METRIC_HISTOGRAM ? METRIC_BUCKETS + 1 : 0;
    struct metric *metric = calloc(1, sizeof *metric + buckets * sizeof metric->buckets[0]);
    if (!metric) {
        return NULL;
    }
    metric->kind = kind;
    metric->seconds = (kind == METRIC_COUNTER && ends_with(name, "_seconds_total")) ||
                      (kind == METRIC_GAUGE && ends_with(name, "_seconds"));
    metric->name = name;
    metric->label = strdup(label);
    if (!metric->label) {
        metric_free(metric);
        return NULL;
    }
    return metric;
}

void metric_add(struct metric *metric, int64_t n)
{
    if (metric) {
        atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
    }
}

void metric_set(struct metric *metric, int64_t n)
{
    if (metric) {
        atomic_store_explicit(&metric->value, n, memory_order_relaxed);
    }
}

void metric_observe(struct metric *metric, int64_t microseconds)
{
    if (!metric || metric->kind != METRIC_HISTOGRAM) {
        return;
    }
    size_t i = 0;
    while (i < METRIC_BUCKETS && microseconds > bucket_ends[i]) {
        i++;
    }
    atomic_fetch_add_explicit(&metric->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->value, microseconds, memory_order_relaxed);
}

void metric_run(struct metric *metric, bool running)
{
    if (!metric) {
        return;
    }
    int64_t value = atomic_load_explicit(&metric->value, memory_order_relaxed);
    if (running == (value < 0)) {
        return;
    }
    int64_t now = clock_us();
    atomic_store_explicit(&metric->value, running ? value - now : value + now, memory_order_relaxed);
}

int64_t metric_value(const struct metric *metric)
{
    int64_t value = metric ? atomic_load_explicit(&metric->value, memory_order_relaxed) : 0;
    return metric && metric->kind == METRIC_COUNTER && value < 0 ? value + clock_us() : value;
}
