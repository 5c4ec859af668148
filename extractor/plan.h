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

#include "common/stage/store.h"
#include "extractor/closing.h"
#include "extractor/source.h"

struct plan;

struct plan_options {
    const struct stage *stage;
    const char *bind;                    /* where transformers connect */
    const struct source_options *source; /* `ended` and `user` are the plan's */
    struct text account;                 /* of the source: runs belong to it */
    const char *account_setting;         /* the setting that names it, for messages */
    int64_t limit;                       /* records of a new run; 0 = all */
    const char *from, *to;               /* span of a new run (terms.h); NULL = where the last one ended, until now */
    int64_t run;                         /* this run and no other; 0 = any */
    bool vanish_all;                     /* disable however many records have vanished */
    bool join;                           /* wait for a run that another begins */
    int64_t every;                       /* ms from run to run over all extractors, waited for; 0 = at once */
    const struct cron *at;               /* where `every` is set: runs start by the clock instead; NULL = they don't */
    /* A run is over, or could not go on: EXIT_COMPLETE, _REJECTS, _UNFINISHED or _REFUSED. The cause is empty where the
     * code says all. Never from inside plan_start or plan_leave. */
    void (*ended)(void *user, int exit_code, const struct cause *cause);
    void (*begun)(void *user, const struct run *run);              /* it reads this run now; NULL = nobody asks */
    void (*closed)(void *user, const struct run_closing *closing); /* this extractor closed a run; before ended() */
    void *user;
};

/* Binds the link. The options' stage outlives it. An error with the cause: ERR_INPUT where a setting or an address is
 * wrong, ERR_MEMORY, ERR_IO. */
int plan_new(const struct plan_options *options, struct plan **out, struct cause *cause) WARN_UNUSED;
/* When the loop runs no more: lets go of sockets and of the source; no callback is called any more. Then the store is
 * closed (a job of the plan may be under way), then plan_free. */
void plan_stop(struct plan *plan);
void plan_free(struct plan **plan_held);

/* Goes on with the run that stands open, or begins one when that is due (`abandon`: closes the open one and begins).
 * Not while one is going on. */
void plan_start(struct plan *plan, bool abandon);
/* Takes and fetches no more, waits a few seconds for what is out, gives up its leases; then ended(EXIT_UNFINISHED).
 * False when no run is going on: nothing will be called. */
bool plan_leave(struct plan *plan);
/* Why it can't work now, and the name of the trouble in *name; NULL = it can. */
const char *plan_trouble(const struct plan *plan, const char **name);
/* Did the last run end because a person stopped the scheme? plan_start then waits until it is released. */
bool plan_held(const struct plan *plan);
/* Until then the source is not called; .ms 0 = no ban. */
struct store_ms plan_banned_until(const struct plan *plan);
const char *plan_address(const struct plan *plan); /* as bound */

#endif
