/* The only place that reads and writes JSON. cJSON parses into an arena. Before it, one pass over the text prevents
 * what cJSON would damage (measured with cJSON 1.7.15):
 *  - numbers of more than 15 significant digits become strings, digit for digit (cJSON would round them);
 *  - a NUL character (raw or \u0000) is an error (cJSON would cut the string there), and so is a lone surrogate;
 *  - size and depth are checked.
 * Trees live in the arena: nothing is freed by hand, arena_reset ends them. Any thread, each with its own arena. */
#ifndef DIANCHEN_COMMON_JSON_JSON_H
#define DIANCHEN_COMMON_JSON_JSON_H

#include <cjson/cJSON.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/text.h"

enum { JSON_DEPTH = 32 };

enum json_flags {
    JSON_STRICT = 0,
    JSON_RELAXED = 1,  /* for files written by people: allows comments, a BOM, CRLF */
    JSON_CONTROLS = 2, /* drops raw control characters (replies of 旺店通 contain them) */
    JSON_MEND = 4,     /* \u0000 and half of a surrogate pair become U+FFFD */
};

/* Parses all of `source`; only white space may follow the value. 0 with the tree in *out, which does not point into the
 * source. ERR_SYNTAX with line and column in `cause`; ERR_LIMIT above `limit` bytes or JSON_DEPTH; ERR_MEMORY. */
int json_parse(struct arena *arena, struct text source, size_t limit, enum json_flags flags, const cJSON **out,
               struct cause *cause) WARN_UNUSED;

/* As json_parse, but of the objects at this depth (the root has depth 1) only the members with these names are read. That is
 * much faster when few fields of a record are used. The rest is checked for strings, numbers and nesting, not for
 * grammar. */
struct json_fields {
    int depth;
    const struct text *names;
    size_t count;
};
int json_parse_fields(struct arena *arena, struct text source, size_t limit, enum json_flags flags,
                      const struct json_fields *fields, const cJSON **out, struct cause *cause) WARN_UNUSED;

/* Member of an object by exact name; NULL when absent or `object` is no object. */
const cJSON *json_get(const cJSON *object, const char *name);
/* The contents of a string, which lives as long as the tree; data is NULL for any other value. Never contains NUL. */
struct text json_text(const cJSON *item);
/* An integer, written as number or as string ("12"). ERR_SYNTAX: neither, or it has a fraction. */
int json_integer(const cJSON *item, int64_t *out) WARN_UNUSED;
/* True for true, 1, "1", "true"; false for false, 0, "0", "false", "" and null; ERR_SYNTAX otherwise. */
int json_flag(const cJSON *item, bool *out) WARN_UNUSED;

/* Writers append to a buffer; check buffer->failed at the end. */
void json_put_text(struct buffer *out, struct text t); /* quoted and escaped; bytes that are no UTF-8 become U+FFFD */
void json_put_member(struct buffer *out, bool *first,
                     struct text name); /* `,"name":`; no comma if *first, which becomes false */
/* Whole members. A text whose data is NULL is written as null. */
void json_member_text(struct buffer *out, bool *first, const char *name, struct text value);
void json_member_integer(struct buffer *out, bool *first, const char *name, int64_t value);
void json_member_flag(struct buffer *out, bool *first, const char *name, bool value);
void json_member_null(struct buffer *out, bool *first, const char *name);
void json_put_number(struct buffer *out, double number);   /* shortest text that reads back the same */
void json_put_tree(struct buffer *out, const cJSON *tree); /* compact, depth capped by JSON_DEPTH */

#endif
