/* A temporary store on a clock that the test moves, with open runs and pages in it. */
#ifndef DIANCHEN_TESTS_UNIT_LEDGER_RIG_H
#define DIANCHEN_TESTS_UNIT_LEDGER_RIG_H

#include "common/ledger/ledger.h"
#include "tests/unit/store_place.h"

enum { RIG_SEND = 20000, RIG_LATE = 10000, RIG_VISIBLE = 2000, RIG_ALL = RIG_SEND + RIG_LATE + RIG_VISIBLE };

struct rig {
    struct place place;
    struct store *store;
    struct arena arena;
    int64_t now;
};

static inline int64_t rig_now(void *user)
{
    return ((const struct rig *)user)->now;
}

/* The first column of the last row of a literal statement; -2 = no row. */
static inline int64_t rig_ask(struct rig *rig, const char *text)
{
    int64_t answer = -2;
    struct sql_rows rows;
    store_ask(rig->store, text, NULL, 0, &rows);
    while (store_next(&rows)) {
        answer = rows.columns[0].kind == SQL_INT ? rows.columns[0].integer : -1;
    }
    assert_int_equal(store_found(&rows), 0);
    return answer;
}

static inline void rig_write(struct rig *rig, const char *text)
{
    assert_int_equal(store_begin(rig->store, true), 0);
    struct sql_call call = {.text = text, .rows = 1};
    assert_int_equal(store_many(rig->store, &call), 0);
    assert_int_equal(store_end(rig->store, 0), 0);
}

/* Closes the others and opens run `id`, the next one, with pages 0 to 3 under fence 1. */
static inline void rig_run(struct rig *rig, int64_t id)
{
    static const char *const texts[] = {
        "UPDATE run SET state = 2 WHERE id <> $1",
        "INSERT INTO run(scheme, scheme_hash, source, state, max_rows, source_total, follow_up, slices, started) "
        "VALUES('shops', 'aa', 'sid', 1, 0, -1, 0, 1, 0)",
        "INSERT INTO page(run, slice, no, state, fence, until, rows) VALUES($1, 0, 0, 1, 1, 0, 0), "
        "($1, 0, 1, 1, 1, 0, 0), ($1, 0, 2, 1, 1, 0, 0), ($1, 0, 3, 1, 1, 0, 0)"};
    assert_int_equal(store_begin(rig->store, true), 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct sql_value run = SQL_INTEGER(id);
        assert_int_equal(store_run(rig->store, texts[i], &run, i != 1, NULL), 0);
    }
    assert_int_equal(store_end(rig->store, 0), 0);
}

static inline int rig_open(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct cause cause;
    assert_non_null(rig);
    assert_int_equal(place_make(&rig->place), 0);
    assert_int_equal(store_open(rig->place.url, &rig->store, &cause), 0);
    rig->now = 1000000;
    store_set_clock(rig->store, rig_now, rig);
    arena_init(&rig->arena, 8 << 20);
    rig_run(rig, 1);
    /* What stands in its accounts is known. */
    rig_write(rig, "INSERT INTO existing_reading(account, scheme, state) VALUES('A1', 'shops', 1), ('B2', 'shops', 1)");
    *state = rig;
    return 0;
}

static inline int rig_close(void **state)
{
    struct rig *rig = *state;
    store_close(&rig->store);
    arena_fini(&rig->arena);
    int error = place_remove(&rig->place);
    free(rig);
    return error;
}

/* A row whose 16 bytes of hash are the content's letter. */
static inline struct ledger_row rig_row(const char *key, char content)
{
    struct ledger_row row = {.in.key = text_of(key), .in.payload = TEXT("{\"name\":\"x\"}"), .in.source = TEXT("src")};
    memset(row.in.hash, content, sizeof row.in.hash);
    return row;
}

static inline struct ledger_batch rig_batch(struct rig *rig, int64_t run, struct ledger_row *rows, size_t count)
{
    return (struct ledger_batch){.page = {.run = run, .fence = 1},
                                 .account = TEXT("A1"),
                                 .existing = EXISTING_ADOPT,
                                 .times = {RIG_SEND, RIG_LATE, RIG_VISIBLE},
                                 .arena = &rig->arena,
                                 .rows = rows,
                                 .count = count};
}

static inline int rig_begin_batch(struct rig *rig, struct ledger_batch *batch)
{
    assert_int_equal(store_begin(rig->store, true), 0);
    int error = ledger_begin(rig->store, batch);
    int ended = store_end(rig->store, error);
    return error ? error : ended;
}

static inline void rig_begin(struct rig *rig, int64_t run, struct ledger_row *rows, size_t count)
{
    struct ledger_batch batch = rig_batch(rig, run, rows, count);
    assert_int_equal(rig_begin_batch(rig, &batch), 0);
}

static inline struct ledger_result rig_result(const struct ledger_row *row, int64_t run, enum verdict verdict,
                                              const char *id)
{
    return (struct ledger_result){.id = row->id,
                                  .claim = row->claim,
                                  .run = run,
                                  .verdict = verdict,
                                  .op = row->op,
                                  .adopted = row->adopted,
                                  .hash = row->in.hash,
                                  .number = row->in.number,
                                  .target_id = text_of(id),
                                  .refusal = {TEXT("target"), TEXT("E7"), TEXT("no such category")},
                                  .key = row->in.key,
                                  .payload = row->in.payload,
                                  .source = row->in.source};
}

static inline int rig_end_one(struct rig *rig, struct ledger_result result)
{
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, ledger_end(rig->store, &result, 1)), 0);
    return result.stale;
}

/* Ends a row that was begun in `run`; 1 = stale. */
static inline int rig_end(struct rig *rig, const struct ledger_row *row, int64_t run, enum verdict verdict,
                          const char *id)
{
    return rig_end_one(rig, rig_result(row, run, verdict, id));
}

static inline struct ledger_reclaim rig_reclaim(struct rig *rig, struct ledger_reclaim reclaim)
{
    struct ledger_times times = {RIG_SEND, RIG_LATE, RIG_VISIBLE};
    assert_int_equal(store_begin(rig->store, true), 0);
    assert_int_equal(store_end(rig->store, ledger_reclaim(rig->store, &times, &reclaim, 1)), 0);
    return reclaim;
}

#endif
