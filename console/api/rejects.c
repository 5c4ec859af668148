/* What was refused, and why: listed, grouped, shown, taken out as a table, sent again. */
#include <microhttpd.h>
#include <stdio.h>
#include <time.h>

#include "common/ledger/reject.h"
#include "console/api/calls.h"
#include "console/console.h"
#include "console/serve/said.h"

enum { GROUPS = 200, CSV_ROWS = 100000, KEYS_MOST = 20, IDS_MOST = 1000 };

#define COLUMNS                                                                                                        \
    "j.record, j.run, p.scheme, r.key, coalesce(r.number, r.key), j.class, j.code, j.message, j.attempts, j.first, "   \
    "j.last, j.closed"
#define FROM " from reject j join record r on r.id = j.record join pair p on p.id = r.pair"

static void members_put(struct buffer *out, bool *first, const struct sql_value *columns, bool chinese)
{
    json_member_integer(out, first, "id", columns[0].integer);
    json_member_integer(out, first, "run", columns[1].integer);
    json_member_text(out, first, "scheme", columns[2].text);
    json_member_text(out, first, "key", columns[3].text);
    json_member_text(out, first, "number", columns[4].text);
    json_member_text(out, first, "class", columns[5].text);
    json_member_text(out, first, "code", columns[6].text);
    put_said(out, first, "message", columns[7].text, chinese);
    json_member_integer(out, first, "attempts", columns[8].integer);
    json_member_integer(out, first, "first", columns[9].integer);
    json_member_integer(out, first, "last", columns[10].integer);
    if (columns[11].kind != SQL_NULL) {
        json_member_integer(out, first, "closed", columns[11].integer);
    }
}

/* "LAST-RECORD", of the last one that was shown. */
static bool cursor_read(struct text cursor, int64_t *last, int64_t *record)
{
    ptrdiff_t dash = text_find(cursor, TEXT("-"));
    *last = *record = INT64_MAX;
    return cursor.size == 0 ||
           (dash > 0 && text_integer((struct text){cursor.data, (size_t)dash}, last) == 0 &&
            text_integer((struct text){cursor.data + dash + 1, cursor.size - (size_t)dash - 1}, record) == 0);
}

/* Each way of asking has an index of its own: all in the order of time, and one group in it; those that are open, or closed. */
#define TEXT_ALL(which_)                                                                                               \
    "select " COLUMNS FROM " where (j.last, j.record) < ($1, $2) and ($3 = 0 or j.run = $3) and j.closed is " which_   \
    " order by j.last desc, j.record desc limit $4"
#define TEXT_GROUP(which_)                                                                                             \
    "select " COLUMNS FROM " where (j.last, j.record) < ($1, $2) and ($3 = 0 or j.run = $3) and j.class = $4"          \
    " and j.code = $5 and j.closed is " which_ " order by j.last desc, j.record desc limit $6"
static const char text_key[] =
    "select " COLUMNS " from pair p cross join record r join reject j on j.record = r.id where r.pair = p.id and"
    " (r.key = $1 or r.number = $1) order by j.last desc limit $2";

/* What a call names must live until its rows were read. */
struct reject_question {
    struct sql_value values[6];
};

/* Asks as the parameters say. */
static void ask(const struct api_request *request, struct reject_question *question, int64_t last, int64_t record,
                int64_t limit, struct sql_rows *rows)
{
    const struct sql_value run = SQL_INTEGER(request_integer(request, "run"));
    bool closed = text_equal(request_text(request, "closed"), TEXT("yes"));
    if (request_has(request, "q")) {
        *question = (struct reject_question){{SQL_STRING(request_text(request, "q")), SQL_INTEGER(limit)}};
        store_ask(request->store, text_key, question->values, 2, rows);
    } else if (request_has(request, "class")) {
        *question = (struct reject_question){{SQL_INTEGER(last), SQL_INTEGER(record), run,
                                              SQL_STRING(request_text(request, "class")),
                                              SQL_STRING(request_text(request, "code")), SQL_INTEGER(limit)}};
        store_ask(request->store, closed ? TEXT_GROUP("not null") : TEXT_GROUP("null"), question->values, 6, rows);
    } else {
        *question = (struct reject_question){{SQL_INTEGER(last), SQL_INTEGER(record), run, SQL_INTEGER(limit)}};
        store_ask(request->store, closed ? TEXT_ALL("not null") : TEXT_ALL("null"), question->values, 4, rows);
    }
}

