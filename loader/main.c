/* The loader takes mapped records from the transformers and writes each into the target exactly once.
 *
 *   options ─▶ stage (scheme, store, loop, metrics) ─▶ link: no window yet
 *           ─▶ login ─▶ the target's book, once ─▶ window opens
 *           ─▶ pages: load.c, post.c, quest.c, ending.c ─▶ SIGTERM: drain ─▶ end */
#include "common/log.h"
#include "loader/load.h"
#include "loader/target.h"

static struct loader loader;

static int load(void)
{
    struct cause cause;
    int error = loader_open(&loader, &cause);
    if (error) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    error = link_in_new(loader.stage.zmq, loader.stage.loop, loader.options.upstream, &loader.stage.identity,
                        &load_events, &loader, &loader.link, &cause);
    int exit_code;
    if (error) {
        exit_code = log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else {
        xingchen_login(loader.target);
        exit_code = loop_run(loader.stage.loop);
    }
    loader_close(&loader);
    return exit_code < 0 ? EXIT_REFUSED : exit_code;
}

int main(int argc, char **argv)
{
    struct cause cause;
    int result = options_read(argc, argv, &loader.options, &cause);
    if (result == CONFIG_DONE) {
        return EXIT_COMPLETE;
    }
    if (result != CONFIG_GO) {
        return target_fail(&loader.options, &cause, EXIT_USAGE);
    }
    if (loader.options.check) {
        return target_check(&loader.options);
    }
    return loader.options.lookup ? target_lookup(&loader.options) : load();
}
