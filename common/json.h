/* The one place that reads and writes JSON. cJSON does the parsing, in an arena, behind a pass over
 * the text that keeps what cJSON would damage (cJSON 1.7.15, measured):
 *  - integers and decimals of more than 15 significant digits become strings, digit for digit;
 *  - a NUL character (raw or \u0000) is refused, never a silent cut; lone surrogates are refused;
 *  - size and depth are capped before cJSON sees a byte.
 * Trees live in the arena of the parse: nothing to free, gone at arena_reset. cJSON's hooks are set
 * once to a thread-local arena, so any thread may parse, each with its own arena. */
#ifndef DIANCHEN_COMMON_JSON_H
#define DIANCHEN_COMMON_JSON_H

#include <cjson/cJSON.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/error.h"
#include "common/text.h"

enum { JSON_DEPTH = 32 };

enum json_flags {
    JSON_STRICT = 0,
    JSON_RELAXED = 1,  /* files people write: comments, a BOM, CRLF */
    JSON_CONTROLS = 2, /* drop raw control characters (WDT replies hold them) */
};

/* Parses the whole of `source` (trailing white space allowed, anything else behind it is an error).
 * ERR_SYNTAX with line and column in `cause`, ERR_LIMIT past `limit` bytes or JSON_DEPTH, ERR_MEMORY.
 * The source is only read; the tree does not point into it. */
int json_parse(struct arena *arena, struct text source, size_t limit, enum json_flags flags, const cJSON **out,
               struct cause *cause) WARN_UNUSED;

/* As json_parse, but of every object at this depth (the root has depth 1) only the members of these names are read:
 * a record of which a few fields are used costs a fraction. What is left out is checked for strings, numbers and
 * nesting, not for grammar. */
struct json_fields {
    int depth;
    const struct text *names;
    size_t count;
};
int json_parse_fields(struct arena *arena, struct text source, size_t limit, enum json_flags flags,
                      const struct json_fields *fields, const cJSON **out, struct cause *cause) WARN_UNUSED;

/* Member of an object by exact name; NULL when absent or `object` is no object. */
const cJSON *json_get(const cJSON *object, const char *name);
/* String contents; for anything else data is NULL. Strings out of json_parse never hold NUL. */
struct text json_text(const cJSON *item);
/* An integer given as number or as string ("12"); ERR_SYNTAX when it is neither or has a fraction. */
int json_integer(const cJSON *item, int64_t *out) WARN_UNUSED;
/* True for true, 1, "1", "true"; false for false, 0, "0", "false", "" and null; ERR_SYNTAX otherwise. */
int json_flag(const cJSON *item, bool *out) WARN_UNUSED;

/* Writers append to a buffer; failures stick in buffer->failed. */
void json_put_text(struct buffer *out, struct text t); /* quoted and escaped; bytes that are no UTF-8 become U+FFFD */
void json_put_member(struct buffer *out, bool *first,
                     struct text name);                    /* `,"name":`, the comma unless *first, which it clears */
void json_put_number(struct buffer *out, double number);   /* shortest text that reads back the same */
void json_put_tree(struct buffer *out, const cJSON *tree); /* compact, depth capped by JSON_DEPTH */

#endif
