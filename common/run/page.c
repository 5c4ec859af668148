#include "common/run/run.h"

#include <stdio.h>
#include <string.h>

#include "common/base/rule.h"

enum { CLAIM_MOST = 64 /* pages of one claim */ };

/* A page that is done has no owner: so the index of owners holds the leases given out, and nothing else. */

enum order { LOWEST_FIRST, HIGHEST_OF_EACH_SLICE, ONE_OF_THE_LAST_SLICE };

/* The free pages of an open run, up to `want`. */
static int free_find(struct store *store, int64_t run, enum order order, size_t want, struct page *out, size_t *count)
{
    static const char up[] = "select slice, no, fence from page where run = $1 and " PAGE_IS_OPEN
                             " and until <= $2 order by no, slice limit $3 " SQL_SKIP_LOCKED;
    static const char down[] =
        "select slice, no, fence from page p where run = $1 and " PAGE_IS_OPEN
        " and until <= $2 and not exists (select 1 from page above where above.run = p.run and "
        "above.slice = p.slice and"
        " above.no > p.no and above." PAGE_IS_OPEN ") order by no, slice limit $3 " SQL_SKIP_LOCKED;
    static const char one[] =
        "select slice, no, fence from page where run = $1 and " PAGE_IS_OPEN
        " and until <= $2 and not exists (select 1 from page held where held.run = $1 and"
        " held." PAGE_IS_OPEN " and held.until > $2) order by slice desc, no limit $3 " SQL_SKIP_LOCKED;
    static const char *const texts[] = {up, down, one};
    want = order == ONE_OF_THE_LAST_SLICE ? 1 : want;
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(store_now(store).ms), SQL_INTEGER(want)};
    struct sql_rows rows;
    *count = 0;
    store_ask(store, texts[order], values, 3, &rows);
    while (store_next(&rows) && *count < want) {
        out[(*count)++] = (struct page){
            .run = run,
            .slice = (int32_t)rows.columns[0].integer,
            .no = rows.columns[1].integer,
            .fence = rows.columns[2].integer,
        };
    }
    return store_found(&rows);
}

/* Up to CLAIM_MOST pages at once. What another was quicker to take is left out. */
static int free_take(struct store *store, struct text owner, struct page *pages, size_t found, size_t *kept)
{
    enum { PARAMS = 7 };
    struct sql_value values[CLAIM_MOST * PARAMS];
    int64_t changes[CLAIM_MOST];
    const struct sql_value until = SQL_INTEGER(store_after(store_now(store), PAGE_LEASE).ms);
    for (size_t i = 0; i < found; i++) {
        const struct sql_value row[PARAMS] = {SQL_INTEGER(pages[i].run),
                                              SQL_INTEGER(pages[i].slice),
                                              SQL_INTEGER(pages[i].no),
                                              SQL_STRING(owner),
                                              until,
                                              SQL_INTEGER(pages[i].fence),
                                              SQL_INTEGER(PAGE_OPEN)};
        memcpy(&values[i * PARAMS], row, sizeof row);
    }
    int error = store_many(store, &(struct sql_call){
                                      .text = "update page set owner = $4, fence = fence + 1, until = $5 where run = $1"
                                              " and slice = $2 and no = $3 and fence = $6 and state = $7",
                                      .values = values,
                                      .params = PARAMS,
                                      .rows = found,
                                      .changes = changes,
                                  });
    *kept = 0;
    for (size_t i = 0; !error && i < found; i++) {
        if (changes[i] > 0) {
            struct page page = pages[i];
            page.fence++;
            pages[(*kept)++] = page;
        }
    }
    return error;
}

/* Records that the pages of the run hold, as far as they were read. */
static int run_held(struct store *store, int64_t run, int64_t *held)
{
    struct sql_value id = SQL_INTEGER(run);
    return store_integers(store,
                          "select cast(coalesce(sum(coalesce(came, rows)), 0) as bigint) from page where run = $1", &id,
                          1, held, 1);
}

