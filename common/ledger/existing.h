/* The materials that stood in the target account before this ledger's first create. A loader reads all of them once for
 * its scheme, again before the first batch of another source, and when the store has lost its last commits, so that
 * nothing is created twice. T1 looks here for rows that it has never seen, and into the other ledgers of the account. */
#ifndef DIANCHEN_COMMON_LEDGER_EXISTING_H
#define DIANCHEN_COMMON_LEDGER_EXISTING_H

#include "common/ledger/batch.h"

enum existing_state { EXISTING_UNREAD = 0, EXISTING_READ = 1 };

/* A reading: which account, for which scheme, by whom. The texts are the caller's. */
struct existing_reading {
    struct text account, scheme; /* the target account, the name of the scheme */
    struct text owner;           /* of the right to read: stage.owner */
    int64_t run;                 /* whose batch asked for it, 0 = none did */
    int64_t lease;               /* ms that the right lasts; claim again to renew it */
    int64_t settle; /* ms after lost commits in which a POST may still be executed, or not show: S + D + V */
};
/* Claims the right to read the materials. In a write transaction, as the next two; with `run` in one of its own: where that
 * run's source is new to the scheme and the account, its ledger begins here, and what was read before counts no more.
 * *state is EXISTING_READ when there is nothing to do. ERR_BUSY: another loader reads, or it is too early. */
int existing_claim(struct store *store, const struct existing_reading *reading, enum existing_state *state) WARN_UNUSED;
struct existing_material {
    struct text number, target_id;
};
/* Stores materials; the first id of a number is kept. ERR_STALE: all have been read already. */
int existing_put(struct store *store, const struct existing_reading *reading, const struct existing_material *materials,
                 size_t count) WARN_UNUSED;
/* Marks all materials as read. ERR_STALE: another loader has the right to read. */
int existing_finish(struct store *store, const struct existing_reading *reading) WARN_UNUSED;

/* T1: handles creates whose number is in the target already, or was created through another ledger. They become updates
 * (`existing: adopt`), are left out (`skip`), or are refused (`reject`). They wait while another ledger's create may be
 * under way. ERR_NOT_FOUND: see ledger_begin. */
int begin_existing(struct beginning *begin) WARN_UNUSED;

#endif
