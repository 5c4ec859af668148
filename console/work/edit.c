#include "console/work/edit.h"

#include "common/json/json.h"

enum { DEPTH_MOST = 64 };

/* Where a member stands: from its key's quote to behind its value. */
struct edit_span {
    size_t begin, value, end;
    struct text name;
    size_t comma; /* the comma before it; SIZE_MAX = none */
};

static bool starts(struct text text, size_t at, const char *word)
{
    size_t size = strlen(word);
    return at + size <= text.size && memcmp(text.data + at, word, size) == 0;
}

/* The first byte from `at` on that is neither white space nor comment. */
static size_t skip(struct text text, size_t at)
{
    for (;;) {
        while (at < text.size && text_has(TEXT(" \t\r\n"), text.data[at])) {
            at++;
        }
        if (starts(text, at, "//")) {
            while (at < text.size && text.data[at] != '\n') {
                at++;
            }
        } else if (starts(text, at, "/*")) {
            ptrdiff_t end = text_find((struct text){text.data + at, text.size - at}, TEXT("*/"));
            at = end < 0 ? text.size : at + (size_t)end + 2;
        } else if (starts(text, at, "\xef\xbb\xbf")) {
            at += 3;
        } else {
            return at;
        }
    }
}

/* Behind the string that begins at `at`. */
static size_t string_end(struct text text, size_t at)
{
    for (at++; at < text.size && text.data[at] != '"'; at++) {
        at += text.data[at] == '\\';
    }
    return at < text.size ? at + 1 : text.size;
}

