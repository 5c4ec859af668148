#include "common/scheme/formula/value.h"

#include <stdio.h>

#include "common/scheme/formula/date.h"

const char *formula_error_text(enum formula_error error)
{
    static const char *const texts[FORMULA_ERRORS] = {
        "",
        "formula.number",
        "formula.empty",
        "formula.divide",
        "formula.overflow",
        "formula.date",
        "formula.type",
        "formula.lookup",
        "formula.range",
        "formula.script",
    };
    return texts[error];
}

const char *formula_type_text(enum formula_type type)
{
    static const char *const texts[] = {"empty", "text", "number", "boolean", "date", "list", "lookup"};
    return texts[type];
}

size_t formula_characters(struct text t, size_t n)
{
    size_t at = 0;
    for (; n > 0 && at < t.size; n--) {
        at += formula_character((struct text){t.data + at, t.size - at});
    }
    return at;
}

size_t formula_length(struct text t)
{
    size_t count = 0;
    for (size_t at = 0; at < t.size; count++) {
        at += formula_character((struct text){t.data + at, t.size - at});
    }
    return count;
}

/* ---- one value ---- */

static bool is_bare(struct text json)
{
    return json.size <= 2; /* [] */
}

bool formula_is_empty(const struct formula_value *v)
{
    switch (v->type) {
    case FORMULA_EMPTY:
        return true;
    case FORMULA_TEXT:
        return v->text.size == 0;
    case FORMULA_LIST:
        return v->list.items ? v->list.count == 0 : is_bare(v->list.json);
    default:
        return false;
    }
}

enum formula_error formula_as_number(const struct formula_value *v, struct decimal *out)
{
    int error;
    switch (v->type) {
    case FORMULA_NUMBER:
        *out = v->number;
        return FORMULA_FINE;
    case FORMULA_TEXT:
        if (v->text.size == 0) {
            return FORMULA_IS_EMPTY;
        }
        error = decimal_parse(v->text, out);
        return error == 0 ? FORMULA_FINE : error == ERR_LIMIT ? FORMULA_OVERFLOW : FORMULA_NO_NUMBER;
    case FORMULA_EMPTY:
        return FORMULA_IS_EMPTY;
    default:
        return FORMULA_TYPE_WRONG;
    }
}

enum formula_error formula_as_date(const struct formula_value *v, int64_t *out)
{
    char room[DECIMAL_ROOM];
    struct text text = {NULL, 0};
    switch (v->type) {
    case FORMULA_DATE:
        *out = v->date;
        return FORMULA_FINE;
    case FORMULA_EMPTY:
        return FORMULA_IS_EMPTY;
    case FORMULA_TEXT:
        text = v->text;
        break;
    case FORMULA_NUMBER: /* 20240229, where a reply has it without quotes */
        text = decimal_print(&v->number, room);
        break;
    default:
        return FORMULA_TYPE_WRONG;
    }
    int error = date_parse(text, out);
    return error == 0 ? FORMULA_FINE : error == ERR_NOT_FOUND ? FORMULA_IS_EMPTY : FORMULA_NO_DATE;
}

enum formula_error formula_condition(const struct formula_value *v, bool *out)
{
    char room[DECIMAL_ROOM];
    struct text text = {NULL, 0};
    switch (v->type) {
    case FORMULA_BOOLEAN:
        *out = v->flag;
        return FORMULA_FINE;
    case FORMULA_EMPTY:
        *out = false;
        return FORMULA_FINE;
    case FORMULA_TEXT:
        text = v->text;
        break;
    case FORMULA_NUMBER:
        text = decimal_print(&v->number, room);
        break;
    default:
        return FORMULA_TYPE_WRONG;
    }
    bool yes = text_equal(text, TEXT("1")) || (v->type == FORMULA_TEXT && text_equal(text, TEXT("true")));
    bool no =
        text.size == 0 || text_equal(text, TEXT("0")) || (v->type == FORMULA_TEXT && text_equal(text, TEXT("false")));
    if (!yes && !no) {
        return FORMULA_TYPE_WRONG;
    }
    *out = yes;
    return FORMULA_FINE;
}