int page_claim(struct store *store, int64_t run, struct text owner, size_t want, struct page *out, size_t *count)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t facts[4], held = 0;
    int error =
        store_integers(store, "select state, window_step, max_rows, kind from run where id = $1", &id, 1, facts, 4);
    if (error) {
        return error;
    }
    if (facts[0] != RUN_OPEN) {
        return ERR_STALE;
    }
    struct run of = {.kind = (enum run_kind)facts[3], .limit = facts[2], .window = {.step = facts[1]}};
    enum order order = of.window.step == 0 ? LOWEST_FIRST : HIGHEST_OF_EACH_SLICE;
    if (run_is_searched(&of)) {
        error = run_held(store, run, &held);
        order = held < of.limit ? ONE_OF_THE_LAST_SLICE : LOWEST_FIRST;
    }
    size_t found = 0, kept = 0;
    want = want < CLAIM_MOST ? want : CLAIM_MOST;
    error = error || want == 0 ? error : free_find(store, run, order, want, out, &found);
    error = error ? error : free_take(store, owner, out, found, &kept);
    if (!error) {
        *count = kept;
    }
    return error;
}

static int cursor_read(struct store *store, const struct page *page, struct page_before *out)
{
    const struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice), SQL_INTEGER(page->no)};
    struct sql_rows rows;
    store_ask(store, "select cursor from page where run = $1 and slice = $2 and no = $3 and cursor is not null", values,
              3, &rows);
    while (store_next(&rows)) {
        struct text cursor = rows.columns[0].text;
        out->over = out->over || cursor.size == 0;
        (void)snprintf(out->cursor, sizeof out->cursor, "%.*s", TEXT_ARG(cursor));
    }
    return store_found(&rows);
}

int page_before(struct store *store, const struct run *run, const struct page *pages, size_t count, bool cursors,
                struct page_before *out)
{
    struct sql_rows rows;
    memset(out, 0, count * sizeof *out);
    if (count == 0) {
        return 0;
    }
    const struct sql_value id = SQL_INTEGER(run->id);
    store_ask(store, "select distinct slice from page where run = $1 and " PAGE_IS_ASKED, &id, 1, &rows);
    while (store_next(&rows)) {
        for (size_t i = 0; i < count; i++) {
            out[i].ranges = out[i].ranges || pages[i].slice == rows.columns[0].integer;
        }
    }
    int error = store_found(&rows);
    int64_t held = 0;
    error = error || !run_is_searched(run) ? error : run_held(store, run->id, &held);
    for (size_t i = 0; !error && run_is_searched(run) && i < count; i++) {
        out[i].rows = held;
        out[i].over = held >= run->limit;
    }
    for (size_t i = 0; !error && run->limit > 0 && !run_is_searched(run) && i < count; i++) {
        const struct sql_value values[] = {id, SQL_INTEGER(pages[i].slice), SQL_INTEGER(pages[i].no)};
        error = store_integers(
            store,
            "select cast(coalesce(sum(coalesce(came, rows)), 0) as bigint) from page where run = $1 and slice = $2"
            " and no < $3",
            values, 3, &out[i].rows, 1);
    }
    for (size_t i = 0; !error && cursors && i < count; i++) {
        error = cursor_read(store, &pages[i], &out[i]);
    }
    return error;
}

/* A page that a loader settles at this moment is not waited for: its lease lasts until the next time. */
int page_renew(struct store *store, int64_t run, struct text owner)
{
    struct sql_value values[] = {SQL_INTEGER(store_after(store_now(store), PAGE_LEASE).ms), SQL_INTEGER(run),
                                 SQL_STRING(owner)};
    return store_run(
        store,
        "update page set until = $1 where run = $2 and owner = $3 /*! and (slice, no) in (select slice, no "
        "from page where run = $2 and owner = $3 for update skip locked) !*/",
        values, 3, NULL);
}

int page_release(struct store *store, int64_t run, struct text owner)
{
    struct sql_value values[] = {SQL_INTEGER(run), SQL_STRING(owner)};
    return store_run(store, "update page set owner = null, until = 0 where run = $1 and owner = $2", values, 2, NULL);
}

/* Lowest and highest page of the slice; ERR_LIMIT when `wanted` would make it longer than RUN_PAGES_MAX. */
static int slice_ends(struct store *store, const struct page *page, int64_t wanted, int64_t *last)
{
    struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice)};
    int64_t ends[2];
    int error = store_integers(store,
                               "select (select min(no) from page where run = $1 and slice = $2),"
                               " (select max(no) from page where run = $1 and slice = $2)",
                               values, 2, ends, 2);
    if (error) {
        return error;
    }
    if (wanted >= 0 && wanted - ends[0] >= RUN_PAGES_MAX) {
        return ERR_LIMIT;
    }
    *last = ends[1];
    return 0;
}

