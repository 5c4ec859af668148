/* The source part of the scheme compiler: request, slices, paging, and the filter. */
#ifndef DIANCHEN_COMMON_SCHEME_SOURCE_H
#define DIANCHEN_COMMON_SCHEME_SOURCE_H

#include "common/scheme/compile.h"

/* Fills scheme->source. Reports faults. */
void scheme_compile_source(struct scheme_compile *c, const cJSON *source);
/* Fills scheme->filters; call it after scheme_compile_source. Reports faults. */
void scheme_compile_filter(struct scheme_compile *c, const cJSON *filter);

#endif
