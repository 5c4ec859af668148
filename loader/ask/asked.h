/* The rows to be looked up in the target, and what follows from an answer; lookup.h and roll.h ask.
 * A create that may have landed, and is not found as it was sent, is asked for again in the spellings that a target may have stored:
 * trimmed, half-width, in capitals or small letters. A record found so may be ours or another's: it is neither taken as ours nor
 * created again. All on the loop's thread; nothing blocks.
 *
 * Steps that a row takes: FOUND, ABSENT, UNANSWERED, DOUBTFUL. */
#ifndef DIANCHEN_LOADER_ASK_ASKED_H
#define DIANCHEN_LOADER_ASK_ASKED_H

#include "loader/loader.h"

/* Queues the row to be looked up under row_known_number. "Not found" counts from `sure` on. */
void asked_add(struct loader *loader, struct row *row, struct loop_ms sure);
/* Queues the row once more, for the same number. */
void asked_again(struct loader *loader, struct row *row);
/* Takes the next row from the queue, which must not be empty, and notes whether "not found" counts: the time at which the question
 * leaves decides that. */
struct row *asked_next(struct loader *loader);
/* Passes on the answer for a row: it takes a step, or is asked for again. `id` is copied. */
void asked_conclude(struct loader *loader, struct row *row, enum target_told told, struct text id);
/* The target has no such number: the row is asked for in the next spelling where that applies, else asked_absent. */
void asked_not_found(struct loader *loader, struct row *row);
/* The target has the number in no spelling. The row takes ABSENT where that counts by now, else it is asked for later. */
void asked_absent(struct loader *loader, struct row *row);
/* The row was saved, so the target has its number: it becomes the witness where there is none (loader.h). */
void asked_saved(struct loader *loader, const struct row *row);
/* Puts a row that asked_next took, and that was not asked for, at the end of the queue. */
void asked_put_back(struct loader *loader, struct row *row);

#endif
