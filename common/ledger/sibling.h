/* Ids of records that another scheme has written into the same target account: LOOKUP of a scheme
 * (docs/formulas.md). */
#ifndef DIANCHEN_COMMON_LEDGER_SIBLING_H
#define DIANCHEN_COMMON_LEDGER_SIBLING_H

#include "common/base/arena.h"
#include "common/store/store.h"

struct sibling {
    struct text account, scheme; /* the account as the other scheme's ledger names it */
    struct text key;
    enum sibling_state {
        SIBLING_ABSENT, /* the ledger has no such record in the target */
        SIBLING_FOUND,  /* with its id */
        SIBLING_HELD,   /* the target has it, but no reply told its id: only the number is known */
        SIBLING_TWICE,  /* two source accounts have the key, with different records */
    } state;            /* out */
    struct text id;     /* out, FOUND */
    struct text number; /* out, HELD */
    int64_t record;     /* out, HELD: of the ledger */
    bool own;           /* private: it is of the run's own source */
};
/* Fills in all siblings. If several source accounts have the key, that of `run` counts. Texts live in the arena.
 * ERR_MEMORY, or the store's error. In a transaction, which may be repeated. */
int siblings_find(struct store *store, int64_t run, struct sibling *siblings, size_t count,
                  struct arena *arena) WARN_UNUSED;

/* Stores ids that the target has told for HELD records since. An id is written only if the ledger has none yet, the
 * number is the same and nothing is under way. In a write transaction. */
struct sibling_id {
    int64_t record;
    struct text number, id;
};
int siblings_note(struct store *store, const struct sibling_id *ids, size_t count) WARN_UNUSED;

#endif
