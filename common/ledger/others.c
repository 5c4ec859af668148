#include "common/ledger/others.h"

#include <stdio.h>
#include <string.h>

#include "common/base/rule.h"

enum { ASK_PARAMS = 3, FORBID_PARAMS = 4, COUNTED_PARAMS = 3, SOME = 256 };

/* ---- the lock on the account ---- */

#define ANOTHER_LEDGER "EXISTS(SELECT 1 FROM pair o WHERE o.target = p.target AND o.id <> p.id)"

int others_lock_run(struct store *store, int64_t run)
{
    const struct sql_value id = SQL_INTEGER(run);
    int64_t one;
    int error = store_integers(store,
                               "SELECT 1 " SQL_LOCK_ALONE("p.target") " FROM run r JOIN pair p ON p.id = r.pair "
                                                                      "WHERE r.id = $1 AND " ANOTHER_LEDGER,
                               &id, 1, &one, 1);
    return error == ERR_NOT_FOUND ? 0 : error;
}

/* *others: some other ledger writes into the account of this record. It is locked alone then, and shared where there is
 * none, so that none begins. */
static int record_lock(struct store *store, int64_t record, bool *others)
{
    static const char alone[] = "SELECT 1 " SQL_LOCK_ALONE("p.target") " FROM record r JOIN pair p ON p.id = r.pair "
                                                                       "WHERE r.id = $1 AND " ANOTHER_LEDGER;
    static const char shared[] = "SELECT 1 " SQL_LOCK_SHARED("p.target") " FROM record r JOIN pair p ON p.id = r.pair "
                                                                         "WHERE r.id = $1";
    static const char begun[] = "SELECT 1 FROM record r JOIN pair p ON p.id = r.pair "
                                "WHERE r.id = $1 AND " ANOTHER_LEDGER;
    const struct sql_value id = SQL_INTEGER(record);
    int64_t one;
    int error = store_integers(store, alone, &id, 1, &one, 1);
    *others = !error;
    if (error != ERR_NOT_FOUND) {
        return error;
    }
    error = store_integers(store, shared, &id, 1, &one, 1);
    error = error ? error : store_integers(store, begun, &id, 1, &one, 1);
    return error == ERR_NOT_FOUND ? 0 : error ? error : ERR_BUSY;
}

/* ---- T1 ---- */

int others_stand(struct ledger_batch *batch, struct ledger_row *row, struct text target_id, struct text why_not)
{
    if (batch->existing == EXISTING_ADOPT) {
        row->action = ACTION_CLAIM;
        row->op = OP_UPDATE;
        row->adopted = true;
        return begin_keep(batch->arena, target_id, &row->target_id);
    }
    if (batch->existing == EXISTING_SKIP) {
        row->action = ACTION_STAMP;
        row->outcome = OUTCOME_UNCHANGED;
        row->op = OP_NONE;
        return 0;
    }
    return begin_refuse(batch->arena, row, TEXT("exists"), "number %.*s %.*s, and the scheme says existing: reject",
                        TEXT_ARG(row->in.number), TEXT_ARG(why_not));
}

/* May it come to create the number? */
static bool may_create(const struct ledger_row *row)
{
    if (row->repeated || (row->action != ACTION_CLAIM && row->action != ACTION_SETTLE)) {
        return false;
    }
    return row->op == OP_CREATE || row->target_id.size == 0 || !text_equal(row->known_number, row->in.number);
}

static size_t makers_pick(struct beginning *begin)
{
    begin->picked = 0;
    for (size_t i = 0; i < begin->batch->count; i++) {
        if (may_create(&begin->batch->rows[i])) {
            begin->pick[begin->picked++] = i;
        }
    }
    return begin->picked;
}

static void wait_for(struct beginning *begin, struct ledger_row *row, struct store_ms until)
{
    int64_t wait = store_since(until, begin->now);
    row->action = ACTION_BUSY;
    row->op = OP_NONE;
    row->until = until;
    begin->batch->retry_after = wait > begin->batch->retry_after ? wait : begin->batch->retry_after;
}

static int stands_by(struct beginning *begin, struct ledger_row *row, const struct sql_value *columns)
{
    char why[300];
    struct text scheme = columns[5].text, source = columns[6].text;
    int size = snprintf(why, sizeof why, "was made in the target by scheme %.*s, source %.*s",
                        (int)text_cut(scheme, 100), scheme.data, (int)text_cut(source, 100), source.data);
    return others_stand(begin->batch, row, columns[0].text, (struct text){why, (size_t)size});
}

/* A record of another ledger with the number of ours. The target holds its material, or its create may be under way. When
 * that one's time is over and nobody knows, the target is asked: an update without an id looks it up. */
