#include "ctl/reject/row.h"

#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/columns.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "ctl/show/when.h"

enum { TREE_BYTES = 64 << 20, MESSAGE_ROOM = 8192, NAME_ROOM = 200, LINE_BYTES = 64 << 10 };

/* ---- its name ---- */

/* The payload's name; before a payload was made, the first field of the source that is called one. */
static struct text name_in(const cJSON *payload, const cJSON *source)
{
    struct text name = json_text(json_get(payload, "name"));
    for (const cJSON *member = source ? source->child : NULL; member && name.size == 0; member = member->next) {
        struct text field = text_of(member->string);
        struct text tail = TEXT("name");
        if (field.size >= tail.size &&
            text_equal((struct text){field.data + field.size - tail.size, tail.size}, tail)) {
            name = json_text(member);
        }
    }
    return name;
}

static const char *name_of(const struct reject *reject, char out[NAME_ROOM])
{
    struct arena arena;
    const cJSON *payload = NULL, *source = NULL;
    arena_init(&arena, TREE_BYTES);
    if (reject->payload.size > 0) {
        (void)!json_parse(&arena, reject->payload, TREE_BYTES, JSON_STRICT, &payload, NULL);
    }
    if (reject->source.size > 0) {
        (void)!json_parse(&arena, reject->source, TREE_BYTES, JSON_STRICT, &source, NULL);
    }
    struct text name = name_in(payload, source);
    size_t size = text_cut(name, NAME_ROOM - 1);
    memcpy(out, size > 0 ? name.data : "", size);
    out[size] = '\0';
    arena_fini(&arena);
    return out;
}

/* ---- for people ---- */

void reject_print_line(const struct reject *reject)
{
    char when[WHEN_ROOM], name[NAME_ROOM], said[MESSAGE_ROOM];
    struct buffer line;
    buffer_init(&line, LINE_BYTES);
    buffer_format(&line, "%s  ", when_of(reject->last, when));
    columns_pad(&line, reject->key, 16);
    buffer_add_text(&line, TEXT("  "));
    columns_pad(&line, text_of(name_of(reject, name)), 20);
    buffer_add_text(&line, TEXT("  "));
    columns_pad(&line, reject->class, 12);
    buffer_format(&line, "  %s", language_line(reject->message, said, sizeof said));
    print_line(stdout, "%.*s", TEXT_ARG(buffer_text(&line)));
    buffer_fini(&line);
}

static void print_row(const char *title, struct text value)
{
    struct buffer line;
    buffer_init(&line, TREE_BYTES);
    buffer_add_text(&line, TEXT("  "));
    columns_pad(&line, text_of(_(title)), 9);
    buffer_add_char(&line, ' ');
    buffer_add_text(&line, value);
    print_line(stdout, "%.*s", TEXT_ARG(buffer_text(&line)));
    buffer_fini(&line);
}

static void print_number(const char *title, int64_t number)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%lld", (long long)number);
    print_row(title, text_of(digits));
}

void reject_print_whole(const struct reject *reject)
{
    char when[WHEN_ROOM], name[NAME_ROOM], said[MESSAGE_ROOM];
    print_line(stdout, "%.*s", TEXT_ARG(reject->key));
    print_row(N_("number"), reject->number);
    print_row(N_("name"), text_of(name_of(reject, name)));
    print_row(N_("class"), reject->class);
    print_row(N_("code"), reject->code);
    print_row(N_("message"), text_of(language_line(reject->message, said, sizeof said)));
    print_number(N_("run"), reject->run);
    print_number(N_("attempts"), reject->attempts);
    print_row(N_("first"), text_of(when_of(reject->first, when)));
    print_row(N_("last"), text_of(when_of(reject->last, when)));
    if (reject->closed) {
        print_row(N_("closed"), text_of(when_of(reject->closed, when)));
    }
    print_row(N_("source"), reject->source);
    print_row(N_("payload"), reject->payload);
}

/* ---- JSON ---- */

static void put_hex(struct buffer *out, bool *first, const char *name, struct text bytes)
{
    char member[40];
    (void)snprintf(member, sizeof member, "%s_hex", name);
    json_put_member(out, first, text_of(member));
    buffer_add_char(out, '"');
    for (size_t i = 0; i < bytes.size; i++) {
        buffer_format(out, "%02x", (unsigned char)bytes.data[i]);
    }
    buffer_add_char(out, '"');
}

