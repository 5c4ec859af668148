#include "common/pace/shared_api.h"

enum { API_STEPS = 1000 /* kept of each API */ };

static int row_make(struct store *store, struct text api)
{
    struct sql_value name = SQL_STRING(api);
    return store_run(store, "insert into api (name) values ($1) on conflict (name) do nothing", &name, 1, NULL);
}

/* Makes the row when an update finds none: rare, so it is tried second. */
static int row_update(struct store *store, struct text api, const char *text, const struct sql_value *values,
                      size_t count)
{
    int64_t changed = 0;
    int error = store_run(store, text, values, count, &changed);
    if (error || changed) {
        return error;
    }
    error = row_make(store, api);
    return error ? error : store_run(store, text, values, count, NULL);
}

int api_pace(struct store *store, struct text api, int64_t interval_us, int64_t calls, struct store_ms *at)
{
    struct store_ms now = store_now(store);
    int64_t next, ban = 0;
    struct sql_value name = SQL_STRING(api);
    if (interval_us <= 0 || calls <= 0) {
        int error = store_integers(store, "select ban from api where name = $1", &name, 1, &ban, 1);
        if (error && error != ERR_NOT_FOUND) {
            return error;
        }
        *at = store_later((struct store_ms){ban}, now);
        return 0;
    }
    /* The row's lock, had by the update, makes the read behind it see this caller's slots and no other's. */
    struct sql_value values[] = {name, SQL_INTEGER(now.ms * 1000), SQL_INTEGER(calls * interval_us),
                                 SQL_INTEGER(interval_us)};
    int error = row_update(store, api,
                           "update api set interval = $4, next = $3 + case when next >= $2 and next >= ban * 1000 then"
                           " next when ban * 1000 > $2 then ban * 1000 else $2 end where name = $1",
                           values, 4);
    if (!error) {
        error = store_integers(store, "select next from api where name = $1", &name, 1, &next, 1);
    }
    if (!error) {
        at->ms = (next - calls * interval_us + 999) / 1000;
    }
    return error;
}

int api_ban(struct store *store, struct text api, struct store_ms until)
{
    struct sql_value values[] = {SQL_STRING(api), SQL_INTEGER(until.ms)};
    return row_update(store, api, "update api set ban = case when ban > $2 then ban else $2 end where name = $1",
                      values, 2);
}

/* The lock on the row is had by the update; then what all workers know is read, changed here, and written. */
static int pace_read(struct store *store, struct text api, struct pace *pace, struct store_ms *ban)
{
    struct sql_value name = SQL_STRING(api);
    int64_t columns[7] = {0};
    int error = row_update(store, api, "update api set well = well where name = $1", &name, 1);
    error = error ? error
                  : store_integers(store,
                                   "select cut, well, scale, minute_at, minute, minute_before, ban from api"
                                   " where name = $1",
                                   &name, 1, columns, 7);
    if (!error) {
        *pace = (struct pace){columns[0], columns[1], columns[2], {columns[3]}, columns[4], columns[5]};
        ban->ms = columns[6];
    }
    return error;
}

static int pace_write(struct store *store, struct text api, const struct pace *pace)
{
    struct sql_value values[] = {SQL_STRING(api),          SQL_INTEGER(pace->cut),          SQL_INTEGER(pace->well),
                                 SQL_INTEGER(pace->scale), SQL_INTEGER(pace->minute_at.ms), SQL_INTEGER(pace->minute),
                                 SQL_INTEGER(pace->before)};
    return store_run(store,
                     "update api set cut = $2, well = $3, scale = $4, minute_at = $5, minute = $6,"
                     " minute_before = $7 where name = $1",
                     values, 7, NULL);
}

int api_learn(struct store *store, struct text api, int64_t went, struct pace *out)
{
    struct pace pace;
    struct store_ms ban;
    int error = pace_read(store, api, &pace, &ban);
    if (!error && went != 0) {
        pace_count(&pace, store_now(store), went);
        error = pace_write(store, api, &pace);
    }
    if (!error) {
        *out = pace;
    }
    return error;
}