bool formula_is_percentage(struct text t)
{
    t = text_trim(t);
    return t.size > 1 && t.data[0] >= '0' && t.data[0] <= '9' && t.data[t.size - 1] == '%';
}

static struct text plain_text(const struct formula_value *v)
{
    switch (v->type) {
    case FORMULA_TEXT:
    case FORMULA_QUESTION:
        return v->text;
    case FORMULA_BOOLEAN:
        return v->flag ? TEXT("true") : TEXT("false");
    default:
        return TEXT("");
    }
}

enum formula_error formula_as_text(struct formula_machine *m, const struct formula_value *v, struct text *out)
{
    char *room;
    switch (v->type) {
    case FORMULA_NUMBER:
        room = formula_take(m, DECIMAL_ROOM);
        if (!room) {
            return FORMULA_RANGE;
        }
        *out = decimal_print(&v->number, room);
        return FORMULA_FINE;
    case FORMULA_DATE:
        room = formula_take(m, DATE_ROOM);
        if (!room) {
            return FORMULA_RANGE;
        }
        *out = date_print(v->date, room);
        return FORMULA_FINE;
    case FORMULA_LIST:
    case FORMULA_QUESTION:
        return FORMULA_TYPE_WRONG;
    default:
        *out = plain_text(v);
        return FORMULA_FINE;
    }
}

/* ---- two values ---- */

static int sign(int64_t n)
{
    return (n > 0) - (n < 0);
}

enum formula_error formula_order(struct formula_machine *m, const struct formula_value *a,
                                 const struct formula_value *b, int *order, bool *broken)
{
    *broken = a->type >= FORMULA_LIST || b->type >= FORMULA_LIST;
    if (*broken) {
        return formula_blame(m, a->type >= FORMULA_LIST ? 0 : 1, FORMULA_TYPE_WRONG, NULL);
    }
    if (a->type == FORMULA_DATE || b->type == FORMULA_DATE) { /* first: the number 20240229 is a date, too */
        int64_t x, y;
        enum formula_error left = formula_as_date(a, &x), right = formula_as_date(b, &y);
        if (left || right) {
            return formula_blame(m, left ? 0 : 1, FORMULA_TYPE_WRONG, "it is compared with a date");
        }
        *order = sign(x - y);
        return FORMULA_FINE;
    }
    if (a->type == FORMULA_NUMBER && b->type == FORMULA_NUMBER) {
        *order = decimal_compare(&a->number, &b->number);
        return FORMULA_FINE;
    }
    if (a->type == FORMULA_NUMBER || b->type == FORMULA_NUMBER) {
        struct decimal x, y;
        enum formula_error left = formula_as_number(a, &x), right = formula_as_number(b, &y);
        if (left || right) {
            bool empty = (left ? left : right) == FORMULA_IS_EMPTY;
            return formula_blame(m, left ? 0 : 1, FORMULA_TYPE_WRONG,
                                 empty ? N_("it is compared with a number; IFEMPTY(…, 0) puts one there")
                                       : N_("it is compared with a number"));
        }
        *order = decimal_compare(&x, &y);
        return FORMULA_FINE;
    }
    struct text x = plain_text(a), y = plain_text(b);
    size_t common = x.size < y.size ? x.size : y.size;
    int bytes = common > 0 ? memcmp(x.data, y.data, common) : 0;
    *order = bytes != 0 ? bytes : (x.size > y.size) - (x.size < y.size);
    return FORMULA_FINE;
}

enum formula_error formula_equal(struct formula_machine *m, const struct formula_value *a,
                                 const struct formula_value *b, bool *out)
{
    int order = 1;
    bool broken;
    enum formula_error error = formula_order(m, a, b, &order, &broken);
    *out = !error && order == 0;
    return broken ? error : FORMULA_FINE;
}

