/* The life of a page in the loader. T1 begins its rows; rows.h decides what each does next; the page is acked when all are
 * final in the store. All on the loop's thread, nothing blocks; only the transactions run on the store's thread. A store that
 * fails ends the loader (loader_fatal). */
#ifndef DIANCHEN_LOADER_BEGIN_H
#define DIANCHEN_LOADER_BEGIN_H

#include "loader/batch.h"

/* What the link calls when a page comes, or its peering ends. user = struct loader *. */
extern const struct link_in_events batch_events;

/* Submits the T1 for all rows of a page whose look-ups are answered. Each row then takes STEP_BEGUN. */
void batch_begin(struct batch *batch);

/* These three end a row. Don't use the row afterwards: the next turn of the loop may free it. */
void batch_final(struct row *row); /* its outcome is in the store */
/* The page goes back, to come again after `until` (the store's clock). */
void batch_wait(struct row *row, struct store_ms until);
void batch_released(struct row *row); /* without an outcome: the page goes back, for another loader */
/* Queues a new T1 for this row. Where the row is not wanted any more it is released. */
void batch_again(struct row *row);

/* Stops sending for this run: its pages go back as soon as the calls under way have ended. */
void batch_stop_run(struct loader *loader, int64_t run);
/* Acks or returns pages whose rows have all ended, and submits T1s that wait. A step of the loader's pump. */
void batch_run(struct loader *loader);

#endif
