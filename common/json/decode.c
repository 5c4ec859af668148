#include "common/json/json.h"
#include "common/json/scan.h"

/* ---- strings ---- */

static char *put_code(char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* *at is behind "\u". NULL: no hex digits. No escape is shorter than what it becomes. */
static char *unit_decode(const char **at, const char *end, char *to, bool *repaired)
{
    int unit = text_hex(*at, end);
    if (unit < 0) {
        return NULL;
    }
    *at += 4;
    bool high = unit >= 0xd800 && unit <= 0xdbff;
    int low = high && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' ? text_hex(*at + 2, end) : -1;
    if (low >= 0xdc00 && low <= 0xdfff) {
        *at += 6;
        return put_code(to, 0x10000 + ((unsigned)(unit - 0xd800) << 10) + (unsigned)(low - 0xdc00));
    }
    if (unit == 0 || (unit >= 0xd800 && unit <= 0xdfff)) {
        *repaired = true;
        unit = 0xfffd;
    }
    return put_code(to, (unsigned)unit);
}

static char *escape_decode(const char **at, const char *end, char *to, bool *repaired)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    if (end - *at < 2) {
        return NULL;
    }
    char letter = (*at)[1];
    *at += 2;
    if (letter == 'u') {
        return unit_decode(at, end, to, repaired);
    }
    const char *known = letter ? strchr(from, letter) : NULL;
    if (known) {
        *to++ = into[known - from];
    }
    return known ? to : NULL;
}

