/* `dianchen rejects settle`: a person says whether a record reached the target, where the target does not tell. */
#include <stdio.h>

#include "common/base/print.h"
#include "common/ledger/settle.h"
#include "common/log/log.h"
#include "common/scheme/scheme.h"
#include "ctl/command/table.h"

static struct {
    const char *scheme, *store, *found;
    bool absent;
} order;
static const struct config_option options[] = {
    OPT_SETTING(SCHEME, order.scheme),
    OPT_SETTING(STORE, order.store),
    OPT_TEXT("--found", order.found, "it stands in the target under this id: nothing is sent"),
    OPT_SWITCH("--absent", order.absent, "it does not stand in the target: the next run creates it"),
};
static const char *const operands[] = {"KEY", NULL};
const struct config_program rejects_settle_program =
    COMMAND_PROGRAM("rejects settle KEY --found ID|--absent [--scheme FILE]",
                    "For a reject of class unclear: a reply was lost, and the target does not say whether it has the "
                    "record. Look there\n"
                    "first: --absent for one that it has makes a second one.",
                    options, .operands = operands, .operand_most = 1);

static int refuse(int error, const struct ledger_word *word, struct cause *cause)
{
    switch (error) {
    case 0:
        return 0;
    case ERR_INPUT:
        return cause_set(cause, error, "--found %s: no id: at most %d printable characters without blanks", order.found,
                         (int)SETTLE_ID_MAX);
    case ERR_NOT_FOUND:
        return cause_set(cause, error,
                         "%.*s: it is no reject of class unclear that waits for a word; dianchen explain %.*s",
                         TEXT_ARG(word->key), TEXT_ARG(word->key));
    case ERR_LIMIT:
        return cause_set(cause, error, "%.*s: several accounts of this scheme have it", TEXT_ARG(word->key));
    case ERR_BUSY:
        return word->wait > 0
                   ? cause_set(cause, error, "%.*s: a call of it may still be under way for %lld s: try again then",
                               TEXT_ARG(word->key), (long long)(word->wait + 999) / 1000)
                   : cause_set(cause, error, "%.*s: a loader is at it just now: try again", TEXT_ARG(word->key));
    default:
        return error;
    }
}

struct saying {
    struct ledger_word word;
    bool said;
};

/* What was said before, and is not found any more, stands: only its reply got lost. */
static int say(struct store *store, void *user)
{
    struct saying *saying = user;
    int error = ledger_settle(store, &saying->word);
    if (error == ERR_NOT_FOUND && saying->said) {
        return 0;
    }
    saying->said = saying->said || error == 0;
    return error;
}

static int settle(struct text key, struct cause *cause)
{
    struct scheme *scheme = NULL;
    struct store *store = NULL;
    int error = scheme_load(order.scheme, &scheme, cause);
    error = error ? error : store_open(order.store, &store, cause);
    if (!error) {
        struct saying saying = {
            .word = {.scheme = scheme->name, .key = key, .found = text_of(order.found ? order.found : "")}};
        error = store_insist(store, say, &saying);
        if (store_why(store)[0] == '\0') {
            error = refuse(error, &saying.word, cause);
        }
        if (error && cause->text[0] == '\0') {
            (void)cause_set(cause, error, "%s: %s", order.store, store_why(store));
        }
    }
    store_close(&store);
    scheme_free(&scheme);
    return error;
}

int rejects_settle_serve(char **words, size_t count)
{
    struct cause cause = {""};
    if (count == 0 || order.absent == (order.found != NULL) || (order.found && order.found[0] == '\0')) {
        (void)cause_set(&cause, ERR_INPUT, "rejects settle: a key, and --found ID or --absent; usage: %s",
                        rejects_settle_program.synopsis);
        return log_fatal(&cause, EXIT_USAGE);
    }
    int error = settle(text_of(words[0]), &cause);
    if (error) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    if (order.absent) {
        print_line(stdout, "%s: the next run creates it, or dianchen rejects replay %s", words[0], words[0]);
    } else {
        print_line(stdout, "%s: it stands in the target as %s", words[0], order.found);
    }
    return EXIT_COMPLETE;
}
