/* extractor: reads the source of a scheme page by page. What is finished is in the store; all else may die at any time. */
#include <stdio.h>

#include "common/log.h"
#include "extractor/plan.h"
#include "extractor/probe.h"
#include "extractor/tell.h"

struct extractor {
    struct settings settings;
    struct stage stage;
    struct http *http;
    struct limit *limit;
    struct plan *plan;
    struct tell tell;
    struct loop_timer next; /* service form: when the plan is asked for the next run */
    bool draining;
    struct cause cause; /* why it ends; empty where the exit code says all */
};

enum {
    EVERY_UNSET = 60000 /* ms between runs where the scheme says nothing */,
    ENDED_PAUSE = 60000 /* ms, unfinished */
};

static void run_begin_now(void *user)
{
    struct extractor *e = user;
    plan_start(e->plan, e->settings.begin_new);
}

/* Runs never overlap: the next begins when the schedule that all extractors share says so. */
static void run_ended(void *user, int exit_code, const struct cause *cause)
{
    struct extractor *e = user;
    e->cause = *cause;
    tell_ended(&e->tell, exit_code, cause);
    if (e->settings.once || e->draining || exit_code == EXIT_REFUSED) {
        tell_stop(&e->tell, e->draining && !e->settings.once ? EXIT_COMPLETE : exit_code, e->draining);
        return;
    }
    int64_t pause = 0;
    if (exit_code == EXIT_UNFINISHED && cause->text[0] != '\0') {
        log_event(LOG_ERROR, "run.paused", cause->text, NULL);
        int64_t banned = plan_banned_until(e->plan);
        pause = banned > 0 ? banned - store_now(e->stage.store) : ENDED_PAUSE;
    }
    loop_set_timer(e->stage.loop, &e->next, loop_now(e->stage.loop) + (pause > 0 ? pause : 0));
}

static void drain(void *user)
{
    struct extractor *e = user;
    e->draining = true;
    loop_clear_timer(e->stage.loop, &e->next);
    if (!e->plan || !plan_leave(e->plan)) {
        tell_stop(&e->tell, e->settings.once ? EXIT_UNFINISHED : EXIT_COMPLETE, true);
    }
}

static int parts_open(struct extractor *e)
{
    const struct settings *s = &e->settings;
    const struct scheme *scheme = e->stage.scheme;
    char api[200], name[400];
    (void)snprintf(api, sizeof api, "%.*s", TEXT_ARG(scheme->source.api));
    (void)snprintf(name, sizeof name, "%s %s", api, s->sid);
    int error = settings_http(s, &e->stage, &e->http, &e->cause);
    if (error) {
        return error;
    }
    if (limit_new(e->stage.loop, e->stage.store, e->stage.metrics, api, name,
                  s->calls_per_minute >= 0 ? s->calls_per_minute : scheme->source.calls_per_minute, &e->limit)) {
        return cause_set(&e->cause, ERR_MEMORY, "out of memory");
    }
    struct qimen_options source = settings_source(s, scheme);
    source.loop = e->stage.loop;
    source.http = e->http;
    source.limit = e->limit;
    source.store = e->stage.store;
    source.patience = LIMIT_GIVE_UP;
    int64_t every = scheme->every > 0 ? scheme->every : EVERY_UNSET;
    const struct plan_options options = {
        .stage = &e->stage,
        .bind = s->bind,
        .source = &source,
        .limit = s->limit,
        .join = s->join,
        .every = s->once ? 0 : every,
        .run = s->run,
        .ended = run_ended,
        .tell = &e->tell,
        .user = e,
    };
    error = tell_open(s, &e->stage, &e->tell, &e->cause);
    error = error ? error : plan_new(&options, &e->plan, &e->cause);
    e->tell.plan = e->plan;
    return error;
}

static int serve(struct extractor *e)
{
    if (stage_open("extractor", ROLE_EXTRACTOR, &e->settings.stage, drain, e, &e->stage, &e->cause)) {
        return EXIT_USAGE;
    }
    int code = EXIT_USAGE;
    e->next = (struct loop_timer){.fn = run_begin_now, .user = e};
    if (parts_open(e) == 0) {
        log_event(LOG_INFO, "stage.started", "waiting for transformers", "address", LOG_STR(plan_address(e->plan)),
                  NULL);
        loop_set_timer(e->stage.loop, &e->next, loop_now(e->stage.loop));
        code = loop_run(e->stage.loop);
        if (code < 0) {
            (void)cause_set(&e->cause, code, "the event loop failed");
            code = EXIT_REFUSED;
        }
    }
    alert_stop(e->tell.alert);
    plan_free(&e->plan);
    limit_free(&e->limit);
    http_free(&e->http);
    stage_close(&e->stage);
    alert_free(&e->tell.alert);
    return code;
}

/* --check speaks on stdout, whatever it has to say. */
static int check_end(int code, const struct cause *cause)
{
    if (code != EXIT_COMPLETE) {
        struct cause shown = *cause;
        log_wipe(shown.text);
        (void)printf("FAIL  source: %s\n", shown.text);
    }
    return code;
}

int main(int argc, char **argv)
{
    static struct extractor e;
    int result = settings_read(argc, argv, &e.settings, &e.cause);
    if (result == CONFIG_DONE) {
        return EXIT_COMPLETE;
    }
    bool probe = e.settings.check || e.settings.sample > 0;
    int code = result ? EXIT_USAGE : probe ? probe_run(&e.settings, &e.cause) : serve(&e);
    if (e.settings.check) {
        return check_end(code, &e.cause);
    }
    return code != EXIT_COMPLETE && e.cause.text[0] != '\0' ? log_fatal(&e.cause, code) : code;
}
