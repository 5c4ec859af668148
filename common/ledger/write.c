/* Writes the decisions into the store, with as few statements as possible. */
#include "common/ledger/write.h"

#include <string.h>

#include "common/ledger/claim.h"
#include "common/ledger/reject.h"
#include "common/ledger/step/step.h"

static struct sql_value hash_value(const uint8_t *hash)
{
    return SQL_BYTES(((struct text){(const char *)hash, HASH_SIZE}));
}

/* Everything of the next state that all three statements share stands in the row; held follows from it. */
static enum holding held_next(const struct record *record, const struct ledger_row *row)
{
    if (row->action == ACTION_CLAIM) {
        return row->op == OP_CREATE ? HELD_NOT : row->op == OP_STEP ? HELD_SAME : HELD_OTHER;
    }
    bool again = record->outcome == OUTCOME_REJECTED && memcmp(record->hash, row->in.hash, HASH_SIZE) == 0;
    if (record->held == HELD_SAME && again) { /* a step of it was refused */
        return HELD_SAME;
    }
    return row->outcome == OUTCOME_REJECTED && record->held != HELD_NOT ? HELD_OTHER : record->held;
}

static void insert_values(const struct beginning *begin, size_t n, struct sql_value *params)
{
    const struct ledger_row *row = &begin->batch->rows[begin->pick[n]];
    bool claimed = row->action == ACTION_CLAIM;
    params[0] = SQL_INTEGER(row->id);
    params[1] = SQL_INTEGER(begin->gate.pair);
    params[2] = SQL_STRING(row->in.key);
    params[3] = claimed && !text_equal(row->in.number, row->in.key) ? SQL_STRING(row->in.number) : SQL_NOTHING;
    params[4] = row->target_id.size > 0 ? SQL_STRING(row->target_id) : SQL_NOTHING;
    params[5] = SQL_INTEGER(held_next(&begin->records[begin->pick[n]], row));
    params[6] = row->outcome == OUTCOME_REJECTED ? hash_value(row->in.hash) : SQL_NOTHING;
    params[7] = SQL_INTEGER(begin->batch->page.run);
    params[8] = SQL_INTEGER(row->outcome);
    params[9] = SQL_INTEGER(claimed ? row->claim : 0);
    params[10] = SQL_INTEGER(row->op);
    params[11] = claimed ? hash_value(row->in.hash) : SQL_NOTHING;
    params[12] = SQL_INTEGER(claimed ? row->until.ms : 0);
    params[13] = SQL_INTEGER(row->adopted);
    params[14] = SQL_INTEGER(begin->batch->page.slice);
    params[15] = SQL_INTEGER(begin->batch->page.no);
}

static void claim_values(const struct beginning *begin, size_t n, struct sql_value *params)
{
    const struct ledger_row *row = &begin->batch->rows[begin->pick[n]];
    params[0] = SQL_INTEGER(begin->batch->page.run);
    params[1] = SQL_INTEGER(held_next(&begin->records[begin->pick[n]], row));
    params[2] = SQL_INTEGER(row->claim);
    params[3] = SQL_INTEGER(row->op);
    params[4] = hash_value(row->in.hash);
    params[5] = SQL_INTEGER(row->until.ms);
    params[6] = row->target_id.size > 0 ? SQL_STRING(row->target_id) : SQL_NOTHING;
    params[7] = SQL_INTEGER(row->adopted);
    params[8] = SQL_INTEGER(row->id);
    params[9] = SQL_INTEGER(begin->batch->page.slice);
    params[10] = SQL_INTEGER(begin->batch->page.no);
    params[11] = SQL_INTEGER(row->outcome);
}

static void stamp_values(const struct beginning *begin, size_t n, struct sql_value *params)
{
    const struct span *span = &begin->spans[n];
    const struct ledger_row *row = &begin->batch->rows[begin->pick[span->from]];
    params[0] = SQL_INTEGER(begin->batch->page.run);
    params[1] = SQL_INTEGER(row->outcome);
    params[2] = SQL_INTEGER(row->claim);
    params[3] = SQL_INTEGER(row->id);
    params[4] = SQL_INTEGER(row->id + (int64_t)span->length);
    params[5] = SQL_INTEGER(begin->batch->page.slice);
    params[6] = SQL_INTEGER(begin->batch->page.no);
}

