#include "extractor/fetch.h"

#include <stdio.h>
#include <string.h>

#include "common/log/log.h"
#include "common/wire/wire.h"
#include "extractor/extent.h"
#include "extractor/record.h"

enum { ARENA_KEEP = 1 << 20 };
_Static_assert((int)SOURCE_CURSOR_MAX == (int)PAGE_CURSOR_MAX, "a cursor that is read is stored");

/* As run_counts_first; by a cursor pages have no number to ask for, so that they come in their order alone. */
static bool counts_first(const struct scheme *scheme, const struct run *run)
{
    return run_counts_first(run) && !scheme_by_cursor(scheme);
}

static struct extent extent_of(const struct fetch *fetch, const struct lease *lease)
{
    return (struct extent){
        .page_size = fetch->scheme->source.page_size,
        .first_page = fetch->scheme->source.first_page,
        .slices = run_is_searched(fetch->run) ? 1
                  : fetch->run->slices > 0    ? fetch->run->slices
                                              : (int64_t)fetch->scheme->source.slice_count,
        .in_turn = run_is_searched(fetch->run),
        .limit = fetch->run->limit,
        .certain = *fetch->certain,
        .before = lease->before.rows,
    };
}

/* As in extent.c: a total that is no more than what came with the page may be that page's own count. */
static bool is_doubtful(const struct fetch *fetch, const struct source_answer *answer)
{
    int64_t came = (int64_t)answer->rows;
    return came > 0 && answer->total >= 0 && (answer->total < came || (answer->total == came && !*fetch->certain));
}

/* The first page of a window is asked for its total. Where it certainly holds all, its records go out; else they are left
 * alone, and the pages are opened: they are read from the last to the first, which comes once more. */
static bool counts_only(const struct fetch *fetch, const struct lease *lease, const struct source_answer *answer)
{
    /* Of a page in parts the total is told by the last of them, and a record may have moved to those before. */
    bool all = answer->total >= 0 ? (size_t)answer->total <= answer->rows && !lease->call.cut : answer->rows == 0;
    return counts_first(fetch->scheme, fetch->run) && lease->page.no == fetch->scheme->source.first_page &&
           (!all || is_doubtful(fetch, answer) || lease->reach > 0);
}

static void endless_tell(const struct lease *lease)
{
    log_event(EVENT_SOURCE_ENDLESS,
              "the slice is ended at the most pages that are read of one; cut it with source.slices of the scheme",
              LOG_PAGE(&lease->page), NULL);
}

static void count_set(const struct fetch *fetch, struct lease *lease, const struct source_answer *answer)
{
    const struct scheme *scheme = fetch->scheme;
    int64_t size = scheme->source.page_size, came = (int64_t)answer->rows, total = answer->total;
    bool capped = came > 0 && came < size;       /* a server that caps its pages, or leaves records out of them */
    int64_t behind = is_doubtful(fetch, answer); /* if that is not empty, run_reach reads on */
    size = capped ? came : size;
    *fetch->certain = *fetch->certain || total > came;
    lease->facts.total = total;
    lease->last_page = scheme->source.first_page + (total + size - 1) / size + behind;
}

/* Where no total is told, an empty page is looked for, further back each time: so that these windows, too, are read from the last
 * page to the first. What comes is left alone. A page that comes again and again is as good as an empty one. ERR_BUSY: the call is
 * to be asked once more. */
static int end_seek(const struct fetch *fetch, struct lease *lease, const struct source_answer *answer)
{
    const struct scheme *scheme = fetch->scheme;
    struct buffer unused;
    uint8_t before[RECORD_DIGEST];
    size_t rows = 0;
    memcpy(before, lease->facts.digest, sizeof before);
    buffer_init(&unused, LEASE_BYTES);
    int error =
        record_pack(scheme, answer->records, answer->rows, 0, &unused, fetch->arena, lease->facts.digest, &rows);
    buffer_fini(&unused);
    arena_reset(fetch->arena, ARENA_KEEP);
    if (error == ERR_MEMORY) {
        return error;
    }
    bool repeated = !error && lease->reach > 0 && memcmp(before, lease->facts.digest, sizeof before) == 0;
    bool endless = lease->reach >= EXTENT_PAGES_MAX;
    if (answer->rows > 0 && !repeated && !endless) {
        lease->reach = lease->reach > 0 ? 2 * lease->reach : 1;
        lease->call.page = scheme->source.first_page + lease->reach;
        return ERR_BUSY;
    }
    if (answer->rows > 0 && endless) {
        endless_tell(lease);
    }
    lease->facts.guessed = lease->facts.cut = false; /* nothing of it is kept */
    lease->last_page = scheme->source.first_page + lease->reach + 1;
    return 0;
}

