/* The id of a page. A page of source records is one batch; it keeps this id from extractor to loader. */
#ifndef DIANCHEN_COMMON_WIRE_PAGE_H
#define DIANCHEN_COMMON_WIRE_PAGE_H

#include <stdint.h>

struct page {
    int64_t run;
    int32_t slice;
    int64_t no;
    int64_t fence; /* grows with every claim of the page */
};

#endif
