/* Answers the look-ups of a page that name another scheme (docs/formulas.md): from that scheme's ledger, one job of the store for
 * all questions of a page; and where the ledger knows a record but not its id, from the target (inquiry.h). On the loop's
 * thread. */
#ifndef DIANCHEN_LOADER_ASK_SIBLING_H
#define DIANCHEN_LOADER_ASK_SIBLING_H

#include "loader/ask/inquiry.h"

struct batch;
struct siblings;

struct sibling_ask { /* a look-up of the scheme */
    const struct scheme_lookup *lookup;
    struct text account; /* of the other scheme's ledger */
    struct inquiry *inquiry;
};
/* The id of the record `key`, which lives as long as the page. ERR_NOT_FOUND: that scheme has not written it; ERR_REFUSED: it
 * stands there twice; ERR_TIMEOUT: it has, but the target does not show it; ERR_BUSY: not known yet, call siblings_ask when the
 * page's rows are through; ERR_MEMORY. */
int sibling_answer(struct batch *batch, const struct sibling_ask *ask, struct text key, struct text *id) WARN_UNUSED;
/* Asks the store for what is noted, and calls `then` with the answers; meanwhile batch->beginning. False: nothing is noted. */
bool siblings_ask(struct batch *batch, void (*then)(struct batch *batch));

#endif
