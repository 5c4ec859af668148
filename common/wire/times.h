/* How long each part of a page's way took. Only durations, each measured on one host, so clocks of two hosts are never
 * compared.
 *
 *   extractor       link            transformer     link            loader
 *   fetch ───────── queue ───────── map ─────────── wait ────────── write, commit
 *
 * The loader sends write and commit with its ack. The transformer adds map and wait when it passes the ack on. The
 * extractor knows fetch and queue. `queue` and `wait` are the remaining time until the ack: the link and the queues at both of its
 * ends. */
#ifndef DIANCHEN_COMMON_WIRE_TIMES_H
#define DIANCHEN_COMMON_WIRE_TIMES_H

#include <stdint.h>

#include "common/base/clock.h"

enum { PAGE_TIMES = 6, PAGE_CALLS_MAX = 1000000 };
#define PAGE_TIME_MAX                                                                                                  \
    INT64_C(604800000000) /* µs, a week: longer times are cut to it, since a peer may send any number */

struct page_times {
    int64_t fetch;  /* µs from asking for the page to its records, with pauses and repetitions */
    int64_t queue;  /* µs between extractor and transformer, with redeliveries */
    int64_t map;    /* µs of mapping */
    int64_t wait;   /* µs between transformer and loader, with redeliveries */
    int64_t write;  /* µs in the loader without the commits: login, slot, batching, the target's answers */
    int64_t commit; /* µs of the loader's first and last transaction, with the wait for the store's thread */
    int64_t calls;  /* saves sent for it; a save shared by several pages counts with one of them */
};

/* µs of the monotonic clock, for page_times: only differences on one host have a meaning. */
static inline int64_t page_clock(void)
{
    return clock_us();
}

/* A duration cut to 0 … PAGE_TIME_MAX. */
static inline int64_t page_span(int64_t us)
{
    return us < 0 ? 0 : us > PAGE_TIME_MAX ? PAGE_TIME_MAX : us;
}

#endif
