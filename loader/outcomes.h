/* Writes outcomes into the store (T2). They are gathered while a reply is read, then written in one transaction. All on the
 * loop's thread; the write runs on the store's. A store that fails ends the loader (loader_fatal).
 * Steps that a row takes afterwards: WRITTEN, RELEASED, STALE; LEFT where there is no memory: its claim stays. */
#ifndef DIANCHEN_LOADER_OUTCOMES_H
#define DIANCHEN_LOADER_OUTCOMES_H

#include "loader/loader.h"

/* Saved: the target holds the row's payload now, under row->target_id. row->op says create or update; a step: it is done. Where
 * another step is due row->again is set. */
void outcomes_saved(struct row *row);
/* Refused: becomes a reject of this class, with row->code and row->message. */
void outcomes_refused(struct row *row, struct text class);
/* Becomes a reject of class "unclear": the target does not say whether it landed. With `keep_claim` the claim stays: the create
 * may have landed, and the next run asks first. */
void outcomes_unclear(struct row *row, bool keep_claim);
void outcomes_skipped(struct row *row);  /* the target had it before us, and it stays as it is */
void outcomes_released(struct row *row); /* certainly not executed: gives the claim back */
/* Notes what a dry run would change: appends one line {"number":…,"payload":{…}} to the file that --changes names; the number is
 * the one in the target. Creates go to the file of that name with CREATES_FILE behind it, the first CREATES_NOTED of this loader.
 * Several loaders may share both files. Does nothing without --changes. A failed write is logged. Blocks for the write. */
enum { CREATES_NOTED = 50 };
void outcomes_change(struct loader *loader, const struct row *row);
void outcomes_run(struct loader *loader); /* writes what was gathered; a step of the loader's pump */
void outcomes_free_all(struct loader *loader);

#endif