/* A page that is only counted. */
static int count_take(const struct fetch *fetch, struct lease *lease, const struct source_answer *answer)
{
    lease->facts.rows = lease->facts.came = 0;
    lease->next_page = -1;
    lease->times.fetch = page_span(page_clock() - lease->since);
    if (answer->total < 0) {
        lease->facts.total = -1;
        return end_seek(fetch, lease, answer);
    }
    count_set(fetch, lease, answer);
    return 0;
}

void fetch_place(const struct scheme *scheme, const struct run *run, const struct page *page, struct source_call *out)
{
    int slices = (int)scheme->source.slice_count;
    out->slice = page->slice;
    out->page = page->no;
    if (run->window.step > 0 && run->kind == RUN_SYNC) {
        out->slice = page->slice % slices;
        window_at(&run->window, page->slice / slices, &out->window.from, &out->window.to);
    }
    if (counts_first(scheme, run) && page->no > scheme->source.first_page) {
        out->page = page->no - 1;
    }
}

static void facts_set(const struct fetch *fetch, struct lease *lease, const struct extent *extent,
                      const struct source_answer *answer)
{
    const struct page *page = &lease->page;
    int64_t total = lease->call.key || scheme_by_cursor(fetch->scheme) ? -1 : answer->total;
    *fetch->certain = *fetch->certain || (page->no == extent->first_page && total > (int64_t)answer->rows);
    if (counts_first(fetch->scheme, fetch->run) &&
        page->no == extent->first_page) { /* counted, and that is all of it */
        lease->facts.total = total;
        lease->last_page = lease->next_page = -1;
        return;
    }
    bool chained = scheme_by_cursor(fetch->scheme) && !lease->call.key;
    size_t came =
        chained && answer->rows == 0 && answer->next.size > 0 ? 1 : answer->rows; /* no end: it names another */
    struct extent_after after = extent_after(extent, page->slice, page->no, came, total);
    lease->facts.total = page->no == extent->first_page ? total : -1;
    lease->last_page = after.last_page;
    lease->next_page = after.next_page;
    (void)snprintf(lease->next_cursor, sizeof lease->next_cursor, "%.*s", chained ? (int)answer->next.size : 0,
                   chained && answer->next.size > 0 ? answer->next.data : "");
    if (chained && page->no == extent->first_page && answer->next.size == 0 &&
        (int64_t)answer->rows >= lease->call.page_size) {
        log_event(EVENT_SOURCE_NO_NEXT,
                  "the first page is full and names no next one: if there are more records, mend \"next\" of the "
                  "source's API file",
                  LOG_PAGE(page), NULL);
    }
    if (after.capped) {
        endless_tell(lease);
    }
}

int fetch_take(const struct fetch *fetch, struct lease *lease, const struct source_answer *answer,
               struct buffer *records, struct cause *cause)
{
    const struct scheme *scheme = fetch->scheme;
    struct extent extent = extent_of(fetch, lease);
    lease->facts.ranges = lease->call.ranges;
    lease->facts.guessed = lease->call.guessed;
    lease->facts.cut = lease->call.cut;
    lease->facts.size = fetch->run->window.step == 0 && !lease->call.key ? lease->call.page_size : 0;
    if (counts_only(fetch, lease, answer)) {
        return count_take(fetch, lease, answer);
    }
    size_t most = (size_t)extent_most(&extent, lease->page.slice, lease->page.no);
    size_t rows = answer->rows < most ? answer->rows : most;
    int error = rows > WIRE_ROWS_MAX ? ERR_LIMIT : 0;
    size_t came = rows;
    if (!error) {
        error = record_pack(scheme, answer->records, came, record_day(fetch->run->started), records, fetch->arena,
                            lease->facts.digest, &rows);
        error = error || rows <= WIRE_ROWS_MAX ? error : ERR_LIMIT;
        arena_reset(fetch->arena, ARENA_KEEP);
    }
    if (error == ERR_MEMORY) {
        return error;
    }
    if (error) {
        return cause_set(cause, ERR_LIMIT,
                         "page %lld of slice %d holds %zu records that do not fit a batch (%s); lower "
                         "source.pagination.pageSize of the scheme",
                         (long long)lease->page.no, (int)lease->page.slice, answer->rows, error_text(error));
    }
    if (lease->call.key) { /* a replay tries poison, too, again */
        record_keep(scheme, text_of(lease->key), records, &rows);
    } else if (poison_mark(fetch->poison, scheme, records) != 0) {
        return ERR_MEMORY;
    }
    lease->facts.rows = (int64_t)rows;
    lease->facts.came = scheme->source.split.size > 0 && !lease->call.key ? (int64_t)came : (int64_t)rows;
    lease->times.fetch = page_span(page_clock() - lease->since);
    facts_set(fetch, lease, &extent, answer);
    if (lease->call.key && rows > 0) {
        lease->next_page = -1; /* the one record is here */
    }
    return 0;
}
