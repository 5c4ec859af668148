#include "common/run/replay.h"

#include <stdio.h>

#include "common/run/outcome.h"

/* Made-up keys ask the source for nothing. */
#define MADE_UP RUN_KEY_IS_MADE_UP("r")

struct picking {
    const struct replay_choice *choice;
    int64_t run, pair, keyless;
    struct text absent;
};

enum { PICK_PARAMS = 5, PICK_MOST = 64 /* keys of one call */, SAVED = 1 /* enum holding: HELD_SAME */ };

/* Those among `count` keys (one empty key = any) that are chosen become slices; a key that is given twice is one. */
static int keys_pick(struct store *store, struct picking *picking, const struct text *keys, size_t count)
{
    const struct replay_choice *choice = picking->choice;
    struct sql_value values[PICK_MOST * PICK_PARAMS];
    int64_t changes[PICK_MOST];
    for (size_t i = 0; i < count; i++) {
        if (!text_is_storable(keys[i])) {
            picking->absent = keys[i]; /* the ledger has no such key */
            return 0;
        }
        const struct sql_value row[PICK_PARAMS] = {SQL_INTEGER(picking->pair), SQL_STRING(keys[i]),
                                                   SQL_STRING(choice->code), SQL_STRING(choice->class),
                                                   SQL_INTEGER(picking->run)};
        memcpy(&values[i * PICK_PARAMS], row, sizeof row);
    }
    struct sql_call pick = {.text =
                                "INSERT INTO run_key(run, slice, key) SELECT CAST($5 AS bigint), (SELECT COUNT(*) "
                                "FROM run_key WHERE run = $5) + ROW_NUMBER() OVER (ORDER BY j.record) - 1, r.key "
                                "FROM reject j JOIN record r ON r.id = j.record WHERE r.pair = $1 AND "
                                "($2 = '' OR r.key = $2) AND ($3 = '' OR j.code = $3) AND ($4 = '' OR j.class = $4) "
                                "AND ($2 <> '' OR j.closed IS NULL) AND NOT " MADE_UP
                                " ON CONFLICT(run, key) DO UPDATE SET slice = run_key.slice",
                            .values = values,
                            .params = PICK_PARAMS,
                            .rows = count,
                            .changes = changes};
    int error = store_many(store, &pick);
    for (size_t i = 0; !error && i < count; i++) {
        if (changes[i] == 0 && keys[i].size > 0 && picking->absent.size == 0) {
            picking->absent = keys[i];
        }
    }
    struct sql_call keyless = {.text = "SELECT COUNT(*) FROM reject j JOIN record r ON r.id = j.record "
                                       "WHERE r.pair = $1 AND ($2 = '' OR r.key = $2) AND "
                                       "($3 = '' OR j.code = $3) AND ($4 = '' OR j.class = $4) "
                                       "AND ($2 <> '' OR j.closed IS NULL) AND " MADE_UP,
                               .values = values,
                               .params = PICK_PARAMS,
                               .rows = count};
    struct sql_rows rows;
    if (error) {
        return error;
    }
    store_find(store, &keyless, &rows);
    while (store_next(&rows)) {
        picking->keyless += rows.columns[0].integer;
    }
    return store_found(&rows);
}

static int choice_pick(struct store *store, struct picking *picking)
{
    static const struct text any = {"", 0};
    const struct replay_choice *choice = picking->choice;
    int error = choice->key_count == 0 ? keys_pick(store, picking, &any, 1) : 0;
    for (size_t from = 0; !error && from < choice->key_count; from += PICK_MOST) {
        size_t left = choice->key_count - from;
        error = keys_pick(store, picking, choice->keys + from, left < PICK_MOST ? left : PICK_MOST);
    }
    return error;
}

int keys_open(struct store *store, int64_t run, int64_t first_page, int64_t *keys)
{
    const struct sql_value id = SQL_INTEGER(run);
    const struct sql_value pages[] = {id, SQL_INTEGER(first_page), SQL_INTEGER(PAGE_OPEN)};
    const struct sql_value records[] = {id, SQL_INTEGER(SAVED), SQL_INTEGER(OUTCOME_PENDING)};
    int error = store_run(store,
                          "INSERT INTO page(run, slice, no, state) SELECT run, slice, CAST($2 AS bigint), "
                          "CAST($3 AS bigint) FROM run_key WHERE run = $1",
                          pages, 3, NULL);
    error =
        error ? error
              : store_run(store, "UPDATE run SET slices = (SELECT COUNT(*) FROM run_key WHERE run = $1) WHERE id = $1",
                          &id, 1, NULL);
    error = error ? error
                  : store_run(store,
                              "UPDATE record SET hash = CASE WHEN held = $2 THEN hash ELSE NULL END, "
                              "outcome = CASE WHEN held = $2 THEN $3 ELSE outcome END WHERE pair = (SELECT pair FROM "
                              "run WHERE id = $1) AND id IN (SELECT record FROM reject) AND key IN (SELECT key FROM "
                              "run_key WHERE run = $1)",
                              records, 3, NULL);
    return error ? error : store_integers(store, "SELECT slices FROM run WHERE id = $1", &id, 1, keys, 1);
}

