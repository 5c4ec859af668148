#include "common/scheme/soap/markup.h"

enum { PIECES_MAX = 1000, MARKUP_MAX = 64 << 10 };

struct soap_pieces { /* while they are gathered */
    struct soap_piece items[PIECES_MAX];
    size_t count;
    struct buffer text; /* markup that stands before the next piece */
    struct soap_names *names;
};

static void read_element(struct rest_reading *r, const char *name, const cJSON *node, struct soap_pieces *out);

bool soap_name_good(struct text name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
        bool inner = (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (!letter && (i == 0 || !inner)) {
            return false;
        }
    }
    return name.size > 0 && text_is_utf8(name);
}

/* "q:page", with a prefix that is known. False: a fault was reported. */
static bool name_check(struct rest_reading *r, const cJSON *node, struct text name, struct soap_names *names)
{
    const char *colon = memchr(name.data, ':', name.size);
    struct text prefix = {name.data, colon ? (size_t)(colon - name.data) : 0};
    struct text local = {colon ? colon + 1 : name.data, colon ? name.size - prefix.size - 1 : name.size};
    if (!soap_name_good(local) || (colon && !soap_name_good(prefix))) {
        scheme_fault(r->faults, r->file, node, "no name of XML: %.*s", (int)text_cut(name, 80), name.data);
        return false;
    }
    bool known = !colon || text_equal(prefix, TEXT("soap")) || text_equal(prefix, TEXT("xsi"));
    names->instance = names->instance || text_equal(prefix, TEXT("xsi"));
    const cJSON *item;
    cJSON_ArrayForEach(item, names->spaces)
    {
        known = known || text_equal(prefix, text_of(item->string));
    }
    if (!known) {
        scheme_fault(r->faults, r->file, node, "/call/namespaces has no %.*s", (int)text_cut(prefix, 80), prefix.data);
    }
    return known;
}

static void add(struct rest_reading *r, const cJSON *node, struct soap_pieces *out, struct soap_piece piece)
{
    if (out->count == PIECES_MAX) {
        scheme_fault(r->faults, r->file, node, "more than %d parts", PIECES_MAX);
    } else {
        out->items[out->count++] = piece;
    }
}

static void flush(struct rest_reading *r, const cJSON *node, struct soap_pieces *out)
{
    if (out->text.failed) {
        scheme_fault(r->faults, r->file, node, "more than %d bytes", MARKUP_MAX);
    }
    if (out->text.size > 0) {
        add(r, node, out, (struct soap_piece){.open = rest_keep_text(r, buffer_text(&out->text)), .close = TEXT("")});
    }
    buffer_clear(&out->text, MARKUP_MAX);
}

/* A text with its templates, between `open` and `close`; what has nothing but parameters is left out with them. */
static void put_text(struct rest_reading *r, const cJSON *node, struct text open, struct text close,
                     struct soap_pieces *out)
{
    struct rest_template value = rest_read_text(r, node);
    flush(r, node, out);
    add(r, node, out, (struct soap_piece){rest_keep_text(r, open), rest_keep_text(r, close), value});
}

/* A text, a number, true or false between two pieces of markup. */
static void put_scalar(struct rest_reading *r, const cJSON *node, struct text open, struct text close,
                       struct soap_pieces *out)
{
    if (cJSON_IsString(node)) {
        put_text(r, node, open, close, out);
        return;
    }
    if (!cJSON_IsNumber(node) && !cJSON_IsBool(node)) {
        scheme_fault(r->faults, r->file, node, "must be a text, a number, true or false");
    }
    buffer_add_text(&out->text, open);
    json_put_tree(&out->text, node);
    buffer_add_text(&out->text, close);
}

static void put_attribute(struct rest_reading *r, const cJSON *node, struct soap_pieces *out)
{
    struct text name = text_of(node->string + 1);
    struct buffer open;
    if (!text_equal(name, TEXT("xmlns")) && !name_check(r, node, name, out->names)) {
        return;
    }
    buffer_init(&open, MARKUP_MAX);
    buffer_format(&open, " %.*s=\"", TEXT_ARG(name));
    put_scalar(r, node, buffer_text(&open), TEXT("\""), out);
    buffer_fini(&open);
}

static void put_object(struct rest_reading *r, const cJSON *object, struct soap_pieces *out)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (item->string[0] == '@') {
            put_attribute(r, item, out);
        }
    }
    buffer_add_char(&out->text, '>');
    cJSON_ArrayForEach(item, object)
    {
        if (strcmp(item->string, "#text") == 0) {
            put_scalar(r, item, TEXT(""), TEXT(""), out);
        } else if (item->string[0] != '@') {
            read_element(r, item->string, item, out);
        }
    }
}

static void put_elements(struct rest_reading *r, const char *name, const cJSON *list, struct soap_pieces *out)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsArray(item)) {
            scheme_fault(r->faults, r->file, item, "is a list in a list: an element is repeated by one list");
        } else {
            read_element(r, name, item, out);
        }
    }
}

/* Files are read with a bound on their depth. */
static void read_element(struct rest_reading *r, const char *name, const cJSON *node, struct soap_pieces *out)
{
    if (!name_check(r, node, text_of(name), out->names)) {
        return;
    }
    if (cJSON_IsArray(node)) {
        put_elements(r, name, node, out);
    } else if (cJSON_IsNull(node)) {
        buffer_format(&out->text, "<%s xsi:nil=\"true\"/>", name);
        out->names->instance = true;
    } else if (cJSON_IsObject(node)) {
        buffer_format(&out->text, "<%s", name);
        put_object(r, node, out);
        buffer_format(&out->text, "</%s>", name);
    } else {
        struct buffer open, close;
        buffer_init(&open, MARKUP_MAX);
        buffer_init(&close, MARKUP_MAX);
        buffer_format(&open, "<%s>", name);
        buffer_format(&close, "</%s>", name);
        put_scalar(r, node, buffer_text(&open), buffer_text(&close), out);
        buffer_fini(&open);
        buffer_fini(&close);
    }
}

struct soap_markup soap_read_markup(struct rest_reading *r, const cJSON *object, struct soap_names *names)
{
    struct soap_pieces *out = rest_keep(r, sizeof *out);
    const cJSON *item;
    if (!out) {
        return (struct soap_markup){NULL, 0};
    }
    out->count = 0;
    out->names = names;
    buffer_init(&out->text, MARKUP_MAX);
    cJSON_ArrayForEach(item, object)
    {
        read_element(r, item->string, item, out);
    }
    flush(r, object, out);
    buffer_fini(&out->text);
    struct soap_piece *kept = rest_keep(r, (out->count + 1) * sizeof *kept);
    if (kept) {
        memcpy(kept, out->items, out->count * sizeof *kept);
    }
    return (struct soap_markup){kept, kept ? out->count : 0};
}