static size_t spans_of(struct beginning *begin)
{
    size_t count = 0;
    for (size_t n = 0; n < begin->picked; n++) {
        const struct ledger_row *row = &begin->batch->rows[begin->pick[n]];
        struct span *last = count > 0 ? &begin->spans[count - 1] : NULL;
        const struct ledger_row *first = last ? &begin->batch->rows[begin->pick[last->from]] : NULL;
        if (last && row->id == first->id + (int64_t)last->length + 1 && row->outcome == first->outcome &&
            row->claim == 0 && first->claim == 0) {
            last->length++;
        } else {
            begin->spans[count++] = (struct span){.from = n};
        }
    }
    return count;
}

static void refuse_values(const struct beginning *begin, size_t n, struct sql_value *params)
{
    const struct ledger_row *row = &begin->batch->rows[begin->pick[n]];
    params[0] = SQL_INTEGER(begin->batch->page.run);
    params[1] = SQL_INTEGER(row->claim);
    params[2] = SQL_INTEGER(held_next(&begin->records[begin->pick[n]], row));
    params[3] = hash_value(row->in.hash);
    params[4] = SQL_INTEGER(row->id);
    params[5] = SQL_INTEGER(begin->batch->page.slice);
    params[6] = SQL_INTEGER(begin->batch->page.no);
    params[7] = SQL_INTEGER(OUTCOME_REJECTED);
}

enum writing { WRITE_NOTHING, WRITE_INSERT, WRITE_CLAIM, WRITE_STAMP, WRITE_REFUSE };

static enum writing writing_of(const struct record *record, const struct ledger_row *row)
{
    if (row->repeated || (row->action != ACTION_CLAIM && row->action != ACTION_STAMP)) {
        return WRITE_NOTHING;
    }
    if (record->id == 0) {
        return WRITE_INSERT;
    }
    if (row->action == ACTION_CLAIM) {
        return WRITE_CLAIM;
    }
    return row->outcome == OUTCOME_REJECTED ? WRITE_REFUSE : WRITE_STAMP;
}

static const struct writer {
    const char *text;
    size_t params;
    void (*values)(const struct beginning *begin, size_t n, struct sql_value *params);
} writers[] = {
    [WRITE_INSERT] = {"INSERT INTO record(id, pair, key, number, target_id, held, hash, run, outcome, claim, op, pend, "
                      "until, adopted, slice, page) "
                      "VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                      16, insert_values},
    [WRITE_CLAIM] = {SQL_BY_INDEX
                     "UPDATE record SET run = $1, outcome = $12, held = $2, claim = $3, op = $4, pend = $5, "
                     "until = $6, target_id = $7, adopted = $8, slice = $10, page = $11 WHERE id = $9",
                     12, claim_values},
    [WRITE_STAMP] = {SQL_BY_INDEX "UPDATE record SET run = $1, outcome = $2, claim = $3, slice = $6, page = $7 "
                                  "WHERE id >= $4 AND id <= $5",
                     7, stamp_values},
    [WRITE_REFUSE] = {SQL_BY_INDEX
                      "UPDATE record SET run = $1, outcome = $8, claim = $2, held = $3, hash = $4, slice = $6, "
                      "page = $7 WHERE id = $5",
                      8, refuse_values}};

static int write_all(struct beginning *begin, enum writing what)
{
    const struct writer *writer = &writers[what];
    begin->picked = 0;
    for (size_t i = 0; i < begin->batch->count; i++) {
        if (writing_of(&begin->records[i], &begin->batch->rows[i]) == what) {
            begin->pick[begin->picked++] = i;
        }
    }
    if (begin->picked == 0) {
        return 0;
    }
    if (what == WRITE_INSERT) {
        begin_sort(begin);
    }
    size_t rows = what == WRITE_STAMP ? spans_of(begin) : begin->picked;
    struct sql_value *values = begin_values(begin, writer->params);
    if (!values) {
        return ERR_MEMORY;
    }
    for (size_t n = 0; n < rows; n++) {
        writer->values(begin, n, &values[n * writer->params]);
    }
    return store_many(
        begin->store,
        &(struct sql_call){.text = writer->text, .values = values, .params = writer->params, .rows = rows});
}

/* Gives every row that is written its id, its claim and its times. */
static int begin_claim(struct beginning *begin)
{
    struct ledger_batch *batch = begin->batch;
    size_t inserts = 0;
    for (size_t i = 0; i < batch->count; i++) {
        inserts += writing_of(&begin->records[i], &batch->rows[i]) == WRITE_INSERT;
    }
    int64_t claim, id = 0;
    int error = ledger_claims(batch->count, &claim);
    error = error || inserts == 0 ? error : store_ids(begin->store, inserts, &id);
    if (error) {
        return error;
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct ledger_row *row = &batch->rows[i];
        const struct record *record = &begin->records[i];
        enum writing writing = writing_of(record, row);
        if (writing == WRITE_INSERT) {
            row->id = id++;
        }
        if (row->action == ACTION_CLAIM) {
            row->claim = claim + (int64_t)i;
            row->send_by = store_after(begin->now, batch->times.send);
            row->until = ledger_until(&batch->times, row->send_by);
        } else if (writing != WRITE_NOTHING && record->claim != 0) {
            row->claim = claim + (int64_t)i; /* the old holder's end is stale from now on */
        }
    }
    return 0;
}

static int begin_rejects(struct beginning *begin)
{
    struct ledger_batch *batch = begin->batch;
    struct reject_entry *entries = NULL;
    size_t put = 0, again = 0, clear = 0;
    int64_t *clears = begin->ids, *agains = begin->ids + batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        const struct ledger_row *row = &batch->rows[i];
        if (row->repeated || row->action != ACTION_STAMP) {
            continue;
        }
        const struct record *record = &begin->records[i];
        if (begin->again[i]) {
            agains[again++] = row->id;
        } else if (row->outcome == OUTCOME_REJECTED) {
            entries = entries ? entries : arena_take(batch->arena, (batch->count - i) * sizeof *entries);
            if (!entries) {
                return ERR_MEMORY;
            }
            entries[put++] = (struct reject_entry){.record = row->id,
                                                   .run = batch->page.run,
                                                   .refusal = row->in.refusal,
                                                   .source = row->in.source,
                                                   .payload = row->in.payload,
                                                   .form = begin->batch->form};
        } else if (record->id != 0 && (record->outcome == OUTCOME_REJECTED || record->outcome == OUTCOME_PENDING)) {
            clears[clear++] = row->id;
        }
    }
    batch->refused = put;
    int error = reject_put(begin->store, entries, put);
    error = error ? error : reject_again(begin->store, agains, again, batch->page.run);
    return error ? error : reject_clear(begin->store, clears, clear);
}

