/* A run's report for a person: what the source said, what became of each record, and what to do next. */
#ifndef DIANCHEN_CTL_REPORT_SUMMARY_H
#define DIANCHEN_CTL_REPORT_SUMMARY_H

#include <stdio.h>

#include "common/base/text.h"

/* `json` is a report as run_report writes it. Returns the exit code that it stands for:
 * 0, 3 (rejects), 4 (not complete) or 1 (failed). Prints nothing when `out` is NULL. */
int report_print(struct text json, FILE *out);
/* The same for a run that wrote nothing: it says so, and has no number of its own. */
int report_print_dry(struct text json, FILE *out);

#endif
