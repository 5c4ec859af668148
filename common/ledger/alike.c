#include "common/ledger/alike.h"

#include <string.h>

#include "common/base/rule.h"
#include "common/ledger/spelling.h"

enum {
    EXISTING_PARAMS = 2,
    OURS_PARAMS = 3,
    PUT_PARAMS = 3,
    BATCH_WAIT = 1000 /* ms: another row of the page goes first */
};

struct alikes {
    struct beginning *begin;
    struct text *folded; /* [row] */
};

static int marked(struct arena *arena, const char *mark, struct text folded, struct text *out)
{
    char *data = arena_take(arena, folded.size + 1);
    if (!data) {
        return ERR_MEMORY;
    }
    data[0] = mark[0];
    if (folded.size > 0) {
        memcpy(data + 1, folded.data, folded.size);
    }
    *out = (struct text){data, folded.size + 1};
    return 0;
}

int alike_of_existing(struct arena *arena, struct text number, struct text *out)
{
    struct text folded;
    int error = spelling_fold(arena, number, &folded);
    *out = TEXT("");
    return error || text_equal(folded, number) ? error : marked(arena, ALIKE_EXISTING, folded, out);
}

/* A create, or a create that became an update without an id, because its material is still to be looked up. */
static bool creates(const struct ledger_row *row)
{
    return row->action == ACTION_CLAIM &&
           (row->op == OP_CREATE || (row->op == OP_UPDATE && row->adopted && row->target_id.size == 0));
}

static void wait(struct beginning *begin, struct ledger_row *row, struct store_ms until)
{
    int64_t ms = store_since(until, begin->now);
    row->action = ACTION_BUSY;
    row->op = OP_NONE;
    row->until = until;
    begin->batch->retry_after = ms > begin->batch->retry_after ? ms : begin->batch->retry_after;
}

/* pick: creates that are looked for, all of them or those whose number folds to another. */
static size_t pick(const struct alikes *alikes, bool all)
{
    struct beginning *begin = alikes->begin;
    begin->picked = 0;
    for (size_t i = 0; i < begin->batch->count; i++) {
        const struct ledger_row *row = &begin->batch->rows[i];
        if (creates(row) && (all || !text_equal(alikes->folded[i], row->in.number))) {
            begin->pick[begin->picked++] = i;
        }
    }
    return begin->picked;
}

/* Does a material that stood there have this number, or one that folds to it? */
static int look_existing(const struct alikes *alikes, const char *mark)
{
    struct beginning *begin = alikes->begin;
    struct sql_value *values = begin_values(begin, EXISTING_PARAMS);
    int error = values ? 0 : ERR_MEMORY;
    for (size_t p = 0; !error && p < begin->picked; p++) {
        struct text name = alikes->folded[begin->pick[p]];
        error = mark ? marked(begin->batch->arena, mark, name, &name) : 0;
        values[p * EXISTING_PARAMS] = SQL_STRING(begin->batch->account);
        values[p * EXISTING_PARAMS + 1] = SQL_STRING(name);
    }
    if (error) {
        return error;
    }
    struct sql_call call = {.text = SQL_BY_INDEX "SELECT target_id FROM existing WHERE account = $1 AND number = $2",
                            .values = values,
                            .params = EXISTING_PARAMS,
                            .rows = begin->picked};
    struct sql_rows rows;
    store_find(begin->store, &call, &rows);
    while (store_next(&rows)) {
        begin->batch->rows[begin->pick[rows.row]].ask = true;
    }
    return store_found(&rows);
}

/* Another record of ours: what it has made answers to this number, perhaps. */
static int read_ours(struct beginning *begin, struct ledger_row *row, const struct sql_value *columns)
{
    struct store_ms until = {columns[3].integer};
    bool held = columns[1].integer != HELD_NOT;
    if (!creates(row) || text_equal(columns[0].text, row->in.key) || (!held && columns[2].integer == 0)) {
        return 0;
    }
    if (!held && store_before(begin->now, until)) {
        wait(begin, row, until);
        return 0;
    }
    row->ask = true;
    return begin_keep(begin->batch->arena, columns[0].text, &row->alike);
}

static int look_ours(const struct alikes *alikes, const char *text, const char *mark)
{
    struct beginning *begin = alikes->begin;
    struct sql_value *values = begin_values(begin, OURS_PARAMS);
    int error = values ? 0 : ERR_MEMORY;
    for (size_t p = 0; !error && p < begin->picked; p++) {
        struct text name = alikes->folded[begin->pick[p]];
        error = mark ? marked(begin->batch->arena, mark, name, &name) : 0;
        values[p * OURS_PARAMS] = SQL_STRING(begin->batch->account);
        values[p * OURS_PARAMS + 1] = SQL_STRING(name);
        values[p * OURS_PARAMS + 2] = SQL_INTEGER(begin->gate.pair);
    }
    if (error) {
        return error;
    }
    struct sql_call call = {.text = text, .values = values, .params = OURS_PARAMS, .rows = begin->picked};
    struct sql_rows rows;
    store_find(begin->store, &call, &rows);
    while (!error && store_next(&rows)) {
        error = read_ours(begin, &begin->batch->rows[begin->pick[rows.row]], rows.columns);
    }
    int found = store_found(&rows);
    return error ? error : found;
}