/* The scheme's newest run, whose accounts are ours, or the one that stands open. ERR_NOT_FOUND */
static int before_find(struct store *store, const struct run_plan *plan, int64_t *id, bool *open, enum run_kind *kind)
{
    /* Without a source it is that of the scheme's newest run. */
    const struct sql_value values[] = {SQL_STRING(plan->scheme),
                                       SQL_STRING(plan->source.size > 0 ? plan->source : TEXT(""))};
    int64_t found[2];
    int error =
        store_integers(store,
                       "SELECT id, kind FROM run WHERE scheme = $1 AND ($2 = '' OR source = $2) AND " RUN_IS_UNFINISHED
                       " ORDER BY id DESC LIMIT 1",
                       values, 2, found, 2);
    *open = error == 0;
    if (error == ERR_NOT_FOUND) {
        error = store_integers(store,
                               "SELECT id, kind FROM run WHERE scheme = $1 AND ($2 = '' OR source = $2) AND pair IS "
                               "NOT NULL ORDER BY id DESC LIMIT 1",
                               values, 2, found, 2);
    }
    if (!error) {
        *id = found[0];
        *kind = (enum run_kind)found[1];
    }
    return error;
}

int run_insert_keyed(struct store *store, const struct run_plan *plan, int64_t before, enum run_kind kind,
                     struct run *run)
{
    *run = (struct run){.state = RUN_OPEN, .kind = kind, .source_total = -1, .started = store_wall()};
    const struct sql_value values[] = {SQL_STRING(plan->scheme_hash), SQL_INTEGER(run->started), SQL_INTEGER(before),
                                       SQL_INTEGER(RUN_OPEN), SQL_INTEGER(kind)};
    int error = store_integers(store,
                               "INSERT INTO run(scheme, scheme_hash, source, target, pair, state, slices, started, "
                               "kind) SELECT scheme, CAST($1 AS text), source, target, pair, CAST($4 AS bigint), 0, "
                               "CAST($2 AS bigint), CAST($5 AS bigint) FROM run WHERE id = $3 ON CONFLICT DO NOTHING "
                               "RETURNING id",
                               values, 5, &run->id, 1);
    return error == ERR_NOT_FOUND ? ERR_BUSY : error; /* another began one this very moment */
}

int replay_begin(struct store *store, const struct run_plan *plan, const struct replay_choice *choice,
                 struct replay *out)
{
    struct run run = {.state = RUN_OPEN, .source_total = -1, .started = store_wall()};
    int64_t before = 0;
    bool open = false;
    *out = (struct replay){.absent = TEXT("")};
    if (!text_is_storable(choice->code) || !text_is_storable(choice->class)) {
        return ERR_NOT_FOUND;
    }
    int error = before_find(store, plan, &before, &open, &run.kind);
    if (error) {
        return error;
    }
    if (open) {
        run.id = before;
        run.resumed = true;
        out->run = run;
        struct sql_value id = SQL_INTEGER(run.id);
        return run.kind != RUN_REPLAY
                   ? ERR_BUSY
                   : store_integers(store, "SELECT slices FROM run WHERE id = $1", &id, 1, &out->keys, 1);
    }
    error = run_insert_keyed(store, plan, before, RUN_REPLAY, &run);
    struct picking picking = {.choice = choice, .run = run.id, .absent = TEXT("")};
    if (!error) {
        const struct sql_value id = SQL_INTEGER(run.id);
        error = store_integers(store, "SELECT pair FROM run WHERE id = $1", &id, 1, &picking.pair, 1);
    }
    error = error ? error : choice_pick(store, &picking);
    error = error ? error : keys_open(store, run.id, plan->first_page, &out->keys);
    if (error) {
        return error;
    }
    out->run = run;
    out->keyless = picking.keyless;
    out->absent = picking.absent;
    return out->keys == 0 || out->absent.size > 0 ? ERR_NOT_FOUND : 0;
}

int replay_key(struct store *store, int64_t run, int32_t slice, char key[KEY_MAX + 1])
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(slice)};
    struct sql_rows rows;
    store_ask(store, "SELECT key FROM run_key WHERE run = $1 AND slice = $2", values, 2, &rows);
    bool found = store_next(&rows) && rows.columns[0].text.size <= KEY_MAX;
    if (found) {
        snprintf(key, KEY_MAX + 1, "%.*s", TEXT_ARG(rows.columns[0].text));
    }
    int error = store_found(&rows);
    return error || found ? error : ERR_NOT_FOUND;
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
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(PAGE_OPEN)};
    return store_integers(store,
                          "SELECT COUNT(*) FROM run_key k WHERE k.run = $1 AND NOT EXISTS (SELECT 1 FROM page p "
                          "WHERE p.run = $1 AND p.slice = k.slice AND (p.rows > 0 OR p.state = $2))",
                          values, 2, count, 1);
}
