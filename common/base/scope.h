/* Which of its schemes a process works for just now: a stage that serves a folder does all of it on the same threads. The loop
 * and the store carry it along: what a scheme sets in motion (a timer, a watch, a job) comes back in its scope. The log names
 * it. A process that serves one scheme has no scope. */
#ifndef DIANCHEN_COMMON_BASE_SCOPE_H
#define DIANCHEN_COMMON_BASE_SCOPE_H

#include <stddef.h>
#include <stdint.h>

struct scope {
    char scheme[200];    /* its name, cut where it is longer */
    _Atomic int64_t run; /* that the log names; 0 = none */
};

/* Of this thread; NULL = none. Set by the loop, the store and the stage. */
extern _Thread_local struct scope *scope_now;

/* Enters `scope`, and returns the one before, to come back to. */
static inline struct scope *scope_enter(struct scope *scope)
{
    struct scope *before = scope_now;
    scope_now = scope;
    return before;
}

#endif
