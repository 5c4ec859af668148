/* When services begin the next run of a scheme: so and so long after the start of the last one, or by the wall's clock. All
 * extractors of a source account share it. All in a transaction. */
#ifndef DIANCHEN_COMMON_RUN_SCHEDULE_H
#define DIANCHEN_COMMON_RUN_SCHEDULE_H

#include "common/config/cron.h"
#include "common/run/hold.h"
#include "common/run/run.h"

/* When the next new run may begin; in the past where it is due: by intervals also if there was none yet, by the clock also if
 * its time came while no service was up. ERR_NOT_FOUND: a schedule by the clock that nobody noted yet. */
int schedule_look(struct store *store, const struct run_plan *plan, struct store_ms *out) WARN_UNUSED;
/* Notes a schedule by the clock, in place of what stood there: its next run comes at the first of its times from now on. */
int schedule_note(struct store *store, const struct run_plan *plan) WARN_UNUSED;
/* It begins now, and nobody else begins it: the next is due after it. ERR_NOT_FOUND when it is not time yet. */
int schedule_take(struct store *store, const struct run_plan *plan) WARN_UNUSED;

/* For people. */
struct run_next {
    bool scheduled; /* services have runs of the scheme by its schedule; false: all else but `held` means nothing */
    int64_t at;     /* unix ms; now where the run is due */
    int64_t late;   /* ms since it was due, and no service has begun it */
    int64_t every;  /* ms from start to start, as was said when the last run began; 0 = by the clock */
    char clock[CRON_SAID_MAX]; /* the expression and its zone; "" = by intervals */
    bool held;                 /* a person stopped the scheme */
    char who[HOLD_WHO_MAX];
};

/* Of the scheme and source account of `run`. ERR_NOT_FOUND: there is no such run. */
int run_next(struct store *store, int64_t run, struct run_next *out) WARN_UNUSED;
/* Of a store that may hold no run yet: the first that comes by the clock. ERR_NOT_FOUND: services wait for none. */
int run_first(struct store *store, struct run_next *out) WARN_UNUSED;

#endif
