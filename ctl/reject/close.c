/* `dianchen rejects close`: a person needs nothing done about these refused records; they are no longer listed. */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/ledger/reject.h"
#include "common/log/log.h"
#include "common/scheme/scheme.h"
#include "ctl/command/table.h"

enum { KEYS_MOST = 1000 /* on one command line */ };

static struct {
    const char *scheme, *store, *code, *class;
    bool all, json;
} order;
static const struct config_option options[] = {
    OPT_SETTING(SCHEME, order.scheme),
    OPT_SETTING(STORE, order.store),
    OPT_SWITCH("--all", order.all, "all of the scheme"),
    OPT_TEXT("--code", order.code, "those that the target refused with this code"),
    OPT_TEXT("--class", order.class, "those of this class: mapping, target, poison…"),
    OPT_SWITCH("--json", order.json, "one JSON object on one line"),
};
static const char *const operands[] = {"[KEY...]", NULL};
const struct config_program rejects_close_program = COMMAND_PROGRAM(
    "rejects close [KEY...] [--code CODE] [--class CLASS] [--all]",
    "Takes refused records out of the list: nothing is to be done about them. They are not written. One that changes,\n"
    "and is refused again, is listed again; dianchen rejects list --closed shows them, and a replay by key sends them.",
    options, .operands = operands, .operand_most = KEYS_MOST);

struct closing {
    struct reject_closing which;
    char **words;
    size_t count;
    int64_t closed;
    const char *absent; /* a key of which nothing open is refused */
};

/* Done again where the reply to its COMMIT got lost. */
static int close_work(struct store *store, void *user)
{
    struct closing *closing = user;
    int64_t closed = 0;
    closing->closed = 0;
    closing->absent = NULL;
    int error = closing->count == 0 ? reject_close(store, &closing->which, &closing->closed) : 0;
    for (size_t i = 0; !error && i < closing->count; i++) {
        closing->which.key = text_of(closing->words[i]);
        error = text_is_storable(closing->which.key) ? reject_close(store, &closing->which, &closed) : 0;
        closing->closed += closed;
        closing->absent = closed == 0 && !closing->absent ? closing->words[i] : closing->absent;
        closed = 0;
    }
    return error;
}

static int close_all(struct closing *closing, struct cause *cause)
{
    struct scheme *scheme = NULL;
    struct store *store = NULL;
    int error = scheme_load(order.scheme, &scheme, cause);
    error = error ? error : store_open(order.store, &store, cause);
    if (!error) {
        closing->which.scheme = scheme->name;
        error = store_insist(store, close_work, closing);
        if (error) {
            (void)cause_set(cause, error, "%s: %s", order.store, store_why(store));
        }
    }
    store_close(&store);
    scheme_free(&scheme);
    return error;
}

int rejects_close_serve(char **words, size_t count)
{
    struct cause cause = {""};
    struct closing closing = {
        .which = {.class = text_of(order.class ? order.class : ""), .code = text_of(order.code ? order.code : "")},
        .words = words,
        .count = count};
    closing.which.at = clock_wall();
    if (!order.all && count == 0 && !order.code && !order.class) {
        print_line(stderr, "dianchen: rejects close: which? usage: %s", rejects_close_program.synopsis);
        return EXIT_USAGE;
    }
    int error = close_all(&closing, &cause);
    if (error) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    if (order.json) {
        char json[60];
        (void)snprintf(json, sizeof json, "{\"closed\":%lld}", (long long)closing.closed);
        print_line(stdout, "%s", json);
    } else {
        print_line(stdout, "%lld refused records are closed", (long long)closing.closed);
    }
    if (closing.absent) {
        (void)cause_set(&cause, ERR_INPUT, "rejects close: nothing open is refused of %s; dianchen rejects list",
                        closing.absent);
        return log_fatal(&cause, EXIT_USAGE);
    }
    return EXIT_COMPLETE;
}
