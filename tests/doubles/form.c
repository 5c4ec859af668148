#include "form.h"

#include <stdlib.h>

void form_init(struct form *form, size_t bytes)
{
    form->count = 0;
    form->text = blob_memory(NULL, bytes + 2 * (size_t)FORM_PAIRS);
}

void form_fini(struct form *form)
{
    free(form->text);
    form->text = NULL;
    form->count = 0;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool form_is_utf8(const char *data, size_t length)
{
    const unsigned char *p = (const unsigned char *)data, *end = p + length;
    while (p < end) {
        unsigned char c = *p++;
        if (c < 0x80) {
            continue;
        }
        size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        if (c < 0xc2 || c > 0xf4 || (size_t)(end - p) < more) {
            return false;
        }
        if ((c == 0xe0 && *p < 0xa0) || (c == 0xed && *p > 0x9f) || (c == 0xf0 && *p < 0x90) ||
            (c == 0xf4 && *p > 0x8f)) {
            return false;
        }
        for (; more > 0; more--, p++) {
            if ((*p & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

/* Decodes into *to, NUL-terminated; moves *to behind it. */
static bool decode(char **to, const char *from, size_t length, const char **out, size_t *out_length)
{
    char *p = *to;
    for (size_t i = 0; i < length; i++) {
        char c = from[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < length ? nibble(from[i + 1]) : -1;
            int low = i + 2 < length ? nibble(from[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0') {
            return false;
        }
        *p++ = c;
    }
    *p = '\0';
    *out = *to;
    *out_length = (size_t)(p - *to);
    *to = p + 1;
    return form_is_utf8(*out, *out_length);
}

bool form_read(struct form *form, const char *encoded, size_t length)
{
    char *to = form->text;
    if (form->count > 0) {
        const struct form_pair *last = &form->pairs[form->count - 1];
        to = form->text + (last->value - form->text) + last->value_length + 1;
    }
    for (size_t at = 0; at < length;) {
        const char *start = encoded + at;
        const char *stop = memchr(start, '&', length - at);
        size_t piece = stop ? (size_t)(stop - start) : length - at;
        at += piece + 1;
        if (piece == 0) {
            continue;
        }
        const char *equals = memchr(start, '=', piece);
        size_t name = equals ? (size_t)(equals - start) : piece;
        if (form->count == FORM_PAIRS) {
            return false;
        }
        struct form_pair *pair = &form->pairs[form->count];
        if (!decode(&to, start, name, &pair->name, &pair->name_length) ||
            !decode(&to, start + name + (equals != NULL), piece - name - (equals != NULL), &pair->value,
                    &pair->value_length)) {
            return false;
        }
        form->count++;
    }
    return true;
}

const char *form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->pairs[i].name, name) == 0) {
            return form->pairs[i].value;
        }
    }
    return NULL;
}
