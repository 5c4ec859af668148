#include "common/run/inbox.h"

#include <stdio.h>

#include "common/run/replay.h"

/* Nothing is at work on it: no run has taken it, or that run was abandoned. */
#define IS_WAITING "(i.run is null or not exists (select 1 from run u where u.id = i.run and u." RUN_IS_UNFINISHED "))"

static bool is_good(enum inbox_kind kind, const struct inbox_item *item)
{
    bool fits = item->key.size <= KEY_MAX && text_is_storable(item->key) && text_is_storable(item->record);
    return fits && (kind == INBOX_RECORD || item->key.size > 0);
}

/* Records whose key is not known stand under one of their own: a number of this call, which is above those of all that wait. */
static int call_number(struct store *store, struct text scheme, int64_t *number)
{
    const struct sql_value value = SQL_STRING(scheme);
    return store_integers(store, "select coalesce(max(call), 0) + 1 from inbox where scheme = $1", &value, 1, number,
                          1);
}

static int item_put(struct store *store, struct text scheme, enum inbox_kind kind, const struct inbox_item *item,
                    int64_t call, size_t place)
{
    char own[48];
    (void)snprintf(own, sizeof own, "(%lld) %zu", (long long)call, place);
    bool known = item->key.size > 0;
    const struct sql_value values[] = {
        SQL_STRING(scheme),
        SQL_INTEGER(kind),
        SQL_STRING(known ? item->key : text_of(own)),
        kind == INBOX_RECORD ? SQL_STRING(item->record) : SQL_NOTHING,
        SQL_INTEGER(store_wall()),
        SQL_INTEGER(known ? 0 : call),
    };
    return store_run(store,
                     "insert into inbox (scheme, kind, key, record, since, call) values ($1, $2, $3, $4, $5, $6)"
                     " on conflict (scheme, kind, key) where run is null do update set record = excluded.record,"
                     " since = excluded.since",
                     values, 6, NULL);
}

int inbox_put(struct store *store, struct text scheme, enum inbox_kind kind, const struct inbox_item *items,
              size_t count, size_t *bad)
{
    int64_t waiting = 0, call = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_good(kind, &items[i])) {
            *bad = i;
            return ERR_INPUT;
        }
    }
    int error = inbox_count(store, scheme, &waiting);
    if (!error && waiting + (int64_t)count > INBOX_WAITING) {
        return ERR_LIMIT;
    }
    error = error ? error : call_number(store, scheme, &call);
    for (size_t i = 0; !error && i < count; i++) {
        error = item_put(store, scheme, kind, &items[i], call, i);
    }
    return error;
}

int inbox_count(struct store *store, struct text scheme, int64_t *count)
{
    const struct sql_value value = SQL_STRING(scheme);
    return store_integers(store, "select count(*) from inbox where scheme = $1", &value, 1, count, 1);
}

int inbox_done(struct store *store, int64_t run)
{
    const struct sql_value value = SQL_INTEGER(run);
    return store_run(store, "delete from inbox where run = $1", &value, 1, NULL);
}

/* ---- the run ---- */

/* What has waited longest: its kind and its call. */
static int oldest_find(struct store *store, struct text scheme, bool keys, int64_t out[static 2])
{
    const struct sql_value values[] = {SQL_STRING(scheme), SQL_INTEGER(keys ? INBOX_KEY : INBOX_RECORD)};
    return store_integers(store,
                          "select i.kind, i.call from inbox i where i.scheme = $1 and i.kind >= $2 and " IS_WAITING
                          " order by i.kind, i.id limit 1",
                          values, 2, out, 2);
}

