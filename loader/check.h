/* What a person asks of the target before the first run: does it take our login (check), and what are the ids that
 * nobody knows by heart (lookup). Real calls that change nothing; no store. Results on stdout; the exit code. */
#ifndef DIANCHEN_LOADER_CHECK_H
#define DIANCHEN_LOADER_CHECK_H

#include "loader/settings.h"

/* Why there is nothing to show: a FAIL line for a check, else the program's last line. Returns `exit_code`. */
int check_fail(const struct loader_settings *settings, const struct cause *cause, int exit_code);
int check_target(const struct loader_settings *settings);
int check_lookup(const struct loader_settings *settings);

#endif
