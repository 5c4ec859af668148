/* Reads what stands in the target into the store before anything is created in it, so that nothing that stands there is made
 * again. Once per store, account and scheme, and again when the store has lost its last commits; one loader reads, the
 * others wait. */
#ifndef DIANCHEN_LOADER_ASK_EXISTING_H
#define DIANCHEN_LOADER_ASK_EXISTING_H

#include "loader/loader.h"

/* done() is called once, from the loop, when all is read and proven to be all (by whomever). ERR_MEMORY. */
int existing_start(struct loader *loader, void (*done)(struct loader *loader)) WARN_UNUSED;
/* The ledger says that what stands there is not known any more (ledger_begin: ERR_NOT_FOUND). Not before existing_start's
 * done(). */
void existing_again(struct loader *loader);
void existing_free(struct loader *loader);

#endif
