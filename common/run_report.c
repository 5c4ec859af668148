#include "common/run_report.h"

#include "common/json.h"
#include "common/replay.h"

enum { REPORT_MAX = 64 << 10 };

static const char text_pages[] =
    "select count(*) filter (where state = 2), count(*) filter (where state = 1),"
    " cast(coalesce(sum(rows) filter (where state = 2), 0) as bigint) from page where run = $1";

int run_count(struct store *store, int64_t run, struct run_counts *out)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t pages[3], keys[6];
    int error = store_integers(store, text_pages, &id, 1, pages, 3);
    if (!error) { /* one pass over the ledger, no sorting */
        error = store_integers(store,
                               "select count(*) filter (where outcome = 0), count(*) filter (where outcome = 1),"
                               " count(*) filter (where outcome = 2), count(*) filter (where outcome = 3),"
                               " count(*) filter (where outcome = 4), count(*) filter (where outcome = 5)"
                               " from record where run = $1",
                               &id, 1, keys, 6);
    }
    if (error) {
        return error;
    }
    *out = (struct run_counts){
        .pages_done = pages[0],
        .pages_open = pages[1],
        .seen = pages[2],
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
static const char text_which[] = "select id, state, source_total, started from run"
                                 " where id = case when $1 = 0 then (select max(id) from run) else $1 end";

int run_progress(struct store *store, int64_t run, struct run_progress *out)
{
    struct sql_value id = SQL_INTEGER(run);
    int64_t row[4], pages[3], rejects;
    int error = store_integers(store, text_which, &id, 1, row, 4);
    if (error) {
        return error;
    }
    id = SQL_INTEGER(row[0]);
    error = store_integers(store, text_pages, &id, 1, pages, 3);
    if (!error) {
        error = store_integers(store, "select count(*) from reject where run = $1", &id, 1, &rejects, 1);
    }
    if (error) {
        return error;
    }
    *out = (struct run_progress){
        .run = row[0],
        .state = (enum run_state)row[1],
        .source_total = row[2],
        .started = row[3],
        .pages_done = pages[0],
        .pages_total = pages[0] + pages[1],
        .rows_done = pages[2],
        .rejects = rejects,
    };
    return 0;
}

/* The run's row; the texts are appended to buffers as JSON strings, the stored report as it stands. */
struct facts {
    int64_t run, state, kind, gone, limit, source_total, started, ended;
    bool found, has_ended;
    struct buffer scheme, cause, report;
};

static int facts_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    struct facts *facts = user;
    (void)row;
    (void)count;
    facts->found = true;
    facts->state = columns[0].integer;
    facts->limit = columns[1].integer;
    facts->source_total = columns[2].integer;
    facts->started = columns[3].integer;
    facts->has_ended = columns[4].kind == SQL_INT;
    facts->ended = columns[4].integer;
    json_put_text(&facts->scheme, columns[5].text);
    if (columns[6].kind == SQL_TEXT) {
        json_put_text(&facts->cause, columns[6].text);
    }
    if (columns[7].kind == SQL_TEXT) {
        buffer_add_text(&facts->report, columns[7].text);
    }
    facts->kind = columns[8].integer;
    return 0;
}

static void facts_bind(void *user, size_t row, struct sql_value *params)
{
    const struct facts *facts = user;
    (void)row;
    params[0] = SQL_INTEGER(facts->run);
}

static int facts_read(struct store *store, int64_t run, struct facts *facts)
{
    *facts = (struct facts){.run = run};
    buffer_init(&facts->scheme, REPORT_MAX);
    buffer_init(&facts->cause, REPORT_MAX);
    buffer_init(&facts->report, REPORT_MAX);
    int error = store_many(
        store, &(struct sql_call){
                   .text = "select state, max_rows, source_total, started, ended, scheme, cause, report, kind"
                           " from run where id = $1",
                   .rows = 1,
                   .params = 1,
                   .bind = facts_bind,
                   .found = facts_found,
                   .user = facts,
               });
    if (!error && facts->kind == RUN_REPLAY) {
        error = replay_gone(store, run, &facts->gone);
    }
    if (!error && (facts->scheme.failed || facts->cause.failed || facts->report.failed)) {
        error = ERR_LIMIT;
    }
    return error || facts->found ? error : ERR_NOT_FOUND;
}

