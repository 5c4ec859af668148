#include "common/pace/concurrency.h"

enum {
    PERIOD = 60000,  /* ms: what was quick before two of them is forgotten */
    SLOW = 300,      /* ms: below that nobody calls it slow */
    SLOW_TIMES = 3,  /* a call takes so many times as long as the quickest */
    SMOOTHING = 8,   /* calls */
    QUICK_LEAST = 1, /* µs: 0 means none */

    WINDOW = 16, /* calls that are looked at together */
    AWAY = 13,   /* of them failed: it is away. Where two in five fail by chance that is seen once in 1,000 calls */
    AWAY_IN_A_ROW = 4,   /* the same where calls take long: so many in a row, */
    AWAY_WITHOUT = 2000, /* and so many ms without a good one */

    ROUND = 16,   /* calls, times those at once, that are weighed together */
    FAILING = 30, /* % of a round: fewer calls may do as much */
    PATIENCE = 2, /* rounds between trials; twice as many after each that brought nothing */
    PATIENCE_MOST = 64,
    PER_MINUTE = 60000,
};

void concurrency_init(struct concurrency *concurrency, int64_t most)
{
    *concurrency = (struct concurrency){.most = most, .now = most, .patience = PATIENCE};
}

static void note_time(struct concurrency *c, struct loop_ms now, int64_t ms)
{
    int64_t took = ms > 0 ? ms * 1000 : QUICK_LEAST;
    if (loop_since(now, c->period_at) >= PERIOD) {
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

/* ---- away ---- */

static bool is_away(const struct concurrency *c, struct loop_ms now)
{
    const uint32_t row = (1U << AWAY_IN_A_ROW) - 1;
    bool most = c->answers == WINDOW && __builtin_popcount(c->last) >= AWAY;
    bool long_ago = loop_since(now, c->good_at) >= AWAY_WITHOUT;
    return most || (long_ago && c->answers >= AWAY_IN_A_ROW && (c->last & row) == row);
}

static void note_window(struct concurrency *c, struct loop_ms now, int64_t ms, bool well)
{
    if (well || c->good_at.ms == 0) { /* the first call: as if all had been well when it began */
        c->good_at = well ? now : loop_after(now, -ms);
    }
    c->last = (c->last << 1 | !well) & ((1U << WINDOW) - 1);
    c->answers += c->answers < WINDOW;
    if (c->away && well) {
        c->away = false;
        c->now = c->before;
        c->last = 0;
        c->answers = 0;
        c->all = c->fine = c->from = 0;
        c->round_at = now;
    } else if (c->away) {
        c->failures++;
    } else if (is_away(c, now)) {
        c->away = true;
        c->failures = 1;
        c->before = c->from > 0 ? c->from : c->now;
        c->now = 1;
    }
}

/* ---- the trial of another number ---- */

static void try_another(struct concurrency *c, int64_t goodput)
{
    int64_t step = c->now / 4 > 1 ? c->now / 4 : 1;
    bool up = c->now == 1 || (c->upwards && c->now < c->most);
    c->goodput = goodput;
    c->from = c->now;
    c->now += up ? step : -step;
    c->now = c->now < c->most ? c->now : c->most;
    c->upwards = !up;
}

/* Half of what the number alone would bring, or cost, tells whether it does. */
static void end_trial(struct concurrency *c, int64_t goodput)
{
    int64_t wanted = c->goodput * (c->from + c->now) / (2 * c->from);
    if (goodput >= wanted) {
        c->patience = PATIENCE;
    } else {
        c->now = c->from;
        c->patience = 2 * c->patience < PATIENCE_MOST ? 2 * c->patience : PATIENCE_MOST;
    }
    c->from = 0;
    c->rounds = c->patience;
}

static void weigh(struct concurrency *c, struct loop_ms now, bool well)
{
    if (c->all == 0) {
        c->round_at = c->round_at.ms == 0 ? now : c->round_at;
    }
    c->all++;
    c->fine += well;
    if (c->all < ROUND * c->now) {
        return;
    }
    int64_t took = loop_since(now, c->round_at), goodput = c->fine * PER_MINUTE / (took > 0 ? took : 1);
    c->failing = (c->all - c->fine) * 100 >= c->all * FAILING;
    if (c->from > 0) {
        end_trial(c, goodput);
    } else if (!c->failing) {
        c->rounds = 0;
        c->patience = PATIENCE;
    } else if (c->rounds > 0) {
        c->rounds--;
    } else if (c->most > 1) {
        try_another(c, goodput);
    }
    c->all = c->fine = 0;
    c->round_at = now;
}

/* ---- */

bool concurrency_note(struct concurrency *c, struct loop_ms now, int64_t ms, bool well)
{
    int64_t before = c->now;
    bool away = c->away;
    note_window(c, now, ms, well);
    c->rest -= c->rest > 0;
    if (well) {
        note_time(c, now, ms);
        c->well++;
    }
    if (!c->away && !away) {
        weigh(c, now, well);
        bool falls = well && slow(c);
        if (falls && c->rest == 0) {
            c->rest = c->now;
            c->well = 0;
            c->now = c->now > 1 ? c->now - 1 : 1;
        } else if (!falls && !c->failing && c->well >= c->now && c->now < c->most) {
            c->well = 0;
            c->now++;
        }
    }
    return c->now != before || c->away != away;
}
