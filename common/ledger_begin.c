/* T1: one transaction that looks up the rows of a batch, decides each, stamps what is final and claims what is to be
 * sent. In order: gate (is the page still ours?), look up, decide, numbers, book, write. */
#include <stdio.h>
#include <stdlib.h>

#include "common/ledger_begin.h"
#include "common/reject.h"

struct begin {
    struct ledger_batch *batch;
    struct store *store;
    int64_t now;
    struct ledger_gate gate;
    struct record *records;
    struct ledger_names seen; /* keys of the batch, first rows */
    bool *again;              /* [row] refused before, and for the same content */
    size_t *pick;             /* rows of the statement at hand */
    struct span *spans;
    size_t picked;
    int64_t *ids; /* room for two a row */
};

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

/* Where there are several writers all of them lock the same keys in the same order. */
static void pick_sort(struct begin *begin)
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
    pick_sort(begin);
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
    struct text now;
    bool moved;
};

static void excuse_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    params[0] = SQL_INTEGER(((const struct excuse *)user)->run);
}

static int excuse_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row, (void)count;
    struct excuse *excuse = user;
    excuse->moved = !text_equal(columns[0].text, excuse->now);
    return 0;
}

/* A refusal holds for the scheme that it was made under. */
static int begin_excuse(struct begin *begin, struct record *record, struct excuse *last)
{
    if (record->outcome != OUTCOME_REJECTED || record->run >= begin->batch->page.run) {
        return 0;
    }
    if (last->run != record->run) {
        *last = (struct excuse){.run = record->run, .now = begin->gate.scheme_hash, .moved = true}; /* gone: long ago */
        struct sql_call call = {.text = "SELECT scheme_hash FROM run WHERE id = $1",
                                .rows = 1,
                                .params = 1,
                                .bind = excuse_bind,
                                .found = excuse_found,
                                .user = last};
        int error = store_many(begin->store, &call);
        if (error) {
            return error;
        }
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
    for (size_t i = 0; begin->gate.book && i < begin->batch->count; i++) {
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

/* ---- writing ---- */

static struct sql_value hash_value(const uint8_t *hash)
{
    return SQL_BYTES(((struct text){(const char *)hash, HASH_SIZE}));
}

/* Everything of the next state that all three statements share stands in the row; held follows from it. */
static enum holding held_next(const struct record *record, const struct ledger_row *row)
{
    if (row->action == ACTION_CLAIM) {
        return row->op == OP_CREATE ? HELD_NOT : HELD_OTHER;
    }
    return row->outcome == OUTCOME_REJECTED && record->held != HELD_NOT ? HELD_OTHER : record->held;
}

static void insert_bind(void *user, size_t n, struct sql_value *params)
{
    const struct begin *begin = user;
    const struct ledger_row *row = &begin->batch->rows[begin->pick[n]];
    bool claimed = row->action == ACTION_CLAIM;
    params[0] = SQL_INTEGER(row->id);
    params[1] = SQL_INTEGER(begin->gate.pair);
    params[2] = SQL_STRING(row->key);
    params[3] = claimed && !text_equal(row->number, row->key) ? SQL_STRING(row->number) : SQL_NOTHING;
    params[4] = row->target_id.size > 0 ? SQL_STRING(row->target_id) : SQL_NOTHING;
    params[5] = SQL_INTEGER(held_next(&begin->records[begin->pick[n]], row));
    params[6] = row->outcome == OUTCOME_REJECTED ? hash_value(row->hash) : SQL_NOTHING;
    params[7] = SQL_INTEGER(begin->batch->page.run);
    params[8] = SQL_INTEGER(row->outcome);
    params[9] = SQL_INTEGER(claimed ? row->claim : 0);
    params[10] = SQL_INTEGER(row->op);
    params[11] = claimed ? hash_value(row->hash) : SQL_NOTHING;
    params[12] = SQL_INTEGER(claimed ? row->until : 0);
    params[13] = SQL_INTEGER(row->adopted);
    params[14] = SQL_INTEGER(begin->batch->page.slice);
    params[15] = SQL_INTEGER(begin->batch->page.no);
}

static void claim_bind(void *user, size_t n, struct sql_value *params)
{
    const struct begin *begin = user;
    const struct ledger_row *row = &begin->batch->rows[begin->pick[n]];
    params[0] = SQL_INTEGER(begin->batch->page.run);
    params[1] = SQL_INTEGER(held_next(&begin->records[begin->pick[n]], row));
    params[2] = SQL_INTEGER(row->claim);
    params[3] = SQL_INTEGER(row->op);
    params[4] = hash_value(row->hash);
    params[5] = SQL_INTEGER(row->until);
    params[6] = row->target_id.size > 0 ? SQL_STRING(row->target_id) : SQL_NOTHING;
    params[7] = SQL_INTEGER(row->adopted);
    params[8] = SQL_INTEGER(row->id);
    params[9] = SQL_INTEGER(begin->batch->page.slice);
    params[10] = SQL_INTEGER(begin->batch->page.no);
}

/* pick[n] and the `length` rows behind it in pick have ids that follow one another, and get the same stamp. */
struct span {
    size_t from, length;
};

static void stamp_bind(void *user, size_t n, struct sql_value *params)
{
    const struct begin *begin = user;
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

static size_t spans_of(struct begin *begin)
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

static void refuse_bind(void *user, size_t n, struct sql_value *params)
{
    const struct begin *begin = user;
    const struct ledger_row *row = &begin->batch->rows[begin->pick[n]];
    params[0] = SQL_INTEGER(begin->batch->page.run);
    params[1] = SQL_INTEGER(row->claim);
    params[2] = SQL_INTEGER(held_next(&begin->records[begin->pick[n]], row));
    params[3] = hash_value(row->hash);
    params[4] = SQL_INTEGER(row->id);
    params[5] = SQL_INTEGER(begin->batch->page.slice);
    params[6] = SQL_INTEGER(begin->batch->page.no);
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

static int write_all(struct begin *begin, enum writing what)
{
    static const struct sql_call calls[] = {
        [WRITE_INSERT] = {.text = "INSERT INTO record(id, pair, key, number, target_id, held, hash, run, outcome, "
                                  "claim, op, pend, until, adopted, slice, page) "
                                  "VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                          .params = 16,
                          .bind = insert_bind},
        [WRITE_CLAIM] = {.text = "UPDATE record SET run = $1, outcome = 0, held = $2, claim = $3, op = $4, pend = $5, "
                                 "until = $6, target_id = $7, adopted = $8, slice = $10, page = $11 WHERE id = $9",
                         .params = 11,
                         .bind = claim_bind},
        [WRITE_STAMP] = {.text = "UPDATE record SET run = $1, outcome = $2, claim = $3, slice = $6, page = $7 "
                                 "WHERE id >= $4 AND id <= $5",
                         .params = 7,
                         .bind = stamp_bind},
        [WRITE_REFUSE] = {
            .text = "UPDATE record SET run = $1, outcome = 5, claim = $2, held = $3, hash = $4, slice = $6, page = $7 "
                    "WHERE id = $5",
            .params = 7,
            .bind = refuse_bind}};
    begin->picked = 0;
    for (size_t i = 0; i < begin->batch->count; i++) {
        if (writing_of(&begin->records[i], &begin->batch->rows[i]) == what) {
            begin->pick[begin->picked++] = i;
        }
    }
    if (what == WRITE_INSERT) {
        pick_sort(begin);
    }
    struct sql_call call = calls[what];
    call.rows = what == WRITE_STAMP ? spans_of(begin) : begin->picked;
    call.user = begin;
    return begin->picked > 0 ? store_many(begin->store, &call) : 0;
}

/* Gives every row that is written its id, its claim and its times. */
static int begin_claim(struct begin *begin)
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
            row->send_by = begin->now + batch->times.send;
            row->until = row->send_by + batch->times.late + batch->times.visible;
        } else if (writing != WRITE_NOTHING && record->claim != 0) {
            row->claim = claim + (int64_t)i; /* the old holder's end is stale from now on */
        }
    }
    return 0;
}

static int begin_rejects(struct begin *begin)
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
                                                   .refusal = row->refusal,
                                                   .source = row->source,
                                                   .payload = row->payload,
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

static int begin_write(struct begin *begin)
{
    int error = begin_claim(begin);
    for (enum writing what = WRITE_INSERT; !error && what <= WRITE_REFUSE; what++) {
        error = write_all(begin, what);
    }
    return error ? error : begin_rejects(begin);
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
    error = error ? error : ledger_number(store, batch, &begin.gate, begin.records);
    error = error ? error : begin_book(&begin);
    return error ? error : begin_write(&begin);
}
