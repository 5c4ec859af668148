/* The tests of a scheme: /tests, which `dianchen test` runs. */
#ifndef DIANCHEN_COMMON_SCHEME_CASES_H
#define DIANCHEN_COMMON_SCHEME_CASES_H

#include "common/scheme/compile.h"

/* Reports their faults: an unknown field, more than one expected result. */
void scheme_check_tests(struct scheme_compile *c, const cJSON *tests);

#endif
