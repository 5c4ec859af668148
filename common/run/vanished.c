#include "common/run/vanished.h"

#include "common/base/rule.h"
#include "common/json/json.h"
#include "common/run/outcome.h"
#include "common/run/report.h"

enum { REPORT_KEYS = 100, REPORT_KEYS_BYTES = 8 << 10, REPORT_ROOM = 16 << 10, REPORT_MOST = 64 << 10 };

/* $1 the ledger, $2 the run, $3 SLICE_VANISHED, $4 and $5 the outcomes of a record that was disabled. held 0 = the target holds
 * nothing; a create whose end nobody knows may stand there, too. The + keeps the ledger from being read by its keys: it is read as it lies. */
#define IS_KNOWN                                                                                                       \
    "+r.pair = $1 and r.run <= $2 and (r.held <> 0 or r.claim <> 0) and not (coalesce(r.slice, 0) = $3 and r.outcome " \
    "in ($4, $5))"
/* What another scheme writes into the same account is its own to disable. By index for each record: no join, whose order a database
 * might turn round. */
#define OTHER_LEDGERS                                                                                                  \
    "(select o.id from pair o where o.id <> $1 and o.target = (select p.target from pair p where p.id = $1))"
#define IS_SHARED                                                                                                      \
    "exists (select 1 from record s where s.pair in " OTHER_LEDGERS " and s.number = coalesce(r.number, r.key) and "   \
    "s.held <> 0) or exists (select 1 from record s where s.pair in " OTHER_LEDGERS " and s.key = coalesce(r.number, " \
    "r.key) and s.number is null and s.held <> 0)"
#define IS_LOST "r.run < $2 and not (" IS_SHARED ")"
#define HAS_VANISHED IS_KNOWN " and " IS_LOST
#define VANISHED_VALUES(pair, run)                                                                                     \
    SQL_INTEGER(pair), SQL_INTEGER(run), SQL_INTEGER(SLICE_VANISHED), SQL_INTEGER(OUTCOME_UPDATED),                    \
        SQL_INTEGER(OUTCOME_UNCHANGED)

/* A run over an empty source has written into no ledger: it is that of the run before. 0 = there is none. */
static int pair_find(struct store *store, int64_t run, int64_t *pair)
{
    const struct sql_value id = SQL_INTEGER(run);
    return store_integers(store,
                          "select coalesce(r.pair, (select b.pair from run b where b.scheme = r.scheme and b.source = "
                          "r.source and b.pair is not null and b.id < r.id order by b.id desc limit 1), 0) from run r "
                          "where r.id = $1",
                          &id, 1, pair, 1);
}

/* A source that tells a larger total than it shows has more records than were seen, always the same ones perhaps. */
static bool proves(const struct run *run, const struct run_sums *sums, bool moved)
{
    int64_t distinct = sums->created + sums->updated + sums->unchanged + sums->filtered + sums->rejected;
    bool whole = run->kind == RUN_SYNC && run->limit == 0 && run->window.step == 0;
    moved = moved || distinct < sums->source_total;
    return whole && ((sums->complete && sums->proof != PROOF_NONE && !moved) || rule_off(RULE_VANISHED));
}

/* One pass over the ledger, as run_count makes one. */
static int count(struct store *store, int64_t pair, int64_t run, struct run_vanished *out)
{
    const struct sql_value values[] = {VANISHED_VALUES(pair, run)};
    int64_t counts[2];
    int error =
        store_integers(store, "select count(*), count(*) filter (where " IS_LOST ") from record r where " IS_KNOWN,
                       values, 5, counts, 2);
    if (!error) {
        out->known = counts[0];
        out->records = counts[1];
    }
    return error;
}

/* Which record was it that could not be read? Perhaps one that seems to have vanished. */
static int count_unread(struct store *store, int64_t pair, int64_t run, int64_t *unread)
{
    const struct sql_value values[] = {SQL_INTEGER(pair), SQL_INTEGER(run)};
    return store_integers(store,
                          "select count(*) from record r where r.pair = $1 and r.run = $2 and r.key >= '(' and r.key < "
                          "')' and " RUN_KEY_IS_MADE_UP("r"),
                          values, 2, unread, 1);
}

static int put_keys(struct store *store, int64_t pair, int64_t run, struct buffer *json)
{
    const struct sql_value values[] = {VANISHED_VALUES(pair, run), SQL_INTEGER(REPORT_KEYS)};
    struct sql_rows rows;
    bool first = true;
    buffer_add_text(json, TEXT(",\"keys\":["));
    store_ask(store, "select r.key from record r where " HAS_VANISHED " order by r.id limit $6", values, 6, &rows);
    while (store_next(&rows)) {
        if (json->size < REPORT_KEYS_BYTES) {
            buffer_add_text(json, first ? TEXT("") : TEXT(","));
            json_put_text(json, rows.columns[0].text);
            first = false;
        }
    }
    buffer_add_char(json, ']');
    return store_found(&rows);
}

static int report(struct store *store, int64_t pair, int64_t run, const struct run_vanished *vanished)
{
    struct buffer json;
    buffer_init(&json, REPORT_ROOM);
    int error = 0;
    if (vanished->unread > 0) {
        buffer_format(&json, "{\"unread\":%lld", (long long)vanished->unread);
    } else {
        buffer_format(&json, "{\"records\":%lld,\"known\":%lld", (long long)vanished->records,
                      (long long)vanished->known);
        error = put_keys(store, pair, run, &json);
    }
    if (vanished->stopped) {
        buffer_add_text(&json, TEXT(",\"stopped\":true"));
    }
    if (vanished->run != 0) {
        buffer_format(&json, ",\"run\":%lld", (long long)vanished->run);
    }
    buffer_add_char(&json, '}');
    error = error ? error : json.failed ? ERR_LIMIT : run_report_add(store, run, TEXT("vanished"), buffer_text(&json));
    buffer_fini(&json);
    return error;
}

