/* Schemes that are being edited: what a text that is not saved yet would be and do. */
#include <microhttpd.h>
#include <stdio.h>

#include "console/api/calls.h"
#include "console/api/edited.h"
#include "console/console.h"
#include "console/serve/said.h"
#include "console/work/child.h"
#include "console/work/difference.h"
#include "console/work/faults.h"
#include "console/work/versions.h"

enum { TEXT_MOST = 1 << 20, CHANGES_MOST = 1000, RECORDS_MOST = 100, ASK_SECONDS = 30, ASK_BYTES = 16 << 20 };

/* ---- what it would be ---- */

static void faults_put(struct buffer *out, bool *first, const struct draft_fault *list, size_t count, bool chinese)
{
    json_put_member(out, first, TEXT("faults"));
    buffer_add_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        bool inner = true;
        buffer_add_text(out, i ? TEXT(",{") : TEXT("{"));
        put_said(out, &inner, "message", list[i].message, chinese);
        json_member_flag(out, &inner, "warning", list[i].warning);
        json_member_text(out, &inner, "path", list[i].path);
        if (list[i].line) {
            json_member_integer(out, &inner, "line", list[i].line);
        } else {
            json_member_null(out, &inner, "line");
        }
        if (list[i].column) {
            json_member_integer(out, &inner, "column", list[i].column);
        } else {
            json_member_null(out, &inner, "column");
        }
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
}

/* Asks `dianchen` and reads its JSON; NULL where there is none. `most`: the highest exit code of an answer. */
static int ask(const char *const *words, int most, struct arena *arena, const cJSON **tree, struct cause *cause)
{
    struct buffer printed, said;
    buffer_init(&printed, ASK_BYTES);
    buffer_init(&said, 1 << 16);
    *tree = NULL;
    int code = child_ask(words, ASK_SECONDS, &printed, &said, cause);
    if (code >= 0 && code <= most) {
        code =
            json_parse(arena, buffer_text(&printed), ASK_BYTES, JSON_STRICT, tree, NULL) == ERR_MEMORY ? ERR_MEMORY : 0;
    } else if (code > 0) {
        code = 0;
    }
    buffer_fini(&printed);
    buffer_fini(&said);
    return code;
}

static int results_put(struct api_request *request, const struct draft *draft, struct buffer *out, bool *first,
                       struct cause *cause)
{
    const cJSON *record, *tree = NULL, *records = json_get(request->body, "records");
    char path[CATALOG_PATH];
    struct buffer lines;
    buffer_init(&lines, TEXT_MOST);
    cJSON_ArrayForEach(record, records)
    {
        json_put_tree(&lines, record);
        buffer_add_char(&lines, '\n');
    }
    const char *const words[] = {"preview",   "--json", "--no-target", "-n",        "100",
                                 "--records", path,     "--scheme",    draft->path, NULL};
    int error = records ? draft_add(draft, "records.jsonl", buffer_text(&lines), path, cause) : 0;
    error = error || lines.size == 0 ? error : ask(words, 0, request->arena, &tree, cause);
    buffer_fini(&lines);
    const cJSON *pair, *list = json_get(tree, "records");
    if (!list) {
        json_member_null(out, first, "results");
        return error;
    }
    json_put_member(out, first, TEXT("results"));
    buffer_add_char(out, '[');
    cJSON_ArrayForEach(pair, list)
    {
        buffer_add_text(out, pair == list->child ? TEXT("") : TEXT(","));
        put_tree_said(out, json_get(pair, "mapped"), request->chinese);
    }
    buffer_add_char(out, ']');
    return error;
}

/* Its own tests, and what it makes of the records: both need a text without fault. */
static int trials_put(struct api_request *request, const struct draft *draft, bool whole, struct buffer *out,
                      bool *first, struct cause *cause)
{
    const char *const words[] = {"test", draft->path, "--json", NULL};
    const cJSON *tree = NULL;
    int error = whole ? results_put(request, draft, out, first, cause) : 0;
    error = error || !whole ? error : ask(words, 1, request->arena, &tree, cause);
    if (!whole) {
        json_member_null(out, first, "results");
    }
    json_put_member(out, first, TEXT("tests"));
    if (tree && cJSON_IsArray(json_get(tree, "failures"))) {
        put_tree_said(out, tree, request->chinese);
    } else {
        buffer_add_text(out, TEXT("null"));
    }
    return error;
}

static int difference_member(struct buffer *out, bool *first, const char *name, struct text old, struct text new)
{
    struct arena arena;
    struct difference count;
    arena_init(&arena, DIFFERENCE_ROOM);
    json_put_member(out, first, text_of(name));
    int error = difference_put(old, new, &arena, out, &count);
    arena_fini(&arena);
    return error;
}

struct newest {
    struct text file;
    struct arena *arena;
    struct version version;
};

static int newest_find(struct store *store, void *user)
{
    struct newest *newest = user;
    return version_newest(store, newest->file, INT64_MAX, newest->arena, &newest->version);
}

