/* A person's word on a create whose fate the target does not tell: a reject of class "unclear" whose claim stays (delivery.md,
 * Lost replies). Only such a record is settled, and only when no call of it can be under way any more. */
#ifndef DIANCHEN_COMMON_LEDGER_SETTLE_H
#define DIANCHEN_COMMON_LEDGER_SETTLE_H

#include "common/store/store.h"

enum { SETTLE_ID_MAX = 64 /* bytes of an id of the target: printable, without blanks */ };

struct ledger_word {
    struct text scheme, key;
    struct text found; /* it landed, under this id of the target; empty: it did not, and is sent again */
    int64_t wait;      /* out with ERR_BUSY: ms until it may be settled; 0 = a loader is at it */
};

/* Found: as if the target had answered its save: what the claim carried is held under this id, and the reject is over. Absent:
 * nothing is held or claimed; the reject stays until the next run, or a replay, sends it again, whatever its content.
 * ERR_NOT_FOUND: no such record waits for a word; ERR_BUSY; ERR_INPUT: `found` is no id; ERR_LIMIT: several accounts of
 * the scheme have such a record. In a write transaction. */
int ledger_settle(struct store *store, struct ledger_word *word) WARN_UNUSED;

#endif
