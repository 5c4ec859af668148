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
