/* The run planner: reads every page of a scheme's slices once, whoever else reads beside it.
 *
 *   begin ──▶ reading ◀──────────────────┐
 *               │  no page is open       │ a page is open again, or the run that follows
 *               ▼                        │
 *            looking: page 0 once more ──▶ closing ──▶ over: ended()
 *   at any time: leaving (a signal, or nothing works any more): what is out may still come back, leases are given up
 *
 * All on the loop's thread. */
#ifndef DIANCHEN_EXTRACTOR_PLAN_H
#define DIANCHEN_EXTRACTOR_PLAN_H

#include "common/stage.h"
#include "extractor/qimen.h"

struct plan;
struct tell;

struct plan_options {
    const struct stage *stage;
    const char *bind;                   /* where transformers connect */
    const struct qimen_options *source; /* `ended` and `user` are the plan's */
    int64_t limit;                      /* records of a new run; 0 = all */
    int64_t run;                        /* this run and no other; 0 = any */
    bool join;                          /* wait for a run that another begins */
    int64_t every;                      /* ms from run to run over all extractors, waited for; 0 = at once */
    /* A run is over, or could not go on: EXIT_COMPLETE, _REJECTS, _UNFINISHED or _REFUSED. The cause is empty where the
     * code says all. Never from inside plan_start or plan_leave. */
    void (*ended)(void *user, int exit_code, const struct cause *cause);
    void *user;
    struct tell *tell; /* hears of each run that this extractor closed, before ended() */
};

int plan_new(const struct plan_options *options, struct plan **out, struct cause *cause) WARN_UNUSED;
void plan_free(struct plan **plan_held); /* after the loop has ended, before the store is closed */

/* Goes on with the run that stands open, or begins one when that is due (`abandon`: closes the open one and begins). Not
 * while one is going on. */
void plan_start(struct plan *plan, bool abandon);
/* Takes and fetches no more, waits a few seconds for what is out, gives up its leases; then ended(EXIT_UNFINISHED). False
 * when no run is going on: nothing will be called. */
bool plan_leave(struct plan *plan);
/* What keeps it from working now, and its name; NULL = nothing does. */
const char *plan_trouble(const struct plan *plan, const char **name);
/* Store clock ms: the source is called no more before; 0 = no such time. */
int64_t plan_banned_until(const struct plan *plan);
const char *plan_address(const struct plan *plan); /* as bound */

#endif
