/* Source and target of the driver "rest" whose tokens are fetched: OAuth2 by client credentials. Each has a client and a token
 * endpoint of its own, strict about where a credential stands. Tokens end in the middle of runs; what stands in the target decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/rig_secrets.h"
#include "tests/integration/world.h"

enum { ITEMS = 120, WORDS = 24 };
#define SOURCE_CLIENT "shop & co: 1"
#define TARGET_CLIENT "dianchen"

static const char *program;

static void put_files(struct world *w, int64_t pace)
{
    char text[3000], path[sizeof w->rig.folder + 60];
    rig_scheme(&w->rig, NULL, NULL); /* makes the folders */
    world_scheme_file(
        w, "api/erp.items.json",
        "{ \"name\": \"erp.items\", \"label\": \"items\", \"driver\": \"rest\",\n"
        "  \"call\": { \"path\": \"/v1/items\" }, \"auth\": { \"kind\": \"oauth2\", \"scope\": \"read items\" },\n"
        "  \"reply\": { \"list\": \"/data/items\", \"total\": \"/meta/total\" },\n"
        "  \"pagination\": { \"by\": \"page\", \"size\": \"limit\", \"number\": \"page\", \"first\": 1, \"maxSize\": "
        "100 },\n"
        "  \"request\": { \"page\": { \"label\": \"p\" }, \"limit\": { \"label\": \"l\" }, \"id\": { \"label\": \"i\" "
        "} },\n"
        "  \"response\": { \"id\": { \"label\": \"i\", \"type\": \"string\" },\n"
        "    \"code\": { \"label\": \"c\", \"type\": \"string\" }, \"name\": { \"label\": \"n\", \"type\": \"string\" "
        "} } }\n");
    world_scheme_file(
        w, "api/erp.goods.json",
        "{ \"name\": \"erp.goods\", \"label\": \"goods\", \"driver\": \"rest\", \"kind\": \"goods\",\n"
        "  \"id\": \"id\", \"number\": \"code\", \"auth\": { \"kind\": \"oauth2\", \"client\": \"body\" },\n"
        "  \"save\": { \"path\": \"/v1/goods\" }, \"update\": { \"path\": \"/v1/goods/{{id}}\" },\n"
        "  \"find\": { \"path\": \"/v1/goods\", \"query\": { \"code\": \"{{number}}\" }, \"rows\": \"/data/items\" },\n"
        "  \"list\": { \"path\": \"/v1/goods\", \"query\": { \"page\": \"{{page}}\", \"limit\": \"{{size}}\" },\n"
        "    \"rows\": \"/data/items\", \"total\": \"/meta/total\" },\n"
        "  \"reply\": { \"success\": { \"at\": \"/code\", \"values\": [\"OK\"] }, \"message\": \"/message\",\n"
        "    \"code\": \"/code\", \"id\": \"/data/id\" },\n"
        "  \"words\": { \"exists\": [\"EXISTS\"], \"gone\": [\"GONE\"] },\n"
        "  \"request\": { \"id\": { \"label\": \"i\", \"type\": \"integer\" },\n"
        "    \"code\": { \"label\": \"c\", \"type\": \"string\", \"required\": true },\n"
        "    \"name\": { \"label\": \"n\", \"type\": \"string\", \"required\": true } } }\n");
    snprintf(text, sizeof text,
             "{ \"name\": \"goods\",\n"
             "  \"source\": { \"api\": \"erp.items\", \"id\": \"id\", \"number\": \"code\", \"title\": \"name\",\n"
             "    \"request\": { \"page\": \"{{PAGINATION_START_PAGE}}\", \"limit\": \"{{PAGINATION_PAGE_SIZE}}\" },\n"
             "    \"pagination\": { \"pageSize\": 20 },\n"
             "    \"limits\": { \"callsPerMinute\": %lld, \"concurrency\": 2 } },\n"
             "  \"target\": { \"api\": \"erp.goods\", \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 3 },\n"
             "    \"request\": { \"code\": \"{{code}}\", \"name\": \"{{name}}\" } } }\n",
             (long long)pace);
    world_scheme_file(w, "goods.json", text);
    snprintf(path, sizeof path, "%s/schemes/goods.json", w->rig.folder);
    rig_set(&w->rig, "DIANCHEN_SCHEME", path);
    free(COMMAND(w, 0, "lint", path));
}

static void double_open(struct world *w, const char *const *own, const char *const *more, char *url)
{
    const char *words[WORDS];
    size_t count = 0;
    for (size_t i = 0; own[i]; i++) {
        words[count++] = own[i];
    }
    for (size_t i = 0; more && more[i]; i++) {
        words[count++] = more[i];
    }
    words[count] = NULL;
    rig_double(&w->rig, "rest-double", words, url, WORLD_URL_ROOM);
}

