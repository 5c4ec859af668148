/* The store for the console's threads: four connections that read and one that writes, each used by one thread at a time. Any
 * thread. */
#ifndef DIANCHEN_CONSOLE_WORK_STORES_H
#define DIANCHEN_CONSOLE_WORK_STORES_H

#include "common/store/store.h"

struct stores;

/* Opens the writer, which makes the store where there is none. `url` must outlive *out, which the caller owns. 0, ERR_INPUT or
 * another error of the store, with the cause. */
int stores_open(const char *url, struct stores **out, struct cause *cause) WARN_UNUSED;
void stores_close(struct stores **closing); /* when no thread uses it any more */

/* Calls `work` inside a transaction, on this thread; commits where it returns 0, else rolls back. Blocks at most 5 s for a free
 * connection, then returns ERR_BUSY. Returns what `work` returned, or the store's own error with its reason in *cause. */
int stores_use(struct stores *stores, bool write, int (*work)(struct store *store, void *user), void *user,
               struct cause *cause) WARN_UNUSED;

#endif
