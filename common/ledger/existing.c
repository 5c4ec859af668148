#include "common/ledger/existing.h"

#include <stdio.h>
#include <string.h>

#include "common/base/rule.h"
#include "common/ledger/others.h"

enum { PUT_PARAMS = 3, PUT_MOST = 128, LOOK_PARAMS = 2 };

struct existing_standing { /* of a reading */
    enum existing_state state;
    bool busy;
};

static int state_read(struct store *store, const struct existing_reading *reading, struct existing_standing *out)
{
    const struct sql_value values[] = {SQL_STRING(reading->account), SQL_STRING(reading->scheme)};
    struct store_ms now = store_now(store);
    struct sql_rows rows;
    *out = (struct existing_standing){.state = EXISTING_UNREAD};
    store_ask(
        store,
        "SELECT state, owner, until, since FROM existing_reading WHERE account = $1 AND scheme = $2 " SQL_FOR_UPDATE,
        values, 2, &rows);
    while (store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        struct store_ms until = {columns[2].integer}, since = {columns[3].integer};
        out->state = (enum existing_state)columns[0].integer;
        out->busy = (!text_equal(columns[1].text, reading->owner) && store_before(now, until)) ||
                    (since.ms != 0 && store_before(now, store_after(since, reading->settle)));
    }
    return store_found(&rows);
}

/* What the scheme has read for another source is of another time. */
static int source_joins(struct store *store, const struct existing_reading *reading)
{
    const struct sql_value values[] = {SQL_STRING(reading->account), SQL_INTEGER(reading->run),
                                       SQL_STRING(reading->scheme), SQL_INTEGER(EXISTING_UNREAD)};
    int64_t one, made = 0;
    int error = store_integers(store, "SELECT 1 " SQL_LOCK_ALONE("$1"), values, 1, &one, 1);
    error = error ? error
                  : store_run(store,
                              "INSERT INTO pair(source, target, scheme) SELECT r.source, $1, r.scheme FROM run r "
                              "WHERE r.id = $2 AND r.pair IS NULL AND r.scheme = $3 AND EXISTS(SELECT 1 FROM pair p "
                              "WHERE p.target = $1 AND p.scheme = r.scheme AND p.source <> r.source) "
                              "ON CONFLICT DO NOTHING",
                              values, 3, &made);
    const struct sql_value anew[] = {values[0], values[2], values[3]};
    return error || made == 0
               ? error
               : store_run(store,
                           "UPDATE existing_reading SET state = $3, owner = NULL, until = 0 WHERE account = $1 AND "
                           "scheme = $2",
                           anew, 3, NULL);
}

int existing_claim(struct store *store, const struct existing_reading *reading, enum existing_state *state)
{
    struct existing_standing standing;
    int error = reading->run != 0 ? source_joins(store, reading) : 0;
    error = error ? error : state_read(store, reading, &standing);
    if (!error && standing.state != EXISTING_READ) {
        if (standing.busy) {
            return ERR_BUSY;
        }
        struct store_ms now = store_now(store);
        int64_t changes = 0;
        const struct sql_value values[] = {SQL_STRING(reading->account),
                                           SQL_STRING(reading->owner),
                                           SQL_INTEGER(store_after(now, reading->lease).ms),
                                           SQL_INTEGER(now.ms),
                                           SQL_INTEGER(EXISTING_UNREAD),
                                           SQL_STRING(reading->scheme)};
        error = store_run(store,
                          "INSERT INTO existing_reading(account, scheme, state, owner, until) "
                          "VALUES($1, $6, $5, $2, $3) ON CONFLICT(account, scheme) DO UPDATE SET "
                          "owner = excluded.owner, until = excluded.until WHERE existing_reading.state = $5 AND "
                          "(existing_reading.owner = excluded.owner OR existing_reading.until <= $4)",
                          values, 6, &changes);
        error = error || changes > 0 ? error : ERR_BUSY; /* another was quicker to make the row */
    }
    if (!error) {
        *state = standing.state;
    }
    return error;
}

