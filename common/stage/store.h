/* The parts that only extractor and loader have: the store, with its own thread, and libcurl. The transformer does not link
 * this file, so it links neither SQLite nor libpq nor libcurl. */
#ifndef DIANCHEN_COMMON_STAGE_STORE_H
#define DIANCHEN_COMMON_STAGE_STORE_H

#include "common/stage/stage.h"
#include "common/store/store.h"

/* After stage_open_all, for all stages of the process. Opens the store at `url` and starts its thread; the store of each, and its
 * identity's store_id, are set. ERR_INPUT with the cause; the caller closes both then, as after success. */
int stage_store_open(struct stage *stages, size_t count, const char *url, struct cause *cause) WARN_UNUSED;
/* Call it before stage_close. Ends the store's thread: afterwards no job is being worked on. */
void stage_store_close(struct stage *stages, size_t count);

#endif
