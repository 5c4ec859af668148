#include <stdio.h>

#include "common/base/language.h"
#include "common/base/rule.h"
#include "common/ledger/alike.h"
#include "common/ledger/existing.h"
#include "common/ledger/gate.h"
#include "common/ledger/spelling.h"

struct ask {
    const struct ledger_batch *batch;
    bool found;
    int64_t run_state, page_state, fence, pair;
    bool numbers, others, numbered; /* as in ledger_gate */
    struct text scheme, scheme_hash, source, target;
};

static int pair_find(struct store *store, const struct sql_value *pair, int64_t *id)
{
    return store_integers(store, SQL_BY_INDEX "SELECT id FROM pair WHERE source = $1 AND target = $2 AND scheme = $3",
                          pair, 3, id, 1);
}

/* A new ledger of an account begins alone: who writes into the same account at that moment would not see it. */
static int pair_make(struct store *store, const struct sql_value *pair, int64_t *id)
{
    int64_t one;
    int error = store_integers(store, "SELECT 1 " SQL_LOCK_ALONE("$1"), &pair[1], 1, &one, 1);
    error = error
                ? error
                : store_run(store, "INSERT INTO pair(source, target, scheme) VALUES($1, $2, $3) ON CONFLICT DO NOTHING",
                            pair, 3, NULL);
    return error ? error : pair_find(store, pair, id);
}

/* The scheme has read what stands in the account, but for another source, and maybe long ago: ERR_NOT_FOUND. */
static int pair_wants_reading(struct store *store, const struct ask *gate)
{
    const struct sql_value values[] = {SQL_STRING(gate->batch->account), SQL_STRING(gate->scheme),
                                       SQL_INTEGER(EXISTING_READ), SQL_STRING(gate->source)};
    int64_t old = 0;
    if (gate->batch->asks || rule_off(RULE_EXISTING)) {
        return 0;
    }
    int error = store_integers(store,
                               SQL_BY_INDEX "SELECT CASE WHEN EXISTS(SELECT 1 FROM existing_reading WHERE account = $1 "
                                            "AND scheme = $2 AND state = $3) AND EXISTS(SELECT 1 FROM pair WHERE "
                                            "target = $1 AND scheme = $2 AND source <> $4) THEN 1 ELSE 0 END",
                               values, 4, &old, 1);
    return error || old == 0 ? error : ERR_NOT_FOUND;
}

/* The first batch of a run says which account it is written into. */
static int gate_pair(struct store *store, struct ask *gate)
{
    const struct sql_value pair[] = {SQL_STRING(gate->source), SQL_STRING(gate->batch->account),
                                     SQL_STRING(gate->scheme)};
    int error = pair_find(store, pair, &gate->pair);
    if (error == ERR_NOT_FOUND) {
        error = pair_wants_reading(store, gate);
        error = error ? error : pair_make(store, pair, &gate->pair);
    }
    const struct sql_value bound[] = {SQL_STRING(gate->batch->account), SQL_INTEGER(gate->pair),
                                      SQL_INTEGER(gate->batch->page.run)};
    return error ? error
                 : store_run(store, "UPDATE run SET target = $1, pair = $2 WHERE id = $3 AND pair IS NULL", bound, 3,
                             NULL);
}

static int gate_mismatch(struct ledger_batch *batch, struct text target)
{
    size_t a = text_cut(target, 30), b = text_cut(batch->account, 30);
    snprintf(batch->mismatch, sizeof batch->mismatch,
             N_("run %lld was begun into account %.*s; this loader writes into account %.*s: finish it with %.*s, or "
                "start over with --new"),
             (long long)batch->page.run, (int)a, target.data, (int)b, batch->account.data, (int)a, target.data);
    return ERR_REFUSED;
}

static int gate_read(struct ask *gate, const struct sql_value *columns)
{
    struct arena *arena = gate->batch->arena;
    gate->found = true;
    gate->run_state = columns[0].integer;
    gate->page_state = columns[1].integer;
    gate->fence = columns[2].integer;
    gate->pair = columns[3].kind == SQL_INT ? columns[3].integer : 0;
    gate->numbers = columns[4].integer != 0;
    gate->others = columns[5].integer != 0;
    int error = begin_keep(arena, columns[6].text, &gate->target);
    error = error ? error : begin_keep(arena, columns[7].text, &gate->scheme_hash);
    error = error ? error : begin_keep(arena, columns[8].text, &gate->scheme);
    return error || gate->pair != 0 ? error : begin_keep(arena, columns[9].text, &gate->source);
}

static int gate_ask(struct store *store, struct ask *gate)
{
    const struct page *page = &gate->batch->page;
    const struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice), SQL_INTEGER(page->no),
                                       SQL_STRING(gate->batch->account)};
    struct sql_rows rows;
    int error = 0;
    store_ask(
        store,
        SQL_BY_INDEX
        "SELECT r.state, p.state, p.fence, r.pair, "
        "CASE WHEN (SELECT number FROM record WHERE pair = r.pair AND number IS NOT NULL ORDER BY number LIMIT 1) IS "
        "NULL THEN 0 ELSE 1 END, CASE WHEN EXISTS(SELECT 1 FROM pair o WHERE o.target = $4 AND o.id <> r.pair) THEN 1 "
        "ELSE 0 END, "
        "r.target, r.scheme_hash, r.scheme, r.source "
        "FROM run r JOIN page p ON p.run = r.id WHERE r.id = $1 AND p.slice = $2 AND p.no = $3",
        values, 4, &rows);
    while (!error && store_next(&rows)) {
        error = gate_read(gate, rows.columns);
    }
    int found = store_found(&rows);
    return error ? error : found;
}

