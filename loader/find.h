/* `loader --find`: which records the target has under given numbers (for `dianchen preview`). Real calls that change nothing; no
 * store. stdin has one number a line; stdout gets one JSON object a line, in the same order:
 * {"number":…,"stands":true|false|null,"id":…|null,"record":{…}|null}. stands null = the target's answer is not understood. */
#ifndef DIANCHEN_LOADER_FIND_H
#define DIANCHEN_LOADER_FIND_H

#include "loader/settings.h"

enum { FIND_MOST = 1000 /* numbers */ };

/* Blocks until all numbers are answered. Returns the exit code; errors go to stderr. */
int find_numbers(const struct loader_settings *settings);

#endif
