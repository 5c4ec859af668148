/* `dianchen rejects replay` and `dianchen fetch`: single records are fetched anew, mapped and written; nothing else is. */
#include <stdio.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/log/log.h"
#include "common/run/inbox.h"
#include "common/run/replay.h"
#include "common/scheme/scheme.h"
#include "ctl/command/table.h"
#include "ctl/run/local.h"

enum { KEYS_MOST = 1000 /* on one command line */ };

static struct {
    struct local_run run;
    bool all, later;
    const char *code, *class;
} order = {.run = LOCAL_RUN_NEW};
static const struct config_option options[] = {
    LOCAL_RUN_OPTIONS(order.run),
    OPT_SWITCH("--all", order.all, "all that are refused"),
    OPT_TEXT("--code", order.code, "those that the target refused with this code"),
    OPT_TEXT("--class", order.class, "those of this class: mapping, target, poison…"),
};
static const char *const operands[] = {"[KEY...]", NULL};
const struct config_program rejects_replay_program = COMMAND_PROGRAM(
    "rejects replay [KEY...] [--code CODE] [--class CLASS] [--all]",
    "Fetches refused records anew from the source, maps them and writes them; nothing else is written. A record\n"
    "that is refused again stays a reject; one that the source returns no more ends its reject. Report and exit\n"
    "code are those of a run.",
    options, .operands = operands, .operand_most = KEYS_MOST);

static const struct config_option fetch_options[] = {
    LOCAL_RUN_OPTIONS(order.run),
    OPT_SWITCH("--later", order.later, "only note the keys: a service of the scheme fetches the records"),
};
const struct config_program fetch_program = COMMAND_PROGRAM(
    "fetch [KEY...] [--later]",
    "Fetches these records anew from the source, whatever is known of them, maps them and writes what has changed;\n"
    "nothing else is written. Without a key: what waits, because --later or the API of the console has taken it in\n"
    "and no service has written it yet. Report and exit code are those of a run.",
    fetch_options, .operands = operands, .operand_most = KEYS_MOST);

/* ---- what both begin with ---- */

struct keyed { /* zero-initialise; keyed_close */
    struct scheme *scheme;
    bool alone; /* its source can be asked for single records */
    struct store *store;
    struct run_plan plan;
    int64_t begun; /* the run that was begun, if the store knows of it: the reply to the COMMIT may have been lost */
};

static int keyed_load(struct keyed *keyed, struct cause *cause)
{
    int error = scheme_load(order.run.scheme, &keyed->scheme, cause);
    keyed->alone = !error && keyed->scheme->source.key_param.size > 0;
    return error;
}

static int keyed_open(struct keyed *keyed, struct cause *cause)
{
    const struct scheme *scheme = keyed->scheme;
    keyed->plan = (struct run_plan){.scheme = scheme->name,
                                    .scheme_hash = text_of(scheme->hash),
                                    .source = unfinished_source(scheme),
                                    .first_page = scheme->source.first_page};
    return store_open(order.run.store, &keyed->store, cause);
}

static void keyed_close(struct keyed *keyed)
{
    store_close(&keyed->store);
    scheme_free(&keyed->scheme);
}

