/* A growable run of bytes. Doubles die when memory is out: a test then fails loudly. */
#ifndef DOUBLES_BLOB_H
#define DOUBLES_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct blob {
    char *data;
    size_t length, capacity;
};

void *blob_memory(void *old, size_t size); /* realloc that never returns NULL */
void blob_fini(struct blob *b);
void blob_reserve(struct blob *b, size_t more); /* room for `more` bytes behind length */
static inline void blob_put(struct blob *b, const char *data, size_t length)
{
    if (b->capacity - b->length < length) {
        blob_reserve(b, length);
    }
    if (length > 0) {
        memcpy(b->data + b->length, data, length);
    }
    b->length += length;
}
void blob_puts(struct blob *b, const char *text);
void blob_integer(struct blob *b, int64_t value);
/* Quoted and escaped JSON string. */
void blob_string(struct blob *b, const char *text, size_t length);
void blob_quote(struct blob *b, const char *text);
/* Every byte percent-encoded that is not a letter or digit. */
void blob_percent(struct blob *b, const char *text);
/* `,"name":value` with the comma left out behind '{'. */
void blob_member(struct blob *b, const char *name, int64_t value);
__attribute__((format(printf, 2, 3))) void blob_printf(struct blob *b, const char *format, ...);
const char *blob_text(struct blob *b); /* NUL-terminated, length unchanged */

#endif
