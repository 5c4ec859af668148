#include "common/base/text.h"

#include "common/base/code.h"

static unsigned char fold(char c)
{
    unsigned char u = (unsigned char)c;
    return (unsigned char)(u >= 'A' && u <= 'Z' ? u + ('a' - 'A') : u);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

ptrdiff_t text_find(struct text haystack, struct text needle)
{
    if (needle.size == 0) {
        return 0;
    }
    if (haystack.size < needle.size) {
        return -1;
    }
    const char *found = memmem(haystack.data, haystack.size, needle.data, needle.size);
    return found ? found - haystack.data : -1;
}

bool text_equal_nocase(struct text a, struct text b)
{
    if (a.size != b.size) {
        return false;
    }
    for (size_t i = 0; i < a.size; i++) {
        if (fold(a.data[i]) != fold(b.data[i])) {
            return false;
        }
    }
    return true;
}

bool text_ends_nocase(struct text t, struct text end)
{
    return t.size >= end.size && text_equal_nocase((struct text){t.data + t.size - end.size, end.size}, end);
}

ptrdiff_t text_find_nocase(struct text haystack, struct text needle)
{
    for (size_t at = 0; at + needle.size <= haystack.size; at++) {
        if (text_equal_nocase((struct text){haystack.data + at, needle.size}, needle)) {
            return (ptrdiff_t)at;
        }
    }
    return -1;
}

bool text_starts(struct text t, struct text prefix)
{
    return t.size >= prefix.size && (prefix.size == 0 || memcmp(t.data, prefix.data, prefix.size) == 0);
}

struct text text_trim(struct text t)
{
    while (t.size > 0 && is_space(*t.data)) {
        t.data++;
        t.size--;
    }
    while (t.size > 0 && is_space(t.data[t.size - 1])) {
        t.size--;
    }
    return t;
}

int text_integer(struct text t, int64_t *out)
{
    size_t at = 0;
    bool negative = t.size > 0 && t.data[0] == '-';
    if (t.size > 0 && (t.data[0] == '-' || t.data[0] == '+')) {
        at = 1;
    }
    if (at == t.size) {
        return ERR_SYNTAX;
    }
    int64_t value = 0; /* kept negative: INT64_MIN has no positive twin */
    for (; at < t.size; at++) {
        char c = t.data[at];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, c - '0', &value)) {
            return ERR_SYNTAX;
        }
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value)) {
        return ERR_SYNTAX;
    }
    *out = value;
    return 0;
}

size_t text_cut(struct text t, size_t limit)
{
    if (t.size <= limit) {
        return t.size;
    }
    /* A sequence has at most three continuation bytes; longer runs are no UTF-8 and may be cut anywhere. */
    for (size_t back = 0; back <= 3 && back <= limit; back++) {
        if (((unsigned char)t.data[limit - back] & 0xc0) != 0x80) {
            return limit - back;
        }
    }
    return limit;
}

static bool continues(struct text t, size_t at)
{
    return at < t.size && text_continues(t.data[at]);
}

size_t text_sequence_rare(struct text t)
{
    if (t.size == 0) {
        return 0;
    }
    unsigned char first = (unsigned char)t.data[0];
    unsigned char second = t.size > 1 ? (unsigned char)t.data[1] : 0;
    if (first >= 0xc2 && first <= 0xdf) {
        return continues(t, 1) ? 2 : 0;
    }
    if (first >= 0xe0 && first <= 0xef) {
        bool overlong = first == 0xe0 && second < 0xa0;
        bool surrogate = first == 0xed && second > 0x9f;
        return !overlong && !surrogate && continues(t, 1) && continues(t, 2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        bool overlong = first == 0xf0 && second < 0x90;
        bool beyond = first == 0xf4 && second > 0x8f;
        return !overlong && !beyond && continues(t, 1) && continues(t, 2) && continues(t, 3) ? 4 : 0;
    }
    return 0;
}

uint32_t text_point(const char *at, size_t size)
{
    static const unsigned char masks[] = {0, 0xff, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)at[0] & masks[size];
    for (size_t i = 1; i < size; i++) {
        point = point << 6 | ((unsigned char)at[i] & 0x3fU);
    }
    return point;
}

/* Whether the next eight bytes are there, and all ASCII. */
static bool is_plain(struct text t)
{
    uint64_t eight = UINT64_MAX;
    if (t.size >= sizeof eight) {
        memcpy(&eight, t.data, sizeof eight);
    }
    return (eight & UINT64_C(0x8080808080808080)) == 0;
}

bool text_is_utf8(struct text t)
{
    while (t.size > 0) {
        size_t size = is_plain(t) ? sizeof(uint64_t) : text_sequence(t);
        if (size == 0) {
            return false;
        }
        t.data += size;
        t.size -= size;
    }
    return true;
}

bool text_is_storable(struct text t)
{
    return text_is_utf8(t) && (t.size == 0 || !memchr(t.data, '\0', t.size));
}

int text_hex(const char *at, const char *end)
{
    if (end - at < 4) {
        return -1;
    }
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}
