/* The id of a page. A page of source records is one batch; it keeps this id from extractor to loader. */
#ifndef DIANCHEN_COMMON_WIRE_PAGE_H
#define DIANCHEN_COMMON_WIRE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

struct page {
    int64_t run;
    int32_t slice;
    int64_t no;
    int64_t fence; /* grows with every claim of the page */
};

/* The slice of pages that hold no records of the source, but those that it has lost (run/vanished.h). The ledger keeps the
 * slice of a record's last page, so this also says that a record has vanished. */
enum { SLICE_VANISHED = INT32_MAX };
static inline bool page_is_vanished(const struct page *page)
{
    return page->slice == SLICE_VANISHED;
}

#endif
