#include "common/json/json.h"
#include "common/ledger/ledger.h"
#include "common/ledger/reject.h"
#include "common/ledger/step/step.h"

enum { PAGE_COLUMNS = 12 /* of put_page */, STEPS_BYTES = 1 << 20 };

struct step_told {
    struct step_told *next;
    int64_t record, state, run;
    struct text name;
};

struct explain {
    struct text key;
    struct store_ms now;
    struct buffer *json;
    int64_t count, replays;
    struct arena arena;
    struct step_told *steps, **last; /* of all records with this key */
};

static const char *outcome_text(int64_t outcome)
{
    static const char *const texts[] = {"pending", "created", "updated", "unchanged", "filtered", "rejected"};
    return outcome >= OUTCOME_PENDING && outcome <= OUTCOME_REJECTED ? texts[outcome] : "unknown";
}

static void put_column(struct buffer *json, bool *first, const char *name, struct sql_value value)
{
    if (value.kind == SQL_NULL) {
        json_member_null(json, first, name);
    } else {
        json_put_member(json, first, text_of(name));
        json_put_text(json, value.text);
    }
}

static void put_reject(struct buffer *json, const struct sql_value *columns)
{
    bool first = true;
    buffer_add_char(json, '{');
    json_member_integer(json, &first, "run", columns[0].integer);
    put_column(json, &first, "class", columns[1]);
    put_column(json, &first, "code", columns[2]);
    put_column(json, &first, "message", columns[3]);
    put_column(json, &first, "payload", columns[4]);
    json_member_integer(json, &first, "attempts", columns[5].integer);
    json_member_integer(json, &first, "first", columns[6].integer);
    json_member_integer(json, &first, "last", columns[7].integer);
    buffer_add_char(json, '}');
}

/* The page that brought it: slice, page, rows, fence, ended, six times, calls. */
static void put_page(struct buffer *json, const struct sql_value *columns)
{
    static const char *const names[PAGE_TIMES] = {"fetch", "queue", "map", "wait", "write", "commit"};
    bool first = true, inner = true;
    buffer_add_char(json, '{');
    json_member_integer(json, &first, "slice", columns[0].integer);
    json_member_integer(json, &first, "page", columns[1].integer);
    json_member_integer(json, &first, "rows", columns[2].integer);
    json_member_integer(json, &first, "claims", columns[3].integer);
    json_member_flag(json, &first, "done", columns[4].kind != SQL_NULL);
    if (columns[4].kind != SQL_NULL) {
        json_member_integer(json, &first, "ended", columns[4].integer);
        json_put_member(json, &first, TEXT("microseconds"));
        buffer_add_char(json, '{');
        for (size_t i = 0; i < PAGE_TIMES; i++) {
            json_member_integer(json, &inner, names[i], columns[5 + i].integer);
        }
        buffer_add_char(json, '}');
        json_member_integer(json, &first, "saves", columns[5 + PAGE_TIMES].integer);
    }
    buffer_add_char(json, '}');
}

/* What was done to it without its asking. */
static void put_notes(struct buffer *json, bool *first, unsigned notes)
{
    bool inner = true;
    json_put_member(json, first, TEXT("notes"));
    buffer_add_char(json, '[');
    for (unsigned bit = 1; bit < NOTES_ALL; bit *= 2) {
        if (notes & bit) {
            buffer_add_text(json, inner ? TEXT("") : TEXT(","));
            json_put_text(json, bit == NOTE_REPAIRED
                                    ? TEXT("repaired: half a character or a NUL became U+FFFD")
                                    : TEXT("trimmed: its number had blanks at its ends, or control characters"));
            inner = false;
        }
    }
    buffer_add_char(json, ']');
}

