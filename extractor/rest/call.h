/* The request for a page, or for one record, as the API file's templates say. */
#ifndef DIANCHEN_EXTRACTOR_REST_CALL_H
#define DIANCHEN_EXTRACTOR_REST_CALL_H

#include "common/base/buffer.h"
#include "common/scheme/scheme.h"
#include "extractor/driver.h"

struct rest_call {
    const struct scheme *scheme;
    const char *base;       /* the address */
    const char *const *env; /* of params_open */
    int slice;
    struct source_window window; /* of the slice; to 0 = none */
    const char *key;             /* NULL, or the id of the one record that is asked for instead of the slice */
    int64_t page, page_size;
    const char *cursor; /* of the page, where the API goes by cursors; NULL or "" = the first */
};

/* Appends the address and a NUL to `url`, header lines, each with a NUL, to `lines`, the body to `body`. ERR_LIMIT when
 * something does not fit its buffer. */
int rest_call_write(const struct rest_call *call, struct buffer *url, struct buffer *lines,
                    struct buffer *body) WARN_UNUSED;

#endif
