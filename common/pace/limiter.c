#include "common/pace/limiter.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/container.h"
#include "common/log/log.h"
#include "common/observe/metrics.h"
#include "common/pace/shared_api.h"

/* Two ways to wait:
 *   paced      slots are taken from the row that all workers share, several in one commit, and used up in order;
 *   unlimited  calls go at once; the row is only looked at for bans, every LIMIT_SEE ms while calls are made.
 * A refusal makes an unlimited API a paced one; how the pace goes on is pace.h's, for all workers together. */

enum {
    LIMIT_SLOTS = 10,    /* most slots taken at once */
    LIMIT_LOOK = 2000,   /* ms that a caller waits at most until it is looked again */
    LIMIT_SEE = 250,     /* ms between looks at the row of an unlimited API: so long a ban of others may go unnoticed */
    LIMIT_FAILED = 1000, /* ms: the pause when the store fails; a shorter ban is not told in the log */
    LIMIT_CLEAN = 20,    /* calls without refusal: the next pause is a short one again */
    LIMIT_PAUSE_FIRST = 1000,   /* ms */
    LIMIT_PAUSE_MAX = 60000,    /* ms */
    LIMIT_WAIT_MAX = 604800000, /* ms: a week; a longer told wait is not believed */
    /* A refusal among calls that go well may have another cause than their number: it costs a blink, and teaches nothing. */
    LIMIT_LAST = 8,       /* calls that are looked at; */
    LIMIT_LESSON = 3,     /* refused of them: there is a limit, or */
    LIMIT_TOLD = 5000,    /* ms: so long a time to wait was told */
    LIMIT_BLINK = 50,     /* ms */
    LIMIT_STALE = 1000,   /* ms: an unused slot older than this is lost, or calls would come in bursts */
    LIMIT_AHEAD = 250000, /* µs of slots taken at once: so long a ban of others may go unnoticed */
};

/* ---- pacing ---- */

struct limit_job {
    struct store_job job;
    struct limit *limit;
    bool busy;           /* the store has it */
    int64_t calls;       /* ask: slots wanted */
    struct store_ms at;  /* ask: of the first slot */
    struct store_ms ban; /* its end; ask: .ms 0 = none */
    int64_t wait;        /* tell: ms until then; the store's clock may be set before the job's turn comes */
    bool told;           /* tell: the API told it */
    bool lesson;         /* tell: the pace is cut */
    int64_t went;        /* calls since the last job, less those that were refused */
    int64_t noted;       /* the pace that reports know */
    int64_t interval;    /* out: µs between calls from now on */
};

struct limit {
    struct limit *next; /* among the orphans */
    struct loop *loop;
    struct store *store;
    char *api, *name;
    struct metric *throttled, *rate, *waits_paced, *waits_throttled;
    struct limit_wait *first, *last;
    int64_t waiting;
    int64_t base, interval;       /* µs between calls: the scheme's, and the one kept now; 0 = no limit */
    int64_t noted;                /* as the store knows it for reports */
    int64_t slots, slot;          /* slots in hand; µs (store clock) of the first */
    int64_t slot_interval;        /* µs between them */
    unsigned clock_sets;          /* store_clock_sets, as seen last */
    struct store_ms ban;          /* its end */
    bool told;                    /* the API told its end */
    struct store_ms polled;       /* the last look at the row; .ms 0 = never */
    struct store_ms failed_until; /* the store said no */
    int64_t went;                 /* calls not yet counted in the row, less those refused */
    int clean, refusals;          /* calls since the last refusal; refusals in a row */
    unsigned lately;              /* the last calls, a bit each: 1 = refused */
    bool lesson;                  /* a refusal that is not told yet cuts the pace */
    struct loop_timer timer;
    struct limit_job ask, tell;
    bool freed; /* waits only for its jobs to come back */
};

/* Freed while the store had a job of theirs. Loop's thread. */
static struct limit *orphans;

static void limit_release(struct limit *limit)
{
    if (!limit || limit->ask.busy || limit->tell.busy) {
        return;
    }
    for (struct limit **at = &orphans; *at; at = &(*at)->next) {
        if (*at == limit) {
            *at = limit->next;
            break;
        }
    }
    free(limit->api);
    free(limit->name);
    free(limit);
}

static void rate_show(const struct limit *limit)
{
    metric_set(limit->rate, limit->interval ? 60000000 / limit->interval : 0);
}

/* Whoever still waits here waits for the scheme's own pace, or because the API refused calls. */
static void waits_show(const struct limit *limit)
{
    bool refused = limit->interval > limit->base || store_before(store_now(limit->store), limit->ban);
    metric_run(limit->waits_paced, limit->first && !refused);
    metric_run(limit->waits_throttled, limit->first && refused);
}

