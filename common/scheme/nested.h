/* Compiles the value of an array field: objects, lists and `each`, with formulas inside. */
#ifndef DIANCHEN_COMMON_SCHEME_NESTED_H
#define DIANCHEN_COMMON_SCHEME_NESTED_H

#include "common/scheme/compile.h"

/* Does the value depend on the record: a formula, {{…}}, `each`? */
bool scheme_nested_lives(const cJSON *node);
/* `field` is the array. NULL if a fault was reported. The result lives as long as the scheme. */
const struct scheme_nested *scheme_compile_nested(struct scheme_compile *c, const cJSON *node,
                                                  const struct scheme_field *field);
/* A constant of a typed field as JSON, "" if it is empty. False if a fault was reported. */
bool scheme_compile_constant(struct scheme_compile *c, const cJSON *node, const struct scheme_field *field,
                             struct text *json);

#endif
