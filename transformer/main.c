/* transformer: pages of source records in, payloads out; keeps nothing, so any number of them may come and go. */
#include <stdio.h>

#include "common/log.h"
#include "transformer/preview.h"
#include "transformer/relay.h"

struct settings {
    struct stage_options stage;
    const char *upstream, *bind;
    bool map, check;
};

static int read_settings(int argc, char **argv, struct settings *s, struct cause *cause)
{
    const struct config_option options[] = {
        STAGE_OPTION_SCHEME(s->stage),
        STAGE_OPTION_LOG(s->stage),
        STAGE_OPTION_METRICS(s->stage, "127.0.0.1:9702"),
        STAGE_OPTION_SECURITY(s->stage),
        {"--upstream", "TRANSFORMER_UPSTREAM", CONFIG_TEXT, "tcp://127.0.0.1:5701", true,
         "addresses of the extractors, a comma list; a DNS name means all its addresses", &s->upstream, 0, 0},
        {"--bind", "TRANSFORMER_BIND", CONFIG_TEXT, "tcp://127.0.0.1:5702", true, "where loaders connect", &s->bind, 0,
         0},
        {"--map", NULL, CONFIG_SWITCH, NULL, false,
         "map source records from stdin, one JSON object a line, to stdout, and end", &s->map, 0, 0},
        {"--check", NULL, CONFIG_SWITCH, NULL, false, "check the scheme and the variables it needs, and end", &s->check,
         0, 0},
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

/* --check and --map: the scheme and the map, no sockets. */
static int run_once(const struct settings *s, struct cause *cause)
{
    struct scheme *scheme = NULL;
    struct map *map = NULL;
    int error = log_open("transformer", s->stage.log, cause);
    if (!error) {
        error = scheme_load(s->stage.scheme, &scheme, cause);
    }
    if (!error) {
        error = map_new(scheme, config_variable, &map, cause);
    }
    if (!error && s->map) {
        error = preview_run(map, scheme, stdin, stdout, cause);
    } else if (!error) {
        printf("ok    scheme: %.*s: %.*s -> %.*s, %zu source fields make %zu target fields\n", TEXT_ARG(scheme->name),
               TEXT_ARG(scheme->source.api), TEXT_ARG(scheme->target.api), scheme->slot_count,
               scheme->target.field_count);
    } else if (s->check) {
        printf("FAIL  scheme: %s\n", cause->text);
    }
    map_free(&map);
    scheme_free(&scheme);
    return error;
}

static void drain(void *user)
{
    relay_drain(*(struct relay **)user);
}

static int serve(const struct settings *s, struct cause *cause)
{
    struct stage stage;
    struct map *map = NULL;
    struct relay *relay = NULL;
    int error = stage_open("transformer", ROLE_TRANSFORMER, &s->stage, drain, &relay, &stage, cause);
    if (error) {
        return error;
    }
    error = map_new(stage.scheme, config_variable, &map, cause);
    if (!error) {
        error = relay_new(&stage, map, s->upstream, s->bind, &relay, cause);
    }
    if (!error) {
        error = loop_run(stage.loop);
        if (error) {
            cause_set(cause, error, "the event loop failed");
        }
    }
    relay_free(&relay);
    map_free(&map);
    stage_close(&stage);
    return error;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
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