/* Or sooner, to see whether the store's clock was set meanwhile. */
static void wake_at(struct limit *limit, struct store_ms at)
{
    int64_t wait = store_since(at, store_now(limit->store));
    wait = wait < LIMIT_LOOK ? wait : LIMIT_LOOK;
    loop_set_after(limit->loop, &limit->timer, (wait > 0 ? wait : 0));
}

/* The store's clock was set: slots and bans in hand are moments of the clock that it was. The row knows better. */
static void clock_follow(struct limit *limit)
{
    unsigned sets = store_clock_sets(limit->store);
    if (sets != limit->clock_sets) {
        limit->clock_sets = sets;
        limit->slots = 0;
        limit->ban = limit->polled = limit->failed_until = (struct store_ms){0};
    }
}

static struct limit_job *job_of(struct store_job *job)
{
    return CONTAINER_OF(job, struct limit_job, job);
}

static int step_note(struct store *store, const struct limit_job *job)
{
    return pace_moved(job->noted, job->interval) ? api_step(store, text_of(job->limit->name), job->interval) : 0;
}

/* Slots are not taken from behind a ban: by its end there may be nobody left to use them. */
static int ask_work(struct store *store, struct store_job *job)
{
    struct limit_job *ask = job_of(job);
    struct text name = text_of(ask->limit->name);
    struct store_ms free_at;
    struct pace pace;
    int error = api_pace(store, name, 0, 0, &free_at);
    error = error ? error : api_learn(store, name, ask->went, &pace);
    if (error) {
        return error;
    }
    ask->ban = store_before(store_now(store), free_at) ? free_at : (struct store_ms){0};
    ask->interval = pace_interval(&pace, ask->limit->base);
    error = step_note(store, ask);
    if (error || ask->ban.ms || !ask->interval) {
        return error;
    }
    int64_t most = LIMIT_AHEAD / ask->interval > 1 ? LIMIT_AHEAD / ask->interval : 1;
    ask->calls = ask->calls < most ? ask->calls : most;
    return ask->calls > 0 ? api_pace(store, name, ask->interval, ask->calls, &ask->at) : 0;
}

/* Calls are counted once, also where a transaction has failed. */
static void went_take(struct limit_job *job)
{
    job->noted = job->limit->noted;
    job->went = job->limit->went;
    job->limit->went = 0;
}

static void interval_set(struct limit *limit, const struct limit_job *job, int error)
{
    if (error) {
        limit->went += job->went;
        return;
    }
    if (job->interval > limit->interval) {
        log_line(EVENT_LIMIT_PACE, "%s: at most %lld calls a minute from now on, then slowly more", limit->api,
                 (long long)(60000000 / job->interval));
    }
    limit->interval = job->interval;
    limit->noted = pace_moved(limit->noted, job->interval) ? job->interval : limit->noted;
    rate_show(limit);
}

static void store_failed(struct limit *limit, int error)
{
    log_line(EVENT_LIMIT_STORE, "the pace of %s can't be kept in the store (%s): %s; trying again", limit->api,
             error_text(error), store_why(limit->store));
}

static void ask_done(struct store_job *job, int error)
{
    struct limit_job *ask = job_of(job);
    struct limit *limit = ask->limit;
    ask->busy = false;
    if (limit->freed) {
        limit_release(limit);
        return;
    }
    struct store_ms now = store_now(limit->store);
    interval_set(limit, ask, error);
    if (error) {
        store_failed(limit, error);
        limit->failed_until = store_after(now, LIMIT_FAILED);
    } else {
        limit->polled = now;
        limit->ban = store_later(limit->ban, ask->ban);
        /* A slot from before a ban that came meanwhile is void. */
        if (ask->interval && ask->calls && !ask->ban.ms && !store_before(ask->at, limit->ban)) {
            limit->slots = ask->calls;
            limit->slot = ask->at.ms * 1000;
            limit->slot_interval = ask->interval;
        }
    }
    wake_at(limit, now);
}

static void ask_submit(struct limit *limit)
{
    if (limit->ask.busy) {
        return;
    }
    limit->ask.busy = true;
    went_take(&limit->ask);
    limit->ask.calls = limit->waiting < LIMIT_SLOTS ? limit->waiting : LIMIT_SLOTS;
    store_submit(limit->store, &limit->ask.job);
}

