/* Finds which stage or API limits the flow, from two samples of every worker. A share is a fraction of the time between the samples,
 * averaged over the workers of a stage. The part with the largest share is the bottleneck:
 *
 *   source       the extractors had credit and nothing to send, minus their own work
 *   extractor, transformer, loader   their thread was at work
 *   store        its commits were under way
 *   target       the loaders had records that the target did not take yet
 *
 * deploy/prometheus/rules.yml computes the same in PromQL: dianchen:utilisation:ratio. Pure. */
#ifndef DIANCHEN_CTL_TOP_BOTTLENECK_H
#define DIANCHEN_CTL_TOP_BOTTLENECK_H

#include "ctl/top/scrape.h"

enum { BOTTLENECK_LEAST = 30 /* percent; with smaller shares nothing is the bottleneck */ };

struct crowd { /* the workers of a stage together */
    size_t workers, up, ready;
    double seconds; /* between the samples, of an average worker; 0 = no worker has two yet */
    double busy, stalled, idle, store, paced, throttled_wait; /* 0..1, of an average worker */
    double records, rejected, calls, throttled, redelivered;  /* a second, all workers */
    double latency;                                           /* mean s of a call; < 0 = none ended */
    double in_flight, credit, oldest, calls_now, permitted, per_minute, peers;
    char api[SCRAPE_NAME];
};

struct bottleneck {
    struct crowd crowds[STAGE_UNKNOWN];
    double pages_open, pages_done, source_total, rejects_open;
    char scheme[SCRAPE_NAME];
    const char *what; /* source, extractor, transformer, loader, store, target or none */
    const char *why;  /* slow, paced, throttled, away, busy, absent or idle */
    double share;     /* 0..1 */
    char say[300], cure[300];
};

/* Fills in *out: which stage, API or store limits the run, and the sentences `say` and `cure` for a person. */
void bottleneck_find(const struct scrape *scrape, struct bottleneck *out);
/* Fills in *out for one worker, as a crowd of one. */
void crowd_of(const struct worker *worker, struct crowd *out);

#endif
