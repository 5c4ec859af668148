#include "ctl/top/bottleneck.h"

#include <stdio.h>
#include <string.h>

#include "common/base/language.h"

/* A share of waiting from which on it is the wait that counts, not how long the calls take. */
#define WAIT_COUNTS 0.3

/* ---- crowds ---- */

/* The counters of a worker that was started again begin anew: its samples can't be compared. */
static bool comparable(const struct worker *w)
{
    bool same = w->now.started <= w->before.started && w->now.started >= w->before.started;
    return w->before.up && w->now.up && same && w->now.at > w->before.at;
}

static void crowd_add(struct crowd *crowd, const struct worker *w)
{
    const struct sample *now = &w->now, *before = &w->before;
    crowd->up++;
    crowd->ready += now->ready > 0;
    crowd->in_flight += now->in_flight;
    crowd->credit += now->credit;
    crowd->calls_now += now->calls_now;
    crowd->permitted += now->permitted;
    crowd->peers += now->peers;
    crowd->oldest = now->oldest > crowd->oldest ? now->oldest : crowd->oldest;
    crowd->per_minute = now->per_minute > crowd->per_minute ? now->per_minute : crowd->per_minute;
    if (now->api[0]) {
        memcpy(crowd->api, now->api, sizeof crowd->api);
    }
    if (!comparable(w)) {
        return;
    }
    /* Sums for now; crowd_end makes shares of them. */
    double seconds = now->at - before->at;
    crowd->seconds += seconds;
    crowd->busy += now->busy - before->busy;
    crowd->stalled += now->stalled - before->stalled;
    crowd->idle += now->idle - before->idle;
    crowd->store += now->store - before->store;
    crowd->paced += now->paced - before->paced;
    crowd->throttled_wait += now->throttled_wait - before->throttled_wait;
    crowd->records += (now->records - before->records) / seconds;
    crowd->rejected += (now->rejected - before->rejected) / seconds;
    crowd->calls += (now->calls - before->calls) / seconds;
    crowd->throttled += (now->throttled - before->throttled) / seconds;
    crowd->redelivered += (now->redelivered - before->redelivered) / seconds;
    double calls = now->calls - before->calls;
    crowd->latency += calls > 0 ? (now->call_seconds - before->call_seconds) / seconds : 0;
}

