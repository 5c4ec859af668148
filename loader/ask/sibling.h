/* Answers look-ups that name another scheme (docs/formulas.md). The answers come from that scheme's ledger, by one store job for all
 * questions of a page; where the ledger knows the record but not its id, from the target (inquiry.h). On the loop's thread. */
#ifndef DIANCHEN_LOADER_ASK_SIBLING_H
#define DIANCHEN_LOADER_ASK_SIBLING_H

#include "loader/ask/inquiry.h"

struct batch;
struct siblings;

struct sibling_ask { /* one of the scheme's look-ups */
    const struct scheme_lookup *lookup;
    struct text account; /* that the other scheme's ledger writes into */
    struct inquiry *inquiry;
};
/* 0: *id is the id of the record `key`, and lives as long as the page. ERR_NOT_FOUND: that scheme has not written it. ERR_REFUSED:
 * it stands there twice. ERR_TIMEOUT: it was written, but the target does not show it. ERR_BUSY: not known yet; the question is
 * noted: call siblings_ask after the last row of the page. ERR_MEMORY. */
int sibling_answer(struct batch *batch, const struct sibling_ask *ask, struct text key, struct text *id) WARN_UNUSED;
/* True: asks the store for all that is noted, and calls `then` from the loop when the answers are there; batch->beginning is set
 * meanwhile. False: nothing is noted, and `then` is not called. */
bool siblings_ask(struct batch *batch, void (*then)(struct batch *batch));

#endif
