/* extractor: reads the source of a scheme page by page. What is finished is in the store; all else may die at any time. */
#include <stdio.h>

#include "common/base/print.h"
#include "common/base/secret.h"
#include "common/log/log.h"
#include "extractor/parts.h"
#include "extractor/probe.h"

struct extractor {
    struct settings settings;
    struct stage stage;
    struct parts parts;
    struct loop_timer next; /* service form: when the plan is asked for the next run */
    bool draining;
    struct cause cause; /* why it ends; empty where the exit code says all */
};

enum { ENDED_PAUSE = 60000 /* ms until a run that is unfinished is taken up again */ };

static void run_begin_now(void *user)
{
    struct extractor *e = user;
    plan_start(e->parts.plan, e->settings.begin_new);
}

/* Runs never overlap: the next begins when the schedule that all extractors share says so. */
static void run_ended(void *user, int exit_code, const struct cause *cause)
{
    struct extractor *e = user;
    e->cause = *cause;
    alerts_ended(&e->parts.alerts, exit_code, cause);
    if (e->settings.once || e->draining || exit_code == EXIT_REFUSED) {
        alerts_stop(&e->parts.alerts, e->draining && !e->settings.once ? EXIT_COMPLETE : exit_code, e->draining);
        return;
    }
    int64_t pause = 0;
    if (plan_held(e->parts.plan)) {
        log_event(EVENT_RUN_HELD, cause->text, NULL);
    } else if (exit_code == EXIT_UNFINISHED && cause->text[0] != '\0') {
        log_event(EVENT_RUN_PAUSED, cause->text, NULL);
        struct store_ms banned = plan_banned_until(e->parts.plan);
        pause = banned.ms > 0 ? store_since(banned, store_now(e->stage.store)) : ENDED_PAUSE;
    }
    loop_set_after(e->stage.loop, &e->next, pause > 0 ? pause : 0);
}

/* For who started it, and reads the report. */
static void run_begun(void *user, const struct run *run)
{
    const struct extractor *e = user;
    FILE *file = e->settings.note_run ? fopen(e->settings.note_run, "we") : NULL;
    if (file) {
        (void)fprintf(file, "%lld\n", (long long)run->id);
        (void)fclose(file);
    }
}

static void run_closed(void *user, const struct run_closing *closing)
{
    struct extractor *e = user;
    alerts_closed(&e->parts.alerts, closing);
}

static void drain(void *user)
{
    struct extractor *e = user;
    e->draining = true;
    loop_clear_timer(e->stage.loop, &e->next);
    if (!e->parts.plan || !plan_leave(e->parts.plan)) {
        alerts_stop(&e->parts.alerts, e->settings.once ? EXIT_UNFINISHED : EXIT_COMPLETE, true);
    }
}

static int serve(struct extractor *e)
{
    if (stage_open("extractor", ROLE_EXTRACTOR, &e->settings.stage, drain, e, &e->stage, &e->cause)) {
        return EXIT_USAGE;
    }
    int code = EXIT_USAGE;
    bool ready = stage_store_open(&e->stage, e->settings.stage.store, &e->cause) == 0;
    e->next = (struct loop_timer){.fn = run_begin_now, .user = e};
    const struct parts_events events = {.ended = run_ended, .closed = run_closed, .begun = run_begun};
    if (ready && parts_open(&e->settings, &e->stage, &events, e, &e->parts, &e->cause) == 0) {
        log_event(EVENT_STAGE_STARTED, "waiting for transformers", "address", LOG_STR(plan_address(e->parts.plan)),
                  NULL);
        loop_set_after(e->stage.loop, &e->next, 0);
        code = loop_run(e->stage.loop);
        if (code < 0) {
            (void)cause_set(&e->cause, code, "the event loop failed");
            code = EXIT_REFUSED;
        }
    }
    /* Until the store is closed a job of the parts may be under way. */
    parts_stop(&e->parts);
    stage_store_close(&e->stage);
    parts_free(&e->parts);
    stage_close(&e->stage);
    return code;
}

/* --check speaks on stdout, whatever it has to say. */
static int check_end(int code, const struct cause *cause)
{
    if (code != EXIT_COMPLETE) {
        struct cause shown = *cause;
        secret_wipe(shown.text);
        print_line(stdout, "FAIL  source: %s", shown.text);
    }
    return code;
}

static int run(int argc, char **argv)
{
    static struct extractor e;
    int result = settings_read(argc, argv, &e.settings, &e.cause);
    if (result == CONFIG_DONE) {
        return EXIT_COMPLETE;
    }
    bool probe = e.settings.check || e.settings.sample > 0 || e.settings.read;
    int code = result ? EXIT_USAGE : probe ? probe_run(&e.settings, &e.cause) : serve(&e);
    if (e.settings.check) {
        return check_end(code, &e.cause);
    }
    return code != EXIT_COMPLETE && e.cause.text[0] != '\0' ? log_fatal(&e.cause, code) : code;
}

int main(int argc, char **argv)
{
    return print_end("extractor", run(argc, argv));
}
