/* Columns of a terminal: a Chinese character takes two, a mark drawn over another none. Pure. */
#ifndef DIANCHEN_COMMON_BASE_COLUMNS_H
#define DIANCHEN_COMMON_BASE_COLUMNS_H

#include "common/base/buffer.h"

/* Columns that `t` takes. Bytes that are no UTF-8 take one each. */
size_t columns_of(struct text t);
/* Bytes at the front of `t` that fit into `columns`; *used = the columns that they take. */
size_t columns_fit(struct text t, size_t columns, size_t *used);
/* Appends `t` and as many blanks as it lacks to `columns`. */
void columns_pad(struct buffer *out, struct text t, size_t columns);

#endif
