/* All rows of one store into another, of whatever kind. */
#ifndef DIANCHEN_COMMON_STORE_COPY_H
#define DIANCHEN_COMMON_STORE_COPY_H

#include "common/store/store.h"

/* `from` in a transaction of any kind, `to` in a write transaction and without rows but those of meta, which are not
 * copied; both of the newest schema. Deadlines are left as they are: on the clock of `from`. Memory: some pages of rows. */
int store_copy_rows(struct store *from, struct store *to, int64_t *rows) WARN_UNUSED;

#endif
