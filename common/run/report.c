#include "common/run/report.h"

#include <stdio.h>
#include <time.h>

#include "common/json/json.h"
#include "common/run/outcome.h"
#include "common/run/proof.h"
#include "common/run/replay.h"
#include "common/scheme/formula/date.h"

enum { REPORT_MAX = 64 << 10 };

/* out: pages done, pages open, rows of those that are done, records of the source in them */
static int pages_count(struct store *store, int64_t run, int64_t out[static 4])
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(PAGE_DONE), SQL_INTEGER(PAGE_OPEN)};
    return store_integers(store,
                          "select count(*) filter (where state = $2), count(*) filter (where state = $3),"
                          " cast(coalesce(sum(rows) filter (where state = $2), 0) as bigint),"
                          " cast(coalesce(sum(coalesce(came, rows)) filter (where state = $2), 0) as bigint)"
                          " from page where run = $1",
                          values, 3, out, 4);
}

/* Records of the run by outcome, in the order of enum outcome. While pages are open only those of finished pages count: a
 * row of a page counts when the page does. */
static int keys_count(struct store *store, int64_t run, bool open, int64_t out[static OUTCOME_REJECTED + 1])
{
    static const char all[] = "select count(*) filter (where outcome = $2), count(*) filter (where outcome = $3),"
                              " count(*) filter (where outcome = $4), count(*) filter (where outcome = $5),"
                              " count(*) filter (where outcome = $6), count(*) filter (where outcome = $7)"
                              " from record where run = $1"; /* one pass over the ledger, no sorting */
    static const char finished[] =
        "select count(*) filter (where outcome = $2), count(*) filter (where outcome = $3),"
        " count(*) filter (where outcome = $4), count(*) filter (where outcome = $5),"
        " count(*) filter (where outcome = $6), count(*) filter (where outcome = $7)"
        " from record where run = $1 and exists (select 1 from page where page.run = $1 and page.slice = record.slice"
        " and page.no = record.page and page.state = $8)";
    const struct sql_value values[] = {SQL_INTEGER(run),
                                       SQL_INTEGER(OUTCOME_PENDING),
                                       SQL_INTEGER(OUTCOME_CREATED),
                                       SQL_INTEGER(OUTCOME_UPDATED),
                                       SQL_INTEGER(OUTCOME_UNCHANGED),
                                       SQL_INTEGER(OUTCOME_FILTERED),
                                       SQL_INTEGER(OUTCOME_REJECTED),
                                       SQL_INTEGER(PAGE_DONE)};
    return store_integers(store, open ? finished : all, values, 8, out, OUTCOME_REJECTED + 1);
}

int run_count(struct store *store, int64_t run, struct run_counts *out)
{
    int64_t pages[4], keys[OUTCOME_REJECTED + 1];
    int error = pages_count(store, run, pages);
    error = error ? error : keys_count(store, run, pages[1] > 0, keys);
    if (error) {
        return error;
    }
    *out = (struct run_counts){
        .pages_done = pages[0],
        .pages_open = pages[1],
        .seen = pages[2],
        .came = pages[3],
        .distinct = keys[1] + keys[2] + keys[3] + keys[4] + keys[5],
        .created = keys[1],
        .updated = keys[2],
        .unchanged = keys[3],
        .filtered = keys[4],
        .rejected = keys[5],
        .pending = keys[0] > 0,
    };
    return 0;
}

/* run 0 = the newest. */
static const char text_which[] = "select id, state, source_total, started, coalesce(ended, 0) from run"
                                 " where id = case when $1 = 0 then (select max(id) from run) else $1 end";

int run_progress(struct store *store, int64_t run, struct run_progress *out)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t row[5], pages[4], rejects, most = 0;
    int error = store_integers(store, text_which, &id, 1, row, 5);
    if (error) {
        return error;
    }
    id = SQL_INTEGER(row[0]);
    error = pages_count(store, row[0], pages);
    if (!error) {
        error = store_integers(store, "select count(*) from reject where run = $1", &id, 1, &rejects, 1);
    }
    if (!error) {
        error = store_integers(store,
                               "select coalesce(max(coalesce(came, rows)), 0) from page where run = $1 and ranges = $2",
                               (struct sql_value[]){id, SQL_INTEGER(RANGES_NONE)}, 2, &most, 1);
    }
    if (error) {
        return error;
    }
    *out = (struct run_progress){
        .run = row[0],
        .state = (enum run_state)row[1],
        .source_total = row[2],
        .started = row[3],
        .ended = row[4],
        .pages_done = pages[0],
        .pages_total = pages[0] + pages[1],
        .rows_done = pages[2],
        .rejects = rejects,
        .rows_most = most,
    };
    return 0;
}

