/* The target part of the scheme compiler: the value of each field. */
#ifndef DIANCHEN_COMMON_SCHEME_TARGET_H
#define DIANCHEN_COMMON_SCHEME_TARGET_H

#include "common/scheme/compile.h"

/* Fills scheme->target; call it after scheme_compile_source. Reports faults. */
void scheme_compile_target(struct scheme_compile *c, const cJSON *target);
/* Fills scheme->vanished (/vanished); call it after source and target. Reports faults. */
void scheme_compile_vanished(struct scheme_compile *c, const cJSON *vanished);

#endif