/* Of two rows of one page the second waits for the first. */
static int look_within(const struct alikes *alikes)
{
    struct beginning *begin = alikes->begin;
    struct ledger_names names;
    int error = ledger_names_init(&names, begin->batch->arena, begin->batch->count);
    for (size_t i = 0; !error && i < begin->batch->count; i++) {
        struct ledger_row *row = &begin->batch->rows[i];
        if (creates(row) && ledger_names_add(&names, alikes->folded[i], i) != i) {
            wait(begin, row, store_after(begin->now, BATCH_WAIT));
        }
    }
    return error;
}

/* Those that fold to another number are found by it from now on. */
static int note_ours(const struct alikes *alikes)
{
    struct beginning *begin = alikes->begin;
    if (pick(alikes, false) == 0) {
        return 0;
    }
    struct sql_value *values = begin_values(begin, PUT_PARAMS);
    int error = values ? 0 : ERR_MEMORY;
    for (size_t p = 0; !error && p < begin->picked; p++) {
        struct text name = alikes->folded[begin->pick[p]];
        error = marked(begin->batch->arena, ALIKE_OURS, name, &name);
        values[p * PUT_PARAMS] = SQL_STRING(begin->batch->account);
        values[p * PUT_PARAMS + 1] = SQL_STRING(name);
        values[p * PUT_PARAMS + 2] = SQL_STRING(begin->batch->rows[begin->pick[p]].in.key);
    }
    static const char text[] =
        "INSERT INTO existing(account, number, target_id) VALUES($1, $2, $3) ON CONFLICT DO NOTHING";
    struct sql_call call = {.text = text, .values = values, .params = PUT_PARAMS, .rows = begin->picked};
    error = error ? error : store_many(begin->store, &call);
    /* The mark alone says that there are any. */
    const struct sql_value mark[] = {SQL_STRING(begin->batch->account), SQL_STRING(TEXT(ALIKE_OURS)),
                                     SQL_STRING(TEXT(""))};
    return error || begin->gate.alike_ours ? error : store_run(begin->store, text, mark, PUT_PARAMS, NULL);
}

static int fold_all(struct alikes *alikes)
{
    const struct ledger_batch *batch = alikes->begin->batch;
    int error = 0;
    alikes->folded = arena_take(batch->arena, (batch->count + 1) * sizeof *alikes->folded);
    for (size_t i = 0; alikes->folded && !error && i < batch->count; i++) {
        alikes->folded[i] = TEXT("");
        if (creates(&batch->rows[i])) {
            error = spelling_fold(batch->arena, batch->rows[i].in.number, &alikes->folded[i]);
        }
    }
    return alikes->folded ? error : ERR_MEMORY;
}

/* What is asked for first is claimed as an update of what may stand there: whoever takes over that claim asks again, and never
 * takes what is found for a create of ours that landed. */
static void ask_first(struct beginning *begin)
{
    for (size_t i = 0; i < begin->batch->count; i++) {
        struct ledger_row *row = &begin->batch->rows[i];
        if (!creates(row) || (row->op == OP_CREATE && !row->ask && !begin->gate.unread)) {
            continue;
        }
        row->ask = true;
        row->op = OP_UPDATE;
        row->adopted = true;
        row->target_id = TEXT("");
    }
}

static int look_all(struct beginning *begin)
{
    static const char by_mark[] =
        "SELECT r.key, r.held, r.claim, r.until FROM existing e JOIN record r ON r.pair = $3 AND r.key = e.target_id "
        "WHERE e.account = $1 AND e.number = $2";
    static const char by_number[] = /* the account is not asked for: it says what the pair says */
        "SELECT key, held, claim, until FROM record WHERE pair = $3 AND number = $2 AND $1 <> '' UNION ALL "
        "SELECT key, held, claim, until FROM record WHERE pair = $3 AND key = $2 AND number IS NULL AND $1 <> ''";
    struct alikes alikes = {.begin = begin};
    int error = fold_all(&alikes);
    error = error ? error : look_within(&alikes);
    if (!error && begin->gate.alike_existing && pick(&alikes, true) > 0) {
        error = look_existing(&alikes, ALIKE_EXISTING);
    }
    if (!error && begin->gate.alike_ours && pick(&alikes, true) > 0) {
        error = look_ours(&alikes, by_mark, ALIKE_OURS);
    }
    if (!error && begin->gate.existing && pick(&alikes, false) > 0) {
        error = look_existing(&alikes, NULL);
    }
    if (!error && pick(&alikes, false) > 0) {
        error = look_ours(&alikes, by_number, NULL);
    }
    return error ? error : note_ours(&alikes);
}

int begin_alike(struct beginning *begin)
{
    const struct ledger_gate *gate = &begin->gate;
    int error = 0;
    if (rule_off(RULE_NUMBERS)) {
        return 0;
    }
    /* The keys of a batch differ: so do numbers that are keys, and fold to nothing else. */
    if (gate->numbered || gate->alike_existing || gate->alike_ours) {
        error = look_all(begin);
    }
    if (!error) {
        ask_first(begin);
    }
    return error;
}
