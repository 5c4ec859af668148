/* Sources by an API file alone, through the driver "rest": 1,000 items of a server that is strict about all it is asked become
 * materials. Each once, and complete; a second run writes nothing; one change at the source is one update. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/integration/rig_secrets.h"
#include "tests/integration/world.h"

enum { WORDS = 20, ITEMS = 1000 };

struct variant {
    const char *name;
    const char *call, *auth, *reply, *paging; /* members of the API file */
    const char *params;                       /* its request parameters, beside id */
    const char *request, *slices;             /* of the scheme */
    const char *window, *span;                /* of the API file, and of the scheme; NULL = none */
    int64_t page_size;
    const char *source[WORDS]; /* switches of the double */
    const char *proof;         /* NULL = total */
    const char *faults;        /* a number of its report that must have been seen, or NULL */
};

#define GET_ITEMS "{ \"path\": \"/v1/items\" }"
#define BELOW_KEYS                                                                                                     \
    "{ \"list\": \"/data/items\", \"total\": \"/meta/total\", \"message\": \"/message\","                              \
    "  \"success\": { \"at\": \"/code\", \"values\": [\"OK\"] },"                                                      \
    "  \"throttled\": { \"at\": \"/code\", \"values\": [\"TOO_FAST\"] },"                                              \
    "  \"retry\": { \"at\": \"/code\", \"values\": [\"BUSY\"] } }"
#define BY_PAGE "{ \"by\": \"page\", \"size\": \"limit\", \"number\": \"page\", \"first\": 1, \"maxSize\": 100 }"
#define PAGE_PARAMS "\"page\": { \"label\": \"p\" }, \"limit\": { \"label\": \"l\" }, \"kind\": { \"label\": \"k\" }"
#define ASK_PAGE "\"page\": \"{{PAGINATION_START_PAGE}}\", \"limit\": \"{{PAGINATION_PAGE_SIZE}}\""
#define KINDS "[{ \"kind\": \"a\" }, { \"kind\": \"b\" }]"
#define BEARER "{ \"kind\": \"bearer\" }"
#define WITH_BEARER "--auth", "bearer", "--token", RIG_SOURCE_SECRET
#define PAGES                                                                                                          \
    .call = GET_ITEMS, .auth = BEARER, .reply = BELOW_KEYS, .paging = BY_PAGE, .params = PAGE_PARAMS,                  \
    .request = ASK_PAGE, .page_size = 100

#define OFFSETS                                                                                                        \
    .call = "{ \"path\": \"/v1/items\", \"query\": { \"skip\": \"{{from}}\", \"limit\": \"{{count}}\" },"              \
            " \"headers\": { \"X-Tenant\": \"t-{{count}}\" } }",                                                       \
    .auth = "{ \"kind\": \"header\", \"name\": \"X-Api-Key\" }",                                                       \
    .paging = "{ \"by\": \"offset\", \"size\": \"count\", \"number\": \"from\", \"maxSize\": 100 }",                   \
    .params = "\"from\": { \"label\": \"f\" }, \"count\": { \"label\": \"c\" }, \"kind\": { \"label\": \"k\" }",       \
    .request = "\"from\": \"{{PAGINATION_START_PAGE}}\", \"count\": \"{{PAGINATION_PAGE_SIZE}}\"", .slices = KINDS,    \
    .page_size = 90
#define BY_OFFSET "--paging", "offset", "--auth", "header", "--token", RIG_SOURCE_SECRET

#define CURSORS(where)                                                                                                 \
    .call = GET_ITEMS, .auth = BEARER, .reply = "{ \"list\": \"/data/items\" }",                                       \
    .paging =                                                                                                          \
        "{ \"by\": \"cursor\", \"size\": \"limit\", \"number\": \"after\", \"maxSize\": 100, \"next\": " where " }",   \
    .params = "\"after\": { \"label\": \"a\" }, \"limit\": { \"label\": \"l\" }, \"kind\": { \"label\": \"k\" }",      \
    .request = "\"after\": \"{{PAGINATION_START_PAGE}}\", \"limit\": \"{{PAGINATION_PAGE_SIZE}}\"", .slices = KINDS,   \
    .page_size = 100
#define BY_CURSOR "--paging", "cursor", WITH_BEARER