static void facts_fini(struct facts *facts)
{
    buffer_fini(&facts->scheme);
    buffer_fini(&facts->cause);
    buffer_fini(&facts->report);
}

/* Every row that the source returned has one outcome, and no row is missing. */
static bool is_complete(const struct facts *facts, const struct run_counts *counts)
{
    int64_t total = facts->source_total;
    if (facts->limit > 0 && total > facts->limit) {
        total = facts->limit;
    }
    return facts->state == RUN_CLOSED && counts->pages_open == 0 && !counts->pending &&
           counts->seen >= counts->distinct && (total < 0 || counts->distinct == total);
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

static void put_report(struct buffer *json, const struct facts *facts, const struct run_counts *counts)
{
    bool complete = is_complete(facts, counts);
    int64_t ms = facts->ended > facts->started ? facts->ended - facts->started : 0;
    buffer_format(json, "{\"run\":%lld,\"scheme\":", (long long)facts->run);
    buffer_add_text(json, buffer_text(&facts->scheme));
    buffer_format(json, ",\"state\":\"%s\",\"complete\":%s", state_text(facts->state, complete),
                  complete ? "true" : "false");
    if (facts->source_total < 0) {
        buffer_add_text(json, TEXT(",\"source_total\":null"));
    } else {
        put_count(json, "source_total", facts->source_total);
    }
    put_count(json, "pages", counts->pages_done);
    put_count(json, "seen", counts->seen);
    put_count(json, "created", counts->created);
    put_count(json, "updated", counts->updated);
    put_count(json, "unchanged", counts->unchanged);
    put_count(json, "filtered", counts->filtered);
    put_count(json, "rejected", counts->rejected);
    /* Records of pages that are not finished yet have outcomes too, so an open run may seem to have seen fewer. */
    put_count(json, "repeated", counts->seen > counts->distinct ? counts->seen - counts->distinct : 0);
    buffer_format(json, ",\"seconds\":%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
    put_count(json, "records_per_second", ms ? (counts->seen * 1000 + ms / 2) / ms : 0);
    if (facts->limit > 0) {
        put_count(json, "limit", facts->limit);
    }
    if (facts->kind == RUN_REPLAY) {
        buffer_add_text(json, TEXT(",\"kind\":\"replay\""));
        put_count(json, "gone", facts->gone);
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
            put_report(json, &facts, &counts);
        }
    }
    facts_fini(&facts);
    return !error && json->failed ? ERR_LIMIT : error;
}

int run_report_write(struct store *store, int64_t run, enum run_state state, int64_t source_total,
                     struct buffer *report)
{
    struct facts facts;
    struct run_counts counts;
    struct buffer json;
    buffer_init(&json, REPORT_MAX);
    int error = facts_read(store, run, &facts);
    if (!error) {
        error = run_count(store, run, &counts);
    }
    if (!error) {
        facts.state = state;
        facts.ended = store_wall();
        if (source_total >= 0) {
            facts.source_total = source_total;
        }
        put_report(&json, &facts, &counts);
        error = json.failed ? ERR_LIMIT : 0;
        struct sql_value values[] = {SQL_INTEGER(state), SQL_INTEGER(facts.ended), SQL_INTEGER(facts.source_total),
                                     SQL_STRING(buffer_text(&json)), SQL_INTEGER(run)};
        if (!error) {
            error =
                store_run(store, "update run set state = $1, ended = $2, source_total = $3, report = $4 where id = $5",
                          values, 5, NULL);
        }
    }
    if (!error && report) {
        buffer_add_text(report, buffer_text(&json));
        error = report->failed ? ERR_LIMIT : 0;
    }
    buffer_fini(&json);
    facts_fini(&facts);
    return error;
}
