/* A growable run of bytes that always has a maximum. Errors stick: after a failed growth every
 * further addition does nothing, and `failed` says so once, at the end. Single thread. */
#ifndef DIANCHEN_COMMON_BUFFER_H
#define DIANCHEN_COMMON_BUFFER_H

#include "common/error.h"
#include "common/text.h"

struct buffer {
    char *data;   /* NULL until the first byte; not NUL-terminated */
    size_t size;  /* bytes in use */
    size_t room;  /* bytes allocated */
    size_t limit; /* most bytes that may ever be in use */
    bool failed;  /* an addition was refused: out of memory or past the limit */
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_fini(struct buffer *buffer);
/* Empties and clears `failed`; keeps the memory when it is not above `keep` bytes. */
void buffer_clear(struct buffer *buffer, size_t keep);
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
