/* Asks the target by number: is the record there, and under which id? Used where a reply or a crash left it open, and before an
 * update whose id is not known. Rows are asked for at once and in bulk. "Found" settles a row. "Not found" counts only after
 * row->sure, when the target has had its time to show the record; until then the row waits aside.
 *
 *   several at once   a number that is left out counts as not there only where the answer is proven to be whole: it shows the
 *                     witness (a number that is certainly there, asked for last) and few others. If not:
 *   one by one        if the target has no such call:
 *   in the list       narrowed by its search parameter, once that has found a known number (search.h), else:
 *   the whole list    for all rows at once (roll.h)
 *
 * asked.h has the rows to ask for, and what follows from an answer. All on the loop's thread; nothing blocks. Without memory a row
 * takes UNANSWERED. */
#ifndef DIANCHEN_LOADER_ASK_LOOKUP_H
#define DIANCHEN_LOADER_ASK_LOOKUP_H

#include "loader/loader.h"

enum { LOOKUP_ROWS = 50, LOOKUPS_MOST = 4 /* at once */ };

/* Asks for the queued rows: at most LOOKUP_ROWS a call, and LOOKUPS_MOST calls at once. A step of the loader's pump. */
void lookup_run(struct loader *loader);
void lookup_touch(struct loader *loader);    /* says TOUCH for the pages of waiting rows: they are not stuck */
void lookup_free_all(struct loader *loader); /* the client has stopped */

#endif
