#include "transformer/evaluate.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/scheme/cast.h"
#include "common/scheme/formula/date.h"
#include "common/scheme/formula/lua/script.h"

enum { ARENA_KEPT = 256 << 10, SHOWN = 80 };

int evaluation_missing(struct text name, struct text where, struct text lookup, struct cause *cause)
{
    char hint[80] = "";
    if (lookup.size > 0) {
        snprintf(hint, sizeof hint, "; `dianchen lookup %.*s` lists the ids", TEXT_ARG(lookup));
    }
    return cause_set(cause, ERR_INPUT, "%.*s: the scheme needs it (%s); set it in the environment or .env%s",
                     TEXT_ARG(name), where.data, hint);
}

int evaluation_init(struct evaluation *e, const struct scheme *scheme, const char *(*variable)(const char *name),
                    struct cause *cause)
{
    enum { DAY = 86400 };
    e->scheme = scheme;
    e->today = (clock_wall() / 1000 + DATE_ZONE) / DAY * DAY;
    arena_init(&e->arena, FORMULA_ARENA_MAX);
    e->variables = calloc(scheme->variable_count + 1, sizeof *e->variables);
    if (!e->variables) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    if (scheme->script.size > 0) {
        struct cause why = {"out of memory"};
        int error = formula_script_new(scheme->script_name.data, scheme->script, &e->script, &why);
        if (error) {
            return cause_set(cause, error == ERR_MEMORY ? error : ERR_INPUT, "%.*s: %s", TEXT_ARG(scheme->script_name),
                             why.text);
        }
    }
    for (size_t i = 0; i < scheme->variable_count; i++) {
        const struct scheme_variable *v = &scheme->variables[i];
        const char *value = variable(v->name.data);
        if (!value || !*value) {
            return evaluation_missing(v->name, v->where, v->lookup, cause);
        }
        e->variables[i] = text_of(strdup(value));
        if (!e->variables[i].data) {
            return cause_set(cause, ERR_MEMORY, "out of memory");
        }
    }
    return 0;
}

void evaluation_fini(struct evaluation *e)
{
    for (size_t i = 0; e->variables && i < e->scheme->variable_count; i++) {
        free((char *)e->variables[i].data);
    }
    free(e->variables);
    formula_script_free(&e->script);
    arena_fini(&e->arena);
}

void evaluation_begin(struct evaluation *e, const struct value *slots)
{
    arena_reset(&e->arena, ARENA_KEPT);
    e->run = (struct formula_run){.slots = slots, .variables = e->variables, .arena = &e->arena, .script = e->script};
    int place = e->scheme->run_date_place;
    if (place > 0) {
        e->run.run_date = slots[place - 1].kind == VALUE_INT ? slots[place - 1].integer : e->today;
    }
}

static int evaluate(struct evaluation *e, const struct formula *formula, struct formula_value *out)
{
    return formula_evaluate(formula, &e->run, out, &e->failure);
}

static int refuse(struct evaluation *e, enum formula_error error, const char *text)
{
    e->failure.error = error;
    snprintf(e->failure.text, sizeof e->failure.text, "%s", text);
    return ERR_REFUSED;
}

static int condition(struct evaluation *e, const struct formula *formula, bool *holds)
{
    struct formula_value value;
    int error = evaluate(e, formula, &value);
    if (!error) {
        *holds = value.flag; /* it was compiled as a condition */
    }
    return error;
}

bool evaluation_filters(const struct evaluation *e)
{
    return e->scheme->filter_formula != NULL;
}

int evaluate_filter(struct evaluation *e, bool *holds)
{
    int error = condition(e, e->scheme->filter_formula, holds);
    if (error) {
        snprintf(e->place, sizeof e->place, "filter");
    }
    return error;
}

int evaluate_field(struct evaluation *e, const struct scheme_assignment *field, struct value *out)
{
    struct formula_value value;
    int error = evaluate(e, field->formula, &value);
    if (error) {
        snprintf(e->place, sizeof e->place, "field %.*s", TEXT_ARG(field->name));
        return error;
    }
    error = formula_value_plain(&value, &e->arena, out);
    if (!error && value.type == FORMULA_QUESTION) {
        out->kind = VALUE_JSON;
    }
    return error;
}

