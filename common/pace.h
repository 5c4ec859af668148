/* How often an API may be called, learned from its refusals. Pure: what is known stands in the api's row of the store
 * (api.h) and is shared by all workers; times are store clock ms.
 *
 * An API counts calls over a time of its own, mostly a minute, and says no more than "too many". So what went well
 * within the last minute, over the part of it in which calls were made, is taken for what it permits; the pace is set
 * a little below, and from there grows with the time that calls go well: slowly while it is near what was learned,
 * then faster and faster, so that a wrong lesson is forgotten. */
#ifndef DIANCHEN_COMMON_PACE_H
#define DIANCHEN_COMMON_PACE_H

#include <stdint.h>

enum {
    PACE_MINUTE = 60000,         /* ms */
    PACE_SLOWEST = 60000000,     /* µs between calls */
    PACE_FREE = 1000,            /* µs: an API without a limit is free again below it */
    PACE_SCALE_MAX = 60 * 60000, /* ms */
};

struct pace {
    int64_t cut;       /* µs between calls right after the last refusal; 0 = nothing is learned */
    int64_t well;      /* calls that went well since */
    int64_t scale;     /* ms of calling until the pace is about what was refused: longer where a refusal costs more */
    int64_t minute_at; /* begin of the minute that is counted */
    int64_t minute, before; /* calls that went well in it, and in the one before it */
};

/* `went` calls more (less where it is negative) were let through by the API. */
void pace_count(struct pace *pace, int64_t now, int64_t went);
/* A refusal; `wait` ms = how long it told to wait, 0 = not told. `base` µs between calls that the scheme asks for, 0 =
 * none. */
void pace_refused(struct pace *pace, int64_t now, int64_t wait, int64_t base);
/* µs between calls from now on, never less than `base`; 0 = no limit. */
int64_t pace_interval(const struct pace *pace, int64_t base);

#endif
