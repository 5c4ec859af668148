/* What a person asks of the target before the first run: does it take our login (check), and what are the ids that
 * nobody knows by heart (lookup). Real calls that change nothing; no store. Results on stdout; the exit code. */
#ifndef DIANCHEN_LOADER_TARGET_H
#define DIANCHEN_LOADER_TARGET_H

#include "loader/options.h"

/* Why there is nothing to show: a FAIL line for a check, else the program's last line. Returns `exit_code`. */
int target_fail(const struct options *options, const struct cause *cause, int exit_code);
int target_check(const struct options *options);
int target_lookup(const struct options *options);

#endif
