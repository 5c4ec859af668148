/* The loader takes mapped records from the transformers and writes each into the target exactly once. Of each scheme that it serves:
 *
 *   settings ─▶ stage (scheme, store, loop, metrics) ─▶ link: no window yet
 *           ─▶ login ─▶ what stands in the target, once (ask/existing.c) ─▶ window opens
 *           ─▶ pages: begin.c, rows.c, save.c, ask/lookup.c, outcomes.c ─▶ SIGTERM: drain ─▶ end */
#include "common/base/print.h"
#include "common/log/log.h"
#include "loader/check.h"
#include "loader/find.h"
#include "loader/life.h"

static struct loader loaders[STAGE_SCHEMES]; /* one for each scheme */
static struct stage stages[STAGE_SCHEMES];
static size_t count;

/* On failure the scope stays that of the scheme at fault. */
static int open_all(const struct loader_settings *settings, struct cause *cause)
{
    int error = stage_store_open(stages, count, settings->stage.store, cause);
    for (size_t i = 0; i < count && !error; i++) {
        struct loader *loader = &loaders[i];
        scope_now = stages[i].scope;
        stages[i].user = loader;
        loader->stage = stages[i];
        loader->settings = *settings;
        if (!settings->driver) {
            error = loader_settings_driver(&loader->settings, stages[i].scheme, cause);
        }
        error = error ? error : loader_open(loader, settings->upstream, cause);
    }
    return error;
}

static int load(const struct loader_settings *settings)
{
    struct cause cause;
    int exit_code = 0;
    int error = stage_open_all("loader", ROLE_LOADER, &settings->stage, loader_drain, stages, &count, &cause);
    if (error) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    error = open_all(settings, &cause);
    if (error) {
        exit_code = log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else {
        scope_now = NULL;
        exit_code = loop_run(stages->loop);
    }
    for (size_t i = 0; i < count; i++) {
        if (loaders[i].stage.loop) {
            loader_leave(&loaders[i]);
        }
    }
    stage_store_close(stages, count);
    for (size_t i = 0; i < count; i++) {
        loader_free(&loaders[i]);
    }
    for (size_t i = 0; i < count; i++) {
        stage_close(&stages[i]);
    }
    return exit_code < 0 ? EXIT_REFUSED : exit_code;
}

static int serve(int argc, char **argv)
{
    static struct loader_settings settings;
    struct cause cause;
    int result = loader_settings_read(argc, argv, &settings, &cause);
    if (result == CONFIG_DONE) {
        return EXIT_COMPLETE;
    }
    if (result != CONFIG_GO) {
        return check_fail(&settings, &cause, EXIT_USAGE);
    }
    if (settings.check) {
        return check_target(&settings);
    }
    if (settings.find) {
        return find_numbers(&settings);
    }
    return settings.lookup ? check_lookup(&settings) : load(&settings);
}

int main(int argc, char **argv)
{
    return print_end("loader", serve(argc, argv));
}