int page_open(struct store *store, int64_t run, int32_t slice, int64_t first, int64_t last)
{
    struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(slice), SQL_INTEGER(first), SQL_INTEGER(last)};
    return store_run(store,
                     "insert into page (run, slice, no, state) with recursive n (no) as (select cast($3 as bigint)"
                     " union all select no + 1 from n where no < $4)"
                     " select cast($1 as bigint), cast($2 as bigint), no, 1 from n where true"
                     " on conflict (run, slice, no) do nothing",
                     values, 4, NULL);
}

/* A slice's pages follow each other without a gap, so only those behind the highest are new. */
static int pages_open(struct store *store, const struct page *page, int64_t highest, int64_t last)
{
    return last > highest ? page_open(store, page->run, page->slice, highest + 1, last) : 0;
}

/* Did the slice tell a total? Then run_reach opens what lies behind its pages. */
static int is_told(struct store *store, const struct page *page, bool *told)
{
    struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice)};
    int64_t total = -1;
    int error = store_integers(store, "select total from page where run = $1 and slice = $2 order by no limit 1",
                               values, 2, &total, 1);
    *told = total >= 0;
    return error;
}

/* The total of a slice is what its first page told; the run has one when every slice has. */
static int total_note(struct store *store, const struct page *page, int64_t total)
{
    struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice), SQL_INTEGER(page->no),
                                 SQL_INTEGER(total)};
    int64_t changed = 0;
    int error =
        store_run(store,
                  "update page set total = $4 where run = $1 and slice = $2 and no = $3 and total <> $4 and no ="
                  " (select min(first.no) from page first where first.run = $1 and first.slice = $2)",
                  values, 4, &changed);
    if (error || changed == 0) {
        return error;
    }
    /* Of two that tell their totals at once the second must see the first's. */
    int64_t run;
    error = store_integers(store, "select id from run where id = $1 " SQL_FOR_UPDATE, values, 1, &run, 1);
    if (error) {
        return error;
    }
    return store_run(store,
                     "update run set source_total = (select case when count(*) = run.slices then"
                     " cast(sum(page.total) as bigint) else -1 end from page where page.run = run.id"
                     " and page.total >= 0) where id = $1",
                     values, 1, NULL);
}

/* By the slice's total this page is full, or it is the first and there are several records; and it came empty. */
static int blank_note(struct store *store, const struct page *page, int64_t size)
{
    const struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice),  SQL_INTEGER(page->no),
                                       SQL_INTEGER(size),      SQL_INTEGER(RANGES_BLANK), SQL_INTEGER(RANGES_NONE)};
    return store_run(store,
                     "update page set ranges = $5 where run = $1 and slice = $2 and no = $3 and ranges = $6 and exists "
                     "(select 1 from"
                     " page f where f.run = $1 and f.slice = $2 and f.no = (select min(no) from page where run = $1 and"
                     " slice = $2) and f.total > 1 and (f.no = $3 or f.total >= ($3 - f.no + 1) * $4))",
                     values, 6, NULL);
}

static enum page_ranges ranges_of(const struct page_facts *facts)
{
    return facts->guessed ? RANGES_GUESSED : facts->ranges ? RANGES_ASKED : facts->cut ? RANGES_CERTAIN : RANGES_NONE;
}

int page_fetched(struct store *store, const struct page *page, const struct page_facts *facts, int64_t last_page,
                 int64_t *twin)
{
    static const uint8_t zero[sizeof facts->digest];
    bool digest = facts->rows > 0 && memcmp(facts->digest, zero, sizeof zero) != 0;
    struct text bytes = {(const char *)facts->digest, sizeof facts->digest};
    struct sql_value values[] = {
        SQL_INTEGER(page->run),
        SQL_INTEGER(page->slice),
        SQL_INTEGER(page->no),
        SQL_INTEGER(page->fence),
        SQL_INTEGER(facts->rows),
        digest ? SQL_BYTES(bytes) : SQL_NOTHING,
        SQL_INTEGER(PAGE_OPEN),
        SQL_INTEGER(ranges_of(facts)),
        facts->came == facts->rows ? SQL_NOTHING : SQL_INTEGER(facts->came),
    };
    int64_t highest = 0, changed = 0, other = -1;
    int error = slice_ends(store, page, last_page, &highest);
    if (!error) {
        error = store_run(
            store,
            "update page set rows = $5, digest = $6, ranges = $8, came = $9 where run = $1 and slice = $2 and no = $3"
            " and fence = $4 and state = $7 and exists"
            " (select 1 from run where id = $1 and " RUN_IS_UNFINISHED ")",
            values, 9, &changed);
    }
    if (error || changed == 0) {
        return error ? error : ERR_STALE;
    }
    if (facts->total >= 0) {
        error = total_note(store, page, facts->total);
    }
    if (!error && facts->rows == 0 && facts->size > 0) {
        error = blank_note(store, page, facts->size);
    }
    if (!error) {
        error = pages_open(store, page, highest, last_page);
    }
    if (!error && digest) {
        struct sql_value same[] = {values[0], values[1], values[2], values[5]};
        error = store_integers(store,
                               "select no from page where run = $1 and slice = $2 and digest = $4 and no <> $3"
                               " order by no limit 1",
                               same, 4, &other, 1);
        if (error == ERR_NOT_FOUND) {
            error = 0;
        }
    }
    if (!error) {
        *twin = other;
    }
    return error;
}

