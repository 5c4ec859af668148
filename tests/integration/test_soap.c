/* Sources by an API file alone, through the driver "soap": 1,000 items of a service that is strict about all it is asked become
 * materials. Each once, and complete; a second run writes nothing; one change at the source is one update. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/rig_secrets.h"
#include "tests/integration/world.h"

enum { WORDS = 20, ITEMS = 1000 };

struct variant {
    const char *name;
    const char *version, *header, *auth, *login, *list; /* members of the API file; NULL = as below */
    const char *slices, *split;
    const char *source[WORDS]; /* switches of the double */
    const char *proof;         /* NULL = total */
    const char *faults;        /* a number of its report that must have been seen, or NULL */
};

#define KINDS "[{ \"kind\": \"a\" }, { \"kind\": \"b\" }]"
#define LOGIN "\"m:user\": \"{{SOAP_USER}}\", \"m:password\": \"{{SOAP_PASSWORD}}\", "

static const struct variant variants[] = {
    {.name = "SOAP 1.1", .source = {NULL}},
    {.name = "SOAP 1.2, two kinds side by side, no total",
     .version = "1.2",
     .slices = KINDS,
     .source = {"--version", "1.2", "--total", "never"},
     .proof = "empty page"},
    {.name = "a list that stands in the reply itself, user and password of HTTP",
     .list = "/QueryItemsResponse/item",
     .auth = "{ \"kind\": \"basic\" }",
     .source = {"--list", "flat", "--auth", "basic", "--user", "soap", "--password", RIG_PASSWORD}},
    {.name = "a list that is left out where it is empty, a key in a header",
     .auth = "{ \"kind\": \"header\", \"name\": \"X-Api-Key\" }",
     .source = {"--list", "left_out", "--auth", "header", "--token", RIG_SOURCE_SECRET}},
    {.name = "a UsernameToken with its password, GBK by the declaration",
     .auth = "{ \"kind\": \"wsse\" }",
     .source = {"--auth", "text", "--user", "soap", "--password", RIG_PASSWORD, "--encoding", "gbk"}},
    {.name = "a UsernameToken with a digest, SOAP 1.2, GBK by Content-Type",
     .version = "1.2",
     .auth = "{ \"kind\": \"wsse\", \"password\": \"digest\" }",
     .source = {"--version", "1.2", "--auth", "digest", "--user", "soap", "--password", RIG_PASSWORD, "--encoding",
                "gbk_told"}},
    {.name = "user and password as elements of the body, a charset that nobody tells",
     .login = LOGIN,
     .source = {"--auth", "body", "--user", "soap", "--password", RIG_PASSWORD, "--encoding", "untold"}},
    {.name = "HTTP 429 with Retry-After",
     .source = {"--status", "429", "--status_next", "3", "--status_wait", "1"},
     .faults = "status"},
    {.name = "HTTP 503", .source = {"--status_rate", "0.3"}, .faults = "status"},
    {.name = "busy, in words", .source = {"--busy_next", "3"}, .faults = "busy"},
    {.name = "too fast, as a fault", .source = {"--fast_next", "2"}, .faults = "fast"},
    {.name = "faults of the server", .source = {"--fault_next", "3"}, .faults = "faults"},
    {.name = "a page breaks off", .source = {"--bad_next", "2", "--bad", "half"}, .faults = "bad"},
    {.name = "a page is HTML", .source = {"--bad_next", "2", "--bad", "html"}, .faults = "bad"},
    {.name = "a page is JSON", .source = {"--bad_next", "2", "--bad", "json"}, .faults = "bad"},
    {.name = "a byte that is no text", .source = {"--bad_next", "2", "--bad", "bytes"}, .faults = "bad"},
};

static const char *program;

