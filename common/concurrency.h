/* How many calls one worker has under way at once: up to the scheme's limit, fewer while the API fails or while its
 * answers take much longer than they can, more again while calls go well. Pure. */
#ifndef DIANCHEN_COMMON_CONCURRENCY_H
#define DIANCHEN_COMMON_CONCURRENCY_H

#include <stdbool.h>
#include <stdint.h>

struct concurrency {
    int64_t most; /* the scheme's limit */
    int64_t now;  /* 1..most */
    /* private */
    int64_t well;             /* calls that went well since the last change */
    int64_t rest;             /* answers until it may fall again: those were under way when it fell */
    int64_t smoothed;         /* µs a call takes */
    int64_t quick, quick_new; /* µs: the quickest calls of the period before, and of this one; 0 = none */
    int64_t period_at;        /* ms */
};

void concurrency_init(struct concurrency *concurrency, int64_t most);
/* A call ended: it took `ms` and went well, or the API failed (no answer, or a gateway's 5xx). `now` in ms, of any
 * steady clock. True when `now` of the struct changed. */
bool concurrency_note(struct concurrency *concurrency, int64_t now, int64_t ms, bool well);

#endif
