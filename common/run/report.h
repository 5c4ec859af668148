/* Ends a run: counts its report and keeps it in the run's row. Used by run.c. */
#ifndef DIANCHEN_COMMON_RUN_REPORT_H
#define DIANCHEN_COMMON_RUN_REPORT_H

#include "common/run/run.h"

/* In a dry run, loaders list the updates in one file and the creates in another, whose name is the first one's with
 * this behind it. */
#define CREATES_FILE ".creates"

/* Counts the outcomes and writes report, state and end into the run's row; *sums (may be NULL) gets the sums of the
 * report. `state` is RUN_CLOSED or RUN_ABANDONED; source_total -1 = the total of the pages. In the caller's
 * transaction. */
int run_report_write(struct store *store, int64_t run, enum run_state state, int64_t source_total,
                     struct run_sums *sums) WARN_UNUSED;
/* Adds a member to the report that run_report_write has written; `json` is its value. In the same transaction. */
int run_report_add(struct store *store, int64_t run, struct text member, struct text json) WARN_UNUSED;

#endif
