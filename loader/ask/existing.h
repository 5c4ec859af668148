/* Reads the target's records into the store before the first create, so that none of them is created again. Once per store,
 * account, scheme and source, and again when the store has lost its last commits. One loader reads, the others wait. All on the loop's
 * thread; nothing blocks. A list that can't be read whole ends the loader (loader_fatal). */
#ifndef DIANCHEN_LOADER_ASK_EXISTING_H
#define DIANCHEN_LOADER_ASK_EXISTING_H

#include "loader/loader.h"

/* Begins. done() is called once, from the loop, when some loader has read the whole list and proven that it is whole. 0 or
 * ERR_MEMORY. */
int existing_start(struct loader *loader, void (*done)(struct loader *loader)) WARN_UNUSED;
/* Reads the list again: the ledger says that the target's records are no longer known for a batch of `run` (ledger_begin:
 * ERR_NOT_FOUND). Only after done() of existing_start. Does nothing while a reading goes on. */
void existing_again(struct loader *loader, int64_t run);
void existing_free(struct loader *loader); /* client and store have stopped */

#endif