/* Behind the value that begins at `at`. */
static size_t value_end(struct text text, size_t at)
{
    size_t depth = 0;
    while (at < text.size) {
        char c = text.data[at];
        size_t begun = at;
        if (c == '"') {
            at = string_end(text, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            depth--;
            at++;
        } else {
            while (at < text.size && !text_has(TEXT("\"{}[],:/ \t\r\n"), text.data[at])) {
                at++;
            }
        }
        if (depth == 0 || depth > DEPTH_MOST) {
            return at;
        }
        if (at == begun) {
            return text.size; /* no JSON stands here: nothing follows that could be told apart */
        }
        at = skip(text, at);
        while (at < text.size && text_has(TEXT(",:"), text.data[at])) {
            at = skip(text, at + 1);
        }
    }
    return at;
}

/* The next member of the object; `at` stands behind its brace, or behind the member before. False at its end. */
static bool member_next(struct text text, size_t *at, struct edit_span *span)
{
    size_t i = skip(text, *at);
    span->comma = SIZE_MAX;
    if (i < text.size && text.data[i] == ',') {
        span->comma = i;
        i = skip(text, i + 1);
    }
    if (i >= text.size || text.data[i] != '"') {
        return false;
    }
    span->begin = i;
    size_t end = string_end(text, i);
    span->name = (struct text){text.data + i + 1, end - i > 1 ? end - i - 2 : 0};
    i = skip(text, end);
    if (i >= text.size || text.data[i] != ':') {
        return false;
    }
    span->value = skip(text, i + 1);
    span->end = value_end(text, span->value);
    *at = span->end;
    return span->end > span->value;
}

/* The member of that name, else the last one; *found says which. False where the object has none at all. */
static bool member_find(struct text text, size_t object, struct text name, struct edit_span *span, bool *found)
{
    struct edit_span one;
    size_t at = object + 1;
    bool any = false;
    *found = false;
    while (!*found && member_next(text, &at, &one)) {
        *span = one;
        any = true;
        *found = text_equal(one.name, name);
    }
    return any;
}

/* The next element of the list; `at` stands behind its bracket, or behind the element before. False at its end. */
static bool element_next(struct text text, size_t *at, struct edit_span *span)
{
    size_t i = skip(text, *at);
    *span = (struct edit_span){.comma = SIZE_MAX};
    if (i < text.size && text.data[i] == ',') {
        span->comma = i;
        i = skip(text, i + 1);
    }
    if (i >= text.size || text.data[i] == ']') {
        return false;
    }
    span->begin = span->value = i;
    span->end = *at = value_end(text, i);
    return span->end > i;
}

/* Element `place` of the list, else the last one; *found says which. False where the list has none at all. */
static bool element_find(struct text text, size_t list, int64_t place, struct edit_span *span, bool *found)
{
    struct edit_span one;
    size_t at = list + 1;
    bool any = false;
    *found = false;
    for (int64_t i = 0; !*found && element_next(text, &at, &one); i++) {
        *span = one;
        any = true;
        *found = i == place;
    }
    return any;
}

/* How far the line of `at` is indented; false where other text stands before it on the line. */
static bool indent_of(struct text text, size_t at, struct text *indent)
{
    size_t begin = at;
    while (begin > 0 && text.data[begin - 1] != '\n') {
        begin--;
    }
    *indent = (struct text){text.data + begin, at - begin};
    return text_trim(*indent).size == 0;
}

/* The end of the line, where nothing but a comment stands on its rest; else `at`. */
static size_t line_rest(struct text text, size_t at)
{
    size_t end = at;
    while (end < text.size && text.data[end] != '\n') {
        end++;
    }
    struct text rest = text_trim((struct text){text.data + at, end - at});
    bool comment = rest.size == 0 || text_starts(rest, TEXT("//"));
    end -= end > at && text.data[end - 1] == '\r';
    return comment ? end : at;
}

static void put(struct buffer *out, struct text text, size_t from, size_t to)
{
    buffer_add(out, text.data + from, to - from);
}

/* A member; name data NULL: an element. */
static void put_member(struct buffer *out, struct text name, struct text value)
{
    if (name.data) {
        json_put_text(out, name);
        buffer_add_text(out, TEXT(": "));
    }
    buffer_add_text(out, value);
}

static void insert(struct text text, size_t object, const struct edit_span *last, struct text name, struct text value,
                   struct buffer *out)
{
    struct text indent;
    if (!last) {
        put(out, text, 0, object + 1);
        buffer_add_char(out, ' ');
        put_member(out, name, value);
        buffer_add_char(out, ' ');
        put(out, text, object + 1, text.size);
        return;
    }
    bool own_line = indent_of(text, last->begin, &indent);
    size_t at = own_line ? line_rest(text, last->end) : last->end;
    put(out, text, 0, last->end);
    buffer_add_char(out, ',');
    put(out, text, last->end, at);
    buffer_add_text(out, own_line ? TEXT("\n") : TEXT(" "));
    buffer_add_text(out, own_line ? indent : TEXT(""));
    put_member(out, name, value);
    put(out, text, at, text.size);
}

static void take_away(struct text text, const struct edit_span *span, struct buffer *out)
{
    struct text indent;
    size_t begin = span->begin, end = span->end, after = skip(text, span->end);
    bool comma_behind = after < text.size && text.data[after] == ',';
    end = comma_behind ? after + 1 : end;
    size_t line = line_rest(text, end);
    if (indent_of(text, begin, &indent) && line < text.size && text_has(TEXT("\r\n"), text.data[line])) {
        begin -= indent.size;
        end = line + (text.data[line] == '\r' ? 2 : 1);
    } else {
        while (end < text.size && text.data[end] == ' ') {
            end++;
        }
    }
    if (!comma_behind && span->comma != SIZE_MAX) {
        put(out, text, 0, span->comma);
        put(out, text, span->comma + 1, begin);
    } else {
        put(out, text, 0, begin);
    }
    put(out, text, end, text.size);
}

static int list_edit(struct text text, size_t list, struct text name, struct text value, struct buffer *out)
{
    struct edit_span span = {0};
    bool found = false, behind = text_equal(name, TEXT("-"));
    int64_t place = -1;
    if (!behind && (text_integer(name, &place) != 0 || place < 0)) {
        return ERR_SYNTAX;
    }
    bool any = element_find(text, list, place, &span, &found);
    if (behind && value.data) {
        insert(text, list, any ? &span : NULL, (struct text){NULL, 0}, value, out);
    } else if (!found) {
        return value.data ? ERR_SYNTAX : ERR_NOT_FOUND;
    } else if (value.data) {
        put(out, text, 0, span.value);
        buffer_add_text(out, value);
        put(out, text, span.end, text.size);
    } else {
        take_away(text, &span, out);
    }
    return out->failed ? ERR_LIMIT : 0;
}

int text_edit(struct text text, const char *const *path, struct text name, struct text value, struct buffer *out)
{
    struct edit_span span = {0};
    bool found = false;
    size_t object = skip(text, 0);
    for (; *path; path++) {
        if (object >= text.size || text.data[object] != '{') {
            return ERR_SYNTAX;
        }
        if (!member_find(text, object, text_of(*path), &span, &found) || !found) {
            return ERR_NOT_FOUND;
        }
        object = span.value;
    }
    if (object < text.size && text.data[object] == '[') {
        return list_edit(text, object, name, value, out);
    }
    if (object >= text.size || text.data[object] != '{') {
        return ERR_NOT_FOUND;
    }
    bool any = member_find(text, object, name, &span, &found);
    if (!found && value.data) {
        insert(text, object, any ? &span : NULL, name, value, out);
    } else if (!found) {
        buffer_add_text(out, text);
    } else if (value.data) {
        put(out, text, 0, span.value);
        buffer_add_text(out, value);
        put(out, text, span.end, text.size);
    } else {
        take_away(text, &span, out);
    }
    return out->failed ? ERR_LIMIT : 0;
}
