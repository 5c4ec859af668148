#include "common/run/schedule.h"

#include <stdio.h>

#include "common/log/log.h"

/* Of a scheme and source account there is one row of `api`, as of the pace of any calls that workers share. By intervals: `next`
 * is the store clock's µs at which the next run is due, by what was said when the last began. By the clock: `at` is what the
 * cron says, `due` unix ms. next = 0: due at once (hold_run_now). */
enum {
    NAME_BYTES = 600,
    WORTH_A_LINE = 500, /* ms */
    STEADY = 600000     /* ms by which a wall's clock may be set back without a time coming twice */
};

static struct sql_value row_name(const struct run_plan *plan, char out[NAME_BYTES])
{
    (void)snprintf(out, NAME_BYTES, "run %.*s %.*s", TEXT_ARG(plan->scheme), TEXT_ARG(plan->source));
    return SQL_STRING(text_of(out));
}

/* ---- by the clock ---- */

/* The first time of the wall's clock behind `wall`, unix ms. */
static int64_t time_behind(const struct cron *at, int64_t wall)
{
    int64_t seconds = 0;
    return cron_next(at, wall / 1000, &seconds) == 0 ? seconds * 1000 : INT64_MAX;
}

/* ERR_NOT_FOUND where the row says another expression, or nothing. *due as it stands there, 0 = at once. */
static int clock_read_row(struct store *store, const struct run_plan *plan, int64_t *due)
{
    char name[NAME_BYTES];
    const struct sql_value values[] = {row_name(plan, name), SQL_STRING(text_of(plan->at->said))};
    return store_integers(store, "select case next when 0 then 0 else due end from api where name = $1 and at = $2",
                          values, 2, due, 1);
}

/* When it is due. A clock that was far ahead when the last run began, and was set right since, must not hold all runs up to then:
 * no time is later than the first behind now. */
static int64_t clock_due(const struct cron *at, int64_t due, int64_t wall)
{
    return due > 0 && due > time_behind(at, wall + STEADY) ? time_behind(at, wall) : due;
}

int schedule_note(struct store *store, const struct run_plan *plan)
{
    char name[NAME_BYTES];
    const struct sql_value values[] = {row_name(plan, name), SQL_STRING(text_of(plan->at->said)),
                                       SQL_INTEGER(time_behind(plan->at, store_wall()))};
    return store_run(store,
                     "insert into api (name, next, interval, at, due) values ($1, 1, 0, $2, $3) on conflict (name) do"
                     " update set next = 1, interval = 0, at = $2, due = $3",
                     values, 3, NULL);
}

static int clock_look(struct store *store, const struct run_plan *plan, struct store_ms *out)
{
    int64_t due = 0, wall = store_wall();
    int error = clock_read_row(store, plan, &due);
    if (!error) {
        *out = store_after(store_now(store), clock_due(plan->at, due, wall) - wall);
    }
    return error;
}

static int clock_take(struct store *store, const struct run_plan *plan)
{
    char name[NAME_BYTES];
    int64_t due = 0, wall = store_wall(), changed = 0;
    int error = clock_read_row(store, plan, &due);
    if (error || clock_due(plan->at, due, wall) > wall) {
        return error ? error : ERR_NOT_FOUND;
    }
    const struct sql_value values[] = {row_name(plan, name), SQL_STRING(text_of(plan->at->said)), SQL_INTEGER(due),
                                       SQL_INTEGER(time_behind(plan->at, wall))};
    error = store_run(store,
                      "update api set next = 1, due = $4 where name = $1 and at = $2 and case next when 0 then 0 else"
                      " due end = $3",
                      values, 4, &changed);
    return error || changed ? error : ERR_NOT_FOUND;
}

/* ---- by intervals ---- */

/* `interval` is what was said when the last run began; what is said now counts. next = 0 is due whatever was said. */
int schedule_look(struct store *store, const struct run_plan *plan, struct store_ms *out)
{
    char name[NAME_BYTES];
    struct sql_value key = row_name(plan, name);
    int64_t row[] = {0, 0}; /* next, interval */
    if (plan->at) {
        return clock_look(store, plan, out);
    }
    int error = store_integers(store, "select next, interval from api where name = $1 and at is null", &key, 1, row, 2);
    if (error && error != ERR_NOT_FOUND) {
        return error;
    }
    out->ms = error || row[0] == 0 ? 0 : (row[0] - row[1]) / 1000 + plan->every;
    return 0;
}

