/* Parts of a page that can't be read: detects torn JSON, and makes the text that stands for a lost record and becomes a
 * reject (record.h). Pure. */
#ifndef DIANCHEN_EXTRACTOR_UNREAD_H
#define DIANCHEN_EXTRACTOR_UNREAD_H

#include "common/base/arena.h"
#include "extractor/answer.h"

/* Is the answer torn: fewer than `asked` records came, and one is no JSON? A broken record can swallow those behind
 * it. */
bool unread_torn(const struct source_answer *answer, int64_t asked);

struct unread_place {
    int slice;
    int64_t page;
    int64_t record; /* its number in the slice, from 1; 0 = the whole page can't be read, nor can it be cut */
};
/* Turns an unreadable answer into one with a single record: no JSON object, but a text with place, cause and, for one
 * record alone, the bytes of `body`. RETRY when out of memory. */
void unread_stand_in(const struct unread_place *place, struct text body, struct arena *arena,
                     struct source_answer *answer);

#endif
