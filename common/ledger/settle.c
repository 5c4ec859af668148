#include "common/ledger/settle.h"

#include <string.h>

#include "common/ledger/ledger.h"

struct settling {
    struct ledger_result result;
    uint8_t sent[HASH_SIZE];
    struct store_ms until;
};

static bool is_id(struct text id)
{
    for (size_t i = 0; i < id.size; i++) {
        if (id.data[i] <= ' ' || id.data[i] > '~') {
            return false;
        }
    }
    return id.size <= SETTLE_ID_MAX;
}

static int waiting_find(struct store *store, const struct ledger_word *word, struct settling *out)
{
    const struct sql_value values[] = {SQL_STRING(word->scheme), SQL_STRING(word->key), SQL_INTEGER(OP_CREATE),
                                       SQL_INTEGER(OUTCOME_REJECTED)};
    struct sql_rows rows;
    int found = 0;
    store_ask(store,
              "SELECT r.id, r.claim, r.run, r.until, r.pend FROM pair p CROSS JOIN record r JOIN reject j ON"
              " j.record = r.id WHERE r.pair = p.id AND p.scheme = $1 AND r.key = $2 AND r.claim <> 0 AND r.op = $3 "
              "AND r.outcome = $4"
              " AND j.class = 'unclear'",
              values, 4, &rows);
    while (store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        found += columns[4].text.size == HASH_SIZE;
        if (columns[4].text.size == HASH_SIZE) {
            memcpy(out->sent, columns[4].text.data, HASH_SIZE);
            out->until.ms = columns[3].integer;
            out->result = (struct ledger_result){.id = columns[0].integer,
                                                 .claim = columns[1].integer,
                                                 .run = columns[2].integer,
                                                 .verdict = VERDICT_SAVED,
                                                 .op = OP_CREATE,
                                                 .hash = out->sent,
                                                 .key = word->key,
                                                 .target_id = word->found};
        }
    }
    int error = store_found(&rows);
    return error ? error : found == 0 ? ERR_NOT_FOUND : found > 1 ? ERR_LIMIT : 0;
}

/* Forgets the refused payload: without a hash the next payload counts as another. */
static int let_go(struct store *store, const struct ledger_result *result)
{
    const struct sql_value values[] = {SQL_INTEGER(result->id), SQL_INTEGER(result->claim), SQL_INTEGER(OP_NONE),
                                       SQL_INTEGER(HELD_NOT), SQL_NOTHING};
    int64_t changed = 0;
    int error = store_run(store,
                          "UPDATE record SET claim = 0, op = $3, pend = $5, until = 0, held = $4, hash = $5,"
                          " target_id = NULL WHERE id = $1 AND claim = $2",
                          values, 5, &changed);
    return error || changed ? error : ERR_BUSY;
}

int ledger_settle(struct store *store, struct ledger_word *word)
{
    struct settling settling = {.until = {0}};
    word->wait = 0;
    if (!is_id(word->found)) {
        return ERR_INPUT;
    }
    int error = text_is_storable(word->key) ? waiting_find(store, word, &settling) : ERR_NOT_FOUND;
    if (error) {
        return error;
    }
    if (store_before(store_now(store), settling.until)) {
        word->wait = store_since(settling.until, store_now(store));
        return ERR_BUSY;
    }
    if (word->found.size == 0) {
        return let_go(store, &settling.result);
    }
    error = ledger_end(store, &settling.result, 1);
    return error || !settling.result.stale ? error : ERR_BUSY;
}
