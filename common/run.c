#include <stdio.h>

#include "common/run_report.h"

enum { RUN_CAUSE_MAX = 600, RUN_SCHEDULE_MAX = 600, RUN_FORGET_MAX = 20 };

struct opening {
    const struct run_plan *plan;
    struct run *run;
    bool found, other_hash;
};

static void key_bind(void *user, size_t row, struct sql_value *params)
{
    const struct opening *opening = user;
    (void)row;
    params[0] = SQL_STRING(opening->plan->scheme);
    params[1] = SQL_STRING(opening->plan->source);
}

static int open_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    struct opening *opening = user;
    (void)row;
    (void)count;
    opening->found = true;
    opening->other_hash = !text_equal(columns[5].text, opening->plan->scheme_hash);
    *opening->run = (struct run){
        .id = columns[0].integer,
        .state = RUN_OPEN,
        .limit = columns[1].integer,
        .source_total = columns[2].integer,
        .follow_up = (int)columns[3].integer,
        .started = columns[4].integer,
        .kind = (enum run_kind)columns[6].integer,
        .resumed = true,
    };
    return 0;
}

static int open_find(struct store *store, struct opening *opening)
{
    opening->found = false;
    return store_many(store,
                      &(struct sql_call){
                          .text = "select id, max_rows, source_total, follow_up, started, scheme_hash, kind from run"
                                  " where scheme = $1 and source = $2 and state in (1, 4) " SQL_FOR_UPDATE,
                          .rows = 1,
                          .params = 2,
                          .bind = key_bind,
                          .found = open_found,
                          .user = opening,
                      });
}

static void first_bind(void *user, size_t row, struct sql_value *params)
{
    const struct opening *opening = user;
    params[0] = SQL_INTEGER(opening->run->id);
    params[1] = SQL_INTEGER(row);
    params[2] = SQL_INTEGER(opening->plan->first_page);
}

/* ---- the schedule: a row of `api`, as the pace of any calls that workers share ---- */

static struct sql_value schedule_name(const struct run_plan *plan, char out[RUN_SCHEDULE_MAX])
{
    (void)snprintf(out, RUN_SCHEDULE_MAX, "run %.*s %.*s", TEXT_ARG(plan->scheme), TEXT_ARG(plan->source));
    return SQL_STRING(text_of(out));
}

/* `interval` is what was said when the last run began; what is said now counts. */
int run_due(struct store *store, const struct run_plan *plan, int64_t *out)
{
    char name[RUN_SCHEDULE_MAX];
    struct sql_value key = schedule_name(plan, name);
    int64_t began = 0;
    int error = store_integers(store, "select next - interval from api where name = $1", &key, 1, &began, 1);
    if (error && error != ERR_NOT_FOUND) {
        return error;
    }
    *out = error ? 0 : began / 1000 + plan->every;
    return 0;
}

/* ERR_NOT_FOUND when it is not time yet. One statement: of several extractors, one begins. */
static int schedule_take(struct store *store, const struct run_plan *plan)
{
    char name[RUN_SCHEDULE_MAX];
    int64_t now = store_now(store), changed = 0;
    struct sql_value values[] = {schedule_name(plan, name), SQL_INTEGER((now + plan->every) * 1000),
                                 SQL_INTEGER(plan->every * 1000), SQL_INTEGER(now * 1000)};
    int error = store_run(store,
                          "insert into api (name, next, interval) values ($1, $2, $3) on conflict (name) do update set"
                          " next = $2, interval = $3 where api.next - api.interval + $3 <= $4",
                          values, 4, &changed);
    return error || changed ? error : ERR_NOT_FOUND;
}

/* ---- beginning ---- */

/* ERR_REFUSED while an extractor holds pages of the run. */
static int unread(struct store *store, int64_t run)
{
    struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(store_now(store))};
    int64_t no;
    int error = store_integers(store, "select no from page where run = $1 and owner is not null and until > $2 limit 1",
                               values, 2, &no, 1);
    return error == ERR_NOT_FOUND ? 0 : error ? error : ERR_REFUSED;
}

/* ERR_BUSY when another connection has just begun one. */
static int run_insert(struct store *store, struct opening *opening, int follow_up)
{
    const struct run_plan *plan = opening->plan;
    struct run run = {
        .state = RUN_OPEN,
        .limit = plan->limit,
        .source_total = -1,
        .follow_up = follow_up,
        .started = store_wall(),
    };
    struct sql_value values[] = {
        SQL_STRING(plan->scheme), SQL_STRING(plan->scheme_hash), SQL_STRING(plan->source), SQL_INTEGER(run.limit),
        SQL_INTEGER(follow_up),   SQL_INTEGER(plan->slices),     SQL_INTEGER(run.started),
    };
    int error = store_integers(store,
                               "insert into run (scheme, scheme_hash, source, state, max_rows, follow_up, slices,"
                               " started) values ($1, $2, $3, 1, $4, $5, $6, $7) on conflict do nothing returning id",
                               values, 7, &run.id, 1);
    if (error) {
        return error == ERR_NOT_FOUND ? ERR_BUSY : error;
    }
    *opening->run = run;
    return store_many(store, &(struct sql_call){
                                 .text = "insert into page (run, slice, no, state) values ($1, $2, $3, 1)",
                                 .rows = (size_t)plan->slices,
                                 .params = 3,
                                 .bind = first_bind,
                                 .user = opening,
                             });
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

static int begin_as(struct store *store, const struct run_plan *plan, int follow_up, struct run *out)
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
        struct sql_value id = SQL_INTEGER(run.id);
        error = store_run(
            store,
            "update run set state = 1, cause = null, ended = null, refused = case state when 4 then 0 else refused"
            " end, streak = case state when 4 then 0 else streak end where id = $1 and state in (1, 4)",
            &id, 1, NULL);
    } else if (plan->resume_only) {
        error = ERR_NOT_FOUND;
    } else {
        error = store_retired(store);
        error = error || plan->every <= 0 ? error : schedule_take(store, plan);
        error = error ? error : run_insert(store, &opening, follow_up);
    }
    if (!error) {
        *out = run;
    }
    return error;
}

