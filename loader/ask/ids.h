/* Checks ids of the target that the scheme, or a variable, gives to every record (the unit of new materials). Once, when the loader
 * starts: so a wrong id is reported before the first save, and not by a reject for each record. On the loop's thread; nothing
 * blocks. */
#ifndef DIANCHEN_LOADER_ASK_IDS_H
#define DIANCHEN_LOADER_ASK_IDS_H

#include "loader/loader.h"

/* Call it after the login. Reads the lists of the target until each id is found, then calls `done` once: inside this call where
 * there is nothing to ask. An id that is not there ends the loader (exit code 2). A list that the target refuses to show proves
 * nothing. 0 or ERR_MEMORY. */
int ids_start(struct loader *loader, void (*done)(struct loader *loader)) WARN_UNUSED;
void ids_free(struct loader *loader); /* the client has stopped */

#endif