static void put_files(struct world *w, const struct variant *v)
{
    char text[8000];
    char path[sizeof w->rig.folder + 60];
    rig_scheme(&w->rig, NULL, NULL); /* the target's file, too */
    int size = snprintf(
        text, sizeof text,
        "{ \"name\": \"erp.items\", \"label\": \"items\", \"driver\": \"soap\",\n"
        "  \"call\": { \"path\": \"/services/items\", \"version\": \"%s\", \"action\": "
        "\"http://erp.example.com/items/QueryItems\",\n"
        "    \"namespaces\": { \"m\": \"http://erp.example.com/items\" },\n"
        "    \"body\": { \"m:QueryItems\": { %s\"m:page\": \"{{page}}\", \"m:size\": \"{{size}}\", \"m:kind\": "
        "\"{{kind}}\", \"m:id\": \"{{id}}\" } } },\n"
        "  \"auth\": %s,\n"
        "  \"reply\": { \"list\": \"%s\", \"total\": \"/QueryItemsResponse/total\", \"message\": "
        "\"/QueryItemsResponse/message\",\n"
        "    \"success\": { \"at\": \"/QueryItemsResponse/code\", \"values\": [0] },\n"
        "    \"retry\": { \"at\": \"/QueryItemsResponse/code\", \"values\": [9] },\n"
        "    \"faults\": { \"throttled\": [\"too many\"] } },\n"
        "  \"pagination\": { \"by\": \"page\", \"size\": \"size\", \"number\": \"page\", \"first\": 1, \"maxSize\": "
        "100 },\n"
        "  \"request\": { \"page\": { \"label\": \"p\" }, \"size\": { \"label\": \"s\" }, \"kind\": { \"label\": \"k\" "
        "},"
        " \"id\": { \"label\": \"i\" } },\n"
        "  \"response\": {\n"
        "    \"id\": { \"label\": \"i\", \"type\": \"string\" }, \"code\": { \"label\": \"c\", \"type\": \"string\" "
        "},\n"
        "    \"name\": { \"label\": \"n\", \"type\": \"string\" }, \"price\": { \"label\": \"p\", \"type\": \"number\" "
        "},\n"
        "    \"price@currency\": { \"label\": \"c\", \"type\": \"string\" }, \"@row\": { \"label\": \"r\", \"type\": "
        "\"string\" },\n"
        "    \"note\": { \"label\": \"n\", \"type\": \"string\" }, \"tag\": { \"label\": \"t\", \"type\": \"array\" "
        "},\n"
        "    \"lines\": { \"label\": \"l\", \"type\": \"array\", \"item\": \"line\", \"fields\": {\n"
        "      \"no\": { \"label\": \"n\", \"type\": \"string\" }, \"qty\": { \"label\": \"q\", \"type\": \"string\" } "
        "} } } "
        "}\n",
        v->version ? v->version : "1.1", v->login ? v->login : "", v->auth ? v->auth : "{ \"kind\": \"none\" }",
        v->list ? v->list : "/QueryItemsResponse/items/item");
    assert_in_range(size, 1, sizeof text - 1);
    world_scheme_file(w, "api/erp.items.json", text);
/* Digits, an attribute of a text, one of the record, null, a list of texts, rows of an element of their own. */
#define REMARK                                                                                                         \
    "=TEXTJOIN(\\\"|\\\", FALSE, price, {{price@currency}}, {{@row}}, note, COUNT(tag), TEXTJOIN(\\\"/\\\", TRUE, "    \
    "lines.qty))"
#define UNIT "\"{{env.XINGCHEN_UNIT_ID}}\""
    size = snprintf(
        text, sizeof text,
        "{ \"name\": \"items\", \"env\": [\"XINGCHEN_UNIT_ID\"],\n"
        "  \"source\": { \"api\": \"erp.items\", \"id\": \"id\", \"number\": \"code\", \"title\": \"name\",\n"
        "    \"request\": { \"page\": \"{{PAGINATION_START_PAGE}}\", \"size\": \"{{PAGINATION_PAGE_SIZE}}\" },\n"
        "    \"slices\": %s,\n    \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 4 } },\n"
        "  \"target\": { \"api\": \"jdy/basedata/material_batch_save\", \"existing\": \"reject\",\n"
        "    \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 4 },\n"
        "    \"request\": { \"number\": \"{{code}}\", \"name\": \"{{name}}\", \"baseunitid_id\": " UNIT ",\n"
        "      \"purchaseunitid_id\": " UNIT ", \"saleunitid_id\": " UNIT ", \"storeunitid_id\": " UNIT ",\n"
        "      \"auxunitid_id\": " UNIT ", \"costmethod\": \"1\", \"issale\": true, \"ispurchase\": true,\n"
        "      \"remark\": \"" REMARK "\" } } }\n",
        v->slices ? v->slices : "[{}]");
    assert_in_range(size, 1, sizeof text - 1);
    world_scheme_file(w, "items.json", text);
    snprintf(path, sizeof path, "%s/schemes/items.json", w->rig.folder);
    rig_set(&w->rig, "DIANCHEN_SCHEME", path);
    free(COMMAND(w, 0, "lint", path)); /* the API file with it */
}

