/* Rows that wait for a point in time: until "not found" counts, until another loader's claim ends, or until an update may be
 * sent again. They wait in memory, and their pages stay with this loader. A page takes no part of the window while all its open
 * rows wait, as long as such pages hold at most ASIDE_BYTES together. When its time has come, a row takes STEP_DUE. All on the
 * loop's thread; nothing here blocks. */
#ifndef DIANCHEN_LOADER_ASIDE_H
#define DIANCHEN_LOADER_ASIDE_H

#include "loader/loader.h"

enum { ASIDE_BYTES = 48 << 20 };

/* Puts the row aside until `due`; then it takes STEP_DUE, and row->then says what to do. In a drain, or without memory, the row
 * takes STEP_LEFT at once, inside this call. */
void aside_add(struct row *row, enum row_then then, struct loop_ms due);
/* Gives STEP_DUE to all rows whose time has come, and sets the pump for the next one. A step of the loader's pump. */
void aside_run(struct loader *loader);
/* Ends the waiting of this page's rows, or of all rows where `batch` is NULL: they take STEP_LEFT. With `ask`, rows that wait for
 * a look-up (THEN_ASK) go on waiting. */
void aside_leave(struct loader *loader, const struct batch *batch, bool ask);
/* Call it when the rows or the link of a page have changed: decides anew whether the page only waits, and corrects the window. */
void aside_weigh(struct batch *batch);
/* Says TOUCH for the pages of all waiting rows: they are not stuck. */
void aside_touch(struct loader *loader);
void aside_free(struct loader *loader); /* the rows belong to their batches */

#endif
