#include "common/ledger/sibling.h"

#include "common/ledger/decide.h"

enum { FIND_PARAMS = 4, NOTE_PARAMS = 4, COLUMN_ID = 0, COLUMN_NUMBER, COLUMN_RECORD, COLUMN_OWN };

static int keep(struct arena *arena, struct text from, struct text *to)
{
    *to = from.size > 0 ? arena_text(arena, from) : TEXT("");
    return to->data ? 0 : ERR_MEMORY;
}

/* A record of the key: that of the run's own source comes first, and then the others don't count. */
static int take(struct sibling *sibling, const struct sql_value *columns, struct arena *arena)
{
    bool known = columns[COLUMN_ID].kind == SQL_TEXT && columns[COLUMN_ID].text.size > 0;
    if (sibling->own) {
        return 0;
    }
    if (sibling->state != SIBLING_ABSENT) {
        bool same = known && sibling->state == SIBLING_FOUND && text_equal(sibling->id, columns[COLUMN_ID].text);
        sibling->state = same ? SIBLING_FOUND : SIBLING_TWICE;
        return 0;
    }
    sibling->own = columns[COLUMN_OWN].integer != 0;
    sibling->state = known ? SIBLING_FOUND : SIBLING_HELD;
    sibling->record = columns[COLUMN_RECORD].integer;
    int error = keep(arena, known ? columns[COLUMN_ID].text : TEXT(""), &sibling->id);
    return error ? error : keep(arena, columns[COLUMN_NUMBER].text, &sibling->number);
}

int siblings_find(struct store *store, int64_t run, struct sibling *siblings, size_t count, struct arena *arena)
{
    struct sql_value *values = arena_take(arena, (count + 1) * FIND_PARAMS * sizeof *values);
    if (!values) {
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        struct sql_value *of = values + i * FIND_PARAMS;
        siblings[i].state = SIBLING_ABSENT;
        siblings[i].own = false;
        of[0] = SQL_INTEGER(run);
        of[1] = SQL_STRING(siblings[i].account);
        of[2] = SQL_STRING(siblings[i].scheme);
        of[3] = SQL_STRING(text_is_storable(siblings[i].key) ? siblings[i].key : TEXT(""));
    }
    struct sql_call call = {.text =
                                "SELECT r.target_id, COALESCE(r.number, r.key), r.id, CASE WHEN p.source = (SELECT "
                                "source FROM run WHERE id = $1) THEN 1 ELSE 0 END AS own FROM pair p CROSS JOIN "
                                "record r WHERE r.pair = p.id AND p.target = $2 AND p.scheme = $3 AND r.key = $4 AND "
                                "r.held <> 0 ORDER BY own DESC",
                            .values = values,
                            .params = FIND_PARAMS,
                            .rows = count};
    struct sql_rows rows;
    int error = 0;
    store_find(store, &call, &rows);
    while (!error && store_next(&rows)) {
        error = take(&siblings[rows.row], rows.columns, arena);
    }
    int found = store_found(&rows);
    return error ? error : found;
}

int siblings_note(struct store *store, const struct sibling_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct sql_value values[] = {SQL_STRING(ids[i].id), SQL_INTEGER(ids[i].record), SQL_STRING(ids[i].number),
                                           SQL_INTEGER(HELD_NOT)};
        int error = store_run(store,
                              "UPDATE record SET target_id = $1 WHERE id = $2 AND COALESCE(number, key) = $3 AND "
                              "held <> $4 AND target_id IS NULL AND claim = 0",
                              values, NOTE_PARAMS, NULL);
        if (error) {
            return error;
        }
    }
    return 0;
}
