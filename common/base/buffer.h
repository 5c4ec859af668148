/* A growable array of bytes with a maximum. Errors stick: after a failed growth every further addition does
 * nothing, and `failed` is true; check it once, at the end. One thread at a time. */
#ifndef DIANCHEN_COMMON_BASE_BUFFER_H
#define DIANCHEN_COMMON_BASE_BUFFER_H

#include "common/base/error.h"
#include "common/base/text.h"

struct buffer {
    char *data;   /* NULL until the first byte; not NUL-terminated */
    size_t size;  /* bytes in use */
    size_t room;  /* bytes allocated */
    size_t limit; /* most bytes that may ever be in use */
    bool failed;  /* an addition was refused: out of memory or past the limit */
};

/* Allocates nothing yet. */
void buffer_init(struct buffer *buffer, size_t limit);
/* Frees the memory. */
void buffer_fini(struct buffer *buffer);
/* Empties it and clears `failed`; keeps the memory if that is at most `keep` bytes. */
void buffer_clear(struct buffer *buffer, size_t keep);
/* Each appends, or sets `failed`. */
void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_add_text(struct buffer *buffer, struct text t);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Room for `size` more bytes at the end, to be written directly and then counted with
 * `buffer->size +=`. NULL (and failed) when there is none. */
char *buffer_reserve(struct buffer *buffer, size_t size);
/* Overwrites with zeros before freeing: for secrets. */
void buffer_wipe(struct buffer *buffer);

static inline struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->data, buffer->size};
}

#endif
