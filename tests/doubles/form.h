/* Name-value pairs of a query string or an application/x-www-form-urlencoded body, decoded strictly. */
#ifndef DOUBLES_FORM_H
#define DOUBLES_FORM_H

#include "blob.h"

enum { FORM_PAIRS = 64 };

struct form_pair {
    const char *name, *value; /* NUL-terminated inside `text` */
    size_t name_length, value_length;
};
struct form {
    struct form_pair pairs[FORM_PAIRS];
    size_t count;
    char *text;
};

/* Starts an empty form with room for `bytes` of encoded text in all. */
void form_init(struct form *form, size_t bytes);
/* false: a broken escape, NUL, bytes that are no UTF-8, too many pairs. */
bool form_read(struct form *form, const char *encoded, size_t length);
/* The value, or NULL. */
const char *form_get(const struct form *form, const char *name);
void form_fini(struct form *form);
/* Whether these bytes are well-formed UTF-8 (RFC 3629). */
bool form_is_utf8(const char *data, size_t length);

#endif
