#include "loader/life.h"

#include <stdio.h>

#include "common/base/container.h"
#include "common/ledger/reject.h"
#include "common/log/log.h"
#include "loader/aside.h"
#include "loader/ask/existing.h"
#include "loader/ask/ids.h"
#include "loader/ask/lookup.h"
#include "loader/ask/questions.h"
#include "loader/begin.h"
#include "loader/outcomes.h"
#include "loader/rows.h"
#include "loader/save.h"
#include "loader/step.h"

enum {
    DRAIN_STORE = 6000,   /* ms that the store is waited for */
    DRAIN_LONGEST = 7000, /* ms; a second is left for closing */
    PULSE = 60000,
    LOOK_EVERY = 500, /* ms between looks at what /readyz tells */
};

/* For the alert: what keeps this loader from working, now. */
static const char *trouble(void *user, const char **name)
{
    const struct loader *loader = user;
    if (loader->draining || loader->stopped) {
        return NULL;
    }
    const char *why = client_trouble(loader->client);
    *name = "target.down";
    if (!why && store_hangs(loader->stage.store)) {
        *name = "store.failing";
        why = "the store takes no commit";
    } else if (!why && loader->link && link_in_peers(loader->link) == 0) {
        *name = "loader.alone";
        why = "no transformer is linked with this loader";
    }
    return why;
}

/* ---- the pump ---- */

/* Everything that waits in the parts, once. What they begin ends in a later turn of the loop. */
static void pump(void *user)
{
    struct loader *loader = user;
    if (loader->stopped) {
        return;
    }
    questions_run(loader);
    aside_run(loader);
    lookup_run(loader);
    save_run(loader);
    outcomes_run(loader);
    batch_run(loader);
    if (loader->draining && !loader->batches && loader->jobs == 0 && loader->calls == 0) {
        loader_stop(loader, EXIT_COMPLETE);
    }
}

/* ---- SIGTERM ---- */

static void deadline(void *user)
{
    struct loader *loader = user;
    log_line(EVENT_LOADER_CUT, "stops with calls on the wire; their records will be settled with the target");
    loader_stop(loader, EXIT_COMPLETE);
}

void loader_drain(void *user)
{
    struct loader *loader = user;
    if (loader->draining || loader->stopped) {
        return;
    }
    log_line(EVENT_LOADER_DRAINS, "takes no more, ends what is on the wire");
    loader->draining = true;
    metrics_ready(loader->stage.metrics, "draining");
    loader->deadline = (struct loop_timer){.fn = deadline, .user = loader};
    loop_set_after(loader->stage.loop, &loader->deadline, DRAIN_LONGEST);
    store_hurry(loader->stage.store, DRAIN_STORE);
    if (loader->link) {
        link_in_drain(loader->link);
        save_drain(loader);
        aside_leave(loader, NULL, false);
    }
    loader_pump(loader);
}

/* ---- the count of open rejects ---- */

static int rejects_work(struct store *store, struct store_job *job)
{
    struct loader *loader = CONTAINER_OF(job, struct loader, rejects_job);
    return reject_count(store, &loader->rejects_count);
}

