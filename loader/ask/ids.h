/* Ids of the target that the scheme, or a variable, gives to every record (the unit of new materials): asked for once, when
 * the loader starts, so that a wrong one is told before the first save and not by a reject for each record. */
#ifndef DIANCHEN_LOADER_ASK_IDS_H
#define DIANCHEN_LOADER_ASK_IDS_H

#include "loader/loader.h"

/* After the login. Reads the lists of the target until each id is found, then calls `done`; from inside where there is
 * nothing to ask. An id that is not there ends the loader (exit code 2); a list that the target refuses to show proves
 * nothing. ERR_MEMORY. */
int ids_start(struct loader *loader, void (*done)(struct loader *loader)) WARN_UNUSED;
void ids_free(struct loader *loader);

#endif
