/* The life of a loader: it opens the store and the client, logs in, learns what stands in the target, opens its window, works,
 * drains and closes. The one file that knows all parts; no part knows it. On the loop's thread. */
#ifndef DIANCHEN_LOADER_LIFE_H
#define DIANCHEN_LOADER_LIFE_H

#include "loader/loader.h"

/* Opens everything but the link: scheme, store, loop, client and alert. loader->settings are read before. Returns 0, or an
 * error with its cause and nothing left open: ERR_INPUT = exit code 2. */
int loader_open(struct loader *loader, struct cause *cause) WARN_UNUSED;
/* Begins the drain (SIGTERM): takes no more pages, lets calls under way end, and ends the loop within 8 s. Returns at once. `user`
 * is the struct loader *. A second call does nothing. */
void loader_drain(void *user);
/* Closes and frees everything, the link included. Not from inside the loop. */
void loader_close(struct loader *loader);

#endif