static void open_world(struct world *w, const struct variant *v)
{
    rig_open(&w->rig, program);
    rig_double(&w->rig, "soap-double", v->source, w->source, sizeof w->source);
    rig_double(&w->rig, "xingchen-double", (const char *[]){"--duplicates", "take", NULL}, w->target, sizeof w->target);
    rig_credentials(&w->rig, "http://127.0.0.1:9/router/qm", w->target);
    rig_set(&w->rig, "SOAP_URL", w->source);
    rig_set(&w->rig, "SOAP_TOKEN", RIG_SOURCE_SECRET);
    rig_set(&w->rig, "SOAP_USER", "soap");
    rig_set(&w->rig, "SOAP_PASSWORD", RIG_PASSWORD);
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

static void expect_text(char *text, const char *wanted)
{
    if (!strstr(text, wanted)) {
        print_error("'%s' is not in: %s\n", wanted, text);
        fail();
    }
    free(text);
}

static void moves(void **state)
{
    const struct variant *v = *state;
    struct world w;
    open_world(&w, v);
    expect_run(&w, v, ITEMS, 0);
    assert_int_equal(target_number(&w, "materials"), ITEMS);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    expect_text(rig_ask(w.target, "material?number=R000007", NULL), "Ding <7> & \\\"大\\\"");
    expect_text(rig_ask(w.target, "material?number=R000007", NULL), "\"remark\":\"7.50|CNY|7||2|9007199254740993.1\"");
    expect_text(rig_ask(w.target, "material?number=R000010", NULL),
                "\"remark\":\"10.50|CNY|10|n|1|9007199254740993.1/9007199254740993.2\"");

    int64_t writes = target_number(&w, "rows_saved");
    expect_run(&w, v, 0, 0);
    assert_int_equal(target_number(&w, "rows_saved"), writes);

    free(rig_ask(w.source, "edit?id=7&name=%E5%8C%97%3C%E4%BB%93%26", ""));
    expect_run(&w, v, 0, 1);
    assert_int_equal(target_number(&w, "rows_saved"), writes + 1);
    expect_text(rig_ask(w.target, "material?number=R000007", NULL), "北<仓&");

    free(rig_ask(w.source, "set?status_rate=0", ""));
    free(COMMAND(&w, 0, "check"));
    char path[sizeof w.rig.folder + 60];
    snprintf(path, sizeof path, "%s/schemes/api/erp.items.json", w.rig.folder);
    expect_text(COMMAND(&w, 0, "api", "try", path), "the file lacks, under \"response\": kind");
    if (v == &variants[0]) {
        expect_text(COMMAND(&w, 0, "preview"), "R000001");
    }
    cJSON *report = rig_ask_json(w.source, "report");
    expect(report, "refused", 0, v->name);
    expect(report, "early", 0, v->name);
    assert_true(!v->faults || rig_number(report, v->faults) > 0);
    cJSON_Delete(report);
    rig_close(&w.rig);
}

/* A refused record is fetched alone, by its id: a list of one. */
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

static void check_says(struct world *w, int exit_code, const char *text)
{
    expect_text(COMMAND(w, exit_code, "check"), text);
}

/* What a person must mend is told with its cure; what servers say of credentials stands nowhere (rig_close looks). */
static void refusals_are_told(void **state)
{
    const struct variant *v = *state;
    struct world w;
    open_world(&w, v);
    free(rig_ask(w.source, "set?password=another", ""));
    check_says(&w, 1, "a fault (env:Client): who are you?; check \"call\" and \"auth\"");
    free(rig_ask(w.source, "set?echo=1&password=rig%2Bpassword%2Fof%3D3", ""));
    check_says(&w, 1, "a fault (env:Client): soap with *** has no rights");
    free(COMMAND(&w, 1, "run", "--json"));
    free(rig_ask(w.source, "set?echo=0&version=1.2", ""));
    check_says(&w, 1, "the wrong Content-Type");
    rig_set(&w.rig, "SOAP_PASSWORD", "");
    check_says(&w, 2, "SOAP_PASSWORD is not set");
    rig_set(&w.rig, "SOAP_URL", "http://erp.example.com/services");
    check_says(&w, 2, "PLAIN_HTTP");
    rig_set(&w.rig, "SOAP_URL", "");
    check_says(&w, 2, "SOAP_URL is not set");
    rig_close(&w.rig);
}

/* What can't be a list of this API is refused with what was seen, nothing is written, and no entity is ever opened. */
static void strange_replies_are_refused(void **state)
{
    static const struct {
        const char *bad, *said;
    } rows[] = {
        {"other", "its members: /QueryItemsResponse: code=\"0\", total=\"1000\", goods"},
        {"bomb", "a document type, which SOAP forbids (line 2: <!DOCTYPE e"},
        {"outside", "a document type, which SOAP forbids (line 2: <!DOCTYPE e"},
        {"html", "the reply is HTML, not XML: <!DOCTYPE html>"},
        {"json", "the reply is JSON, not XML"},
    };
    const struct variant *v = *state;
    struct world w;
    open_world(&w, v);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char words[80];
        snprintf(words, sizeof words, "set?bad_next=1000&bad=%s", rows[i].bad);
        free(rig_ask(w.source, words, ""));
        bool fatal = i < 3;
        check_says(&w, fatal ? 1 : 4, rows[i].said);
        if (fatal) {
            free(COMMAND(&w, 1, "run", "--json"));
        }
        assert_int_equal(target_number(&w, "materials"), 0);
    }
    rig_close(&w.rig);
}

