#include "common/ledger/reject_reason.h"

static int each(struct store *store, const char *text, int64_t run, int64_t most,
                int (*fn)(void *user, const struct reject_reason *reason), void *user)
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(most)};
    struct sql_rows rows;
    int ended = 0;
    store_ask(store, text, values, 2, &rows);
    while (ended == 0 && store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        const struct reject_reason reason = {columns[0].text, columns[1].text, columns[2].text, columns[3].integer};
        ended = fn(user, &reason);
    }
    int error = store_found(&rows);
    return ended < 0 ? ended : error;
}

int reject_reasons(struct store *store, int64_t run, int64_t most,
                   int (*fn)(void *user, const struct reject_reason *reason), void *user)
{
    return each(store,
                "select class, code, min(message), count(*) from reject where run = $1"
                " group by class, code order by count(*) desc, class, code limit $2",
                run, most, fn, user);
}

int reject_waiting(struct store *store, int64_t run, int64_t most,
                   int (*fn)(void *user, const struct reject_reason *reason), void *user)
{
    return each(store,
                "select class, code, message, count(*) from reject where run = $1 and class = 'lookup'"
                " group by class, code, message order by count(*) desc, message limit $2",
                run, most, fn, user);
}
