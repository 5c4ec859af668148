#include "common/scheme/nested.h"

#include "common/scheme/cast.h"
#include "common/scheme/expression.h"

enum { NESTED_DEPTH = 8, VALUE_SHOWN = 80, CONSTANT_MAX = 1 << 20 };

struct inside { /* where in the array the compiler is */
    struct scheme_compile *c;
    const struct scheme_field *array;
    struct scheme_expression at; /* rows, if inside an `each` */
    int depth;
};

static bool compile_any(struct inside *in, const cJSON *node, const struct scheme_field *field,
                        struct scheme_nested *out);

bool scheme_nested_lives(const cJSON *node)
{
    struct text text = json_text(node), constant;
    if (cJSON_IsString(node)) {
        return scheme_is_formula(text) || scheme_is_nearly_formula(text) || scheme_is_quoted(text, &constant) ||
               text_find(text, TEXT("{{")) >= 0;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, node)
    {
        if (scheme_nested_lives(item) || (cJSON_IsObject(node) && strcmp(item->string, "each") == 0)) {
            return true;
        }
    }
    return false;
}

bool scheme_compile_constant(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                             struct text *json)
{
    struct value value;
    if (scheme_value_of(node, &c->work, &value) != 0) {
        c->faults.memory = true;
        return false;
    }
    struct text constant;
    if (value.kind == VALUE_TEXT && scheme_is_quoted(value.text, &constant)) {
        value.text = constant;
    }
    struct buffer written;
    buffer_init(&written, CONSTANT_MAX);
    int error = scheme_cast(field->type, &value, &written);
    if (error == ERR_SYNTAX) {
        char room[SCHEME_NUMBER_ROOM];
        struct text shown = scheme_value_text(&value, room);
        scheme_fault(&c->faults, &c->file, node, "%.*s does not become %s, the type of %.*s (%.*s)",
                     (int)text_cut(shown, VALUE_SHOWN), shown.data, scheme_type_text(field->type),
                     TEXT_ARG(field->name), TEXT_ARG(field->label));
    } else if (error == ERR_NOT_FOUND && field->required) {
        scheme_fault(&c->faults, &c->file, node, "%.*s (%.*s) is required and can't be empty", TEXT_ARG(field->name),
                     TEXT_ARG(field->label));
    } else if (written.failed) {
        c->faults.memory = true;
    } else {
        *json = scheme_keep_text(c, buffer_text(&written));
    }
    buffer_fini(&written);
    return error == 0;
}

/* A constant of no known type: as it stands. */
static bool untyped(struct inside *in, const cJSON *node, struct text *json)
{
    struct text text = json_text(node), constant;
    struct buffer written;
    buffer_init(&written, CONSTANT_MAX);
    if (cJSON_IsString(node) && scheme_is_quoted(text, &constant)) {
        json_put_text(&written, constant);
    } else {
        json_put_tree(&written, node);
    }
    if (written.failed) {
        in->c->faults.memory = true;
    } else {
        *json = scheme_keep_text(in->c, buffer_text(&written));
    }
    buffer_fini(&written);
    return json->size > 0;
}

static bool compile_leaf(struct inside *in, const cJSON *node, const struct scheme_field *field,
                         struct scheme_nested *out)
{
    struct text text = json_text(node), constant;
    bool is_text = cJSON_IsString(node);
    in->at.node = node;
    in->at.target = field;
    if (is_text && scheme_refuse_nearly(in->c, node)) {
        return false;
    }
    if (is_text && scheme_is_formula(text)) {
        out->formula = scheme_compile_formula(in->c, &in->at, text);
    } else if (is_text && !scheme_is_quoted(text, &constant) && text_find(text, TEXT("{{")) >= 0) {
        out->formula = scheme_compile_mix(in->c, &in->at);
    } else {
        out->kind = NESTED_JSON;
        return field ? scheme_compile_constant(in->c, node, field, &out->json) : untyped(in, node, &out->json);
    }
    out->kind = NESTED_FORMULA;
    return out->formula != NULL;
}

/* The field of a row of the target's array; NULL where they are not told. */
static bool row_field(struct inside *in, const cJSON *item, const struct scheme_field **out)
{
    struct scheme_guess guess;
    const struct scheme_fields *fields = &in->array->fields;
    *out = NULL;
    if (!fields->items || in->depth > 1) {
        return true;
    }
    *out = scheme_field_find(fields, text_of(item->string), &guess);
    if (!*out) {
        scheme_fault(&in->c->faults, &in->c->file, item, "the rows of %.*s have no such field%s",
                     TEXT_ARG(in->array->name), scheme_guess_tail(&guess));
    }
    return *out != NULL;
}

