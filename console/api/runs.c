/* Runs: listed, shown, started, stopped, taken up again, abandoned. */
#include <microhttpd.h>
#include <stdio.h>

#include "common/base/language.h"
#include "common/config/config.h"
#include "common/ledger/reject_reason.h"
#include "common/run/hold.h"
#include "common/run/standing.h"
#include "common/run/timeline.h"
#include "console/api/calls.h"
#include "console/api/run.h"
#include "console/console.h"
#include "console/serve/said.h"
#include "console/work/child.h"
#include "console/work/jobs.h"

enum { REASONS = 20, SLOWEST = 10, REPORT_SECONDS = 60 };

void run_put(struct buffer *out, const struct sql_value *columns, struct arena *arena, bool chinese)
{
    static const char *const states[] = {"unknown", "open", "finished", "abandoned", "failed"};
    static const char *const kinds[] = {
        [RUN_SYNC] = "sync", [RUN_REPLAY] = "replay", [RUN_VANISHED] = "vanished", [RUN_PUSHED] = "pushed"};
    int64_t kind = columns[5].integer >= RUN_SYNC && columns[5].integer <= RUN_PUSHED ? columns[5].integer : RUN_SYNC;
    int64_t state = columns[4].integer >= RUN_OPEN && columns[4].integer <= RUN_FAILED ? columns[4].integer : 0;
    bool first = true;
    buffer_add_char(out, '{');
    json_member_integer(out, &first, "id", columns[0].integer);
    json_member_text(out, &first, "scheme", columns[1].text);
    json_member_text(out, &first, "source", columns[2].text);
    json_member_text(out, &first, "target", columns[3].kind == SQL_NULL ? (struct text){NULL, 0} : columns[3].text);
    json_member_text(out, &first, "state", text_of(states[state]));
    json_member_text(out, &first, "kind", text_of(kinds[kind]));
    if (columns[6].integer > 0) {
        json_member_integer(out, &first, "limit", columns[6].integer);
    } else {
        json_member_null(out, &first, "limit");
    }
    if (columns[7].integer >= 0) {
        json_member_integer(out, &first, "source_total", columns[7].integer);
    } else {
        json_member_null(out, &first, "source_total");
    }
    json_member_integer(out, &first, "started", columns[8].integer);
    if (columns[9].kind == SQL_NULL) {
        json_member_null(out, &first, "ended");
    } else {
        json_member_integer(out, &first, "ended", columns[9].integer);
    }
    put_said(out, &first, "cause",
             state == RUN_FAILED && columns[10].kind == SQL_TEXT ? columns[10].text : (struct text){NULL, 0}, chinese);
    put_json_or_text(out, &first, "report", columns[11].kind == SQL_TEXT ? columns[11].text : TEXT(""), arena);
    buffer_add_char(out, '}');
}

static int64_t state_number(struct text state)
{
    static const char *const states[] = {"", "open", "finished", "abandoned", "failed"};
    for (int64_t i = 1; i < 5; i++) {
        if (text_equal(state, text_of(states[i]))) {
            return i;
        }
    }
    return 0;
}

int runs_list(struct api_request *request, struct api_answer *answer)
{
    int64_t limit = request_integer(request, "limit"), count = 0, last = 0;
    const struct sql_value values[] = {
        SQL_STRING(request_text(request, "scheme")), SQL_INTEGER(state_number(request_text(request, "state"))),
        SQL_INTEGER(request_has(request, "cursor") ? request_integer(request, "cursor") : INT64_MAX),
        SQL_INTEGER(limit + 1)};
    struct sql_rows rows;
    store_ask(request->store,
              "select " RUN_COLUMNS " from run n where ($1 = '' or n.scheme = $1) and ($2 = 0 or n.state = $2)"
              " and n.id < $3 order by n.id desc limit $4",
              values, 4, &rows);
    buffer_add_char(&answer->body, '[');
    while (store_next(&rows)) {
        if (++count > limit) {
            (void)snprintf(answer->next, sizeof answer->next, "%lld", (long long)last);
            continue;
        }
        last = rows.columns[0].integer;
        buffer_add_text(&answer->body, count > 1 ? TEXT(",") : TEXT(""));
        run_put(&answer->body, rows.columns, request->arena, request->chinese);
    }
    buffer_add_char(&answer->body, ']');
    return store_found(&rows);
}

static int run_missing(struct api_answer *answer, int64_t run)
{
    return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no run %lld", (long long)run);
}

struct run_listing {
    struct buffer *out;
    int count;
    bool chinese;
};

static int reason_put(void *user, const struct reject_reason *reason)
{
    struct run_listing *listing = user;
    bool first = true;
    buffer_add_text(listing->out, listing->count++ ? TEXT(",{") : TEXT("{"));
    json_member_text(listing->out, &first, "class", reason->class);
    json_member_text(listing->out, &first, "code", reason->code);
    put_said(listing->out, &first, "message", reason->message, listing->chinese);
    json_member_integer(listing->out, &first, "count", reason->count);
    buffer_add_char(listing->out, '}');
    return 0;
}

