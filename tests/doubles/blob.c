#include "blob.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void *blob_memory(void *old, size_t size)
{
    void *memory = realloc(old, size > 0 ? size : 1);
    if (!memory) {
        fputs("double: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void blob_fini(struct blob *b)
{
    free(b->data);
    *b = (struct blob){0};
}

void blob_reserve(struct blob *b, size_t more)
{
    if (b->capacity - b->length >= more) {
        return;
    }
    size_t capacity = b->capacity > 0 ? b->capacity : 256;
    while (capacity - b->length < more) {
        capacity *= 2;
    }
    b->data = blob_memory(b->data, capacity);
    b->capacity = capacity;
}

void blob_puts(struct blob *b, const char *text)
{
    blob_put(b, text, strlen(text));
}

void blob_integer(struct blob *b, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    blob_put(b, digits + at, sizeof digits - at);
}

void blob_string(struct blob *b, const char *text, size_t length)
{
    blob_reserve(b, length + 2);
    blob_put(b, "\"", 1);
    size_t start = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        blob_put(b, text + start, i - start);
        start = i + 1;
        if (c == '\n') {
            blob_put(b, "\\n", 2);
        } else if (c >= 0x20) {
            blob_put(b, (const char[]){'\\', (char)c}, 2);
        } else {
            blob_printf(b, "\\u%04x", c);
        }
    }
    blob_put(b, text + start, length - start);
    blob_put(b, "\"", 1);
}

void blob_quote(struct blob *b, const char *text)
{
    blob_string(b, text, strlen(text));
}

void blob_member(struct blob *b, const char *name, int64_t value)
{
    if (b->length > 0 && b->data[b->length - 1] != '{') {
        blob_put(b, ",", 1);
    }
    blob_quote(b, name);
    blob_put(b, ":", 1);
    blob_integer(b, value);
}

void blob_printf(struct blob *b, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    blob_reserve(b, (size_t)length + 1);
    va_start(list, format);
    vsnprintf(b->data + b->length, (size_t)length + 1, format, list);
    va_end(list);
    b->length += (size_t)length;
}

const char *blob_text(struct blob *b)
{
    blob_reserve(b, 1);
    b->data[b->length] = '\0';
    return b->data;
}

void blob_percent(struct blob *b, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        blob_printf(b, plain ? "%c" : "%%%02X", c);
    }
}
