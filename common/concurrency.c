#include "common/concurrency.h"

enum {
    PERIOD = 60000,  /* ms: what was quick before two of them is forgotten */
    SLOW = 300,      /* ms: below that nobody calls it slow */
    SLOW_TIMES = 3,  /* a call takes so many times as long as the quickest */
    SMOOTHING = 8,   /* calls */
    QUICK_LEAST = 1, /* µs: 0 means none */
};

void concurrency_init(struct concurrency *concurrency, int64_t most)
{
    *concurrency = (struct concurrency){.most = most, .now = most};
}

static void note_time(struct concurrency *c, int64_t now, int64_t ms)
{
    int64_t took = ms > 0 ? ms * 1000 : QUICK_LEAST;
    if (now - c->period_at >= PERIOD) {
        c->quick = c->quick_new;
        c->quick_new = 0;
        c->period_at = now;
    }
    c->quick_new = c->quick_new == 0 || took < c->quick_new ? took : c->quick_new;
    c->smoothed += c->smoothed == 0 ? took : (took - c->smoothed) / SMOOTHING;
}

static bool slow(const struct concurrency *c)
{
    int64_t quick = c->quick > 0 && c->quick < c->quick_new ? c->quick : c->quick_new;
    return c->smoothed > (int64_t)SLOW * 1000 && c->smoothed > SLOW_TIMES * quick;
}

/* A failing API is asked half as much at once, one that becomes slow a little less. */
bool concurrency_note(struct concurrency *c, int64_t now, int64_t ms, bool well)
{
    int64_t before = c->now;
    c->rest -= c->rest > 0;
    if (well) {
        note_time(c, now, ms);
        c->well++;
    }
    bool falls = !well || slow(c);
    if (falls && c->rest == 0) {
        c->rest = c->now;
        c->well = 0;
        c->now = well ? c->now - 1 : c->now / 2;
        c->now = c->now > 1 ? c->now : 1;
    } else if (!falls && c->well >= c->now && c->now < c->most) {
        c->well = 0;
        c->now++;
    }
    return c->now != before;
}
