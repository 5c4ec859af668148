#include "common/run.h"

/* A page that is done has no owner: so the index of owners holds the leases given out, and nothing else. */

struct claim {
    int64_t run, now, until;
    struct text owner;
    size_t want, found, kept;
    struct page *pages;
};

static void free_bind(void *user, size_t row, struct sql_value *params)
{
    const struct claim *claim = user;
    (void)row;
    params[0] = SQL_INTEGER(claim->run);
    params[1] = SQL_INTEGER(claim->now);
    params[2] = SQL_INTEGER(claim->want);
}

static int free_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    struct claim *claim = user;
    (void)row;
    (void)count;
    if (claim->found < claim->want) {
        claim->pages[claim->found++] = (struct page){
            .run = claim->run,
            .slice = (int32_t)columns[0].integer,
            .no = columns[1].integer,
            .fence = columns[2].integer,
        };
    }
    return 0;
}

static void take_bind(void *user, size_t row, struct sql_value *params)
{
    const struct claim *claim = user;
    const struct page *page = &claim->pages[row];
    params[0] = SQL_INTEGER(page->run);
    params[1] = SQL_INTEGER(page->slice);
    params[2] = SQL_INTEGER(page->no);
    params[3] = SQL_STRING(claim->owner);
    params[4] = SQL_INTEGER(claim->until);
    params[5] = SQL_INTEGER(page->fence);
}

/* Rows come in order and kept <= row, so what is kept moves to the front in place. */
static void taken(void *user, size_t row, int64_t changes)
{
    struct claim *claim = user;
    if (changes == 0) {
        return;
    }
    struct page page = claim->pages[row];
    page.fence++;
    claim->pages[claim->kept++] = page;
}

int page_claim(struct store *store, int64_t run, struct text owner, size_t want, struct page *out, size_t *count)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t state;
    int error = store_integers(store, "select state from run where id = $1", &id, 1, &state, 1);
    if (error) {
        return error;
    }
    if (state != RUN_OPEN) {
        return ERR_STALE;
    }
    int64_t now = store_now(store);
    struct claim claim = {
        .run = run, .now = now, .until = now + PAGE_LEASE, .owner = owner, .want = want, .pages = out};
    error = store_many(store, &(struct sql_call){
                                  .text = "select slice, no, fence from page where run = $1 and state = 1"
                                          " and until <= $2 order by no, slice limit $3 " SQL_SKIP_LOCKED,
                                  .rows = want > 0,
                                  .params = 3,
                                  .bind = free_bind,
                                  .found = free_found,
                                  .user = &claim,
                              });
    if (!error) {
        error = store_many(store, &(struct sql_call){
                                      .text = "update page set owner = $4, fence = fence + 1, until = $5 where run = $1"
                                              " and slice = $2 and no = $3 and fence = $6 and state = 1",
                                      .rows = claim.found,
                                      .params = 6,
                                      .bind = take_bind,
                                      .changed = taken,
                                      .user = &claim,
                                  });
    }
    if (!error) {
        *count = claim.kept;
    }
    return error;
}

int page_renew(struct store *store, int64_t run, struct text owner)
{
    struct sql_value values[] = {SQL_INTEGER(store_now(store) + PAGE_LEASE), SQL_INTEGER(run), SQL_STRING(owner)};
    return store_run(store, "update page set until = $1 where run = $2 and owner = $3", values, 3, NULL);
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

/* A slice's pages follow each other without a gap, so only those behind the highest are new. */
static int pages_open(struct store *store, const struct page *page, int64_t highest, int64_t last)
{
    if (last <= highest) {
        return 0;
    }
    struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice), SQL_INTEGER(highest + 1),
                                 SQL_INTEGER(last)};
    return store_run(store,
                     "insert into page (run, slice, no, state) with recursive n (no) as (select cast($3 as bigint)"
                     " union all select no + 1 from n where no < $4)"
                     " select cast($1 as bigint), cast($2 as bigint), no, 1 from n where true"
                     " on conflict (run, slice, no) do nothing",
                     values, 4, NULL);
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

int page_fetched(struct store *store, const struct page *page, const struct page_facts *facts, int64_t last_page,
                 int64_t *twin)
{
    static const uint8_t zero[sizeof facts->digest];
    bool digest = facts->rows > 0 && memcmp(facts->digest, zero, sizeof zero) != 0;
    struct text bytes = {(const char *)facts->digest, sizeof facts->digest};
    struct sql_value values[] = {
        SQL_INTEGER(page->run),   SQL_INTEGER(page->slice), SQL_INTEGER(page->no),
        SQL_INTEGER(page->fence), SQL_INTEGER(facts->rows), digest ? SQL_BYTES(bytes) : SQL_NOTHING,
    };
    int64_t highest = 0, changed = 0, other = -1;
    int error = slice_ends(store, page, last_page, &highest);
    if (!error) {
        error = store_run(store,
                          "update page set rows = $5, digest = $6 where run = $1 and slice = $2 and no = $3"
                          " and fence = $4 and state = 1 and exists"
                          " (select 1 from run where id = $1 and state in (1, 4))",
                          values, 6, &changed);
    }
    if (error || changed == 0) {
        return error ? error : ERR_STALE;
    }
    if (facts->total >= 0) {
        error = total_note(store, page, facts->total);
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

int page_done(struct store *store, const struct page *page, int64_t next_page)
{
    struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice), SQL_INTEGER(page->no),
                                 SQL_INTEGER(page->fence)};
    int64_t highest = 0, changed = 0;
    int error = next_page >= 0 ? slice_ends(store, page, next_page, &highest) : 0;
    if (!error) {
        error = store_run(store,
                          "update page set state = 2, owner = null, until = 0 where run = $1 and slice = $2 and no = $3"
                          " and fence = $4 and state = 1 and exists"
                          " (select 1 from run where id = $1 and state in (1, 4))",
                          values, 4, &changed);
    }
    if (error || changed == 0) {
        return error ? error : ERR_STALE;
    }
    return next_page >= 0 ? pages_open(store, page, highest, next_page) : 0;
}

int page_timed(struct store *store, const struct page *page, const struct page_times *times)
{
    struct sql_value values[] = {
        SQL_INTEGER(page->run),    SQL_INTEGER(page->slice),  SQL_INTEGER(page->no),      SQL_INTEGER(page->fence),
        SQL_INTEGER(store_wall()), SQL_INTEGER(times->fetch), SQL_INTEGER(times->queue),  SQL_INTEGER(times->map),
        SQL_INTEGER(times->wait),  SQL_INTEGER(times->write), SQL_INTEGER(times->commit), SQL_INTEGER(times->calls),
    };
    int64_t changed = 0;
    int error = store_run(store,
                          "update page set ended = $5, fetch_us = $6, queue_us = $7, map_us = $8, wait_us = $9,"
                          " write_us = $10, commit_us = $11, calls = $12 where run = $1 and slice = $2 and no = $3"
                          " and fence = $4 and state = 1",
                          values, 12, &changed);
    return error || changed ? error : ERR_STALE;
}