/* ---- nested ---- */

struct piece { /* what is being rendered, for messages: the way down from the field */
    struct text name;
    size_t row; /* from 1; 0 = no row */
    const struct piece *outer;
};

static void put_place(struct buffer *out, const struct piece *piece)
{
    if (piece->outer) {
        put_place(out, piece->outer);
    }
    if (piece->name.size > 0) {
        buffer_format(out, "%s%.*s", piece->outer ? "." : "field ", TEXT_ARG(piece->name));
    }
    if (piece->row > 0) {
        buffer_format(out, "[%zu]", piece->row);
    }
}

static int placed(struct evaluation *e, const struct piece *piece, int error)
{
    struct buffer place = {.data = e->place, .room = sizeof e->place - 1, .limit = sizeof e->place - 1};
    put_place(&place, piece);
    e->place[place.size] = '\0';
    return error;
}

static int render(struct evaluation *e, const struct scheme_nested *node, const struct piece *piece,
                  struct buffer *out);

static int cast(struct evaluation *e, const struct scheme_nested *node, const struct formula_value *value,
                const struct piece *piece, struct buffer *out)
{
    struct value plain;
    if (formula_value_plain(value, &e->arena, &plain) != 0) {
        return ERR_MEMORY;
    }
    if (value->type == FORMULA_QUESTION) {
        buffer_add_text(out, plain.text);
        return 0;
    }
    enum scheme_type type = node->type;
    if (!node->typed) {
        type = value->type == FORMULA_NUMBER    ? TYPE_NUMBER
               : value->type == FORMULA_BOOLEAN ? TYPE_BOOLEAN
               : value->type == FORMULA_LIST    ? TYPE_ARRAY
                                                : TYPE_STRING;
    }
    int error = scheme_cast(type, &plain, out);
    if (error == ERR_SYNTAX) {
        char text[200], shown[120];
        char room[SCHEME_NUMBER_ROOM];
        struct text told = scheme_value_text(&plain, room);
        snprintf(shown, sizeof shown, "%.*s", (int)text_cut(told, SHOWN), told.size ? told.data : "");
        snprintf(text, sizeof text, "'%s' does not become %s", formula_hides(node->formula) ? "…" : shown,
                 scheme_type_text(type));
        return placed(e, piece, refuse(e, FORMULA_TYPE_WRONG, text));
    }
    return error;
}

static int render_formula(struct evaluation *e, const struct scheme_nested *node, const struct piece *piece,
                          struct buffer *out)
{
    struct formula_value value;
    int error = evaluate(e, node->formula, &value);
    if (error) {
        return error == ERR_REFUSED ? placed(e, piece, error) : error;
    }
    return cast(e, node, &value, piece, out);
}

static int render_object(struct evaluation *e, const struct scheme_nested *node, const struct piece *piece,
                         struct buffer *out)
{
    size_t before = out->size;
    bool any = false;
    buffer_add_char(out, '{');
    for (size_t i = 0; i < node->count; i++) {
        const struct scheme_nested *child = &node->children[i];
        const struct piece inner = {.name = child->name, .outer = piece};
        size_t here = out->size;
        buffer_add_text(out, any ? TEXT(",") : TEXT(""));
        buffer_add_text(out, child->member);
        int error = render(e, child, &inner, out);
        if (error == ERR_NOT_FOUND) {
            out->size = here;
            if (child->required) {
                return placed(e, &inner, refuse(e, FORMULA_IS_EMPTY, "empty, and the target requires it"));
            }
            continue;
        }
        if (error) {
            return error;
        }
        any = true;
    }
    buffer_add_char(out, '}');
    if (!any) {
        out->size = before;
        return ERR_NOT_FOUND;
    }
    return 0;
}

