/* The loader takes mapped records from the transformers and writes each into the target exactly once.
 *
 *   settings ─▶ stage (scheme, store, loop, metrics) ─▶ link: no window yet
 *           ─▶ login ─▶ what stands in the target, once (ask/existing.c) ─▶ window opens
 *           ─▶ pages: begin.c, rows.c, save.c, ask/lookup.c, outcomes.c ─▶ SIGTERM: drain ─▶ end */
#include "common/base/print.h"
#include "common/log/log.h"
#include "loader/begin.h"
#include "loader/check.h"
#include "loader/find.h"
#include "loader/life.h"

static struct loader loader;

static int load(void)
{
    struct cause cause;
    int error = loader_open(&loader, &cause);
    if (error) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    error = link_in_new(loader.stage.zmq, loader.stage.loop, loader.settings.upstream, &loader.stage.identity,
                        &batch_events, &loader, &loader.link, &cause);
    int exit_code;
    if (error) {
        exit_code = log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else {
        client_login(loader.client);
        exit_code = loop_run(loader.stage.loop);
    }
    loader_close(&loader);
    return exit_code < 0 ? EXIT_REFUSED : exit_code;
}

static int serve(int argc, char **argv)
{
    struct cause cause;
    int result = loader_settings_read(argc, argv, &loader.settings, &cause);
    if (result == CONFIG_DONE) {
        return EXIT_COMPLETE;
    }
    if (result != CONFIG_GO) {
        return check_fail(&loader.settings, &cause, EXIT_USAGE);
    }
    if (loader.settings.check) {
        return check_target(&loader.settings);
    }
    if (loader.settings.find) {
        return find_numbers(&loader.settings);
    }
    return loader.settings.lookup ? check_lookup(&loader.settings) : load();
}

int main(int argc, char **argv)
{
    return print_end("loader", serve(argc, argv));
}
