/* A person's orders to the services. They stand in the store, so they reach services on other hosts too. While a scheme
 * is held, no service begins a run of it. An extractor that reads one stops as after SIGTERM, and continues when the
 * scheme is released. */
#ifndef DIANCHEN_COMMON_RUN_HOLD_H
#define DIANCHEN_COMMON_RUN_HOLD_H

#include "common/store/store.h"

enum { HOLD_WHO_MAX = 120 };

/* Holds a scheme, by its name; who held it first stays noted. In a write transaction, as the next two. */
int hold_put(struct store *store, struct text scheme, struct text who) WARN_UNUSED;
/* Releases it; nothing happens where it is not held. */
int hold_release(struct store *store, struct text scheme) WARN_UNUSED;
/* Makes the next run of the scheme due at once, whatever its schedule says. */
int hold_run_now(struct store *store, struct text scheme) WARN_UNUSED;
/* Is it held, and by whom? `who` ends with a NUL. In a transaction. */
int hold_find(struct store *store, struct text scheme, bool *held, char who[HOLD_WHO_MAX]) WARN_UNUSED;

#endif
