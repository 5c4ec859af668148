/* What a transaction of the store begins with. */
#ifndef DIANCHEN_COMMON_STORE_TRANSACTION_H
#define DIANCHEN_COMMON_STORE_TRANSACTION_H

#include "common/store/store.h"

/* The clock that deadlines stand on began anew or was set. A POST that was under way may still be executed, so claims are
 * given their longest time once more; leases just end. In a write transaction. */
int store_clock_anew(struct store *store) WARN_UNUSED;
/* Is this still the store that it was, or one that was put back to an earlier state: a backup, a dump, a standby that had
 * not everything? Then it may have forgotten materials that it made, so what stands in each target account is read anew
 * before anything is created in it. In a write transaction. */
int store_life_check(struct store *store) WARN_UNUSED;
/* From now on it is the store that it is, whatever it was. In a write transaction. */
int store_life_keep(struct store *store) WARN_UNUSED;

#endif