static void put_steps(struct buffer *json, bool *first, const struct step_told *steps, int64_t record)
{
    size_t count = 0;
    for (const struct step_told *step = steps; step; step = step->next) {
        bool inner = true;
        if (step->record != record) {
            continue;
        }
        if (count++ == 0) {
            json_put_member(json, first, TEXT("steps"));
        }
        buffer_add_text(json, count == 1 ? TEXT("[{") : TEXT(",{"));
        put_column(json, &inner, "step", SQL_STRING(step->name));
        put_column(json, &inner, "state", SQL_STRING(text_of(step_state_text(step->state))));
        json_member_integer(json, &inner, "run", step->run);
        buffer_add_char(json, '}');
    }
    buffer_add_text(json, count > 0 ? TEXT("]") : TEXT(""));
}

static struct text op_text(int64_t op)
{
    return op == OP_CREATE ? TEXT("create") : op == OP_STEP ? TEXT("step") : TEXT("update");
}

static void put_record(struct explain *explain, const struct sql_value *columns)
{
    struct buffer *json = explain->json;
    bool first = true;
    buffer_add_text(json, explain->count++ > 0 ? TEXT(",{") : TEXT("{"));
    put_column(json, &first, "source", columns[0]);
    put_column(json, &first, "target", columns[1]);
    put_column(json, &first, "scheme", columns[2]);
    put_column(json, &first, "number", columns[3]);
    put_column(json, &first, "target_id", columns[4]);
    put_column(json, &first, "outcome",
               (struct sql_value){.kind = SQL_TEXT, .text = text_of(outcome_text(columns[5].integer))});
    json_member_integer(json, &first, "run", columns[6].integer);
    json_member_flag(json, &first, "held", columns[7].integer != HELD_NOT);
    json_member_flag(json, &first, "adopted", columns[8].integer != 0);
    if (columns[9].integer != 0) {
        bool inner = true;
        int64_t left = columns[11].integer - explain->now.ms;
        json_put_member(json, &first, TEXT("claim"));
        buffer_add_char(json, '{');
        put_column(json, &inner, "op", SQL_STRING(op_text(columns[10].integer)));
        json_member_integer(json, &inner, "expires_in_ms", left > 0 ? left : 0);
        buffer_add_char(json, '}');
    }
    if (columns[20 + PAGE_COLUMNS].integer != 0) {
        put_notes(json, &first, (unsigned)columns[20 + PAGE_COLUMNS].integer);
    }
    if (columns[21 + PAGE_COLUMNS].kind != SQL_NULL) {
        json_put_member(json, &first, TEXT("lookups"));
        buffer_add_text(json, columns[21 + PAGE_COLUMNS].text);
    }
    put_steps(json, &first, explain->steps, columns[22 + PAGE_COLUMNS].integer);
    if (columns[12].kind != SQL_NULL) {
        json_put_member(json, &first, TEXT("reject"));
        put_reject(json, columns + 12);
    }
    if (columns[20].kind != SQL_NULL) {
        json_put_member(json, &first, TEXT("page"));
        put_page(json, columns + 20);
    }
    buffer_add_char(json, '}');
}

/* A replay that asked the source for it. */
static void put_replay(struct explain *explain, const struct sql_value *columns)
{
    static const char *const states[] = {"unknown", "open", "finished", "abandoned", "failed"};
    struct buffer *json = explain->json;
    bool first = true;
    int64_t state = columns[1].integer >= RUN_OPEN && columns[1].integer <= RUN_FAILED ? columns[1].integer : 0;
    buffer_add_text(json, explain->replays++ > 0 ? TEXT(",{") : TEXT("],\"replays\":[{"));
    json_member_integer(json, &first, "run", columns[0].integer);
    put_column(json, &first, "state", SQL_STRING(text_of(states[state])));
    json_member_integer(json, &first, "started", columns[2].integer);
    json_member_flag(json, &first, "returned", columns[3].integer > 0);
    buffer_add_char(json, '}');
}