int rejects_list(struct api_request *request, struct api_answer *answer)
{
    int64_t limit = request_integer(request, "limit"), count = 0, last, record;
    struct sql_rows rows;
    struct reject_question question;
    if (!cursor_read(request_text(request, "cursor"), &last, &record)) {
        return answer_problem(answer, MHD_HTTP_BAD_REQUEST, "parameter", "cursor: none that this call gave");
    }
    ask(request, &question, last, record, limit + 1, &rows);
    buffer_add_char(&answer->body, '[');
    while (store_next(&rows)) {
        if (++count > limit) {
            (void)snprintf(answer->next, sizeof answer->next, "%lld-%lld", (long long)last, (long long)record);
            continue;
        }
        bool first = true;
        record = rows.columns[0].integer;
        last = rows.columns[10].integer;
        buffer_add_text(&answer->body, count > 1 ? TEXT(",{") : TEXT("{"));
        members_put(&answer->body, &first, rows.columns, request->chinese);
        buffer_add_char(&answer->body, '}');
    }
    buffer_add_char(&answer->body, ']');
    return store_found(&rows);
}

int rejects_reasons(struct api_request *request, struct api_answer *answer)
{
    struct sql_rows rows;
    struct buffer *out = &answer->body;
    const struct sql_value value = SQL_INTEGER(GROUPS);
    size_t count = 0;
    store_ask(request->store,
              "select g.class, g.code, g.n, g.last, (select message from reject m where m.class = g.class and"
              " m.code = g.code and m.last = g.last and m.closed is null order by m.record limit 1) from (select "
              "class, code, count(*) as n,"
              " max(last) as last from reject where closed is null group by class, code) g order by g.n desc, g.class, "
              "g.code limit $1",
              &value, 1, &rows);
    buffer_add_char(out, '[');
    while (store_next(&rows)) {
        bool first = true;
        buffer_add_text(out, count++ ? TEXT(",{") : TEXT("{"));
        json_member_text(out, &first, "class", rows.columns[0].text);
        json_member_text(out, &first, "code", rows.columns[1].text);
        put_said(out, &first, "message", rows.columns[4].kind == SQL_TEXT ? rows.columns[4].text : TEXT(""),
                 request->chinese);
        json_member_integer(out, &first, "count", rows.columns[2].integer);
        json_member_integer(out, &first, "last", rows.columns[3].integer);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
    return store_found(&rows);
}

int rejects_show(struct api_request *request, struct api_answer *answer)
{
    const struct sql_value value = SQL_INTEGER(request_integer(request, "id"));
    struct sql_rows rows;
    bool first = true;
    store_ask(request->store, "select " COLUMNS ", j.source, j.payload" FROM " where j.record = $1", &value, 1, &rows);
    bool found = store_next(&rows);
    if (found) {
        const struct sql_value *source = &rows.columns[12], *payload = &rows.columns[13];
        buffer_add_char(&answer->body, '{');
        members_put(&answer->body, &first, rows.columns, request->chinese);
        put_json_or_text(&answer->body, &first, "source", source->kind == SQL_NULL ? TEXT("") : source->text,
                         request->arena);
        put_json_or_text(&answer->body, &first, "payload", payload->kind == SQL_NULL ? TEXT("") : payload->text,
                         request->arena);
        buffer_add_char(&answer->body, '}');
    }
    int error = store_found(&rows);
    return error ? error
           : found
               ? 0
               : answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "nothing is refused under this id any more");
}

/* ---- as a table ---- */

/* A cell that a spreadsheet takes for text, whatever it begins with: a shop's name must not become a formula there. */
static void cell_put(struct buffer *out, struct text t)
{
    bool risky = t.size > 0 && text_has(TEXT("=+-@\t\r\n"), t.data[0]);
    buffer_add_char(out, '"');
    buffer_add_text(out, risky ? TEXT("'") : TEXT(""));
    for (size_t i = 0; i < t.size; i++) {
        buffer_add_text(out, t.data[i] == '"' ? TEXT("\"") : TEXT(""));
        buffer_add_char(out, t.data[i]);
    }
    buffer_add_char(out, '"');
}

static void cell_time(struct buffer *out, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    char text[40] = "";
    if (localtime_r(&seconds, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) > 0) {
        cell_put(out, text_of(text));
    }
}

int rejects_csv(struct api_request *request, struct api_answer *answer)
{
    struct sql_rows rows;
    struct reject_question question;
    struct buffer *out = &answer->body;
    ask(request, &question, INT64_MAX, INT64_MAX, CSV_ROWS, &rows);
    /* The mark by which spreadsheets know that it is UTF-8. */
    buffer_add_text(out, TEXT("\xef\xbb\xbfscheme,key,number,class,code,message,attempts,first,last,run\r\n"));
    while (store_next(&rows)) {
        for (int i = 2; i < 8; i++) {
            cell_put(out, rows.columns[i].text);
            buffer_add_char(out, ',');
        }
        buffer_format(out, "%lld,", (long long)rows.columns[8].integer);
        cell_time(out, rows.columns[9].integer);
        buffer_add_char(out, ',');
        cell_time(out, rows.columns[10].integer);
        buffer_format(out, ",%lld\r\n", (long long)rows.columns[1].integer);
    }
    (void)snprintf(answer->file, sizeof answer->file, "dianchen-rejects.csv");
    return store_found(&rows);
}

