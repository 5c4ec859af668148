#include "common/replay.h"

#include <stdio.h>

/* Made-up keys (transformer/map.c, ledger_begin.c) ask the source for nothing. */
#define MADE_UP "(r.key LIKE '(no key) %' OR r.key LIKE '(long key) %')"

struct picking {
    const struct replay_choice *choice;
    int64_t run, pair, keyless;
    struct text absent;
};

static struct text or_any(struct text t)
{
    return t.size > 0 ? t : TEXT("");
}

static void pick_bind(void *user, size_t row, struct sql_value *params)
{
    const struct picking *picking = user;
    const struct replay_choice *choice = picking->choice;
    params[0] = SQL_INTEGER(picking->run);
    params[1] = SQL_INTEGER(picking->pair);
    params[2] = SQL_STRING(or_any(choice->key_count > 0 ? choice->keys[row] : TEXT("")));
    params[3] = SQL_STRING(or_any(choice->code));
    params[4] = SQL_STRING(or_any(choice->class));
}

static void pick_changed(void *user, size_t row, int64_t changes)
{
    struct picking *picking = user;
    if (changes == 0 && picking->choice->key_count > 0 && picking->absent.size == 0) {
        picking->absent = picking->choice->keys[row];
    }
}

static void keyless_bind(void *user, size_t row, struct sql_value *params)
{
    struct sql_value all[5];
    pick_bind(user, row, all);
    memcpy(params, all + 1, 4 * sizeof *params);
}

static int keyless_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row;
    (void)count;
    ((struct picking *)user)->keyless += columns[0].integer;
    return 0;
}

/* A key that is given twice is one slice. */
static int keys_pick(struct store *store, struct picking *picking)
{
    size_t rows = picking->choice->key_count > 0 ? picking->choice->key_count : 1;
    int error = store_many(
        store, &(struct sql_call){
                   .text = "INSERT INTO run_key(run, slice, key) SELECT CAST($1 AS bigint), (SELECT COUNT(*) FROM "
                           "run_key WHERE run = $1) + ROW_NUMBER() OVER (ORDER BY j.record) - 1, r.key "
                           "FROM reject j JOIN record r ON r.id = j.record WHERE r.pair = $2 AND "
                           "($3 = '' OR r.key = $3) AND ($4 = '' OR j.code = $4) AND ($5 = '' OR j.class = $5) "
                           "AND NOT " MADE_UP " ON CONFLICT(run, key) DO UPDATE SET slice = run_key.slice",
                   .rows = rows,
                   .params = 5,
                   .bind = pick_bind,
                   .changed = pick_changed,
                   .user = picking,
               });
    return error ? error
                 : store_many(store, &(struct sql_call){
                                         .text = "SELECT COUNT(*) FROM reject j JOIN record r ON r.id = j.record "
                                                 "WHERE r.pair = $1 AND ($2 = '' OR r.key = $2) AND "
                                                 "($3 = '' OR j.code = $3) AND ($4 = '' OR j.class = $4) AND " MADE_UP,
                                         .rows = rows,
                                         .params = 4,
                                         .bind = keyless_bind,
                                         .found = keyless_found,
                                         .user = picking,
                                     });
}

/* The run's pages, its size, and rejects that are to be sent again though nothing changed. */
static int keys_open(struct store *store, const struct picking *picking, int64_t first_page)
{
    const struct sql_value run = SQL_INTEGER(picking->run);
    const struct sql_value pages[] = {run, SQL_INTEGER(first_page)};
    const struct sql_value records[] = {run, SQL_INTEGER(picking->pair)};
    int error = store_run(store,
                          "INSERT INTO page(run, slice, no, state) SELECT run, slice, CAST($2 AS bigint), 1 "
                          "FROM run_key WHERE run = $1",
                          pages, 2, NULL);
    error =
        error ? error
              : store_run(store, "UPDATE run SET slices = (SELECT COUNT(*) FROM run_key WHERE run = $1) WHERE id = $1",
                          &run, 1, NULL);
    return error ? error
                 : store_run(store,
                             "UPDATE record SET hash = NULL WHERE pair = $2 AND outcome = 5 AND "
                             "key IN (SELECT key FROM run_key WHERE run = $1)",
                             records, 2, NULL);
}

struct before { /* the scheme's newest run, whose accounts are ours, and the one that stands open */
    const struct run_plan *plan;
    struct run *run;
    int64_t id;
    bool open;
};

static void before_bind(void *user, size_t row, struct sql_value *params)
{
    const struct before *before = user;
    (void)row;
    params[0] = SQL_STRING(before->plan->scheme);
}

static int before_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    struct before *before = user;
    (void)row;
    (void)count;
    before->id = columns[0].integer;
    before->open = columns[1].integer == RUN_OPEN || columns[1].integer == RUN_FAILED;
    before->run->kind = (enum run_kind)columns[2].integer;
    return 1;
}

