#include "common/ledger/look.h"

#include <string.h>

enum { LOOK_PARAMS = 2 };

static int record_read(struct beginning *begin, struct record *record, const struct sql_value *columns)
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
    record->until.ms = columns[8].integer;
    record->adopted = columns[9].integer != 0;
    struct arena *arena = begin->batch->arena;
    int error = begin_keep(arena, columns[10].text, &record->target_id);
    return error ? error : begin_keep(arena, columns[11].text, &record->number);
}

#define RECORD_COLUMNS "id, run, outcome, held, hash, claim, op, pend, until, adopted, target_id, number"

/* Key by key. */
static int look_each(struct beginning *begin)
{
    begin_sort(begin);
    struct sql_value *values = begin_values(begin, LOOK_PARAMS);
    if (!values) {
        return ERR_MEMORY;
    }
    for (size_t p = 0; p < begin->picked; p++) {
        values[p * LOOK_PARAMS] = SQL_INTEGER(begin->gate.pair);
        values[p * LOOK_PARAMS + 1] = SQL_STRING(begin->batch->rows[begin->pick[p]].in.key);
    }
    struct sql_call call = {.text = SQL_BY_INDEX "SELECT " RECORD_COLUMNS
                                                 " FROM record WHERE pair = $1 AND key = $2 " SQL_FOR_UPDATE,
                            .values = values,
                            .params = LOOK_PARAMS,
                            .rows = begin->picked};
    struct sql_rows rows;
    int error = 0;
    store_find(begin->store, &call, &rows);
    while (!error && store_next(&rows)) {
        error = record_read(begin, &begin->records[begin->pick[rows.row]], rows.columns);
    }
    int found = store_found(&rows);
    return error ? error : found;
}

/* What parts keys in a list of them; a key that holds it is looked up by itself. */
#define KEYS_APART "\x1f"

/* Sources that return their records in the order of their keys make a page one stretch of the ledger, read (or found
 * empty) in one go. Where that is not so, it is not tried again for a while. */
enum { STRETCH_LEAST = 8, STRETCH_REST = 32 };
static _Atomic int stretch_rest;

/* All keys in one text, for a server that can take it apart. data NULL: there is no memory, or a key that holds the mark. */
static struct text keys_join(const struct beginning *begin)
{
    size_t size = 0, at = 0;
    for (size_t p = 0; p < begin->picked; p++) {
        size += begin->batch->rows[begin->pick[p]].in.key.size + 1;
    }
    char *bytes = arena_take(begin->batch->arena, size);
    for (size_t p = 0; bytes && p < begin->picked; p++) {
        struct text key = begin->batch->rows[begin->pick[p]].in.key;
        if (memchr(key.data, KEYS_APART[0], key.size)) {
            return (struct text){0};
        }
        memcpy(bytes + at, key.data, key.size);
        at += key.size;
        bytes[at++] = KEYS_APART[0];
    }
    return (struct text){bytes, bytes ? at - 1 : 0};
}

/* *whole: nothing of the stretch was left out, so what was not found is not there. A server of many writers looks at no
 * other keys, and locks no rows of other pages. */
static int look_stretch(struct beginning *begin, bool *whole)
{
    struct text keys = store_has_server(begin->store) ? keys_join(begin) : TEXT("");
    *whole = false;
    if (!keys.data) {
        return 0;
    }
    const struct ledger_row *all = begin->batch->rows;
    struct text low = all[begin->pick[0]].in.key, high = low;
    for (size_t p = 1; p < begin->picked; p++) {
        struct text key = all[begin->pick[p]].in.key;
        low = begin_compare(key, low) < 0 ? key : low;
        high = begin_compare(key, high) > 0 ? key : high;
    }
    size_t limit = 2 * begin->picked + STRETCH_LEAST, came = 0;
    const struct sql_value values[] = {SQL_INTEGER(begin->gate.pair), SQL_STRING(low), SQL_STRING(high),
                                       SQL_INTEGER(limit), SQL_STRING(keys)};
    struct sql_rows rows;
    int error = 0;
    store_ask(begin->store,
              "SELECT " RECORD_COLUMNS ", key FROM record "
              "WHERE pair = $1 AND key >= $2 AND key <= $3 "
              "/*! AND key = ANY(string_to_array($5, E'"
              "\\x1f"
              "')) !*/ ORDER BY key LIMIT $4 " SQL_FOR_UPDATE,
              values, 5, &rows);
    while (!error && store_next(&rows)) {
        size_t at = ledger_names_find(&begin->seen, rows.columns[rows.count - 1].text);
        error = at == SIZE_MAX ? 0 : record_read(begin, &begin->records[at], rows.columns);
        came++;
    }
    int found = store_found(&rows);
    *whole = came < limit;
    return error ? error : found;
}

int begin_look(struct beginning *begin)
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
