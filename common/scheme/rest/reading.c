#include "common/scheme/rest/reading.h"

enum { PARTS_MAX = 200, JSON_MAX = 64 << 10 };

struct rest_pieces { /* while they are gathered */
    struct rest_part items[PARTS_MAX];
    size_t count;
    struct buffer text; /* JSON that stands before the next parameter */
};

void *rest_keep(struct rest_reading *r, size_t size)
{
    void *piece = arena_take(r->keep, size);
    r->faults->memory = r->faults->memory || !piece;
    return piece;
}

struct text rest_keep_text(struct rest_reading *r, struct text t)
{
    struct text kept = t.data ? arena_text(r->keep, t) : TEXT("");
    if (!kept.data) {
        r->faults->memory = true;
        return TEXT("");
    }
    return kept;
}

struct text rest_keep_tree(struct rest_reading *r, const cJSON *value)
{
    struct buffer out;
    buffer_init(&out, JSON_MAX);
    json_put_tree(&out, value);
    struct text kept = rest_keep_text(r, buffer_text(&out));
    buffer_fini(&out);
    return kept;
}

struct rest_param *rest_param_find(struct rest_reading *r, const cJSON *node, struct text name)
{
    struct scheme_guess guess;
    scheme_guess_start(&guess, name);
    for (size_t i = 0; i < r->param_count; i++) {
        if (text_equal(r->params[i].name, name)) {
            return &r->params[i];
        }
        scheme_guess_offer(&guess, r->params[i].name.data);
    }
    scheme_fault(r->faults, r->file, node, "no parameter %.*s in %s%s", (int)text_cut(name, 80), name.data, r->place,
                 scheme_guess_tail(&guess));
    return NULL;
}

static void add(struct rest_reading *r, const cJSON *node, struct rest_pieces *parts, struct rest_part part)
{
    if (parts->count == PARTS_MAX) {
        scheme_fault(r->faults, r->file, node, "more than %d parts", PARTS_MAX);
    }
    if (parts->count <= PARTS_MAX - 1) {
        parts->items[parts->count++] = part;
    }
}

/* One {{name}} off the front of *rest, which begins with it. False if it is malformed, which is reported. */
static bool take_name(struct rest_reading *r, const cJSON *node, struct text *rest, struct text *name)
{
    ptrdiff_t end = text_find(*rest, TEXT("}}"));
    if (end < 0) {
        scheme_fault(r->faults, r->file, node, "{{ without }}: %.*s", (int)text_cut(*rest, 80), rest->data);
        return false;
    }
    struct rest_param *param = rest_param_find(r, node, text_trim((struct text){rest->data + 2, (size_t)end - 2}));
    *rest = (struct text){rest->data + end + 2, rest->size - (size_t)end - 2};
    if (param) {
        param->placed = true;
        *name = param->name;
    }
    return param != NULL;
}

/* The text before the next {{. */
static struct text take_text(struct text *rest)
{
    ptrdiff_t start = text_find(*rest, TEXT("{{"));
    size_t size = start < 0 ? rest->size : (size_t)start;
    struct text taken = {rest->data, size};
    *rest = (struct text){rest->data + size, rest->size - size};
    return taken;
}

static struct rest_template keep_parts(struct rest_reading *r, const struct rest_pieces *parts)
{
    struct rest_part *kept = rest_keep(r, (parts->count + 1) * sizeof *kept);
    if (kept) {
        memcpy(kept, parts->items, parts->count * sizeof *kept);
    }
    return (struct rest_template){kept, kept ? parts->count : 0};
}

struct rest_template rest_read_text(struct rest_reading *r, const cJSON *node)
{
    struct rest_pieces parts = {.count = 0};
    struct text rest = json_text(node), name;
    if (!cJSON_IsString(node)) {
        scheme_fault(r->faults, r->file, node, "must be a text; {{name}} in it is a parameter of %s", r->place);
    }
    while (rest.size > 0) {
        struct text text = take_text(&rest);
        if (text.size > 0) {
            for (size_t i = 0; i < text.size; i++) {
                if ((unsigned char)text.data[i] < ' ') {
                    scheme_fault(r->faults, r->file, node, "holds a control character");
                    i = text.size;
                }
            }
            add(r, node, &parts, (struct rest_part){REST_TEXT, rest_keep_text(r, text)});
        } else if (take_name(r, node, &rest, &name)) {
            add(r, node, &parts, (struct rest_part){REST_VALUE, name});
        } else if (text_find(rest, TEXT("}}")) < 0) {
            break;
        }
    }
    return keep_parts(r, &parts);
}

/* ---- JSON ---- */

static void flush(struct rest_reading *r, const cJSON *node, struct rest_pieces *parts)
{
    if (parts->text.failed) {
        r->faults->memory = true;
    }
    if (parts->text.size > 0) {
        add(r, node, parts, (struct rest_part){REST_TEXT, rest_keep_text(r, buffer_text(&parts->text))});
        buffer_clear(&parts->text, JSON_MAX);
    }
}

/* Appends what stands between the quotes. */
static void put_inner(struct buffer *out, struct text text)
{
    struct buffer quoted;
    buffer_init(&quoted, JSON_MAX);
    json_put_text(&quoted, text);
    if (quoted.size >= 2) {
        buffer_add(out, quoted.data + 1, quoted.size - 2);
    }
    buffer_fini(&quoted);
}

static void put_string(struct rest_reading *r, const cJSON *node, struct rest_pieces *parts)
{
    struct text rest = json_text(node), name;
    bool whole = text_starts(rest, TEXT("{{")) && text_find(rest, TEXT("}}")) == (ptrdiff_t)rest.size - 2;
    if (whole) {
        if (take_name(r, node, &rest, &name)) {
            flush(r, node, parts);
            add(r, node, parts, (struct rest_part){REST_JSON, name});
        }
        return;
    }
    buffer_add_char(&parts->text, '"');
    while (rest.size > 0) {
        struct text text = take_text(&rest);
        if (text.size > 0) {
            put_inner(&parts->text, text);
        } else if (take_name(r, node, &rest, &name)) {
            flush(r, node, parts);
            add(r, node, parts, (struct rest_part){REST_VALUE, name});
        } else if (text_find(rest, TEXT("}}")) < 0) {
            break;
        }
    }
    buffer_add_char(&parts->text, '"');
}

/* Files are read with a bound on their depth. */
static void put_value(struct rest_reading *r, const cJSON *node, struct rest_pieces *parts)
{
    const cJSON *item;
    bool first = true, object = cJSON_IsObject(node);
    if (cJSON_IsString(node)) {
        put_string(r, node, parts);
    } else if (object || cJSON_IsArray(node)) {
        buffer_add_char(&parts->text, object ? '{' : '[');
        cJSON_ArrayForEach(item, node)
        {
            if (object) {
                json_put_member(&parts->text, &first, text_of(item->string));
            } else if (item != node->child) {
                buffer_add_char(&parts->text, ',');
            }
            put_value(r, item, parts);
        }
        buffer_add_char(&parts->text, object ? '}' : ']');
    } else {
        json_put_tree(&parts->text, node);
    }
}

struct rest_template rest_read_json(struct rest_reading *r, const cJSON *node)
{
    struct rest_pieces *parts = rest_keep(r, sizeof *parts);
    if (!parts) {
        return (struct rest_template){NULL, 0};
    }
    *parts = (struct rest_pieces){.count = 0};
    buffer_init(&parts->text, JSON_MAX);
    put_value(r, node, parts);
    flush(r, node, parts);
    buffer_fini(&parts->text);
    return keep_parts(r, parts);
}
