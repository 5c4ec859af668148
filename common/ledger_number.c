#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>

#include "common/ledger_begin.h"
#include "common/rule.h"

int ledger_claims(size_t count, int64_t *first)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
        return ERR_IO;
    }
    *first = rule_off(RULE_CLAIM_PER_POST) ? 1 : (int64_t)(random % ((uint64_t)INT64_MAX - count)) + 1;
    return 0;
}

int ledger_keep(struct arena *arena, struct text from, struct text *to)
{
    struct text kept = from.size > 0 ? arena_text(arena, from) : TEXT("");
    if (!kept.data) {
        return ERR_MEMORY;
    }
    *to = kept;
    return 0;
}

int ledger_refuse(struct arena *arena, struct ledger_row *row, struct text class, const char *format, ...)
{
    char message[4 * KEY_MAX];
    va_list list;
    va_start(list, format);
    int size = vsnprintf(message, sizeof message, format, list);
    va_end(list);
    struct text line = {message, size < 0 ? 0 : (size_t)size};
    line.size = text_cut(line, line.size < sizeof message ? line.size : sizeof message - 1);
    row->action = ACTION_STAMP;
    row->outcome = OUTCOME_REJECTED;
    row->op = OP_NONE;
    row->refusal = (struct refusal){.class = class, .code = TEXT("")};
    return ledger_keep(arena, line, &row->refusal.message);
}

int ledger_names_init(struct ledger_names *names, struct arena *arena, size_t count)
{
    size_t size = 4;
    while (size < 2 * count) {
        size *= 2;
    }
    struct ledger_name *slots = arena_take(arena, size * sizeof *slots);
    if (!slots) {
        return ERR_MEMORY;
    }
    memset(slots, 0, size * sizeof *slots);
    *names = (struct ledger_names){slots, size - 1};
    return 0;
}

static struct ledger_name *name_slot(const struct ledger_names *names, struct text text)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    }
    for (size_t at = (size_t)(hash ^ hash >> 32);; at++) {
        struct ledger_name *slot = &names->slots[at & names->mask];
        if (!slot->text.data || text_equal(slot->text, text)) {
            return slot;
        }
    }
}

size_t ledger_names_add(struct ledger_names *names, struct text text, size_t value)
{
    struct ledger_name *slot = name_slot(names, text);
    if (!slot->text.data) {
        *slot = (struct ledger_name){text.data ? text : TEXT(""), value};
    }
    return slot->value;
}

size_t ledger_names_find(const struct ledger_names *names, struct text text)
{
    const struct ledger_name *slot = name_slot(names, text);
    return slot->text.data ? slot->value : SIZE_MAX;
}

/* A row that wants a number, and who has it. */
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

static void want_bind(void *user, size_t n, struct sql_value *params)
{
    const struct numbers *numbers = user;
    params[0] = SQL_INTEGER(numbers->pair);
    params[1] = SQL_STRING(numbers->batch->rows[numbers->wants[n].row].number);
}

static int want_found(void *user, size_t n, const struct sql_value *columns, size_t count)
{
    (void)count;
    struct numbers *numbers = user;
    struct want *want = &numbers->wants[n];
    bool keeps = columns[2].integer != HELD_NOT || columns[3].integer != 0;
    if (columns[0].integer == want->self) {
        return 0;
    }
    if (keeps) {
        return ledger_keep(numbers->batch->arena, columns[1].text, &want->owner);
    }
    if (columns[4].kind != SQL_NULL) {
        numbers->losers[numbers->lost++] = columns[0].integer;
    }
    return 0;
}

static void loser_bind(void *user, size_t n, struct sql_value *params)
{
    params[0] = SQL_INTEGER(((const struct numbers *)user)->losers[n]);
}

static void change_bind(void *user, size_t n, struct sql_value *params)
{
    const struct numbers *numbers = user;
    const struct ledger_row *row = &numbers->batch->rows[numbers->changed[n]];
    params[0] = text_equal(row->number, row->key) ? SQL_NOTHING : SQL_STRING(row->number);
    params[1] = SQL_INTEGER(row->id);
}

static struct text number_of(const struct record *record, const struct ledger_row *row)
{
    return record->number.size > 0 ? record->number : row->key;
}

/* What will be sent under a number that it may not have; and what was written under another than is noted here. */
static bool row_wants(const struct record *record, const struct ledger_row *row)
{
    if (row->repeated || (row->action != ACTION_CLAIM && row->action != ACTION_STAMP)) {
        return false;
    }
    bool moved = !text_equal(row->number, number_of(record, row));
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
            size_t first = ledger_names_add(&taken, row->number, want->row);
            owner = first != want->row ? batch->rows[first].key : owner;
        }
        const struct record *record = &records[want->row];
        if (owner.data && row->action == ACTION_STAMP) {
            continue;
        }
        if (owner.data) {
            error = ledger_refuse(batch->arena, row, TEXT("number_clash"),
                                  "number %.*s belongs to key %.*s already: give one of the two another number",
                                  TEXT_ARG(row->number), TEXT_ARG(owner));
        } else if (record->id != 0 && !text_equal(row->number, number_of(record, row)) &&
                   (row->op == OP_CREATE || record->target_id.size > 0)) {
            /* Without an id the target is asked by the old number, which therefore stays. */
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
        matter = (row->action == ACTION_CLAIM || row->action == ACTION_STAMP) && !text_equal(row->number, row->key);
    }
    return matter;
}

int ledger_number(struct store *store, struct ledger_batch *batch, const struct ledger_gate *gate,
                  const struct record *records)
{
    if (!numbers_matter(batch, gate)) {
        return 0;
    }
    struct numbers numbers = {.batch = batch, .pair = gate->pair};
    numbers.wants = arena_take(batch->arena, batch->count * sizeof *numbers.wants);
    numbers.losers = arena_take(batch->arena, batch->count * sizeof *numbers.losers);
    numbers.changed = arena_take(batch->arena, batch->count * sizeof *numbers.changed);
    if (!numbers.wants || !numbers.losers || !numbers.changed) {
        return ERR_MEMORY;
    }
    numbers_want(&numbers, records);
    struct sql_call ask = {.text = "SELECT id, key, held, claim, number FROM record WHERE pair = $1 AND number = $2 "
                                   "UNION ALL SELECT id, key, held, claim, NULL FROM record "
                                   "WHERE pair = $1 AND key = $2 AND number IS NULL",
                           .rows = numbers.count,
                           .params = 2,
                           .bind = want_bind,
                           .found = want_found,
                           .user = &numbers};
    if (numbers.count == 0) {
        return 0;
    }
    int error = store_many(store, &ask);
    error = error ? error : numbers_judge(&numbers, records);
    struct sql_call lose = {.text = "UPDATE record SET number = NULL WHERE id = $1",
                            .rows = numbers.lost,
                            .params = 1,
                            .bind = loser_bind,
                            .user = &numbers};
    error = error || numbers.lost == 0 ? error : store_many(store, &lose);
    struct sql_call change = {.text = "UPDATE record SET number = $1 WHERE id = $2",
                              .rows = numbers.changes,
                              .params = 2,
                              .bind = change_bind,
                              .user = &numbers};
    return error || numbers.changes == 0 ? error : store_many(store, &change);
}
