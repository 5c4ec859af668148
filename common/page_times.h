/* Where a page's time went: durations only, each taken on one host, so that no two clocks are ever compared.
 *
 *   extractor       link            transformer     link            loader
 *   fetch ───────── queue ───────── map ─────────── wait ────────── write, commit
 *
 * The loader tells write and commit with its ack, the transformer adds map and wait when it passes that on, the extractor
 * knows fetch and queue. `queue` and `wait` are what is left of the time until the ack came: the link, and standing in line
 * on either side of it. */
#ifndef DIANCHEN_COMMON_PAGE_TIMES_H
#define DIANCHEN_COMMON_PAGE_TIMES_H

#include <stdint.h>
#include <time.h>

enum { PAGE_TIMES = 6, PAGE_CALLS_MAX = 1000000 };
#define PAGE_TIME_MAX INT64_C(604800000000) /* µs, a week: what is longer, or told by a liar, is cut to it */

struct page_times {
    int64_t fetch;  /* µs from asking for the page to its records, its slot, pauses and repetitions included */
    int64_t queue;  /* between extractor and transformer, redeliveries included */
    int64_t map;    /* µs of mapping */
    int64_t wait;   /* between transformer and loader, redeliveries included */
    int64_t write;  /* in the loader, the commits apart: login, slot, batching, the target's answers */
    int64_t commit; /* the loader's first and last transaction, waiting for the store's thread included */
    int64_t calls;  /* saves sent for it; one shared by several pages counts with one of them */
};

/* µs that only mean something as a difference on this host. */
static inline int64_t page_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t page_span(int64_t us)
{
    return us < 0 ? 0 : us > PAGE_TIME_MAX ? PAGE_TIME_MAX : us;
}

#endif