static double share_of(double part, double whole)
{
    double share = whole > 0 ? part / whole : 0;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static void crowd_end(struct crowd *crowd)
{
    double seconds = crowd->seconds;
    crowd->busy = share_of(crowd->busy, seconds);
    crowd->stalled = share_of(crowd->stalled, seconds);
    crowd->idle = share_of(crowd->idle, seconds);
    crowd->store = share_of(crowd->store, seconds);
    crowd->paced = share_of(crowd->paced, seconds);
    crowd->throttled_wait = share_of(crowd->throttled_wait, seconds);
    crowd->latency = crowd->calls > 0 ? crowd->latency / crowd->calls : -1;
}

void crowd_of(const struct worker *worker, struct crowd *out)
{
    *out = (struct crowd){.workers = 1};
    if (worker->now.up) {
        crowd_add(out, worker);
    }
    crowd_end(out);
}

/* ---- what limits ---- */

#define SAY(v, ...) (void)snprintf((v)->say, sizeof(v)->say, __VA_ARGS__)
#define CURE(v, ...) (void)snprintf((v)->cure, sizeof(v)->cure, __VA_ARGS__)

/* A source or target that is waited for: throttled, paced by our own limit, or slow. */
static void judge_api(struct bottleneck *v, const struct crowd *crowd, bool source)
{
    const char *limits = source ? "source.limits" : "target.limits";
    const char *minute = source ? "SOURCE_CALLS_PER_MINUTE" : "TARGET_CALLS_PER_MINUTE";
    const char *workers = source ? "extractors" : "loaders";
    if (crowd->throttled_wait >= WAIT_COUNTS && crowd->throttled_wait >= crowd->paced) {
        v->why = N_("throttled");
        SAY(v, "it refuses calls as too many: %.0f %% of the time calls wait", 100 * crowd->throttled_wait);
        CURE(v, "ask its provider for a higher quota, or set %s.callsPerMinute to what it takes", limits);
    } else if (crowd->paced >= WAIT_COUNTS) {
        v->why = N_("paced");
        SAY(v, "the limit of %.0f calls a minute holds calls back", crowd->per_minute);
        CURE(v, "raise %s.callsPerMinute of the scheme (or %s), if the contract allows more", limits, minute);
    } else if (crowd->calls <= 0 && crowd->calls_now <= 0) {
        v->why = N_("away");
        SAY(v, "there is work, and no call goes out");
        CURE(v, "the log and /readyz of the %s say what they wait for", workers);
    } else {
        v->why = N_("slow");
        char latency[60] = "its answers are slow";
        if (crowd->latency >= 0) {
            (void)snprintf(latency, sizeof latency, "it answers in %.0f ms", 1000 * crowd->latency);
        }
        SAY(v, "%s, %.0f of %.0f calls are under way", latency, crowd->calls_now, crowd->permitted);
        CURE(v, "raise %s.concurrency%s, or start more %s", limits, source ? " or read in slices" : "", workers);
    }
}

static void judge_stage(struct bottleneck *v, const struct crowd *crowd)
{
    v->why = N_("busy");
    if (crowd->up == 1) {
        SAY(v, "its worker works %.0f %% of the time", 100 * crowd->busy);
    } else {
        SAY(v, "its %zu workers work %.0f %% of the time", crowd->up, 100 * crowd->busy);
    }
    if (strcmp(v->what, "transformer") == 0) {
        CURE(v, "start more transformers, or make the scheme's mapping and filters cheaper");
    } else {
        CURE(v, "start more of them (%s), on other cores", v->what);
    }
}

static void judge(struct bottleneck *v)
{
    const struct crowd *e = &v->crowds[STAGE_EXTRACTOR], *t = &v->crowds[STAGE_TRANSFORMER],
                       *l = &v->crowds[STAGE_LOADER];
    bool flows = v->pages_open > 0 || e->in_flight + t->in_flight + l->in_flight > 0;
    double waits = flows ? e->idle - e->busy : 0;
    const struct {
        const char *what;
        double share;
        const struct crowd *crowd;
    } users[] = {{N_("target"), l->stalled, l}, {N_("source"), waits, e},
                 {"transformer", t->busy, t},   {"loader", l->busy, l},
                 {"extractor", e->busy, e},     {N_("store"), l->store > e->store ? l->store : e->store, l}};
    size_t most = 0;
    for (size_t i = 1; i < sizeof users / sizeof *users; i++) {
        most = users[i].share > users[most].share ? i : most;
    }
    v->what = users[most].what;
    v->share = users[most].share;
    if (v->share * 100 < BOTTLENECK_LEAST) {
        v->what = N_("none");
        v->why = N_("idle");
        SAY(v, "%s", flows ? N_("nothing is in use for long") : N_("no run is going on"));
        v->cure[0] = '\0';
    } else if (most <= 1) {
        judge_api(v, users[most].crowd, most == 1);
    } else if (strcmp(v->what, "store") == 0) {
        v->why = N_("busy");
        SAY(v, "its commits take %.0f %% of the time", 100 * v->share);
        CURE(v, "put DIANCHEN_STORE on a faster disk, or use PostgreSQL");
    } else {
        judge_stage(v, users[most].crowd);
    }
}

/* A stage that is not there, or has no one beside it, needs no arithmetic. */
static bool judge_absent(struct bottleneck *v)
{
    for (enum scrape_stage s = STAGE_EXTRACTOR; s < STAGE_UNKNOWN; s++) {
        const struct crowd *crowd = &v->crowds[s];
        bool silent = crowd->workers > 0 && crowd->up == 0;
        /* A transformer has peers on both sides: that it is not ready while an extractor has it means no loader. */
        bool nobody =
            s == STAGE_EXTRACTOR ? crowd->peers == 0 : crowd->ready == 0 && v->crowds[STAGE_EXTRACTOR].peers > 0;
        bool alone = s != STAGE_LOADER && v->pages_open > 0 && crowd->up > 0 && nobody;
        if (silent || alone) {
            v->what = stage_text(silent ? s : s + 1);
            v->why = N_("absent");
            v->share = 1;
            SAY(v, "%s", silent ? N_("no worker of it answers") : N_("none is connected"));
            CURE(v, "start one, and read the log of one that ended");
            return true;
        }
    }
    return false;
}

void bottleneck_find(const struct scrape *scrape, struct bottleneck *out)
{
    *out = (struct bottleneck){.source_total = -1};
    for (size_t i = 0; i < scrape->count; i++) {
        const struct worker *w = &scrape->workers[i];
        if (w->stage == STAGE_UNKNOWN) {
            continue;
        }
        struct crowd *crowd = &out->crowds[w->stage];
        crowd->workers++;
        if (!w->now.up) {
            continue;
        }
        crowd_add(crowd, w);
        memcpy(out->scheme, w->now.scheme, sizeof out->scheme);
        /* All workers of a stage tell of the one run and the one store. */
        if (w->stage == STAGE_EXTRACTOR && w->now.pages_open + w->now.pages_done >= out->pages_open + out->pages_done) {
            out->pages_open = w->now.pages_open;
            out->pages_done = w->now.pages_done;
            out->source_total = w->now.source_total;
        }
        out->rejects_open = w->now.rejects_open > out->rejects_open ? w->now.rejects_open : out->rejects_open;
    }
    for (enum scrape_stage s = STAGE_EXTRACTOR; s < STAGE_UNKNOWN; s++) {
        crowd_end(&out->crowds[s]);
    }
    if (!judge_absent(out)) {
        judge(out);
    }
}
