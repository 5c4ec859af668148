#include "common/run/list.h"

int run_list(struct store *store, int64_t limit, run_line_fn *fn, void *user)
{
    const struct sql_value most = SQL_INTEGER(limit > 0 ? limit : INT64_MAX);
    struct sql_rows rows;
    int ended = 0;
    store_ask(store,
              "select id, started, coalesce(ended, 0), max_rows, state, kind, scheme, coalesce(cause, ''),"
              " coalesce(report, '') from run order by id desc limit $1",
              &most, 1, &rows);
    while (ended == 0 && store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        const struct run_line line = {.id = columns[0].integer,
                                      .started = columns[1].integer,
                                      .ended = columns[2].integer,
                                      .limit = columns[3].integer,
                                      .state = (enum run_state)columns[4].integer,
                                      .kind = (enum run_kind)columns[5].integer,
                                      .scheme = columns[6].text,
                                      .cause = columns[7].text,
                                      .report = columns[8].text};
        ended = fn(user, &line);
    }
    int error = store_found(&rows);
    return ended < 0 ? ended : error;
}
