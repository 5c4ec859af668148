/* Pages that come from the store: of records that the source has lost (run/vanished.h), and of those that others have brought
 * (run/inbox.h). */
#ifndef DIANCHEN_EXTRACTOR_STORED_H
#define DIANCHEN_EXTRACTOR_STORED_H

#include "common/run/run.h"
#include "common/scheme/scheme.h"

/* Appends the records of a page of the run to `out`, as source records of wire.h. What is lost has a key and a number and nothing
 * else, but the value of SCHEME_RUN_DATE. *rows = how many. In a transaction. ERR_LIMIT: `out` is too small. */
int stored_pack(struct store *store, const struct scheme *scheme, const struct run *run, const struct page *page,
                struct buffer *out, int64_t *rows) WARN_UNUSED;

#endif
