/* How run.c ends a run: its report is counted and kept in its row. */
#ifndef DIANCHEN_COMMON_RUN_REPORT_H
#define DIANCHEN_COMMON_RUN_REPORT_H

#include "common/run.h"

/* Counts, writes report, state and end into the run's row; the text is also appended to `report` (may be NULL).
 * `state` is RUN_CLOSED or RUN_ABANDONED; source_total -1 = what pages told. Inside the caller's transaction. */
int run_report_write(struct store *store, int64_t run, enum run_state state, int64_t source_total,
                     struct buffer *report) WARN_UNUSED;

#endif
