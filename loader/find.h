/* `loader --find`: what stands in the target under numbers that a person asks for (`dianchen preview`). Real calls that change
 * nothing; no store. For each line of stdin one JSON object on one line of stdout, in the same order:
 * {"number":…,"stands":true|false|null,"id":…|null,"record":{…}|null}; stands null = the target's answer is not understood. */
#ifndef DIANCHEN_LOADER_FIND_H
#define DIANCHEN_LOADER_FIND_H

#include "loader/settings.h"

enum { FIND_MOST = 1000 /* numbers */ };

/* Returns the exit code; what goes wrong is told on stderr. */
int find_numbers(const struct loader_settings *settings);

#endif
