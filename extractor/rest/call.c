#include "extractor/rest/call.h"

#include <stdio.h>

#include "common/http/encode.h"
#include "common/json/json.h"
#include "common/json/scan.h"
#include "common/scheme/formula/date.h"
#include "extractor/platform/params.h"

enum { TIME_ROOM = 40, SECOND = 1000 /* ms */ };

struct rest_values { /* of one call */
    const struct rest_form *form;
    struct source_param params[PARAMS_MAX];
    size_t count;
};

enum place { PLACE_URL, PLACE_HEADER, PLACE_BODY };

static struct text value_of(const struct rest_values *values, struct text name)
{
    for (size_t i = 0; i < values->count; i++) {
        if (text_equal(values->params[i].name, name)) {
            return values->params[i].value;
        }
    }
    return TEXT("");
}

static bool is_bare(const struct rest_form *form, struct text name)
{
    for (size_t i = 0; i < form->param_count; i++) {
        if (text_equal(form->params[i].name, name)) {
            return form->params[i].bare;
        }
    }
    return false;
}

/* A number as JSON writes it, true or false? */
static bool is_json_word(struct text value)
{
    struct buffer out;
    struct arena arena;
    bool repaired, plain = value.size > 0 && text_find(TEXT("\"{["), (struct text){value.data, 1}) < 0;
    buffer_init(&out, 1000);
    arena_init(&arena, 4000);
    plain = plain && json_compact(value, &arena, &out, &repaired) == 0;
    buffer_fini(&out);
    arena_fini(&arena);
    return plain;
}

static void put_json(struct buffer *out, const struct rest_form *form, struct text name, struct text value)
{
    bool bare = is_bare(form, name);
    if (bare && value.size == 0) {
        buffer_add_text(out, TEXT("null"));
    } else if (bare && is_json_word(value)) {
        buffer_add_text(out, value);
    } else {
        json_put_text(out, value);
    }
}

/* Control characters would begin another header: they are left out. */
static void put_line(struct buffer *out, struct text value)
{
    for (size_t i = 0; i < value.size; i++) {
        if ((unsigned char)value.data[i] >= ' ' && value.data[i] != 0x7f) {
            buffer_add_char(out, value.data[i]);
        }
    }
}

/* What stands between the quotes of a JSON text. */
static void put_inner(struct buffer *out, struct text value)
{
    struct buffer quoted;
    buffer_init(&quoted, out->limit);
    json_put_text(&quoted, value);
    out->failed = out->failed || quoted.failed;
    if (!quoted.failed) {
        buffer_add(out, quoted.data + 1, quoted.size - 2);
    }
    buffer_fini(&quoted);
}

static void put_value(struct buffer *out, struct text value, enum place place)
{
    if (place == PLACE_URL) {
        http_put_encoded(out, value);
    } else if (place == PLACE_HEADER) {
        put_line(out, value);
    } else {
        put_inner(out, value);
    }
}

/* `encode`: constants are encoded, too, as values of a query are, and pieces of a path are not. */
static void put_template(struct buffer *out, const struct rest_values *values, const struct rest_template *template,
                         enum place place, bool encode)
{
    for (size_t i = 0; i < template->count; i++) {
        const struct rest_part *part = &template->parts[i];
        if (part->kind == REST_JSON) {
            put_json(out, values->form, part->text, value_of(values, part->text));
        } else if (part->kind == REST_VALUE) {
            put_value(out, value_of(values, part->text), place);
        } else if (encode) {
            http_put_encoded(out, part->text);
        } else {
            buffer_add_text(out, part->text);
        }
    }
}

/* An entry that has nothing but parameters without a value is left out. */
static bool is_empty(const struct rest_values *values, const struct rest_template *template)
{
    bool empty = template->count > 0;
    for (size_t i = 0; empty && i < template->count; i++) {
        const struct rest_part *part = &template->parts[i];
        empty = part->kind != REST_TEXT && value_of(values, part->text).size == 0;
    }
    return empty;
}

static void put_query_name(struct buffer *url, bool *first, struct text name)
{
    buffer_add_char(url, *first ? '?' : '&');
    *first = false;
    http_put_encoded(url, name);
    buffer_add_char(url, '=');
}

