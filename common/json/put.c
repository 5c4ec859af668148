#include "common/json/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void put_escaped(struct buffer *out, char c)
{
    static const char letters[] = "btnvfr"; /* 8..13; there is no \v in JSON */
    if (c == '"' || c == '\\') {
        buffer_add(out, (char[]){'\\', c}, 2);
    } else if (c >= '\b' && c <= '\r' && c != '\v') {
        buffer_add(out, (char[]){'\\', letters[c - '\b']}, 2);
    } else {
        buffer_format(out, "\\u%04x", (unsigned)(unsigned char)c);
    }
}

/* Where the run of bytes ends that may stand as they are. */
static size_t plain_end(struct text t, size_t at)
{
    size_t size = 1;
    for (; at < t.size && size > 0; at += size) {
        unsigned char c = (unsigned char)t.data[at];
        bool escaped = c < 0x20 || c == '"' || c == '\\';
        size = escaped ? 0 : text_sequence((struct text){t.data + at, t.size - at});
    }
    return at;
}

void json_put_text(struct buffer *out, struct text t)
{
    buffer_add_char(out, '"');
    size_t done = 0, at = 0; /* bytes up to `done` are out */
    while ((at = plain_end(t, at)) < t.size) {
        unsigned char c = (unsigned char)t.data[at];
        buffer_add(out, t.data + done, at - done);
        if (c < 0x80) {
            put_escaped(out, (char)c);
        } else {
            buffer_add_text(out, TEXT("\xef\xbf\xbd"));
        }
        done = ++at;
    }
    buffer_add(out, t.size > done ? t.data + done : NULL, t.size - done);
    buffer_add_char(out, '"');
}

void json_put_member(struct buffer *out, bool *first, struct text name)
{
    if (!*first) {
        buffer_add_char(out, ',');
    }
    *first = false;
    json_put_text(out, name);
    buffer_add_char(out, ':');
}

void json_member_null(struct buffer *out, bool *first, const char *name)
{
    json_put_member(out, first, text_of(name));
    buffer_add_text(out, TEXT("null"));
}

void json_member_text(struct buffer *out, bool *first, const char *name, struct text value)
{
    if (!value.data) {
        json_member_null(out, first, name);
        return;
    }
    json_put_member(out, first, text_of(name));
    json_put_text(out, value);
}

void json_member_integer(struct buffer *out, bool *first, const char *name, int64_t value)
{
    json_put_member(out, first, text_of(name));
    buffer_format(out, "%lld", (long long)value);
}

void json_member_flag(struct buffer *out, bool *first, const char *name, bool value)
{
    json_put_member(out, first, text_of(name));
    buffer_add_text(out, value ? TEXT("true") : TEXT("false"));
}

void json_put_number(struct buffer *out, double number)
{
    if (!isfinite(number)) {
        buffer_add_text(out, TEXT("null")); /* JSON has no word for it */
        return;
    }
    if (number == floor(number) && fabs(number) < 1e15) {
        buffer_format(out, "%lld", (long long)number);
        return;
    }
    char digits[40];
    int size = 0;
    for (int precision = 15; precision <= 17; precision++) {
        size = snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (strtod(digits, NULL) == number) {
            break;
        }
    }
    buffer_add(out, digits, (size_t)size);
}

static void put_tree(struct buffer *out, const cJSON *tree, int depth)
{
    if (cJSON_IsString(tree)) {
        json_put_text(out, json_text(tree));
    } else if (cJSON_IsNumber(tree)) {
        json_put_number(out, tree->valuedouble);
    } else if (cJSON_IsBool(tree)) {
        buffer_add_text(out, cJSON_IsTrue(tree) ? TEXT("true") : TEXT("false"));
    } else if (!cJSON_IsObject(tree) && !cJSON_IsArray(tree)) {
        buffer_add_text(out, TEXT("null"));
    } else if (depth >= JSON_DEPTH) {
        out->failed = true;
    } else {
        bool object = cJSON_IsObject(tree), first = true;
        buffer_add_char(out, object ? '{' : '[');
        const cJSON *item;
        cJSON_ArrayForEach(item, tree)
        {
            if (object) {
                json_put_member(out, &first, text_of(item->string));
            } else if (!first) {
                buffer_add_char(out, ',');
            }
            first = false;
            put_tree(out, item, depth + 1);
        }
        buffer_add_char(out, object ? '}' : ']');
    }
}

void json_put_tree(struct buffer *out, const cJSON *tree)
{
    put_tree(out, tree, 0);
}