/* Records that were repaired or trimmed: few. */
static int begin_notes(struct beginning *begin)
{
    enum { PARAMS = 3 };
    struct ledger_batch *batch = begin->batch;
    struct sql_value *values = NULL;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct ledger_row *row = &batch->rows[i];
        if (row->repeated || row->in.notes == 0 || row->id == 0) {
            continue;
        }
        values = values ? values : arena_take(batch->arena, (batch->count - i) * PARAMS * sizeof *values);
        if (!values) {
            return ERR_MEMORY;
        }
        values[count * PARAMS] = SQL_INTEGER(row->id);
        values[count * PARAMS + 1] = SQL_INTEGER(batch->page.run);
        values[count * PARAMS + 2] = SQL_INTEGER(row->in.notes);
        count++;
    }
    struct sql_call call = {.text = "INSERT INTO note(record, run, notes) VALUES($1, $2, $3) ON CONFLICT(record) DO "
                                    "UPDATE SET run = excluded.run, notes = excluded.notes",
                            .values = values,
                            .params = PARAMS,
                            .rows = count};
    return count > 0 ? store_many(begin->store, &call) : 0;
}

/* What is sent says what its look-ups were answered. */
static int begin_answers(struct beginning *begin)
{
    enum { PARAMS = 2 };
    struct ledger_batch *batch = begin->batch;
    struct sql_value *values = NULL;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct ledger_row *row = &batch->rows[i];
        if (row->repeated || row->action != ACTION_CLAIM || row->answers.size == 0) {
            continue;
        }
        values = values ? values : arena_take(batch->arena, (batch->count - i) * PARAMS * sizeof *values);
        if (!values) {
            return ERR_MEMORY;
        }
        values[count * PARAMS] = SQL_INTEGER(row->id);
        values[count * PARAMS + 1] = SQL_STRING(row->answers);
        count++;
    }
    struct sql_call call = {.text = "INSERT INTO answer(record, answers) VALUES($1, $2) ON CONFLICT(record) DO UPDATE "
                                    "SET answers = excluded.answers",
                            .values = values,
                            .params = PARAMS,
                            .rows = count};
    return count > 0 ? store_many(begin->store, &call) : 0;
}

int begin_write(struct beginning *begin)
{
    int error = begin_claim(begin);
    for (enum writing what = WRITE_INSERT; !error && what <= WRITE_REFUSE; what++) {
        error = write_all(begin, what);
    }
    error = error ? error : begin_notes(begin);
    error = error ? error : begin_answers(begin);
    error = error ? error : steps_claim(begin);
    return error ? error : begin_rejects(begin);
}