static void rejects_done(struct store_job *job, int error)
{
    struct loader *loader = CONTAINER_OF(job, struct loader, rejects_job);
    loader->rejects_busy = false;
    if (loader_done(loader) && !error) {
        metric_set(loader->rejects_open, loader->rejects_count);
    }
    loader_pump(loader);
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

/* ---- login, fixed ids, what stands in the target, then the window opens ---- */

/* Rows that wait for a slow, paced or absent target don't make their page a stuck one. */
static void pulse(void *user)
{
    struct loader *loader = user;
    if (client_lives(loader->client)) {
        save_touch(loader);
        lookup_touch(loader);
        aside_touch(loader);
        questions_touch(loader);
    }
    count_rejects(loader); /* a replay may have mended some */
    loop_set_after(loader->stage.loop, &loader->pulse, PULSE);
}

static void look(void *user)
{
    struct loader *loader = user;
    if (!loader->draining && !loader->stopped) {
        const char *reason = client_ails(loader->client);
        bool hangs = store_hangs(loader->stage.store);
        reason = reason || !hangs ? reason : "the store takes no commits";
        reason = reason ? reason : link_in_peers(loader->link) == 0 ? "no transformer is connected" : NULL;
        metrics_ready(loader->stage.metrics, reason);
        loop_set_after(loader->stage.loop, &loader->look, LOOK_EVERY);
    }
}

static void open_window(struct loader *loader)
{
    loader->opened = true;
    loader_window(loader);
    loader->look = (struct loop_timer){.fn = look, .user = loader};
    look(loader);
    loader->pulse = (struct loop_timer){.fn = pulse, .user = loader};
    pulse(loader);
    log_line(EVENT_LOADER_READY, "ready%s", loader->dry ? "; a dry run: nothing is saved" : "");
}

static void no_memory(struct loader *loader)
{
    struct cause cause;
    cause_set(&cause, ERR_MEMORY, "out of memory");
    loader_fatal(loader, &cause, EXIT_REFUSED);
}

static void ids_known(struct loader *loader)
{
    if (existing_start(loader, open_window) != 0) {
        no_memory(loader);
    }
}

static void logged_in(void *user)
{
    struct loader *loader = user;
    if (loader->ids || loader->draining) {
        return;
    }
    log_event(EVENT_LOADER_LOGIN, "logged in to the target", "account", LOG_STR(loader->driver->account()),
              (const char *)NULL);
    if (ids_start(loader, ids_known) != 0) {
        no_memory(loader);
    }
}

static void gave_up(void *user, const struct cause *cause, int exit_code)
{
    loader_fatal(user, cause, exit_code);
}

/* Lets go of what it holds, for others to take. */
static void let_go(struct loader *loader)
{
    struct loop *loop = loader->stage.loop;
    loader->stopped = true;
    loop_clear_timer(loop, &loader->pump);
    loop_clear_timer(loop, &loader->rejects_timer);
    loop_clear_timer(loop, &loader->pulse);
    loop_clear_timer(loop, &loader->deadline);
    loop_clear_timer(loop, &loader->look);
    if (loader->link) {
        link_in_free(&loader->link);
    }
    if (loader->client) {
        client_stop(loader->client);
    }
}

static int open_parts(struct loader *loader, struct cause *cause)
{
    const struct scheme *scheme = loader->stage.scheme;
    const struct loader_settings *s = &loader->settings;
    loader->times = loader_settings_times(s);
    loader->driver = s->driver;
    loader->form = &scheme->target.form;
    loader_account(loader, loader->form, loader->account_room, sizeof loader->account_room);
    loader->account = text_of(loader->account_room);
    loader->step = row_step;
    loader->gone = let_go;
    loader->pump = (struct loop_timer){.fn = pump, .user = loader};
    loader->dry = store_is_dry(loader->stage.store);
    queue_init(&loader->asked);
    steps_open(loader);
    loader->rejects_timer = (struct loop_timer){.fn = count_rejects, .user = loader};
    static const char *const outcomes[] = {
        [OUTCOME_CREATED] = "outcome=\"created\"",     [OUTCOME_UPDATED] = "outcome=\"updated\"",
        [OUTCOME_UNCHANGED] = "outcome=\"unchanged\"", [OUTCOME_FILTERED] = "outcome=\"filtered\"",
        [OUTCOME_REJECTED] = "outcome=\"rejected\"",
    };
    for (int i = OUTCOME_CREATED; i <= OUTCOME_REJECTED; i++) {
        loader->counts[i] = metrics_add(loader->stage.metrics, FAMILY_RECORDS, outcomes[i]);
    }
    concurrency_init(&loader->at_once, scheme->target.concurrency);
    loader->rejects_open = metrics_add(loader->stage.metrics, FAMILY_REJECTS_OPEN, NULL);
    loader->stalled = metrics_add(loader->stage.metrics, FAMILY_STALLED, NULL);
    char label[200];
    metrics_label(label, sizeof label, "api", loader->form->save.data);
    loader->permitted = metrics_add(loader->stage.metrics, FAMILY_CALLS_PERMITTED, label);
    metric_set(loader->permitted, loader->at_once.now);
    char worker[sizeof loader->stage.peer_name + 10];
    (void)snprintf(worker, sizeof worker, "loader %s", loader->stage.peer_name);
    struct alert_options alert = s->alert;
    alert.network = s->network;
    int error = alert_new(loader->stage.loop, loader->stage.store, &alert, scheme->name, worker, NULL, NULL,
                          &loader->alert, cause);
    if (error) {
        return error;
    }
    alert_watch(loader->alert, trouble, loader);
    const struct client_options client = {
        .loop = loader->stage.loop,
        .store = loader->stage.store,
        .metrics = loader->stage.metrics,
        .driver = loader->driver,
        .form = loader->form,
        .network = s->network,
        .record = s->record,
        .timeout = s->timeout,
        .calls_per_minute = s->calls_per_minute >= 0 ? s->calls_per_minute : scheme->target.calls_per_minute,
        .connections = (int)scheme->target.concurrency + LOOKUPS_MOST + 1,
        .owner = loader->stage.owner,
        .account_wanted = true,
        .ready = logged_in,
        .fatal = gave_up,
        .user = loader};
    if (questions_start(loader, batch_begin) != 0) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    return client_new(&client, &loader->client, cause);
}

int loader_open(struct loader *loader, const char *upstream, struct cause *cause)
{
    metrics_ready(loader->stage.metrics, "not logged in to the target, or its book is not read");
    int error = open_parts(loader, cause);
    if (!error) {
        error = link_in_new(loader->stage.zmq, loader->stage.loop, upstream, &loader->stage.identity, &batch_events,
                            loader, &loader->link, cause);
    }
    if (!error) {
        client_login(loader->client);
    }
    return error;
}

void loader_leave(struct loader *loader)
{
    let_go(loader);
    alert_stop(loader->alert);
}

void loader_free(struct loader *loader)
{
    client_free(&loader->client);
    alert_free(&loader->alert);
    ids_free(loader);
    existing_free(loader);
    questions_free(loader);
    lookup_free_all(loader);
    aside_free(loader);
    save_free_all(loader);
    outcomes_free_all(loader);
    batch_free_all(loader);
}
