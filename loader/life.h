/* The life of a loader: it opens the client, logs in, learns what stands in the target, opens its window, works,
 * drains and closes. The one file that knows all parts; no part knows it. On the loop's thread. */
#ifndef DIANCHEN_LOADER_LIFE_H
#define DIANCHEN_LOADER_LIFE_H

#include "loader/loader.h"

/* loader->stage is open, with its store, and loader->settings are read, with their driver. Opens all else, and logs in. Returns 0, or
 * an error with its cause: ERR_INPUT = exit code 2. loader_leave and loader_free are due then, too. When its work is over:
 * stage_end. */
int loader_open(struct loader *loader, const char *upstream, struct cause *cause) WARN_UNUSED;
/* Begins the drain (SIGTERM): takes no more pages, lets calls under way end, and ends the stage within 8 s. Returns at once. `user`
 * is the struct loader *. A second call does nothing. */
void loader_drain(void *user);
/* Closes the link, and all that calls back. Not from inside the loop. Then the store is closed: from there nobody works on a job's
 * memory, and loader_free may free it. */
void loader_leave(struct loader *loader);
void loader_free(struct loader *loader);

#endif
