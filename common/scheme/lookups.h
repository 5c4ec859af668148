/* The look-ups of a scheme: /lookups, ids of the target by name or number. */
#ifndef DIANCHEN_COMMON_SCHEME_LOOKUPS_H
#define DIANCHEN_COMMON_SCHEME_LOOKUPS_H

#include "common/scheme/compile.h"

/* Fills scheme->lookups; call it after the target's API file is read and before its fields are compiled. Reports faults. */
void scheme_compile_lookups(struct scheme_compile *c, const cJSON *lookups);
/* Is there one of this name? False with *why. */
bool scheme_find_lookup(struct scheme_compile *c, struct text name, struct cause *why);

#endif
