/* Which steps of a target's API file a scheme names. Private to common/scheme. */
#ifndef DIANCHEN_COMMON_SCHEME_THEN_CHOOSE_H
#define DIANCHEN_COMMON_SCHEME_THEN_CHOOSE_H

#include "common/scheme/compile.h"

/* The steps that a scheme names, in its order: /target/then. */
void then_compile(struct scheme_compile *c, const cJSON *target);

#endif
