/* How many pages a slice has: what a page says about the pages behind it. Pure. */
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
    bool in_turn;   /* with a limit: no page is read beside this one, and `before` counts all that the run has */
};

/* Most records that the page may give; INT64_MAX = all of them. With a limit: pages that the limit needs are read in
 * parallel, and each may give what is left if all before it are full. Servers cap pages, so records may be missing
 * then; the pages behind are read one by one and give the missing ones. */
int64_t extent_most(const struct extent *extent, int32_t slice, int64_t page);

struct extent_after {
    int64_t last_page; /* pages up to here are to be opened at once; -1 = the page tells no total */
    int64_t next_page; /* to be opened when this one is done; -1 = none */
    bool capped;       /* ended by EXTENT_PAGES_MAX */
};
/* What follows a page with `came` records and the total `total` (-1 = not told). Only the first page's total counts:
 * some APIs of this kind tell it nowhere else. A page with records is followed by another, however short it is: only an
 * empty page is an end. If the slice told a total, page_done opens no next page; run_reach (common/run/proof.h) does,
 * when all are done. */
struct extent_after extent_after(const struct extent *extent, int32_t slice, int64_t page, size_t came, int64_t total);

#endif
