/* How many calls one worker has under way at once: at most the scheme's limit, and fewer if fewer do as much.
 *
 *   slow     calls take much longer than the quickest ones: one call fewer
 *   failing  three calls in ten or more fail: fewer are tried for a while, and kept if as many go well as before. So a
 *            rate of failures that does not depend on the number of calls costs its own share and no more
 *   away     nearly all calls fail: one at a time until one goes well, then at once as many as before
 * Pure. */
#ifndef DIANCHEN_COMMON_PACE_CONCURRENCY_H
#define DIANCHEN_COMMON_PACE_CONCURRENCY_H

#include "common/base/clock.h"

struct concurrency {
    int64_t most; /* the scheme's limit */
    int64_t now;  /* 1..most */
    bool away;    /* the API is away; `now` is 1 then */
    int failures; /* calls that failed since it went away */
    /* private */
    int64_t well;     /* calls that went well since the last change */
    int64_t rest;     /* replies to ignore before the next decrease: those calls were under way at the last one */
    int64_t smoothed; /* µs a call takes */
    int64_t quick, quick_new; /* µs: the quickest calls of the period before, and of this one; 0 = none */
    struct loop_ms period_at;
    uint32_t last;          /* the last calls, a bit each: 1 = failed */
    int answers;            /* bits of it that count */
    struct loop_ms good_at; /* of the last call that went well; .ms 0 = no call yet */
    int64_t before;         /* `now`, when it went away */
    /* the trial of another number */
    int64_t all, fine;        /* calls of this round, and those that went well */
    struct loop_ms round_at;  /* its begin */
    int64_t goodput;          /* calls a minute that went well in the round before the trial */
    int64_t from;             /* `now` before the trial; 0 = none is under way */
    int64_t patience, rounds; /* rounds between trials; to the next one */
    bool failing, upwards;
};

/* Begins with `most` calls at once, which is also the most ever. */
void concurrency_init(struct concurrency *concurrency, int64_t most);
/* A call ended: it took `ms` and went well, or the API failed (no answer, or a gateway's 5xx). True when `now` or
 * `away` of the struct changed. */
bool concurrency_note(struct concurrency *concurrency, struct loop_ms now, int64_t ms, bool well);

#endif
