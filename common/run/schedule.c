#include "common/run/schedule.h"

#include <stdio.h>

/* `next` is store clock µs: what is left of it counts, on any clock. */
static void due_read(struct store *store, int64_t next, int64_t interval, struct run_next *out)
{
    int64_t left = next / 1000 - store_now(store).ms;
    out->scheduled = true;
    out->every = interval / 1000;
    out->at = store_wall();
    if (next == 0 || left > out->every) { /* at once, by hold_run_now; or of a clock that began anew */
        return;
    }
    out->at += left;
    out->late = left < 0 ? -left : 0;
}

int run_next(struct store *store, int64_t run, struct run_next *out)
{
    const struct sql_value id = SQL_INTEGER(run);
    struct sql_rows rows;
    *out = (struct run_next){.scheduled = false};
    store_ask(store,
              "select coalesce(api.next, 0), coalesce(api.interval, 0), coalesce(hold.who, '') from run"
              " left join api on api.name = 'run ' || run.scheme || ' ' || run.source"
              " left join hold on hold.scheme = run.scheme where run.id = $1",
              &id, 1, &rows);
    bool found = store_next(&rows);
    if (found) {
        const struct sql_value *columns = rows.columns;
        (void)snprintf(out->who, sizeof out->who, "%.*s", TEXT_ARG(columns[2].text));
        out->held = out->who[0] != '\0';
        if (columns[1].integer > 0) {
            due_read(store, columns[0].integer, columns[1].integer, out);
        }
    }
    int error = store_found(&rows);
    return error || found ? error : ERR_NOT_FOUND;
}
