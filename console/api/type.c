#include "console/api/type.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "console/api/operation.h"
#include "console/serve/request.h"

enum { TYPE_DEPTH = 12, PATH_ROOM = 200 };

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void skip_space(const char **at)
{
    while (**at == ' ') {
        (*at)++;
    }
}

static struct text word_take(const char **at)
{
    const char *begin = *at;
    while (word_char(**at)) {
        (*at)++;
    }
    assert(*at > begin);
    return (struct text){begin, (size_t)(*at - begin)};
}

static const char *named_find(struct text name)
{
    for (const struct named_type *one = named_types; one->name; one++) {
        if (text_equal(text_of(one->name), name)) {
            return one->type;
        }
    }
    return NULL;
}

/* One member of an object: `name?:` is taken; false at its end. */
static bool member_take(const char **at, struct text *name, bool *optional, bool *open)
{
    for (;;) {
        skip_space(at);
        if (**at == '}') {
            (*at)++;
            return false;
        }
        if (strncmp(*at, "...", 3) == 0) {
            *open = true;
            *at += 3;
            continue;
        }
        *name = word_take(at);
        *optional = **at == '?';
        *at += *optional ? 2 : 1;
        return true;
    }
}

/* ---- as JSON Schema ---- */

static void schema_put(struct buffer *out, const char **at);

static void schema_object(struct buffer *out, const char **at)
{
    struct text name, required[64];
    bool optional, open = false;
    size_t count = 0, members = 0;
    buffer_add_text(out, TEXT("{\"type\":\"object\",\"properties\":{"));
    while (member_take(at, &name, &optional, &open)) {
        buffer_format(out, "%s\"%.*s\":", members++ ? "," : "", TEXT_ARG(name));
        schema_put(out, at);
        if (!optional && count < sizeof required / sizeof *required) {
            required[count++] = name;
        }
    }
    buffer_add_text(out, TEXT("},\"required\":["));
    for (size_t i = 0; i < count; i++) {
        buffer_format(out, "%s\"%.*s\"", i ? "," : "", TEXT_ARG(required[i]));
    }
    buffer_format(out, "],\"additionalProperties\":%s}", open ? "true" : "false");
}

static void schema_choice(struct buffer *out, const char **at)
{
    buffer_add_text(out, TEXT("{\"type\":\"string\",\"enum\":["));
    for (bool first = true; **at != ')'; first = false) {
        *at += **at == '|';
        const char *begin = *at;
        *at += strcspn(*at, "|)");
        buffer_format(out, "%s\"%.*s\"", first ? "" : ",", (int)(*at - begin), begin);
    }
    (*at)++;
    buffer_add_text(out, TEXT("]}"));
}

static void schema_word(struct buffer *out, struct text word)
{
    static const struct {
        const char *word, *schema;
    } plain[] = {
        {"text", "{\"type\":\"string\"}"},
        {"int", "{\"type\":\"integer\"}"},
        {"number", "{\"type\":\"number\"}"},
        {"flag", "{\"type\":\"boolean\"}"},
        {"time", "{\"type\":\"integer\",\"minimum\":0,\"description\":\"milliseconds since 1970, UTC\"}"},
        {"any", "{}"},
        {"object", "{\"type\":\"object\"}"},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (text_equal(word, text_of(plain[i].word))) {
            buffer_add_text(out, text_of(plain[i].schema));
            return;
        }
    }
    assert(named_find(word));
    buffer_format(out, "{\"$ref\":\"#/components/schemas/%.*s\"}", TEXT_ARG(word));
}

static void schema_plain(struct buffer *out, const char **at)
{
    char open = **at;
    if (open == '{') {
        (*at)++;
        schema_object(out, at);
    } else if (open == '[') {
        (*at)++;
        buffer_add_text(out, TEXT("{\"type\":\"array\",\"items\":"));
        schema_put(out, at);
        (*at)++; /* ] */
        buffer_add_char(out, '}');
    } else if (open == '(') {
        (*at)++;
        schema_choice(out, at);
    } else {
        schema_word(out, word_take(at));
    }
}

/* The type's own text tells only at its end whether null may stand there, so it is written first. */
static void schema_put(struct buffer *out, const char **at)
{
    size_t begin = out->size;
    schema_plain(out, at);
    if (**at != '~') {
        return;
    }
    (*at)++;
    static const char head[] = "{\"anyOf\":[", tail[] = ",{\"type\":\"null\"}]}";
    size_t size = out->size - begin;
    if (buffer_reserve(out, sizeof head)) {
        memmove(out->data + begin + sizeof head - 1, out->data + begin, size);
        memcpy(out->data + begin, head, sizeof head - 1);
        out->size += sizeof head - 1;
        buffer_add_text(out, text_of(tail));
    }
}

void type_schema(struct buffer *out, const char *type)
{
    schema_put(out, &type);
}

/* ---- does a value hold? ---- */

struct type_check {
    char path[PATH_ROOM];
    size_t size;
    struct cause *where;
    int depth;
};

