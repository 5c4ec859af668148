/* Outcomes on their way into the store (T2). Gathered while a reply is worked through, then written in one job.
 * Steps reported: WRITTEN, RELEASED, STALE; LEFT where there is no memory: the claim stays then. */
#ifndef DIANCHEN_LOADER_OUTCOMES_H
#define DIANCHEN_LOADER_OUTCOMES_H

#include "loader/loader.h"

/* The row's own id and op count; the target holds its payload now. */
void outcomes_saved(struct row *row);
void outcomes_refused(struct row *row, struct text class); /* for row->code and row->message */
/* Refused because the target does not say what became of it; `keep_claim`: a create may have landed, and is settled next time. */
void outcomes_unclear(struct row *row, bool keep_claim);
void outcomes_skipped(struct row *row);  /* it stands there before us, and stays as it is */
void outcomes_released(struct row *row); /* certainly not executed */
/* What a dry run would change: appends one JSON object on one line to the file that --changes names:
 * {"number":…,"payload":{…}}. The number is the one that the target has it under. What it would create goes to the file beside
 * it, CREATES_FILE at its end, of the first CREATES_NOTED of this loader. Several loaders may share both. Nothing without a file. */
enum { CREATES_NOTED = 50 };
void outcomes_change(struct loader *loader, const struct row *row);
void outcomes_run(struct loader *loader); /* writes what was gathered */
void outcomes_free_all(struct loader *loader);

#endif