static void open_world(struct world *w, int64_t pace, const char *const *source, const char *const *target)
{
    char url[WORLD_URL_ROOM + 20];
    rig_open(&w->rig, program);
    double_open(w,
                (const char *[]){"--auth", "oauth2", "--user", SOURCE_CLIENT, "--password", RIG_SOURCE_SECRET,
                                 "--oauth_scope", "read items", "--items", "120", NULL},
                source, w->source);
    double_open(w,
                (const char *[]){"--auth", "oauth2", "--user", TARGET_CLIENT, "--password", RIG_TARGET_SECRET,
                                 "--oauth_client", "body", NULL},
                target, w->target);
    rig_set(&w->rig, "REST_URL", w->source);
    rig_set(&w->rig, "REST_TARGET_URL", w->target);
    snprintf(url, sizeof url, "%s/oauth/token", w->source);
    rig_set(&w->rig, "REST_TOKEN_URL", url);
    snprintf(url, sizeof url, "%s/oauth/token", w->target);
    rig_set(&w->rig, "REST_TARGET_TOKEN_URL", url);
    rig_set(&w->rig, "REST_USER", SOURCE_CLIENT);
    rig_set(&w->rig, "REST_PASSWORD", RIG_SOURCE_SECRET);
    rig_set(&w->rig, "REST_TARGET_USER", TARGET_CLIENT);
    rig_set(&w->rig, "REST_TARGET_PASSWORD", RIG_TARGET_SECRET);
    rig_store(&w->rig, "dianchen.db");
    put_files(w, pace);
}

/* Every item is there once, and a second run writes nothing. Neither server saw a call that it did not know. */
static void moves(struct world *w)
{
    for (int i = 0; i < 2; i++) {
        cJSON *report = world_json(COMMAND(w, 0, "run", "--json"));
        assert_int_equal(rig_number(report, "created"), i == 0 ? ITEMS : 0);
        assert_int_equal(rig_number(report, "unchanged"), i == 0 ? 0 : ITEMS);
        assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")));
        cJSON_Delete(report);
    }
    assert_int_equal(target_number(w, "goods"), ITEMS);
    assert_int_equal(target_number(w, "goods_doubled"), 0);
    assert_int_equal(source_number(w, "refused") + target_number(w, "refused"), 0);
    assert_int_equal(source_number(w, "logins_refused") + target_number(w, "logins_refused"), 0);
}

static void one_token_serves_many_calls(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 0, NULL, (const char *[]){"--token_untold", "1", NULL});
    world_check_says(&w, 0, "ok");
    char *shown = COMMAND(&w, 0, "preview");
    assert_non_null(strstr(shown, "R000001"));
    free(shown);
    int64_t source = source_number(&w, "logins"), target = target_number(&w, "logins");
    moves(&w);
    assert_int_equal(source_number(&w, "logins"), source + 2); /* one a run */
    assert_int_equal(target_number(&w, "logins"), target + 2);
    assert_int_equal(source_number(&w, "stale") + target_number(&w, "stale"), 0);
    rig_close(&w.rig);
}

/* A token that is refused is replaced, and its calls go out again: no record is lost, doubled or rejected by it. */
static void tokens_end_at_any_time(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 0, (const char *[]){"--token_uses", "3", NULL}, (const char *[]){"--token_uses", "7", NULL});
    moves(&w);
    assert_true(source_number(&w, "stale") > 0);
    assert_true(target_number(&w, "stale") > 0);
    rig_close(&w.rig);
}

/* Seven calls at one a second with tokens that live for two: each is renewed before it ends. */
static void tokens_are_renewed_in_time(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 60, (const char *[]){"--token_seconds", "2", NULL}, NULL);
    free(COMMAND(&w, 0, "run", "--json"));
    assert_int_equal(target_number(&w, "goods"), ITEMS);
    assert_true(source_number(&w, "logins") >= 3);
    assert_int_equal(source_number(&w, "stale"), 0);
    rig_close(&w.rig);
}

static void a_login_that_fails_is_tried_again(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 0, (const char *[]){"--token_busy_next", "2", "--token_html_next", "1", NULL},
               (const char *[]){"--token_busy_next", "2", "--token_html_next", "1", NULL});
    moves(&w);
    assert_int_equal(source_number(&w, "logins_busy"), 3);
    assert_int_equal(target_number(&w, "logins_busy"), 3);
    rig_close(&w.rig);
}

/* What a person must mend is told with its cure; what servers say of credentials stands nowhere (rig_close looks). */
static void refusals_are_told(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 0, NULL, NULL);
    free(rig_ask(w.source, "set?token_refuse=1", ""));
    world_check_says(
        &w, 1,
        "the login by OAuth2 is refused (HTTP 401): Basic ***; check REST_TOKEN_URL, REST_USER and REST_PASSWORD");
    free(COMPLAINT(&w, 1, "run"));
    free(rig_ask(w.source, "set?token_refuse=0", ""));
    free(rig_ask(w.target, "set?token_refuse=1", ""));
    world_check_says(&w, 1, "check REST_TARGET_TOKEN_URL, REST_TARGET_USER and REST_TARGET_PASSWORD");
    free(COMPLAINT(&w, 1, "run"));
    free(rig_ask(w.target, "set?token_refuse=0&token_seconds=0", ""));
    world_check_says(&w, 1, "the target refuses its own fresh tokens; check REST_TARGET_TOKEN_URL");
    free(rig_ask(w.target, "set?token_seconds=3600", ""));
    free(rig_ask(w.source, "set?token_seconds=0", ""));
    world_check_says(&w, 1, "it refuses its own fresh tokens");
    free(rig_ask(w.source, "set?token_seconds=3600", ""));
    rig_set(&w.rig, "REST_TOKEN_URL", "http://login.example.com/token");
    world_check_says(&w, 2, "REST_TOKEN_URL: ");
    rig_set(&w.rig, "REST_TOKEN_URL", "");
    world_check_says(&w, 2, "REST_TOKEN_URL is not set");
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_token_serves_many_calls), cmocka_unit_test(tokens_end_at_any_time),
        cmocka_unit_test(tokens_are_renewed_in_time),  cmocka_unit_test(a_login_that_fails_is_tried_again),
        cmocka_unit_test(refusals_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
