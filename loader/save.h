/* Rows in saves of at most target.batch, cut when one is full or its first row has waited 50 ms; at most
 * target.limits.concurrency under way. Each save goes out under claims of its own: sent again (halved, logged in anew,
 * throttled), its rows are claimed afresh first.
 * Steps reported: SAVED, REFUSED, EXISTS, GONE, UNCLEAR, UNKNOWN, UNSENT, OVERTAKEN, WORN_OUT. */
#ifndef DIANCHEN_LOADER_SAVE_H
#define DIANCHEN_LOADER_SAVE_H

#include "loader/loader.h"

void save_add(struct row *row);         /* to the next batch; a dry run pretends that it was saved */
void save_alone(struct row *row);       /* in a save by itself */
void save_run(struct loader *loader);   /* sends what can be sent now */
void save_drain(struct loader *loader); /* takes back what is not on the wire */
void save_touch(struct loader *loader); /* marks the pages of waiting rows as moved */
void save_free_all(struct loader *loader);

/* How often one record may be sent before its last refusal counts: ceil(log2(batch)) + 2. */
int save_sends(int64_t batch);

#endif
