/* A person says whether a create reached the target, where the target does not tell: a reject of class "unclear", whose claim
 * stays (delivery.md, Lost replies). No other record can be settled, and this one only when no call for it can be under way. */
#ifndef DIANCHEN_COMMON_LEDGER_SETTLE_H
#define DIANCHEN_COMMON_LEDGER_SETTLE_H

#include "common/store/store.h"

enum { SETTLE_ID_MAX = 64 /* bytes of an id of the target: printable, without blanks */ };

struct ledger_word {
    struct text scheme, key;
    struct text found; /* the target has it under this id; empty: the target does not have it, and it is sent again */
    int64_t wait;      /* out with ERR_BUSY: ms until it may be settled; 0 = a loader works at it */
};

/* Found: as after a successful save. The ledger holds what the claim carried under this id, and the reject is closed.
 * Not found: the ledger holds and claims nothing; the reject stays until the next run, or a replay, sends the record
 * again, even if unchanged. ERR_NOT_FOUND: no such record waits for a decision; ERR_BUSY: see `wait`; ERR_INPUT:
 * `found` is no id; ERR_LIMIT: several accounts of the scheme have such a record. In a write transaction. */
int ledger_settle(struct store *store, struct ledger_word *word) WARN_UNUSED;

#endif
