/* A page's way through the loader: T1 for its rows, then each goes its way (rows.h); acked when all are final in the store. On
 * the loop's thread; only a T1 runs on the store's. */
#ifndef DIANCHEN_LOADER_BEGIN_H
#define DIANCHEN_LOADER_BEGIN_H

#include "loader/batch.h"

extern const struct link_in_events batch_events; /* user = struct loader * */

/* T1 for all rows of a page whose look-ups are answered. */
void batch_begin(struct batch *batch);

/* The end of a row's way; the row may be gone when the loop turns. */
void batch_final(struct row *row);
void batch_wait(struct row *row, struct store_ms until); /* the page comes again, not before */
void batch_released(struct row *row);                    /* the page goes to another */
/* T1 anew for this row. */
void batch_again(struct row *row);

/* Nothing more of the run is sent: its pages go back as soon as what is on the wire has ended. */
void batch_stop_run(struct loader *loader, int64_t run);
/* Acks what is final, begins what waits for another T1. */
void batch_run(struct loader *loader);

#endif