static bool check_value(struct type_check *check, const char **at, const cJSON *value);

static bool type_fail(const struct type_check *check, const char *why)
{
    (void)cause_set(check->where, 0, "%s: %s", check->size ? check->path : "/", why);
    return false;
}

static void path_add(struct type_check *check, const char *name)
{
    int n = snprintf(check->path + check->size, sizeof check->path - check->size, "/%s", name);
    check->size += n > 0 && check->size + (size_t)n < sizeof check->path ? (size_t)n : 0;
    check->path[check->size] = '\0';
}

static void path_cut(struct type_check *check, size_t size)
{
    check->size = size;
    check->path[size] = '\0';
}

/* Goes past one type without a value. */
static void skip_type(const char **at)
{
    struct buffer nowhere;
    buffer_init(&nowhere, 1 << 16);
    schema_put(&nowhere, at);
    buffer_fini(&nowhere);
}

static bool check_object(struct type_check *check, const char **at, const cJSON *value)
{
    struct text name, known[64];
    bool optional, open = false, fine = true;
    size_t count = 0, size = check->size;
    while (member_take(at, &name, &optional, &open)) {
        char word[64];
        (void)snprintf(word, sizeof word, "%.*s", TEXT_ARG(name));
        const cJSON *member = json_get(value, word);
        if (count < sizeof known / sizeof *known) {
            known[count++] = name;
        }
        path_add(check, word);
        if (member && fine) {
            fine = check_value(check, at, member);
        } else {
            skip_type(at);
            fine = fine && (optional || type_fail(check, "is missing"));
        }
        path_cut(check, size);
    }
    for (const cJSON *member = value->child; member && fine && !open; member = member->next) {
        bool found = false;
        for (size_t i = 0; i < count; i++) {
            found = found || text_equal(text_of(member->string), known[i]);
        }
        path_add(check, member->string);
        fine = found || type_fail(check, "no such member");
        path_cut(check, size);
    }
    return fine;
}

static bool check_list(struct type_check *check, const char **at, const cJSON *value)
{
    const char *of = *at, *end = of;
    const cJSON *item;
    size_t size = check->size;
    int i = 0;
    skip_type(&end);
    *at = end + 1; /* ] */
    cJSON_ArrayForEach(item, value)
    {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", i++);
        path_add(check, number);
        const char *one = of;
        if (!check_value(check, &one, item)) {
            return false;
        }
        path_cut(check, size);
    }
    return true;
}

static bool check_choice(struct type_check *check, const char **at, const cJSON *value)
{
    struct text is = json_text(value);
    bool found = false;
    while (**at != ')') {
        *at += **at == '|';
        const char *begin = *at;
        *at += strcspn(*at, "|)");
        found = found || (is.data && text_equal(is, (struct text){begin, (size_t)(*at - begin)}));
    }
    (*at)++;
    return found || type_fail(check, "none of the words that may stand here");
}

static bool check_word(struct type_check *check, struct text word, const cJSON *value)
{
    if (text_equal(word, TEXT("any"))) {
        return true;
    }
    if (text_equal(word, TEXT("text"))) {
        return cJSON_IsString(value) || type_fail(check, "no text");
    }
    if (text_equal(word, TEXT("flag"))) {
        return cJSON_IsBool(value) || type_fail(check, "neither true nor false");
    }
    if (text_equal(word, TEXT("object"))) {
        return cJSON_IsObject(value) || type_fail(check, "no object");
    }
    if (text_equal(word, TEXT("number"))) {
        return cJSON_IsNumber(value) || type_fail(check, "no number");
    }
    if (text_equal(word, TEXT("int")) || text_equal(word, TEXT("time"))) {
        bool whole = cJSON_IsNumber(value) && floor(value->valuedouble) == value->valuedouble;
        return whole || type_fail(check, "no whole number");
    }
    const char *named = named_find(word);
    assert(named);
    return check_value(check, &named, value);
}

static bool check_value(struct type_check *check, const char **at, const cJSON *value)
{
    const char *end = *at, kind = **at;
    bool fine;
    skip_type(&end);
    if ((end[-1] == '~' && cJSON_IsNull(value)) || ++check->depth > TYPE_DEPTH) {
        *at = end;
        return check->depth <= TYPE_DEPTH || type_fail(check, "nested too deeply");
    }
    if (kind == '{') {
        (*at)++;
        fine = cJSON_IsObject(value) ? check_object(check, at, value) : type_fail(check, "no object");
    } else if (kind == '[') {
        (*at)++;
        fine = cJSON_IsArray(value) ? check_list(check, at, value) : type_fail(check, "no list");
    } else if (kind == '(') {
        (*at)++;
        fine = check_choice(check, at, value);
    } else {
        fine = check_word(check, word_take(at), value);
    }
    *at = end;
    check->depth--;
    return fine;
}

bool type_holds(const char *type, const cJSON *value, struct cause *where)
{
    struct type_check check = {.where = where};
    return check_value(&check, &type, value);
}
