#include "common/scheme/rest/write.h"

#include "common/http/encode.h"
#include "common/json/json.h"
#include "common/json/scan.h"

enum place { PLACE_URL, PLACE_HEADER, PLACE_BODY, PLACE_XML };

static const struct rest_value *value_of(const struct rest_values *values, struct text name)
{
    static const struct rest_value none = {.value = TEXT("")};
    for (size_t i = 0; i < values->count; i++) {
        if (text_equal(values->items[i].name, name)) {
            return &values->items[i];
        }
    }
    return &none;
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

void rest_write_json(struct buffer *out, const struct rest_value *value)
{
    if (value->form == REST_BARE && value->value.size == 0) {
        buffer_add_text(out, TEXT("null"));
    } else if (value->form == REST_RAW || (value->form == REST_BARE && is_json_word(value->value))) {
        buffer_add_text(out, value->value);
    } else {
        json_put_text(out, value->value);
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

void rest_write_xml_text(struct buffer *out, struct text value)
{
    for (size_t i = 0, size = 1; i < value.size; i += size) {
        struct text left = {value.data + i, value.size - i};
        char c = *left.data;
        size = text_sequence(left);
        const char *as = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : NULL;
        if (as) {
            buffer_add_text(out, text_of(as));
        } else if (c == '\t' || c == '\n' || c == '\r') {
            buffer_format(out, "&#%d;", c);
        } else if (size == 0) {
            buffer_add_text(out, TEXT("\xef\xbf\xbd"));
            size = 1;
        } else if (size > 1 || ((unsigned char)c >= ' ' && c != 0x7f)) {
            buffer_add(out, left.data, size);
        }
    }
}

static void put_value(struct buffer *out, struct text value, enum place place)
{
    if (place == PLACE_URL) {
        http_put_encoded(out, value);
    } else if (place == PLACE_HEADER) {
        put_line(out, value);
    } else if (place == PLACE_XML) {
        rest_write_xml_text(out, value);
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
            rest_write_json(out, value_of(values, part->text));
        } else if (part->kind == REST_VALUE) {
            put_value(out, value_of(values, part->text)->value, place);
        } else if (encode) {
            put_value(out, part->text, place);
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
        empty = part->kind != REST_TEXT && value_of(values, part->text)->value.size == 0;
    }
    return empty;
}

static void put_name(struct buffer *url, bool *first, struct text name)
{
    buffer_add_char(url, *first ? '?' : '&');
    *first = false;
    http_put_encoded(url, name);
    buffer_add_char(url, '=');
}

void rest_write_pair(struct buffer *url, bool *first, struct text name, struct text value)
{
    put_name(url, first, name);
    http_put_encoded(url, value);
}

void rest_write_address(struct buffer *url, const char *base, const struct rest_request *request,
                        const struct rest_values *values, bool *first)
{
    struct text address = text_of(base);
    while (address.size > 0 && address.data[address.size - 1] == '/') {
        address.size--;
    }
    *first = true;
    buffer_add_text(url, address);
    put_template(url, values, &request->path, PLACE_URL, false);
    for (size_t i = 0; i < request->query.count; i++) {
        const struct rest_entry *entry = &request->query.items[i];
        if (!is_empty(values, &entry->value)) {
            put_name(url, first, entry->name);
            put_template(url, values, &entry->value, PLACE_URL, true);
        }
    }
}

void rest_write_headers(struct buffer *lines, const struct rest_request *request, const struct rest_values *values)
{
    bool accept = false, type = false;
    for (size_t i = 0; i < request->headers.count; i++) {
        const struct rest_entry *entry = &request->headers.items[i];
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
    if (!type && strcmp(request->method, "GET") != 0) {
        buffer_add(lines, "Content-Type: application/json", sizeof "Content-Type: application/json");
    }
}

void rest_write_body(struct buffer *body, const struct rest_template *template, const struct rest_values *values)
{
    put_template(body, values, template, PLACE_BODY, false);
}

bool rest_write_xml(struct buffer *out, const struct rest_template *template, const struct rest_values *values)
{
    bool empty = is_empty(values, template);
    put_template(out, values, template, PLACE_XML, true);
    return !empty;
}
