#include "loader/loader.h"

#include <stdio.h>

#include "common/limit.h"
#include "common/log.h"
#include "common/reject.h"
#include "loader/ending.h"
#include "loader/load.h"
#include "loader/post.h"
#include "loader/quest.h"
#include "loader/reading.h"

enum {
    DRAIN_LONGEST = 7000, /* ms; a second is left for closing */
    PULSE = 60000,
    REJECTS_EVERY = 2000, /* ms between counts of open rejects, while there are new outcomes */
    LOOK_EVERY = 500,     /* ms between looks at what /readyz tells */
};

/* ---- the loop's end ---- */

static void stop(struct loader *loader, int exit_code)
{
    if (!loader->stopped) {
        loader->stopped = true;
        loop_stop(loader->stage.loop, exit_code);
    }
}

static void told_all(void *user)
{
    struct loader *loader = user;
    loop_stop(loader->stage.loop, loader->exit_code);
}

void loader_fatal(struct loader *loader, const struct cause *cause, int exit_code)
{
    if (!loader->stopped) {
        loader->stopped = true;
        metrics_ready(loader->stage.metrics, "gave up");
        loader->exit_code = log_fatal(cause, exit_code);
        char what[sizeof cause->text + 40];
        (void)snprintf(what, sizeof what, "the loader gave up: %s", cause->text);
        alert_raise(loader->alert, "loader.gave_up", what, 0);
        alert_settle(loader->alert, loader->stage.loop, ALERT_LAST, told_all, loader);
    }
}

/* For the alert: what keeps this loader from working, now. */
static const char *trouble(void *user, const char **name)
{
    const struct loader *loader = user;
    const char *why = xingchen_trouble(loader->target);
    *name = "target.down";
    if (!why && loader->link && link_in_peers(loader->link) == 0) {
        *name = "loader.alone";
        why = "no transformer is linked with this loader";
    }
    return loader->draining || loader->stopped ? NULL : why;
}

static void deadline(void *user)
{
    struct loader *loader = user;
    log_line(LOG_WARN, "loader.cut", "stops with calls on the wire; their records will be settled with the target");
    stop(loader, EXIT_COMPLETE);
}

void loader_settle(struct loader *loader)
{
    if (loader->draining && !loader->loads && loader->jobs == 0 && loader->calls == 0) {
        stop(loader, EXIT_COMPLETE);
    }
}

void loader_drain(void *user)
{
    struct loader *loader = user;
    if (loader->draining) {
        return;
    }
    log_line(LOG_INFO, "loader.drains", "takes no more, ends what is on the wire");
    loader->draining = true;
    metrics_ready(loader->stage.metrics, "draining");
    loader->deadline = (struct loop_timer){.fn = deadline, .user = loader};
    loop_set_timer(loader->stage.loop, &loader->deadline, loop_now(loader->stage.loop) + DRAIN_LONGEST);
    if (loader->link) {
        link_in_drain(loader->link);
        post_drain(loader);
    }
    loader_settle(loader);
}

/* ---- jobs and counts ---- */

void loader_submit(struct loader *loader, struct store_job *job)
{
    loader->jobs++;
    store_submit(loader->stage.store, job);
}

bool loader_done(struct loader *loader)
{
    loader->jobs--;
    return !loader->stopped;
}

static int rejects_work(struct store *store, struct store_job *job)
{
    struct loader *loader = (struct loader *)((char *)job - offsetof(struct loader, rejects_job));
    return reject_count(store, &loader->rejects_count);
}

static void rejects_done(struct store_job *job, int error)
{
    struct loader *loader = (struct loader *)((char *)job - offsetof(struct loader, rejects_job));
    loader->rejects_busy = false;
    if (loader_done(loader) && !error) {
        metric_set(loader->rejects_open, loader->rejects_count);
    }
    loader_settle(loader);
}

static void count_rejects(void *user)
{
    struct loader *loader = user;
    if (loader->stopped || loader->draining || loader->rejects_busy) {
        return;
    }
    loader->rejects_busy = true;
    loader->rejects_job.work = rejects_work;
    loader->rejects_job.done = rejects_done;
    loader_submit(loader, &loader->rejects_job);
}

