#include "extractor/probe.h"

#include <stdio.h>

#include "common/base/container.h"
#include "common/base/print.h"
#include "common/base/secret.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/run/terms.h"
#include "extractor/record.h"
#include "extractor/source.h"

enum { SAMPLE_PATIENCE = 10000 /* ms of unbroken failure */, LINE_BYTES = 4 << 20, PAGE_BYTES = 32 << 20 };

struct probe {
    const struct settings *settings;
    struct stage stage;
    struct source *source;
    struct source_call call;
    struct source_window window; /* in which the source is asked; empty = it is not asked by windows */
    struct buffer line;
    struct arena arena;
    int64_t printed;
    int64_t page; /* of --read, by its number, from 1 */
    char cursor[SOURCE_CURSOR_MAX + 1];
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
    char total[80] = "";
    if (answer->total >= 0) {
        (void)snprintf(total, sizeof total, "; %lld records", (long long)answer->total);
    }
    if (scheme_by_cursor(probe->stage.scheme) && answer->rows > 0 && answer->next.size == 0) {
        (void)snprintf(total, sizeof total, "; one record, for no next page is named");
    }
    print_line(stdout, "ok    source: %s answers %.*s%s", source_host(probe->source), TEXT_ARG(api), total);
    loop_stop(probe->stage.loop, EXIT_COMPLETE);
}

static void sampled(struct source_call *call, const struct source_answer *answer);

static void ask(struct probe *probe, int slice, int64_t page)
{
    const struct settings *settings = probe->settings;
    int64_t most = probe->stage.scheme->source.page_size;
    probe->call = (struct source_call){
        .slice = slice,
        .window = probe->window,
        .page = page,
        .cursor = probe->cursor,
        .page_size = settings->check      ? 1
                     : settings->size > 0 ? settings->size
                                          : most,
        .done = settings->check ? checked : sampled,
    };
    source_ask(probe->source, &probe->call);
}

/* As it is told, or the newest that may be asked for at once. */
static int window_choose(struct probe *probe)
{
    const struct settings *settings = probe->settings;
    const struct scheme_window *window = &probe->stage.scheme->source.window;
    struct run_plan plan = {.scheme = probe->stage.scheme->name};
    int error = run_plan_windows(probe->stage.scheme, settings->from, settings->to, &plan, probe->cause);
    if (error || window->step == 0) {
        return error;
    }
    if (!settings->from) {
        plan.window.to = store_wall() / 1000 * 1000 - window->lag;
        plan.window.from = plan.window.to - window->most;
        plan.window.from = plan.window.from > window->since ? plan.window.from : window->since;
    }
    probe->window = (struct source_window){plan.window.from, plan.window.to};
    return probe->window.to - probe->window.from <= window->most
               ? 0
               : cause_set(probe->cause, ERR_INPUT, "--from, --to: %.*s may be asked for %lld minutes at once",
                           TEXT_ARG(probe->stage.scheme->source.api), (long long)(window->most / 60000));
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

/* Appends a record as it came. */
static int put_record(struct probe *probe, struct text text)
{
    const cJSON *record = NULL;
    int error = json_parse(&probe->arena, text, LINE_BYTES, JSON_CONTROLS, &record, probe->cause);
    if (!error) {
        put_whole(&probe->line, record, probe->stage.scheme);
        arena_reset(&probe->arena, LINE_BYTES);
        error = probe->line.failed
                    ? cause_set(probe->cause, ERR_LIMIT, "what came is larger than %zu MiB", probe->line.limit >> 20)
                    : 0;
    }
    return error;
}

/* What --page takes for the page behind this one; empty = there is none. An empty page is an end, and so is the total. */
static struct text next_of(const struct probe *probe, const struct source_answer *answer, char room[24])
{
    bool last = answer->rows == 0 || (answer->total >= 0 && probe->page * probe->call.page_size >= answer->total);
    if (scheme_by_cursor(probe->stage.scheme)) {
        return answer->next;
    }
    (void)snprintf(room, 24, "%lld", (long long)probe->page + 1);
    return last ? TEXT("") : text_of(room);
}

/* --read: the page as one object. */
static int page_print(struct probe *probe, const struct source_answer *answer)
{
    struct buffer *out = &probe->line;
    bool first = true;
    char room[24];
    struct text next = next_of(probe, answer, room);
    buffer_add_char(out, '{');
    if (answer->total >= 0) {
        json_member_integer(out, &first, "total", answer->total);
    } else {
        json_member_null(out, &first, "total");
    }
    if (next.size > 0) {
        json_member_text(out, &first, "next", next);
    } else {
        json_member_null(out, &first, "next");
    }
    json_put_member(out, &first, TEXT("records"));
    for (size_t i = 0; i < answer->rows; i++) {
        buffer_add_char(out, i ? ',' : '[');
        if (put_record(probe, answer->records[i]) != 0) {
            return EXIT_REFUSED;
        }
    }
    buffer_add_text(out, answer->rows ? TEXT("]}") : TEXT("[]}"));
    print_json(buffer_text(out));
    return EXIT_COMPLETE;
}

/* --api: the records of this one call, as they came. */
static int whole_print(struct probe *probe, const struct source_answer *answer)
{
    for (size_t i = 0; i < answer->rows && probe->printed < probe->settings->sample; i++, probe->printed++) {
        buffer_clear(&probe->line, probe->line.limit);
        if (put_record(probe, answer->records[i]) != 0) {
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
        loop_stop(probe->stage.loop, (probe->settings->read ? page_print : whole_print)(probe, answer));
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
    bool chained = scheme_by_cursor(scheme);
    bool more = chained ? answer->next.size > 0 : answer->rows > 0; /* only an empty page is an end */
    (void)snprintf(probe->cursor, sizeof probe->cursor, "%.*s", more && chained ? (int)answer->next.size : 0,
                   more && chained ? answer->next.data : "");
    bool last = (size_t)call->slice + 1 >= scheme->source.slice_count;
    if (probe->printed == probe->settings->sample || (!more && last)) {
        loop_stop(probe->stage.loop, EXIT_COMPLETE);
    } else {
        ask(probe, more ? call->slice : call->slice + 1, more ? call->page + 1 : scheme->source.first_page);
    }
}

/* --page: a number, or the cursor of an API that goes by cursors. */
static int page_choose(struct probe *probe)
{
    static const int64_t most = 1000000000;
    struct text page = text_of(probe->settings->page);
    probe->page = 1;
    if (page.size == 0) {
        return 0;
    }
    if (!scheme_by_cursor(probe->stage.scheme)) {
        bool number = text_integer(page, &probe->page) == 0 && probe->page >= 1 && probe->page <= most;
        return number ? 0 : cause_set(probe->cause, ERR_INPUT, "--page: a number from 1 on is wanted");
    }
    if (page.size > SOURCE_CURSOR_MAX) {
        return cause_set(probe->cause, ERR_INPUT, "--page: longer than %d bytes", SOURCE_CURSOR_MAX);
    }
    memcpy(probe->cursor, page.data, page.size + 1);
    return 0;
}

static int serve(struct probe *probe)
{
    const struct settings *settings = probe->settings;
    struct http *http = NULL;
    int code = EXIT_USAGE;
    int error = page_choose(probe);
    error = error ? error : window_choose(probe);
    error = error ? error : settings_http(settings, &probe->stage, &http, probe->cause);
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
        ask(probe, 0, probe->stage.scheme->source.first_page + probe->page - 1);
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
    buffer_init(&probe.line, settings->read ? PAGE_BYTES : LINE_BYTES);
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