/* The rows of an `each`: NULL where there are none. */
static int rows_of(struct evaluation *e, const struct scheme_nested *node, const struct piece *piece, const cJSON **out)
{
    const struct value *slot = &e->run.slots[node->slot];
    *out = NULL;
    if (scheme_value_empty(TYPE_STRING, slot)) {
        return 0;
    }
    const cJSON *tree = NULL;
    if (slot->kind == VALUE_JSON) {
        int error = formula_rows(&e->run, slot->text, node->path, &tree);
        if (error) {
            return error == ERR_LIMIT
                       ? placed(e, piece, refuse(e, FORMULA_RANGE, "a list that is too large or too deep"))
                       : error;
        }
        if (!tree || cJSON_IsNull(tree) || (cJSON_IsObject(tree) && !tree->child)) {
            return 0;
        }
    }
    if (!tree || !cJSON_IsArray(tree)) {
        char text[200];
        snprintf(text, sizeof text, "%.*s is no list", TEXT_ARG(e->scheme->slots[node->slot]));
        return placed(e, piece, refuse(e, FORMULA_TYPE_WRONG, text));
    }
    *out = tree->child;
    return 0;
}

/* Appends the rows with commas in between; *any says whether something stands there already. */
static int render_each(struct evaluation *e, const struct scheme_nested *node, const struct piece *piece, bool *any,
                       struct buffer *out)
{
    const cJSON *row;
    int error = rows_of(e, node, piece, &row);
    for (size_t n = 1; !error && row; row = row->next, n++) {
        struct piece inner = {.row = n, .outer = piece};
        bool holds = true;
        e->run.row = row;
        if (node->formula) {
            error = condition(e, node->formula, &holds);
            if (error == ERR_REFUSED) {
                (void)placed(e, &inner, error);
            }
        }
        if (error || !holds) {
            continue;
        }
        size_t before = out->size;
        buffer_add_text(out, *any ? TEXT(",") : TEXT(""));
        error = render_object(e, node->children, &inner, out);
        if (error == ERR_NOT_FOUND) { /* all of it is empty: no row */
            out->size = before;
            error = 0;
        } else {
            *any = true;
        }
    }
    e->run.row = NULL;
    return error;
}

static int render_list(struct evaluation *e, const struct scheme_nested *node, const struct piece *piece,
                       struct buffer *out)
{
    size_t before = out->size;
    bool any = false;
    int error = 0;
    buffer_add_char(out, '[');
    bool each = node->kind == NESTED_EACH;
    for (size_t i = 0; i < (each ? 1 : node->count) && !error; i++) {
        const struct scheme_nested *child = each ? node : &node->children[i];
        if (child->kind == NESTED_EACH) {
            error = render_each(e, child, piece, &any, out);
            continue;
        }
        const struct piece inner = {.row = i + 1, .outer = piece};
        size_t here = out->size;
        buffer_add_text(out, any ? TEXT(",") : TEXT(""));
        error = render(e, child, &inner, out);
        if (error == ERR_NOT_FOUND) {
            out->size = here;
            error = 0;
        } else {
            any = true;
        }
    }
    buffer_add_char(out, ']');
    if (!error && !any) {
        out->size = before;
        return ERR_NOT_FOUND;
    }
    return error;
}

static int render(struct evaluation *e, const struct scheme_nested *node, const struct piece *piece, struct buffer *out)
{
    switch (node->kind) {
    case NESTED_JSON:
        buffer_add_text(out, node->json);
        return 0;
    case NESTED_FORMULA:
        return render_formula(e, node, piece, out);
    case NESTED_OBJECT:
        return render_object(e, node, piece, out);
    case NESTED_LIST:
    case NESTED_EACH:
        break;
    }
    return render_list(e, node, piece, out);
}

int evaluate_nested(struct evaluation *e, const struct scheme_assignment *field, struct buffer *out)
{
    const struct piece piece = {.name = field->name};
    size_t before = out->size;
    int error = render(e, field->nested, &piece, out);
    if (error) {
        out->size = before;
    }
    return error;
}