/* ---- once more ---- */

static struct text member(const struct api_request *request, const char *name)
{
    struct text value = json_text(json_get(request->body, name));
    return value.data ? value : TEXT("");
}

/* What is to be sent again, from the body. */
static int replay_order_read(const struct api_request *request, struct job_order *order, struct api_answer *answer)
{
    const cJSON *key;
    order->kind = JOB_REPLAY;
    order->all = cJSON_IsTrue(json_get(request->body, "all"));
    order->code = member(request, "code");
    order->class = member(request, "class");
    cJSON_ArrayForEach(key, json_get(request->body, "keys"))
    {
        if (order->key_count == KEYS_MOST) {
            return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "keys", "keys: at most %d at once",
                                  (int)KEYS_MOST);
        }
        order->keys[order->key_count++] = json_text(key);
    }
    if (!order->all && order->code.size == 0 && order->class.size == 0 && order->key_count == 0) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "keys",
                              "which? keys, class and code, or all name what is to be sent again");
    }
    return 0;
}

/* ---- nothing is to be done ---- */

/* {"ids"} each, or {"class","code","all"}, of a scheme or of any. */
static int closing_read(const struct api_request *request, struct reject_closing *out, struct api_answer *answer)
{
    bool all = cJSON_IsTrue(json_get(request->body, "all"));
    int ids = cJSON_GetArraySize(json_get(request->body, "ids"));
    *out = (struct reject_closing){.scheme = member(request, "scheme"),
                                   .key = TEXT(""),
                                   .class = member(request, "class"),
                                   .code = member(request, "code")};
    if (ids > IDS_MOST) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "ids", "ids: at most %d at once", (int)IDS_MOST);
    }
    if (!all && ids == 0 && out->class.size == 0 && out->code.size == 0) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "ids",
                              "which? ids, class and code, or all name what is to be closed");
    }
    return 0;
}

int rejects_close(struct api_request *request, struct api_answer *answer)
{
    struct reject_closing which;
    const cJSON *ids = json_get(request->body, "ids"), *id;
    int64_t closed = 0, some;
    bool first = true;
    int error = closing_read(request, &which, answer);
    if (!error && cJSON_GetArraySize(ids) == 0) {
        error = reject_close(request->store, &which, &closed);
    }
    cJSON_ArrayForEach(id, ids)
    {
        error = error ? error : json_integer(id, &which.record) || which.record < 1 ? ERR_INPUT : 0;
        error = error ? error : reject_close(request->store, &which, &some);
        closed += error ? 0 : some;
    }
    if (error == ERR_INPUT) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "ids", "ids: numbers that the list gave");
    }
    struct buffer what;
    buffer_init(&what, REQUEST_BODY_MAX);
    json_put_tree(&what, request->body);
    error = error ? error
                  : request_audit(request, "rejects.close", which.scheme.size > 0 ? which.scheme : TEXT("*"), TEXT(""),
                                  buffer_text(&what));
    buffer_fini(&what);
    buffer_add_char(&answer->body, '{');
    json_member_integer(&answer->body, &first, "closed", closed);
    buffer_add_char(&answer->body, '}');
    return error;
}

int rejects_replay(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry scheme;
    struct job_order order = {.all = false};
    struct cause cause;
    int64_t job = 0;
    int error = replay_order_read(request, &order, answer);
    if (error) {
        return error;
    }
    if (!catalog_named(request->console->catalog, member(request, "scheme"), &scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "scheme", "no scheme file here is named %.*s",
                              TEXT_ARG(member(request, "scheme")));
    }
    if (!scheme.replays) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "no-key",
                              "%s can't be asked for single records: mend them, and the next run sends them",
                              scheme.source);
    }
    (void)snprintf(order.scheme, sizeof order.scheme, "%s", scheme.path);
    (void)snprintf(order.name, sizeof order.name, "%s", scheme.name);
    struct buffer what;
    buffer_init(&what, REQUEST_BODY_MAX);
    json_put_tree(&what, request->body);
    error = request_audit(request, "rejects.replay", text_of(scheme.name), TEXT(""), buffer_text(&what));
    buffer_fini(&what);
    error = error ? error : jobs_start(request->console->jobs, &order, &job, &cause);
    if (error == ERR_BUSY && job == 0) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "busy", "%s", cause.text);
    }
    bool first = true;
    buffer_add_char(&answer->body, '{');
    json_member_integer(&answer->body, &first, "job", job);
    buffer_add_char(&answer->body, '}');
    return error;
}
