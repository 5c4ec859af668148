#include "common/pace/pace.h"

enum {
    BELOW = 96,         /* % of what was learned, right after a refusal */
    SCALE_OF_WAIT = 15, /* a refusal may cost about so small a part of the time */
    SCALE_LEAST = 2 * PACE_MINUTE,
    ELAPSED_LEAST = 100, /* ms: what went through in less says little */
    FIRST = 20000,       /* µs: for an API without a limit that refused its first call */
};

static void minute_roll(struct pace *pace, struct store_ms now)
{
    int64_t passed = store_since(now, pace->minute_at);
    if (pace->minute == 0 && pace->before == 0) {
        pace->minute_at = now; /* the first call after a rest begins a minute */
    } else if (passed / 2 >= PACE_MINUTE || passed < 0) {
        pace->minute = pace->before = 0;
        pace->minute_at = now;
    } else if (passed >= PACE_MINUTE) {
        pace->before = pace->minute;
        pace->minute = 0;
        pace->minute_at = store_after(pace->minute_at, PACE_MINUTE);
    }
}

void pace_count(struct pace *pace, struct store_ms now, int64_t went)
{
    minute_roll(pace, now);
    pace->minute = pace->minute + went > 0 ? pace->minute + went : 0;
    pace->well = pace->well + went > 0 ? pace->well + went : 0;
}

/* µs between the calls of the last minute that went well, or between those since calls began; 0 = there were none. */
static int64_t measured(const struct pace *pace, struct store_ms now)
{
    int64_t passed = store_since(now, pace->minute_at), elapsed = passed;
    int64_t calls = pace->minute;
    if (pace->before > 0) {
        calls += pace->before * (PACE_MINUTE - passed) / PACE_MINUTE;
        elapsed = PACE_MINUTE;
    }
    elapsed = elapsed < ELAPSED_LEAST ? ELAPSED_LEAST : elapsed;
    return calls > 0 ? elapsed * 1000 / calls : 0;
}

void pace_refused(struct pace *pace, struct store_ms now, int64_t wait, int64_t base)
{
    minute_roll(pace, now);
    int64_t seen = measured(pace, now), kept = pace_interval(pace, base);
    kept = kept > 0 ? kept : seen > 0 ? seen : FIRST;
    /* One refusal may have another cause: it halves the pace at most. */
    int64_t cut = seen < kept ? kept : seen < 2 * kept ? seen : 2 * kept;
    /* Refused again before anything went well: the same refusal, it teaches only through the time that passed. */
    if (pace->cut == 0 || pace->well > 0 || cut > kept) {
        cut = cut * 100 / BELOW;
    }
    /* A scheme that calls less often than the slowest keeps its own pace. */
    int64_t slowest = base > PACE_SLOWEST ? base : PACE_SLOWEST;
    pace->cut = cut < slowest ? cut : slowest;
    pace->well = 0;
    int64_t scale = wait * SCALE_OF_WAIT > SCALE_LEAST ? wait * SCALE_OF_WAIT : SCALE_LEAST;
    pace->scale = scale < PACE_SCALE_MAX ? scale : PACE_SCALE_MAX;
}

int64_t pace_interval(const struct pace *pace, int64_t base)
{
    if (pace->cut == 0) {
        return base;
    }
    double times =
        (double)pace->well * (double)pace->cut / 1000 / (double)(pace->scale > 0 ? pace->scale : SCALE_LEAST);
    double grown = 1 + 0.05 * times + 0.005 * times * times * times;
    int64_t interval = (int64_t)((double)pace->cut / grown);
    if (base == 0) {
        return interval < PACE_FREE ? 0 : interval;
    }
    return interval > base ? interval : base;
}

bool pace_moved(int64_t before, int64_t us)
{
    int64_t by = us > before ? us - before : before - us;
    return by > before / 16;
}
