#include "common/ledger/number.h"

#include <string.h>

#include "common/base/rule.h"

enum { WANT_PARAMS = 2, NUMBER_PARAMS = 2 };

/* A row that wants a number, and the record that has it. */
struct want {
    size_t row;
    int64_t self;      /* its own id; 0 = new */
    struct text owner; /* key of the one that keeps it; data NULL = none */
};

struct numbers {
    struct ledger_batch *batch;
    int64_t pair;
    struct want *wants;
    size_t count;
    int64_t *losers; /* ids that give their number up */
    size_t lost;
    size_t *changed; /* rows whose record gets another number */
    size_t changes;
};

static int want_read(struct numbers *numbers, struct want *want, const struct sql_value *columns)
{
    bool keeps = columns[2].integer != HELD_NOT || columns[3].integer != 0;
    if (columns[0].integer == want->self) {
        return 0;
    }
    if (keeps) {
        return begin_keep(numbers->batch->arena, columns[1].text, &want->owner);
    }
    if (columns[4].kind != SQL_NULL) {
        numbers->losers[numbers->lost++] = columns[0].integer;
    }
    return 0;
}

static struct text number_of(const struct record *record, const struct ledger_row *row)
{
    return record->number.size > 0 ? record->number : row->in.key;
}

/* What will be sent under a number that it may not have; and what was written under another than is noted here. */
static bool row_wants(const struct record *record, const struct ledger_row *row)
{
    if (row->repeated || (row->action != ACTION_CLAIM && row->action != ACTION_STAMP)) {
        return false;
    }
    bool moved = !text_equal(row->in.number, number_of(record, row));
    return row->action == ACTION_CLAIM ? row->op == OP_CREATE || moved : row->outcome == OUTCOME_UNCHANGED && moved;
}

static void numbers_want(struct numbers *numbers, const struct record *records)
{
    const struct ledger_batch *batch = numbers->batch;
    for (size_t i = 0; i < batch->count; i++) {
        if (row_wants(&records[i], &batch->rows[i])) {
            numbers->wants[numbers->count++] = (struct want){.row = i, .self = records[i].id};
        }
    }
}

static int numbers_judge(struct numbers *numbers, const struct record *records)
{
    struct ledger_batch *batch = numbers->batch;
    struct ledger_names taken;
    int error = ledger_names_init(&taken, batch->arena, numbers->count);
    for (size_t n = 0; !error && n < numbers->count; n++) {
        const struct want *want = &numbers->wants[n];
        struct ledger_row *row = &batch->rows[want->row];
        struct text owner = want->owner;
        if (!owner.data) {
            size_t first = ledger_names_add(&taken, row->in.number, want->row);
            owner = first != want->row ? batch->rows[first].in.key : owner;
        }
        const struct record *record = &records[want->row];
        if (owner.data && row->action == ACTION_STAMP) {
            continue;
        }
        if (owner.data) {
            error = begin_refuse(batch->arena, row, TEXT("number_clash"),
                                 "number %.*s belongs to key %.*s already: give one of the two another number",
                                 TEXT_ARG(row->in.number), TEXT_ARG(owner));
        } else if (record->id != 0 && !row->locked && !text_equal(row->in.number, number_of(record, row)) &&
                   (row->op == OP_CREATE || record->target_id.size > 0)) {
            /* Without an id, or for a step that may be done, the target is asked by the old number, which therefore stays. */
            numbers->changed[numbers->changes++] = want->row;
        }
    }
    return error;
}

static bool numbers_matter(const struct ledger_batch *batch, const struct ledger_gate *gate)
{
    bool matter = gate->numbers;
    if (rule_off(RULE_NUMBERS)) {
        return false;
    }
    for (size_t i = 0; !matter && i < batch->count; i++) {
        const struct ledger_row *row = &batch->rows[i];
        matter =
            (row->action == ACTION_CLAIM || row->action == ACTION_STAMP) && !text_equal(row->in.number, row->in.key);
    }
    return matter;
}

/* Who has the numbers that are wanted? */
static int numbers_ask(struct store *store, struct numbers *numbers)
{
    struct sql_value *values = arena_take(numbers->batch->arena, numbers->count * WANT_PARAMS * sizeof *values);
    if (!values) {
        return ERR_MEMORY;
    }
    for (size_t n = 0; n < numbers->count; n++) {
        values[n * WANT_PARAMS] = SQL_INTEGER(numbers->pair);
        values[n * WANT_PARAMS + 1] = SQL_STRING(numbers->batch->rows[numbers->wants[n].row].in.number);
    }
    struct sql_call call = {.text = "SELECT id, key, held, claim, number FROM record WHERE pair = $1 AND number = $2 "
                                    "UNION ALL SELECT id, key, held, claim, NULL FROM record "
                                    "WHERE pair = $1 AND key = $2 AND number IS NULL",
                            .values = values,
                            .params = WANT_PARAMS,
                            .rows = numbers->count};
    struct sql_rows rows;
    int error = 0;
    store_find(store, &call, &rows);
    while (!error && store_next(&rows)) {
        error = want_read(numbers, &numbers->wants[rows.row], rows.columns);
    }
    int found = store_found(&rows);
    return error ? error : found;
}

/* Losers give theirs up before others get them. */
static int numbers_write(struct store *store, const struct numbers *numbers)
{
    size_t most = numbers->lost > numbers->changes ? numbers->lost : numbers->changes;
    struct sql_value *values = arena_take(numbers->batch->arena, most * NUMBER_PARAMS * sizeof *values);
    if (most > 0 && !values) {
        return ERR_MEMORY;
    }
    static const char text[] = "UPDATE record SET number = $1 WHERE id = $2";
    for (size_t n = 0; n < numbers->lost; n++) {
        values[n * NUMBER_PARAMS] = SQL_NOTHING;
        values[n * NUMBER_PARAMS + 1] = SQL_INTEGER(numbers->losers[n]);
    }
    struct sql_call call = {.text = text, .values = values, .params = NUMBER_PARAMS, .rows = numbers->lost};
    int error = store_many(store, &call);
    for (size_t n = 0; n < numbers->changes; n++) {
        const struct ledger_row *row = &numbers->batch->rows[numbers->changed[n]];
        bool own = !text_equal(row->in.number, row->in.key);
        values[n * NUMBER_PARAMS] = own ? SQL_STRING(row->in.number) : SQL_NOTHING;
        values[n * NUMBER_PARAMS + 1] = SQL_INTEGER(row->id);
    }
    call.rows = numbers->changes;
    return error ? error : store_many(store, &call);
}

int begin_number(struct beginning *begin)
{
    struct ledger_batch *batch = begin->batch;
    if (!numbers_matter(batch, &begin->gate)) {
        return 0;
    }
    struct numbers numbers = {.batch = batch, .pair = begin->gate.pair};
    numbers.wants = arena_take(batch->arena, batch->count * sizeof *numbers.wants);
    numbers.losers = arena_take(batch->arena, batch->count * sizeof *numbers.losers);
    numbers.changed = arena_take(batch->arena, batch->count * sizeof *numbers.changed);
    if (!numbers.wants || !numbers.losers || !numbers.changed) {
        return ERR_MEMORY;
    }
    numbers_want(&numbers, begin->records);
    if (numbers.count == 0) {
        return 0;
    }
    int error = numbers_ask(begin->store, &numbers);
    error = error ? error : numbers_judge(&numbers, begin->records);
    return error ? error : numbers_write(begin->store, &numbers);
}
