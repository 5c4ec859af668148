/* How often an API may be called, learned from its refusals. Pure; the state is kept in the API's row of the store
 * (shared_api.h) and shared by all workers.
 *
 * An API counts calls over some time, mostly a minute, and only answers "too many". So the rate of calls that succeeded
 * within the last minute (in the part of it in which calls were made) is taken as its limit. The pace is set a little
 * below and grows while calls succeed: slowly near the learned limit, then faster, so that a wrong value is
 * forgotten. */
#ifndef DIANCHEN_COMMON_PACE_PACE_H
#define DIANCHEN_COMMON_PACE_PACE_H

#include <stdbool.h>

#include "common/base/clock.h"

enum {
    PACE_MINUTE = 60000,         /* ms */
    PACE_SLOWEST = 60000000,     /* µs between calls */
    PACE_FREE = 1000,            /* µs: an interval below this counts as no limit, for an API without one */
    PACE_SCALE_MAX = 60 * 60000, /* ms */
};

struct pace {
    int64_t cut;   /* µs between calls right after the last refusal; 0 = none yet */
    int64_t well;  /* calls that succeeded since */
    int64_t scale; /* ms of calling until the pace is near the refused one again; longer where a refusal costs more */
    struct store_ms minute_at; /* begin of the minute that is counted */
    int64_t minute, before;    /* calls that went well in it, and in the one before it */
};

/* The API accepted `went` more calls (negative = fewer). */
void pace_count(struct pace *pace, struct store_ms now, int64_t went);
/* The API refused a call; `wait`: ms to wait as it told, 0 = not told. `base`: µs between calls by the scheme, 0 =
 * none. */
void pace_refused(struct pace *pace, struct store_ms now, int64_t wait, int64_t base);
/* µs between calls from now on, never less than `base`; 0 = no limit. */
int64_t pace_interval(const struct pace *pace, int64_t base);
/* Does a pace of `us` µs between calls differ from one of `before` µs by more than a sixteenth? */
bool pace_moved(int64_t before, int64_t us);

#endif
