/* Pages of records that the source has lost (run/vanished.h): they come from the ledger. */
#ifndef DIANCHEN_EXTRACTOR_VANISHED_H
#define DIANCHEN_EXTRACTOR_VANISHED_H

#include "common/run/vanished.h"
#include "common/scheme/scheme.h"

/* Appends the page's records to `out`, as source records of wire.h that have a key and a number and nothing else, but the
 * value of SCHEME_RUN_DATE (`day`). *rows = how many. In a transaction. ERR_LIMIT: `out` is too small. */
int vanished_pack(struct store *store, const struct scheme *scheme, const struct page *page, int64_t day,
                  struct buffer *out, int64_t *rows) WARN_UNUSED;

#endif