bool ledger_is_numbered(const struct ledger_row *rows, size_t count)
{
    bool numbered = false;
    for (size_t i = 0; !numbered && i < count; i++) {
        const struct mapped *in = &rows[i].in;
        struct text number = in->number.size > 0 ? in->number : in->key;
        numbered = !text_equal(number, in->key) || !spelling_is_folded(number);
    }
    return numbered;
}

/* The run stays open until this transaction ends. Two batches may not give one number, or two that read alike, to two
 * records, which no index sees: where records have numbers of their own, or such as may be spelled otherwise, batches go one
 * by one: of two that read alike at least one is not what it folds to. Where this ledger is the only one of its account,
 * it says so, and no other begins before this transaction ends; where there are others it locks the account alone, and
 * before anything else: of two such transactions none waits for the other while it holds what that one wants. */
static int gate_lock(struct store *store, const struct ask *gate, int64_t *state)
{
    static const char shared[] =
        SQL_BY_INDEX "SELECT state " SQL_LOCK_SHARED("$2") " FROM run WHERE id = $1 " SQL_FOR_KEY_SHARE;
    static const char shared_alone[] =
        SQL_BY_INDEX "SELECT state " SQL_LOCK_SHARED("$2") " FROM run WHERE id = $1 " SQL_FOR_UPDATE;
    static const char plain[] = SQL_BY_INDEX "SELECT state FROM run WHERE id = $1 " SQL_FOR_KEY_SHARE;
    static const char alone[] = SQL_BY_INDEX "SELECT state FROM run WHERE id = $1 " SQL_FOR_UPDATE;
    const struct ledger_batch *batch = gate->batch;
    bool numbers = gate->numbers || gate->numbered;
    const struct sql_value values[] = {SQL_INTEGER(batch->page.run), SQL_STRING(batch->account)};
    const char *text = gate->others ? (numbers ? alone : plain) : numbers ? shared_alone : shared;
    int64_t one;
    int error = gate->others ? store_integers(store, "SELECT 1 " SQL_LOCK_ALONE("$1"), &values[1], 1, &one, 1) : 0;
    return error ? error : store_integers(store, text, values, 2, state, 1);
}

static bool is_ours(const struct ask *gate)
{
    return gate->found && gate->run_state == RUN_OPEN && gate->page_state == PAGE_OPEN &&
           (gate->fence == gate->batch->page.fence || rule_off(RULE_GATE));
}

/* What is known behind the locks. */
static int gate_know(struct store *store, const struct ask *gate, struct ledger_gate *out)
{
    const struct sql_value values[] = {SQL_INTEGER(gate->pair),          SQL_STRING(gate->batch->account),
                                       SQL_STRING(gate->scheme),         SQL_INTEGER(EXISTING_READ),
                                       SQL_STRING(TEXT(ALIKE_EXISTING)), SQL_STRING(TEXT(ALIKE_OURS))};
    int64_t there[6];
    int error = store_integers(
        store,
        SQL_BY_INDEX
        "SELECT CASE WHEN (SELECT number FROM record WHERE pair = $1 AND number IS NOT NULL ORDER BY number LIMIT 1) "
        "IS "
        "NULL THEN 0 ELSE 1 END, "
        "CASE WHEN (SELECT number FROM existing WHERE account = $2 ORDER BY number LIMIT 1) IS NULL THEN 0 ELSE 1 END, "
        "CASE WHEN EXISTS(SELECT 1 FROM existing_reading WHERE account = $2 AND scheme = $3 AND state = $4) THEN 0 "
        "ELSE 1 END, "
        "CASE WHEN EXISTS(SELECT 1 FROM pair WHERE target = $2 AND id <> $1) THEN 1 ELSE 0 END, "
        "CASE WHEN EXISTS(SELECT 1 FROM existing WHERE account = $2 AND number = $5) THEN 1 ELSE 0 END, "
        "CASE WHEN EXISTS(SELECT 1 FROM existing WHERE account = $2 AND number = $6) THEN 1 ELSE 0 END",
        values, 6, there, 6);
    if (error) {
        return error;
    }
    if (there[3] != 0 && !gate->others) {
        return ERR_BUSY; /* another ledger of this account has just begun */
    }
    *out = (struct ledger_gate){.pair = gate->pair,
                                .scheme_hash = gate->scheme_hash,
                                .numbers = there[0] != 0,
                                .existing = there[1] != 0,
                                .unread = there[2] != 0,
                                .others = there[3] != 0,
                                .numbered = gate->numbered,
                                .alike_existing = there[4] != 0,
                                .alike_ours = there[5] != 0};
    return 0;
}

int ledger_gate(struct store *store, struct ledger_batch *batch, struct ledger_gate *out)
{
    struct ask gate = {.batch = batch, .numbered = ledger_is_numbered(batch->rows, batch->count)};
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
    error = gate_lock(store, &gate, &state);
    if (error || state != RUN_OPEN) {
        return error ? error : ERR_STALE;
    }
    return gate_know(store, &gate, out);
}
