/* The error budget. The transaction that exceeds it stops the run, whichever loader runs it. The run fails with its
 * cause, so its extractors end with that line. What is finished stays, and the next start continues with a new budget.
 * A record that was refused before, and is not sent again, does not count. */
#ifndef DIANCHEN_COMMON_LEDGER_BUDGET_H
#define DIANCHEN_COMMON_LEDGER_BUDGET_H

#include "common/ledger/ledger.h"
#include "common/scheme/scheme.h"

struct budget_spent {
    int64_t refused; /* newly refused, by the target or before it */
    int64_t streak;  /* of these: by the target, since its last save, on pages of which it saved nothing */
    bool saved;      /* the target saved something before the streak */
};
/* Adds to what the run has spent. Call it in the transaction of the outcomes. *past: the run is stopped, now or before;
 * send no more of it. */
int budget_spend(struct store *store, const struct scheme_budget *budget, int64_t run, const struct budget_spent *spent,
                 bool *past) WARN_UNUSED;
/* The same for the results that ledger_end has written, run by run. */
int budget_results(struct store *store, const struct scheme_budget *budget, const struct ledger_result *results,
                   size_t count, bool *past) WARN_UNUSED;

#endif
