/* Answers the look-ups of payloads (LOOKUP, docs/formulas.md) before their T1: from a list of the target, read when the first
 * question of a run comes, and again where a key is missing, at most once a minute; or from the ledger of another scheme
 * (sibling.h). The row's hash stays that of the question. A row without an answer becomes a reject of class "lookup", which
 * every run tries again. */
#ifndef DIANCHEN_LOADER_ASK_QUESTIONS_H
#define DIANCHEN_LOADER_ASK_QUESTIONS_H

#include "loader/loader.h"

/* Where the scheme has look-ups. `begin` is called for each page that waited for a list, when all its rows are answered.
 * ERR_MEMORY. */
int questions_start(struct loader *loader, void (*begin)(struct batch *batch)) WARN_UNUSED;
void questions_free(struct loader *loader);
/* Answers the rows of a page that has come. False: answers are being fetched, and begin() follows when they are there. */
bool questions_answer(struct batch *batch);
/* Pages that wait for answers wait rightly: they are not stuck. */
void questions_touch(struct loader *loader);
/* Asks the target for what pages want to know. Draining: what waits for answers goes to another. */
void questions_run(struct loader *loader);

#endif
