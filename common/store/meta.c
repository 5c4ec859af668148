#include "common/store/meta.h"

#include <stdio.h>

#include "common/store/private.h"

static int read_by(struct store *store, const char *text, struct meta *meta)
{
    const struct sql_value name = SQL_STRING(text_of(meta->name));
    struct sql_rows rows;
    meta->value[0] = '\0';
    store_ask(store, text, &name, 1, &rows);
    while (store_next(&rows)) {
        if (rows.columns[0].kind == SQL_TEXT) {
            snprintf(meta->value, sizeof meta->value, "%.*s", TEXT_ARG(rows.columns[0].text));
        }
    }
    return store_found(&rows);
}

int meta_read(struct store *store, struct meta *meta)
{
    return read_by(store, "select value from meta where name = $1", meta);
}

int meta_lock(struct store *store, struct meta *meta)
{
    return read_by(store, "select value from meta where name = $1 " SQL_FOR_UPDATE, meta);
}

int meta_write(struct store *store, const struct meta *meta)
{
    const struct sql_value values[] = {SQL_STRING(text_of(meta->name)), SQL_STRING(text_of(meta->value))};
    return store_run(store,
                     "insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = $2",
                     values, 2, NULL);
}

int store_retired(struct store *store)
{
    struct meta retired = {.name = "retired"};
    int error = meta_read(store, &retired);
    if (error || !retired.value[0]) {
        return error;
    }
    snprintf(store->changed, sizeof store->changed,
             "it was retired, its rows are in %s now: set DIANCHEN_STORE to that", retired.value);
    return ERR_REFUSED;
}