/* Raw control characters are dropped, but for these. */
static bool is_dropped(unsigned char c)
{
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

/* Is it UTF-8 that means what it says, without an escape? */
static bool is_plain(struct text t)
{
    size_t size;
    for (; t.size > 0; t = (struct text){t.data + size, t.size - size}) {
        unsigned char c = (unsigned char)t.data[0];
        size = text_sequence(t);
        if (size == 0 || c == '\\' || is_dropped(c)) {
            return false;
        }
    }
    return true;
}

int json_decode_text(struct text raw, struct arena *arena, struct text *out, bool *repaired)
{
    if (raw.size < 2 || raw.data[0] != '"' || raw.data[raw.size - 1] != '"') {
        return ERR_SYNTAX;
    }
    struct text inner = {raw.data + 1, raw.size - 2};
    if (is_plain(inner)) {
        *out = inner;
        return 0;
    }
    if (!text_is_utf8(inner)) {
        return ERR_SYNTAX;
    }
    char *start = arena_take(arena, inner.size + 1), *to = start;
    if (!start) {
        return ERR_MEMORY;
    }
    const char *at = inner.data, *end = inner.data + inner.size;
    while (at < end) {
        unsigned char c = (unsigned char)*at;
        if (c == '\\') {
            to = escape_decode(&at, end, to, repaired);
            if (!to) {
                return ERR_SYNTAX;
            }
        } else {
            at++;
            if (!is_dropped(c)) {
                *to++ = (char)c;
            }
        }
    }
    *out = (struct text){start, (size_t)(to - start)};
    return 0;
}

/* ---- numbers ---- */

static size_t digits(struct text t, size_t at)
{
    while (at < t.size && t.data[at] >= '0' && t.data[at] <= '9') {
        at++;
    }
    return at;
}

struct decimal_text {  /* the parts of a number as it stands */
    bool minus, plain; /* plain: no fraction, no exponent */
    struct text whole, fraction;
    int64_t exponent;
};

static int decimal_read(struct text t, struct decimal_text *out)
{
    *out = (struct decimal_text){.minus = t.size > 0 && t.data[0] == '-', .plain = true};
    size_t start = out->minus ? 1 : 0, at = digits(t, start);
    if (at == start || (t.data[start] == '0' && at - start > 1)) {
        return ERR_SYNTAX;
    }
    out->whole = (struct text){t.data + start, at - start};
    if (at < t.size && t.data[at] == '.') {
        size_t from = at + 1;
        at = digits(t, from);
        out->fraction = (struct text){t.data + from, at - from};
        out->plain = false;
        if (at == from) {
            return ERR_SYNTAX;
        }
    }
    if (at < t.size && (t.data[at] == 'e' || t.data[at] == 'E')) {
        struct text exponent = {t.data + at + 1, t.size - at - 1};
        bool plus = exponent.size > 1 && exponent.data[0] == '+' && exponent.data[1] >= '0' && exponent.data[1] <= '9';
        exponent = plus ? (struct text){exponent.data + 1, exponent.size - 1} : exponent;
        size_t sign = exponent.size > 0 && exponent.data[0] == '-';
        if (exponent.size == sign || digits(exponent, sign) != exponent.size) {
            return ERR_SYNTAX;
        }
        out->plain = false;
        if (text_integer(exponent, &out->exponent)) {
            out->exponent = sign ? INT32_MIN : INT32_MAX; /* longer than anything that is written out */
        }
        return 0;
    }
    return at == t.size ? 0 : ERR_SYNTAX;
}

static char digit_at(const struct decimal_text *d, int64_t i)
{
    int64_t whole = (int64_t)d->whole.size, all = whole + (int64_t)d->fraction.size;
    return i < 0 || i >= all ? '0' : i < whole ? d->whole.data[i] : d->fraction.data[i - whole];
}

int json_decode_number(struct text raw, struct arena *arena, struct text *out)
{
    struct decimal_text d;
    if (decimal_read(raw, &d)) {
        return ERR_SYNTAX;
    }
    if (d.plain && !(d.minus && text_equal(d.whole, TEXT("0")))) {
        *out = raw;
        return 0;
    }
    int64_t all = (int64_t)(d.whole.size + d.fraction.size), first = 0, last = all;
    while (first < all && digit_at(&d, first) == '0') {
        first++;
    }
    while (last > first && digit_at(&d, last - 1) == '0') {
        last--;
    }
    if (first == last) {
        *out = TEXT("0");
        return 0;
    }
    if (d.exponent > JSON_DECIMAL_MAX || d.exponent < -JSON_DECIMAL_MAX || all > JSON_DECIMAL_MAX) {
        *out = raw;
        return 0;
    }
    int64_t point = (int64_t)d.whole.size + d.exponent; /* digits before it */
    int64_t from = first < point ? first : point - 1, to = last > point ? last : point;
    char *start = arena_take(arena, (size_t)(to - from) + 3), *at = start;
    if (!start) {
        return ERR_MEMORY;
    }
    if (d.minus) {
        *at++ = '-';
    }
    for (int64_t i = from; i < to; i++) {
        if (i == point) {
            *at++ = '.';
        }
        *at++ = digit_at(&d, i);
    }
    *out = (struct text){start, (size_t)(at - start)};
    return 0;
}

/* ---- whole values ---- */

struct compacting {
    struct arena *arena;
    struct buffer *out;
    bool *repaired;
    bool mend; /* what can't be read stays, as it can be */
};

static int compact(struct text raw, const struct compacting *way, int depth);

static int compact_container(struct text raw, const struct compacting *way, int depth)
{
    struct json_walk walk;
    struct text name, value;
    if (depth >= JSON_DEPTH) {
        return ERR_LIMIT;
    }
    int error = json_walk_begin(&walk, raw), more = 0;
    bool first = true;
    buffer_add_char(way->out, walk.object ? '{' : '[');
    while (!error && (more = json_walk_next(&walk, &name, &value)) == 1) {
        if (walk.object) {
            struct text quoted = {name.data - 1, name.size + 2}, decoded;
            error = json_decode_text(quoted, way->arena, &decoded, way->repaired);
            if (!error) {
                json_put_member(way->out, &first, decoded);
            }
        } else if (!first) {
            buffer_add_char(way->out, ',');
        }
        first = false;
        error = error ? error : compact(value, way, depth + 1);
    }
    buffer_add_char(way->out, walk.object ? '}' : ']');
    return error ? error : more;
}

static int compact_scalar(struct text raw, const struct compacting *way)
{
    struct text decoded;
    int error;
    switch (raw.data[0]) {
    case '"':
        error = json_decode_text(raw, way->arena, &decoded, way->repaired);
        if (!error) {
            json_put_text(way->out, decoded);
        }
        return error;
    case 't':
    case 'f':
    case 'n':
        if (!text_equal(raw, TEXT("true")) && !text_equal(raw, TEXT("false")) && !text_equal(raw, TEXT("null"))) {
            return ERR_SYNTAX;
        }
        buffer_add_text(way->out, raw);
        return 0;
    default:
        error = json_decode_number(raw, way->arena, &decoded);
        if (!error) {
            buffer_add_text(way->out, decoded);
        }
        return error;
    }
}

/* A number that is none (007) becomes a text, a word that is none (NaN) null. A text that is no UTF-8 stays as it is: others
 * judge that. */
static int mend_scalar(struct text raw, const struct compacting *way)
{
    bool quoted = raw.size > 1 && raw.data[0] == '"' && raw.data[raw.size - 1] == '"';
    size_t sign = raw.data[0] == '-', first = raw.size > sign ? sign : 0;
    *way->repaired = true;
    if (quoted && !text_is_utf8(raw)) {
        buffer_add_text(way->out, raw);
    } else if (!quoted && (raw.data[first] < '0' || raw.data[first] > '9')) {
        buffer_add_text(way->out, TEXT("null"));
    } else {
        json_put_text(way->out, quoted ? (struct text){raw.data + 1, raw.size - 2} : raw);
    }
    return 0;
}

static int compact(struct text raw, const struct compacting *way, int depth)
{
    if (raw.size == 0) {
        return ERR_SYNTAX;
    }
    bool container = raw.data[0] == '{' || raw.data[0] == '[';
    if (container && way->mend && depth >= JSON_DEPTH) {
        *way->repaired = true;
        buffer_add_text(way->out, TEXT("null"));
        return 0;
    }
    int error = container ? compact_container(raw, way, depth) : compact_scalar(raw, way);
    return error == ERR_SYNTAX && way->mend && !container ? mend_scalar(raw, way) : error;
}

int json_compact(struct text raw, struct arena *arena, struct buffer *out, bool *repaired)
{
    int error = compact(raw, &(struct compacting){arena, out, repaired, false}, 0);
    return error ? error : out->failed ? ERR_LIMIT : 0;
}

int json_mend(struct text raw, struct arena *arena, struct buffer *out)
{
    bool repaired = false;
    int error = compact(raw, &(struct compacting){arena, out, &repaired, true}, 0);
    return error ? error : out->failed ? ERR_LIMIT : 0;
}