static int page_put(void *user, const struct page_line *page)
{
    struct run_listing *listing = user;
    bool first = true;
    buffer_add_text(listing->out, listing->count++ ? TEXT(",{") : TEXT("{"));
    json_member_integer(listing->out, &first, "slice", page->slice);
    json_member_integer(listing->out, &first, "page", page->no);
    json_member_integer(listing->out, &first, "rows", page->rows);
    json_member_integer(listing->out, &first, "claims", page->claims);
    json_member_integer(listing->out, &first, "ended", page->ended);
    json_member_integer(listing->out, &first, "milliseconds", page_total_us(&page->times) / 1000);
    buffer_add_char(listing->out, '}');
    return 0;
}

static int run_find(struct api_request *request, int64_t run, struct buffer *out)
{
    const struct sql_value value = SQL_INTEGER(run);
    struct sql_rows rows;
    store_ask(request->store, "select " RUN_COLUMNS " from run n where n.id = $1", &value, 1, &rows);
    bool found = store_next(&rows);
    if (found && out) {
        run_put(out, rows.columns, request->arena, request->chinese);
    }
    int error = store_found(&rows);
    return error || found ? error : ERR_NOT_FOUND;
}

int runs_show(struct api_request *request, struct api_answer *answer)
{
    int64_t run = request_integer(request, "run");
    struct buffer *out = &answer->body;
    struct run_progress progress = {0};
    struct run_listing reasons = {out, 0, request->chinese}, slowest = {out, 0, request->chinese};
    buffer_add_text(out, TEXT("{\"run\":"));
    int error = run_find(request, run, out);
    if (error == ERR_NOT_FOUND) {
        return run_missing(answer, run);
    }
    error = error ? error : run_progress(request->store, run, &progress);
    bool first = false;
    buffer_add_text(out, TEXT(",\"progress\":{"));
    bool inner = true;
    json_member_integer(out, &inner, "pages_done", progress.pages_done);
    json_member_integer(out, &inner, "pages", progress.pages_total);
    json_member_integer(out, &inner, "records", progress.rows_done);
    json_member_integer(out, &inner, "rejects", progress.rejects);
    buffer_add_char(out, '}');
    json_put_member(out, &first, TEXT("reasons"));
    buffer_add_char(out, '[');
    error = error ? error : reject_reasons(request->store, run, REASONS, reason_put, &reasons);
    buffer_add_char(out, ']');
    json_put_member(out, &first, TEXT("slowest"));
    buffer_add_char(out, '[');
    error = error ? error : run_pages(request->store, run, PAGES_SLOWEST, SLOWEST, page_put, &slowest);
    buffer_add_text(out, TEXT("]}"));
    return error;
}

int runs_page(struct api_request *request, struct api_answer *answer)
{
    char number[24];
    struct cause cause;
    struct buffer said;
    int64_t run = request_integer(request, "run");
    struct text lang = request_text(request, "lang");
    buffer_init(&said, 1 << 16);
    (void)snprintf(number, sizeof number, "%lld", (long long)run);
    const char *const words[] = {"report", number, "--html", "--lang", text_equal(lang, TEXT("zh")) ? "zh" : "en",
                                 NULL};
    int code = child_ask(words, REPORT_SECONDS, &answer->body, &said, &cause);
    buffer_fini(&said);
    if (code == ERR_BUSY) {
        answer->retry_after = 1;
        return answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "%s", cause.text);
    }
    if (code < 0) {
        return answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "failed", "%s", cause.text);
    }
    if (answer->body.size == 0) {
        return run_missing(answer, run);
    }
    (void)snprintf(answer->file, sizeof answer->file, "dianchen-run-%lld.html", (long long)run);
    return 0;
}

/* ---- control ---- */

static struct text member(const struct api_request *request, const char *name)
{
    struct text value = json_text(json_get(request->body, name));
    return value.data ? value : TEXT("");
}

