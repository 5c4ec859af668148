/* Looks up ids of target records by their numbers, for any kind of record: the answers that waiting pages need (questions.h).
 * Several at once where the target has a call for that, else one by one, else in its list. Each number is asked for once while
 * a page waits for it. An id that is found is noted in the ledger and never asked for again. On the loop's thread; nothing
 * blocks. */
#ifndef DIANCHEN_LOADER_ASK_INQUIRY_H
#define DIANCHEN_LOADER_ASK_INQUIRY_H

#include "common/ledger/sibling.h"
#include "loader/ask/reading.h"
#include "loader/loader.h"

struct inquiry;
/* `form` describes these records in the target; it must outlive the inquiry. `told` is called from the loop when there are
 * answers, and may ask again. The caller owns the result. NULL: out of memory. */
struct inquiry *inquiry_new(struct loader *loader, const struct target_form *form, void (*told)(struct loader *loader));
void inquiry_free(struct inquiry **inquiry); /* the client and the store have stopped */
/* 0 with *told: TOLD_FOUND and the id, which lives until `told` returns; TOLD_ABSENT: the target does not show it; TOLD_NOTHING: it
 * gives no clear answer. ERR_BUSY: not known yet; it is queued, and `told` will run. ERR_MEMORY. */
int inquiry_ask(struct inquiry *inquiry, const struct sibling *sibling, enum target_told *told,
                struct text *id) WARN_UNUSED;
void inquiry_run(struct inquiry *inquiry); /* sends what inquiry_ask has queued; a step of the loader's pump */

#endif
