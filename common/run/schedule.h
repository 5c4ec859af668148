/* When services begin the next run of a scheme, for people. */
#ifndef DIANCHEN_COMMON_RUN_SCHEDULE_H
#define DIANCHEN_COMMON_RUN_SCHEDULE_H

#include "common/run/hold.h"

struct run_next {
    bool
        scheduled; /* services have begun runs of the scheme by its schedule; false: all else but `held` means nothing */
    int64_t at;    /* unix ms; now where the run is due */
    int64_t late;  /* ms since it was due, and no service has begun it */
    int64_t every; /* ms from start to start, as was said when the last run began */
    bool held;     /* a person stopped the scheme */
    char who[HOLD_WHO_MAX];
};

/* Of the scheme and source account of `run`. In a transaction. ERR_NOT_FOUND: there is no such run. */
int run_next(struct store *store, int64_t run, struct run_next *out) WARN_UNUSED;

#endif
