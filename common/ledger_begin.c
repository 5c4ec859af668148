/* T1: one transaction that looks up the rows of a batch, decides each, stamps what is final and claims what is to be
 * sent. In order: gate (is the page still ours?), look up, decide, numbers, book, write. */
#include <stdio.h>
#include <stdlib.h>

#include "common/ledger_begin.h"
#include "common/reject.h"
#include "common/rule.h"

/* ---- rows ---- */

/* A record without a key still has an outcome: its content is its key. */
static int keyless(struct begin *begin, struct ledger_row *row)
{
    char key[16 + 2 * HASH_SIZE] = "(no key) ";
    size_t at = strlen(key);
    for (size_t i = 0; i < HASH_SIZE; i++, at += 2) {
        snprintf(key + at, 3, "%02x", row->hash[i]);
    }
    if (row->kind == RECORD_PAYLOAD) {
        row->refusal = (struct refusal){TEXT("keyless"), TEXT(""), TEXT("the record has no key")};
    }
    row->kind = row->kind == RECORD_PAYLOAD ? RECORD_UNMAPPABLE : row->kind;
    row->number = TEXT("");
    return ledger_keep(begin->batch->arena, (struct text){key, at}, &row->key);
}

/* Fills pick with the first row of every key. */
static int begin_rows(struct begin *begin)
{
    struct ledger_batch *batch = begin->batch;
    int error = ledger_names_init(&begin->seen, batch->arena, batch->count);
    begin->picked = 0;
    for (size_t i = 0; !error && i < batch->count; i++) {
        struct ledger_row *row = &batch->rows[i];
        if (row->key.size > KEY_MAX || row->number.size > KEY_MAX) {
            return ERR_LIMIT;
        }
        error = row->key.size == 0 ? keyless(begin, row) : 0;
        if (error) {
            return error;
        }
        if (row->number.size == 0) {
            row->number = row->key;
        }
        row->id = row->claim = row->send_by = row->until = 0;
        row->target_id = TEXT("");
        row->known_number = row->number;
        row->adopted = false;
        size_t first = ledger_names_add(&begin->seen, row->key, i);
        row->repeated = first != i;
        if (row->repeated) {
            row->action = ACTION_FINAL;
            row->outcome = OUTCOME_PENDING;
            row->op = OP_NONE;
        } else {
            begin->pick[begin->picked++] = i;
        }
    }
    return error;
}

static int compare(struct text a, struct text b)
{
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int pick_compare(const void *a, const void *b, void *user)
{
    const struct ledger_batch *batch = user;
    return compare(batch->rows[*(const size_t *)a].key, batch->rows[*(const size_t *)b].key);
}

void begin_sort(struct begin *begin)
{
    for (size_t p = 1; p < begin->picked; p++) {
        if (pick_compare(&begin->pick[p - 1], &begin->pick[p], begin->batch) > 0) {
            qsort_r(begin->pick, begin->picked, sizeof *begin->pick, pick_compare, begin->batch);
            return;
        }
    }
}

static void look_bind(void *user, size_t row, struct sql_value *params)
{
    const struct begin *begin = user;
    params[0] = SQL_INTEGER(begin->gate.pair);
    params[1] = SQL_STRING(begin->batch->rows[begin->pick[row]].key);
}

static int record_read(struct begin *begin, struct record *record, const struct sql_value *columns)
{
    record->id = columns[0].integer;
    record->run = columns[1].integer;
    record->outcome = (enum outcome)columns[2].integer;
    record->held = (enum holding)columns[3].integer;
    record->excused = columns[4].text.size != HASH_SIZE;
    if (columns[4].text.size == HASH_SIZE) {
        memcpy(record->hash, columns[4].text.data, HASH_SIZE);
    }
    record->claim = columns[5].integer;
    record->op = (enum claim_op)columns[6].integer;
    if (columns[7].text.size == HASH_SIZE) {
        memcpy(record->pend, columns[7].text.data, HASH_SIZE);
    }
    record->until = columns[8].integer;
    record->adopted = columns[9].integer != 0;
    struct arena *arena = begin->batch->arena;
    int error = ledger_keep(arena, columns[10].text, &record->target_id);
    return error ? error : ledger_keep(arena, columns[11].text, &record->number);
}

#define RECORD_COLUMNS "id, run, outcome, held, hash, claim, op, pend, until, adopted, target_id, number"

static int look_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)count;
    struct begin *begin = user;
    return record_read(begin, &begin->records[begin->pick[row]], columns);
}