int runs_start(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry scheme;
    struct text kind = member(request, "kind"), where = member(request, "where");
    int64_t limit = 0;
    if (json_get(request->body, "limit")) {
        (void)!json_integer(json_get(request->body, "limit"), &limit);
        if (limit < 1 || limit > 1000000000) {
            return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "limit",
                                  "limit: a whole number of 1 to 1000000000 is wanted");
        }
    }
    if (!catalog_find(request->console->catalog, member(request, "scheme"), &scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "scheme", "there is no scheme %.*s",
                              TEXT_ARG(member(request, "scheme")));
    }
    if (scheme.fault[0]) {
        (void)answer_problem(answer, MHD_HTTP_CONFLICT, "scheme-fault", "%s", scheme.fault);
        answer_cure(answer, "mend the scheme first");
        return ERR_REFUSED;
    }
    bool dry = text_equal(kind, TEXT("dry")), service = text_equal(where, TEXT("service"));
    if (service && (dry || limit > 0)) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "where",
                              "services read everything and write it: a dry run, or one with a limit, goes on here");
    }
    /* A dry run writes nothing: it takes back no stop, which services would take for their start. */
    int error = dry ? 0 : hold_release(request->store, text_of(scheme.name));
    error = error || !service ? error : hold_run_now(request->store, text_of(scheme.name));
    struct cause what;
    const char *kinds = service ? N_("a run by the services") : dry ? N_("a dry run here") : N_("a run here");
    (void)cause_set(&what, 0, "%s", kinds);
    if (limit > 0) {
        (void)cause_set(&what, 0, "%s, of %lld records at most", kinds, (long long)limit);
    }
    error = error ? error : request_audit(request, "run.start", text_of(scheme.name), TEXT(""), text_of(what.text));
    bool first = true;
    buffer_add_char(&answer->body, '{');
    if (!error && !service) {
        struct job_order order = {.kind = dry ? JOB_DRY : JOB_RUN, .limit = limit};
        struct cause cause;
        int64_t job = 0;
        (void)snprintf(order.scheme, sizeof order.scheme, "%s", scheme.path);
        (void)snprintf(order.name, sizeof order.name, "%s", scheme.name);
        error = jobs_start(request->console->jobs, &order, &job, &cause);
        if (error == ERR_BUSY) {
            return answer_problem(answer, MHD_HTTP_CONFLICT, "busy", "%s", cause.text);
        }
        json_member_integer(&answer->body, &first, "job", job);
    } else {
        json_member_null(&answer->body, &first, "job");
    }
    buffer_add_char(&answer->body, '}');
    return error;
}

/* The run's scheme and state; texts live in the arena. */
static int run_look(struct api_request *request, struct api_answer *answer, struct text *scheme, int64_t *state)
{
    int64_t run = request_integer(request, "run");
    const struct sql_value value = SQL_INTEGER(run);
    struct sql_rows rows;
    store_ask(request->store, "select scheme, state from run where id = $1", &value, 1, &rows);
    bool found = store_next(&rows);
    if (found) {
        *scheme = arena_text(request->arena, rows.columns[0].text);
        *state = rows.columns[1].integer;
    }
    int error = store_found(&rows);
    return error ? error : found ? 0 : run_missing(answer, run);
}

static int run_is_over(struct api_answer *answer, int64_t run)
{
    return answer_problem(answer, MHD_HTTP_CONFLICT, "over", "run %lld is over already", (long long)run);
}

static int control_answer(struct api_request *request, struct api_answer *answer, const char *did, struct text scheme)
{
    char run[24];
    (void)snprintf(run, sizeof run, "%lld", (long long)request_integer(request, "run"));
    int error = request_audit(request, did, text_of(run), TEXT(""), scheme);
    return error ? error : run_find(request, request_integer(request, "run"), &answer->body);
}

int runs_stop(struct api_request *request, struct api_answer *answer)
{
    struct text scheme = TEXT("");
    int64_t state = 0;
    int error = run_look(request, answer, &scheme, &state);
    if (!error && state != RUN_OPEN) {
        return state == RUN_FAILED
                   ? answer_problem(answer, MHD_HTTP_CONFLICT, "stopped", "run %lld stands still already",
                                    (long long)request_integer(request, "run"))
                   : run_is_over(answer, request_integer(request, "run"));
    }
    error = error ? error : hold_put(request->store, scheme, text_of(request->visitor->name));
    return error ? error : control_answer(request, answer, "run.stop", scheme);
}

int runs_resume(struct api_request *request, struct api_answer *answer)
{
    struct text scheme = TEXT("");
    struct catalog_entry entry;
    int64_t state = 0;
    int error = run_look(request, answer, &scheme, &state);
    if (!error && state != RUN_OPEN && state != RUN_FAILED) {
        return run_is_over(answer, request_integer(request, "run"));
    }
    error = error ? error : hold_release(request->store, scheme);
    if (!error && text_equal(member(request, "where"), TEXT("here"))) {
        struct job_order order = {.kind = JOB_RUN};
        struct cause cause;
        int64_t job;
        if (!catalog_named(request->console->catalog, scheme, &entry)) {
            return answer_problem(answer, MHD_HTTP_CONFLICT, "scheme", "no scheme file here is named %.*s",
                                  TEXT_ARG(scheme));
        }
        (void)snprintf(order.scheme, sizeof order.scheme, "%s", entry.path);
        (void)snprintf(order.name, sizeof order.name, "%s", entry.name);
        if (jobs_start(request->console->jobs, &order, &job, &cause) != 0) {
            return answer_problem(answer, MHD_HTTP_CONFLICT, "busy", "%s", cause.text);
        }
    }
    return error ? error : control_answer(request, answer, "run.resume", scheme);
}

int runs_abandon(struct api_request *request, struct api_answer *answer)
{
    struct text scheme = TEXT("");
    int64_t state = 0;
    int error = run_look(request, answer, &scheme, &state);
    error = error ? error : run_abandon(request->store, request_integer(request, "run"));
    if (error == ERR_STALE) {
        return run_is_over(answer, request_integer(request, "run"));
    }
    return error ? error : control_answer(request, answer, "run.abandon", scheme);
}
