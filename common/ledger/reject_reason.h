/* The open rejects in groups by class and code, with one message as an example. */
#ifndef DIANCHEN_COMMON_LEDGER_REJECT_REASON_H
#define DIANCHEN_COMMON_LEDGER_REJECT_REASON_H

#include "common/store/store.h"

struct reject_reason {
    struct text class, code, message; /* the message of one of them */
    int64_t count;
};
/* The `most` largest groups of a run, largest first. Texts are valid during the call; non-zero ends the walk. */
int reject_reasons(struct store *store, int64_t run, int64_t most,
                   int (*fn)(void *user, const struct reject_reason *reason), void *user) WARN_UNUSED;
/* The same for those that wait for a look-up: one group for each question. */
int reject_waiting(struct store *store, int64_t run, int64_t most,
                   int (*fn)(void *user, const struct reject_reason *reason), void *user) WARN_UNUSED;

#endif