static const struct variant variants[] = {
    {.name = "pages, a list below keys, a token", PAGES, .slices = "[{}]", .source = {WITH_BEARER}},
    {.name = "pages of two kinds side by side, no total",
     PAGES,
     .slices = KINDS,
     .source = {WITH_BEARER, "--total", "never"},
     .proof = "empty page"},
    {.name = "pages from 0, the body is the list, the total in a header, user and password",
     .call = GET_ITEMS,
     .auth = "{ \"kind\": \"basic\" }",
     .reply = "{ \"total\": \"X-Total-Count\" }",
     .paging = "{ \"by\": \"page\", \"size\": \"limit\", \"number\": \"page\", \"first\": 0, \"maxSize\": 70 }",
     .params = PAGE_PARAMS,
     .request = ASK_PAGE,
     .slices = "[{}]",
     .page_size = 70,
     .source = {"--auth", "basic", "--user", "rest", "--password", RIG_PASSWORD, "--first", "0", "--list", "body",
                "--total", "header", "--size_max", "70"}},
    {.name = "offsets, no total, a key in a header, a template of the query",
     OFFSETS,
     .reply = "{ \"list\": \"/data/items\" }",
     .source = {BY_OFFSET, "--total", "never"},
     .proof = "empty page"},
    {.name = "offsets, pages capped, no total",
     OFFSETS,
     .reply = "{ \"list\": \"/data/items\" }",
     .source = {BY_OFFSET, "--total", "never", "--page_cap", "40"},
     .proof = "empty page"},
    {.name = "offsets, pages capped, a total", OFFSETS, .reply = BELOW_KEYS, .source = {BY_OFFSET, "--page_cap", "70"}},
    {.name = "a cursor in the body", CURSORS("\"/meta/next\""), .source = {BY_CURSOR}, .proof = "empty page"},
    {.name = "a cursor in the header Link",
     CURSORS("\"Link\""),
     .source = {BY_CURSOR, "--next", "link"},
     .proof = "empty page"},
    {.name = "a cursor, pages capped, and the first three empty",
     CURSORS("\"/meta/next\""),
     .source = {BY_CURSOR, "--page_cap", "37", "--bare_next", "3"},
     .proof = "empty page"},
    {.name = "a cursor, a page breaks off",
     CURSORS("\"/meta/next\""),
     .source = {BY_CURSOR, "--bad_next", "3", "--bad", "half"},
     .proof = "empty page",
     .faults = "bad"},
    {.name = "POST, the parameters are the body",
     .call = "{ \"method\": \"POST\", \"path\": \"/v1/items/search\" }",
     .auth = BEARER,
     .reply = BELOW_KEYS,
     .paging = BY_PAGE,
     .params = PAGE_PARAMS,
     .request = ASK_PAGE ", \"kind\": \"\"",
     .slices = KINDS,
     .page_size = 100,
     .source = {WITH_BEARER}},
    {.name = "POST, a body of its own, a parameter in the path",
     .call = "{ \"method\": \"POST\", \"path\": \"/v1/{{what}}/search\", \"body\": { \"paging\": { \"page\": "
             "\"{{page}}\", \"limit\": \"{{limit}}\" }, \"filter\": { \"kind\": \"{{kind}}\", \"id\": \"{{id}}\" } } }",
     .auth = BEARER,
     .reply = BELOW_KEYS,
     .paging = BY_PAGE,
     .params = PAGE_PARAMS ", \"what\": { \"label\": \"w\" }",
     .request = ASK_PAGE ", \"what\": \"items\"",
     .slices = KINDS,
     .page_size = 100,
     .source = {WITH_BEARER}},
    {.name = "one reply holds all",
     .call = GET_ITEMS,
     .auth = "{ \"kind\": \"none\" }",
     .reply = "{}",
     .paging = "{ \"by\": \"none\" }",
     .params = "\"kind\": { \"label\": \"k\" }",
     .request = "\"kind\": \"\"",
     .slices = "[{}]",
     .page_size = 300,
     .source = {"--paging", "whole", "--list", "body"}},
    {.name = "HTTP 429 with Retry-After",
     PAGES,
     .slices = "[{}]",
     .source = {WITH_BEARER, "--status", "429", "--status_next", "3", "--status_wait", "1"},
     .faults = "status"},
    {.name = "HTTP 503", PAGES, .slices = "[{}]", .source = {WITH_BEARER, "--status_rate", "0.3"}, .faults = "status"},
    {.name = "busy, in words", PAGES, .slices = "[{}]", .source = {WITH_BEARER, "--busy_next", "3"}, .faults = "busy"},
    {.name = "too fast, in words",
     PAGES,
     .slices = "[{}]",
     .source = {WITH_BEARER, "--fast_next", "2"},
     .faults = "fast"},
    {.name = "a page breaks off",
     PAGES,
     .slices = "[{}]",
     .source = {WITH_BEARER, "--bad_next", "2", "--bad", "half"},
     .faults = "bad"},
    {.name = "a page is HTML",
     PAGES,
     .slices = "[{}]",
     .source = {WITH_BEARER, "--bad_next", "2", "--bad", "html"},
     .faults = "bad"},
    {.name = "one reply holds all, and breaks off",
     .call = GET_ITEMS,
     .auth = "{ \"kind\": \"none\" }",
     .reply = "{ \"list\": \"/data/items\" }",
     .paging = "{ \"by\": \"none\" }",
     .params = "\"kind\": { \"label\": \"k\" }",
     .request = "\"kind\": \"\"",
     .slices = "[{}]",
     .page_size = 1000,
     .source = {"--paging", "whole", "--bad_next", "4", "--bad", "half"},
     .faults = "bad"},
};