static int tell_work(struct store *store, struct store_job *job)
{
    struct limit_job *tell = job_of(job);
    struct limit *limit = tell->limit;
    struct pace pace;
    struct store_ms until = store_earlier(tell->ban, store_after(store_now(store), tell->wait));
    const struct api_refusal refusal = {tell->went, until, tell->told, tell->lesson, limit->base};
    int error = api_refused(store, text_of(limit->name), &refusal, &pace);
    tell->interval = error ? 0 : pace_interval(&pace, limit->base);
    return error ? error : step_note(store, tell);
}

static void tell_submit(struct limit *limit)
{
    if (!limit->tell.busy && store_before(limit->tell.ban, limit->ban)) {
        limit->tell.busy = true;
        limit->tell.ban = limit->ban;
        limit->tell.wait = store_since(limit->ban, store_now(limit->store));
        limit->tell.told = limit->told;
        limit->tell.lesson = limit->lesson;
        limit->lesson = false;
        went_take(&limit->tell);
        store_submit(limit->store, &limit->tell.job);
    }
}

static void tell_done(struct store_job *job, int error)
{
    struct limit_job *tell = job_of(job);
    struct limit *limit = tell->limit;
    tell->busy = false;
    if (limit->freed) {
        limit_release(limit);
        return;
    }
    interval_set(limit, tell, error);
    if (error) {
        store_failed(limit, error); /* we keep to it ourselves; the others meet their own refusals */
    }
    tell_submit(limit);
}

static void call_go(struct limit *limit)
{
    struct limit_wait *wait = limit->first;
    limit->first = wait->next;
    if (!limit->first) {
        limit->last = NULL;
    }
    limit->waiting--;
    wait->queued = false;
    wait->next = NULL;
    limit->went++;
    limit->lately <<= 1;
    if (limit->clean < LIMIT_CLEAN && ++limit->clean == LIMIT_CLEAN) {
        limit->refusals = 0;
    }
    wait->go(wait);
}

/* May the next one call now? Otherwise what it waits for is under way: a timer or a job. */
static bool slot_take(struct limit *limit, struct store_ms now)
{
    struct store_ms blocked = store_later(limit->ban, limit->failed_until);
    if (store_before(now, blocked)) {
        wake_at(limit, blocked);
        return false;
    }
    if (!limit->interval) {
        /* Nobody calls before the row was seen once, or once more after a ban: a longer one may stand there. */
        bool seen = limit->polled.ms && !store_before(limit->polled, limit->ban);
        if (!seen || store_since(now, limit->polled) >= LIMIT_SEE) {
            ask_submit(limit);
        }
        return seen;
    }
    int64_t oldest = (now.ms - LIMIT_STALE) * 1000 - limit->slot_interval;
    while (limit->slots && limit->slot < oldest) {
        limit->slots--;
        limit->slot += limit->slot_interval;
    }
    if (!limit->slots) {
        ask_submit(limit);
        return false;
    }
    if (limit->slot > now.ms * 1000) {
        wake_at(limit, (struct store_ms){(limit->slot + 999) / 1000});
        return false;
    }
    limit->slots--;
    limit->slot += limit->slot_interval;
    return true;
}

static void pump(void *user)
{
    struct limit *limit = user;
    clock_follow(limit);
    struct store_ms now = store_now(limit->store);
    /* Those who enter again from go() wait for the next turn. */
    for (int64_t left = limit->waiting; left > 0 && limit->first && slot_take(limit, now); left--) {
        call_go(limit);
    }
    waits_show(limit);
}

int limit_new(struct loop *loop, struct store *store, struct metrics *metrics, const char *api, const char *name,
              int64_t calls_per_minute, struct limit **out)
{
    struct limit *limit = calloc(1, sizeof *limit);
    if (!limit) {
        return ERR_MEMORY;
    }
    char label[160];
    limit->loop = loop;
    limit->store = store;
    limit->api = strdup(api);
    limit->name = strdup(name);
    limit->base = limit->interval = calls_per_minute > 0 ? 60000000 / calls_per_minute : 0;
    limit->timer.fn = pump;
    limit->timer.user = limit;
    limit->ask = (struct limit_job){.job = {.work = ask_work, .done = ask_done, .order = STORE_PACE}, .limit = limit};
    limit->tell =
        (struct limit_job){.job = {.work = tell_work, .done = tell_done, .order = STORE_PACE}, .limit = limit};
    if (!limit->api || !limit->name) {
        limit_release(limit);
        return ERR_MEMORY;
    }
    metrics_label(label, sizeof label, "api", api);
    limit->throttled = metrics_add(metrics, FAMILY_THROTTLED, label);
    limit->rate = metrics_add(metrics, FAMILY_LIMIT, label);
    rate_show(limit);
    const struct {
        struct metric **metric;
        const char *reason;
    } waits[] = {{&limit->waits_paced, "pace"}, {&limit->waits_throttled, "throttled"}};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        char both[200];
        (void)snprintf(both, sizeof both, "%s,reason=\"%s\"", label, waits[i].reason);
        *waits[i].metric = metrics_add(metrics, FAMILY_LIMIT_WAIT, both);
    }
    *out = limit;
    return 0;
}