static int other_look(struct beginning *begin, struct ledger_row *row, const struct sql_value *columns)
{
    bool held = columns[1].integer != HELD_NOT, claimed = columns[2].integer != 0, adopted = columns[4].integer != 0;
    bool known = columns[0].kind == SQL_TEXT;
    struct store_ms until = {columns[3].integer};
    if (!may_create(row) || (!held && !claimed)) {
        return 0;
    }
    if (claimed && (!held || !known) && store_before(begin->now, until)) {
        wait_for(begin, row, until);
        return 0;
    }
    /* The other one's create landed, so our earlier create of this number did not: the target can't hold both. */
    bool theirs = held && !adopted && text_equal(row->known_number, row->in.number);
    if (row->op != OP_CREATE || (row->action == ACTION_SETTLE && !theirs)) {
        return 0;
    }
    return stands_by(begin, row, columns);
}

int others_look(struct beginning *begin)
{
    struct ledger_batch *batch = begin->batch;
    if (rule_off(RULE_OTHERS) || makers_pick(begin) == 0) {
        return 0;
    }
    struct sql_value *values = begin_values(begin, ASK_PARAMS);
    if (!values) {
        return ERR_MEMORY;
    }
    for (size_t p = 0; p < begin->picked; p++) {
        const struct ledger_row *row = &batch->rows[begin->pick[p]];
        values[p * ASK_PARAMS] = SQL_STRING(batch->account);
        values[p * ASK_PARAMS + 1] = SQL_STRING(row->action == ACTION_SETTLE ? row->known_number : row->in.number);
        values[p * ASK_PARAMS + 2] = SQL_INTEGER(begin->gate.pair);
    }
    struct sql_call call = {
        .text = "SELECT r.target_id, r.held, r.claim, r.until, r.adopted, p.scheme, p.source FROM pair p "
                "CROSS JOIN record r WHERE r.pair = p.id AND r.number = $2 AND p.target = $1 AND p.id <> $3 "
                "UNION ALL "
                "SELECT r.target_id, r.held, r.claim, r.until, r.adopted, p.scheme, p.source FROM pair p "
                "CROSS JOIN record r WHERE r.pair = p.id AND r.key = $2 AND r.number IS NULL "
                "AND p.target = $1 AND p.id <> $3",
        .values = values,
        .params = ASK_PARAMS,
        .rows = begin->picked};
    struct sql_rows rows;
    int error = 0;
    store_find(begin->store, &call, &rows);
    while (!error && store_next(&rows)) {
        error = other_look(begin, &batch->rows[begin->pick[rows.row]], rows.columns);
    }
    int found = store_found(&rows);
    return error ? error : found;
}

/* ---- a create under a claim of before ---- */

/* Creates that are forbidden are marked stale. */
static int forbid_some(struct store *store, struct ledger_reclaim *rows, size_t count)
{
/* m is our record, r that of another ledger with its number; $3 is now, $4 = 1 where a POST follows. */
#define FORBIDS                                                                                                        \
    "((r.claim <> 0 AND r.until > $3 AND ($4 = 1 OR r.held = 0 OR r.target_id IS NULL)) OR "                           \
    "($4 = 1 AND m.until <= $3 AND (r.claim <> 0 OR r.held <> 0)) OR "                                                 \
    "(m.target_id IS NOT NULL AND r.held <> 0 AND (r.target_id IS NULL OR r.target_id <> m.target_id)))"
    struct sql_value values[SOME * FORBID_PARAMS];
    int64_t now = store_now(store).ms;
    size_t pick[SOME] = {0}, picked = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].op == OP_CREATE) {
            const struct sql_value row[FORBID_PARAMS] = {SQL_INTEGER(rows[i].id), SQL_INTEGER(rows[i].claim),
                                                         SQL_INTEGER(now), SQL_INTEGER(rows[i].hash != NULL)};
            memcpy(&values[picked * FORBID_PARAMS], row, sizeof row);
            pick[picked++] = i;
        }
    }
    struct sql_call call = {
        .text = "SELECT r.id FROM record m JOIN pair p ON p.id = m.pair JOIN pair o ON o.target = p.target AND "
                "o.id <> p.id CROSS JOIN record r WHERE r.pair = o.id AND r.number = COALESCE(m.number, m.key) "
                "AND m.id = $1 AND m.claim = $2 AND " FORBIDS " UNION ALL "
                "SELECT r.id FROM record m JOIN pair p ON p.id = m.pair JOIN pair o ON o.target = p.target AND "
                "o.id <> p.id CROSS JOIN record r WHERE r.pair = o.id AND r.key = COALESCE(m.number, m.key) AND "
                "r.number IS NULL AND m.id = $1 AND m.claim = $2 AND " FORBIDS,
        .values = values,
        .params = FORBID_PARAMS,
        .rows = picked};
