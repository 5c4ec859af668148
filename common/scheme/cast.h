/* The rules by which a source value becomes a target value (docs/schemes.md), for constants and for records alike. Pure. */
#ifndef DIANCHEN_COMMON_SCHEME_CAST_H
#define DIANCHEN_COMMON_SCHEME_CAST_H

#include "common/json/json.h"
#include "common/scheme/model.h"
#include "common/scheme/value.h"

enum { SCHEME_NUMBER_ROOM = 32 };

/* A JSON value as a source value. Strings point into the tree, arrays and objects become text in `arena`. ERR_MEMORY. */
int scheme_value_of(const cJSON *item, struct arena *arena, struct value *out) WARN_UNUSED;
/* As text: numbers as they were read, true or false, "" for nil, [] and {}. Points into the value or into `room`. */
struct text scheme_value_text(const struct value *value, char room[SCHEME_NUMBER_ROOM]);
/* Is it empty: nil, "", or (where no array is wanted) {} or [], which PHP servers send for "nothing"? */
bool scheme_value_empty(enum scheme_type type, const struct value *value);
/* Appends the value as JSON of the type. ERR_NOT_FOUND when it is empty, ERR_SYNTAX when it does not cast; nothing is
 * appended then. */
int scheme_cast(enum scheme_type type, const struct value *value, struct buffer *out) WARN_UNUSED;
/* "a string", for messages. */
const char *scheme_type_text(enum scheme_type type);

#endif
