/* T1: one transaction that looks up the rows of a batch, decides each, stamps what is final and claims what is to be
 * sent. */
#include <stdio.h>
#include <string.h>

#include "common/base/rule.h"
#include "common/ledger/alike.h"
#include "common/ledger/existing.h"
#include "common/ledger/gate.h"
#include "common/ledger/look.h"
#include "common/ledger/number.h"
#include "common/ledger/step/step.h"
#include "common/ledger/write.h"

/* ---- rows ---- */

/* A record without a usable key still has an outcome: its content is its key. */
static int key_make(struct beginning *begin, struct ledger_row *row, const char *head, struct refusal refusal)
{
    char key[16 + 2 * HASH_SIZE];
    size_t at = (size_t)snprintf(key, sizeof key, "%s", head);
    for (size_t i = 0; i < HASH_SIZE; i++, at += 2) {
        snprintf(key + at, 3, "%02x", row->in.hash[i]);
    }
    if (row->in.kind == RECORD_PAYLOAD) {
        row->in.refusal = refusal;
        row->in.kind = RECORD_UNMAPPABLE;
    }
    row->in.number = TEXT("");
    return begin_keep(begin->batch->arena, (struct text){key, at}, &row->in.key);
}

/* Refuses keys and numbers that a store would change: cleaned, two keys could become one. */
static int row_storable(struct beginning *begin, struct ledger_row *row)
{
    static const struct refusal keyless = {{"keyless", 7}, {"", 0}, {"the record has no key", 21}};
    struct refusal bad = {TEXT("mapping"), TEXT(""), TEXT("the key holds bytes that are no UTF-8, or a NUL")};
    if (row->in.key.size == 0) {
        return key_make(begin, row, "(no key) ", keyless);
    }
    if (!text_is_storable(row->in.key)) {
        return key_make(begin, row, "(bad key) ", bad);
    }
    if (!text_equal(row->in.number, row->in.key) && !text_is_storable(row->in.number)) {
        bad.message = TEXT("the number holds bytes that are no UTF-8, or a NUL");
        if (row->in.kind == RECORD_PAYLOAD) {
            row->in.refusal = bad;
            row->in.kind = RECORD_UNMAPPABLE;
        }
        row->in.number = TEXT("");
    }
    return 0;
}

/* Fills pick with the first row of every key. */
static int begin_rows(struct beginning *begin)
{
    struct ledger_batch *batch = begin->batch;
    int error = ledger_names_init(&begin->seen, batch->arena, batch->count);
    begin->picked = 0;
    for (size_t i = 0; !error && i < batch->count; i++) {
        struct ledger_row *row = &batch->rows[i];
        if (row->in.key.size > KEY_MAX || row->in.number.size > KEY_MAX) {
            return ERR_LIMIT;
        }
        error = row_storable(begin, row);
        if (error) {
            return error;
        }
        if (row->in.number.size == 0) {
            row->in.number = row->in.key;
        }
        row->id = row->claim = 0;
        row->send_by = row->until = (struct store_ms){0};
        row->target_id = TEXT("");
        row->known_number = row->in.number;
        row->alike = TEXT("");
        row->adopted = row->ask = false;
        row->lost = page_is_vanished(&batch->page);
        size_t first = ledger_names_add(&begin->seen, row->in.key, i);
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

struct excuse {
    int64_t run;
    bool moved;
};

/* A refusal holds for the scheme that it was made under. */
static int begin_excuse(struct beginning *begin, struct record *record, struct excuse *last)
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

static int begin_decide(struct beginning *begin)
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
                          memcmp(record->hash, row->in.hash, HASH_SIZE) == 0;
        row->id = record->id;
        row->adopted = record->adopted && row->op != OP_CREATE; /* what is made anew is ours */
        if (row->action == ACTION_BUSY || row->action == ACTION_SETTLE) {
            row->until = record->until;
        }
        if (row->action == ACTION_SETTLE) {
            row->claim = record->claim;
            memcpy(row->pend, record->pend, HASH_SIZE);
        }
        /* What a step follows up stands there under the row's own number. */
        if (record->id != 0 && row->op != OP_STEP && (row->action == ACTION_SETTLE || row->op == OP_UPDATE)) {
            row->known_number = record->number.size > 0 ? record->number : row->in.key;
        }
        if (row->op == OP_UPDATE || row->op == OP_STEP) {
            row->target_id = record->target_id;
        }
        if (row->action == ACTION_BUSY && store_since(record->until, begin->now) > batch->retry_after) {
            batch->retry_after = store_since(record->until, begin->now);
        }
    }
    return 0;
}

int ledger_begin(struct store *store, struct ledger_batch *batch)
{
    struct beginning begin = {.batch = batch, .store = store, .now = store_now(store)};
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
    error = error ? error : steps_look(&begin);
    error = error ? error : begin_decide(&begin);
    rule_pause(store);
    error = error ? error : begin_number(&begin);
    error = error ? error : begin_existing(&begin);
    error = error ? error : begin_alike(&begin);
    return error ? error : begin_write(&begin);
}