/* Parameters that no template has: in the query of a GET, or of a POST whose body the file writes. */
static void put_url(struct buffer *url, const char *base, const struct rest_values *values)
{
    const struct rest_form *form = values->form;
    struct text address = text_of(base);
    bool first = true, own_body = form->post && !form->has_body;
    while (address.size > 0 && address.data[address.size - 1] == '/') {
        address.size--;
    }
    buffer_add_text(url, address);
    put_template(url, values, &form->path, PLACE_URL, false);
    for (size_t i = 0; i < form->query.count; i++) {
        const struct rest_entry *entry = &form->query.items[i];
        if (!is_empty(values, &entry->value)) {
            put_query_name(url, &first, entry->name);
            put_template(url, values, &entry->value, PLACE_URL, true);
        }
    }
    for (size_t i = 0; !own_body && i < form->param_count; i++) {
        struct text value = value_of(values, form->params[i].name);
        if (!form->params[i].placed && value.size > 0) {
            put_query_name(url, &first, form->params[i].name);
            http_put_encoded(url, value);
        }
    }
    buffer_add_char(url, '\0');
}

static void put_body(struct buffer *body, const struct rest_values *values)
{
    const struct rest_form *form = values->form;
    bool first = true;
    if (!form->post || form->has_body) {
        put_template(body, values, &form->body, PLACE_BODY, false);
        return;
    }
    buffer_add_char(body, '{');
    for (size_t i = 0; i < form->param_count; i++) {
        struct text value = value_of(values, form->params[i].name);
        if (!form->params[i].placed && value.size > 0) {
            json_put_member(body, &first, form->params[i].name);
            put_json(body, form, form->params[i].name, value);
        }
    }
    buffer_add_char(body, '}');
}

static void put_headers(struct buffer *lines, const struct rest_values *values)
{
    bool accept = false, type = false;
    for (size_t i = 0; i < values->form->headers.count; i++) {
        const struct rest_entry *entry = &values->form->headers.items[i];
        if (is_empty(values, &entry->value)) {
            continue;
        }
        accept = accept || text_equal_nocase(entry->name, TEXT("Accept"));
        type = type || text_equal_nocase(entry->name, TEXT("Content-Type"));
        buffer_add_text(lines, entry->name);
        buffer_add_text(lines, TEXT(": "));
        put_template(lines, values, &entry->value, PLACE_HEADER, false);
        buffer_add_char(lines, '\0');
    }
    if (!accept) {
        buffer_add(lines, "Accept: application/json", sizeof "Accept: application/json");
    }
    if (!type && values->form->post) {
        buffer_add(lines, "Content-Type: application/json", sizeof "Content-Type: application/json");
    }
}

static struct text moment(int64_t ms, enum rest_time time, char room[TIME_ROOM])
{
    char date[DATE_ROOM];
    struct text text = date_print(ms / SECOND + DATE_ZONE, date);
    if (time == REST_ISO) {
        (void)snprintf(room, TIME_ROOM, "%.10sT%.8s+08:00", text.data, text.data + 11);
    } else if (time == REST_DATETIME) {
        (void)snprintf(room, TIME_ROOM, "%.*s", TEXT_ARG(text));
    } else {
        (void)snprintf(room, TIME_ROOM, "%lld", (long long)(time == REST_SECONDS ? ms / SECOND : ms));
    }
    return text_of(room);
}

int rest_call_write(const struct rest_call *call, struct buffer *url, struct buffer *lines, struct buffer *body)
{
    const struct scheme *scheme = call->scheme;
    const struct rest_form *form = scheme->source.rest;
    char page[24], size[24], start[TIME_ROOM], end[TIME_ROOM];
    int64_t no = call->page;
    if (form->paging == REST_BY_OFFSET) {
        no = (call->page - scheme->source.first_page) * call->page_size;
    }
    (void)snprintf(page, sizeof page, "%lld", (long long)no);
    (void)snprintf(size, sizeof size, "%lld", (long long)call->page_size);
    struct params_call wanted = {.scheme = scheme,
                                 .env = call->env,
                                 .slice = call->slice,
                                 .key = call->key,
                                 .page = text_of(page),
                                 .size = text_of(size)};
    if (call->window.to > 0) {
        wanted.start = moment(call->window.from, form->time, start);
        wanted.end = moment(call->window.to, form->time, end);
    }
    struct rest_values values = {.form = form};
    values.count = params_gather(&wanted, values.params);
    put_url(url, call->base, &values);
    put_headers(lines, &values);
    put_body(body, &values);
    return url->failed || lines->failed || body->failed ? ERR_LIMIT : 0;
}
