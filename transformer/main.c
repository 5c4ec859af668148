/* transformer: pages of source records in, payloads out; keeps nothing, so any number of them may come and go. */
#include <stdio.h>

#include "common/base/print.h"
#include "common/log/log.h"
#include "transformer/preview.h"
#include "transformer/relay.h"

struct transformer_settings {
    struct stage_options stage;
    const char *upstream, *bind;
    const char *unset;
    bool map, check;
};

static int read_settings(int argc, char **argv, struct transformer_settings *s, struct cause *cause)
{
    const struct config_option options[] = {
        STAGE_OPTIONS(s->stage, "127.0.0.1:9702"),
        OPT_SETTING(TRANSFORMER_UPSTREAM, s->upstream),
        OPT_SETTING(TRANSFORMER_BIND, s->bind),
        OPT_SWITCH("--map", s->map, "map source records from stdin, one JSON object a line, to stdout, and end"),
        OPT_TEXT("--unset", s->unset, "with --map: the value of variables that are not set, for tests of a scheme"),
        OPT_SWITCH("--check", s->check, "check the scheme and the variables it needs, and end"),
    };
    const struct config_program program = {
        .name = "transformer",
        .synopsis = "transformer [OPTION...]",
        .about = "Turns the source records of a scheme into payloads for its target. Keeps nothing: add or stop as\n"
                 "many as you like. SIGTERM finishes what is in hand, then ends.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int result = config_read(&program, argc, argv, NULL, NULL, cause);
    if (result == CONFIG_GO && s->map && s->check) {
        return cause_set(cause, ERR_INPUT, "--map and --check: one of the two");
    }
    return result;
}

static const char *unset_value; /* --unset */

static const char *variable_or_unset(const char *name)
{
    const char *value = config_variable_plain(name);
    return value ? value : unset_value;
}

/* --check and --map: the scheme and the map, no sockets. */
static int run_once(const struct transformer_settings *s, struct cause *cause)
{
    struct scheme *scheme = NULL;
    struct map *map = NULL;
    unset_value = s->unset;
    int error = log_open("transformer", s->stage.log, cause);
    if (!error) {
        error = scheme_load(s->stage.scheme, &scheme, cause);
    }
    if (!error) {
        error = map_new(scheme, s->map ? variable_or_unset : config_variable_plain, &map, cause);
    }
    if (!error && s->map) {
        error = preview_run(map, scheme, stdin, stdout, cause);
    } else if (!error) {
        print_line(stdout, "ok    scheme: %.*s: %.*s -> %.*s, %zu source fields make %zu target fields",
                   TEXT_ARG(scheme->name), TEXT_ARG(scheme->source.api), TEXT_ARG(scheme->target.api),
                   scheme->slot_count, scheme->target.field_count);
    } else if (s->check) {
        print_line(stdout, "FAIL  scheme: %s", cause->text);
    }
    map_free(&map);
    scheme_free(&scheme);
    return error;
}

/* Each scheme that is served. */
static struct served {
    struct map *map;
    struct relay *relay;
} served[STAGE_SCHEMES];
static struct stage stages[STAGE_SCHEMES];
static size_t count;

static void drain(void *user)
{
    relay_drain(user);
}

/* On failure the scope stays that of the scheme at fault. */
static int open_all(const struct transformer_settings *s, struct cause *cause)
{
    int error = 0;
    for (size_t i = 0; i < count && !error; i++) {
        scope_now = stages[i].scope;
        error = map_new(stages[i].scheme, config_variable_plain, &served[i].map, cause);
        error = error ? error : relay_new(&stages[i], served[i].map, s->upstream, s->bind, &served[i].relay, cause);
        stages[i].user = served[i].relay;
    }
    return error;
}

static int serve(const struct transformer_settings *s, struct cause *cause)
{
    int error = stage_open_all("transformer", ROLE_TRANSFORMER, &s->stage, drain, stages, &count, cause);
    if (error) {
        return error;
    }
    error = open_all(s, cause);
    if (!error) {
        scope_now = NULL;
        error = loop_run(stages->loop);
        if (error) {
            cause_set(cause, error, "the event loop failed");
        }
    }
    for (size_t i = 0; i < count; i++) {
        relay_free(&served[i].relay);
        map_free(&served[i].map);
    }
    for (size_t i = 0; i < count; i++) {
        stage_close(&stages[i]);
    }
    return error;
}

static int run(int argc, char **argv)
{
    struct transformer_settings settings = {0};
    struct cause cause = {""};
    int error = read_settings(argc, argv, &settings, &cause);
    if (error == CONFIG_DONE) {
        return EXIT_COMPLETE;
    }
    bool once = settings.map || settings.check;
    if (!error) {
        error = once ? run_once(&settings, &cause) : serve(&settings, &cause);
        if (error && settings.check) {
            return EXIT_USAGE; /* told on stdout, as a line of the check */
        }
    }
    if (error) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    return EXIT_COMPLETE;
}

int main(int argc, char **argv)
{
    return print_end("transformer", run(argc, argv));
}
