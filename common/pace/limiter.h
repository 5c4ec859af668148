/* Calls of one API wait here for their slot. All workers share the pace through the store (shared_api.h). On the loop's
 * thread. */
#ifndef DIANCHEN_COMMON_PACE_LIMITER_H
#define DIANCHEN_COMMON_PACE_LIMITER_H

#include <stdint.h>

#include "common/loop/loop.h"

struct limit;
struct store;
struct metrics;
/* calls_per_minute 0 = no limit (bans still apply). `name` is api + account: the row in the store. ERR_MEMORY. */
int limit_new(struct loop *loop, struct store *store, struct metrics *metrics, const char *api, const char *name,
              int64_t calls_per_minute, struct limit **out) WARN_UNUSED;
void limit_free(struct limit **limit);
struct limit_wait { /* embedded in the caller; zero-initialise */
    struct limit_wait *next;
    void (*go)(struct limit_wait *wait); /* the slot is here: call now */
    bool queued;
};
void limit_enter(struct limit *limit, struct limit_wait *wait); /* go() is called from the loop, soon or at its time */
void limit_leave(struct limit *limit, struct limit_wait *wait); /* gives up waiting */
/* The API refused a call as too many: all workers pause for wait_ms (-1 = the API did not say how long) and slow down. */
void limit_throttled(struct limit *limit, int64_t wait_ms);
/* The API told a time to wait for another reason than too many calls: all workers pause, and keep their pace. */
void limit_pause(struct limit *limit, int64_t wait_ms);
struct store_ms limit_banned_until(const struct limit *limit); /* .ms 0 = nothing is banned */

#endif
