/* Gathers rows into saves and sends them. A save has at most target.batch rows; it is cut when it is full, or its first row has
 * waited 50 ms. At most target.limits.concurrency saves are under way. Each POST has fresh claims: before a save is sent again
 * (halved, after a login, after throttling) its rows are claimed anew. All on the loop's thread; nothing blocks.
 * Steps that a row takes afterwards: SAVED, REFUSED, EXISTS, GONE, UNCLEAR, UNKNOWN, UNSENT, OVERTAKEN, WORN_OUT. */
#ifndef DIANCHEN_LOADER_SAVE_H
#define DIANCHEN_LOADER_SAVE_H

#include "loader/loader.h"

/* Adds the row to the next save. A dry run sends nothing: the row takes STEP_SAVED at once. */
void save_add(struct row *row);
/* Sends the row in a save of its own. */
void save_alone(struct row *row);
void save_run(struct loader *loader);   /* sends what can be sent now; a step of the loader's pump */
void save_drain(struct loader *loader); /* takes back saves that are not on the wire: their rows take STEP_UNSENT */
void save_touch(struct loader *loader); /* says TOUCH for the pages of waiting rows: they are not stuck */
void save_free_all(struct loader *loader);

/* Returns how often one record may be sent before its last refusal counts: ceil(log2(batch)) + 2. */
int save_sends(int64_t batch);

#endif
