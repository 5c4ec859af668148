/* Rows that wait for a moment: from when "not found" counts, until another's claim is over, until an update may go out again.
 * They wait in memory and their pages stay here. Pages of which every open row waits take none of the window, as long as they
 * hold no more than ASIDE_BYTES together. When its moment has come a row takes STEP_DUE. On the loop's thread. */
#ifndef DIANCHEN_LOADER_ASIDE_H
#define DIANCHEN_LOADER_ASIDE_H

#include "loader/loader.h"

enum { ASIDE_BYTES = 48 << 20 };

/* What comes then: STEP_DUE, row->then. In a drain, or without memory for it, the row takes STEP_LEFT at once. */
void aside_add(struct row *row, enum row_then then, struct loop_ms due);
/* STEP_DUE for all whose moment has come. */
void aside_run(struct loader *loader);
/* Nothing more is begun for this page, or, NULL, for any: its rows take STEP_LEFT, but those of which the target may
 * still tell something where `ask` says so. */
void aside_leave(struct loader *loader, const struct batch *batch, bool ask);
/* The page's rows or its link have changed: does it still do nothing but wait? */
void aside_weigh(struct batch *batch);
void aside_touch(struct loader *loader); /* marks the pages of waiting rows as moved */
void aside_free(struct loader *loader);

#endif
