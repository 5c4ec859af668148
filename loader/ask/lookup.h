/* Questions to the target, by number: is it there, and under which id? Used where a reply or a crash left it open, and
 * before an update whose id nobody knows. Asked at once and in bulk; "found" settles it. "Not found" counts only when the target
 * had its time to show it (row->sure); until then the row waits aside.
 *
 *   several at once   a number that is left out counts as not there only where the answer is proven to be whole: it shows the
 *                     witness, a number known to be there that was asked for last, and few others. Else:
 *   one by one        where that call is not to be had:
 *   in the list       narrowed by its search parameter, once that has been seen to find a number (search.h), else:
 *   the whole list    for all rows at once (roll.h)
 *
 * What rows are asked for, and what follows from an answer: asked.h. Steps reported: UNANSWERED where there is no memory. */
#ifndef DIANCHEN_LOADER_ASK_LOOKUP_H
#define DIANCHEN_LOADER_ASK_LOOKUP_H

#include "loader/loader.h"

enum { LOOKUP_ROWS = 50, LOOKUPS_MOST = 4 /* at once */ };

/* Asks about the rows that are due, as many at once as the pace permits. A step of the loader's pump. */
void lookup_run(struct loader *loader);
void lookup_touch(struct loader *loader); /* marks the pages of waiting rows as moved */
void lookup_free_all(struct loader *loader);

#endif
