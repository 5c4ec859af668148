/* Several ledgers of one account: schemes, or sources, that write into the same target. Each creates only its own
 * records, and no two of them create the same number.
 *
 * An operation that may create a number needs a claim for it: a create, a settling, an update without an id (it creates
 * if nothing is found), an update that changes the number. A ledger gets such a claim only while no other ledger has
 * one for the number, so it can't miss what another does meanwhile. An update by id may create too, if its material is
 * gone: then only while other ledgers hold nothing but that material.
 *
 * One lock on the account protects all of this. It is taken before any other lock (gate.c, budget.c, here). */
#ifndef DIANCHEN_COMMON_LEDGER_OTHERS_H
#define DIANCHEN_COMMON_LEDGER_OTHERS_H

#include "common/ledger/batch.h"

/* T1, with begin->gate.others: checks our rows against records of other ledgers with the same number. A create becomes
 * an update of the material that the other one holds (`existing: adopt`), is left out (`skip`) or is refused
 * (`reject`). Every row waits while the other one may create. */
int others_look(struct beginning *begin) WARN_UNUSED;

/* Before ledger_reclaim writes: sets `stale` for every create that another ledger's record of the number forbids. If a
 * POST was to follow (hash is given), nothing of ours is under way and the claim is given up: the next T1 sees what the
 * other one holds. ERR_BUSY: another ledger of the account has just begun. */
int others_forbid(struct store *store, struct ledger_reclaim *rows, size_t count) WARN_UNUSED;

/* Before ledger_end writes: sets `elsewhere` for every created material that another ledger of the account has already
 * counted as created (both lost a reply for the number, and each finds it in the target). ERR_BUSY as above. */
int others_counted(struct store *store, struct ledger_result *results, size_t count) WARN_UNUSED;

/* Takes the lock on the account of `run` where other ledgers write into it: before the run's row is updated. */
int others_lock_run(struct store *store, int64_t run) WARN_UNUSED;

/* The target has the row's number already: T1 adopts, skips or refuses the row, as `existing` says. `why_not` completes
 * the message of the reject. ERR_MEMORY. */
int others_stand(struct ledger_batch *batch, struct ledger_row *row, struct text target_id,
                 struct text why_not) WARN_UNUSED;

#endif
