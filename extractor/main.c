/* extractor: reads the sources of its schemes page by page. What is finished is in the store; all else may die at any time. */
#include <stdio.h>

#include "common/base/print.h"
#include "common/base/secret.h"
#include "common/log/log.h"
#include "common/stage/store.h"
#include "extractor/parts.h"
#include "extractor/probe.h"

/* Each scheme that is served. */
struct served {
    struct settings settings; /* with the scheme's driver */
    struct parts parts;
};
static struct served served[STAGE_SCHEMES];
static struct stage stages[STAGE_SCHEMES];
static size_t count;

/* On failure the scope stays that of the scheme at fault. */
static int open_all(const struct settings *settings, struct cause *cause)
{
    int error = stage_store_open(stages, count, settings->stage.store, cause);
    for (size_t i = 0; i < count && !error; i++) {
        struct served *one = &served[i];
        scope_now = stages[i].scope;
        one->settings = *settings;
        stages[i].user = &one->parts;
        error = settings->driver ? 0 : settings_driver(settings, stages[i].scheme, &one->settings.driver, cause);
        if (!error && (error = parts_open(&one->settings, &stages[i], &one->parts)) != 0) {
            *cause = one->parts.cause;
        }
    }
    return error;
}

static int serve(const struct settings *settings, struct cause *cause)
{
    if (stage_open_all("extractor", ROLE_EXTRACTOR, &settings->stage, parts_drain, stages, &count, cause)) {
        return EXIT_USAGE;
    }
    int code = EXIT_USAGE;
    if (open_all(settings, cause) == 0) {
        scope_now = NULL;
        code = loop_run(stages->loop);
        *cause = count == 1 ? served->parts.cause : *cause; /* several have told their own */
        if (code < 0) {
            (void)cause_set(cause, code, "the event loop failed");
            code = EXIT_REFUSED;
        }
    }
    /* Until the store is closed a job of the parts may be under way. */
    for (size_t i = 0; i < count; i++) {
        parts_stop(&served[i].parts);
    }
    stage_store_close(stages, count);
    for (size_t i = 0; i < count; i++) {
        parts_free(&served[i].parts);
    }
    for (size_t i = 0; i < count; i++) {
        stage_close(&stages[i]);
    }
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
    static struct settings settings;
    struct cause cause = {""};
    int result = settings_read(argc, argv, &settings, &cause);
    if (result == CONFIG_DONE) {
        return EXIT_COMPLETE;
    }
    bool probe = settings.check || settings.sample > 0 || settings.read;
    int code = result ? EXIT_USAGE : probe ? probe_run(&settings, &cause) : serve(&settings, &cause);
    if (settings.check) {
        return check_end(code, &cause);
    }
    return code != EXIT_COMPLETE && cause.text[0] != '\0' ? log_fatal(&cause, code) : code;
}

int main(int argc, char **argv)
{
    return print_end("extractor", run(argc, argv));
}