/* The run's row; the texts are appended to buffers as JSON strings, the stored report as it stands. */
struct facts {
    int64_t run, state, kind, gone, noted, limit, source_total, started, ended, follow_up;
    bool found, has_ended;
    int64_t window_from, window_to; /* of the span that it reads; both 0 = it reads no windows */
    struct run_ends ends;           /* once it is closed */
    bool same_before; /* the run that this one follows had the same pages, and the total was the same all the time */
    struct buffer scheme, cause, report;
    struct buffer steps; /* "audit":{"done":3,"refused":0} of each follow-up that this run made */
};

static int steps_read(struct store *store, struct facts *facts)
{
    const struct sql_value values[] = {SQL_INTEGER(facts->run), SQL_INTEGER(STATE_DONE), SQL_INTEGER(STATE_REFUSED)};
    struct sql_rows rows;
    bool first = true;
    store_ask(store,
              "select name, count(*) filter (where state = $2), count(*) filter (where state = $3) from step where run "
              "= $1 and state in ($2, $3) group by name order by name",
              values, 3, &rows);
    while (store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        json_put_member(&facts->steps, &first, columns[0].text);
        buffer_format(&facts->steps, "{\"done\":%lld,\"refused\":%lld}", (long long)columns[1].integer,
                      (long long)columns[2].integer);
    }
    return store_found(&rows);
}

static int facts_read(struct store *store, int64_t run, struct facts *facts)
{
    *facts = (struct facts){.run = run};
    buffer_init(&facts->scheme, REPORT_MAX);
    buffer_init(&facts->cause, REPORT_MAX);
    buffer_init(&facts->report, REPORT_MAX);
    buffer_init(&facts->steps, REPORT_MAX);
    const struct sql_value id = SQL_INTEGER(run);
    struct sql_rows rows;
    store_ask(store,
              "select state, max_rows, source_total, started, ended, kind, scheme, cause, report, follow_up,"
              " window_from, window_to from run"
              " where id = $1",
              &id, 1, &rows);
    while (store_next(&rows)) {
        const struct sql_value *columns = rows.columns;
        facts->found = true;
        facts->state = columns[0].integer;
        facts->limit = columns[1].integer;
        facts->source_total = columns[2].integer;
        facts->started = columns[3].integer;
        facts->has_ended = columns[4].kind == SQL_INT;
        facts->ended = columns[4].integer;
        facts->kind = columns[5].integer;
        json_put_text(&facts->scheme, columns[6].text);
        if (columns[7].kind == SQL_TEXT) {
            json_put_text(&facts->cause, columns[7].text);
        }
        if (columns[8].kind == SQL_TEXT) {
            buffer_add_text(&facts->report, columns[8].text);
        }
        facts->follow_up = columns[9].integer;
        facts->window_from = columns[10].integer;
        facts->window_to = columns[11].integer;
    }
    int error = store_found(&rows);
    if (!error) {
        error = store_integers(store, "select count(*) from note where run = $1", &id, 1, &facts->noted, 1);
    }
    error = error ? error : steps_read(store, facts);
    if (!error && facts->kind == RUN_REPLAY) {
        error = replay_gone(store, run, &facts->gone);
    }
    if (!error && (facts->scheme.failed || facts->cause.failed || facts->report.failed || facts->steps.failed)) {
        error = ERR_LIMIT;
    }
    return error || facts->found ? error : ERR_NOT_FOUND;
}

static void facts_fini(struct facts *facts)
{
    buffer_fini(&facts->scheme);
    buffer_fini(&facts->cause);
    buffer_fini(&facts->report);
    buffer_fini(&facts->steps);
}

/* A page that repeats another is known by its keys, a part of a page is not. */
static bool is_mixed(const struct facts *facts, const struct run_counts *counts)
{
    return facts->ends.cut && counts->seen > counts->distinct;
}

/* Different records of the source, as its total counts them; -1 = not known: rows of records that are split came twice, not with
 * a page that repeats another. */
static int64_t different(const struct facts *facts, const struct run_counts *counts)
{
    bool split = counts->came != counts->seen;
    return !split ? counts->distinct : facts->ends.rows == counts->distinct ? facts->ends.came : -1;
}

