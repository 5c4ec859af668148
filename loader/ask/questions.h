/* Answers the look-ups in payloads (LOOKUP, docs/formulas.md) before the T1 of their page. Answers come from a list of the target,
 * or from the ledger of another scheme (sibling.h). A list is read for the first question of a run, and again where a key is
 * missing, at most once a minute. The row keeps the hash of its question. A row without an answer becomes a reject of class
 * "lookup", which every run tries again. All on the loop's thread; nothing blocks. */
#ifndef DIANCHEN_LOADER_ASK_QUESTIONS_H
#define DIANCHEN_LOADER_ASK_QUESTIONS_H

#include "loader/loader.h"

/* Makes loader->questions where the scheme has look-ups. `begin` is called from the loop for each page that waited, when all its
 * rows are answered. 0 or ERR_MEMORY; questions_free in both cases. */
int questions_start(struct loader *loader, void (*begin)(struct batch *batch)) WARN_UNUSED;
void questions_free(struct loader *loader); /* client and store have stopped */
/* Answers the rows of a new page. True: all are answered, begin its T1. False: answers are being fetched, and begin() follows. */
bool questions_answer(struct batch *batch);
/* Says TOUCH for pages that wait for answers: they are not stuck. */
void questions_touch(struct loader *loader);
/* Sends the look-ups that pages wait for. In a drain, releases these pages for another loader. A step of the loader's pump. */
void questions_run(struct loader *loader);

#endif
