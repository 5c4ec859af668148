/* Rows in POSTs of at most target.batch, cut when one is full or its first row has waited 50 ms; at most
 * target.limits.concurrency under way. Each POST goes out under claims of its own: sent again (halved, logged in
 * anew, throttled), its rows are claimed afresh first. */
#ifndef DIANCHEN_LOADER_POST_H
#define DIANCHEN_LOADER_POST_H

#include "loader/loader.h"

void post_add(struct loader *loader, struct row *row);   /* to the next batch */
void post_alone(struct loader *loader, struct row *row); /* in a POST by itself */
void post_run(struct loader *loader);                    /* sends what can be sent now */
void post_drain(struct loader *loader);                  /* takes back what is not on the wire */
void post_touch(struct loader *loader);                  /* marks the pages of waiting rows as moved */
void post_free_all(struct loader *loader);

/* How often one record may be sent before its last refusal counts: ceil(log2(batch)) + 2. */
int post_sends(int64_t batch);

#endif