static enum run_proof proof_of(const struct facts *facts, const struct run_counts *counts)
{
    int64_t total = facts->source_total;
    if (facts->kind != RUN_SYNC) {
        return PROOF_TOTAL; /* every key was asked for, or came from the ledger */
    }
    if (facts->ends.guessed && !(facts->limit > 0 && different(facts, counts) == facts->limit)) {
        return PROOF_NONE; /* a total may be the count of the first page only */
    }
    if (facts->limit > 0 && facts->window_to > 0 && counts->came >= facts->limit) {
        return PROOF_TOTAL; /* those that stand in two windows count twice */
    }
    if (facts->limit > 0 && (total < 0 || total > facts->limit)) {
        total = facts->limit;
    }
    if (facts->window_to > 0 &&
        facts->limit == 0) { /* a record may stand in two windows, and leave one for the next run */
        return !facts->ends.empty ? PROOF_NONE : total >= 0 ? PROOF_TOTAL : PROOF_EMPTY;
    }
    bool empty = facts->ends.empty && !is_mixed(facts, counts);
    return total >= 0 && different(facts, counts) == total ? PROOF_TOTAL : empty ? PROOF_EMPTY : PROOF_NONE;
}

/* The source tells more records than came: by one, or by what its pages lack. Where a whole page is empty others may be, too. */
static bool is_believable(const struct facts *facts, const struct run_counts *counts)
{
    return facts->source_total - counts->came <= 1 || !facts->ends.blank;
}

/* Every row that the source returned has one outcome, and no row is missing. A total that does not fit is the source's own
 * mistake where every slice was read to its empty page, no record came twice, and the run before saw the same. */
static bool is_complete(const struct facts *facts, const struct run_counts *counts)
{
    enum run_proof proof = proof_of(facts, counts);
    bool total_wrong = proof == PROOF_EMPTY && facts->source_total >= 0 && facts->limit == 0;
    bool forgiven = facts->same_before && counts->seen == counts->distinct && is_believable(facts, counts);
    return facts->state == RUN_CLOSED && counts->pages_open == 0 && !counts->pending &&
           counts->seen >= counts->distinct && proof != PROOF_NONE && (!total_wrong || forgiven);
}

static const char *state_text(int64_t state, bool complete)
{
    switch (state) {
    case RUN_OPEN:
        return "open";
    case RUN_CLOSED:
        return complete ? "complete" : "incomplete";
    case RUN_ABANDONED:
        return "abandoned";
    default:
        return "failed";
    }
}

static void put_count(struct buffer *json, const char *name, int64_t n)
{
    buffer_format(json, ",\"%s\":%lld", name, (long long)n);
}

/* Local time with its zone: "2026-11-28T19:40:01+0800"; null for one that is not over. */
static void put_time(struct buffer *json, const char *name, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    char text[40] = "";
    if (unix_ms > 0 && localtime_r(&seconds, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &tm) > 0) {
        buffer_format(json, ",\"%s\":\"%s\"", name, text);
    } else {
        buffer_format(json, ",\"%s\":null", name);
    }
}

static struct run_sums sums_of(const struct facts *facts, const struct run_counts *counts)
{
    int64_t ms = facts->ended > facts->started ? facts->ended - facts->started : 0;
    bool complete = is_complete(facts, counts);
    struct run_sums sums = {
        .source_total = facts->source_total,
        .pages = counts->pages_done,
        .seen = counts->seen,
        .came = counts->came,
        .created = counts->created,
        .updated = counts->updated,
        .unchanged = counts->unchanged,
        .filtered = counts->filtered,
        .rejected = counts->rejected,
        .repeated = counts->seen > counts->distinct ? counts->seen - counts->distinct : 0,
        .ms = ms,
        .rate = ms > 0 ? (counts->seen * 1000 + ms / 2) / ms : 0,
        .complete = complete,
        .proof = complete ? proof_of(facts, counts) : PROOF_NONE,
        .records = different(facts, counts),
        .guessed = facts->ends.guessed,
        .mixed = is_mixed(facts, counts),
    };
    (void)snprintf(sums.state, sizeof sums.state, "%s", state_text(facts->state, complete));
    return sums;
}

/* "2026-01-31 08:00:00" of China's time, from unix ms. */
static void put_china_time(struct buffer *json, int64_t ms)
{
    char room[DATE_ROOM];
    json_put_text(json, date_print(ms / 1000 + DATE_ZONE, room));
}