static int replays_put(struct store *store, struct explain *explain)
{
    const struct sql_value key = SQL_STRING(explain->key);
    struct sql_rows rows;
    store_ask(store,
              "SELECT k.run, n.state, n.started, (SELECT COUNT(*) FROM page g WHERE g.run = k.run AND "
              "g.slice = k.slice AND g.rows > 0) FROM run_key k JOIN run n ON n.id = k.run WHERE k.key = $1 "
              "ORDER BY k.run",
              &key, 1, &rows);
    while (store_next(&rows)) {
        put_replay(explain, rows.columns);
    }
    return store_found(&rows);
}

#define OF_KEY " FROM pair p CROSS JOIN record r WHERE r.pair = p.id AND "
#define KNOWN                                                                                                          \
    "(SELECT r.id" OF_KEY "r.key = $1 UNION SELECT r.id" OF_KEY "r.number = $1 AND NOT EXISTS "                        \
    "(SELECT 1 FROM record x WHERE x.pair = p.id AND x.key = $1))"

static int steps_read(struct store *store, struct explain *explain)
{
    const struct sql_value key = SQL_STRING(explain->key);
    struct sql_rows rows;
    int error = 0;
    explain->last = &explain->steps;
    store_ask(store, "SELECT record, name, state, run FROM step WHERE record IN " KNOWN " ORDER BY record, name", &key,
              1, &rows);
    while (!error && store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        struct step_told *step = arena_take(&explain->arena, sizeof *step);
        struct text name = arena_text(&explain->arena, columns[1].text);
        error = step && name.data ? 0 : ERR_MEMORY;
        if (!error) {
            *step = (struct step_told){NULL, columns[0].integer, columns[2].integer, columns[3].integer, name};
            *explain->last = step;
            explain->last = &step->next;
        }
    }
    int found = store_found(&rows);
    return error ? error : found;
}

static int records_put(struct store *store, struct explain *explain)
{
    const struct sql_value key = SQL_STRING(explain->key);
    struct sql_rows rows;
    store_ask(
        store,
        "SELECT p.source, p.target, p.scheme, COALESCE(r.number, r.key), r.target_id, r.outcome, r.run, r.held, "
        "r.adopted, r.claim, r.op, r.until, j.run, j.class, j.code, j.message, j.payload, j.attempts, j.first, "
        "j.last, g.slice, g.no, g.rows, g.fence, g.ended, g.fetch_us, g.queue_us, g.map_us, g.wait_us, g.write_us, "
        "g.commit_us, g.calls, COALESCE(o.notes, 0), a.answers, r.id FROM record r JOIN pair p ON p.id = r.pair LEFT "
        "JOIN reject j ON j.record = r.id LEFT JOIN page g ON g.run = r.run AND g.slice = r.slice AND g.no = r.page "
        "LEFT JOIN answer a ON a.record = r.id LEFT JOIN note o ON o.record = r.id AND o.run = r.run WHERE r.id "
        "IN " KNOWN " ORDER BY p.id, r.id",
        &key, 1, &rows);
    while (store_next(&rows)) {
        put_record(explain, rows.columns);
    }
    return store_found(&rows);
}

int ledger_explain(struct store *store, struct text key, struct buffer *json)
{
    if (!text_is_storable(key)) {
        return ERR_NOT_FOUND; /* the ledger has no such key */
    }
    struct explain explain = {.key = key, .now = store_now(store), .json = json};
    size_t before = json->size;
    bool first = true;
    buffer_add_char(json, '{');
    json_put_member(json, &first, TEXT("key"));
    json_put_text(json, key);
    json_put_member(json, &first, TEXT("records"));
    buffer_add_char(json, '[');
    arena_init(&explain.arena, STEPS_BYTES);
    int error = steps_read(store, &explain);
    error = error ? error : records_put(store, &explain);
    arena_fini(&explain.arena);
    error = error ? error : replays_put(store, &explain);
    buffer_add_text(json, TEXT("]}"));
    error = error || explain.count > 0 ? error : ERR_NOT_FOUND;
    error = !error && json->failed ? ERR_LIMIT : error;
    if (error) {
        json->size = before;
    }
    return error;
}
