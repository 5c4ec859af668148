#include "extractor/probe.h"

#include <stdio.h>

#include "common/base/container.h"
#include "common/base/print.h"
#include "common/base/secret.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "extractor/record.h"
#include "extractor/source.h"

enum { SAMPLE_PATIENCE = 10000 /* ms of unbroken failure */, LINE_BYTES = 4 << 20 };

struct probe {
    const struct settings *settings;
    struct stage stage;
    struct source *source;
    struct source_call call;
    struct buffer line;
    struct arena arena;
    int64_t printed;
    struct cause *cause;
};

static void stopped(void *user)
{
    struct probe *probe = user;
    (void)cause_set(probe->cause, ERR_TIMEOUT, "stopped by a signal");
    loop_stop(probe->stage.loop, EXIT_UNFINISHED);
}

static void source_ended(void *user, int exit_code, const struct cause *cause)
{
    struct probe *probe = user;
    *probe->cause = *cause;
    loop_stop(probe->stage.loop, exit_code);
}

static void checked(struct source_call *call, const struct source_answer *answer)
{
    struct probe *probe = CONTAINER_OF(call, struct probe, call);
    struct text api = probe->stage.scheme->source.api;
    char total[40] = "";
    if (answer->total >= 0) {
        (void)snprintf(total, sizeof total, "; %lld records", (long long)answer->total);
    }
    print_line(stdout, "ok    source: %s answers %.*s%s", source_host(probe->source), TEXT_ARG(api), total);
    loop_stop(probe->stage.loop, EXIT_COMPLETE);
}

static void sampled(struct source_call *call, const struct source_answer *answer);

static void ask(struct probe *probe, int slice, int64_t page)
{
    bool check = probe->settings->check;
    const struct scheme_window *window = &probe->stage.scheme->source.window;
    probe->call = (struct source_call){
        .slice = slice,
        .page = page,
        .page_size = check ? 1 : probe->stage.scheme->source.page_size,
        .done = check ? checked : sampled,
    };
    if (window->step > 0) { /* the newest that may be asked for at once */
        int64_t to = store_wall() / 1000 * 1000 - window->lag, from = to - window->most;
        probe->call.window = (struct source_window){from > window->since ? from : window->since, to};
    }
    source_ask(probe->source, &probe->call);
}

static bool is_secret(const struct scheme *scheme, const char *name)
{
    int slot = scheme_slot(scheme, text_of(name));
    return secret_named(text_of(name)) || (slot >= 0 && scheme->slot_secret[slot]);
}

/* A value without its secrets, at any depth: fields that the API file marks, and such as it may have forgotten. */
static void put_whole(struct buffer *out, const cJSON *value, const struct scheme *scheme)
{
    bool first = true;
    if (!cJSON_IsObject(value) && !cJSON_IsArray(value)) {
        json_put_tree(out, value);
        return;
    }
    buffer_add_char(out, cJSON_IsObject(value) ? '{' : '[');
    for (const cJSON *item = value->child; item; item = item->next) {
        if (item->string) {
            json_put_member(out, &first, text_of(item->string));
        } else if (item != value->child) {
            buffer_add_char(out, ',');
        }
        if (item->string && is_secret(scheme, item->string)) {
            buffer_add_text(out, TEXT("\"***\""));
        } else {
            put_whole(out, item, scheme);
        }
    }
    buffer_add_char(out, cJSON_IsObject(value) ? '}' : ']');
}

/* --api: the records of this one call, as they came. */
static int whole_print(struct probe *probe, const struct source_answer *answer)
{
    for (size_t i = 0; i < answer->rows && probe->printed < probe->settings->sample; i++, probe->printed++) {
        const cJSON *record = NULL;
        int error = json_parse(&probe->arena, answer->records[i], LINE_BYTES, JSON_CONTROLS, &record, probe->cause);
        if (error) {
            return EXIT_REFUSED;
        }
        buffer_clear(&probe->line, probe->line.limit);
        put_whole(&probe->line, record, probe->stage.scheme);
        arena_reset(&probe->arena, LINE_BYTES);
        if (probe->line.failed) {
            (void)cause_set(probe->cause, ERR_LIMIT, "a record is larger than %d bytes", LINE_BYTES);
            return EXIT_REFUSED;
        }
        print_json(buffer_text(&probe->line));
    }
    return EXIT_COMPLETE;
}

/* Prints what came; goes on with the next page, then with the next slice, until there are enough. */
static void sampled(struct source_call *call, const struct source_answer *answer)
{
    struct probe *probe = CONTAINER_OF(call, struct probe, call);
    const struct scheme *scheme = probe->stage.scheme;
    if (probe->settings->stage.api) {
        loop_stop(probe->stage.loop, whole_print(probe, answer));
        return;
    }
    for (size_t i = 0; i < answer->rows && probe->printed < probe->settings->sample; i++) {
        buffer_clear(&probe->line, probe->line.limit);
        size_t lines = record_show(scheme, answer->records[i], (size_t)(probe->settings->sample - probe->printed),
                                   &probe->arena, &probe->line);
        arena_reset(&probe->arena, LINE_BYTES);
        if (probe->line.failed) {
            (void)cause_set(probe->cause, ERR_LIMIT, "a record is larger than %d bytes", LINE_BYTES);
            loop_stop(probe->stage.loop, EXIT_REFUSED);
            return;
        }
        if (lines > 0) {
            print_json(buffer_text(&probe->line));
        }
        probe->printed += (int64_t)lines;
    }
    bool more = answer->rows > 0; /* only an empty page is an end */
    bool last = (size_t)call->slice + 1 >= scheme->source.slice_count;
    if (probe->printed == probe->settings->sample || (!more && last)) {
        loop_stop(probe->stage.loop, EXIT_COMPLETE);
    } else {
        ask(probe, more ? call->slice : call->slice + 1, more ? call->page + 1 : scheme->source.first_page);
    }
}

static int serve(struct probe *probe)
{
    const struct settings *settings = probe->settings;
    struct http *http = NULL;
    int code = EXIT_USAGE;
    int error = settings_http(settings, &probe->stage, &http, probe->cause);
    if (!error) {
        const struct source_options source = {
            .driver = settings->driver,
            .scheme = probe->stage.scheme,
            .loop = probe->stage.loop,
            .http = http,
            .patience = settings->check ? 0 : SAMPLE_PATIENCE,
            .ended = source_ended,
            .user = probe,
        };
        error = source_new(&source, &probe->source, probe->cause);
    }
    if (!error) {
        ask(probe, 0, probe->stage.scheme->source.first_page);
        code = loop_run(probe->stage.loop);
        if (code < 0) {
            code = EXIT_REFUSED;
            (void)cause_set(probe->cause, ERR_IO, "the event loop failed");
        }
    }
    source_free(&probe->source);
    http_free(&http);
    return code;
}

int probe_run(const struct settings *settings, struct cause *cause)
{
    struct probe probe = {.settings = settings, .cause = cause};
    struct stage_options options = settings->stage;
    options.metrics = "off"; /* a service may have the port */
    buffer_init(&probe.line, LINE_BYTES);
    arena_init(&probe.arena, (size_t)4 * LINE_BYTES);
    int code = EXIT_USAGE;
    if (stage_open("extractor", ROLE_EXTRACTOR, &options, stopped, &probe, &probe.stage, cause) == 0) {
        code = serve(&probe);
        stage_close(&probe.stage);
    }
    buffer_fini(&probe.line);
    arena_fini(&probe.arena);
    return code;
}