static void put_report(struct buffer *json, const struct facts *facts, const struct run_sums *sums)
{
    buffer_format(json, "{\"run\":%lld,\"scheme\":", (long long)facts->run);
    buffer_add_text(json, buffer_text(&facts->scheme));
    buffer_format(json, ",\"state\":\"%s\",\"complete\":%s", sums->state, sums->complete ? "true" : "false");
    if (sums->source_total < 0) {
        buffer_add_text(json, TEXT(",\"source_total\":null"));
    } else {
        put_count(json, "source_total", sums->source_total);
    }
    put_count(json, "pages", sums->pages);
    put_count(json, "source_records", sums->came);
    put_count(json, "seen", sums->seen);
    put_count(json, "created", sums->created);
    put_count(json, "updated", sums->updated);
    put_count(json, "unchanged", sums->unchanged);
    put_count(json, "filtered", sums->filtered);
    put_count(json, "rejected", sums->rejected);
    put_count(json, "repeated", sums->repeated);
    if (facts->steps.size > 0) {
        buffer_add_text(json, TEXT(",\"steps\":{"));
        buffer_add_text(json, buffer_text(&facts->steps));
        buffer_add_char(json, '}');
    }
    buffer_format(json, ",\"seconds\":%lld.%03lld", (long long)(sums->ms / 1000), (long long)(sums->ms % 1000));
    put_count(json, "records_per_second", sums->rate);
    buffer_format(json, ",\"proof\":\"%s\"", run_proof_text(sums->proof));
    put_time(json, "began", facts->started);
    put_time(json, "ended", facts->state == RUN_OPEN ? 0 : facts->ended);
    if (facts->noted > 0) {
        put_count(json, "noted", facts->noted);
    }
    if (facts->limit > 0) {
        put_count(json, "limit", facts->limit);
    }
    if (facts->window_to > 0) {
        buffer_add_text(json, TEXT(",\"window\":{\"from\":"));
        put_china_time(json, facts->window_from);
        buffer_add_text(json, TEXT(",\"to\":"));
        put_china_time(json, facts->window_to);
        buffer_add_char(json, '}');
    }
    if (facts->kind == RUN_REPLAY) {
        buffer_add_text(json, TEXT(",\"kind\":\"replay\""));
        put_count(json, "gone", facts->gone);
    }
    if (facts->kind == RUN_VANISHED) {
        buffer_add_text(json, TEXT(",\"kind\":\"vanished\""));
    }
    if (facts->kind == RUN_PUSHED) {
        buffer_add_text(json, TEXT(",\"kind\":\"pushed\""));
    }
    if (facts->cause.size) {
        buffer_add_text(json, TEXT(",\"cause\":"));
        buffer_add_text(json, buffer_text(&facts->cause));
    }
    buffer_add_char(json, '}');
}

int run_report(struct store *store, int64_t run, struct buffer *json)
{
    struct sql_value id = SQL_INTEGER(run);
    int error = store_integers(store, text_which, &id, 1, &run, 1);
    if (error) {
        return error;
    }
    struct facts facts;
    struct run_counts counts;
    error = facts_read(store, run, &facts);
    if (!error && facts.report.size) {
        buffer_add_text(json, buffer_text(&facts.report));
    } else if (!error) {
        error = run_count(store, run, &counts);
        if (!facts.has_ended) {
            facts.ended = store_wall();
        }
        if (!error) {
            const struct run_sums sums = sums_of(&facts, &counts);
            put_report(json, &facts, &sums);
        }
    }
    facts_fini(&facts);
    return !error && json->failed ? ERR_LIMIT : error;
}

/* The sums of a report that was written. */
static int sums_parse(struct text report, struct run_sums *out)
{
    struct arena arena;
    const cJSON *tree = NULL, *total;
    arena_init(&arena, REPORT_MAX);
    int error = json_parse(&arena, report, REPORT_MAX, JSON_STRICT, &tree, NULL);
    if (!error) {
        struct run_sums sums = {.source_total = -1, .complete = cJSON_IsTrue(json_get(tree, "complete"))};
        const struct {
            const char *name;
            int64_t *out;
        } counts[] = {
            {"pages", &sums.pages},       {"source_records", &sums.came},
            {"seen", &sums.seen},         {"created", &sums.created},
            {"updated", &sums.updated},   {"unchanged", &sums.unchanged},
            {"filtered", &sums.filtered}, {"rejected", &sums.rejected},
            {"repeated", &sums.repeated}, {"records_per_second", &sums.rate},
        };
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            (void)!json_integer(json_get(tree, counts[i].name), counts[i].out);
        }
        total = json_get(tree, "source_total");
        if (cJSON_IsNumber(total)) {
            (void)!json_integer(total, &sums.source_total);
        }
        const cJSON *seconds = json_get(tree, "seconds");
        sums.ms = cJSON_IsNumber(seconds) ? (int64_t)(seconds->valuedouble * 1000 + 0.5) : 0;
        (void)snprintf(sums.state, sizeof sums.state, "%.*s", TEXT_ARG(json_text(json_get(tree, "state"))));
        for (enum run_proof proof = PROOF_NONE; proof <= PROOF_EMPTY; proof++) {
            bool same = text_equal(json_text(json_get(tree, "proof")), text_of(run_proof_text(proof)));
            sums.proof = same ? proof : sums.proof;
        }
        *out = sums;
    }
    arena_fini(&arena);
    return error;
}

