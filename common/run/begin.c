#include <stdio.h>

#include "common/run/behind.h"
#include "common/run/inbox.h"
#include "common/run/report.h"
#include "common/run/schedule.h"

enum { RUN_CAUSE_MAX = 600, RUN_CAUSE_ROOM = 64 << 10, RUN_FORGET_MAX = 20 };
static const int64_t hold_most = INT64_C(3) * 86400 * 1000; /* ms of a span whose cursor waits */

struct opening {
    const struct run_plan *plan;
    struct run *run;
    bool found, other_hash;
};

static int open_find(struct store *store, struct opening *opening)
{
    const struct sql_value values[] = {SQL_STRING(opening->plan->scheme), SQL_STRING(opening->plan->source)};
    struct sql_rows rows;
    opening->found = false;
    store_ask(
        store,
        "select id, max_rows, source_total, follow_up, started, kind, scheme_hash, slices, window_from, window_to,"
        " window_step, request from run"
        " where scheme = $1 and source = $2 and " RUN_IS_UNFINISHED " " SQL_FOR_UPDATE,
        values, 2, &rows);
    while (store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        opening->found = true;
        opening->other_hash = !text_equal(columns[6].text, opening->plan->scheme_hash);
        *opening->run = (struct run){
            .id = columns[0].integer,
            .state = RUN_OPEN,
            .limit = columns[1].integer,
            .source_total = columns[2].integer,
            .follow_up = (int)columns[3].integer,
            .started = columns[4].integer,
            .kind = (enum run_kind)columns[5].integer,
            .resumed = true,
            .slices = (int)columns[7].integer,
            .window = {columns[8].integer, columns[9].integer, columns[10].integer, columns[11].kind == SQL_TEXT},
        };
    }
    return store_found(&rows);
}

/* ---- beginning ---- */

/* ERR_REFUSED while an extractor holds pages of the run. */
static int unread(struct store *store, int64_t run)
{
    struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(store_now(store).ms)};
    int64_t no;
    int error = store_integers(store, "select no from page where run = $1 and owner is not null and until > $2 limit 1",
                               values, 2, &no, 1);
    return error == ERR_NOT_FOUND ? 0 : error ? error : ERR_REFUSED;
}

/* Page `first_page` of each slice. `before`: the run that this one follows; 0 = none. */
static int first_pages(struct store *store, const struct run_plan *plan, const struct run *run, int64_t before)
{
    const struct sql_value values[] = {
        SQL_INTEGER(run->id), SQL_INTEGER(run->slices),  SQL_INTEGER(plan->first_page), SQL_INTEGER(PAGE_OPEN),
        SQL_INTEGER(before),  SQL_INTEGER(RANGES_ASKED), SQL_INTEGER(RANGES_GUESSED),   SQL_INTEGER(RANGES_NONE)};
    return store_run(
        store,
        "insert into page (run, slice, no, state, ranges) with recursive s (slice) as (select cast(0 as bigint)"
        " union all select slice + 1 from s where slice + 1 < $2)"
        " select cast($1 as bigint), slice, cast($3 as bigint), cast($4 as bigint), case when exists"
        " (select 1 from page b where b.run = $5 and b.ranges in ($6, $7)) then cast($6 as bigint) else"
        " cast($8 as bigint) end from s where true",
        values, 8, NULL);
}

/* ---- the cursor of a source that is read by windows ---- */

/* Where reading goes on, and whether the past is due to be read again. */
static int span_find(struct store *store, const struct run_plan *plan, int64_t wall, struct window_span *out)
{
    const struct sql_value values[] = {SQL_STRING(plan->scheme), SQL_STRING(plan->source), SQL_STRING(plan->request)};
    int64_t cursor[2] = {0};
    int error =
        plan->window.step == 0
            ? ERR_NOT_FOUND
            : store_integers(
                  store, "select read_to, reread from window_cursor where scheme = $1 and source = $2 and request = $3",
                  values, 3, cursor, 2);
    if (error && error != ERR_NOT_FOUND) {
        return error;
    }
    struct window_terms terms = plan->window;
    bool again = cursor[0] > 0 && plan->reread_every > 0 && wall - cursor[1] >= plan->reread_every && terms.to == 0 &&
                 plan->limit == 0;
    if (again && plan->reread_back > terms.overlap) {
        terms.overlap = plan->reread_back;
    }
    *out = window_span(&terms, plan->slices, cursor[0], wall);
    if (!again) {
        return 0;
    }
    const struct sql_value noted[] = {values[0], values[1], values[2], SQL_INTEGER(wall)};
    return store_run(store, "update window_cursor set reread = $4 where scheme = $1 and source = $2 and request = $3",
                     noted, 4, NULL);
}

