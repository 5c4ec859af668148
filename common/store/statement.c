/* Statements, inside the open transaction. */
#include "common/store/private.h"

int store_many(struct store *store, const struct sql_call *call)
{
    return store->sql->driver->many(store->sql, call);
}

void store_find(struct store *store, const struct sql_call *call, struct sql_rows *rows)
{
    rows->sql = store->sql;
    rows->error = store->sql->driver->find(store->sql, call);
}

void store_ask(struct store *store, const char *text, const struct sql_value *values, size_t count,
               struct sql_rows *rows)
{
    store_find(store, &(struct sql_call){.text = text, .values = values, .params = count, .rows = 1}, rows);
}

bool store_next(struct sql_rows *rows)
{
    int got = rows->error ? 0 : rows->sql->driver->next(rows->sql, rows);
    rows->error = got < 0 ? got : rows->error;
    return got > 0;
}

int store_found(struct sql_rows *rows)
{
    int stopped = rows->sql->driver->stop(rows->sql);
    return rows->error ? rows->error : stopped;
}

int store_run(struct store *store, const char *text, const struct sql_value *values, size_t count, int64_t *changes)
{
    return store_many(
        store, &(struct sql_call){.text = text, .values = values, .params = count, .rows = 1, .changes = changes});
}

int store_integers(struct store *store, const char *text, const struct sql_value *values, size_t count, int64_t *out,
                   size_t wanted)
{
    struct sql_rows rows;
    store_ask(store, text, values, count, &rows);
    bool found = store_next(&rows);
    for (size_t i = 0; found && i < wanted; i++) {
        out[i] = i < rows.count && rows.columns[i].kind == SQL_INT ? rows.columns[i].integer : 0;
    }
    int error = store_found(&rows);
    return error || found ? error : ERR_NOT_FOUND;
}

int store_risk(struct store *store, char out[static STORE_RISK_MAX])
{
    out[0] = '\0';
    return store->sql->driver->risk ? store->sql->driver->risk(store->sql, out) : 0;
}

bool store_has_server(const struct store *store)
{
    return store->sql->driver->answers != NULL;
}

int store_ids(struct store *store, size_t count, int64_t *first)
{
    return store->sql->driver->ids(store->sql, count, first);
}
