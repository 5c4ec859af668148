/* `dianchen rejects replay`: refused records are fetched anew, mapped and written; nothing else is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/replay.h"
#include "ctl/command.h"
#include "ctl/job.h"

enum { KEYS_MOST = 1000 /* on one command line */ };

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
static int begin(struct job *job, const struct replay_choice *choice, struct cause *cause)
{
    struct scheme *scheme = NULL;
    struct store *store = NULL;
    struct replay replay = {0};
    int error = scheme_load(job->options.scheme, &scheme, cause);
    if (!error && scheme->source.key_param.size == 0) {
        error = cause_set(cause, ERR_INPUT,
                          "rejects replay: %.*s has no request parameter that asks for a single %.*s, so refused "
                          "records can't be fetched alone; mend them at the source or in the scheme, and the next run "
                          "sends them",
                          TEXT_ARG(scheme->source.api), TEXT_ARG(scheme->slots[scheme->source.id_slot]));
    }
    error = error ? error : store_open(job->options.store, &store, cause);
    if (error || (error = store_begin(store, true)) != 0) {
        goto out;
    }
    const struct run_plan plan = {
        .scheme = scheme->name, .scheme_hash = text_of(scheme->hash), .first_page = scheme->source.first_page};
    error = store_end(store, replay_begin(store, &plan, choice, &replay));
    job->run = error ? 0 : replay.run.id;
    if (error == ERR_BUSY && replay.run.id != 0) {
        cause_set(cause, error, "run %lld is unfinished: replay when it is over; dianchen run finishes it",
                  (long long)replay.run.id);
    } else if (error == ERR_NOT_FOUND) {
        error = replay.keyless > 0 || replay.absent.size > 0 ? tell_absent(&replay, cause) : 0;
    } else if (error) {
        cause_set(cause, error, "%s: %s", job->options.store, store_why(store));
    } else if (replay.run.resumed) {
        fprintf(stderr, "dianchen: run %lld, a replay of %lld records, stands unfinished: it is finished first\n",
                (long long)replay.run.id, (long long)replay.keys);
    } else if (replay.keyless > 0) {
        fprintf(stderr, "dianchen: %lld rejects have no key that the source could be asked for: they stay\n",
                (long long)replay.keyless);
    }
out:
    store_close(&store);
    scheme_free(&scheme);
    return error;
}

int command_replay(int argc, char **argv)
{
    struct job job = JOB_NEW;
    bool all = false;
    const char *code = NULL, *class = NULL;
    const struct config_option options[] = {
        STAGE_OPTION_SCHEME(job.options),
        STAGE_OPTION_STORE(job.options),
        {"--all", NULL, CONFIG_SWITCH, NULL, false, "all that are refused", &all, 0, 0},
        {"--code", NULL, CONFIG_TEXT, NULL, false, "those that the target refused with this code", &code, 0, 0},
        {"--class", NULL, CONFIG_TEXT, NULL, false, "those of this class: mapping, target, poison…", &class, 0, 0},
        {"--log", "DIANCHEN_LOG", CONFIG_TEXT, "warn", true, "what the stages tell: debug, info, warn or error",
         &job.options.log, 0, 0},
        {"--metrics", NULL, CONFIG_TEXT, "off", true,
         "off, or 127.0.0.1:0 for a free port per stage (told at --log info)", &job.options.metrics, 0, 0},
        {"--json", NULL, CONFIG_SWITCH, NULL, false, "the report as one JSON object", &job.json, 0, 0},
    };
    static const char *const names[] = {"[KEY...]", NULL};
    const struct config_program program = {
        "dianchen",
        "dianchen rejects replay [KEY...] [--code CODE] [--class CLASS] [--all]",
        "Fetches refused records anew from the source, maps them and writes them; nothing else is written. A record\n"
        "that is refused again stays a reject; one that the source returns no more ends its reject. Report and exit\n"
        "code are those of a run.",
        options,
        sizeof options / sizeof *options,
        names};
    char **operands = NULL;
    size_t count = 0;
    int exit_code = 0;
    if (command_read(&program, argc, argv, KEYS_MOST, &operands, &count, &exit_code) != 0) {
        return exit_code;
    }
    if (!all && count == 0 && code == NULL && class == NULL) {
        fprintf(stderr, "dianchen: rejects replay: which? usage: %s\n", program.synopsis);
        return EXIT_USAGE;
    }
    struct text keys[KEYS_MOST];
    for (size_t i = 0; i < count; i++) {
        keys[i] = text_of(operands[i]);
    }
    const struct replay_choice choice = {
        .keys = keys, .key_count = count, .code = text_of(code ? code : ""), .class = text_of(class ? class : "")};
    struct cause cause;
    int error = begin(&job, &choice, &cause);
    if (error != 0) {
        return log_fatal(&cause, error == ERR_BUSY ? EXIT_UNFINISHED : error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    if (job.run == 0) {
        puts(job.json ? "{\"rejects\":0}" : "nothing is refused");
        return EXIT_COMPLETE;
    }
    return job_run(&job);
}