static const char *program;

static void put_files(struct world *w, const struct variant *v)
{
    char text[8000];
    char path[sizeof w->rig.folder + 60];
    rig_scheme(&w->rig, NULL, NULL); /* the target's file, too */
    int size = snprintf(text, sizeof text,
                        "{ \"name\": \"erp.items\", \"label\": \"items\", \"driver\": \"rest\",\n"
                        "  \"call\": %s,\n  \"auth\": %s,\n  \"reply\": %s,\n  \"pagination\": %s,\n%s"
                        "  \"request\": { %s, \"id\": { \"label\": \"i\", \"type\": \"integer\" } },\n"
                        "  \"response\": {\n"
                        "    \"id\": { \"label\": \"i\", \"type\": \"string\" },\n"
                        "    \"code\": { \"label\": \"c\", \"type\": \"string\" },\n"
                        "    \"name\": { \"label\": \"n\", \"type\": \"string\" },\n"
                        "    \"price\": { \"label\": \"p\", \"type\": \"number\" } } }\n",
                        v->call, v->auth, v->reply, v->paging, v->window ? v->window : "", v->params);
    assert_in_range(size, 1, sizeof text - 1);
    world_scheme_file(w, "api/erp.items.json", text);
#define UNIT "\"{{env.XINGCHEN_UNIT_ID}}\""
    size =
        snprintf(text, sizeof text,
                 "{ \"name\": \"items\", \"env\": [\"XINGCHEN_UNIT_ID\"],\n"
                 "  \"source\": { \"api\": \"erp.items\", \"id\": \"id\", \"number\": \"code\", \"title\": \"name\",\n"
                 "    \"request\": { %s },\n    \"slices\": %s,\n%s    \"pagination\": { \"pageSize\": %lld },\n"
                 "    \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 4 } },\n"
                 "  \"target\": { \"api\": \"jdy/basedata/material_batch_save\", \"existing\": \"reject\",\n"
                 "    \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 4 },\n"
                 "    \"request\": { \"number\": \"{{code}}\", \"name\": \"{{name}}\", \"baseunitid_id\": " UNIT ",\n"
                 "      \"purchaseunitid_id\": " UNIT ", \"saleunitid_id\": " UNIT ", \"storeunitid_id\": " UNIT ",\n"
                 "      \"auxunitid_id\": " UNIT ", \"costmethod\": \"1\", \"issale\": true, \"ispurchase\": true,\n"
                 "      \"remark\": \"{{price}}\" } } }\n",
                 v->request, v->slices, v->span ? v->span : "", (long long)v->page_size);
    assert_in_range(size, 1, sizeof text - 1);
    world_scheme_file(w, "items.json", text);
    snprintf(path, sizeof path, "%s/schemes/items.json", w->rig.folder);
    rig_set(&w->rig, "DIANCHEN_SCHEME", path);
    free(COMMAND(w, 0, "lint", path)); /* the API file with it */
}

