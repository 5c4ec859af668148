#include "extractor/extent.h"

static int64_t slice_limit(const struct extent *extent, int32_t slice)
{
    if (extent->limit <= 0) {
        return INT64_MAX;
    }
    return extent->limit / extent->slices + (slice < extent->limit % extent->slices);
}

static int64_t rows_before(const struct extent *extent, int64_t page)
{
    return (page - extent->first_page) * extent->page_size;
}

int64_t extent_most(const struct extent *extent, int32_t slice, int64_t page)
{
    int64_t limit = slice_limit(extent, slice), before = rows_before(extent, page);
    if (limit == INT64_MAX) {
        return INT64_MAX;
    }
    return limit > before ? limit - before : 0;
}

struct extent_after extent_after(const struct extent *extent, int32_t slice, int64_t page, size_t came, int64_t total)
{
    struct extent_after after = {.last_page = -1, .next_page = -1};
    int64_t limit = slice_limit(extent, slice), size = extent->page_size;
    if (page == extent->first_page && total >= 0) {
        int64_t rows = total < limit ? total : limit;
        int64_t pages = rows / size + (rows % size != 0);
        after.last_page = extent->first_page + (pages > 0 ? pages - 1 : 0);
    }
    bool full = (int64_t)came >= size && rows_before(extent, page + 1) < limit;
    after.capped = full && page + 1 - extent->first_page >= EXTENT_PAGES_MAX && after.last_page <= page;
    if (full && !after.capped && after.last_page <= page) {
        after.next_page = page + 1;
    }
    return after;
}
