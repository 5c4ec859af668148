/* The host's clocks; and the two clocks of deadlines (the loop's, the store's) as two types, so that mixing them does
 * not compile. */
#ifndef DIANCHEN_COMMON_BASE_CLOCK_H
#define DIANCHEN_COMMON_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_us(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Microseconds of the monotonic clock: for durations. It stands still while the host sleeps. */
static inline int64_t clock_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

/* Milliseconds of the boot clock, which the loop and an SQLite store use for deadlines. It goes on while the host
 * sleeps. */
static inline int64_t clock_ms(void)
{
    return clock_read_us(CLOCK_BOOTTIME) / 1000;
}

/* Unix milliseconds: for people and for what leaves the host, never for a deadline. */
static inline int64_t clock_wall(void)
{
    return clock_read_us(CLOCK_REALTIME) / 1000;
}

/* The same in seconds, for a date. */
static inline time_t clock_seconds(void)
{
    return (time_t)(clock_wall() / 1000);
}

/* `ms` from now on that clock, for what waits until then. */
static inline struct timespec clock_ahead(clockid_t clock, int64_t ms)
{
    int64_t us = clock_read_us(clock) + ms * 1000;
    return (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
}

/* A moment of the loop's clock: loop_now, timers, http calls. Milliseconds. 0 = none, where the owner says so. */
struct loop_ms {
    int64_t ms;
};
/* A moment of the store's clock: store_now, leases, claims, bans. Milliseconds. 0 = none, where the owner says so. */
struct store_ms {
    int64_t ms;
};
#define LOOP_NEVER ((struct loop_ms){INT64_MAX})
#define STORE_NEVER ((struct store_ms){INT64_MAX})

/* `ms` later than `at`; earlier where `ms` is negative. Ends at the limits of the type instead of overflowing. */
static inline int64_t clock_sum(int64_t at, int64_t ms)
{
    int64_t sum;
    return __builtin_add_overflow(at, ms, &sum) ? (ms > 0 ? INT64_MAX : INT64_MIN) : sum;
}
static inline struct loop_ms loop_after(struct loop_ms at, int64_t ms)
{
    return (struct loop_ms){clock_sum(at.ms, ms)};
}
static inline struct store_ms store_after(struct store_ms at, int64_t ms)
{
    return (struct store_ms){clock_sum(at.ms, ms)};
}
/* Milliseconds from `then` to `now`; negative where `then` is still to come. */
static inline int64_t loop_since(struct loop_ms now, struct loop_ms then)
{
    return now.ms - then.ms;
}
static inline int64_t store_since(struct store_ms now, struct store_ms then)
{
    return now.ms - then.ms;
}
/* Comparisons: is `a` before `b`; the earlier of the two; the later of the two. */
static inline bool loop_before(struct loop_ms a, struct loop_ms b)
{
    return a.ms < b.ms;
}
static inline bool store_before(struct store_ms a, struct store_ms b)
{
    return a.ms < b.ms;
}
static inline struct loop_ms loop_earlier(struct loop_ms a, struct loop_ms b)
{
    return a.ms < b.ms ? a : b;
}
static inline struct loop_ms loop_later(struct loop_ms a, struct loop_ms b)
{
    return a.ms > b.ms ? a : b;
}
static inline struct store_ms store_earlier(struct store_ms a, struct store_ms b)
{
    return a.ms < b.ms ? a : b;
}
static inline struct store_ms store_later(struct store_ms a, struct store_ms b)
{
    return a.ms > b.ms ? a : b;
}

#endif
