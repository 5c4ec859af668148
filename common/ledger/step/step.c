#include "common/ledger/step/step.h"

#include <string.h>

enum { PUT_PARAMS = 5, AT_ONCE = 64 };

/* ---- T1 ---- */

struct due { /* of one record */
    const struct ledger_row *row;
    struct record *record;
    uint64_t done; /* a bit for each step of the scheme */
};

static void state_read(const struct ledger_batch *batch, struct due *due, const struct sql_value *columns)
{
    bool done = columns[1].integer == STATE_DONE;
    bool same = columns[2].text.size == HASH_SIZE && memcmp(columns[2].text.data, due->row->in.hash, HASH_SIZE) == 0;
    due->record->stepped = due->record->stepped || columns[1].integer != STATE_REFUSED;
    for (size_t i = 0; done && same && i < batch->step_count; i++) {
        if (text_equal(batch->steps[i].name, columns[0].text)) {
            due->done |= UINT64_C(1) << i;
        }
    }
}

static int states_read(struct beginning *begin, struct due *dues, const struct sql_value *values, size_t count)
{
    struct sql_call call = {
        .text = "SELECT name, state, hash FROM step WHERE record = $1", .values = values, .params = 1, .rows = count};
    struct sql_rows rows;
    store_find(begin->store, &call, &rows);
    while (store_next(&rows)) {
        state_read(begin->batch, &dues[rows.row], rows.columns);
    }
    return store_found(&rows);
}

int steps_look(struct beginning *begin)
{
    const struct ledger_batch *batch = begin->batch;
    if (batch->step_count == 0) {
        return 0;
    }
    struct due *dues = arena_take(batch->arena, (begin->picked + 1) * sizeof *dues);
    struct sql_value *values = begin_values(begin, 1);
    if (!dues || !values) {
        return ERR_MEMORY;
    }
    size_t count = 0;
    for (size_t p = 0; p < begin->picked; p++) {
        size_t i = begin->pick[p];
        if (begin->records[i].id != 0) {
            values[count] = SQL_INTEGER(begin->records[i].id);
            dues[count++] = (struct due){&batch->rows[i], &begin->records[i], 0};
        }
    }
    int error = count > 0 ? states_read(begin, dues, values, count) : 0;
    for (size_t n = 0; !error && n < count; n++) {
        size_t step = 0;
        while (step < batch->step_count && dues[n].done >> step & 1) {
            step++;
        }
        dues[n].record->step = step < batch->step_count ? step + 1 : 0;
    }
    return error;
}

static int states_put(struct store *store, const struct sql_value *values, size_t count)
{
    struct sql_call call = {.text =
                                "INSERT INTO step(record, name, state, hash, run) VALUES($1, $2, $3, $4, $5) ON "
                                "CONFLICT(record, name) DO UPDATE SET state = excluded.state, hash = excluded.hash, "
                                "run = excluded.run",
                            .values = values,
                            .params = PUT_PARAMS,
                            .rows = count};
    return count > 0 ? store_many(store, &call) : 0;
}

static void put_values(struct sql_value *values, int64_t record, struct text name, enum step_state state,
                       const uint8_t *hash, int64_t run)
{
    values[0] = SQL_INTEGER(record);
    values[1] = SQL_STRING(name);
    values[2] = SQL_INTEGER(state);
    values[3] = SQL_BYTES(((struct text){(const char *)hash, HASH_SIZE}));
    values[4] = SQL_INTEGER(run);
}

int steps_claim(struct beginning *begin)
{
    const struct ledger_batch *batch = begin->batch;
    struct sql_value *values = NULL;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct ledger_row *row = &batch->rows[i];
        if (row->repeated || row->action != ACTION_CLAIM || row->op != OP_STEP) {
            continue;
        }
        values = values ? values : arena_take(batch->arena, (batch->count - i) * PUT_PARAMS * sizeof *values);
        if (!values) {
            return ERR_MEMORY;
        }
        put_values(&values[count++ * PUT_PARAMS], row->id, batch->steps[row->step].name, STATE_SENT, row->in.hash,
                   batch->page.run);
    }
    return states_put(begin->store, values, count);
}

/* ---- T2 ---- */

/* Refused is what was certainly not executed; whether one that the target is silent about is done stays open. */
static bool is_told(const struct ledger_result *result)
{
    return result->op == OP_STEP && !result->stale &&
           (result->verdict == VERDICT_SAVED || (result->verdict == VERDICT_REFUSED && !result->kept));
}

/* What was saved anew is to be followed up anew, even where it has the contents of an earlier time. */
static int states_void(struct store *store, const struct ledger_result *results, size_t count)
{
    int error = 0;
    for (size_t i = 0; !error && i < count; i++) {
        const struct ledger_result *r = &results[i];
        const struct sql_value values[] = {SQL_INTEGER(r->id), SQL_NOTHING};
        if (r->stepped && r->op != OP_STEP && r->verdict == VERDICT_SAVED && !r->stale) {
            error = store_run(store, "UPDATE step SET hash = $2 WHERE record = $1", values, 2, NULL);
        }
    }
    return error;
}

int steps_end(struct store *store, const struct ledger_result *results, size_t count)
{
    struct sql_value values[AT_ONCE * PUT_PARAMS];
    int error = states_void(store, results, count);
    for (size_t i = 0; !error && i < count;) {
        size_t some = 0;
        for (; i < count && some < AT_ONCE; i++) {
            const struct ledger_result *r = &results[i];
            if (is_told(r)) {
                put_values(&values[some++ * PUT_PARAMS], r->id, r->step,
                           r->verdict == VERDICT_SAVED ? STATE_DONE : STATE_REFUSED, r->hash, r->run);
            }
        }
        error = states_put(store, values, some);
    }
    return error;
}

const char *step_state_text(int64_t state)
{
    static const char *const states[] = {
        [0] = "unknown", [STATE_SENT] = "sent", [STATE_DONE] = "done", [STATE_REFUSED] = "refused"};
    return states[state >= STATE_SENT && state <= STATE_REFUSED ? state : 0];
}
