#include "extractor/settings.h"

#include "common/scheme/place.h"

enum { OPTIONS_MAX = 100 };

/* The program's own rows, then those of every driver. What a driver needs is missed only by its check(). */
static size_t options_gather(const struct config_option *own, size_t count, struct config_option *out)
{
    memcpy(out, own, count * sizeof *out);
    for (const struct source_driver *const *driver = drivers; *driver; driver++) {
        for (size_t i = 0; i < (*driver)->setting_count && count < OPTIONS_MAX; i++) {
            out[count] = (*driver)->settings[i];
            out[count++].checked_later = true;
        }
    }
    return count;
}

int settings_driver(const struct settings *s, const struct scheme *scheme, const struct source_driver **out,
                    struct cause *cause)
{
    *out = driver_find(scheme->source.driver);
    if (!*out) {
        return cause_set(cause, ERR_INPUT, "%s: this program has no driver \"%.*s\", which the API file of %.*s names",
                         s->stage.scheme, TEXT_ARG(scheme->source.driver), TEXT_ARG(scheme->source.api));
    }
    return (*out)->check(cause);
}

static int driver_settle(struct settings *s, struct cause *cause)
{
    struct scheme *scheme = NULL;
    int error = s->stage.api ? scheme_load_api(s->stage.api, s->stage.request, &scheme, cause)
                             : scheme_load(s->stage.scheme, &scheme, cause);
    if (error) {
        return error;
    }
    if (s->size > scheme->source.page_size) {
        error = cause_set(cause, ERR_INPUT, "--size %lld: a page of %.*s holds at most %lld records",
                          (long long)s->size, TEXT_ARG(scheme->source.api), (long long)scheme->source.page_size);
    }
    error = error ? error : settings_driver(s, scheme, &s->driver, cause);
    scheme_free(&scheme);
    return error;
}

int settings_read(int argc, char **argv, struct settings *s, struct cause *cause)
{
    const struct config_option own[] = {
        OPT_SWITCH("--check", s->check, "make one call that changes nothing, say how it went, and end"),
        OPT_COUNT("--sample", s->sample, 1, 100000,
                  "print the first N source records, one JSON object a line, and end"),
        OPT_SWITCH("--read", s->read,
                   "print one page of the API of --api as a JSON object {\"total\",\"next\",\"records\"}, and end"),
        OPT_TEXT("--api", s->stage.api, "with --sample: one call of the API that this file tells of, whole records"),
        OPT_TEXT("--page", s->page, "with --read: which page: its number, or what the one before said as next"),
        OPT_COUNT("--size", s->size, 1, 100000, "with --read: records of a page; default: as many as it may hold"),
        OPT_TEXT("--request", s->stage.request, "with --read: request parameters, a JSON object"),
        OPT_SWITCH("--once", s->once, "do one run, or finish the one left unfinished, and end"),
        OPT_SWITCH("--new", s->begin_new, "abandon a run left unfinished and begin a new one"),
        OPT_SWITCH("--join", s->join, "help with a run that another began; wait for one, begin none"),
        OPT_COUNT("--run", s->run, 1, INT64_MAX, "finish this run, which stands open, and no other"),
        OPT_SWITCH("--vanished", s->vanish_all, "disable what the source has lost, however many records these are"),
        OPT_TEXT("--note-run", s->note_run, "write the id of the run that it reads into this file"),
        OPT_COUNT("--limit", s->limit, 1, 1000000000, "read at most N records in a new run"),
        OPT_TEXT("--from", s->from, "read this span of time again in a new run: \"2026-01-31 08:00\""),
        OPT_TEXT("--to", s->to, "its end; default: now"),
        STAGE_OPTIONS(s->stage, "127.0.0.1:9701"),
        OPT_SETTING(STORE, s->stage.store),
        OPT_SETTING(EXTRACTOR_BIND, s->bind),
        OPT_SETTING(SOURCE_CALLS_PER_MINUTE, s->calls_per_minute),
        ALERT_OPTIONS(s->alert),
        HTTP_NETWORK_OPTIONS(s->network),
        RECORD_OPTIONS(s->record),
    };
    struct config_option options[OPTIONS_MAX];
    const struct config_program program = {
        .name = "extractor",
        .synopsis = "extractor [--once [--limit N] [--from TIME [--to TIME]] [--new | --join | --run N] | --check | "
                    "--sample N | --read] [OPTION...]",
        .about =
            "Reads the source of a scheme page by page and gives the records to transformers. Without --once it does\n"
            "so at the scheme's intervals until SIGTERM. Any number of extractors share a run through the store.\n"
            "Exit codes of --once: 0 complete, 3 with rejects, 4 unfinished or incomplete, 1 refused, 2 set up "
            "wrongly.",
        .options = options,
        .option_count = options_gather(own, sizeof own / sizeof *own, options),
    };
    *s = (struct settings){.calls_per_minute = -1};
    int result = config_read(&program, argc, argv, NULL, NULL, cause);
    if (result != CONFIG_GO) {
        return result;
    }
    if ((int)s->once + (int)s->check + (int)s->read + (s->sample > 0) > 1) {
        return cause_set(cause, ERR_INPUT, "--once, --check, --sample and --read: one of them");
    }
    if (s->stage.api && s->sample == 0 && !s->read) {
        return cause_set(cause, ERR_INPUT, "--api goes with --sample or --read");
    }
    if (s->read && !s->stage.api) {
        return cause_set(cause, ERR_INPUT, "--read goes with --api");
    }
    if (!s->read && (s->page || s->size > 0 || s->stage.request)) {
        return cause_set(cause, ERR_INPUT, "%s goes with --read",
                         s->page       ? "--page"
                         : s->size > 0 ? "--size"
                                       : "--request");
    }
    if (!s->once && !s->read && (s->from || s->to)) {
        return cause_set(cause, ERR_INPUT, "%s goes with --once", s->from ? "--from" : "--to");
    }
    if (!s->once && (s->limit > 0 || s->begin_new || s->join || s->run > 0)) {
        return cause_set(cause, ERR_INPUT, "%s goes with --once",
                         s->limit > 0   ? "--limit"
                         : s->begin_new ? "--new"
                         : s->join      ? "--join"
                                        : "--run");
    }
    if (!s->once && s->vanish_all) {
        return cause_set(cause, ERR_INPUT, "--vanished goes with --once");
    }
    if ((int)s->begin_new + (int)s->join + (s->run > 0) > 1) {
        return cause_set(cause, ERR_INPUT, "--new, --join and --run: one of them");
    }
    s->alert.network = s->network;
    bool serves = !s->once && !s->check && !s->read && s->sample == 0;
    return serves && scheme_is_folder(s->stage.scheme) ? 0 : driver_settle(s, cause);
}

int settings_http(const struct settings *s, const struct stage *stage, struct http **out, struct cause *cause)
{
    const struct http_options options = {
        .network = s->network,
        .record = s->record,
        .connections = (int)stage->scheme->source.concurrency + 1,
        .body_limit = SOURCE_BODY_MAX,
        .metrics = stage->metrics,
    };
    return http_new(stage->loop, &options, out, cause);
}