/* A complete run has read its span: forward only. Records that wait for a look-up are asked for again by the next run, so the
 * cursor waits with them, for a while. */
static int cursor_move(struct store *store, int64_t run, bool *held)
{
    const struct sql_value of[] = {SQL_INTEGER(run), SQL_INTEGER(RUN_SYNC)};
    int64_t facts[4];
    int error =
        store_integers(store,
                       "select r.window_from, r.window_to, r.started, (select count(*) from reject where"
                       " reject.run = r.id and class = 'lookup') from run r where r.id = $1 and r.request is not"
                       " null and r.max_rows = 0 and r.kind = $2",
                       of, 2, facts, 4);
    if (error) {
        return error == ERR_NOT_FOUND ? 0 : error;
    }
    *held = facts[3] > 0 && facts[1] - facts[0] < hold_most;
    const struct sql_value values[] = {of[0], SQL_INTEGER(facts[1]), SQL_INTEGER(facts[2])};
    if (*held) { /* where the past was read, it is due once more */
        return store_run(
            store,
            "update window_cursor set reread = 0 where reread = $2 and exists (select 1 from run where id = $1"
            " and run.scheme = window_cursor.scheme and run.source = window_cursor.source and run.request ="
            " window_cursor.request)",
            (const struct sql_value[]){of[0], values[2]}, 2, NULL);
    }
    return store_run(
        store,
        "insert into window_cursor (scheme, source, request, read_to, reread) select scheme, source, request,"
        " cast($2 as bigint), cast($3 as bigint) from run where id = $1"
        " on conflict (scheme, source, request) do update set"
        " read_to = case when window_cursor.read_to > excluded.read_to then window_cursor.read_to else "
        "excluded.read_to end",
        values, 3, NULL);
}

/* ERR_BUSY when another connection has just begun one. */
static int run_insert(struct store *store, struct opening *opening, const struct run *before)
{
    const struct run_plan *plan = opening->plan;
    int follow_up = before ? before->follow_up + 1 : 0;
    struct run run = {
        .state = RUN_OPEN,
        .limit = plan->limit,
        .source_total = -1,
        .follow_up = follow_up,
        .started = store_wall(),
    };
    int error = span_find(store, plan, run.started, &run.window);
    run.slices = plan->slices * window_count(&run.window);
    run.window.moves = run.window.moves && run.limit == 0;
    const struct sql_value values[] = {
        SQL_STRING(plan->scheme),     SQL_STRING(plan->scheme_hash),
        SQL_STRING(plan->source),     SQL_INTEGER(run.limit),
        SQL_INTEGER(follow_up),       SQL_INTEGER(run.slices),
        SQL_INTEGER(run.started),     SQL_INTEGER(run.state),
        SQL_INTEGER(run.window.from), SQL_INTEGER(run.window.to),
        SQL_INTEGER(run.window.step), run.window.moves ? SQL_STRING(plan->request) : SQL_NOTHING,
        SQL_STRING(plan->api),        SQL_INTEGER(plan->vanish_all),
    };
    error = error ? error
                  : store_integers(
                        store,
                        "insert into run (scheme, scheme_hash, source, state, max_rows, follow_up, slices,"
                        " started, window_from, window_to, window_step, request, api, vanish_all) values ($1, $2,"
                        " $3, $8, $4, $5, $6, $7, $9, $10, $11, $12, $13, $14) on conflict do nothing returning id",
                        values, 14, &run.id, 1);
    if (error) {
        return error == ERR_NOT_FOUND ? ERR_BUSY : error;
    }
    *opening->run = run;
    return first_pages(store, plan, &run, before ? before->id : 0);
}

/* Why the one run that is wanted is not the one that stands open. */
static int only_missed(struct store *store, const struct run_plan *plan)
{
    struct sql_value values[] = {SQL_INTEGER(plan->only), SQL_STRING(plan->scheme), SQL_STRING(plan->source)};
    int64_t state = 0;
    int error = store_integers(store, "select state from run where id = $1 and scheme = $2 and source = $3", values, 3,
                               &state, 1);
    return error ? error : state == RUN_CLOSED || state == RUN_ABANDONED ? ERR_STALE : ERR_NOT_FOUND;
}