static void put_member(struct buffer *out, bool *first, const char *name, struct text value)
{
    json_put_member(out, first, text_of(name));
    json_put_text(out, value);
    if (!text_is_utf8(value)) {
        put_hex(out, first, name, value);
    }
}

/* A stored JSON value: as it is where it is one, else its text. */
static void put_value(struct buffer *out, bool *first, const char *name, struct text json)
{
    struct arena arena;
    const cJSON *value = NULL;
    arena_init(&arena, TREE_BYTES);
    if (json.size == 0) {
        json_member_null(out, first, name);
    } else if (text_is_utf8(json) && json_parse(&arena, json, TREE_BYTES, JSON_STRICT, &value, NULL) == 0) {
        json_put_member(out, first, text_of(name));
        buffer_add_text(out, json);
    } else {
        put_member(out, first, name, json);
    }
    arena_fini(&arena);
}

void reject_put_json(struct buffer *out, const struct reject *reject, bool whole)
{
    bool first = true;
    char name[NAME_ROOM];
    buffer_add_char(out, '{');
    put_member(out, &first, "key", reject->key);
    put_member(out, &first, "number", reject->number);
    put_member(out, &first, "name", text_of(name_of(reject, name)));
    put_member(out, &first, "class", reject->class);
    put_member(out, &first, "code", reject->code);
    put_member(out, &first, "message", reject->message);
    buffer_format(out, ",\"run\":%lld,\"attempts\":%lld,\"first\":%lld,\"last\":%lld", (long long)reject->run,
                  (long long)reject->attempts, (long long)reject->first, (long long)reject->last);
    if (reject->closed) {
        buffer_format(out, ",\"closed\":%lld", (long long)reject->closed);
    }
    if (whole) {
        put_value(out, &first, "source", reject->source);
        put_value(out, &first, "payload", reject->payload);
    }
    buffer_add_char(out, '}');
}

/* ---- CSV ---- */

static void put_csv_cell(struct buffer *out, bool *first, struct text t)
{
    buffer_add_text(out, *first ? TEXT("\"") : TEXT(",\""));
    *first = false;
    if (t.size > 0 && text_has(TEXT("=+-@\t\r\n"), *t.data)) {
        buffer_add_char(out, '\'');
    }
    struct buffer shown; /* no text can harm the terminal that it is printed on */
    buffer_init(&shown, LINE_BYTES);
    print_put_shown(&shown, t);
    for (size_t i = 0; i < shown.size; i++) {
        buffer_add_text(out, shown.data[i] == '"' ? TEXT("\"") : TEXT(""));
        buffer_add_char(out, shown.data[i]);
    }
    buffer_fini(&shown);
    buffer_add_char(out, '"');
}

void reject_put_csv_head(struct buffer *out)
{
    static const char *const titles[] = {N_("time"), N_("key"),     N_("number"),   N_("name"), N_("class"),
                                         N_("code"), N_("message"), N_("attempts"), N_("run")};
    bool first = true;
    buffer_add_text(out, TEXT("\xef\xbb\xbf"));
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        put_csv_cell(out, &first, text_of(_(titles[i])));
    }
    buffer_add_text(out, TEXT("\r\n"));
}

void reject_put_csv(struct buffer *out, const struct reject *reject)
{
    bool first = true;
    char when[WHEN_ROOM], name[NAME_ROOM], said[MESSAGE_ROOM], attempts[24], run[24];
    (void)snprintf(attempts, sizeof attempts, "%lld", (long long)reject->attempts);
    (void)snprintf(run, sizeof run, "%lld", (long long)reject->run);
    const struct text cells[] = {text_of(when_of(reject->last, when)),
                                 reject->key,
                                 reject->number,
                                 text_of(name_of(reject, name)),
                                 reject->class,
                                 reject->code,
                                 text_of(language_line(reject->message, said, sizeof said)),
                                 text_of(attempts),
                                 text_of(run)};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        put_csv_cell(out, &first, cells[i]);
    }
    buffer_add_text(out, TEXT("\r\n"));
}
