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
/* buffer_reserve where the room is not there yet. */
char *buffer_grow(struct buffer *buffer, size_t size);
/* Appends, or sets `failed`. */
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Overwrites with zeros before freeing: for secrets. */
void buffer_wipe(struct buffer *buffer);

/* Room for `size` more bytes at the end, to be written directly and then counted with
 * `buffer->size +=`. NULL (and failed) when there is none. */
static inline char *buffer_reserve(struct buffer *buffer, size_t size)
{
    bool there = !buffer->failed && buffer->data && size <= buffer->room - buffer->size;
    return there ? buffer->data + buffer->size : buffer_grow(buffer, size);
}

/* Each appends, or sets `failed`. */
static inline void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
    char *room = size > 0 ? buffer_reserve(buffer, size) : NULL;
    if (room) {
        memcpy(room, data, size);
        buffer->size += size;
    }
}

static inline void buffer_add_text(struct buffer *buffer, struct text t)
{
    buffer_add(buffer, t.data, t.size);
}

static inline void buffer_add_char(struct buffer *buffer, char c)
{
    buffer_add(buffer, &c, 1);
}

static inline struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->data, buffer->size};
}

#endif
