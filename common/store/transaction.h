/* Checks at the beginning of a transaction: the clock, and whether the store is still the same. */
#ifndef DIANCHEN_COMMON_STORE_TRANSACTION_H
#define DIANCHEN_COMMON_STORE_TRANSACTION_H

#include "common/store/store.h"

/* Adjusts all deadlines after the clock began anew or was set. A POST may still be executed, so claims get their
 * longest time once more; leases end at once. In a write transaction. */
int store_clock_anew(struct store *store) WARN_UNUSED;
/* Accepts the store as it is: later checks compare with its state of now. In a write transaction. */
int store_life_keep(struct store *store) WARN_UNUSED;

#endif
