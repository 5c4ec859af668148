#include "common/ledger/reject.h"

#include <string.h>

#include "common/base/arena.h"

#include "common/wire/wire.h"

#define EACH(which_)                                                                                                   \
    "SELECT record, run, key, number, class, code, message, source, payload, attempts, first, last, closed FROM "      \
    "(SELECT j.record, j.run, r.key, COALESCE(r.number, r.key) AS number, j.class, j.code, j.message, "                \
    "j.source, j.payload, j.attempts, j.first, j.last, COALESCE(j.closed, 0) AS closed FROM reject j JOIN record r "   \
    "ON r.id = j.record WHERE ($1 = 0 OR j.run = $1) AND ($2 = '' OR r.key = $2)" which_                               \
    " ORDER BY j.last DESC, j.record DESC LIMIT $3) newest ORDER BY last, record"

int reject_each(struct store *store, enum reject_which which, int64_t run, struct text key, int64_t limit,
                reject_fn *fn, void *user)
{
    static const char *const texts[] = {[REJECT_OPEN] = EACH(" AND j.closed IS NULL"),
                                        [REJECT_CLOSED] = EACH(" AND j.closed IS NOT NULL"),
                                        [REJECT_ANY] = EACH("")};
    if (!text_is_storable(key)) {
        return 0; /* the ledger has no such key */
    }
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_STRING(key), SQL_INTEGER(limit > 0 ? limit : INT64_MAX)};
    struct sql_rows rows;
    int ended = 0;
    store_ask(store, texts[which], values, 3, &rows);
    while (ended == 0 && store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        const struct reject reject = {.record = columns[0].integer,
                                      .run = columns[1].integer,
                                      .key = columns[2].text,
                                      .number = columns[3].text,
                                      .class = columns[4].text,
                                      .code = columns[5].text,
                                      .message = columns[6].text,
                                      .source = columns[7].text,
                                      .payload = columns[8].text,
                                      .attempts = columns[9].integer,
                                      .first = columns[10].integer,
                                      .last = columns[11].integer,
                                      .closed = columns[12].integer};
        ended = fn(user, &reject);
    }
    int error = store_found(&rows);
    return ended < 0 ? ended : error;
}

int reject_count(struct store *store, int64_t *open)
{
    return store_integers(store, "SELECT COUNT(*) FROM reject WHERE closed IS NULL", NULL, 0, open, 1);
}

int reject_close(struct store *store, const struct reject_closing *which, int64_t *closed)
{
#define CLOSE(rest)                                                                                                    \
    "UPDATE reject SET closed = $1 WHERE ($2 = '' OR class = $2) AND ($3 = '' OR code = $3) AND ($4 = '' OR EXISTS "   \
    "(SELECT 1 FROM record o JOIN pair q ON q.id = o.pair WHERE o.id = reject.record AND q.scheme = $4)) AND " rest    \
    " AND (closed IS NULL OR closed = $6)"
    struct sql_value values[] = {SQL_INTEGER(which->at != 0 ? which->at : store_wall()),
                                 SQL_STRING(which->class),
                                 SQL_STRING(which->code),
                                 SQL_STRING(which->scheme),
                                 SQL_STRING(which->key),
                                 SQL_INTEGER(which->at)};
    const char *text = CLOSE("$5 = ''");
    if (which->key.size > 0) {
        text = CLOSE("record IN (SELECT r.id FROM pair p CROSS JOIN record r WHERE r.pair = p.id AND r.key = $5)");
    }
    if (which->record != 0) {
        values[4] = SQL_INTEGER(which->record);
        text = CLOSE("record = $5");
    }
    *closed = 0;
    return store_run(store, text, values, sizeof values / sizeof *values, closed);
#undef CLOSE
}

enum { AT_ONCE = 64, PUT_PARAMS = 8 };

/* As much of a text from outside as is kept, as every store takes it. */
static struct sql_value kept(struct arena *arena, struct text t, size_t limit)
{
    t = arena_storable(arena, t);
    return SQL_STRING(t.size > 0 ? ((struct text){t.data, text_cut(t, limit)}) : TEXT(""));
}

