#include "loader/loader.h"

#include <stdio.h>

#include "common/http/reply_class.h"
#include "common/log/log.h"
#include "common/pace/limiter.h"

enum { REJECTS_EVERY = 2000 /* ms between counts of open rejects, while there are new outcomes */ };

/* ---- the end ---- */

void loader_stop(struct loader *loader, int exit_code)
{
    if (!loader->stopped) {
        loader->stopped = true;
        stage_end(&loader->stage, exit_code);
    }
}

static void told_all(void *user)
{
    struct loader *loader = user;
    loader->gone(loader); /* what it holds goes to others */
    stage_end(&loader->stage, loader->exit_code);
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

/* ---- the pump ---- */

void loader_pump_after(struct loader *loader, int64_t ms)
{
    struct loop_ms due = loop_after(loop_now(loader->stage.loop), ms > 0 ? ms : 0);
    if (loader->pump.slot == 0 || loop_before(due, loader->pump.due)) {
        loop_set_timer(loader->stage.loop, &loader->pump, due);
    }
}

void loader_pump(struct loader *loader)
{
    loader_pump_after(loader, 0);
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
    if (loader->draining && !loader->stopped) { /* it may be the last that the drain waited for */
        loader_pump(loader);
    }
    return !loader->stopped;
}

bool loader_done_or_again(struct loader *loader, struct store_job *job, int error)
{
    if (!loader_done(loader)) {
        return false;
    }
    if (error == ERR_BUSY) {
        loader_submit(loader, job);
    }
    return error != ERR_BUSY;
}

void loader_count(struct loader *loader, enum outcome outcome)
{
    metric_add(loader->counts[outcome], 1);
    if (loader->rejects_timer.slot == 0) {
        loop_set_after(loader->stage.loop, &loader->rejects_timer, REJECTS_EVERY);
    }
}

/* A store and a customer may have one number: to the ledger they stand in two accounts, "store 123" and "customer 123".
 * Materials stand in the account alone, as all records did before kinds were told. */
void loader_account(const struct loader *loader, const struct target_form *form, char *out, size_t size)
{
    bool plain = text_equal(form->kind, TEXT("material"));
    (void)snprintf(out, size, "%.*s%s%s", plain ? 0 : (int)form->kind.size, form->kind.data, plain ? "" : " ",
                   loader->driver->account());
}

bool loader_mute(const struct loader *loader)
{
    return loader->form->list.path.size == 0 && loader->form->find_one.size == 0 && loader->form->find_many.size == 0;
}

/* ---- how much is let in, and how much is under way ---- */

/* What the calls under way hold, as much again that waits for them, and the double of both for rows on their way through
 * the two commits; never less than a few pages. Pages that only wait come on top, but while the target is away none is added:
 * whatever is tried then would only be one page more that waits. */
void loader_window(struct loader *loader)
{
    const struct scheme *scheme = loader->stage.scheme;
    int64_t calls = 6 * loader->at_once.now * scheme->target.batch, pages = 4 * scheme->source.page_size;
    int64_t aside = loader->aside_records;
    loader->window_aside = loader->at_once.away && aside > loader->window_aside ? loader->window_aside : aside;
    if (loader->link && loader->opened) {
        link_in_window(loader->link, calls > pages ? calls : pages, loader->window_aside);
    }
    metric_set(loader->permitted, loader->at_once.now);
}

bool loader_away(const struct loader *loader)
{
    return loader->at_once.away;
}

void loader_reached(struct loader *loader)
{
    if (loader->brake.ms > 0) {
        loader->brake.ms = 0;
        loader_pump(loader);
    }
}

void loader_answered(struct loader *loader, const struct answer *answer)
{
    struct loop_ms now = loop_now(loader->stage.loop);
    bool fails = answer->class == REPLY_RETRY;
    if ((fails || answer->class == REPLY_DONE || answer->class == REPLY_REJECT) &&
        concurrency_note(&loader->at_once, now, answer->ms, !fails)) {
        loader_window(loader);
    }
    /* How often it may be called, and the login, are the client's business. */
    loader->brake.ms = 0;
    if (loader->at_once.away) {
        loader->brake = loop_after(now, retry_pause(loader->at_once.failures));
    }
}