static void open_world(struct world *w, const struct variant *v)
{
    rig_open(&w->rig, program);
    rig_double(&w->rig, "rest-double", v->source, w->source, sizeof w->source);
    rig_double(&w->rig, "xingchen-double", (const char *[]){"--duplicates", "take", NULL}, w->target, sizeof w->target);
    rig_credentials(&w->rig, "http://127.0.0.1:9/router/qm", w->target);
    rig_set(&w->rig, "REST_URL", w->source);
    rig_set(&w->rig, "REST_TOKEN", RIG_SOURCE_SECRET);
    rig_set(&w->rig, "REST_USER", "rest");
    rig_set(&w->rig, "REST_PASSWORD", RIG_PASSWORD);
    rig_store(&w->rig, "dianchen.db");
    put_files(w, v);
}

static void expect(const cJSON *report, const char *name, int64_t wanted, const char *of)
{
    if (rig_number(report, name) != wanted) {
        char *shown = cJSON_Print(report);
        print_error("%s: %s is not %lld: %s\n", of, name, (long long)wanted, shown);
        free(shown);
        fail();
    }
}

static void expect_run(struct world *w, const struct variant *v, int64_t created, int64_t updated)
{
    cJSON *report = world_json(COMMAND(w, 0, "run", "--json"));
    expect(report, "seen", ITEMS, v->name);
    expect(report, "created", created, v->name);
    expect(report, "updated", updated, v->name);
    expect(report, "unchanged", ITEMS - created - updated, v->name);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report, "proof")),
                        v->proof ? v->proof : "total");
    cJSON_Delete(report);
}

static void moves(void **state)
{
    const struct variant *v = *state;
    struct world w;
    open_world(&w, v);
    expect_run(&w, v, ITEMS, 0);
    assert_int_equal(target_number(&w, "materials"), ITEMS);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    char *item = rig_ask(w.target, "material?number=R000007", NULL);
    assert_non_null(strstr(item, "Ding 7 “大”"));
    assert_non_null(strstr(item, "\"remark\":\"7.5\""));
    free(item);

    int64_t writes = target_number(&w, "rows_saved");
    expect_run(&w, v, 0, 0);
    assert_int_equal(target_number(&w, "rows_saved"), writes);

    free(rig_ask(w.source, "edit?id=7&name=%E5%8C%97%22%E4%BB%93%26", ""));
    expect_run(&w, v, 0, 1);
    assert_int_equal(target_number(&w, "rows_saved"), writes + 1);
    item = rig_ask(w.target, "material?number=R000007", NULL);
    assert_non_null(strstr(item, "北\\\"仓&"));
    free(item);

    free(rig_ask(w.source, "set?status_rate=0", ""));
    free(COMMAND(&w, 0, "check"));
    char *shown = NULL;
    if (v == &variants[0]) {
        shown = COMMAND(&w, 0, "preview");
        assert_non_null(strstr(shown, "R000001"));
        free(shown);
    }
    char path[sizeof w.rig.folder + 60];
    snprintf(path, sizeof path, "%s/schemes/api/erp.items.json", w.rig.folder);
    if (strstr(v->call, "{{what}}") == NULL) { /* a path that the scheme completes */
        shown = COMMAND(&w, 0, "api", "try", path);
        assert_non_null(strstr(shown, "the file lacks, under \"response\": kind, tags"));
        free(shown);
    }
    cJSON *report = rig_ask_json(w.source, "report");
    expect(report, "refused", 0, v->name);
    expect(report, "early", 0, v->name);
    assert_true(!v->faults || rig_number(report, v->faults) > 0);
    cJSON_Delete(report);
    rig_close(&w.rig);
}

/* A refused record is fetched alone, by its id. */
static void replays_one(void **state)
{
    const struct variant *v = *state;
    struct world w;
    open_world(&w, v);
    free(rig_ask(w.target, "set?reject_numbers=R000007", ""));
    free(COMMAND(&w, 3, "run", "--json"));
    free(rig_ask(w.target, "set?reject_numbers=", ""));
    int64_t rows = source_number(&w, "rows");
    free(COMMAND(&w, 0, "rejects", "replay", "7"));
    assert_true(source_number(&w, "rows") <= rows + 2);
    assert_int_equal(target_number(&w, "materials"), ITEMS);
    assert_int_equal(source_number(&w, "refused"), 0);
    rig_close(&w.rig);
}

