#include "common/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUFFER_MIN = 256 };

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void buffer_fini(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){.limit = buffer->limit};
}

void buffer_clear(struct buffer *buffer, size_t keep)
{
    if (buffer->room > keep) {
        buffer_fini(buffer);
    }
    buffer->size = 0;
    buffer->failed = false;
}

char *buffer_grow(struct buffer *buffer, size_t size)
{
    if (buffer->failed || size > buffer->limit - buffer->size) {
        buffer->failed = true;
        return NULL;
    }
    size_t needed = buffer->size + size;
    if (needed > buffer->room || !buffer->data) {
        size_t room = buffer->room < BUFFER_MIN ? BUFFER_MIN : buffer->room * 2;
        if (room < needed) {
            room = needed;
        }
        if (room > buffer->limit) {
            room = buffer->limit;
        }
        char *data = realloc(buffer->data, room > 0 ? room : 1);
        if (!data) {
            buffer->failed = true;
            return NULL;
        }
        buffer->data = data;
        buffer->room = room;
    }
    return buffer->data + buffer->size;
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->failed = true;
        return;
    }
    size_t size = (size_t)length;
    if (size < sizeof line) {
        buffer_add(buffer, line, size);
        return;
    }
    char *whole = malloc(size + 1);
    if (!whole) {
        buffer->failed = true;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(whole, size + 1, format, arguments);
    va_end(arguments);
    buffer_add(buffer, whole, size);
    free(whole);
}

void buffer_wipe(struct buffer *buffer)
{
    if (buffer->data) {
        explicit_bzero(buffer->data, buffer->room);
    }
    buffer_fini(buffer);
}
