#include "common/reject.h"

#include <time.h>

#include "common/wire.h"

static int64_t wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct walk {
    int64_t run, limit;
    struct text key;
    reject_fn *fn;
    void *user;
};

static void walk_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    const struct walk *walk = user;
    params[0] = SQL_INTEGER(walk->run);
    params[1] = SQL_STRING(walk->key);
    params[2] = SQL_INTEGER(walk->limit);
}

static int walk_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row;
    (void)count;
    const struct walk *walk = user;
    struct reject reject = {.record = columns[0].integer,
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
                            .last = columns[11].integer};
    return walk->fn(walk->user, &reject);
}

int reject_each(struct store *store, int64_t run, struct text key, int64_t limit, reject_fn *fn, void *user)
{
    struct walk walk = {.run = run, .limit = limit > 0 ? limit : INT64_MAX, .key = key, .fn = fn, .user = user};
    struct sql_call call = {
        .text = "SELECT record, run, key, number, class, code, message, source, payload, attempts, first, last FROM "
                "(SELECT j.record, j.run, r.key, COALESCE(r.number, r.key) AS number, j.class, j.code, j.message, "
                "j.source, j.payload, j.attempts, j.first, j.last FROM reject j JOIN record r ON r.id = j.record "
                "WHERE ($1 = 0 OR j.run = $1) AND ($2 = '' OR r.key = $2) "
                "ORDER BY j.last DESC, j.record DESC LIMIT $3) newest ORDER BY last, record",
        .rows = 1,
        .params = 3,
        .bind = walk_bind,
        .found = walk_found,
        .user = &walk};
    return store_many(store, &call);
}

static int integer_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row;
    for (size_t i = 0; i < count; i++) {
        ((int64_t *)user)[i] = columns[i].kind == SQL_INT ? columns[i].integer : 0;
    }
    return 0;
}

int reject_count(struct store *store, int64_t *open)
{
    int64_t count = 0;
    struct sql_call call = {.text = "SELECT COUNT(*) FROM reject", .rows = 1, .found = integer_found, .user = &count};
    int error = store_many(store, &call);
    if (!error) {
        *open = count;
    }
    return error;
}

struct entries {
    const struct reject_entry *entries;
    const struct text *sources; /* as they are stored */
    int64_t now;
};

static struct text cut(struct text t, size_t limit)
{
    return t.size > 0 ? (struct text){t.data, text_cut(t, limit)} : TEXT("");
}

static void put_bind(void *user, size_t row, struct sql_value *params)
{
    const struct entries *put = user;
    const struct reject_entry *entry = &put->entries[row];
    params[0] = SQL_INTEGER(entry->record);
    params[1] = SQL_INTEGER(entry->run);
    params[2] = SQL_STRING(cut(entry->refusal.class, REJECT_CODE_MAX));
    params[3] = SQL_STRING(cut(entry->refusal.code, REJECT_CODE_MAX));
    params[4] = SQL_STRING(cut(entry->refusal.message, REJECT_MESSAGE_MAX));
    params[5] = SQL_BYTES(put->sources[row]);
    params[6] = SQL_STRING(entry->payload);
    params[7] = SQL_INTEGER(put->now);
}

static int put_some(struct store *store, const struct reject_entry *entries, const struct text *sources, size_t count)
{
    struct entries put = {.entries = entries, .sources = sources, .now = wall_clock()};
    struct sql_call call = {
        .text = "INSERT INTO reject(record, run, class, code, message, source, payload, attempts, first, last) "
                "VALUES($1, $2, $3, $4, $5, $6, $7, 1, $8, $8) ON CONFLICT(record) DO UPDATE SET run = excluded.run, "
                "class = excluded.class, code = excluded.code, message = excluded.message, source = excluded.source, "
                "payload = excluded.payload, attempts = reject.attempts + 1, last = excluded.last",
        .rows = count,
        .params = 8,
        .bind = put_bind,
        .user = &put};
    return store_many(store, &call);
}

int reject_put(struct store *store, const struct reject_entry *entries, size_t count)
{
    enum { AT_ONCE = 64 };
    int error = 0;
    struct buffer json;
    buffer_init(&json, AT_ONCE * (size_t)WIRE_FRAME_MAX);
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
        struct text sources[AT_ONCE];
        for (size_t i = 0; i < some; i++) {
            size_t start = i > 0 ? ends[i - 1] : 0;
            sources[i] = (struct text){json.data ? json.data + start : "", ends[i] - start};
        }
        error = json.failed ? ERR_MEMORY : put_some(store, entries + from, sources, some);
    }
    buffer_fini(&json);
    return error;
}

struct some {
    const int64_t *records;
    int64_t run;
};

static void again_bind(void *user, size_t row, struct sql_value *params)
{
    const struct some *some = user;
    params[0] = SQL_INTEGER(some->run);
    params[1] = SQL_INTEGER(some->records[row]);
}

int reject_again(struct store *store, const int64_t *records, size_t count, int64_t run)
{
    struct some some = {.records = records, .run = run};
    struct sql_call call = {.text = "UPDATE reject SET run = $1 WHERE record = $2",
                            .rows = count,
                            .params = 2,
                            .bind = again_bind,
                            .user = &some};
    return count > 0 ? store_many(store, &call) : 0;
}

static void clear_bind(void *user, size_t row, struct sql_value *params)
{
    params[0] = SQL_INTEGER(((const int64_t *)user)[row]);
}

/* Nearly always there is nothing to delete: the first and last reject bound where there could be. */
int reject_clear(struct store *store, const int64_t *records, size_t count)
{
    int64_t bounds[2] = {0, 0};
    struct sql_call probe = {.text = "SELECT (SELECT MIN(record) FROM reject), (SELECT MAX(record) FROM reject)",
                             .rows = 1,
                             .found = integer_found,
                             .user = bounds};
    int error = count > 0 ? store_many(store, &probe) : 0;
    while (!error && count > 0) {
        int64_t within[64];
        size_t picked = 0;
        for (; count > 0 && picked < sizeof within / sizeof *within; records++, count--) {
            if (*records >= bounds[0] && *records <= bounds[1]) {
                within[picked++] = *records;
            }
        }
        struct sql_call call = {.text = "DELETE FROM reject WHERE record = $1",
                                .rows = picked,
                                .params = 1,
                                .bind = clear_bind,
                                .user = within};
        error = picked > 0 ? store_many(store, &call) : 0;
    }
    return error;
}
