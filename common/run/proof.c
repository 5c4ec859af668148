#include "common/run/proof.h"

enum { SLICES_MAX = WINDOWS_MAX /* a run has no more */ };

const char *run_proof_text(enum run_proof proof)
{
    static const char *const texts[] = {"none", "total", "empty page"};
    return texts[proof];
}

/* ---- reading on ---- */

struct slice_sum {
    int64_t slice, last, rows, longest, total;
};

/* The total stands in the slice's first page; the others have -1. */
static const char text_short[] =
    "select slice, max(no), cast(sum(coalesce(came, rows)) as bigint), max(coalesce(came, rows)), max(total) from page"
    " where run = $1 group by slice having max(total) >= 0 and sum(coalesce(came, rows)) <> max(total)";

/* What a limited run still wants of the slice: pages are opened one by one, as far as its share goes. */
static int64_t limited(int64_t limit, int64_t slices, const struct slice_sum *sum)
{
    int64_t share = limit / slices + (sum->slice < limit % slices);
    return sum->rows < share;
}

int page_repeats(struct store *store, const struct page *page, int64_t *count)
{
    struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice), SQL_INTEGER(page->no)};
    return store_integers(
        store,
        "select count(*) from page p join page q on q.run = p.run and q.slice = p.slice and q.digest ="
        " p.digest and q.no <> p.no where p.run = $1 and p.slice = $2 and p.no = $3",
        values, 3, count, 1);
}

/* Pages to open behind the slice's last one: none where that is empty, or repeats others again and again. */
static int pages_behind(struct store *store, int64_t run, const struct slice_sum *sum, int64_t *count)
{
    struct page last = {.run = run, .slice = (int32_t)sum->slice, .no = sum->last};
    struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(sum->slice), SQL_INTEGER(sum->last)};
    int64_t rows = 0, repeats = 0;
    int error =
        store_integers(store, "select rows from page where run = $1 and slice = $2 and no = $3", values, 3, &rows, 1);
    error = error ? error : page_repeats(store, &last, &repeats);
    if (error) {
        return error;
    }
    int64_t missing = sum->total > sum->rows ? sum->total - sum->rows : 1;
    int64_t wanted = sum->longest > 0 ? (missing - 1) / sum->longest + 1 : 0;
    wanted = rows == 0 || repeats >= RUN_REPEATS_MAX ? 0 : wanted;
    *count = wanted < RUN_REACH_MAX ? wanted : RUN_REACH_MAX;
    return 0;
}

int run_reach(struct store *store, int64_t run, int64_t *opened)
{
    const struct sql_value id = SQL_INTEGER(run);
    struct slice_sum slices[SLICES_MAX];
    size_t count = 0;
    int64_t held = 0, facts[4];
    *opened = 0;
    /* Whoever closes the run holds its row too: no page is opened in a run that is closed meanwhile. */
    int error = store_run(store, "update run set state = state where id = $1 and " RUN_IS_UNFINISHED, &id, 1, &held);
    if (error || held == 0) {
        return error ? error : ERR_STALE;
    }
    error =
        store_integers(store,
                       "select max_rows, slices, window_step, (select cast(coalesce(sum(coalesce(came, rows)), 0) as"
                       " bigint) from page where run = $1) from run where id = $1",
                       &id, 1, facts, 4);
    if (error) {
        return error;
    }
    struct sql_rows rows;
    store_ask(store, text_short, &id, 1, &rows);
    while (store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        if (count < SLICES_MAX) {
            slices[count++] = (struct slice_sum){columns[0].integer, columns[1].integer, columns[2].integer,
                                                 columns[3].integer, columns[4].integer};
        }
    }
    error = store_found(&rows);
    for (size_t i = 0; !error && i < count; i++) {
        int64_t pages = 0;
        error = pages_behind(store, run, &slices[i], &pages);
        if (facts[0] > 0 && facts[1] > 0 && pages > 0) { /* by windows a slice may have all that is left */
            pages = facts[2] > 0 ? facts[3] < facts[0] : limited(facts[0], facts[1], &slices[i]);
        }
        if (!error && pages > 0) {
            error = page_open(store, run, (int32_t)slices[i].slice, slices[i].last + 1, slices[i].last + pages);
            *opened += pages;
        }
    }
    return error;
}

/* ---- judging ---- */

/* A slice has ended where its last page is empty, or where it told a total that its pages hold. In a window records may come
 * twice while others leave it, so that its pages may hold more. An empty page before others that hold records ends nothing: what
 * it should have held is missing, and so may be what is behind the last. (The first page of a slice of windows only counts; and
 * where an empty page names the cursor of the next one, it is no end.) */
int run_ends_read(struct store *store, int64_t run, struct run_ends *out)
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(RANGES_ASKED), SQL_INTEGER(RANGES_GUESSED),
                                       SQL_INTEGER(RANGES_CERTAIN), SQL_INTEGER(RANGES_BLANK)};
    int64_t counts[9];
    int error = store_integers(
        store,
        "select (select slices from run where id = $1),"
        " (select count(*) from (select slice, max(no) as last, sum(coalesce(came, rows)) as held,"
        " max(total) as told from page where run = $1 group by slice) as s join page q on q.run ="
        " $1 and q.slice = s.slice and q.no = s.last where q.rows = 0 or (s.told >= 0 and"
        " s.held = s.told) or (s.told >= 0 and s.held > s.told and"
        " (select window_step from run where id = $1) > 0)),"
        " (select count(*) from (select slice, sum(held) as held, max(pages) as pages from (select slice,"
        " digest, max(coalesce(came, rows)) as held, count(*) as pages from page where run = $1 and"
        " digest is not null group by slice, digest) as d group by slice) as t join (select slice,"
        " max(total) as told from page where run = $1 group by slice) as s on s.slice = t.slice where"
        " t.pages > 1 and ((select window_step from run where id = $1) = 0 or s.told < 0 or t.held <"
        " s.told)),"
        " (select count(*) from page where run = $1 and ranges = $3),"
        " (select count(*) from page where run = $1 and ranges in ($2, $3, $4)),"
        " (select count(*) from (select slice, min(no) as first, max(no) filter (where coalesce(came,"
        " rows) > 0) as full from page where run = $1 group by slice) as s join page q on q.run = $1"
        " and q.slice = s.slice and q.no < s.full where coalesce(q.came, q.rows) = 0 and (q.no > s.first"
        " or (select window_step from run where id = $1) = 0) and not exists (select 1 from page c where"
        " c.run = $1 and c.slice = q.slice and c.cursor is not null)),"
        " (select count(*) from page where run = $1 and ranges = $5),"
        " coalesce(cast(sum(d.rows) as bigint), 0), coalesce(cast(sum(d.came) as bigint), 0) from (select"
        " max(rows) as rows, max(coalesce(came, rows)) as came from page where run = $1 and digest is not"
        " null group by slice, digest) as d",
        values, 5, counts, 9);
    if (!error) {
        out->guessed = counts[3] > 0;
        out->cut = counts[4] > 0;
        out->blank = counts[6] > 0;
        out->rows = counts[7];
        out->came = counts[8];
        out->empty = counts[1] == counts[0] && counts[2] == 0 && !out->guessed && counts[5] == 0;
    }
    return error;
}