/* What a person must mend is told with its cure; what servers say of credentials stands nowhere (rig_close looks). */
static void refusals_are_told(void **state)
{
    const struct variant *v = *state;
    struct world w;
    open_world(&w, v);
    free(rig_ask(w.source, "set?token=another", ""));
    world_check_says(&w, 1, "HTTP 401 (who are you?): check \"auth\" of the API file, and REST_TOKEN");
    free(rig_ask(w.source, "set?refuse=1&token=rig%2Bsource%2Fsecret%3D1", ""));
    world_check_says(&w, 1, "the source refuses (/code = NO): Bearer ***");
    free(COMMAND(&w, 1, "run", "--json"));
    free(rig_ask(w.source, "set?refuse=0&list=body", ""));
    world_check_says(&w, 4, "the reply holds no /code");
    rig_set(&w.rig, "REST_TOKEN", "");
    world_check_says(&w, 2, "REST_TOKEN is not set");
    rig_set(&w.rig, "REST_URL", "http://erp.example.com/api");
    world_check_says(&w, 2, "PLAIN_HTTP");
    rig_set(&w.rig, "REST_URL", "");
    world_check_says(&w, 2, "REST_URL is not set");
    rig_close(&w.rig);
}

/* A reply that nobody knows is refused with the keys that were seen, and never taken for an empty list. */
static void unknown_forms_are_refused(void **state)
{
    const struct variant *v = *state;
    struct variant other = *v;
    struct world w;
    other.reply = "{ \"list\": \"/data/rows\" }";
    open_world(&w, &other);
    world_check_says(&w, 1, "its members: code=\"OK\", message=null, data, meta");
    free(COMMAND(&w, 1, "run", "--json"));
    assert_int_equal(target_number(&w, "materials"), 0);
    rig_close(&w.rig);
}

/* ---- by a cursor ---- */

static struct variant by_cursor(const char *slices)
{
    struct variant v = {.name = "a cursor", CURSORS("\"/meta/next\""), .source = {BY_CURSOR}};
    v.slices = slices;
    return v;
}

/* The run stands where the cursor is refused, goes on there, and reads no page twice. */
static void goes_on_at_its_cursor(void **state)
{
    (void)state;
    const struct variant v = by_cursor("[{}]");
    struct world w;
    open_world(&w, &v);
    free(rig_ask(w.source, "set?stale=1", ""));
    char *said = COMPLAINT(&w, 1, "run");
    assert_non_null(strstr(said, "dianchen run --new begins anew"));
    free(said);
    assert_int_equal(target_number(&w, "materials"), 100);
    free(rig_ask(w.source, "set?stale=0", ""));
    expect_run(&w, &(struct variant){.name = "resumed", .proof = "empty page"}, ITEMS, 0);
    assert_int_equal(source_number(&w, "rows"), ITEMS);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    rig_close(&w.rig);
}

static void expect_window(struct world *w, int64_t created, int64_t updated)
{
    cJSON *report = world_json(COMMAND(w, 0, "run", "--json"));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")));
    expect(report, "created", created, "windows");
    expect(report, "updated", updated, "windows");
    expect(report, "rejected", 0, "windows");
    cJSON_Delete(report);
    assert_int_equal(target_number(w, "materials"), ITEMS);
    assert_int_equal(target_number(w, "doubled_numbers"), 0);
}

/* A source by windows of time: a run reads what has changed. */
static void reads_windows(struct variant v, int64_t quiet)
{
    struct world w;
    char span[200], day[20], params[300];
    time_t since = time(NULL) - (time_t)6 * 24 * 3600;
    struct tm parts;
    assert_true(strftime(day, sizeof day, "%Y-%m-%d", gmtime_r(&since, &parts)) > 0);
    snprintf(span, sizeof span,
             "    \"window\": { \"since\": \"%s\", \"lag\": \"0s\", \"overlap\": \"2s\", \"slice\": \"23h\" },\n", day);
    v.span = span;
    v.window =
        "  \"window\": { \"start\": \"since\", \"end\": \"until\", \"format\": \"seconds\", \"most\": \"1d\" },\n";
    snprintf(params, sizeof params, "%s, \"since\": { \"label\": \"s\" }, \"until\": { \"label\": \"u\" }", v.params);
    v.params = params;
    open_world(&w, &v);
    expect_window(&w, ITEMS, 0);
    int64_t pages = source_number(&w, "pages");
    expect_window(&w, 0, 0);
    assert_true(source_number(&w, "pages") - pages <= quiet); /* the two kinds since then */
    free(rig_ask(w.source, "edit?id=7&name=renamed", ""));
    expect_window(&w, 0, 1);
    assert_int_equal(source_number(&w, "refused"), 0);
    rig_close(&w.rig);
}

