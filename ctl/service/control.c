/* `dianchen stop` and `dianchen start`: what services do with a scheme, wherever they run. */
#include <stdio.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/log/log.h"
#include "common/run/hold.h"
#include "common/scheme/scheme.h"
#include "ctl/command/table.h"

static struct {
    const char *scheme, *store;
} order;
static const struct config_option options[] = {OPT_SETTING(SCHEME, order.scheme), OPT_SETTING(STORE, order.store)};
const struct config_program stop_program = COMMAND_PROGRAM(
    "stop [--scheme FILE]",
    "Services on all hosts stop a scheme's run: what is on the wire is finished, and none begins or goes on\n"
    "until dianchen start. The stages stay up.",
    options);
const struct config_program start_program = COMMAND_PROGRAM(
    "start [--scheme FILE]",
    "Services go on with a scheme that was stopped; its next run begins at once, whatever its schedule says.", options);

struct wish {
    struct text scheme;
    bool hold;
};

static int change(struct store *store, void *user)
{
    const struct wish *wish = user;
    if (wish->hold) {
        return hold_put(store, wish->scheme, TEXT("the command line"));
    }
    int error = hold_release(store, wish->scheme);
    return error ? error : hold_run_now(store, wish->scheme);
}

static int control(bool hold)
{
    struct cause cause;
    struct scheme *scheme = NULL;
    struct store *store = NULL;
    int error = scheme_load(order.scheme, &scheme, &cause);
    error = error ? error : store_open(order.store, &store, &cause);
    if (!error) {
        struct wish wish = {scheme->name, hold};
        error = store_insist(store, change, &wish);
        if (error) {
            (void)cause_set(&cause, error, "store %s", store_why(store));
        }
    }
    if (!error) {
        print_line(stdout,
                   hold ? "%.*s: services stop within seconds, and begin nothing; dianchen start goes on"
                        : N_("%.*s: services begin or go on at once"),
                   TEXT_ARG(scheme->name));
    }
    store_close(&store);
    scheme_free(&scheme);
    return error ? log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED) : EXIT_COMPLETE;
}

int stop_serve(char **words, size_t count)
{
    (void)words, (void)count;
    return control(true);
}

int start_serve(char **words, size_t count)
{
    (void)words, (void)count;
    return control(false);
}