int run_begin(struct store *store, const struct run_plan *plan, struct run *out)
{
    return begin_as(store, plan, 0, out);
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
    return begin_as(store, &next, before->follow_up + 1, out);
}

int run_close(struct store *store, int64_t run, int64_t source_total, struct buffer *report)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t open;
    /* Once no page is open none can be opened: pages are opened by the holder of an open one. The order makes it a look
     * at the index of open pages. */
    int error = store_integers(store, "select no from page where run = $1 and state = 1 order by no, slice limit 1",
                               &id, 1, &open, 1);
    if (error != ERR_NOT_FOUND) {
        return error ? error : ERR_BUSY;
    }
    int64_t locked = 0;
    error = store_run(store, "update run set state = state where id = $1 and state in (1, 4)", &id, 1, &locked);
    if (error) {
        return error;
    }
    return locked ? run_report_write(store, run, RUN_CLOSED, source_total, report) : ERR_STALE;
}

int run_fail(struct store *store, int64_t run, struct text cause)
{
    cause.size = text_cut(cause, RUN_CAUSE_MAX);
    struct sql_value values[] = {SQL_STRING(cause), SQL_INTEGER(store_wall()), SQL_INTEGER(run)};
    int64_t changed = 0;
    int error = store_run(store, "update run set state = 4, cause = $1, ended = $2 where id = $3 and state in (1, 4)",
                          values, 3, &changed);
    return error || changed ? error : ERR_STALE;
}

struct forgetting {
    const struct run_plan *plan;
    int64_t run, before; /* wall clock, unix ms */
    int64_t ids[RUN_FORGET_MAX];
    size_t count;
};

static void old_bind(void *user, size_t row, struct sql_value *params)
{
    const struct forgetting *old = user;
    (void)row;
    params[0] = SQL_STRING(old->plan->scheme);
    params[1] = SQL_STRING(old->plan->source);
    params[2] = SQL_INTEGER(old->before);
    params[3] = SQL_INTEGER(old->run);
    params[4] = SQL_INTEGER(RUN_FORGET_MAX);
}

static int old_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    struct forgetting *old = user;
    (void)row;
    (void)count;
    old->ids[old->count++] = columns[0].integer;
    return 0;
}

static void id_bind(void *user, size_t row, struct sql_value *params)
{
    params[0] = SQL_INTEGER(((const struct forgetting *)user)->ids[row]);
}

int run_forget(struct store *store, const struct run_plan *plan, int64_t run, int64_t *forgotten)
{
    static const char *const texts[] = {"delete from page where run = $1", "delete from run_key where run = $1",
                                        "delete from run where id = $1"};
    struct forgetting old = {.plan = plan, .run = run, .before = store_wall() - plan->keep};
    *forgotten = 0;
    if (plan->keep <= 0) {
        return 0;
    }
    int error =
        store_many(store, &(struct sql_call){
                              .text = "select id from run where scheme = $1 and source = $2 and ended < $3"
                                      " and state in (2, 3) and id < $4 and not exists"
                                      " (select 1 from reject where reject.run = run.id) order by ended limit $5",
                              .rows = 1,
                              .params = 5,
                              .bind = old_bind,
                              .found = old_found,
                              .user = &old,
                          });
    for (size_t i = 0; !error && old.count > 0 && i < sizeof texts / sizeof *texts; i++) {
        error = store_many(
            store, &(struct sql_call){.text = texts[i], .rows = old.count, .params = 1, .bind = id_bind, .user = &old});
    }
    *forgotten = error ? 0 : (int64_t)old.count;
    return error;
}

struct standing {
    struct sql_value run;
    enum run_state state;
    struct cause *cause;
    bool found;
};

static void standing_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    params[0] = ((const struct standing *)user)->run;
}

static int standing_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    struct standing *standing = user;
    (void)row;
    (void)count;
    standing->found = true;
    standing->state = (enum run_state)columns[0].integer;
    bool failed = standing->state == RUN_FAILED && columns[1].kind == SQL_TEXT;
    snprintf(standing->cause->text, sizeof standing->cause->text, "%.*s", failed ? (int)columns[1].text.size : 0,
             failed ? columns[1].text.data : "");
    return 0;
}

int run_state(struct store *store, int64_t run, enum run_state *state, struct cause *cause)
{
    struct standing standing = {.run = SQL_INTEGER(run), .cause = cause};
    int error = store_many(store, &(struct sql_call){
                                      .text = "select state, cause from run where id = $1",
                                      .rows = 1,
                                      .params = 1,
                                      .bind = standing_bind,
                                      .found = standing_found,
                                      .user = &standing,
                                  });
    if (!error && standing.found) {
        *state = standing.state;
    }
    return error || standing.found ? error : ERR_NOT_FOUND;
}
