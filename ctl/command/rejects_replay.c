/* `dianchen rejects replay`: refused records are fetched anew, mapped and written; nothing else is. */
#include <stdio.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/log/log.h"
#include "common/run/replay.h"
#include "common/scheme/scheme.h"
#include "ctl/command/table.h"
#include "ctl/run/local.h"

enum { KEYS_MOST = 1000 /* on one command line */ };

static struct {
    struct local_run run;
    bool all;
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

/* 0 with *run, or *run = 0 where nothing is refused; else the cause. */
static int begin(struct local_run *run, const struct replay_choice *choice, struct cause *cause)
{
    struct scheme *scheme = NULL;
    struct store *store = NULL;
    struct replay replay = {0};
    int error = scheme_load(run->scheme, &scheme, cause);
    if (!error && scheme->source.key_param.size == 0) {
        error = cause_set(cause, ERR_INPUT,
                          "rejects replay: %.*s has no request parameter that asks for a single %.*s, so refused "
                          "records can't be fetched alone; mend them at the source or in the scheme, and the next run "
                          "sends them",
                          TEXT_ARG(scheme->source.api), TEXT_ARG(scheme->slots[scheme->source.id_slot]));
    }
    error = error ? error : store_open(run->store, &store, cause);
    if (error || (error = store_begin(store, true)) != 0) {
        goto out;
    }
    const struct run_plan plan = {.scheme = scheme->name,
                                  .scheme_hash = text_of(scheme->hash),
                                  .source = unfinished_source(scheme),
                                  .first_page = scheme->source.first_page};
    error = store_end(store, replay_begin(store, &plan, choice, &replay));
    run->id = error ? 0 : replay.run.id;
    if (error == ERR_BUSY && replay.run.id != 0) {
        cause_set(cause, error, "run %lld is unfinished: replay when it is over; dianchen run finishes it",
                  (long long)replay.run.id);
    } else if (error == ERR_NOT_FOUND) {
        error = replay.keyless > 0 || replay.absent.size > 0 ? tell_absent(&replay, cause) : 0;
    } else if (error) {
        cause_set(cause, error, "%s: %s", run->store, store_why(store));
    } else if (replay.run.resumed) {
        print_line(stderr, "dianchen: run %lld, a replay of %lld records, stands unfinished: it is finished first",
                   (long long)replay.run.id, (long long)replay.keys);
    } else if (replay.keyless > 0) {
        print_line(stderr, "dianchen: %lld rejects have no key that the source could be asked for: they stay",
                   (long long)replay.keyless);
    }
out:
    store_close(&store);
    scheme_free(&scheme);
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
    int error = begin(&order.run, &choice, &cause);
    if (error != 0) {
        return log_fatal(&cause, error == ERR_BUSY ? EXIT_UNFINISHED : error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    if (order.run.id == 0) {
        print_line(stdout, "%s", order.run.json ? "{\"rejects\":0}" : _("nothing is refused"));
        return EXIT_COMPLETE;
    }
    return local_run(&order.run);
}
