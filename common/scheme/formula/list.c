#include "common/scheme/formula/list.h"

#include "common/scheme/cast.h"

enum { TREES_MAX = 8, PATH_NAME_MAX = 200 };

/* A double that no decimal holds: a text, which is no number. */
static struct formula_value unheld(struct formula_machine *m, const struct value *slot)
{
    char *room = formula_take(m, SCHEME_NUMBER_ROOM);
    return formula_text(room ? scheme_value_text(slot, room) : TEXT("?"));
}

struct formula_value formula_of_slot(struct formula_machine *m, const struct value *slot)
{
    struct formula_value v = {.type = FORMULA_EMPTY};
    switch (slot->kind) {
    case VALUE_BOOL:
        return formula_flag(slot->flag);
    case VALUE_INT:
        return formula_number(decimal_of(slot->integer));
    case VALUE_REAL:
        v.type = FORMULA_NUMBER;
        return decimal_of_double(slot->real, &v.number) == 0 ? v : unheld(m, slot);
    case VALUE_NUMBER:
        v.type = FORMULA_NUMBER;
        return decimal_parse(slot->text, &v.number) == 0 ? v : formula_text(slot->text);
    case VALUE_BROKEN: /* such a record is refused before */
    case VALUE_TEXT:
        return formula_text(slot->text);
    case VALUE_JSON:
        if (slot->text.size > 0 && slot->text.data[0] == '[') {
            v.type = FORMULA_LIST;
            v.list.items = NULL;
            v.list.count = 0;
            v.list.json = slot->text;
            return v;
        }
        return formula_text(text_equal(slot->text, TEXT("{}")) ? TEXT("") : slot->text);
    case VALUE_NIL:
        break;
    }
    return v;
}

static enum formula_error json_as_text(struct formula_machine *m, const cJSON *item, struct text *out)
{
    struct buffer buffer;
    buffer_init(&buffer, FORMULA_TEXT_MAX);
    json_put_tree(&buffer, item);
    char *copy = buffer.failed ? NULL : formula_take(m, buffer.size);
    if (copy) {
        memcpy(copy, buffer.data, buffer.size);
        *out = (struct text){copy, buffer.size};
    }
    buffer_fini(&buffer);
    return copy ? FORMULA_FINE : FORMULA_RANGE;
}

enum formula_error formula_of_json(struct formula_machine *m, const cJSON *item, struct formula_value *out)
{
    *out = (struct formula_value){.type = FORMULA_EMPTY};
    if (!item) {
        return FORMULA_FINE;
    }
    if (cJSON_IsString(item)) {
        *out = formula_text(json_text(item));
    } else if (cJSON_IsBool(item)) {
        *out = formula_flag(cJSON_IsTrue(item));
    } else if (cJSON_IsNumber(item)) {
        out->type = FORMULA_NUMBER;
        return decimal_of_double(item->valuedouble, &out->number) == 0 ? FORMULA_FINE : FORMULA_OVERFLOW;
    } else if (cJSON_IsArray(item)) {
        struct text json = TEXT("");
        enum formula_error error = json_as_text(m, item, &json);
        out->type = FORMULA_LIST;
        out->list.items = NULL;
        out->list.count = 0;
        out->list.json = json;
        return error;
    } else if (cJSON_IsObject(item) && item->child) {
        struct text json = TEXT("");
        enum formula_error error = json_as_text(m, item, &json);
        *out = formula_text(json);
        return error;
    }
    return FORMULA_FINE;
}

/* ---- lists ---- */

struct formula_trees { /* what was parsed of this record, by where its text stands */
    struct {
        const char *text;
        const cJSON *tree;
    } items[TREES_MAX];
    size_t count;
};

static enum formula_error tree_of(struct formula_machine *m, struct text json, const cJSON **out)
{
    struct formula_trees *trees = m->run->trees;
    if (!trees) {
        trees = m->run->trees = formula_take(m, sizeof *trees);
        if (!trees) {
            return FORMULA_RANGE;
        }
        trees->count = 0;
    }
    for (size_t i = 0; i < trees->count; i++) {
        if (trees->items[i].text == json.data) {
            *out = trees->items[i].tree;
            return FORMULA_FINE;
        }
    }
    struct cause cause;
    if (json_parse(m->run->arena, json, FORMULA_TEXT_MAX, JSON_STRICT, out, &cause) != 0) {
        return formula_blame(m, -1, FORMULA_RANGE, "a list that can't be read: it is too large or too deep");
    }
    if (trees->count < TREES_MAX) {
        trees->items[trees->count].text = json.data;
        trees->items[trees->count++].tree = *out;
    }
    return FORMULA_FINE;
}