#undef FORBIDS
    struct sql_rows found;
    store_find(store, &call, &found);
    while (store_next(&found)) {
        rows[pick[found.row]].stale = 1;
    }
    return store_found(&found);
}

/* Nothing is open under a claim that a POST was to follow, and nothing of ours stands there. */
static int let_go(struct store *store, const struct ledger_reclaim *rows, size_t count)
{
    int error = 0;
    for (size_t i = 0; !error && i < count; i++) {
        const struct sql_value values[] = {SQL_INTEGER(rows[i].id), SQL_INTEGER(rows[i].claim), SQL_INTEGER(OP_NONE),
                                           SQL_INTEGER(HELD_NOT)};
        if (rows[i].stale && rows[i].hash) {
            error = store_run(store,
                              "UPDATE record SET claim = 0, op = $3, pend = NULL, until = 0, held = $4, "
                              "target_id = NULL, adopted = 0 WHERE id = $1 AND claim = $2",
                              values, 4, NULL);
        }
    }
    return error;
}

int others_forbid(struct store *store, struct ledger_reclaim *rows, size_t count)
{
    size_t first = 0;
    bool others = false;
    while (first < count && rows[first].op != OP_CREATE) {
        first++;
    }
    if (first == count || rule_off(RULE_OTHERS)) {
        return 0;
    }
    int error = record_lock(store, rows[first].id, &others);
    for (size_t from = 0; !error && others && from < count; from += SOME) {
        size_t some = count - from < SOME ? count - from : SOME;
        error = forbid_some(store, rows + from, some);
        error = error ? error : let_go(store, rows + from, some);
    }
    return error;
}

/* ---- what came of a create ---- */

static bool may_be_counted(const struct ledger_result *result, struct store_ms now)
{
    return result->verdict == VERDICT_SAVED && result->op == OP_CREATE && !result->adopted &&
           (result->alone.ms == 0 || !store_before(now, result->alone));
}

/* Where both ids are known, and are two, there are two materials. */
static int counted_some(struct store *store, struct ledger_result *results, size_t count)
{
#define COUNTED "r.held <> 0 AND r.adopted = 0 AND (r.target_id IS NULL OR r.target_id = COALESCE($3, r.target_id))"
    struct sql_value values[SOME * COUNTED_PARAMS];
    size_t pick[SOME] = {0}, picked = 0;
    for (size_t i = 0; i < count; i++) {
        if (may_be_counted(&results[i], store_now(store))) {
            struct text id = results[i].target_id;
            const struct sql_value row[COUNTED_PARAMS] = {SQL_INTEGER(results[i].id), SQL_INTEGER(results[i].claim),
                                                          id.size > 0 && text_is_storable(id) ? SQL_STRING(id)
                                                                                              : SQL_NOTHING};
            memcpy(&values[picked * COUNTED_PARAMS], row, sizeof row);
            pick[picked++] = i;
        }
    }
    struct sql_call call = {
        .text = "SELECT m.id FROM record m JOIN pair p ON p.id = m.pair JOIN pair o ON o.target = p.target AND "
                "o.id <> p.id CROSS JOIN record r WHERE r.pair = o.id AND r.number = COALESCE(m.number, m.key) "
                "AND m.id = $1 AND m.claim = $2 AND " COUNTED " UNION ALL "
                "SELECT m.id FROM record m JOIN pair p ON p.id = m.pair JOIN pair o ON o.target = p.target AND "
                "o.id <> p.id CROSS JOIN record r WHERE r.pair = o.id AND r.key = COALESCE(m.number, m.key) AND "
                "r.number IS NULL AND m.id = $1 AND m.claim = $2 AND " COUNTED,
        .values = values,
        .params = COUNTED_PARAMS,
        .rows = picked};
#undef COUNTED
    struct sql_rows found;
    store_find(store, &call, &found);
    while (store_next(&found)) {
        results[pick[found.row]].elsewhere = true;
    }
    int error = store_found(&found);
    for (size_t p = 0; !error && p < picked; p++) {
        const struct ledger_result *result = &results[pick[p]];
        if (result->elsewhere) {
            error = store_run(store, "UPDATE record SET adopted = 1 WHERE id = $1 AND claim = $2",
                              &values[p * COUNTED_PARAMS], 2, NULL);
        }
    }
    return error;
}

int others_counted(struct store *store, struct ledger_result *results, size_t count)
{
    size_t first = 0;
    bool others = false;
    while (first < count && !may_be_counted(&results[first], store_now(store))) {
        first++;
    }
    if (first == count || rule_off(RULE_OTHERS)) {
        return 0;
    }
    int error = record_lock(store, results[first].id, &others);
    for (size_t from = first; !error && others && from < count; from += SOME) {
        error = counted_some(store, results + from, count - from < SOME ? count - from : SOME);
    }
    return error;
}
