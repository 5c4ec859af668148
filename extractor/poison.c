#include "extractor/poison.h"

#include <stdlib.h>

#include "common/ledger/reject.h"
#include "common/log/log.h"
#include "common/wire/wire.h"
#include "extractor/record.h"

enum {
    POISON_MAX = 1000, /* records known at once */
    MARK_BYTES = 8,    /* that wire_put_apart adds to a record, at most */
};

static bool keep(struct text from, struct text *to)
{
    char *copy = from.size > 0 ? malloc(from.size) : NULL;
    if (copy) {
        memcpy(copy, from.data, from.size);
        *to = (struct text){copy, from.size};
    }
    return copy != NULL;
}

static int record_load(struct poison *poison, const struct sql_value *columns)
{
    struct poison_record *records = reallocarray(poison->records, poison->count + 1, sizeof *records);
    if (!records) {
        return ERR_MEMORY;
    }
    poison->records = records;
    struct poison_record *record = &records[poison->count];
    *record = (struct poison_record){0};
    if (keep(columns[0].text, &record->key) && keep(columns[1].text, &record->source)) {
        poison->count++;
        return 0;
    }
    free((void *)record->key.data);
    return columns[0].text.size == 0 || columns[1].text.size == 0 ? 0 : ERR_MEMORY;
}

int poison_load(struct store *store, const struct run_plan *plan, struct poison *poison)
{
    const struct sql_value values[] = {SQL_STRING(plan->scheme), SQL_STRING(plan->source),
                                       SQL_STRING(plan->scheme_hash), SQL_INTEGER(POISON_MAX)};
    struct sql_rows rows;
    int error = 0;
    poison_fini(poison);
    store_ask(store,
              "SELECT r.key, j.source FROM reject j JOIN record r ON r.id = j.record JOIN pair p ON p.id = r.pair "
              "JOIN run n ON n.id = j.run WHERE j.class = 'poison' AND p.scheme = $1 AND p.source = $2 AND "
              "n.scheme_hash = $3 LIMIT $4",
              values, 4, &rows);
    while (!error && store_next(&rows)) {
        error = record_load(poison, rows.columns);
    }
    int found = store_found(&rows);
    return error ? error : found;
}

void poison_fini(struct poison *poison)
{
    for (size_t i = 0; i < poison->count; i++) {
        free((void *)poison->records[i].key.data);
        free((void *)poison->records[i].source.data);
    }
    free(poison->records);
    *poison = (struct poison){0};
}

/* Is it still the record that was refused? */
static bool is_known(const struct poison *poison, const struct scheme *scheme, struct text raw, struct buffer *json)
{
    const struct source_form form = {scheme->slots, scheme->slot_count};
    char room[SCHEME_NUMBER_ROOM];
    struct text key = record_key(scheme, raw, room);
    for (size_t i = 0; i < poison->count; i++) {
        if (text_equal(poison->records[i].key, key)) {
            buffer_clear(json, json->limit);
            return wire_put_source(json, &form, raw) == 0 && text_equal(buffer_text(json), poison->records[i].source);
        }
    }
    return false;
}

int poison_mark(const struct poison *poison, const struct scheme *scheme, struct buffer *records)
{
    if (poison->count == 0) {
        return 0;
    }
    struct buffer marked, json;
    buffer_init(&marked, records->limit + (size_t)MARK_BYTES * WIRE_ROWS_MAX); /* a full page must fit, marked too */
    buffer_init(&json, WIRE_FRAME_MAX);
    for (struct text rest = buffer_text(records); rest.size > 0;) {
        struct text raw = record_first(scheme, rest);
        rest = (struct text){rest.data + raw.size, rest.size - raw.size};
        if (is_known(poison, scheme, raw, &json)) {
            wire_put_apart(&marked, raw);
        } else {
            buffer_add_text(&marked, raw);
        }
    }
    buffer_fini(&json);
    if (marked.failed) {
        buffer_fini(&marked);
        return ERR_MEMORY;
    }
    buffer_fini(records);
    *records = marked;
    return 0;
}

bool poison_apart(const struct scheme *scheme, const struct page *page, struct text record, struct buffer *out)
{
    struct text raw = record;
    if (wire_take_apart(&record, &raw)) {
        return false;
    }
    char room[SCHEME_NUMBER_ROOM];
    struct text key = record_key(scheme, raw, room);
    log_event(EVENT_RECORD_POISON, "a record ended every worker that it was given to; it is rejected", "key",
              LOG_TEXT(key), LOG_PAGE(page), NULL);
    wire_put_apart(out, raw);
    return !out->failed;
}

int poison_cause(const struct page *page, struct cause *cause)
{
    return cause_set(cause, ERR_REFUSED,
                     "a record of run %lld, slice %d, page %lld ends every worker though it is not mapped; read their "
                     "logs and report it",
                     (long long)page->run, (int)page->slice, (long long)page->no);
}