/* What abandoned runs have left waits again, but for what came anew in the meantime. */
static int left_take_back(struct store *store, struct text scheme)
{
    const struct sql_value value = SQL_STRING(scheme);
    int error =
        store_run(store,
                  "delete from inbox where run is not null and id in (select i.id from inbox i join inbox n on"
                  " n.scheme = i.scheme and n.kind = i.kind and n.key = i.key and n.id > i.id where i.scheme = $1"
                  " and " IS_WAITING ")",
                  &value, 1, NULL);
    return error
               ? error
               : store_run(store,
                           "update inbox set run = null where run is not null and id in (select i.id from inbox i where"
                           " i.scheme = $1 and " IS_WAITING ")",
                           &value, 1, NULL);
}

/* Of that kind and call, in the order in which it came. */
static int take(struct store *store, struct text scheme, int64_t run, const int64_t oldest[static 2], int64_t *taken)
{
    const struct sql_value values[] = {SQL_STRING(scheme), SQL_INTEGER(oldest[0]), SQL_INTEGER(oldest[1]),
                                       SQL_INTEGER(run), SQL_INTEGER(INBOX_MOST)};
    return store_run(store,
                     "update inbox set run = $4, place = n.place from (select i.id, row_number() over (order by i.id) -"
                     " 1 as place from inbox i where i.scheme = $1 and i.kind = $2 and i.call = $3 and i.run is null"
                     " order by i.id limit $5) as n where n.id = inbox.id",
                     values, 5, taken);
}

static int keys_take(struct store *store, const struct run_plan *plan, struct run *run)
{
    const struct sql_value id = SQL_INTEGER(run->id);
    int64_t keys = 0;
    int error = store_run(
        store, "insert into run_key (run, slice, key) select run, place, key from inbox where run = $1", &id, 1, NULL);
    error = error ? error : keys_open(store, run->id, plan->first_page, &keys);
    run->slices = (int)keys;
    return error;
}

static int records_take(struct store *store, struct run *run, int64_t taken)
{
    const struct sql_value id = SQL_INTEGER(run->id);
    run->slices = 1;
    int error = store_run(store, "update run set slices = 1 where id = $1", &id, 1, NULL);
    return error ? error : page_open(store, run->id, 0, 0, (taken - 1) / INBOX_PAGE);
}

int inbox_begin(struct store *store, const struct run_plan *plan, bool keys, struct run *out)
{
    const struct sql_value values[] = {SQL_STRING(plan->scheme), SQL_STRING(plan->source)};
    int64_t oldest[2], before = 0, taken = 0;
    *out = (struct run){0};
    int error = oldest_find(store, plan->scheme, keys, oldest);
    if (error) {
        return error;
    }
    error = store_integers(store,
                           "select id from run where scheme = $1 and ($2 = '' or source = $2) and " RUN_IS_UNFINISHED
                           " order by id desc limit 1",
                           values, 2, &out->id, 1);
    if (error != ERR_NOT_FOUND) {
        return error ? error : ERR_BUSY;
    }
    error = store_integers(store,
                           "select id from run where scheme = $1 and ($2 = '' or source = $2) and pair is not null"
                           " order by id desc limit 1",
                           values, 2, &before, 1);
    error = error ? error : left_take_back(store, plan->scheme);
    enum run_kind kind = oldest[0] == INBOX_KEY ? RUN_REPLAY : RUN_PUSHED;
    error = error ? error : run_insert_keyed(store, plan, before, kind, out);
    error = error ? error : take(store, plan->scheme, out->id, oldest, &taken);
    if (error) {
        return error;
    }
    return kind == RUN_REPLAY ? keys_take(store, plan, out) : records_take(store, out, taken);
}

int inbox_each(struct store *store, const struct page *page, int (*fn)(void *user, struct text record), void *user)
{
    const struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->no * INBOX_PAGE),
                                       SQL_INTEGER((page->no + 1) * INBOX_PAGE)};
    struct sql_rows rows;
    int ended = 0;
    store_ask(store, "select record from inbox where run = $1 and place >= $2 and place < $3 order by place", values, 3,
              &rows);
    while (ended == 0 && store_next(&rows)) {
        ended = fn(user, rows.columns[0].text);
    }
    int error = store_found(&rows);
    return ended ? ended : error;
}
