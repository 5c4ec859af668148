/* Ids of records that the target has, by their numbers, for whatever kind of record: the answers to questions of pages that wait
 * (questions.h). Asked several at once where the target has a call for that, else one by one, else in its list; each once while
 * somebody waits for it. An id that is found is noted in the ledger, so that it is never asked for again. On the loop's
 * thread. */
#ifndef DIANCHEN_LOADER_ASK_INQUIRY_H
#define DIANCHEN_LOADER_ASK_INQUIRY_H

#include "common/ledger/sibling.h"
#include "loader/ask/reading.h"
#include "loader/loader.h"

struct inquiry;
/* `form`: how these records stand in the target; lives as long as the inquiry. `told` runs when there are answers, and may ask
 * again. NULL: no memory. */
struct inquiry *inquiry_new(struct loader *loader, const struct target_form *form, void (*told)(struct loader *loader));
void inquiry_free(struct inquiry **inquiry); /* the client and the store have stopped */
/* TOLD_FOUND with the id, which lives until `told` returns; TOLD_ABSENT: the target does not show it; TOLD_NOTHING: it gives no
 * clear answer. ERR_BUSY: not known yet, and asked for. ERR_MEMORY. */
int inquiry_ask(struct inquiry *inquiry, const struct sibling *sibling, enum target_told *told,
                struct text *id) WARN_UNUSED;
void inquiry_run(struct inquiry *inquiry); /* asks the target for what was asked of it */

#endif