static int fault_exit(int error, const struct cause *cause)
{
    return log_fatal(cause, error == ERR_BUSY ? EXIT_UNFINISHED : error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
}

/* ---- rejects replay ---- */

static int tell_absent(const struct replay *replay, struct cause *cause)
{
    if (replay->keyless > 0) {
        return cause_set(cause, ERR_INPUT,
                         "rejects replay: these records have no key that the source could be asked for (%lld); mend "
                         "them there, and the next run meets them",
                         (long long)replay->keyless);
    }
    return cause_set(cause, ERR_INPUT,
                     "rejects replay: nothing is refused of %.*s; dianchen rejects list shows what is",
                     TEXT_ARG(replay->absent));
}

struct replaying {
    struct keyed keyed;
    const struct replay_choice *choice;
    struct replay replay;
};

static int replay_work(struct store *store, void *user)
{
    struct replaying *replaying = user;
    struct replay *replay = &replaying->replay;
    int error = replay_begin(store, &replaying->keyed.plan, replaying->choice, replay);
    if (!error && replay->run.id == replaying->keyed.begun) {
        replay->run.resumed = false;
    }
    replaying->keyed.begun = error ? 0 : replay->run.id;
    return error;
}

/* 0 with the run's id, or 0 where nothing is refused; else the cause. */
static int replay_open(const struct replay_choice *choice, struct cause *cause)
{
    struct replaying replaying = {.choice = choice};
    struct keyed *keyed = &replaying.keyed;
    const struct replay *replay = &replaying.replay;
    int error = keyed_load(keyed, cause);
    if (!error && !keyed->alone) {
        error = cause_set(cause, ERR_INPUT,
                          "rejects replay: %.*s has no request parameter that asks for a single %.*s, so refused "
                          "records can't be fetched alone; mend them at the source or in the scheme, and the next run "
                          "sends them",
                          TEXT_ARG(keyed->scheme->source.api),
                          TEXT_ARG(keyed->scheme->slots[keyed->scheme->source.id_slot]));
    }
    error = error ? error : keyed_open(keyed, cause);
    if (error) {
        goto out;
    }
    error = store_insist(keyed->store, replay_work, &replaying);
    order.run.id = error ? 0 : replay->run.id;
    if (error == ERR_BUSY && replay->run.id != 0) {
        cause_set(cause, error, "run %lld is unfinished: replay when it is over; dianchen run finishes it",
                  (long long)replay->run.id);
    } else if (error == ERR_NOT_FOUND) {
        error = replay->keyless > 0 || replay->absent.size > 0 ? tell_absent(replay, cause) : 0;
    } else if (error) {
        cause_set(cause, error, "%s: %s", order.run.store, store_why(keyed->store));
    } else if (replay->run.resumed) {
        print_line(stderr, "dianchen: run %lld, a replay of %lld records, stands unfinished: it is finished first",
                   (long long)replay->run.id, (long long)replay->keys);
    } else if (replay->keyless > 0) {
        print_line(stderr, "dianchen: %lld rejects have no key that the source could be asked for: they stay",
                   (long long)replay->keyless);
    }
out:
    keyed_close(keyed);
    return error;
}

int rejects_replay_serve(char **words, size_t count)
{
    if (!order.all && count == 0 && order.code == NULL && order.class == NULL) {
        print_line(stderr, "dianchen: rejects replay: which? usage: %s", rejects_replay_program.synopsis);
        return EXIT_USAGE;
    }
    struct text keys[KEYS_MOST];
    for (size_t i = 0; i < count; i++) {
        keys[i] = text_of(words[i]);
    }
    const struct replay_choice choice = {.keys = keys,
                                         .key_count = count,
                                         .code = text_of(order.code ? order.code : ""),
                                         .class = text_of(order.class ? order.class : "")};
    struct cause cause;
    int error = replay_open(&choice, &cause);
    if (error) {
        return fault_exit(error, &cause);
    }
    if (order.run.id == 0) {
        print_line(stdout, "%s", order.run.json ? "{\"rejects\":0}" : _("nothing is refused"));
        return EXIT_COMPLETE;
    }
    return local_run(&order.run);
}

/* ---- fetch ---- */

static int cannot_ask(const struct keyed *keyed, struct cause *cause)
{
    return cause_set(cause, ERR_INPUT,
                     "fetch: %.*s has no request parameter that asks for a single %.*s; dianchen run reads all "
                     "records",
                     TEXT_ARG(keyed->scheme->source.api),
                     TEXT_ARG(keyed->scheme->slots[keyed->scheme->source.id_slot]));
}

static int keys_put(struct keyed *keyed, char **words, size_t count, struct cause *cause)
{
    struct inbox_item items[KEYS_MOST] = {0};
    size_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        items[i].key = text_of(words[i]);
    }
    int error = inbox_put(keyed->store, keyed->plan.scheme, INBOX_KEY, items, count, &bad);
    if (error == ERR_INPUT) {
        (void)cause_set(cause, error, "fetch: %s: a key is a text of 1 to %d bytes", words[bad], (int)KEY_MAX);
    } else if (error == ERR_LIMIT) {
        (void)cause_set(cause, error, "fetch: %d records wait already", (int)INBOX_WAITING);
    } else if (error) {
        (void)cause_set(cause, error, "%s: %s", order.run.store, store_why(keyed->store));
    }
    return error;
}

