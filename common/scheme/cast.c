#include "common/scheme/cast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NESTED_MAX = 1 << 20 };
static const double integer_exact = 9007199254740992.0; /* 2^53: up to here a double counts one by one */

static bool is_integral(double n)
{
    return n >= -integer_exact && n <= integer_exact && floor(n) == n;
}

static int nested_text(const cJSON *item, struct arena *arena, struct text *out)
{
    struct buffer buffer;
    buffer_init(&buffer, NESTED_MAX);
    json_put_tree(&buffer, item);
    int error = buffer.failed ? ERR_MEMORY : 0;
    if (!error) {
        *out = arena_text(arena, buffer_text(&buffer));
        error = out->data ? 0 : ERR_MEMORY;
    }
    buffer_fini(&buffer);
    return error;
}

int scheme_value_of(const cJSON *item, struct arena *arena, struct value *out)
{
    struct value value = {.kind = VALUE_NIL};
    if (cJSON_IsBool(item)) {
        value.kind = VALUE_BOOL;
        value.flag = cJSON_IsTrue(item);
    } else if (cJSON_IsNumber(item) && is_integral(item->valuedouble)) {
        value.kind = VALUE_INT;
        value.integer = (int64_t)item->valuedouble;
    } else if (cJSON_IsNumber(item)) {
        value.kind = VALUE_REAL;
        value.real = item->valuedouble;
    } else if (cJSON_IsString(item)) {
        value.kind = VALUE_TEXT;
        value.text = json_text(item);
    } else if (cJSON_IsArray(item) || cJSON_IsObject(item)) {
        value.kind = VALUE_JSON;
        int error = nested_text(item, arena, &value.text);
        if (error) {
            return error;
        }
    }
    *out = value;
    return 0;
}

static struct text integer_text(int64_t n, char room[SCHEME_NUMBER_ROOM])
{
    int size = snprintf(room, SCHEME_NUMBER_ROOM, "%lld", (long long)n);
    return (struct text){room, (size_t)size};
}

/* The shortest decimal that reads back as the same number. */
static struct text real_text(double n, char room[SCHEME_NUMBER_ROOM])
{
    if (is_integral(n)) {
        return integer_text((int64_t)n, room);
    }
    int size = 0;
    for (int precision = 15; precision <= 17; precision++) {
        size = snprintf(room, SCHEME_NUMBER_ROOM, "%.*g", precision, n);
        if (strtod(room, NULL) == n) {
            break;
        }
    }
    return (struct text){room, (size_t)size};
}

static bool is_nothing(struct text json)
{
    return text_equal(json, TEXT("[]")) || text_equal(json, TEXT("{}"));
}

struct text scheme_value_text(const struct value *value, char room[SCHEME_NUMBER_ROOM])
{
    switch (value->kind) {
    case VALUE_BOOL:
        return value->flag ? TEXT("true") : TEXT("false");
    case VALUE_INT:
        return integer_text(value->integer, room);
    case VALUE_REAL:
        return real_text(value->real, room);
    case VALUE_NUMBER:
    case VALUE_TEXT:
        return value->text;
    case VALUE_JSON:
        return is_nothing(value->text) ? TEXT("") : value->text;
    case VALUE_BROKEN:
    case VALUE_NIL:
        break;
    }
    return TEXT("");
}

bool scheme_value_empty(enum scheme_type type, const struct value *value)
{
    return value->kind == VALUE_NIL || (value->kind == VALUE_TEXT && value->text.size == 0) ||
           (value->kind == VALUE_JSON && type != TYPE_ARRAY && is_nothing(value->text));
}

static int cast_boolean(const struct value *value, struct buffer *out)
{
    char room[SCHEME_NUMBER_ROOM];
    struct text text = value->kind == VALUE_JSON ? TEXT("") : scheme_value_text(value, room);
    if (text_equal(text, TEXT("true")) || text_equal(text, TEXT("1"))) {
        buffer_add_text(out, TEXT("true"));
    } else if (text_equal(text, TEXT("false")) || text_equal(text, TEXT("0"))) {
        buffer_add_text(out, TEXT("false"));
    } else {
        return ERR_SYNTAX;
    }
    return 0;
}

static int cast_integer(const struct value *value, struct buffer *out)
{
    int64_t n;
    if (value->kind == VALUE_INT) {
        n = value->integer;
    } else if (value->kind == VALUE_REAL && is_integral(value->real)) {
        n = (int64_t)value->real;
    } else if (value->kind != VALUE_TEXT || text_integer(value->text, &n) != 0) {
        return ERR_SYNTAX;
    }
    char room[SCHEME_NUMBER_ROOM];
    buffer_add_text(out, integer_text(n, room));
    return 0;
}

static size_t digits(struct text t, size_t at)
{
    while (at < t.size && t.data[at] >= '0' && t.data[at] <= '9') {
        at++;
    }
    return at;
}

/* A number as JSON writes it, so that its text may stand in a payload as it is. */
static bool is_number(struct text t)
{
    size_t start = t.size > 0 && t.data[0] == '-';
    size_t at = digits(t, start);
    if (at == start || (t.data[start] == '0' && at - start > 1)) {
        return false;
    }
    if (at < t.size && t.data[at] == '.') {
        size_t fraction = at + 1;
        at = digits(t, fraction);
        if (at == fraction) {
            return false;
        }
    }
    if (at < t.size && (t.data[at] == 'e' || t.data[at] == 'E')) {
        at += at + 1 < t.size && (t.data[at + 1] == '+' || t.data[at + 1] == '-') ? 2 : 1;
        size_t exponent = at;
        at = digits(t, exponent);
        if (at == exponent) {
            return false;
        }
    }
    return at == t.size;
}

static int cast_number(const struct value *value, struct buffer *out)
{
    char room[SCHEME_NUMBER_ROOM];
    struct text text = scheme_value_text(value, room);
    if (value->kind == VALUE_BOOL || value->kind == VALUE_JSON || !is_number(text)) {
        return ERR_SYNTAX;
    }
    buffer_add_text(out, text);
    return 0;
}

int scheme_cast(enum scheme_type type, const struct value *value, struct buffer *out)
{
    if (scheme_value_empty(type, value)) {
        return ERR_NOT_FOUND;
    }
    char room[SCHEME_NUMBER_ROOM];
    switch (type) {
    case TYPE_STRING:
        json_put_text(out, scheme_value_text(value, room));
        return 0;
    case TYPE_BOOLEAN:
        return cast_boolean(value, out);
    case TYPE_INTEGER:
        return cast_integer(value, out);
    case TYPE_NUMBER:
        return cast_number(value, out);
    case TYPE_ARRAY:
        if (value->kind != VALUE_JSON || value->text.size == 0 || value->text.data[0] != '[') {
            return ERR_SYNTAX;
        }
        buffer_add_text(out, value->text);
        return 0;
    }
    return ERR_SYNTAX;
}

const char *scheme_type_text(enum scheme_type type)
{
    static const char *const texts[] = {"a string", "a boolean (true, false, 1 or 0)", "a whole number", "a number",
                                        "an array"};
    return texts[type];
}
