#include "common/run/hold.h"

#include <stdio.h>

enum { NAME_MAX_BYTES = 600 };

int hold_put(struct store *store, struct text scheme, struct text who)
{
    who.size = text_cut(who, HOLD_WHO_MAX - 1);
    const struct sql_value values[] = {SQL_STRING(scheme), SQL_INTEGER(store_wall()), SQL_STRING(who)};
    return store_run(store, "insert into hold (scheme, since, who) values ($1, $2, $3) on conflict do nothing", values,
                     3, NULL);
}

int hold_release(struct store *store, struct text scheme)
{
    const struct sql_value value = SQL_STRING(scheme);
    return store_run(store, "delete from hold where scheme = $1", &value, 1, NULL);
}

/* The schedules of a scheme stand in `api`, one for each source account: "run SCHEME ACCOUNT" (run.c). */
int hold_run_now(struct store *store, struct text scheme)
{
    char name[NAME_MAX_BYTES];
    (void)snprintf(name, sizeof name, "run %.*s ", TEXT_ARG(scheme));
    /* In characters, as the databases count them. */
    const struct sql_value value = SQL_STRING(text_of(name));
    return store_run(store, "update api set next = 0 where substr(name, 1, length($1)) = $1", &value, 1, NULL);
}

int hold_find(struct store *store, struct text scheme, bool *held, char who[HOLD_WHO_MAX])
{
    const struct sql_value value = SQL_STRING(scheme);
    struct sql_rows rows;
    store_ask(store, "select who from hold where scheme = $1", &value, 1, &rows);
    bool found = store_next(&rows);
    if (found) {
        (void)snprintf(who, HOLD_WHO_MAX, "%.*s", TEXT_ARG(rows.columns[0].text));
    }
    int error = store_found(&rows);
    if (!error) {
        *held = found;
    }
    return error;
}