/* More than a person would expect, unless he has said so (run_plan.vanish_all). */
static int judge(struct store *store, int64_t run, struct run_vanished *vanished)
{
    const struct sql_value id = SQL_INTEGER(run);
    int64_t allowed = 0;
    bool many = vanished->records * 100 > vanished->known * vanished->percent;
    int error = many ? store_integers(store, "select vanish_all from run where id = $1", &id, 1, &allowed, 1) : 0;
    vanished->stopped = !error && many && allowed == 0;
    return error;
}

/* The run that disables them: it has the accounts of the run that missed them. */
static int disable(struct store *store, int64_t pair, const struct run *run, struct run_vanished *vanished,
                   struct run *next)
{
    struct run begun = {
        .state = RUN_OPEN, .kind = RUN_VANISHED, .source_total = -1, .started = store_wall(), .slices = 1};
    const struct sql_value values[] = {SQL_INTEGER(run->id), SQL_INTEGER(pair), SQL_INTEGER(begun.state),
                                       SQL_INTEGER(begun.started), SQL_INTEGER(begun.kind)};
    int error =
        store_integers(store,
                       "insert into run (scheme, scheme_hash, source, target, pair, state, slices, started, kind)"
                       " select r.scheme, r.scheme_hash, r.source, p.target, p.id, cast($3 as bigint), 1,"
                       " cast($4 as bigint), cast($5 as bigint) from run r join pair p on p.id = $2 where r.id ="
                       " $1 on conflict do nothing returning id",
                       values, 5, &begun.id, 1);
    const struct sql_value keys[] = {VANISHED_VALUES(pair, run->id), SQL_INTEGER(begun.id)};
    error = error
                ? error
                : store_run(store,
                            "insert into run_key (run, slice, key) select cast($6 as bigint), row_number() over (order"
                            " by r.id) - 1, r.key from record r where " HAS_VANISHED,
                            keys, 6, NULL);
    error = error ? error : page_open(store, begun.id, SLICE_VANISHED, 0, (vanished->records - 1) / VANISHED_PAGE);
    if (!error) {
        vanished->run = begun.id;
        *next = begun;
    }
    return error == ERR_NOT_FOUND ? ERR_BUSY : error; /* another began a run this very moment */
}

int run_vanish(struct store *store, const struct run *run, const struct run_sums *sums, bool moved,
               struct run_vanished *out, struct run *next)
{
    int64_t pair = 0;
    *next = (struct run){0};
    out->looked = proves(run, sums, moved);
    out->stopped = false;
    out->unread = out->records = out->known = out->run = 0;
    int error = out->looked ? pair_find(store, run->id, &pair) : 0;
    if (error || pair == 0) {
        return error;
    }
    error = count_unread(store, pair, run->id, &out->unread);
    if (!error && out->unread == 0) {
        error = count(store, pair, run->id, out);
    }
    if (!error && out->disable && out->records > 0) {
        error = judge(store, run->id, out);
        error = error || out->stopped ? error : disable(store, pair, run, out, next);
    }
    return error ? error : report(store, pair, run->id, out);
}

static int told_parse(struct text report, struct run_vanished *out)
{
    struct arena arena;
    const cJSON *tree = NULL;
    arena_init(&arena, REPORT_MOST);
    int error = json_parse(&arena, report, REPORT_MOST, JSON_STRICT, &tree, NULL);
    const cJSON *told = error ? NULL : json_get(tree, "vanished");
    out->looked = told != NULL;
    out->stopped = told && cJSON_IsTrue(json_get(told, "stopped"));
    const struct {
        const char *name;
        int64_t *out;
    } counts[] = {{"unread", &out->unread}, {"records", &out->records}, {"known", &out->known}, {"run", &out->run}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        *counts[i].out = 0;
        (void)!json_integer(told ? json_get(told, counts[i].name) : NULL, counts[i].out);
    }
    arena_fini(&arena);
    return error;
}

int run_vanished_told(struct store *store, int64_t run, struct run_vanished *out)
{
    const struct sql_value id = SQL_INTEGER(run);
    struct sql_rows rows;
    int told = ERR_NOT_FOUND;
    store_ask(store, "select report from run where id = $1 and report is not null", &id, 1, &rows);
    while (store_next(&rows)) {
        told = told_parse(rows.columns[0].text, out);
    }
    int error = store_found(&rows);
    return error ? error : told;
}

int vanished_each(struct store *store, const struct page *page,
                  int (*fn)(void *user, struct text key, struct text number), void *user)
{
    const struct sql_value values[] = {SQL_INTEGER(page->run), SQL_INTEGER(page->no * VANISHED_PAGE),
                                       SQL_INTEGER((page->no + 1) * VANISHED_PAGE)};
    struct sql_rows rows;
    int ended = 0;
    store_ask(
        store,
        "select r.key, coalesce(r.number, r.key) from run_key k join run n on n.id = k.run join record r on r.pair"
        " = n.pair and r.key = k.key where k.run = $1 and k.slice >= $2 and k.slice < $3 order by k.slice",
        values, 3, &rows);
    while (ended == 0 && store_next(&rows)) {
        ended = fn(user, rows.columns[0].text, rows.columns[1].text);
    }
    int error = store_found(&rows);
    return ended ? ended : error;
}
