#include "scan.h"

#include "form.h"

enum { DEPTH = 32 };

void scan_init(struct scan *s, const char *text, size_t length)
{
    *s = (struct scan){.at = text, .end = text + length};
}

static bool fail(struct scan *s, const char *fault)
{
    if (!s->fault) {
        s->fault = fault;
    }
    return false;
}

static void skip_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t')) {
        s->at++;
    }
}

static int hex4(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* At a backslash; moves behind the escape. */
static bool skip_escape(struct scan *s)
{
    if (s->end - s->at < 2) {
        return fail(s, "string does not end");
    }
    char c = s->at[1];
    if (c != 'u') {
        s->at += 2;
        return (c && strchr("\"\\/bfnrt", c)) || fail(s, "unknown escape");
    }
    int unit = s->end - s->at >= 6 ? hex4(s->at + 2) : -1;
    s->at += 6;
    if (unit <= 0) {
        return fail(s, unit == 0 ? "NUL in a string" : "broken \\u escape");
    }
    if (unit >= 0xdc00 && unit <= 0xdfff) {
        return fail(s, "lone surrogate");
    }
    if (unit >= 0xd800 && unit <= 0xdbff) {
        int low = s->end - s->at >= 6 && s->at[0] == '\\' && s->at[1] == 'u' ? hex4(s->at + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff) {
            return fail(s, "lone surrogate");
        }
        s->at += 6;
    }
    return true;
}

static bool scan_string(struct scan *s, struct scan_value *out)
{
    const char *start = s->at++;
    bool wide = false, escaped = false;
    for (;;) {
        if (s->at >= s->end) {
            return fail(s, "string does not end");
        }
        unsigned char c = (unsigned char)*s->at;
        if (c == '"') {
            break;
        }
        if (c < 0x20) {
            return fail(s, "raw control character in a string");
        }
        if (c == '\\') {
            escaped = true;
            if (!skip_escape(s)) {
                return false;
            }
            continue;
        }
        wide |= c >= 0x80;
        s->at++;
    }
    if (wide && !form_is_utf8(start + 1, (size_t)(s->at - start) - 1)) {
        return fail(s, "bytes that are no UTF-8");
    }
    s->at++;
    *out =
        (struct scan_value){.raw = start, .length = (size_t)(s->at - start), .type = SCAN_STRING, .escaped = escaped};
    return true;
}

static size_t skip_digits(struct scan *s)
{
    const char *start = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        s->at++;
    }
    return (size_t)(s->at - start);
}

static bool scan_number(struct scan *s, struct scan_value *out)
{
    const char *start = s->at;
    bool integer = true;
    if (*s->at == '-') {
        s->at++;
    }
    const char *first = s->at;
    size_t digits = skip_digits(s);
    if (digits == 0 || (digits > 1 && *first == '0')) {
        return fail(s, "unknown value");
    }
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        integer = false;
        if (skip_digits(s) == 0) {
            return fail(s, "number without digits");
        }
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        integer = false;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-')) {
            s->at++;
        }
        if (skip_digits(s) == 0) {
            return fail(s, "number without digits");
        }
    }
    *out =
        (struct scan_value){.raw = start, .length = (size_t)(s->at - start), .type = SCAN_NUMBER, .integer = integer};
    return true;
}

static bool scan_word(struct scan *s, struct scan_value *out)
{
    static const struct {
        const char *word;
        enum scan_type type;
    } words[] = {{"true", SCAN_BOOLEAN}, {"false", SCAN_BOOLEAN}, {"null", SCAN_NULL}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i].word);
        if ((size_t)(s->end - s->at) >= length && memcmp(s->at, words[i].word, length) == 0) {
            *out = (struct scan_value){.raw = s->at, .length = length, .type = words[i].type};
            s->at += length;
            return true;
        }
    }
    return fail(s, "unknown value");
}

bool scan_enter(struct scan *s, char open)
{
    skip_space(s);
    if (s->fault || s->at >= s->end || *s->at != open) {
        return fail(s, open == '{' ? "object expected" : "array expected");
    }
    if (++s->depth > DEPTH) {
        return fail(s, "nested too deep");
    }
    s->at++;
    s->fresh = true;
    return true;
}

