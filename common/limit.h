/* What a reply means for the caller, and how long to wait. One table per API says which (extractor/qimen.c,
 * loader/xingchen.c); pacing itself is shared through api.h. */
#ifndef DIANCHEN_COMMON_LIMIT_H
#define DIANCHEN_COMMON_LIMIT_H

#include <stdint.h>

#include "common/http.h"

enum reply_class { REPLY_DONE, REPLY_RETRY, REPLY_THROTTLED, REPLY_LOGIN, REPLY_REJECT, REPLY_FATAL };
const char *reply_class_text(enum reply_class class); /* label of throttled_total and http_requests_total */

/* Transport failures common to all HTTP APIs: 5xx, 302, 429, timeouts, resets. REPLY_DONE when the reply
 * is a 200 that the API's own table must judge. *wait = ms to wait where the server said so, else -1. */
enum reply_class limit_transport(const struct http_reply *reply, int64_t *wait);

/* Full jitter: a random pause in [0, min(3000, 100 << attempt)] ms. */
int64_t limit_pause(int attempt);
enum { LIMIT_GIVE_UP = 15 * 60 * 1000 /* ms of unbroken failure, then exit 4 with the state kept */ };

/* The shared pace of one API, on the loop: calls wait here for their slot. */
struct limit;
struct store;
struct metrics;
/* calls_per_minute 0 = no limit (bans still hold, kept in the store). `name` is api + account: the row in the store. */
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
void limit_throttled(
    struct limit *limit,
    int64_t wait_ms); /* -1 = not told: slow down and pause by itself. Told to every worker through the store */
int64_t limit_banned_until(const struct limit *limit); /* store clock, 0 = not */

#endif
