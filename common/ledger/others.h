/* Several ledgers of one account: schemes, or sources, that write into the same target. Each makes what its own records
 * say, and no two of them make one number.
 *
 * Who may come to create a number holds a claim for it: a create, a settling, an update without an id (which creates
 * where nothing is found), an update that gives the number. Such a claim is had only while no other ledger has one on the
 * number, so what another does in the meantime can't be missed. An update by its id that finds its material gone may
 * create too: under its claim a create only goes out while nothing but that material is held elsewhere.
 *
 * All of it happens under one lock on the account, which is taken first of all (gate.c, budget.c, here). */
#ifndef DIANCHEN_COMMON_LEDGER_OTHERS_H
#define DIANCHEN_COMMON_LEDGER_OTHERS_H

#include "common/ledger/batch.h"

/* T1, with begin->gate.others: what another ledger's record of the number makes of our rows. A create becomes an update of
 * what that one holds (`existing: adopt`), is left out (`skip`) or refused (`reject`); everything waits while that one may
 * create. */
int others_look(struct beginning *begin) WARN_UNUSED;

/* Before ledger_reclaim writes: `stale` for every create that another ledger's record of the number forbids. Where a POST
 * was to follow (hash is given) nothing of ours is open, and the claim is let go: the next T1 sees what the other holds.
 * ERR_BUSY: another ledger of the account has just begun. */
int others_forbid(struct store *store, struct ledger_reclaim *rows, size_t count) WARN_UNUSED;

/* Before ledger_end writes: `elsewhere` for every created material that another ledger of the account has counted as created.
 * Two of them may have lost a reply for one number, and each finds it there. ERR_BUSY as above. */
int others_counted(struct store *store, struct ledger_result *results, size_t count) WARN_UNUSED;

/* Takes the lock on the account of `run` where other ledgers write into it: before the run's row is updated. */
int others_lock_run(struct store *store, int64_t run) WARN_UNUSED;

/* Something stands in the target under the row's number: T1 does with it as `existing` says; why_not is the reject's
 * sentence. */
int others_stand(struct ledger_batch *batch, struct ledger_row *row, struct text target_id,
                 struct text why_not) WARN_UNUSED;

#endif