int api_refused(struct store *store, struct text api, const struct api_refusal *refusal, struct pace *out)
{
    struct pace pace;
    struct store_ms ban, now = store_now(store);
    int error = pace_read(store, api, &pace, &ban);
    if (error) {
        return error;
    }
    pace_count(&pace, now, refusal->went);
    if (refusal->lesson && !store_before(now, ban)) {
        pace_refused(&pace, now, refusal->told ? store_since(refusal->until, now) : 0, refusal->base_us);
    }
    error = pace_write(store, api, &pace);
    error = error ? error : api_ban(store, api, refusal->until);
    if (!error) {
        *out = pace;
    }
    return error;
}

int api_step(struct store *store, struct text api, int64_t us)
{
    struct sql_value values[] = {SQL_STRING(api), SQL_INTEGER(store_wall()), SQL_INTEGER(us)};
    int64_t newest = 0;
    int error = store_integers(store, "select us from pace_step where api = $1 order by at desc limit 1", values, 1,
                               &newest, 1);
    if ((error && error != ERR_NOT_FOUND) || !pace_moved(newest, us)) {
        return error == ERR_NOT_FOUND ? 0 : error;
    }
    error = store_run(store,
                      "insert into pace_step (api, at, us) values ($1, $2, $3) on conflict (api, at) do update set us ="
                      " excluded.us",
                      values, 3, NULL);
    values[1] = SQL_INTEGER(API_STEPS);
    return error ? error
                 : store_run(store,
                             "delete from pace_step where api = $1 and at < (select at from pace_step where api = $1"
                             " order by at desc limit 1 offset $2)",
                             values, 2, NULL);
}

int api_login_read(struct store *store, struct text api, struct arena *arena, struct api_login *out)
{
    const struct sql_value name = SQL_STRING(api);
    struct api_login login = {0};
    struct sql_rows rows;
    int error = 0;
    store_ask(store, "select sealed, token_until, version from api where name = $1", &name, 1, &rows);
    while (!error && store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        login.until.ms = columns[1].integer;
        login.version = columns[2].integer;
        if (columns[0].kind == SQL_BLOB && columns[0].text.size > 0) {
            login.sealed = arena_text(arena, columns[0].text);
            error = login.sealed.data ? 0 : ERR_MEMORY;
        }
    }
    int found = store_found(&rows);
    error = error ? error : found;
    if (!error) {
        *out = login;
    }
    return error;
}

int api_login_claim(struct store *store, struct text api, int64_t version, int64_t lease, struct text owner)
{
    struct store_ms now = store_now(store);
    int64_t changed = 0, stands = 0;
    struct sql_value values[] = {SQL_STRING(api), SQL_INTEGER(version), SQL_INTEGER(now.ms), SQL_STRING(owner),
                                 SQL_INTEGER(store_after(now, lease).ms)};
    int error = row_make(store, values[0].text);
    if (!error) {
        error = store_run(store,
                          "update api set owner = $4, owner_until = $5 where name = $1 and version = $2"
                          " and (owner is null or owner = $4 or owner_until <= $3)",
                          values, 5, &changed);
    }
    if (error || changed) {
        return error;
    }
    error = store_integers(store, "select version from api where name = $1", values, 1, &stands, 1);
    if (error) {
        return error;
    }
    return stands == version ? ERR_BUSY : ERR_STALE;
}

int api_login_write(struct store *store, struct text api, struct text owner, const struct api_login *login)
{
    struct sql_value values[] = {SQL_STRING(api), SQL_STRING(owner), SQL_BYTES(login->sealed),
                                 SQL_INTEGER(login->until.ms)};
    int64_t changed = 0;
    int error = store_run(store,
                          "update api set sealed = $3, token_until = $4, version = version + 1, owner = null,"
                          " owner_until = 0 where name = $1 and owner = $2",
                          values, 4, &changed);
    return error || changed ? error : ERR_STALE;
}

int api_login_yield(struct store *store, struct text api, struct text owner)
{
    struct sql_value values[] = {SQL_STRING(api), SQL_STRING(owner)};
    return store_run(store, "update api set owner = null, owner_until = 0 where name = $1 and owner = $2", values, 2,
                     NULL);
}