/* What is saved now, and who saved it; null where it was not saved here. */
static int saved_put(struct api_request *request, const struct catalog_entry *scheme, struct text saved,
                     struct buffer *out, bool *first)
{
    char tag[VERSION_TAG + 1];
    struct cause cause;
    struct newest newest = {.file = text_of(scheme->file), .arena = request->arena};
    int error = version_tag(saved, tag);
    int found = error ? error : stores_use(request->console->stores, false, newest_find, &newest, &cause);
    bool ours = found == 0 && text_equal(newest.version.text, saved);
    json_member_text(out, first, "etag", text_of(tag));
    json_member_text(out, first, "saved_by", ours ? newest.version.who : (struct text){NULL, 0});
    if (ours) {
        json_member_integer(out, first, "saved_at", newest.version.at);
    } else {
        json_member_null(out, first, "saved_at");
    }
    return found == ERR_NOT_FOUND ? 0 : found;
}

static int draft_put(struct api_request *request, const struct catalog_entry *scheme, struct text saved,
                     struct text text, struct api_answer *answer)
{
    struct draft_fault *list = arena_take(request->arena, FAULTS_MOST * sizeof *list);
    struct draft draft = {.folder = ""};
    struct cause cause = {""};
    struct text base = json_text(json_get(request->body, "base"));
    const cJSON *tree = NULL;
    struct buffer *out = &answer->body;
    bool first = true;
    size_t count = 0;
    int error = list ? draft_open(scheme, text, &draft, &cause) : ERR_MEMORY;
    int faults = error ? error : faults_find(&draft, request->arena, list, &count);
    error = faults < 0 ? faults : 0;
    buffer_add_char(out, '{');
    json_member_text(out, &first, "text", text);
    json_put_member(out, &first, TEXT("document"));
    bool json = !error && json_parse(request->arena, text, TEXT_MOST, JSON_RELAXED, &tree, NULL) == 0;
    if (json && cJSON_IsObject(tree)) {
        json_put_tree(out, tree);
    } else {
        buffer_add_text(out, TEXT("null"));
    }
    faults_put(out, &first, list, count, request->chinese);
    error = error ? error : trials_put(request, &draft, faults == 0, out, &first, &cause);
    error = error ? error : difference_member(out, &first, "difference", saved, text);
    error = error ? error : difference_member(out, &first, "theirs", base.data ? base : saved, saved);
    error = error ? error : saved_put(request, scheme, saved, out, &first);
    buffer_add_char(out, '}');
    draft_close(&draft);
    if (error == ERR_BUSY) {
        answer->retry_after = 1;
        return answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "%s", cause.text);
    }
    return error == ERR_INPUT || error == ERR_TIMEOUT
               ? answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "draft", "%s", cause.text)
               : error;
}

int drafts_look(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry scheme;
    struct text file = request_text(request, "scheme"), given = json_text(json_get(request->body, "text"));
    if (!catalog_find(request->console->catalog, file, &scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no scheme %.*s", TEXT_ARG(file));
    }
    struct text saved = catalog_read(scheme.path, request->arena);
    if (!saved.data) {
        return answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "file", "%s.json can't be read", scheme.file);
    }
    if (cJSON_GetArraySize(json_get(request->body, "records")) > RECORDS_MOST) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "records", "records: at most %d", RECORDS_MOST);
    }
    struct text text = given.data ? given : saved;
    int error = edited_change(request, answer, &text);
    return error ? error : draft_put(request, &scheme, saved, text, answer);
}

static int run_audit(struct api_request *request, const char *scheme, int64_t limit)
{
    struct cause what;
    (void)cause_set(&what, 0, "a dry run of a draft");
    if (limit > 0) {
        (void)cause_set(&what, 0, "a dry run of a draft, of %lld records at most", (long long)limit);
    }
    return request_audit(request, "run.start", text_of(scheme), TEXT(""), text_of(what.text));
}

int drafts_run(struct api_request *request, struct api_answer *answer)
{
    struct catalog_entry scheme;
    struct draft draft = {.folder = ""};
    struct cause cause = {""};
    struct text file = request_text(request, "scheme");
    int64_t limit = 0, job = 0;
    const cJSON *told = json_get(request->body, "limit");
    if (told && (json_integer(told, &limit) != 0 || limit < 1 || limit > 1000000000)) {
        return answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "limit",
                              "limit: a whole number of 1 to 1000000000 is wanted");
    }
    if (!catalog_find(request->console->catalog, file, &scheme)) {
        return answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is no scheme %.*s", TEXT_ARG(file));
    }
    int error = run_audit(request, scheme.name, limit);
    if (error) {
        return error;
    }
    error = draft_open(&scheme, json_text(json_get(request->body, "text")), &draft, &cause);
    if (error) {
        return answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "draft", "%s", cause.text);
    }
    struct job_order order = {.kind = JOB_DRY, .limit = limit, .draft = &draft};
    (void)snprintf(order.scheme, sizeof order.scheme, "%s", draft.path);
    (void)snprintf(order.name, sizeof order.name, "%s", scheme.name);
    error = jobs_start(request->console->jobs, &order, &job, &cause);
    draft_close(&draft); /* the job has taken it, unless it could not begin */
    if (error) {
        return answer_problem(answer, MHD_HTTP_CONFLICT, "busy", "%s", cause.text);
    }
    buffer_format(&answer->body, "{\"job\":%lld}", (long long)job);
    return 0;
}
