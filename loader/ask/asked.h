/* Rows whose number is asked for in the target, and what follows from an answer, by whichever way it came (lookup.h, roll.h).
 * A create that may have landed, and is not there as it was sent, is asked for once more as a target may have stored it: trimmed,
 * half-width, in capitals or small letters. What is there may be ours or another's, so it is neither taken nor created again. On the loop's thread.
 *
 * Steps reported: FOUND, ABSENT, UNANSWERED, DOUBTFUL. */
#ifndef DIANCHEN_LOADER_ASK_ASKED_H
#define DIANCHEN_LOADER_ASK_ASKED_H

#include "loader/loader.h"

/* Asks at once for row_known_number; "not found" counts from `sure` on. */
void asked_add(struct loader *loader, struct row *row, struct loop_ms sure);
/* Asks once more, for the same. */
void asked_again(struct loader *loader, struct row *row);
/* The next row that is to be asked for; there is one. */
struct row *asked_next(struct loader *loader);
/* The answer for a row, by whatever way it came. */
void asked_conclude(struct loader *loader, struct row *row, enum target_told told, struct text id);
/* Not there as it was asked for: it may be asked for under another spelling. */
void asked_not_found(struct loader *loader, struct row *row);
/* Not there, under no spelling. */
void asked_absent(struct loader *loader, struct row *row);
/* The target has the row's number: it may be a witness. */
void asked_saved(struct loader *loader, const struct row *row);
/* To the end of the queue: it was taken, and nothing was asked. */
void asked_put_back(struct loader *loader, struct row *row);

#endif
