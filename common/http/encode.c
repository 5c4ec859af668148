#include "common/http/encode.h"

void http_put_encoded(struct buffer *out, struct text t)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = t.size <= SIZE_MAX / 3 ? buffer_reserve(out, 3 * t.size) : NULL;
    if (!to) {
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < t.size; i++) {
        unsigned char c = (unsigned char)t.data[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (plain) {
            to[n++] = (char)c;
        } else {
            to[n++] = '%';
            to[n++] = digits[c >> 4];
            to[n++] = digits[c & 15];
        }
    }
    out->size += n;
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool decode(struct text t, struct arena *arena, struct text *out)
{
    char *to = arena_take(arena, t.size + 1);
    size_t n = 0;
    for (size_t i = 0; to && i < t.size; i++) {
        char c = t.data[i] == '+' ? ' ' : t.data[i];
        if (c == '%') {
            int high = i + 2 < t.size ? digit(t.data[i + 1]) : -1, low = i + 2 < t.size ? digit(t.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0') {
            return false;
        }
        to[n++] = c;
    }
    *out = (struct text){to, n};
    return to != NULL;
}

bool http_query_find(struct text url, struct text name, struct arena *arena, struct text *out)
{
    const char *query = memchr(url.data, '?', url.size), *whole = url.data + url.size;
    if (!query) {
        return false;
    }
    const char *fragment = memchr(query, '#', (size_t)(whole - query)), *end = fragment ? fragment : whole;
    for (const char *at = query; at < end;) {
        const char *start = at + 1, *mark = memchr(start, '&', (size_t)(end - start)), *stop = mark ? mark : end;
        const char *equal = memchr(start, '=', (size_t)(stop - start));
        struct text said;
        if (equal && decode((struct text){start, (size_t)(equal - start)}, arena, &said) && text_equal(said, name)) {
            return decode((struct text){equal + 1, (size_t)(stop - equal - 1)}, arena, out);
        }
        at = stop;
    }
    return false;
}
