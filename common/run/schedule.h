/* When services begin the next run of a scheme: an interval after the start of the last one, or at times of the wall
 * clock. All extractors of a source account share the schedule. All in a transaction. */
#ifndef DIANCHEN_COMMON_RUN_SCHEDULE_H
#define DIANCHEN_COMMON_RUN_SCHEDULE_H

#include "common/config/cron.h"
#include "common/run/hold.h"
#include "common/run/run.h"

/* *out = when the next new run may begin; in the past if it is due. By intervals the first run is due at once. By the
 * clock a run stays due if its time came while no service was up. ERR_NOT_FOUND: a schedule by the clock that nobody
 * noted yet. */
int schedule_look(struct store *store, const struct run_plan *plan, struct store_ms *out) WARN_UNUSED;
/* Notes a schedule by the clock, in place of an older one: the next run is due at the first of its times from now
 * on. */
int schedule_note(struct store *store, const struct run_plan *plan) WARN_UNUSED;
/* Takes the run that is due: it begins now, and no other extractor begins it. Notes when the next one is due.
 * ERR_NOT_FOUND: it is not time yet. */
int schedule_take(struct store *store, const struct run_plan *plan) WARN_UNUSED;

/* A service that was started again (with another scheme, say) and has to wait for its schedule logs once for how long. *told: it
 * has, or a run has begun since the start. `pause`: ms until the run may begin; a short one is not worth a line. In no
 * transaction. */
void schedule_tell(bool *told, int64_t pause);

/* The next run, as people are told. */
struct run_next {
    bool scheduled;            /* services run the scheme by its schedule; false: only `held` has a meaning */
    int64_t at;                /* unix ms; now where the run is due */
    int64_t late;              /* ms since it was due without a service beginning it */
    int64_t every;             /* ms from start to start, as set when the last run began; 0 = by the clock */
    char clock[CRON_SAID_MAX]; /* the expression and its zone; "" = by intervals */
    bool held;                 /* a person stopped the scheme */
    char who[HOLD_WHO_MAX];
};

/* The next run of the scheme and source account of `run`. ERR_NOT_FOUND: there is no such run. */
int run_next(struct store *store, int64_t run, struct run_next *out) WARN_UNUSED;
/* The first run that is due by the clock, in a store that may hold no run yet. ERR_NOT_FOUND: services wait for
 * none. */
int run_first(struct store *store, struct run_next *out) WARN_UNUSED;

#endif