static int before_find(struct store *store, struct before *before)
{
    static const char open[] = "SELECT id, state, kind FROM run WHERE scheme = $1 AND state IN (1, 4) ORDER BY id DESC "
                               "LIMIT 1";
    static const char newest[] = "SELECT id, state, kind FROM run WHERE scheme = $1 AND pair IS NOT NULL "
                                 "ORDER BY id DESC LIMIT 1";
    struct sql_call call = {
        .text = open, .rows = 1, .params = 1, .bind = before_bind, .found = before_found, .user = before};
    int error = store_many(store, &call);
    if (!error && before->id == 0) {
        call.text = newest;
        error = store_many(store, &call);
    }
    return error || before->id != 0 ? error : ERR_NOT_FOUND;
}

int replay_begin(struct store *store, const struct run_plan *plan, const struct replay_choice *choice,
                 struct replay *out)
{
    struct run run = {.state = RUN_OPEN, .source_total = -1, .started = store_wall()};
    struct before before = {.plan = plan, .run = &run};
    *out = (struct replay){.absent = TEXT("")};
    int error = before_find(store, &before);
    if (error) {
        return error;
    }
    if (before.open) {
        run.id = before.id;
        run.resumed = true;
        out->run = run;
        struct sql_value id = SQL_INTEGER(run.id);
        return run.kind != RUN_REPLAY
                   ? ERR_BUSY
                   : store_integers(store, "SELECT slices FROM run WHERE id = $1", &id, 1, &out->keys, 1);
    }
    run.kind = RUN_REPLAY;
    const struct sql_value values[] = {SQL_STRING(plan->scheme_hash), SQL_INTEGER(run.started), SQL_INTEGER(before.id)};
    error = store_integers(store,
                           "INSERT INTO run(scheme, scheme_hash, source, target, pair, state, slices, started, kind) "
                           "SELECT scheme, CAST($1 AS text), source, target, pair, 1, 0, CAST($2 AS bigint), 1 "
                           "FROM run WHERE id = $3 ON CONFLICT DO NOTHING RETURNING id",
                           values, 3, &run.id, 1);
    error = error == ERR_NOT_FOUND ? ERR_BUSY : error; /* another began one this very moment */
    struct picking picking = {.choice = choice, .run = run.id, .absent = TEXT("")};
    if (!error) {
        const struct sql_value id = SQL_INTEGER(run.id);
        error = store_integers(store, "SELECT pair FROM run WHERE id = $1", &id, 1, &picking.pair, 1);
    }
    error = error ? error : keys_pick(store, &picking);
    error = error ? error : keys_open(store, &picking, plan->first_page);
    if (!error) {
        const struct sql_value id = SQL_INTEGER(run.id);
        error = store_integers(store, "SELECT slices FROM run WHERE id = $1", &id, 1, &out->keys, 1);
    }
    if (error) {
        return error;
    }
    out->run = run;
    out->keyless = picking.keyless;
    out->absent = picking.absent;
    return out->keys == 0 || out->absent.size > 0 ? ERR_NOT_FOUND : 0;
}

struct asking {
    struct sql_value run, slice;
    char *key;
    bool found;
};

static void key_bind(void *user, size_t row, struct sql_value *params)
{
    const struct asking *asking = user;
    (void)row;
    params[0] = asking->run;
    params[1] = asking->slice;
}

static int key_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    struct asking *asking = user;
    (void)row;
    (void)count;
    asking->found = columns[0].text.size <= KEY_MAX;
    snprintf(asking->key, KEY_MAX + 1, "%.*s", TEXT_ARG(columns[0].text));
    return 0;
}

int replay_key(struct store *store, int64_t run, int32_t slice, char key[KEY_MAX + 1])
{
    struct asking asking = {.run = SQL_INTEGER(run), .slice = SQL_INTEGER(slice), .key = key};
    int error = store_many(store, &(struct sql_call){
                                      .text = "SELECT key FROM run_key WHERE run = $1 AND slice = $2",
                                      .rows = 1,
                                      .params = 2,
                                      .bind = key_bind,
                                      .found = key_found,
                                      .user = &asking,
                                  });
    return error || asking.found ? error : ERR_NOT_FOUND;
}

int replay_end(struct store *store, const struct page *page, bool *gone)
{
    const struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->slice)};
    int64_t closed = 0;
    int error = store_run(store,
                          "DELETE FROM reject WHERE record IN (SELECT r.id FROM run JOIN run_key k ON k.run = run.id "
                          "JOIN record r ON r.pair = run.pair AND r.key = k.key WHERE run.id = $1 AND k.slice = $2) "
                          "AND NOT EXISTS (SELECT 1 FROM page WHERE run = $1 AND slice = $2 AND rows > 0)",
                          values, 2, &closed);
    *gone = closed > 0;
    return error;
}

int replay_gone(struct store *store, int64_t run, int64_t *count)
{
    const struct sql_value id = SQL_INTEGER(run);
    return store_integers(store,
                          "SELECT COUNT(*) FROM run_key k WHERE k.run = $1 AND NOT EXISTS (SELECT 1 FROM page p "
                          "WHERE p.run = $1 AND p.slice = k.slice AND (p.rows > 0 OR p.state = 1))",
                          &id, 1, count, 1);
}
