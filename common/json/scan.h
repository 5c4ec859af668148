/* Walks JSON text by brackets and quotes, without a tree. Values that are not asked for are skipped without decoding,
 * however deep or broken they are. Pure functions; texts point into the source unless stated. */
#ifndef DIANCHEN_COMMON_JSON_SCAN_H
#define DIANCHEN_COMMON_JSON_SCAN_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/text.h"

/* Takes the first value of *rest: *value is its text, *rest moves behind it. ERR_SYNTAX: no value, or it does not
 * end. */
int json_take(struct text *rest, struct text *value) WARN_UNUSED;

/* Marks: the ends of the objects and lists in the outer levels of a text. json_take_marked notes them while it looks
 * for the end of the text, so later walks need not look again. Zero-initialise and set `arena`. Where a mark is missing
 * (deeper, more than JSON_MARKS_MAX, no memory), a walk looks for the end itself; the result is the same. */
enum { JSON_MARK_DEPTH = 5, JSON_MARKS_MAX = 1 << 16 };
struct json_mark {
    const char *at, *end; /* its opening bracket; the byte behind its closing one */
    size_t after;         /* index of the first mark behind it */
};
struct json_marks {
    struct arena *arena;    /* in which they grow */
    struct json_mark *list; /* in the order of `at` */
    size_t count, room;
};
/* As json_take; `marks` gets the marks of the value, in place of older ones. */
int json_take_marked(struct text *rest, struct text *value, struct json_marks *marks) WARN_UNUSED;

struct json_walk { /* a walk over the members of an object, or the elements of a list */
    struct text rest;
    const struct json_marks *marks; /* private, as the next: NULL = none */
    size_t mark;
    bool object, first;
};
/* `container` is the text of one value. ERR_SYNTAX: neither object nor list. */
int json_walk_begin(struct json_walk *walk, struct text container) WARN_UNUSED;
/* As json_walk_begin, with the marks of a text that may hold the container; marks of another text do no harm. `marks`
 * (may be NULL) must outlive the walk. */
int json_walk_marked(struct json_walk *walk, struct text container, const struct json_marks *marks) WARN_UNUSED;
/* 1: *value is the next value, *name its name without quotes ("" in a list; escapes are not decoded). 0: the end (a
 * comma may stand before it). ERR_SYNTAX: commas, colons or brackets do not match. */
int json_walk_next(struct json_walk *walk, struct text *name, struct text *value) WARN_UNUSED;

/* The contents of the string `raw` (with its quotes). *out points into `raw`, or into `arena` where it had escapes.
 * Half of a surrogate pair and NUL become U+FFFD, and *repaired becomes true; raw control characters are dropped.
 * ERR_SYNTAX: no string, an unknown escape, or bytes that are no UTF-8. ERR_MEMORY. */
int json_decode_text(struct text raw, struct arena *arena, struct text *out, bool *repaired) WARN_UNUSED;

enum { JSON_DECIMAL_MAX = 400 /* digits of a number that is written without an exponent */ };
/* A number without exponent, digit for digit: 1.50 becomes 1.5, 1.0E18 becomes 1000000000000000000, -0 becomes 0. *out
 * points into `raw` or `arena`. A number that would need more than JSON_DECIMAL_MAX digits is not changed. ERR_SYNTAX:
 * no number. ERR_MEMORY. */
int json_decode_number(struct text raw, struct arena *arena, struct text *out) WARN_UNUSED;

/* Appends a value without white space, its strings and numbers as decoded above. ERR_SYNTAX as above, or brackets,
 * commas or words do not match. ERR_LIMIT: deeper than JSON_DEPTH, or `out` is full. */
int json_compact(struct text raw, struct arena *arena, struct buffer *out, bool *repaired) WARN_UNUSED;
/* As json_compact, but what can't be read costs nothing around it: a number that is none (007) becomes a text, a text that is
 * no UTF-8 stays as it is, a word that is none (NaN) and what is nested too deep become null. ERR_SYNTAX: brackets, commas or names do not match. */
int json_mend(struct text raw, struct arena *arena, struct buffer *out) WARN_UNUSED;

#endif
