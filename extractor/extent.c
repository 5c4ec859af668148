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
    before = extent->in_turn || before >= limit ? extent->before : before;
    return limit > before ? limit - before : 0;
}

struct extent_after extent_after(const struct extent *extent, int32_t slice, int64_t page, size_t came, int64_t total)
{
    struct extent_after after = {.last_page = -1, .next_page = -1};
    int64_t limit = slice_limit(extent, slice), size = extent->page_size;
    if (page == extent->first_page && total >= 0) {
        int64_t most = extent->in_turn ? limit - extent->before : limit, rows = total < most ? total : most;
        int64_t pages = rows / size + (rows % size != 0);
        /* A total that is just what came with the page may be no more than that page's own count. */
        bool doubtful = !extent->certain && came > 0 && total == (int64_t)came && total < limit;
        after.last_page = extent->first_page + (pages > 0 ? pages - 1 : 0) + doubtful;
    }
    int64_t left = limit == INT64_MAX ? INT64_MAX : limit - extent->before;
    bool more = came > 0 && (int64_t)came < left;
    after.capped = more && after.last_page < 0 && page + 1 - extent->first_page >= EXTENT_PAGES_MAX;
    if (more && !after.capped && after.last_page < 0) {
        after.next_page = page + 1;
    }
    return after;
}