void limit_free(struct limit **limit)
{
    struct limit *l = *limit;
    *limit = NULL;
    if (!l) {
        return;
    }
    loop_clear_timer(l->loop, &l->timer);
    while (l->first) {
        limit_leave(l, l->first);
    }
    l->freed = true;
    l->next = orphans;
    orphans = l;
    limit_release(l);
}

void limit_enter(struct limit *limit, struct limit_wait *wait)
{
    if (wait->queued) {
        return;
    }
    wait->queued = true;
    wait->next = NULL;
    if (limit->last) {
        limit->last->next = wait;
    } else {
        limit->first = wait;
    }
    limit->last = wait;
    limit->waiting++;
    loop_set_after(limit->loop, &limit->timer, 0);
}

void limit_leave(struct limit *limit, struct limit_wait *wait)
{
    struct limit_wait *before = NULL;
    for (struct limit_wait *w = limit->first; w; before = w, w = w->next) {
        if (w != wait) {
            continue;
        }
        if (before) {
            before->next = w->next;
        } else {
            limit->first = w->next;
        }
        if (limit->last == w) {
            limit->last = before;
        }
        limit->waiting--;
        w->queued = false;
        w->next = NULL;
        waits_show(limit);
        return;
    }
}

static int refused_lately(const struct limit *limit)
{
    return __builtin_popcount(limit->lately & ((1U << LIMIT_LAST) - 1));
}

/* One of the calls under way: which one does not matter. */
static void note_refused(struct limit *limit)
{
    limit->lately |= ~limit->lately & (limit->lately + 1);
}

/* Not told how long: pause, longer each time it happens again. */
static int64_t refusal_pause(struct limit *limit, bool lesson)
{
    int64_t most = LIMIT_BLINK;
    if (lesson) {
        most = limit->refusals < 6 ? (int64_t)LIMIT_PAUSE_FIRST << limit->refusals : LIMIT_PAUSE_MAX;
        limit->refusals++;
        most = most < LIMIT_PAUSE_MAX ? most : LIMIT_PAUSE_MAX;
    }
    return 1 + (int64_t)arc4random_uniform((uint32_t)most + 1);
}

/* Nobody calls for wait_ms. `told`: as the API said; `lesson`: and more slowly from then on. */
static void ban_begin(struct limit *limit, int64_t wait_ms, bool told, bool lesson)
{
    wait_ms = wait_ms < LIMIT_WAIT_MAX ? wait_ms : LIMIT_WAIT_MAX;
    struct store_ms ban = store_after(store_now(limit->store), wait_ms);
    if (store_since(ban, limit->ban) > LIMIT_FAILED) {
        log_line(EVENT_LIMIT_THROTTLED, "%s refuses calls; nobody calls it for %lld ms%s", limit->api,
                 (long long)wait_ms, told ? ", as it told" : "");
    }
    if (!store_before(limit->ban, ban)) {
        limit->slots = 0;
        return;
    }
    limit->ban = ban;
    limit->told = told;
    if (told || lesson) { /* a short pause concerns this worker alone, and its slots stay valid */
        limit->slots = 0;
        limit->lesson = limit->lesson || lesson;
        tell_submit(limit);
    }
}

void limit_throttled(struct limit *limit, int64_t wait_ms)
{
    metric_add(limit->throttled, 1);
    limit->went--;
    limit->clean = 0;
    note_refused(limit);
    bool told = wait_ms > 0;
    if (!told && store_before(store_now(limit->store), limit->ban)) {
        return; /* a call that was under way when the pause began: the same refusal */
    }
    bool lesson = refused_lately(limit) >= LIMIT_LESSON || wait_ms >= LIMIT_TOLD;
    ban_begin(limit, told ? wait_ms : refusal_pause(limit, lesson), told, lesson);
}

void limit_pause(struct limit *limit, int64_t wait_ms)
{
    ban_begin(limit, wait_ms, true, false);
}

struct store_ms limit_banned_until(const struct limit *limit)
{
    return store_before(store_now(limit->store), limit->ban) ? limit->ban : (struct store_ms){0};
}
