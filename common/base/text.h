/* A string as pointer and length: UTF-8, not NUL-terminated unless stated. It does not own its bytes. Any thread. */
#ifndef DIANCHEN_COMMON_BASE_TEXT_H
#define DIANCHEN_COMMON_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data; /* may be NULL when size is 0 */
    size_t size;      /* bytes */
};

#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})
#define TEXT_ARG(t) (int)(t).size, (t).data /* for "%.*s" */

static inline struct text text_of(const char *string)
{
    return (struct text){string, string ? strlen(string) : 0};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Does a UTF-8 sequence go on at this byte? */
static inline bool text_continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Is the byte one of those in `set`? */
static inline bool text_has(struct text set, char c)
{
    return set.size > 0 && memchr(set.data, c, set.size) != NULL;
}

/* Case-sensitive search; the offset, or -1. */
ptrdiff_t text_find(struct text haystack, struct text needle);
/* Ignores the case of ASCII letters. */
bool text_equal_nocase(struct text a, struct text b);
ptrdiff_t text_find_nocase(struct text haystack, struct text needle);
bool text_ends_nocase(struct text t, struct text end);
bool text_starts(struct text t, struct text prefix);
/* Without ASCII white space at both ends. */
struct text text_trim(struct text t);
/* Whole text as a decimal integer, sign allowed, no white space. 0 or ERR_SYNTAX (also on overflow). */
int text_integer(struct text t, int64_t *out) __attribute__((warn_unused_result));
/* The largest n <= limit at which `t` may be cut without splitting a UTF-8 sequence. */
size_t text_cut(struct text t, size_t limit);
/* text_sequence where `t` begins with none of the usual ones. */
size_t text_sequence_rare(struct text t);
/* The code point of a sequence: the first `size` bytes (of text_sequence) at `at`; a single byte is its own. */
uint32_t text_point(const char *at, size_t size);
/* Well-formed UTF-8 (no surrogates, no overlong forms, <= U+10FFFF)? */
bool text_is_utf8(struct text t);
/* Well-formed UTF-8 without a NUL? Every store keeps such text unchanged. */
bool text_is_storable(struct text t);
/* The value of the four hex digits at `at`; -1: fewer before `end`, or one is no digit. */
int text_hex(const char *at, const char *end);

/* Bytes of the well-formed UTF-8 sequence that `t` begins with, 1..4; 0 when it begins with none. Nearly all are ASCII, or three
 * bytes of which no combination is forbidden. */
static inline size_t text_sequence(struct text t)
{
    unsigned char first = t.size > 0 ? (unsigned char)t.data[0] : 0xff;
    if (first < 0x80) {
        return 1;
    }
    bool usual = first >= 0xe1 && first <= 0xec && t.size > 2 && text_continues(t.data[1]) && text_continues(t.data[2]);
    return usual ? 3 : text_sequence_rare(t);
}

#endif
