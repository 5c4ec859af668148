#include <stdio.h>

#include "common/ledger_begin.h"
#include "common/rule.h"

struct ask {
    const struct ledger_batch *batch;
    bool found;
    int64_t run_state, page_state, fence, pair;
    struct text scheme, scheme_hash, source, target;
};

static void ask_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    const struct ask *gate = user;
    params[0] = SQL_INTEGER(gate->batch->page.run);
    params[1] = SQL_INTEGER(gate->batch->page.slice);
    params[2] = SQL_INTEGER(gate->batch->page.no);
}

static int ask_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row, (void)count;
    struct ask *gate = user;
    struct arena *arena = gate->batch->arena;
    gate->found = true;
    gate->run_state = columns[0].integer;
    gate->page_state = columns[1].integer;
    gate->fence = columns[2].integer;
    gate->pair = columns[3].kind == SQL_INT ? columns[3].integer : 0;
    int error = ledger_keep(arena, columns[4].text, &gate->target);
    error = error ? error : ledger_keep(arena, columns[5].text, &gate->scheme_hash);
    if (gate->pair == 0) {
        error = error ? error : ledger_keep(arena, columns[6].text, &gate->scheme);
        error = error ? error : ledger_keep(arena, columns[7].text, &gate->source);
    }
    return error;
}

static void pair_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    const struct ask *gate = user;
    params[0] = SQL_STRING(gate->source);
    params[1] = SQL_STRING(gate->batch->account);
    params[2] = SQL_STRING(gate->scheme);
}

static int pair_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row, (void)count;
    ((struct ask *)user)->pair = columns[0].integer;
    return 0;
}

static void target_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    const struct ask *gate = user;
    params[0] = SQL_STRING(gate->batch->account);
    params[1] = SQL_INTEGER(gate->pair);
    params[2] = SQL_INTEGER(gate->batch->page.run);
}

/* The first batch of a run says which account it is written into. */
static int gate_pair(struct store *store, struct ask *gate)
{
    struct sql_call add = {.text = "INSERT INTO pair(source, target, scheme) VALUES($1, $2, $3) ON CONFLICT DO NOTHING",
                           .rows = 1,
                           .params = 3,
                           .bind = pair_bind,
                           .user = gate};
    struct sql_call find = {.text = "SELECT id FROM pair WHERE source = $1 AND target = $2 AND scheme = $3",
                            .rows = 1,
                            .params = 3,
                            .bind = pair_bind,
                            .found = pair_found,
                            .user = gate};
    struct sql_call bind = {.text = "UPDATE run SET target = $1, pair = $2 WHERE id = $3 AND pair IS NULL",
                            .rows = 1,
                            .params = 3,
                            .bind = target_bind,
                            .user = gate};
    int error = store_many(store, &add);
    error = error ? error : store_many(store, &find);
    return error ? error : store_many(store, &bind);
}

static int gate_mismatch(struct ledger_batch *batch, struct text target)
{
    size_t a = text_cut(target, 30), b = text_cut(batch->account, 30);
    snprintf(batch->mismatch, sizeof batch->mismatch,
             "run %lld was begun into account %.*s; this loader writes into account %.*s: finish it with %.*s, or "
             "start over with --new",
             (long long)batch->page.run, (int)a, target.data, (int)b, batch->account.data, (int)a, target.data);
    return ERR_REFUSED;
}

struct probe {
    struct text account;
    struct ledger_gate gate;
};

static void probe_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    const struct probe *probe = user;
    params[0] = SQL_INTEGER(probe->gate.pair);
    params[1] = SQL_STRING(probe->account);
}

static int probe_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row, (void)count;
    struct ledger_gate *gate = &((struct probe *)user)->gate;
    gate->numbers = columns[0].integer != 0;
    gate->book = columns[1].integer != 0;
    return 0;
}

static int gate_ask(struct store *store, struct ask *gate)
{
    struct sql_call ask = {.text = "SELECT r.state, p.state, p.fence, r.pair, r.target, r.scheme_hash, r.scheme, "
                                   "r.source FROM run r JOIN page p ON p.run = r.id "
                                   "WHERE r.id = $1 AND p.slice = $2 AND p.no = $3",
                           .rows = 1,
                           .params = 3,
                           .bind = ask_bind,
                           .found = ask_found,
                           .user = gate};
    return store_many(store, &ask);
}

/* The run stays open until this transaction ends. Two batches may not give one number to two records, which no index
 * sees: those that have numbers of their own go one by one. */
static int gate_lock(struct store *store, const struct ledger_batch *batch, int64_t *state)
{
    static const char shared[] = "SELECT state FROM run WHERE id = $1 " SQL_FOR_SHARE;
    static const char alone[] = "SELECT state FROM run WHERE id = $1 " SQL_FOR_UPDATE;
    bool numbers = false;
    for (size_t i = 0; !numbers && i < batch->count; i++) {
        const struct ledger_row *row = &batch->rows[i];
        numbers = row->number.size > 0 && !text_equal(row->number, row->key);
    }
    const struct sql_value run = SQL_INTEGER(batch->page.run);
    return store_integers(store, numbers ? alone : shared, &run, 1, state, 1);
}

static bool is_ours(const struct ask *gate)
{
    return gate->found && gate->run_state == RUN_OPEN && gate->page_state == PAGE_OPEN &&
           (gate->fence == gate->batch->page.fence || rule_off(RULE_GATE));
}

int ledger_gate(struct store *store, struct ledger_batch *batch, struct ledger_gate *out)
{
    struct ask gate = {.batch = batch};
    int error = gate_ask(store, &gate);
    if (!error && is_ours(&gate) && gate.pair == 0) {
        error = gate_pair(store, &gate);
        error = error ? error : gate_ask(store, &gate);
    }
    if (error) {
        return error;
    }
    if (!is_ours(&gate)) {
        return ERR_STALE;
    }
    if (!text_equal(gate.target, batch->account)) {
        return gate_mismatch(batch, gate.target);
    }
    int64_t state = RUN_OPEN;
    error = gate_lock(store, batch, &state);
    if (error || state != RUN_OPEN) {
        return error ? error : ERR_STALE;
    }
    struct probe probe = {.account = batch->account, .gate = {.pair = gate.pair, .scheme_hash = gate.scheme_hash}};
    struct sql_call look = {.text =
                                "SELECT CASE WHEN EXISTS(SELECT 1 FROM record WHERE pair = $1 AND number IS NOT NULL) "
                                "THEN 1 ELSE 0 END, "
                                "CASE WHEN EXISTS(SELECT 1 FROM book WHERE account = $2) THEN 1 ELSE 0 END",
                            .rows = 1,
                            .params = 2,
                            .bind = probe_bind,
                            .found = probe_found,
                            .user = &probe};
    error = store_many(store, &look);
    if (!error) {
        *out = probe.gate;
    }
    return error;
}
