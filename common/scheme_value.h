/* Values on their way from a source field into a target field: the casting rules (docs/schemes.md),
 * the same for constants at compile time and for records. */
#ifndef DIANCHEN_COMMON_SCHEME_VALUE_H
#define DIANCHEN_COMMON_SCHEME_VALUE_H

#include "common/json.h"
#include "common/scheme.h"
#include "common/wire.h"

enum { SCHEME_NUMBER_ROOM = 32 };

/* A JSON value as a source value. Strings point into the tree, arrays and objects become text in `arena`. ERR_MEMORY. */
int scheme_value_of(const cJSON *item, struct arena *arena, struct value *out) WARN_UNUSED;
/* As text: numbers as they were read, true or false, "" for nil, [] and {}. Points into the value or into `room`. */
struct text scheme_value_text(const struct value *value, char room[SCHEME_NUMBER_ROOM]);
/* Nothing there: nil, "", and {} or [] (how PHP-minded servers write nothing) where no array is wanted. */
bool scheme_value_empty(enum scheme_type type, const struct value *value);
/* Appends the value as JSON of the type. ERR_NOT_FOUND when it is empty, ERR_SYNTAX when it does not cast; nothing is
 * appended then. */
int scheme_cast(enum scheme_type type, const struct value *value, struct buffer *out) WARN_UNUSED;
/* "a string", for messages. */
const char *scheme_type_text(enum scheme_type type);

#endif
