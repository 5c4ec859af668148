/* Reads the follow-ups of saved records: /then of a target's API file. Private to common/scheme. */
#ifndef DIANCHEN_COMMON_SCHEME_THEN_READ_H
#define DIANCHEN_COMMON_SCHEME_THEN_READ_H

#include "common/scheme/keys.h"

struct then_reading {
    struct scheme_faults *faults;
    struct arena *keep;
    const struct scheme_file *file;
};
/* All steps of an API file that has passed the check of its outermost keys. Everything lives in `keep`. */
void then_read(const struct then_reading *reading, struct target_form *form);

#endif
