/* The error budget: a run that has gone wrong is stopped by the very transaction that overspends it, whichever loader has
 * it. It fails with its cause, so its extractors end with that line; what is finished stays, and the next start goes on
 * with a new budget. A record that was refused before, and is not sent again, costs nothing. */
#ifndef DIANCHEN_COMMON_LEDGER_BUDGET_H
#define DIANCHEN_COMMON_LEDGER_BUDGET_H

#include "common/ledger/ledger.h"
#include "common/scheme/scheme.h"

struct budget_spent {
    int64_t refused; /* anew, by whomever */
    int64_t streak;  /* of these, by the target since it last saved something, on pages of which it saved nothing */
    bool saved;      /* it saved something before the streak */
};
/* In the transaction of the outcomes. *past: the run is stopped, now or before: nothing more of it is to be sent. */
int budget_spend(struct store *store, const struct scheme_budget *budget, int64_t run, const struct budget_spent *spent,
                 bool *past) WARN_UNUSED;
/* Of what ledger_end has written, run by run. */
int budget_results(struct store *store, const struct scheme_budget *budget, const struct ledger_result *results,
                   size_t count, bool *past) WARN_UNUSED;

#endif