int run_sums(struct store *store, int64_t run, struct run_sums *out)
{
    struct facts facts;
    int error = facts_read(store, run, &facts);
    if (!error) {
        error = facts.report.size > 0 ? sums_parse(buffer_text(&facts.report), out) : ERR_NOT_FOUND;
    }
    facts_fini(&facts);
    return error;
}

/* Do two runs have the same pages: the same keys in the same order everywhere? */
static int pages_same(struct store *store, int64_t run, int64_t other, bool *same)
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_INTEGER(other)};
    int64_t counts[3] = {0};
    int error = store_integers(store,
                               "select (select count(*) from page where run = $1), (select count(*) from page where"
                               " run = $2), (select count(*) from page a join page b on b.run = $2 and b.slice ="
                               " a.slice and b.no = a.no and b.rows = a.rows and b.digest is not distinct from a.digest"
                               " where a.run = $1)",
                               values, 2, counts, 3);
    *same = !error && counts[0] == counts[1] && counts[0] == counts[2];
    return error;
}

/* What decides about the end of a run beside its counts. `told` by its pages. */
static int end_read(struct store *store, struct facts *facts, int64_t told)
{
    struct sql_value id = SQL_INTEGER(facts->run);
    struct run_sums before = {0};
    int64_t run = 0;
    int error = run_ends_read(store, facts->run, &facts->ends);
    if (error || facts->follow_up == 0 || told != facts->source_total) {
        return error;
    }
    error = store_integers(store,
                           "select b.id from run r join run b on b.scheme = r.scheme and b.source = r.source and"
                           " b.id < r.id and b.kind = r.kind and b." RUN_IS_CLOSED
                           " where r.id = $1 order by b.id desc limit 1",
                           &id, 1, &run, 1);
    error = error ? error : run_sums(store, run, &before);
    error = error ? error : pages_same(store, facts->run, run, &facts->same_before);
    facts->same_before = facts->same_before && before.source_total == facts->source_total;
    return error == ERR_NOT_FOUND ? 0 : error;
}

int run_report_write(struct store *store, int64_t run, enum run_state state, int64_t source_total,
                     struct run_sums *sums)
{
    struct facts facts;
    struct run_counts counts;
    struct buffer json;
    buffer_init(&json, REPORT_MAX);
    int error = facts_read(store, run, &facts);
    error = error ? error : run_count(store, run, &counts);
    if (!error) {
        facts.state = state;
        facts.ended = store_wall();
        int64_t told = facts.source_total;
        facts.source_total = source_total >= 0 ? source_total : told;
        error = end_read(store, &facts, told);
    }
    if (!error) {
        const struct run_sums own = sums_of(&facts, &counts);
        put_report(&json, &facts, &own);
        const struct sql_value values[] = {SQL_INTEGER(state), SQL_INTEGER(facts.ended),
                                           SQL_INTEGER(facts.source_total), SQL_STRING(buffer_text(&json)),
                                           SQL_INTEGER(run)};
        error = json.failed ? ERR_LIMIT
                            : store_run(store,
                                        "update run set state = $1, ended = $2, source_total = $3, report = $4"
                                        " where id = $5",
                                        values, 5, NULL);
        if (!error && sums) {
            *sums = own;
        }
    }
    buffer_fini(&json);
    facts_fini(&facts);
    return error;
}

int run_report_add(struct store *store, int64_t run, struct text member, struct text json)
{
    const struct sql_value values[] = {SQL_INTEGER(run), SQL_STRING(member), SQL_STRING(json)};
    return store_run(store,
                     "update run set report = substr(report, 1, length(report) - 1) || ',\"' || cast($2 as text) || "
                     "'\":' || cast($3 as text) || '}' where id = $1",
                     values, 3, NULL);
}