void loader_count(struct loader *loader, enum outcome outcome)
{
    metric_add(loader->outcomes[outcome], 1);
    if (loader->rejects_timer.slot == 0) {
        loop_set_timer(loader->stage.loop, &loader->rejects_timer, loop_now(loader->stage.loop) + REJECTS_EVERY);
    }
}

/* ---- login, book, then the window opens ---- */

/* Rows that wait for a slow, paced or absent target don't make their page a stuck one. */
static void pulse(void *user)
{
    struct loader *loader = user;
    if (xingchen_lives(loader->target)) {
        post_touch(loader);
        quest_touch(loader);
    }
    count_rejects(loader); /* a replay may have mended some */
    loop_set_timer(loader->stage.loop, &loader->pulse, loop_now(loader->stage.loop) + PULSE);
}

static void look(void *user)
{
    struct loader *loader = user;
    if (!loader->draining && !loader->stopped) {
        const char *reason = xingchen_ails(loader->target);
        reason = reason ? reason : link_in_peers(loader->link) == 0 ? "no transformer is connected" : NULL;
        metrics_ready(loader->stage.metrics, reason);
        loop_set_timer(loader->stage.loop, &loader->look, loop_now(loader->stage.loop) + LOOK_EVERY);
    }
}

/* What the calls under way hold, as much again that waits for them, and the double of both for rows on their way through
 * the two commits; never less than a few pages. */
static void window_set(struct loader *loader)
{
    const struct scheme *scheme = loader->stage.scheme;
    int64_t calls = 6 * loader->at_once.now * scheme->target.batch, pages = 4 * scheme->source.page_size;
    link_in_window(loader->link, calls > pages ? calls : pages);
    metric_set(loader->permitted, loader->at_once.now);
}

void loader_answered(struct loader *loader, const struct answer *answer)
{
    loader->failures = answer->class == REPLY_RETRY ? loader->failures + 1 : 0;
    loader->brake = 0;
    if (loader->failures >= LOADER_FAILING) {
        loader->brake = loop_now(loader->stage.loop) + limit_pause(loader->failures - LOADER_FAILING);
    }
    switch (answer->class) {
    case REPLY_DONE:
    case REPLY_REJECT:
    case REPLY_RETRY:
        if (concurrency_note(&loader->at_once, loop_now(loader->stage.loop), answer->ms,
                             answer->class != REPLY_RETRY)) {
            window_set(loader);
        }
        break;
    case REPLY_THROTTLED: /* the pace's business */
    case REPLY_LOGIN:
    case REPLY_FATAL:
        break;
    }
}

static void open_window(struct loader *loader)
{
    window_set(loader);
    loader->look = (struct loop_timer){.fn = look, .user = loader};
    look(loader);
    loader->pulse = (struct loop_timer){.fn = pulse, .user = loader};
    pulse(loader);
    log_line(LOG_INFO, "loader.ready", "ready%s", loader->dry ? "; a dry run: nothing is saved" : "");
}

static void logged_in(void *user)
{
    struct loader *loader = user;
    if (loader->reading || loader->draining) {
        return;
    }
    log_event(LOG_INFO, "loader.login", "logged in to the target", "account", LOG_STR(loader->options.account),
              (const char *)NULL);
    if (reading_start(loader, open_window) != 0) {
        struct cause cause;
        cause_set(&cause, ERR_MEMORY, "out of memory");
        loader_fatal(loader, &cause, EXIT_REFUSED);
    }
}

static void gave_up(void *user, const struct cause *cause, int exit_code)
{
    loader_fatal(user, cause, exit_code);
}

static void cut_timer(void *user)
{
    post_run(user);
}

static void ask_timer(void *user)
{
    quest_run(user);
}