/* ---- to the outside ---- */

static void put_item(struct buffer *out, const struct formula_value *v)
{
    char number[DECIMAL_ROOM], date[DATE_ROOM];
    switch (v->type) {
    case FORMULA_NUMBER:
        buffer_add_text(out, decimal_print(&v->number, number));
        break;
    case FORMULA_DATE:
        json_put_text(out, date_print(v->date, date));
        break;
    case FORMULA_BOOLEAN:
    case FORMULA_QUESTION:
        buffer_add_text(out, plain_text(v));
        break;
    case FORMULA_LIST:
        buffer_add_text(out, v->list.json.data ? v->list.json : TEXT("[]"));
        break;
    default:
        json_put_text(out, plain_text(v));
    }
}

static struct text list_text(const struct formula_value *v, struct arena *arena)
{
    if (v->list.json.data) {
        return v->list.json;
    }
    struct buffer buffer;
    buffer_init(&buffer, FORMULA_TEXT_MAX);
    buffer_add_char(&buffer, '[');
    for (size_t i = 0; i < v->list.count; i++) {
        if (i > 0) {
            buffer_add_char(&buffer, ',');
        }
        put_item(&buffer, &v->list.items[i]);
    }
    buffer_add_char(&buffer, ']');
    struct text text = buffer.failed ? (struct text){NULL, 0} : arena_text(arena, buffer_text(&buffer));
    buffer_fini(&buffer);
    return text;
}

struct text formula_value_text(const struct formula_value *v, struct arena *arena)
{
    char number[DECIMAL_ROOM], date[DATE_ROOM];
    switch (v->type) {
    case FORMULA_NUMBER:
        return arena_text(arena, decimal_print(&v->number, number));
    case FORMULA_DATE:
        return arena_text(arena, date_print(v->date, date));
    case FORMULA_LIST:
        return list_text(v, arena);
    default:
        return plain_text(v);
    }
}

int formula_value_plain(const struct formula_value *v, struct arena *arena, struct value *out)
{
    if (v->type == FORMULA_TEXT) {
        *out = (struct value){.kind = VALUE_TEXT, .text = v->text};
        return 0;
    }
    *out = (struct value){.kind = VALUE_NIL};
    if (v->type == FORMULA_BOOLEAN) {
        out->kind = VALUE_BOOL;
        out->flag = v->flag;
    } else if (v->type != FORMULA_EMPTY) {
        out->kind = v->type == FORMULA_LIST ? VALUE_JSON : VALUE_TEXT;
        out->text = formula_value_text(v, arena);
    }
    return out->kind != VALUE_NIL && out->kind != VALUE_BOOL && !out->text.data && out->text.size == 0 ? ERR_MEMORY : 0;
}

void formula_show(const struct formula_value *v, char *out, size_t size)
{
    enum { SHOWN = 80 };
    char number[DECIMAL_ROOM], date[DATE_ROOM];
    struct text text;
    switch (v->type) {
    case FORMULA_EMPTY:
        snprintf(out, size, "empty");
        break;
    case FORMULA_NUMBER:
        text = decimal_print(&v->number, number);
        snprintf(out, size, "%.*s", TEXT_ARG(text));
        break;
    case FORMULA_DATE:
        text = date_print(v->date, date);
        snprintf(out, size, "%.*s", TEXT_ARG(text));
        break;
    case FORMULA_LIST:
        snprintf(out, size, "a list");
        break;
    case FORMULA_QUESTION:
        snprintf(out, size, "a LOOKUP");
        break;
    default:
        text = plain_text(v);
        if (text.size == 0) {
            snprintf(out, size, "empty");
        } else {
            snprintf(out, size, v->type == FORMULA_BOOLEAN ? "%.*s" : "'%.*s'", (int)text_cut(text, SHOWN), text.data);
        }
    }
}