/* After the end, what a late reader brings may be our own work, which no record shall adopt. */
int existing_put(struct store *store, const struct existing_reading *reading, const struct existing_material *materials,
                 size_t count)
{
    struct existing_standing standing;
    int error = state_read(store, reading, &standing);
    if (!error && standing.state == EXISTING_READ) {
        return ERR_STALE;
    }
    for (size_t from = 0; !error && from < count; from += PUT_MOST) {
        struct sql_value values[PUT_MOST * PUT_PARAMS];
        size_t past = count - from < PUT_MOST ? count : from + PUT_MOST, some = 0;
        for (size_t i = from; i < past; i++) {
            struct text number = materials[i].number, id = materials[i].target_id;
            const struct sql_value row[PUT_PARAMS] = {SQL_STRING(reading->account), SQL_STRING(number),
                                                      SQL_STRING(text_is_storable(id) ? id : TEXT(""))};
            if (text_is_storable(number)) { /* no record of ours has another */
                memcpy(&values[some++ * PUT_PARAMS], row, sizeof row);
            }
        }
        error = store_many(store, &(struct sql_call){.text = "INSERT INTO existing(account, number, target_id) "
                                                             "VALUES($1, $2, $3) ON CONFLICT DO NOTHING",
                                                     .values = values,
                                                     .params = PUT_PARAMS,
                                                     .rows = some});
    }
    return error;
}

int existing_finish(struct store *store, const struct existing_reading *reading)
{
    const struct sql_value values[] = {SQL_STRING(reading->account), SQL_STRING(reading->owner),
                                       SQL_INTEGER(EXISTING_READ), SQL_INTEGER(EXISTING_UNREAD),
                                       SQL_STRING(reading->scheme)};
    int64_t changes = 0;
    int error = store_run(store,
                          "UPDATE existing_reading SET state = $3, until = 0, since = 0 WHERE account = $1 AND "
                          "scheme = $5 AND owner = $2 AND state = $4",
                          values, 5, &changes);
    return error || changes > 0 ? error : ERR_STALE;
}

/* ---- T1 ---- */

static int row_stands(struct ledger_batch *batch, struct ledger_row *row, struct text target_id)
{
    char why[100];
    int size = snprintf(why, sizeof why, "stands in the target already (id %.*s)", (int)text_cut(target_id, 60),
                        target_id.data);
    return others_stand(batch, row, target_id, (struct text){why, (size_t)size});
}

static size_t creates_pick(struct beginning *begin)
{
    begin->picked = 0;
    for (size_t i = 0; i < begin->batch->count; i++) {
        const struct ledger_row *row = &begin->batch->rows[i];
        if (row->action == ACTION_CLAIM && row->op == OP_CREATE) {
            begin->pick[begin->picked++] = i;
        }
    }
    return begin->picked;
}

/* What was read in the account. */
static int existing_look(struct beginning *begin)
{
    struct ledger_batch *batch = begin->batch;
    struct sql_value *values = begin_values(begin, LOOK_PARAMS);
    if (!values) {
        return ERR_MEMORY;
    }
    for (size_t p = 0; p < begin->picked; p++) {
        values[p * LOOK_PARAMS] = SQL_STRING(batch->account);
        values[p * LOOK_PARAMS + 1] = SQL_STRING(batch->rows[begin->pick[p]].in.number);
    }
    struct sql_call call = {.text = SQL_BY_INDEX "SELECT target_id FROM existing WHERE account = $1 AND number = $2",
                            .values = values,
                            .params = LOOK_PARAMS,
                            .rows = begin->picked};
    struct sql_rows rows;
    int error = 0;
    store_find(begin->store, &call, &rows);
    while (!error && store_next(&rows)) {
        error = row_stands(batch, &batch->rows[begin->pick[rows.row]], rows.columns[0].text);
    }
    int found = store_found(&rows);
    return error ? error : found;
}

int begin_existing(struct beginning *begin)
{
    int error = 0;
    if (rule_off(RULE_EXISTING)) {
        return 0;
    }
    if (creates_pick(begin) > 0) {
        if (begin->gate.unread && !begin->batch->asks) {
            return ERR_NOT_FOUND;
        }
        error = begin->gate.existing ? existing_look(begin) : 0;
    }
    return error || !begin->gate.others ? error : others_look(begin);
}
