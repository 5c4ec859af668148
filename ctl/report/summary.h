/* Prints a run's report for a person: what the source said, what became of the records, and what to do next. */
#ifndef DIANCHEN_CTL_REPORT_SUMMARY_H
#define DIANCHEN_CTL_REPORT_SUMMARY_H

#include <stdio.h>

#include "common/base/text.h"

/* Prints the report `json`, as run_report writes it. Returns the exit code of that run: 0, 3 (rejects), 4 (not complete) or 1
 * (failed). `out` NULL: prints nothing, returns the code. */
int report_print(struct text json, FILE *out);
/* The same for a dry run: the text says that nothing was written, and has no run number. */
int report_print_dry(struct text json, FILE *out);

/* The run that disabled what the run of this report has missed; 0 = there is none. */
int64_t report_vanished_run(struct text json);

#endif