/* `before`: the run that it follows, or NULL. */
static int begin_as(struct store *store, const struct run_plan *plan, const struct run *before, struct run *out)
{
    if (plan->slices < 1) {
        return ERR_INPUT;
    }
    struct run run = {0};
    struct opening opening = {.plan = plan, .run = &run};
    int error = open_find(store, &opening);
    if (error) {
        return error;
    }
    if (plan->only != 0 && (!opening.found || run.id != plan->only || opening.other_hash)) {
        return only_missed(store, plan);
    }
    if (opening.found && (opening.other_hash || plan->abandon)) {
        error = plan->abandon ? 0 : unread(store, run.id);
        error = error ? error : run_report_write(store, run.id, RUN_ABANDONED, -1, NULL);
        if (error) {
            return error;
        }
        opening.found = false;
    }
    if (opening.found) {
        const struct sql_value values[] = {SQL_INTEGER(run.id), SQL_INTEGER(RUN_OPEN), SQL_INTEGER(RUN_FAILED),
                                           SQL_INTEGER(plan->vanish_all)};
        error = store_run(
            store,
            "update run set state = $2, cause = null, ended = null, refused = case state when $3 then 0 else refused"
            " end, streak = case state when $3 then 0 else streak end,"
            " vanish_all = case when $4 > vanish_all then $4 else vanish_all end where id = $1 and " RUN_IS_UNFINISHED,
            values, 4, NULL);
    } else if (plan->resume_only) {
        error = ERR_NOT_FOUND;
    } else {
        struct text first = TEXT("");
        error = store_retired(store);
        error = error || plan->every <= 0 ? error : run_behind(store, plan, &first);
        error = !error && first.size > 0 ? ERR_NOT_FOUND : error;
        error = error || plan->every <= 0 ? error : schedule_take(store, plan);
        error = error ? error : run_insert(store, &opening, before);
    }
    if (!error) {
        *out = run;
    }
    return error;
}

int run_begin(struct store *store, const struct run_plan *plan, struct run *out)
{
    return begin_as(store, plan, NULL, out);
}

int run_follow(struct store *store, const struct run_plan *plan, const struct run *before, struct run *out)
{
    if (before->follow_up >= RUN_FOLLOW_MAX) {
        return ERR_LIMIT;
    }
    struct sql_value id = SQL_INTEGER(before->id);
    int64_t state;
    int error = store_integers(store, "select state from run where id = $1", &id, 1, &state, 1);
    if (error) {
        return error;
    }
    if (state != RUN_CLOSED) {
        return ERR_STALE;
    }
    struct run_plan next = *plan;
    next.abandon = next.resume_only = false;
    next.every = 0;
    next.only = 0;
    return begin_as(store, &next, before, out);
}

int run_close(struct store *store, int64_t run, int64_t source_total, struct run_sums *sums)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t found;
    /* The lock of the row is had first, as ledger_begin has it, which keeps the run open until its transaction ends. */
    int error = store_integers(store, "select id from run where id = $1 and " RUN_IS_UNFINISHED " " SQL_FOR_UPDATE, &id,
                               1, &found, 1);
    if (error) {
        return error == ERR_NOT_FOUND ? ERR_STALE : error;
    }
    /* Once no page is open none can be opened: pages are opened by the holder of an open one. The order makes it a look
     * at the index of open pages. */
    error = store_integers(store, "select no from page where run = $1 and " PAGE_IS_OPEN " order by no, slice limit 1",
                           &id, 1, &found, 1);
    if (error != ERR_NOT_FOUND) {
        return error ? error : ERR_BUSY;
    }
    struct run_sums own;
    error = run_report_write(store, run, RUN_CLOSED, source_total, &own);
    error = error ? error : inbox_done(store, run);
    if (!error && own.complete) {
        error = cursor_move(store, run, &own.held);
    }
    if (!error && sums) {
        *sums = own;
    }
    return error;
}

int run_closed_by(struct store *store, int64_t run, struct text owner)
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_STRING(owner)};
    return store_run(store, "update run set closer = $2 where id = $1", values, 2, NULL);
}

int run_was_closed_by(struct store *store, int64_t run, struct text owner, bool *was)
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_STRING(owner)};
    int64_t found;
    int error = store_integers(store, "select id from run where id = $1 and closer = $2", values, 2, &found, 1);
    *was = error == 0;
    return error == ERR_NOT_FOUND ? 0 : error;
}

