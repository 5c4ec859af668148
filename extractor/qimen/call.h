/* Signed forms of 企业奇门: what is sent for a page, or for one record. */
#ifndef DIANCHEN_EXTRACTOR_QIMEN_CALL_H
#define DIANCHEN_EXTRACTOR_QIMEN_CALL_H

#include "common/base/buffer.h"
#include "common/scheme/scheme.h"
#include "extractor/driver.h"

struct qimen_call {
    const struct scheme *scheme;
    const char *const *env; /* of params_open */
    int slice;
    struct source_window window; /* of the slice; to 0 = none */
    const char *key;             /* NULL, or the id of the one record that is asked for instead of the slice */
    int64_t page, page_size;
};

/* Appends the form, signed with this moment's time: the gateway takes ten minutes of difference, and a retry may be
 * later. ERR_LIMIT when it does not fit the buffer, ERR_MEMORY. */
int qimen_call_write(const struct qimen_call *call, struct buffer *body) WARN_UNUSED;

#endif