/* Each window is read along its own chain of cursors, several side by side. */
static void windows_go_by_cursors(void **state)
{
    (void)state;
    struct variant v = {.name = "a cursor", CURSORS("\"/meta/next\""), .source = {BY_CURSOR, "--windows", "24"}};
    reads_windows(v, 4);
}

/* Each is read from its last page to its first: with a total, or where the end was looked for. */
static void windows_go_backwards(void **state)
{
    (void)state;
    struct variant v = {
        .name = "pages", PAGES, .slices = KINDS, .source = {WITH_BEARER, "--windows", "24", "--page_cap", "30"}};
    reads_windows(v, 8);
    struct variant untold = {
        .name = "pages, no total",
        PAGES,
        .slices = KINDS,
        .source = {WITH_BEARER, "--windows", "24", "--page_cap", "30", "--total", "never"},
    };
    reads_windows(untold, 10);
}

/* A file that looks for the next page in the wrong place reads one page alone: the log and the check say so. */
static void a_full_page_without_a_next_is_told(void **state)
{
    (void)state;
    struct variant v = by_cursor("[{}]");
    struct world w;
    v.paging = "{ \"by\": \"cursor\", \"size\": \"limit\", \"number\": \"after\", \"maxSize\": 100, \"next\": "
               "\"/meta/nxet\" }";
    open_world(&w, &v);
    world_check_says(&w, 0, "; one record, for no next page is named");
    char *said = COMPLAINT(&w, 0, "run");
    assert_non_null(strstr(said, "source.no_next"));
    free(said);
    assert_int_equal(target_number(&w, "materials"), 100);
    rig_close(&w.rig);
}

/* A server that ignores the cursor: its first page again and again is no end. */
static void the_same_page_is_no_end(void **state)
{
    (void)state;
    const struct variant v = by_cursor("[{}]");
    struct world w;
    open_world(&w, &v);
    free(rig_ask(w.source, "set?loop=1", ""));
    cJSON *report = world_json(COMMAND(&w, 4, "run", "--json"));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(report, "complete")));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report, "proof")), "none");
    cJSON_Delete(report);
    assert_int_equal(target_number(&w, "materials"), 100);
    rig_close(&w.rig);
}

/* `api read` goes from page to page by what it prints itself. */
static void reads_page_after_page(void **state)
{
    (void)state;
    const struct variant v = by_cursor("[{}]");
    struct world w;
    char path[sizeof w.rig.folder + 60], next[200] = "";
    int64_t read = 0;
    open_world(&w, &v);
    snprintf(path, sizeof path, "%s/schemes/api/erp.items.json", w.rig.folder);
    do {
        const char *given = next[0] != '\0' ? "--page" : NULL;
        cJSON *page = world_json(COMMAND(&w, 0, "api", "read", path, "--size=90", given, next));
        const char *told = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(page, "next"));
        read += cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(page, "records"));
        assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(page, "total")));
        snprintf(next, sizeof next, "%s", told ? told : "");
        cJSON_Delete(page);
    } while (next[0] != '\0');
    assert_int_equal(read, ITEMS);
    assert_int_equal(source_number(&w, "refused"), 0);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    enum { COUNT = sizeof variants / sizeof *variants };
    void *first = (void *)(uintptr_t)&variants[0];
    const struct CMUnitTest others[] = {
        cmocka_unit_test_prestate(replays_one, first),
        cmocka_unit_test_prestate(refusals_are_told, first),
        cmocka_unit_test_prestate(unknown_forms_are_refused, first),
        cmocka_unit_test(goes_on_at_its_cursor),
        cmocka_unit_test(windows_go_by_cursors),
        cmocka_unit_test(windows_go_backwards),
        cmocka_unit_test(a_full_page_without_a_next_is_told),
        cmocka_unit_test(the_same_page_is_no_end),
        cmocka_unit_test(reads_page_after_page),
    };
    struct CMUnitTest tests[COUNT + sizeof others / sizeof *others];
    size_t n = 0;
    program = argv[0];
    for (size_t i = 0; i < COUNT; i++) {
        if (argc < 2 || strstr(variants[i].name, argv[1]) != NULL) {
            tests[n++] = (struct CMUnitTest){
                .name = variants[i].name, .test_func = moves, .initial_state = (void *)(uintptr_t)&variants[i]};
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (argc < 2 || strstr(others[i].name, argv[1]) != NULL) {
            tests[n++] = others[i];
        }
    }
    return _cmocka_run_group_tests("rest", tests, n, NULL, NULL);
}