static int put_some(struct store *store, struct arena *arena, const struct reject_entry *entries,
                    const struct text *sources, size_t count)
{
    struct sql_value values[AT_ONCE * PUT_PARAMS];
    const struct sql_value now = SQL_INTEGER(store_wall());
    for (size_t i = 0; i < count; i++) {
        const struct reject_entry *entry = &entries[i];
        const struct sql_value row[PUT_PARAMS] = {SQL_INTEGER(entry->record),
                                                  SQL_INTEGER(entry->run),
                                                  kept(arena, entry->refusal.class, REJECT_CODE_MAX),
                                                  kept(arena, entry->refusal.code, REJECT_CODE_MAX),
                                                  kept(arena, entry->refusal.message, REJECT_MESSAGE_MAX),
                                                  SQL_BYTES(sources[i]),
                                                  kept(arena, entry->payload, SIZE_MAX),
                                                  now};
        memcpy(&values[i * PUT_PARAMS], row, sizeof row);
    }
    struct sql_call call = {
        .text = "INSERT INTO reject(record, run, class, code, message, source, payload, attempts, first, last) "
                "VALUES($1, $2, $3, $4, $5, $6, $7, 1, $8, $8) ON CONFLICT(record) DO UPDATE SET run = excluded.run, "
                "class = excluded.class, code = excluded.code, message = excluded.message, source = excluded.source, "
                "payload = excluded.payload, attempts = reject.attempts + 1, last = excluded.last, closed = NULL",
        .values = values,
        .params = PUT_PARAMS,
        .rows = count};
    return store_many(store, &call);
}

int reject_put(struct store *store, const struct reject_entry *entries, size_t count)
{
    int error = 0;
    struct buffer json;
    struct arena arena;
    buffer_init(&json, AT_ONCE * (size_t)WIRE_FRAME_MAX);
    arena_init(&arena, (size_t)3 * AT_ONCE * WIRE_FRAME_MAX);
    for (size_t from = 0; !error && from < count; from += AT_ONCE) {
        size_t some = count - from < AT_ONCE ? count - from : AT_ONCE;
        size_t ends[AT_ONCE];
        buffer_clear(&json, json.limit);
        for (size_t i = 0; i < some; i++) {
            const struct reject_entry *entry = &entries[from + i];
            if (entry->form.count == 0 || wire_put_source(&json, &entry->form, entry->source) != 0) {
                buffer_add_text(&json, entry->source);
            }
            ends[i] = json.size;
        }
        struct text sources[AT_ONCE] = {{NULL, 0}};
        for (size_t i = 0; i < some; i++) {
            size_t start = i > 0 ? ends[i - 1] : 0;
            sources[i] = (struct text){json.data ? json.data + start : "", ends[i] - start};
        }
        error = json.failed ? ERR_MEMORY : put_some(store, &arena, entries + from, sources, some);
    }
    buffer_fini(&json);
    arena_fini(&arena);
    return error;
}

int reject_again(struct store *store, const int64_t *records, size_t count, int64_t run)
{
    int error = 0;
    for (size_t from = 0; !error && from < count; from += AT_ONCE) {
        struct sql_value values[2 * AT_ONCE];
        size_t some = count - from < AT_ONCE ? count - from : AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            values[2 * i] = SQL_INTEGER(run);
            values[2 * i + 1] = SQL_INTEGER(records[from + i]);
        }
        error =
            store_many(store, &(struct sql_call){.text = SQL_BY_INDEX "UPDATE reject SET run = $1 WHERE record = $2",
                                                 .values = values,
                                                 .params = 2,
                                                 .rows = some});
    }
    return error;
}

/* Nearly always there is nothing to delete: the first and last reject bound where there could be. */
int reject_clear(struct store *store, const int64_t *records, size_t count)
{
    int64_t bounds[2] = {0, 0};
    int error = count > 0 ? store_integers(store,
                                           SQL_BY_INDEX
                                           "SELECT (SELECT MIN(record) FROM reject), (SELECT MAX(record) FROM reject)",
                                           NULL, 0, bounds, 2)
                          : 0;
    while (!error && count > 0) {
        struct sql_value within[AT_ONCE];
        size_t picked = 0;
        for (; count > 0 && picked < AT_ONCE; records++, count--) {
            if (*records >= bounds[0] && *records <= bounds[1]) {
                within[picked++] = SQL_INTEGER(*records);
            }
        }
        error = store_many(store, &(struct sql_call){.text = SQL_BY_INDEX "DELETE FROM reject WHERE record = $1",
                                                     .values = within,
                                                     .params = 1,
                                                     .rows = picked});
    }
    return error;
}