struct fetching {
    struct keyed *keyed;
    char **words;
    size_t count;
    int64_t waiting; /* out */
    struct run run;
    struct cause *cause; /* of what the words say */
};

/* Begins the run, unless a service is to do that. */
static int fetch_work(struct store *store, void *user)
{
    struct fetching *fetching = user;
    struct keyed *keyed = fetching->keyed;
    struct run_progress now;
    int error = keyed->begun != 0 ? run_progress(store, keyed->begun, &now) : ERR_NOT_FOUND;
    if (error != ERR_NOT_FOUND) {
        return error;
    }
    keyed->begun = 0;
    error = keys_put(keyed, fetching->words, fetching->count, fetching->cause);
    error = error ? error : inbox_count(store, keyed->plan.scheme, &fetching->waiting);
    if (!error && !order.later) {
        error = inbox_begin(store, &keyed->plan, keyed->alone, &fetching->run);
        keyed->begun = error ? 0 : fetching->run.id;
    }
    return error;
}

static int fetch_begin(struct keyed *keyed, char **words, size_t count, int64_t *waiting, struct cause *cause)
{
    struct fetching fetching = {.keyed = keyed, .words = words, .count = count, .cause = cause};
    int error = store_insist(keyed->store, fetch_work, &fetching);
    *waiting = fetching.waiting;
    if (error == ERR_BUSY && fetching.run.id != 0 && keyed->begun == 0) {
        return cause_set(cause, error, "run %lld is unfinished: fetch when it is over; dianchen run finishes it",
                         (long long)fetching.run.id);
    }
    if (error == ERR_NOT_FOUND && *waiting > 0) {
        return keyed->alone
                   ? cause_set(cause, ERR_INPUT, "fetch: %.*s has had no run yet; dianchen run makes the first",
                               TEXT_ARG(keyed->plan.scheme))
                   : cannot_ask(keyed, cause);
    }
    if (error && error != ERR_NOT_FOUND) {
        return cause->text[0] ? error : cause_set(cause, error, "%s: %s", order.run.store, store_why(keyed->store));
    }
    order.run.id = keyed->begun;
    return 0;
}

int fetch_serve(char **words, size_t count)
{
    struct keyed keyed = {0};
    struct cause cause = {""};
    int64_t waiting = 0;
    int error = keyed_load(&keyed, &cause);
    if (!error && !keyed.alone && count > 0) {
        error = cannot_ask(&keyed, &cause);
    }
    error = error ? error : keyed_open(&keyed, &cause);
    error = error ? error : fetch_begin(&keyed, words, count, &waiting, &cause);
    keyed_close(&keyed);
    if (error) {
        return fault_exit(error, &cause);
    }
    if (order.run.id == 0) {
        char json[60];
        (void)snprintf(json, sizeof json, "{\"waiting\":%lld}", (long long)waiting);
        if (order.run.json) {
            print_line(stdout, "%s", json);
        } else {
            print_line(stdout, "%lld records wait to be fetched", (long long)waiting);
        }
        return EXIT_COMPLETE;
    }
    return local_run(&order.run);
}
