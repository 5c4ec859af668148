/* How far a slice reaches: what a page says about the pages behind it. Pure. */
#ifndef DIANCHEN_EXTRACTOR_EXTENT_H
#define DIANCHEN_EXTRACTOR_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXTENT_PAGES_MAX = 100000 /* of a slice that tells no total: an endless source must end */ };

struct extent {
    int64_t page_size, first_page;
    int64_t slices;
    int64_t limit;  /* records of the run, dealt out over the slices; 0 = all */
    bool certain;   /* this source has told a total above what its page held: totals are of all records */
    int64_t before; /* with a limit: records that the pages before this one held, as far as they were read */
};

/* Records that the page may give at most; INT64_MAX = all that it holds. Pages that the limit needs are read side by side, so
 * each may give what is left when those before are full; the ones behind them are read one by one, because a server caps its
 * pages, and give what is missing. */
int64_t extent_most(const struct extent *extent, int32_t slice, int64_t page);

struct extent_after {
    int64_t last_page; /* pages up to here are to be opened at once; -1 = the page tells no total */
    int64_t next_page; /* to be opened when this one is done; -1 = none */
    bool capped;       /* ended by EXTENT_PAGES_MAX */
};
/* `came` records came with the page, `total` was told with it (-1 = not). Only the first page's total counts: siblings of
 * this API tell it nowhere else. A page that holds anything has one behind it, however short it is: only an empty page is an
 * end. Where the slice told a total, page_done opens no next page; run_reach of common/run/proof.h does, when all are done. */
struct extent_after extent_after(const struct extent *extent, int32_t slice, int64_t page, size_t came, int64_t total);

#endif