static int open_parts(struct loader *loader, struct cause *cause)
{
    const struct scheme *scheme = loader->stage.scheme;
    struct options *o = &loader->options;
    loader->times = options_times(o);
    loader->account = text_of(o->account);
    loader->dry = store_is_dry(loader->stage.store);
    (void)snprintf(loader->api, sizeof loader->api, "%.*s", TEXT_ARG(scheme->target.api));
    queue_init(&loader->ready);
    queue_init(&loader->asked);
    loader->cut = (struct loop_timer){.fn = cut_timer, .user = loader};
    loader->ask = (struct loop_timer){.fn = ask_timer, .user = loader};
    loader->rejects_timer = (struct loop_timer){.fn = count_rejects, .user = loader};
    static const char *const outcomes[] = {
        [OUTCOME_CREATED] = "outcome=\"created\"",     [OUTCOME_UPDATED] = "outcome=\"updated\"",
        [OUTCOME_UNCHANGED] = "outcome=\"unchanged\"", [OUTCOME_FILTERED] = "outcome=\"filtered\"",
        [OUTCOME_REJECTED] = "outcome=\"rejected\"",
    };
    for (int i = OUTCOME_CREATED; i <= OUTCOME_REJECTED; i++) {
        loader->outcomes[i] = metrics_add(loader->stage.metrics, METRIC_COUNTER, "records_total", outcomes[i],
                                          "Records whose outcome this loader made durable.");
    }
    concurrency_init(&loader->at_once, scheme->target.concurrency);
    loader->rejects_open = metrics_add(loader->stage.metrics, METRIC_GAUGE, "rejects_open", NULL,
                                       "Records that stand refused in the store, of all loaders together.");
    loader->stalled = metrics_add(loader->stage.metrics, METRIC_COUNTER, "stalled_seconds_total", NULL,
                                  "Time with work that the target did not take yet.");
    char label[200];
    metrics_label(label, sizeof label, "api", loader->api);
    loader->permitted = metrics_add(loader->stage.metrics, METRIC_GAUGE, "calls_permitted", label,
                                    "Most calls at once now, of this worker.");
    metric_set(loader->permitted, loader->at_once.now);
    char worker[sizeof loader->stage.peer_name + 10];
    (void)snprintf(worker, sizeof worker, "loader %s", loader->stage.peer_name);
    struct alert_options alert = o->alert;
    alert.proxy = o->proxy;
    alert.no_proxy = o->no_proxy;
    alert.ca_file = o->ca_file;
    int error = alert_new(loader->stage.loop, loader->stage.store, &alert, scheme->name, worker, NULL, NULL,
                          &loader->alert, cause);
    if (error) {
        return error;
    }
    alert_watch(loader->alert, trouble, loader);
    struct xingchen_events events = {logged_in, gave_up, NULL};
    int64_t pace = o->calls_per_minute >= 0 ? o->calls_per_minute : scheme->target.calls_per_minute;
    return xingchen_new(loader->stage.loop, loader->stage.store, loader->stage.metrics, o, pace,
                        (int)scheme->target.concurrency + QUEST_MOST + 1, loader->stage.peer_name, &events, loader,
                        &loader->target, cause);
}

int loader_open(struct loader *loader, struct cause *cause)
{
    int error = stage_open("loader", ROLE_LOADER, &loader->options.stage, loader_drain, loader, &loader->stage, cause);
    if (error) {
        return error;
    }
    metrics_ready(loader->stage.metrics, "not logged in to the target, or its book is not read");
    error = open_parts(loader, cause);
    if (error) {
        alert_stop(loader->alert);
        stage_close(&loader->stage);
        alert_free(&loader->alert);
    }
    return error;
}

void loader_close(struct loader *loader)
{
    loader->stopped = true;
    if (loader->link) {
        link_in_free(&loader->link);
    }
    xingchen_stop(loader->target);
    alert_stop(loader->alert);
    stage_close(&loader->stage); /* the store's thread ends: from here nobody works on a job's memory */
    xingchen_free(&loader->target);
    alert_free(&loader->alert);
    reading_free(loader);
    quest_free_all(loader);
    post_free_all(loader);
    ending_free_all(loader);
    load_free_all(loader);
}