/* Key by key. */
static int look_each(struct begin *begin)
{
    begin_sort(begin);
    struct sql_call call = {.text =
                                "SELECT " RECORD_COLUMNS " FROM record WHERE pair = $1 AND key = $2 " SQL_FOR_UPDATE,
                            .rows = begin->picked,
                            .params = 2,
                            .bind = look_bind,
                            .found = look_found,
                            .user = begin};
    return store_many(begin->store, &call);
}

/* Sources that return their records in the order of their keys make a page one stretch of the ledger, read (or found
 * empty) in one go. Where that is not so, it is not tried again for a while. */
enum { STRETCH_LEAST = 8, STRETCH_REST = 32 };
static _Atomic int stretch_rest;

struct stretch {
    struct begin *begin;
    struct text low, high;
    size_t limit, came;
};

static void stretch_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    const struct stretch *stretch = user;
    params[0] = SQL_INTEGER(stretch->begin->gate.pair);
    params[1] = SQL_STRING(stretch->low);
    params[2] = SQL_STRING(stretch->high);
    params[3] = SQL_INTEGER(stretch->limit);
}

static int stretch_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row;
    struct stretch *stretch = user;
    struct begin *begin = stretch->begin;
    size_t at = ledger_names_find(&begin->seen, columns[count - 1].text);
    stretch->came++;
    return at == SIZE_MAX ? 0 : record_read(begin, &begin->records[at], columns);
}

/* *whole: nothing of the stretch was left out, so what was not found is not there. */
static int look_stretch(struct begin *begin, bool *whole)
{
    struct stretch stretch = {.begin = begin, .limit = 2 * begin->picked + STRETCH_LEAST};
    stretch.low = stretch.high = begin->batch->rows[begin->pick[0]].key;
    for (size_t p = 1; p < begin->picked; p++) {
        struct text key = begin->batch->rows[begin->pick[p]].key;
        stretch.low = compare(key, stretch.low) < 0 ? key : stretch.low;
        stretch.high = compare(key, stretch.high) > 0 ? key : stretch.high;
    }
    struct sql_call call = {.text = "SELECT " RECORD_COLUMNS ", key FROM record "
                                    "WHERE pair = $1 AND key >= $2 AND key <= $3 ORDER BY key LIMIT $4 " SQL_FOR_UPDATE,
                            .rows = 1,
                            .params = 4,
                            .bind = stretch_bind,
                            .found = stretch_found,
                            .user = &stretch};
    int error = store_many(begin->store, &call);
    *whole = stretch.came < stretch.limit;
    return error;
}

static int begin_look(struct begin *begin)
{
    bool whole = false;
    if (begin->picked >= STRETCH_LEAST && stretch_rest == 0) {
        int error = look_stretch(begin, &whole);
        if (error || whole) {
            return error;
        }
        stretch_rest = STRETCH_REST;
    } else if (stretch_rest > 0) {
        stretch_rest--;
    }
    return look_each(begin);
}

struct excuse {
    int64_t run;
    bool moved;
};

/* A refusal holds for the scheme that it was made under. */
static int begin_excuse(struct begin *begin, struct record *record, struct excuse *last)
{
    if (record->outcome != OUTCOME_REJECTED || record->run >= begin->batch->page.run) {
        return 0;
    }
    if (last->run != record->run) {
        const struct sql_value values[] = {SQL_INTEGER(record->run), SQL_STRING(begin->gate.scheme_hash)};
        int64_t moved = 1; /* no such run any more: long ago */
        int error =
            store_integers(begin->store, "SELECT CASE WHEN scheme_hash = $2 THEN 0 ELSE 1 END FROM run WHERE id = $1",
                           values, 2, &moved, 1);
        if (error && error != ERR_NOT_FOUND) {
            return error;
        }
        *last = (struct excuse){record->run, moved != 0};
    }
    record->excused = record->excused || last->moved;
    return 0;
}

