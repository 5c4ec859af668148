/* Reads what an API file says for the driver "rest". Private to common/scheme. */
#ifndef DIANCHEN_COMMON_SCHEME_REST_READ_H
#define DIANCHEN_COMMON_SCHEME_REST_READ_H

#include "common/scheme/rest/reading.h"

struct rest_paging_read {      /* what paging is, as the file says it */
    const char *size, *number; /* names of request parameters; "" = none */
    int64_t first, most;
};
/* The file has passed the check of its outermost keys. Everything lives in `keep`. NULL, and a fault was reported. */
const struct rest_form *rest_read(struct scheme_faults *faults, struct arena *keep, const struct scheme_file *file,
                                  struct rest_paging_read *paging);

/* Its parts, for other drivers whose files have them. Faults are reported. */
/* What templates may name: the parameters of /request, then `more`, which must outlive the form. */
void rest_read_params(struct rest_reading *r, const char *const *more, size_t more_count);
/* /pagination, /reply and the format of /window; and the parameters as far as they are read. */
void rest_read_source(struct rest_reading *r, struct rest_form *out, struct rest_paging_read *paging);

#endif
