/* Reads what an API file says for the driver "rest". Private to common/scheme. */
#ifndef DIANCHEN_COMMON_SCHEME_REST_READ_H
#define DIANCHEN_COMMON_SCHEME_REST_READ_H

#include "common/scheme/keys.h"

struct rest_paging_read {      /* what paging is, as the file says it */
    const char *size, *number; /* names of request parameters; "" = none */
    int64_t first, most;
};
/* The file has passed the check of its outermost keys. Everything lives in `keep`. NULL, and a fault was reported. */
const struct rest_form *rest_read(struct scheme_faults *faults, struct arena *keep, const struct scheme_file *file,
                                  struct rest_paging_read *paging);

#endif