/* Down "a.b" from an object; NULL where it ends. */
static const cJSON *descend(const cJSON *item, struct text path)
{
    while (item && path.size > 0) {
        char name[PATH_NAME_MAX];
        ptrdiff_t dot = text_find(path, TEXT("."));
        size_t size = dot < 0 ? path.size : (size_t)dot;
        if (size >= sizeof name) {
            return NULL;
        }
        memcpy(name, path.data, size);
        name[size] = '\0';
        item = json_get(item, name);
        size += dot >= 0;
        path = (struct text){path.data + size, path.size - size};
    }
    return item;
}

static enum formula_error spread(struct formula_machine *m, const cJSON *array, struct text path,
                                 struct formula_value *out)
{
    size_t count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        count++;
    }
    if (count > FORMULA_ITEMS_MAX) {
        return formula_blame(m, -1, FORMULA_RANGE, "a list of more than 10000 items");
    }
    struct formula_value *items = formula_take(m, count * sizeof *items);
    if (!items) {
        return FORMULA_RANGE;
    }
    size_t used = 0;
    cJSON_ArrayForEach(item, array)
    {
        enum formula_error error = formula_of_json(m, descend(item, path), &items[used++]);
        if (error) {
            return error;
        }
    }
    out->type = FORMULA_LIST;
    out->list.items = items;
    out->list.count = count;
    out->list.json = (struct text){NULL, 0};
    return FORMULA_FINE;
}

enum formula_error formula_items(struct formula_machine *m, const struct formula_value *v,
                                 const struct formula_value **items, size_t *count)
{
    if (v->type != FORMULA_LIST) {
        *items = v;
        *count = v->type != FORMULA_EMPTY;
        return FORMULA_FINE;
    }
    struct formula_value read = *v;
    if (!v->list.items) {
        const cJSON *tree;
        enum formula_error error = tree_of(m, v->list.json, &tree);
        error = error ? error : spread(m, tree, TEXT(""), &read);
        if (error) {
            return error;
        }
    }
    *items = read.list.items;
    *count = read.list.count;
    return FORMULA_FINE;
}

/* The first array on the way is spread, and what is left of the path taken of each element. */
static enum formula_error walk(struct formula_machine *m, const cJSON *item, struct text path,
                               struct formula_value *out)
{
    for (;;) {
        if (cJSON_IsArray(item) && path.size > 0) {
            return spread(m, item, path, out);
        }
        if (path.size == 0 || !item) {
            return formula_of_json(m, item, out);
        }
        ptrdiff_t dot = text_find(path, TEXT("."));
        size_t size = dot < 0 ? path.size : (size_t)dot;
        item = descend(item, (struct text){path.data, size});
        size += dot >= 0;
        path = (struct text){path.data + size, path.size - size};
    }
}

enum formula_error formula_path(struct formula_machine *m, const struct value *slot, struct text path,
                                struct formula_value *out)
{
    *out = (struct formula_value){.type = FORMULA_EMPTY};
    if (slot->kind != VALUE_JSON) {
        bool empty = slot->kind == VALUE_NIL || (slot->kind == VALUE_TEXT && slot->text.size == 0);
        *out = formula_of_slot(m, slot); /* for the message */
        return empty ? FORMULA_FINE : formula_blame(m, 0, FORMULA_TYPE_WRONG, "it is no list");
    }
    const cJSON *tree;
    enum formula_error error = tree_of(m, slot->text, &tree);
    return error ? error : walk(m, tree, path, out);
}

enum formula_error formula_row_path(struct formula_machine *m, const cJSON *row, struct text path,
                                    struct formula_value *out)
{
    if (!cJSON_IsObject(row) && text_equal(path, TEXT("value"))) {
        return formula_of_json(m, row, out); /* ["a", "b"]: the row itself */
    }
    return walk(m, row, path, out);
}

int formula_rows(struct formula_run *run, struct text json, struct text path, const cJSON **out)
{
    struct formula_machine m = {.run = run};
    const cJSON *tree;
    if (tree_of(&m, json, &tree) != FORMULA_FINE) {
        return ERR_LIMIT;
    }
    *out = descend(tree, path);
    return 0;
}
