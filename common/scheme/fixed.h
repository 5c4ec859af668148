/* Values that are the same for every record: constants, and fields that are one environment variable. */
#ifndef DIANCHEN_COMMON_SCHEME_FIXED_H
#define DIANCHEN_COMMON_SCHEME_FIXED_H

#include "common/scheme/scheme.h"

/* The fixed value of a field whose ids the target lists (units, categories). False: the field has no such list, its value is
 * not fixed, or the variable is not set. *from is the name of the variable, else of the field. The texts live as long as the
 * scheme and the program. Call it after config_read. */
bool scheme_fixed_id(const struct scheme_assignment *field, struct text *id, struct text *from);

#endif