/* Behind an element: a comma, or the end. */
static bool step(struct scan *s, char close)
{
    skip_space(s);
    if (s->fault || s->at >= s->end) {
        return fail(s, "text does not end");
    }
    bool fresh = s->fresh;
    s->fresh = false;
    if (*s->at == close) {
        s->at++;
        s->depth--;
        return false;
    }
    if (fresh) {
        return true;
    }
    if (*s->at != ',') {
        return fail(s, "comma expected");
    }
    s->at++;
    skip_space(s);
    return true;
}

bool scan_element(struct scan *s)
{
    return step(s, ']');
}

bool scan_member(struct scan *s, struct scan_value *name)
{
    if (!step(s, '}')) {
        return false;
    }
    if (s->at >= s->end || *s->at != '"') {
        return fail(s, "name expected");
    }
    if (!scan_string(s, name)) {
        return false;
    }
    skip_space(s);
    if (s->at >= s->end || *s->at != ':') {
        return fail(s, "colon expected");
    }
    s->at++;
    return true;
}

bool scan_value(struct scan *s, struct scan_value *out)
{
    skip_space(s);
    if (s->fault || s->at >= s->end) {
        return fail(s, "value expected");
    }
    char c = *s->at;
    if (c == '"') {
        return scan_string(s, out);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        return scan_number(s, out);
    }
    if (c != '{' && c != '[') {
        return scan_word(s, out);
    }
    const char *start = s->at;
    struct scan_value inner;
    if (!scan_enter(s, c)) {
        return false;
    }
    while (c == '{' ? scan_member(s, &inner) : scan_element(s)) {
        if (!scan_value(s, &inner)) {
            return false;
        }
    }
    *out = (struct scan_value){
        .raw = start, .length = (size_t)(s->at - start), .type = c == '{' ? SCAN_OBJECT : SCAN_ARRAY};
    return !s->fault;
}

bool scan_done(struct scan *s)
{
    skip_space(s);
    return !s->fault && (s->at == s->end || fail(s, "text behind the value"));
}

static void put_rune(struct blob *out, unsigned rune)
{
    char bytes[4];
    size_t n = 0;
    if (rune < 0x80) {
        bytes[n++] = (char)rune;
    } else if (rune < 0x800) {
        bytes[n++] = (char)(0xc0 | rune >> 6);
        bytes[n++] = (char)(0x80 | (rune & 0x3f));
    } else if (rune < 0x10000) {
        bytes[n++] = (char)(0xe0 | rune >> 12);
        bytes[n++] = (char)(0x80 | (rune >> 6 & 0x3f));
        bytes[n++] = (char)(0x80 | (rune & 0x3f));
    } else {
        bytes[n++] = (char)(0xf0 | rune >> 18);
        bytes[n++] = (char)(0x80 | (rune >> 12 & 0x3f));
        bytes[n++] = (char)(0x80 | (rune >> 6 & 0x3f));
        bytes[n++] = (char)(0x80 | (rune & 0x3f));
    }
    blob_put(out, bytes, n);
}

void scan_decode(const struct scan_value *v, struct blob *out)
{
    if (v->type != SCAN_STRING) {
        blob_put(out, v->raw, v->length);
        return;
    }
    const char *p = v->raw + 1, *end = v->raw + v->length - 1;
    if (!v->escaped) {
        blob_put(out, p, (size_t)(end - p));
        return;
    }
    while (p < end) {
        if (*p != '\\') {
            blob_put(out, p++, 1);
            continue;
        }
        if (p[1] == 'u') {
            unsigned rune = (unsigned)hex4(p + 2);
            p += 6;
            if (rune >= 0xd800 && rune <= 0xdbff) {
                rune = 0x10000 + ((rune - 0xd800) << 10) + ((unsigned)hex4(p + 2) - 0xdc00);
                p += 6;
            }
            put_rune(out, rune);
            continue;
        }
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        blob_put(out, to + (strchr(from, p[1]) - from), 1);
        p += 2;
    }
}

bool scan_is(const struct scan_value *v, const char *text)
{
    size_t length = strlen(text);
    return v->type == SCAN_STRING && !v->escaped && v->length == length + 2 && memcmp(v->raw + 1, text, length) == 0;
}
