/* The store, for the console's threads: a few readers and one writer, each used by one thread at a time. Any thread. */
#ifndef DIANCHEN_CONSOLE_WORK_STORES_H
#define DIANCHEN_CONSOLE_WORK_STORES_H

#include "common/store/store.h"

struct stores;

/* Opens the writer, which makes the store where there is none. ERR_INPUT with the cause. */
int stores_open(const char *url, struct stores **out, struct cause *cause) WARN_UNUSED;
void stores_close(struct stores **closing);

/* Calls `work` inside a transaction, which is committed where it returns 0 and rolled back otherwise. Waits for a free
 * connection, at most 5 s: ERR_BUSY then. Returns what `work` returned, or the store's own error with its reason in *cause. */
int stores_use(struct stores *stores, bool write, int (*work)(struct store *store, void *user), void *user,
               struct cause *cause) WARN_UNUSED;

#endif
