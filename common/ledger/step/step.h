/* Follow-ups of a saved record, like the audit of a bill: the steps that a scheme names in target.then. Each has a state of
 * its own, and is sent under the record's claim with OP_STEP: so one POST of a record is under way at most, whatever it is.
 *
 *                 T1                    POST …               T2
 *   saved, due ───────▶ sent, claim c ─────────▶ done, or refused: a reject; the record stays saved
 *                          │  until passes, reply lost
 *                          └────▶ settle: take over the claim, ask the target: done, or POST again
 *
 * A state holds for the contents that it was written for: a record that is changed is followed up again. A record of which
 * some step was sent is asked for before it is changed: where the step is done, the target changes it no more. */
#ifndef DIANCHEN_COMMON_LEDGER_STEP_STEP_H
#define DIANCHEN_COMMON_LEDGER_STEP_STEP_H

#include "common/ledger/batch.h"

/* T1: what is due of the records that were looked up. Sets record->step and record->stepped. */
int steps_look(struct beginning *begin) WARN_UNUSED;
/* T1: notes the steps that are claimed as sent. */
int steps_claim(struct beginning *begin) WARN_UNUSED;
/* T2: notes what came of steps, where the claim was still ours. */
int steps_end(struct store *store, const struct ledger_result *results, size_t count) WARN_UNUSED;

const char *step_state_text(int64_t state); /* "sent", "done", "refused" */

#endif
