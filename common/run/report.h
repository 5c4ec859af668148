/* How run.c ends a run: its report is counted and kept in its row. */
#ifndef DIANCHEN_COMMON_RUN_REPORT_H
#define DIANCHEN_COMMON_RUN_REPORT_H

#include "common/run/run.h"

/* A dry run's loaders note what they would create in a file beside that of the updates, whose name goes on with this. */
#define CREATES_FILE ".creates"

/* Counts the outcomes and writes report, state and end into the run's row; *sums (may be NULL) gets the sums of the report.
 * `state` is RUN_CLOSED or RUN_ABANDONED; source_total -1 = the total of the pages. In the caller's transaction. */
int run_report_write(struct store *store, int64_t run, enum run_state state, int64_t source_total,
                     struct run_sums *sums) WARN_UNUSED;

#endif
