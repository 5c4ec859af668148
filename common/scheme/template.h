/* Texts with placeholders: "{{province_name}}{{city_name}}路", "{{env.XINGCHEN_UNIT_ID}}". */
#ifndef DIANCHEN_COMMON_SCHEME_TEMPLATE_H
#define DIANCHEN_COMMON_SCHEME_TEMPLATE_H

#include "common/scheme/compile.h"

/* Splits a string of the scheme into parts, at most SCHEME_PARTS_MAX. Their texts point into the tree; slots are not looked
 * up. False if it is malformed, which is reported. */
bool scheme_template_split(struct scheme_compile *c, const cJSON *node, struct scheme_part *parts, size_t *count);
/* Is it a valid name of an environment variable? */
bool scheme_variable_good(struct text name);

#endif