int run_fail(struct store *store, int64_t run, struct text cause)
{
    struct arena arena;
    arena_init(&arena, RUN_CAUSE_ROOM);
    cause = arena_storable(&arena, cause);
    cause.size = text_cut(cause, RUN_CAUSE_MAX);
    const struct sql_value values[] = {SQL_STRING(cause), SQL_INTEGER(store_wall()), SQL_INTEGER(run),
                                       SQL_INTEGER(RUN_FAILED)};
    int64_t changed = 0;
    int error =
        store_run(store, "update run set state = $4, cause = $1, ended = $2 where id = $3 and " RUN_IS_UNFINISHED,
                  values, 4, &changed);
    arena_fini(&arena);
    return error || changed ? error : ERR_STALE;
}

static int oldest_find(struct store *store, const struct run_plan *plan, int64_t run,
                       struct sql_value ids[static RUN_FORGET_MAX], size_t *count)
{
    const struct sql_value values[] = {SQL_STRING(plan->scheme), SQL_STRING(plan->source),
                                       SQL_INTEGER(store_wall() - plan->keep), SQL_INTEGER(run),
                                       SQL_INTEGER(RUN_FORGET_MAX)};
    struct sql_rows rows;
    store_ask(store,
              "select id from run where scheme = $1 and source = $2 and ended < $3 and " RUN_IS_OVER " and id < $4 and"
              " not exists (select 1 from reject where reject.run = run.id) order by ended limit $5",
              values, 5, &rows);
    while (store_next(&rows)) {
        ids[(*count)++] = SQL_INTEGER(rows.columns[0].integer);
    }
    return store_found(&rows);
}

/* Pages are many, and wanted only while their run is looked into: whatever scheme they are of, those of the oldest runs go
 * first. What stands unfinished is passed over; behind a run that is young all are. */
static int pages_forget(struct store *store)
{
    int64_t oldest[3] = {0}; /* run, when it ended, is it over? */
    for (int i = 0; i < RUN_FORGET_MAX; i++) {
        const struct sql_value values[] = {SQL_INTEGER(oldest[0])};
        int error = store_integers(store,
                                   "select run.id, run.ended, case when " RUN_IS_OVER " then 1 else 0 end from run"
                                   " where run.id = (select min(page.run) from page where page.run > $1)",
                                   values, 1, oldest, 3);
        bool over = !error && oldest[2] != 0;
        if (error || (over && oldest[1] > store_wall() - RUN_PAGES_KEPT)) {
            return error == ERR_NOT_FOUND ? 0 : error;
        }
        const struct sql_value run = SQL_INTEGER(oldest[0]);
        error = over ? store_run(store, "delete from page where run = $1", &run, 1, NULL) : 0;
        if (error) {
            return error;
        }
    }
    return 0;
}

int run_forget(struct store *store, const struct run_plan *plan, int64_t run, int64_t *forgotten)
{
    static const char *const texts[] = {"delete from page where run = $1", "delete from run_key where run = $1",
                                        "delete from run where id = $1"};
    struct sql_value ids[RUN_FORGET_MAX];
    size_t count = 0;
    int error = plan->keep > 0 ? oldest_find(store, plan, run, ids, &count) : 0;
    for (size_t i = 0; !error && i < sizeof texts / sizeof *texts; i++) {
        error = store_many(store, &(struct sql_call){.text = texts[i], .values = ids, .params = 1, .rows = count});
    }
    *forgotten = error ? 0 : (int64_t)count;
    return error ? error : pages_forget(store);
}

int run_state(struct store *store, int64_t run, enum run_state *state, struct cause *cause)
{
    const struct sql_value id = SQL_INTEGER(run);
    struct sql_rows rows;
    store_ask(store, "select state, cause from run where id = $1", &id, 1, &rows);
    bool found = store_next(&rows);
    if (found) {
        *state = (enum run_state)rows.columns[0].integer;
        bool failed = *state == RUN_FAILED && rows.columns[1].kind == SQL_TEXT;
        snprintf(cause->text, sizeof cause->text, "%.*s", failed ? (int)rows.columns[1].text.size : 0,
                 failed ? rows.columns[1].text.data : "");
    }
    int error = store_found(&rows);
    return error || found ? error : ERR_NOT_FOUND;
}