static int begin_decide(struct begin *begin)
{
    struct ledger_batch *batch = begin->batch;
    struct excuse last = {0};
    for (size_t p = 0; p < begin->picked; p++) {
        size_t i = begin->pick[p];
        struct record *record = &begin->records[i];
        struct ledger_row *row = &batch->rows[i];
        int error = begin_excuse(begin, record, &last);
        if (error) {
            return error;
        }
        ledger_decide(record, batch->page.run, begin->now, row);
        begin->again[i] = row->action == ACTION_STAMP && row->outcome == OUTCOME_REJECTED && record->id != 0 &&
                          record->outcome == OUTCOME_REJECTED && !record->excused &&
                          memcmp(record->hash, row->hash, HASH_SIZE) == 0;
        row->id = record->id;
        row->adopted = record->adopted;
        if (row->action == ACTION_BUSY || row->action == ACTION_SETTLE) {
            row->until = record->until;
        }
        if (row->action == ACTION_SETTLE) {
            row->claim = record->claim;
            memcpy(row->pend, record->pend, HASH_SIZE);
        }
        if (record->id != 0 && (row->action == ACTION_SETTLE || row->op == OP_UPDATE)) {
            row->known_number = record->number.size > 0 ? record->number : row->key;
        }
        if (row->op == OP_UPDATE) {
            row->target_id = record->target_id;
        }
        if (row->action == ACTION_BUSY && record->until - begin->now > batch->retry_after) {
            batch->retry_after = record->until - begin->now;
        }
    }
    return 0;
}

/* ---- what stood in the account before us ---- */

static void book_bind(void *user, size_t row, struct sql_value *params)
{
    const struct begin *begin = user;
    params[0] = SQL_STRING(begin->batch->account);
    params[1] = SQL_STRING(begin->batch->rows[begin->pick[row]].number);
}

static int book_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)count;
    const struct begin *begin = user;
    struct ledger_row *it = &begin->batch->rows[begin->pick[row]];
    if (begin->batch->adopt) {
        it->op = OP_UPDATE;
        it->adopted = true;
        return ledger_keep(begin->batch->arena, columns[0].text, &it->target_id);
    }
    return ledger_refuse(begin->batch->arena, it, TEXT("exists"),
                         "number %.*s stands in the target already (id %.*s), and the scheme says existing: reject",
                         TEXT_ARG(it->number), TEXT_ARG(columns[0].text));
}

static int begin_book(struct begin *begin)
{
    begin->picked = 0;
    for (size_t i = 0; begin->gate.book && !rule_off(RULE_BOOK) && i < begin->batch->count; i++) {
        const struct ledger_row *row = &begin->batch->rows[i];
        if (row->action == ACTION_CLAIM && row->op == OP_CREATE) {
            begin->pick[begin->picked++] = i;
        }
    }
    struct sql_call call = {.text = "SELECT target_id FROM book WHERE account = $1 AND number = $2",
                            .rows = begin->picked,
                            .params = 2,
                            .bind = book_bind,
                            .found = book_found,
                            .user = begin};
    return begin->picked > 0 ? store_many(begin->store, &call) : 0;
}

static int begin_room(struct begin *begin)
{
    struct arena *arena = begin->batch->arena;
    size_t count = begin->batch->count;
    begin->records = arena_take(arena, count * sizeof *begin->records);
    begin->again = arena_take(arena, count * sizeof *begin->again);
    begin->pick = arena_take(arena, count * sizeof *begin->pick);
    begin->ids = arena_take(arena, 2 * count * sizeof *begin->ids);
    begin->spans = arena_take(arena, count * sizeof *begin->spans);
    if (!begin->spans || !begin->records || !begin->again || !begin->pick || !begin->ids) {
        return ERR_MEMORY;
    }
    memset(begin->records, 0, count * sizeof *begin->records);
    memset(begin->again, 0, count * sizeof *begin->again);
    return 0;
}

int ledger_begin(struct store *store, struct ledger_batch *batch)
{
    struct begin begin = {.batch = batch, .store = store, .now = store_now(store)};
    batch->retry_after = 0;
    batch->refused = 0;
    batch->mismatch[0] = '\0';
    if (batch->count > LEDGER_ROWS_MAX) {
        return ERR_LIMIT;
    }
    int error = ledger_gate(store, batch, &begin.gate);
    if (error || batch->count == 0) {
        return error;
    }
    error = begin_room(&begin);
    error = error ? error : begin_rows(&begin);
    error = error ? error : begin_look(&begin);
    error = error ? error : begin_decide(&begin);
    rule_pause(store);
    error = error ? error : ledger_number(store, batch, &begin.gate, begin.records);
    error = error ? error : begin_book(&begin);
    return error ? error : begin_write(&begin);
}
