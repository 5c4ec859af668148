#include "extractor/parts.h"

#include <stdio.h>

#include "common/log/log.h"

enum {
    EVERY_UNSET = 60000, /* ms between runs where the scheme says nothing */
    ENDED_PAUSE = 60000, /* ms until a run that is unfinished is taken up again */
};

/* Why the extractor can't work now. */
static const char *trouble(void *user, const char **name)
{
    const struct parts *parts = user;
    return parts->plan ? plan_trouble(parts->plan, name) : NULL;
}

/* All extractors of one account share one pace. */
static int pace_open(const struct settings *s, const struct stage *stage, struct limit **out, struct cause *cause)
{
    const struct scheme *scheme = stage->scheme;
    char api[200], name[400];
    (void)snprintf(api, sizeof api, "%.*s", TEXT_ARG(scheme->source.api));
    (void)snprintf(name, sizeof name, "%s %s", api, s->driver->account());
    int64_t pace = s->calls_per_minute >= 0 ? s->calls_per_minute : scheme->source.calls_per_minute;
    int error = limit_new(stage->loop, stage->store, stage->metrics, api, name, pace, out);
    return error ? cause_set(cause, error, "out of memory") : 0;
}

/* ---- runs ---- */

static void run_begin_now(void *user)
{
    struct parts *parts = user;
    plan_start(parts->plan, parts->settings->begin_new);
}

/* Where others go on, the cause is told now; else the process tells it last. */
static void end(struct parts *parts, int exit_code)
{
    if (parts->stage->scope && exit_code != EXIT_COMPLETE && parts->cause.text[0] != '\0') {
        (void)log_fatal(&parts->cause, exit_code);
    }
    alerts_stop(&parts->alerts, exit_code, parts->draining);
}

/* Runs never overlap: the next begins when the schedule that all extractors share says so. */
static void run_ended(void *user, int exit_code, const struct cause *cause)
{
    struct parts *parts = user;
    parts->cause = *cause;
    alerts_ended(&parts->alerts, exit_code, cause);
    if (parts->settings->once || parts->draining || exit_code == EXIT_REFUSED) {
        end(parts, parts->draining && !parts->settings->once ? EXIT_COMPLETE : exit_code);
        return;
    }
    int64_t pause = 0;
    if (plan_held(parts->plan)) {
        log_event(EVENT_RUN_HELD, cause->text, NULL);
    } else if (exit_code == EXIT_UNFINISHED && cause->text[0] != '\0') {
        log_event(EVENT_RUN_PAUSED, cause->text, NULL);
        struct store_ms banned = plan_banned_until(parts->plan);
        pause = banned.ms > 0 ? store_since(banned, store_now(parts->stage->store)) : ENDED_PAUSE;
    }
    loop_set_after(parts->stage->loop, &parts->next, pause > 0 ? pause : 0);
}

/* For who started it, and reads the report. */
static void run_begun(void *user, const struct run *run)
{
    const struct parts *parts = user;
    const char *note = parts->settings->note_run;
    FILE *file = note ? fopen(note, "we") : NULL;
    if (file) {
        (void)fprintf(file, "%lld\n", (long long)run->id);
        (void)fclose(file);
    }
}

static void run_closed(void *user, const struct run_closing *closing)
{
    struct parts *parts = user;
    alerts_closed(&parts->alerts, closing);
}

void parts_drain(void *user)
{
    struct parts *parts = user;
    parts->draining = true;
    loop_clear_timer(parts->stage->loop, &parts->next);
    if (!parts->plan || !plan_leave(parts->plan)) {
        end(parts, parts->settings->once ? EXIT_UNFINISHED : EXIT_COMPLETE);
    }
}

/* ---- life ---- */

int parts_open(const struct settings *s, const struct stage *stage, struct parts *parts)
{
    const struct scheme *scheme = stage->scheme;
    struct cause *cause = &parts->cause;
    parts->settings = s;
    parts->stage = stage;
    parts->next = (struct loop_timer){.fn = run_begin_now, .user = parts};
    int64_t every = scheme->every > 0 ? scheme->every : EVERY_UNSET;
    int error = settings_http(s, stage, &parts->http, cause);
    error = error ? error : pace_open(s, stage, &parts->limit, cause);
    error = error ? error : alerts_open(&s->alert, stage, trouble, parts, &parts->alerts, cause);
    if (error) {
        return error;
    }
    const struct source_options source = {
        .driver = s->driver,
        .scheme = scheme,
        .loop = stage->loop,
        .http = parts->http,
        .limit = parts->limit,
        .store = stage->store,
        .patience = RETRY_GIVE_UP,
    };
    const struct plan_options plan = {
        .stage = stage,
        .bind = s->bind,
        .source = &source,
        .account = text_of(s->driver->account()),
        .account_setting = s->driver->account_setting,
        .limit = s->limit,
        .from = s->from,
        .to = s->to,
        .vanish_all = s->vanish_all,
        .join = s->join,
        .every = s->once ? 0 : every,
        .at = scheme->at,
        .run = s->run,
        .ended = run_ended,
        .begun = run_begun,
        .closed = run_closed,
        .user = parts,
    };
    error = plan_new(&plan, &parts->plan, cause);
    if (!error) {
        log_event(EVENT_STAGE_STARTED, "waiting for transformers", "address", LOG_STR(plan_address(parts->plan)), NULL);
        loop_set_after(stage->loop, &parts->next, 0);
    }
    return error;
}

void parts_stop(struct parts *parts)
{
    alert_stop(parts->alerts.alert);
    if (parts->plan) {
        plan_stop(parts->plan);
    }
    limit_free(&parts->limit);
    http_free(&parts->http);
}

void parts_free(struct parts *parts)
{
    plan_free(&parts->plan);
    alert_free(&parts->alerts.alert);
}