/* No record, and one: lists all the same. */
static void short_lists_are_lists(void **state)
{
    static const char *const lists[] = {"wrapped", "left_out"};
    const struct variant *v = *state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct world w;
        char words[80];
        open_world(&w, v);
        snprintf(words, sizeof words, "set?items=0&list=%s", lists[i]);
        free(rig_ask(w.source, words, ""));
        cJSON *report = world_json(COMMAND(&w, 0, "run", "--json"));
        expect(report, "seen", 0, lists[i]);
        cJSON_Delete(report);
        free(rig_ask(w.source, "set?items=1", ""));
        report = world_json(COMMAND(&w, 0, "run", "--json"));
        expect(report, "created", 1, lists[i]);
        cJSON_Delete(report);
        rig_close(&w.rig);
    }
}

int main(int argc, char **argv)
{
    enum { COUNT = sizeof variants / sizeof *variants };
    struct CMUnitTest tests[COUNT + 4];
    void *first = (void *)(uintptr_t)&variants[0];
    static const struct variant secret = {
        .name = "secret", .login = LOGIN, .source = {"--auth", "body", "--user", "soap", "--password", RIG_PASSWORD}};
    const struct CMUnitTest others[] = {
        cmocka_unit_test_prestate(replays_one, first),
        cmocka_unit_test_prestate(refusals_are_told, (void *)(uintptr_t)&secret),
        cmocka_unit_test_prestate(strange_replies_are_refused, first),
        cmocka_unit_test_prestate(short_lists_are_lists, first),
    };
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
    return _cmocka_run_group_tests("soap", tests, n, NULL, NULL);
}