static bool compile_object(struct inside *in, const cJSON *node, struct scheme_nested *out)
{
    struct scheme_nested *children = scheme_keep(in->c, (size_t)cJSON_GetArraySize(node), sizeof *children);
    const cJSON *item;
    if (!children) {
        return false;
    }
    out->kind = NESTED_OBJECT;
    out->children = children;
    in->depth++;
    cJSON_ArrayForEach(item, node)
    {
        struct scheme_nested *child = &children[out->count];
        const struct scheme_field *field;
        *child = (struct scheme_nested){.slot = -1};
        if (!row_field(in, item, &field) || !compile_any(in, item, field, child)) {
            continue;
        }
        struct buffer member;
        buffer_init(&member, CONSTANT_MAX);
        json_put_text(&member, text_of(item->string));
        buffer_add_char(&member, ':');
        child->member = scheme_keep_text(in->c, buffer_text(&member));
        child->name = scheme_keep_text(in->c, text_of(item->string));
        buffer_fini(&member);
        out->count++;
    }
    in->depth--;
    const struct scheme_fields *fields = &in->array->fields;
    for (size_t i = 0; in->depth == 0 && fields->items && i < fields->count; i++) {
        if (fields->items[i].required && !json_get(node, fields->items[i].name.data)) {
            scheme_fault(&in->c->faults, &in->c->file, node, "%.*s (%.*s) is missing, and a row of %.*s requires it",
                         TEXT_ARG(fields->items[i].name), TEXT_ARG(fields->items[i].label), TEXT_ARG(in->array->name));
        }
    }
    return true;
}

static bool compile_list(struct inside *in, const cJSON *node, struct scheme_nested *out)
{
    struct scheme_nested *children = scheme_keep(in->c, (size_t)cJSON_GetArraySize(node), sizeof *children);
    const cJSON *item;
    if (!children) {
        return false;
    }
    out->kind = NESTED_LIST;
    out->children = children;
    cJSON_ArrayForEach(item, node)
    {
        children[out->count] = (struct scheme_nested){.slot = -1};
        out->count += compile_any(in, item, NULL, &children[out->count]);
    }
    return true;
}

/* The list of `each`: a field of type array, or a part of one. */
static bool compile_rows(struct inside *in, const cJSON *node, struct scheme_nested *out)
{
    struct scheme_compile *c = in->c;
    struct text name = json_text(node);
    ptrdiff_t dot = text_find(name, TEXT("."));
    bool whole = dot <= 0 || (c->source.loaded && scheme_field_of(c, name));
    struct text first = whole ? name : (struct text){name.data, (size_t)dot};
    out->slot = scheme_use_field(c, node, first);
    out->path = whole ? TEXT("") : scheme_keep_text(c, (struct text){name.data + dot + 1, name.size - (size_t)dot - 1});
    in->at.rows = scheme_keep_text(c, name);
    in->at.row_fields = NULL;
    const struct scheme_field *field = out->slot >= 0 && whole ? scheme_field_of(c, first) : NULL;
    if (field && field->type != TYPE_ARRAY) {
        scheme_fault(&c->faults, &c->file, node, "%.*s (%.*s) is no array, so it has no rows", TEXT_ARG(field->name),
                     TEXT_ARG(field->label));
    } else if (field) {
        in->at.row_fields = &field->fields;
    }
    return out->slot >= 0;
}

static bool compile_each(struct inside *in, const cJSON *node, struct scheme_nested *out)
{
    struct scheme_compile *c = in->c;
    if (in->at.row) {
        scheme_fault(&c->faults, &c->file, node, "an each inside an each is not possible");
        return false;
    }
    if (!scheme_check(&c->faults, &c->file, node, DOCUMENT_SCHEME, "/target/request/*") ||
        !compile_rows(in, json_get(node, "each"), out)) {
        return false;
    }
    struct scheme_nested *object = scheme_keep(c, 1, sizeof *object);
    const cJSON *when = json_get(node, "when");
    if (!object) {
        return false;
    }
    in->at.row = true;
    in->at.node = when;
    in->at.target = NULL;
    if (when && !scheme_is_formula(json_text(when))) {
        scheme_fault(&c->faults, &c->file, when, "must be a formula: \"=…\"");
    } else if (when) {
        in->at.condition = true;
        out->formula = scheme_compile_formula(c, &in->at, json_text(when));
        in->at.condition = false;
    }
    *object = (struct scheme_nested){.slot = -1};
    out->kind = NESTED_EACH;
    out->children = object;
    out->count = 1;
    bool good = compile_object(in, json_get(node, "fields"), object);
    in->at.row = false;
    return good;
}

static bool compile_any(struct inside *in, const cJSON *node, const struct scheme_field *field,
                        struct scheme_nested *out)
{
    if (field) {
        out->typed = true;
        out->type = field->type;
        out->required = field->required;
    }
    if (in->depth > NESTED_DEPTH) {
        scheme_fault(&in->c->faults, &in->c->file, node, "more than %d objects in one another", NESTED_DEPTH);
        return false;
    }
    bool lives = !field || field->type == TYPE_ARRAY || scheme_nested_lives(node);
    if (cJSON_IsObject(node) && lives) {
        return json_get(node, "each") ? compile_each(in, node, out) : compile_object(in, node, out);
    }
    if (cJSON_IsArray(node) && lives) {
        in->depth++;
        bool good = compile_list(in, node, out);
        in->depth--;
        return good;
    }
    return compile_leaf(in, node, field, out);
}

const struct scheme_nested *scheme_compile_nested(struct scheme_compile *c, const cJSON *node,
                                                  const struct scheme_field *field)
{
    struct inside in = {.c = c, .array = field};
    struct scheme_nested *out = scheme_keep(c, 1, sizeof *out);
    if (!out) {
        return NULL;
    }
    *out = (struct scheme_nested){.slot = -1};
    bool good;
    if (cJSON_IsArray(node)) {
        good = compile_list(&in, node, out);
    } else {
        good = compile_any(&in, node, NULL, out);
    }
    return good ? out : NULL;
}
