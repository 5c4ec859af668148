/* `loader --check` and `loader --lookup`: does the target accept our login, and which ids does it have (units, accounts). Real
 * calls that change nothing; no store. Both block, print results on stdout and return the exit code. */
#ifndef DIANCHEN_LOADER_CHECK_H
#define DIANCHEN_LOADER_CHECK_H

#include "loader/settings.h"

/* Prints why there is no result: a FAIL line for a check, else the program's last line on stderr. Returns `exit_code`. */
int check_fail(const struct loader_settings *settings, const struct cause *cause, int exit_code);
/* Logs in, and prints whether the account can be used. */
int check_target(const struct loader_settings *settings);
/* Prints the list that settings->lookup names; EXIT_USAGE where the API file has no such list. */
int check_lookup(const struct loader_settings *settings);

#endif