int page_settled(struct store *store, const struct page *page)
{
    const struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice), SQL_INTEGER(page->no),
                                       SQL_INTEGER(page->fence), SQL_INTEGER(PAGE_OPEN)};
    int64_t changed = 0;
    int error = store_run(store,
                          "update page set settled = fence where run = $1 and slice = $2 and no = $3 and fence = $4"
                          " and state = $5",
                          values, 5, &changed);
    return error || changed ? error : ERR_STALE;
}

/* Why no page could be marked done. */
static int undone(struct store *store, const struct sql_value *values)
{
    int64_t changed = 0;
    int error = store_run(store,
                          "update page set owner = null, until = 0 where run = $1 and slice = $2 and no = $3"
                          " and fence = $4 and state = $6 and rows > 0 and settled <> fence",
                          values, 6, &changed);
    return error ? error : changed ? ERR_REFUSED : ERR_STALE;
}

int page_done(struct store *store, const struct page *page, int64_t next_page)
{
    struct sql_value values[] = {SQL_INTEGER(page->run),   SQL_INTEGER(page->slice), SQL_INTEGER(page->no),
                                 SQL_INTEGER(page->fence), SQL_INTEGER(PAGE_DONE),   SQL_INTEGER(PAGE_OPEN)};
    int64_t highest = 0, changed = 0;
    int error = next_page >= 0 ? slice_ends(store, page, next_page, &highest) : 0;
    if (!error && rule_off(RULE_DURABLE)) {
        error = page_settled(store, page);
    }
    if (!error) {
        error =
            store_run(store,
                      "update page set state = $5, owner = null, until = 0 where run = $1 and slice = $2 and no = $3"
                      " and fence = $4 and state = $6 and (rows = 0 or settled = fence) and exists"
                      " (select 1 from run where id = $1 and " RUN_IS_UNFINISHED ")",
                      values, 6, &changed);
    }
    if (error || changed == 0) {
        return error ? error : undone(store, values);
    }
    bool told = false;
    error = next_page > highest ? is_told(store, page, &told) : 0;
    return error || next_page < 0 || told ? error : pages_open(store, page, highest, next_page);
}

int page_chain(struct store *store, const struct page *page, int64_t next, struct text cursor)
{
    const struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice), SQL_INTEGER(next),
                                       SQL_STRING(cursor)};
    return store_run(store, "update page set cursor = $4 where run = $1 and slice = $2 and no = $3", values, 4, NULL);
}

int page_timed(struct store *store, const struct page *page, const struct page_times *times)
{
    struct sql_value values[] = {
        SQL_INTEGER(page->run),    SQL_INTEGER(page->slice),  SQL_INTEGER(page->no),      SQL_INTEGER(page->fence),
        SQL_INTEGER(store_wall()), SQL_INTEGER(times->fetch), SQL_INTEGER(times->queue),  SQL_INTEGER(times->map),
        SQL_INTEGER(times->wait),  SQL_INTEGER(times->write), SQL_INTEGER(times->commit), SQL_INTEGER(times->calls),
        SQL_INTEGER(PAGE_OPEN),
    };
    int64_t changed = 0;
    int error = store_run(store,
                          "update page set ended = $5, fetch_us = $6, queue_us = $7, map_us = $8, wait_us = $9,"
                          " write_us = $10, commit_us = $11, calls = $12 where run = $1 and slice = $2 and no = $3"
                          " and fence = $4 and state = $13",
                          values, 13, &changed);
    return error || changed ? error : ERR_STALE;
}