int schedule_take(struct store *store, const struct run_plan *plan)
{
    char name[NAME_BYTES];
    struct store_ms now = store_now(store);
    int64_t changed = 0;
    if (plan->at) {
        return clock_take(store, plan);
    }
    struct sql_value values[] = {row_name(plan, name), SQL_INTEGER(store_after(now, plan->every).ms * 1000),
                                 SQL_INTEGER(plan->every * 1000), SQL_INTEGER(now.ms * 1000)};
    int error = store_run(store,
                          "insert into api (name, next, interval) values ($1, $2, $3) on conflict (name) do update set"
                          " next = $2, interval = $3, at = null where api.at is not null or api.next = 0 or"
                          " api.next - api.interval + $3 <= $4",
                          values, 4, &changed);
    return error || changed ? error : ERR_NOT_FOUND;
}

/* ---- for people ---- */

void schedule_tell(bool *told, int64_t pause)
{
    if (!*told && pause > WORTH_A_LINE) {
        *told = true;
        log_event(EVENT_RUN_NEXT, "the next run begins by the schedule; dianchen start begins it at once", "seconds",
                  LOG_INT((pause + 999) / 1000), NULL);
    }
}

/* `next` is store clock µs: what is left of it counts, on any clock. */
static void interval_told(struct store *store, int64_t next, struct run_next *out)
{
    int64_t left = next / 1000 - store_now(store).ms;
    out->at = store_wall();
    if (next == 0 || left > out->every) { /* at once, by hold_run_now; or of a clock that began anew */
        return;
    }
    out->at += left;
    out->late = left < 0 ? -left : 0;
}

static void clock_told(int64_t next, int64_t due, struct run_next *out)
{
    int64_t wall = store_wall();
    out->at = next == 0 ? wall : due;
    out->late = next != 0 && due < wall ? wall - due : 0;
}

#define COLUMNS                                                                                                        \
    "coalesce(api.next, 0), coalesce(api.interval, 0), coalesce(hold.who, ''), coalesce(api.at, ''), api.due"

static int told(struct store *store, struct sql_rows *rows, struct run_next *out)
{
    *out = (struct run_next){.scheduled = false};
    bool found = store_next(rows);
    if (found) {
        const struct sql_value *columns = rows->columns;
        (void)snprintf(out->who, sizeof out->who, "%.*s", TEXT_ARG(columns[2].text));
        (void)snprintf(out->clock, sizeof out->clock, "%.*s", TEXT_ARG(columns[3].text));
        out->held = out->who[0] != '\0';
        out->every = columns[1].integer / 1000;
        out->scheduled = out->every > 0 || out->clock[0] != '\0';
        if (out->clock[0] != '\0') {
            clock_told(columns[0].integer, columns[4].integer, out);
        } else if (out->scheduled) {
            interval_told(store, columns[0].integer, out);
        }
    }
    int error = store_found(rows);
    return error || found ? error : ERR_NOT_FOUND;
}

int run_next(struct store *store, int64_t run, struct run_next *out)
{
    const struct sql_value id = SQL_INTEGER(run);
    struct sql_rows rows;
    store_ask(store,
              "select " COLUMNS " from run left join api on api.name = 'run ' || run.scheme || ' ' || run.source"
              " left join hold on hold.scheme = run.scheme where run.id = $1",
              &id, 1, &rows);
    return told(store, &rows, out);
}

int run_first(struct store *store, struct run_next *out)
{
    struct sql_rows rows;
    store_ask(store,
              "select " COLUMNS " from api left join hold on substr(api.name, 1, length(hold.scheme) + 5) = 'run ' ||"
              " hold.scheme || ' ' where api.at is not null order by api.due limit 1",
              NULL, 0, &rows);
    return told(store, &rows, out);
}
