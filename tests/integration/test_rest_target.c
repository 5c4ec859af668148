/* Targets by an API file alone, through the driver "rest": items of one server become goods of another, which is strict about all
 * it is asked. Whatever is lost, late, refused or taken: what stands in the target's own store decides. Source and target have a
 * token each, and neither host takes the other's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/rig_secrets.h"
#include "tests/integration/world.h"

enum { WORDS = 12 };

#define SAVE_ONE "\"save\": { \"path\": \"/v1/goods\" }, \"update\": { \"path\": \"/v1/goods/{{id}}\" },"
#define SAVE_ROWS "\"save\": { \"path\": \"/v1/goods\", \"body\": { \"rows\": \"{{records}}\" }, \"most\": 20 },"
#define FIND                                                                                                           \
    "\"find\": { \"path\": \"/v1/goods\", \"query\": { \"code\": \"{{number}}\" }, \"rows\": \"/data/items\" },"
#define LIST                                                                                                           \
    "\"list\": { \"path\": \"/v1/goods\", \"query\": { \"page\": \"{{page}}\", \"limit\": \"{{size}}\" },"             \
    " \"rows\": \"/data/items\", \"total\": \"/meta/total\" },"
#define SIGNS "\"success\": { \"at\": \"/code\", \"values\": [\"OK\"] }, \"message\": \"/message\", \"code\": \"/code\""
#define REPLY "\"reply\": { " SIGNS ", \"id\": \"/data/id\" },"
#define RESULTS                                                                                                        \
    "\"reply\": { " SIGNS ", \"results\": { \"at\": \"/data/results\", \"success\": { \"at\": \"/ok\","                \
    " \"values\": [true] }, \"message\": \"/why\" } },"

static const char *program;

static void put_files(struct world *w, const char *calls)
{
    char text[4000], path[sizeof w->rig.folder + 60];
    rig_scheme(&w->rig, NULL, NULL); /* makes the folders */
    world_scheme_file(
        w, "api/erp.items.json",
        "{ \"name\": \"erp.items\", \"label\": \"items\", \"driver\": \"rest\",\n"
        "  \"call\": { \"path\": \"/v1/items\" }, \"auth\": { \"kind\": \"bearer\" },\n"
        "  \"reply\": { \"list\": \"/data/items\", \"total\": \"/meta/total\" },\n"
        "  \"pagination\": { \"by\": \"page\", \"size\": \"limit\", \"number\": \"page\", \"first\": 1, "
        "\"maxSize\": 100 },\n"
        "  \"request\": { \"page\": { \"label\": \"p\" }, \"limit\": { \"label\": \"l\" }, \"id\": { \"label\": "
        "\"i\" } },\n"
        "  \"response\": { \"id\": { \"label\": \"i\", \"type\": \"string\" },\n"
        "    \"code\": { \"label\": \"c\", \"type\": \"string\" }, \"name\": { \"label\": \"n\", \"type\": "
        "\"string\" },\n"
        "    \"price\": { \"label\": \"p\", \"type\": \"number\" } } }\n");
    int size = snprintf(text, sizeof text,
                        "{ \"name\": \"erp.goods\", \"label\": \"goods\", \"driver\": \"rest\", \"kind\": \"goods\",\n"
                        "  \"id\": \"id\", \"number\": \"code\", \"auth\": { \"kind\": \"bearer\" },\n%s\n"
                        "  \"words\": { \"exists\": [\"EXISTS\"], \"gone\": [\"GONE\"] },\n"
                        "  \"request\": { \"id\": { \"label\": \"i\", \"type\": \"integer\" },\n"
                        "    \"code\": { \"label\": \"c\", \"type\": \"string\", \"required\": true },\n"
                        "    \"name\": { \"label\": \"n\", \"type\": \"string\", \"required\": true },\n"
                        "    \"price\": { \"label\": \"p\", \"type\": \"number\" } } }\n",
                        calls);
    assert_in_range(size, 1, sizeof text - 1);
    world_scheme_file(w, "api/erp.goods.json", text);
    world_scheme_file(
        w, "goods.json",
        "{ \"name\": \"goods\",\n"
        "  \"source\": { \"api\": \"erp.items\", \"id\": \"id\", \"number\": \"code\", \"title\": \"name\",\n"
        "    \"request\": { \"page\": \"{{PAGINATION_START_PAGE}}\", \"limit\": \"{{PAGINATION_PAGE_SIZE}}\" },\n"
        "    \"pagination\": { \"pageSize\": 50 },\n"
        "    \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 2 } },\n"
        "  \"target\": { \"api\": \"erp.goods\", \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 3 },\n"
        "    \"request\": { \"code\": \"{{code}}\", \"name\": \"{{name}}\", \"price\": \"{{price}}\" } } }\n");
    snprintf(path, sizeof path, "%s/schemes/goods.json", w->rig.folder);
    rig_set(&w->rig, "DIANCHEN_SCHEME", path);
    free(COMMAND(w, 0, "lint", path));
}

static void open_world(struct world *w, const char *calls, const char *items, const char *const *target)
{
    const char *words[WORDS] = {"--auth", "bearer", "--token", RIG_TARGET_SECRET};
    for (size_t i = 0; target && target[i]; i++) {
        words[4 + i] = target[i];
    }
    rig_open(&w->rig, program);
    rig_double(&w->rig, "rest-double",
               (const char *[]){"--auth", "bearer", "--token", RIG_SOURCE_SECRET, "--items", items, NULL}, w->source,
               sizeof w->source);
    rig_double(&w->rig, "rest-double", words, w->target, sizeof w->target);
    rig_set(&w->rig, "REST_URL", w->source);
    rig_set(&w->rig, "REST_TOKEN", RIG_SOURCE_SECRET);
    rig_set(&w->rig, "REST_TARGET_URL", w->target);
    rig_set(&w->rig, "REST_TARGET_TOKEN", RIG_TARGET_SECRET);
    rig_set(&w->rig, "TARGET_TIMEOUT", "1s");
    rig_set(&w->rig, "TARGET_LATE", "500ms");
    rig_set(&w->rig, "TARGET_VISIBLE", "100ms");
    rig_store(&w->rig, "dianchen.db");
    put_files(w, calls);
}

static void expect(struct world *w, const char *name, int64_t wanted)
{
    if (target_number(w, name) != wanted) {
        char *said = rig_ask(w->target, "report", NULL);
        print_error("%s is not %lld: %s", name, (long long)wanted, said);
        free(said);
        fail();
    }
}

static void run(struct world *w, int exit_code, int64_t created, int64_t updated, int64_t rejected)
{
    cJSON *report = world_json(COMMAND(w, exit_code, "run", "--json"));
    if (rig_number(report, "created") != created || rig_number(report, "updated") != updated ||
        rig_number(report, "rejected") != rejected) {
        char *shown = cJSON_Print(report);
        print_error("not created %lld, updated %lld, rejected %lld: %s\n", (long long)created, (long long)updated,
                    (long long)rejected, shown);
        free(shown);
        fail();
    }
    cJSON_Delete(report);
}

/* No call was wrong, and nobody was asked with another's token or before it wanted to be. */
static void close_world(struct world *w)
{
    expect(w, "goods_doubled", 0);
    expect(w, "goods_wrong", 0);
    expect(w, "refused", 0);
    expect(w, "early", 0);
    assert_int_equal(source_number(w, "refused"), 0);
    rig_close(&w->rig);
}

static void holds(struct world *w, const char *good)
{
    char *goods = rig_ask(w->target, "goods", NULL);
    if (!strstr(goods, good)) {
        print_error("no %s\n", good);
        fail();
    }
    free(goods);
}

/* ---- all is well ---- */

static void moves_and_updates(struct world *w)
{
    char *said = COMMAND(w, 0, "check");
    assert_non_null(strstr(said, "ok    target: http://127.0.0.1"));
    free(said);
    said = COMMAND(w, 0, "preview");
    assert_non_null(strstr(said, "R000001"));
    free(said);
    run(w, 0, 120, 0, 0);
    expect(w, "goods", 120);
    holds(w, "\"code\":\"R000007\",\"name\":\"Ding 7 “大”\",\"price\":7.50}");
    run(w, 0, 0, 0, 0);
    expect(w, "goods_created", 120);
    expect(w, "goods_updated", 0);
    free(rig_ask(w->source, "edit?id=7&name=%E5%8C%97%22%E4%BB%93%26", ""));
    run(w, 0, 0, 1, 0);
    expect(w, "goods_updated", 1);
    holds(w, "{\"id\":");
    holds(w, "\"code\":\"R000007\",\"name\":\"北\\\"仓&\",\"price\":7.50}");
    expect(w, "goods", 120);
}

static void one_a_call(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, SAVE_ONE FIND LIST REPLY, "120", NULL);
    moves_and_updates(&w);
    close_world(&w);
}

static void several_a_call(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, SAVE_ROWS FIND LIST RESULTS, "120", NULL);
    moves_and_updates(&w);
    close_world(&w);
}

/* ---- lost, late, busy ---- */

/* Twelve replies are lost, at most three of a record: what is sent again was looked for. */
static void survives(const char *calls, const char *const *target, const char *fault)
{
    struct world w;
    open_world(&w, calls, "60", target);
    run(&w, 0, 60, 0, 0);
    expect(&w, "goods", 60);
    expect(&w, "goods_doubled", 0);
    assert_true(target_number(&w, fault) > 0);
    run(&w, 0, 0, 0, 0);
    expect(&w, "goods_updated", 0);
    close_world(&w);
}

static void lost_replies(void **state)
{
    (void)state;
    survives(SAVE_ONE FIND LIST REPLY, (const char *[]){"--lost_next", "4", NULL}, "goods_finds");
    survives(SAVE_ROWS FIND LIST RESULTS, (const char *[]){"--lost_next", "2", NULL}, "goods_finds");
    survives(SAVE_ONE LIST REPLY, (const char *[]){"--lost_next", "4", NULL}, "goods_lost");
}

static void late_execution(void **state)
{
    (void)state;
    survives(SAVE_ONE FIND LIST REPLY, (const char *[]){"--late_next", "4", NULL}, "goods_late");
}

/* It takes the parameter and ignores it: no number is found by it, so "not there" must not be believed. */
static void find_that_finds_nothing(void **state)
{
    (void)state;
    survives(SAVE_ONE FIND LIST REPLY, (const char *[]){"--lost_next", "4", "--filter", "0", NULL}, "goods_finds");
    survives(SAVE_ONE "\"find\": { \"path\": \"/v1/goods\", \"query\": { \"code\": \"x{{number}}\" }, \"rows\": "
                      "\"/data/items\" }," LIST REPLY,
             (const char *[]){"--lost_next", "4", NULL}, "goods_finds");
}

static void statuses(void **state)
{
    (void)state;
    survives(SAVE_ONE FIND LIST REPLY,
             (const char *[]){"--status", "429", "--status_next", "3", "--status_wait", "1", NULL}, "status");
    survives(SAVE_ONE FIND LIST REPLY, (const char *[]){"--status", "503", "--status_rate", "0.2", NULL}, "status");
}

/* ---- refused ---- */

static void refused(const char *calls)
{
    struct world w;
    open_world(&w, calls, "60", (const char *[]){"--refuse_code", "R000007", NULL});
    run(&w, 3, 59, 0, 1);
    expect(&w, "goods", 59);
    char *said = COMMAND(&w, 0, "rejects", "list");
    assert_non_null(strstr(said, strstr(calls, "results") ? "refused with 422" : "nobody wants goods of this code"));
    free(said);
    free(rig_ask(w.target, "set?refuse_code=", ""));
    run(&w, 3, 0, 0, 1); /* it has not changed */
    free(COMMAND(&w, 0, "rejects", "replay", "--all"));
    run(&w, 0, 0, 0, 0);
    expect(&w, "goods", 60);
    close_world(&w);
}

static void a_refused_record_is_a_reject(void **state)
{
    (void)state;
    refused(SAVE_ONE FIND LIST REPLY);
    refused(SAVE_ROWS FIND LIST RESULTS);
}

static void what_stood_there_is_left_alone(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, SAVE_ONE FIND LIST REPLY, "30", (const char *[]){"--unique", "1", NULL});
    free(rig_ask(w.target, "put?code=R000009", ""));
    run(&w, 3, 29, 0, 1);
    holds(&w, "\"code\":\"R000009\",\"name\":\"before\"");
    expect(&w, "goods", 30);
    close_world(&w);
}

/* ---- odd lists ---- */

#define LIST_BY_OFFSET                                                                                                 \
    "\"list\": { \"path\": \"/v1/goods\", \"query\": { \"skip\": \"{{offset}}\", \"limit\": \"{{size}}\" },"           \
    " \"rows\": \"/data/items\", \"total\": \"/meta/total\" },"

/* Half of the items stand there already, and the list shows 7 at most where 100 are asked for. */
static void reads_all_that_stands_there(const char *calls, const char *total)
{
    struct world w;
    char put[40];
    open_world(&w, calls, "60", (const char *[]){"--most", "7", "--goods_total", total, NULL});
    for (int i = 2; i <= 60; i += 2) {
        snprintf(put, sizeof put, "put?code=R%06d", i);
        free(rig_ask(w.target, put, ""));
    }
    run(&w, 3, 30, 0, 30);
    expect(&w, "goods", 60);
    close_world(&w);
}

static void capped_lists_are_read_whole(void **state)
{
    (void)state;
    reads_all_that_stands_there(SAVE_ONE FIND LIST_BY_OFFSET REPLY, "0");
    reads_all_that_stands_there(SAVE_ONE FIND LIST_BY_OFFSET REPLY, "1");
    reads_all_that_stands_there(SAVE_ONE FIND LIST REPLY, "0");
}

/* ---- no find ---- */

static void settle(struct world *w, const char *key, const char *how, const char *id)
{
    struct rig_process *process = NULL;
    int code = 1;
    for (int i = 0; i < 240 && code == 1; i++) {
        code = rig_run(&w->rig, "dianchen", (const char *[]){"rejects", "settle", key, how, id, NULL}, &process);
        (void)usleep(code == 1 ? 250000 : 0);
    }
    assert_int_equal(code, 0);
}

/* The API can't be asked for a number: no create goes out a second time before a person has looked. */
static void without_a_find_a_person_says_it(void **state)
{
    (void)state;
    struct world w;
    char id[30];
    open_world(&w, SAVE_ONE REPLY, "30", (const char *[]){"--lost_next", "1", "--late_next", "0", NULL});
    run(&w, 3, 29, 0, 1);
    expect(&w, "goods", 30); /* it landed */
    run(&w, 3, 0, 0, 1);
    expect(&w, "goods_created", 30);
    char *said = COMMAND(&w, 0, "rejects", "list");
    assert_non_null(strstr(said, "rejects settle"));
    free(said);
    cJSON *list = world_json(COMMAND(&w, 0, "rejects", "list", "--json"));
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(list, "rejects"), 0);
    const char *key = cJSON_GetStringValue(cJSON_GetObjectItem(first, "key"));
    assert_non_null(key);
    char *goods = rig_ask(w.target, "goods", NULL), code[40];
    snprintf(code, sizeof code, "\"code\":\"R%06ld\"", strtol(key, NULL, 10));
    char *at = strstr(goods, code);
    assert_non_null(at);
    while (at > goods && at[-1] != '\n') {
        at--;
    }
    snprintf(id, sizeof id, "%ld", strtol(at + strlen("{\"id\":"), NULL, 10));
    settle(&w, key, "--found", id);
    free(goods);
    cJSON_Delete(list);
    run(&w, 0, 0, 0, 0);
    free(rig_ask(w.target, "set?lost_next=0", ""));
    expect(&w, "goods_created", 30);
    close_world(&w);
}

static void a_moved_target_is_told(void **state)
{
    (void)state;
    struct world w;
    open_world(
        &w, SAVE_ONE FIND LIST REPLY, "10",
        (const char *[]){"--status", "301", "--status_rate", "1", "--location", "https://new.example.com/v1", NULL});
    char *said = COMPLAINT(&w, 1, "run", "--json");
    assert_non_null(strstr(said, "https://new.example.com/v1"));
    assert_non_null(strstr(said, "REST_TARGET_URL"));
    free(said);
    expect(&w, "goods", 0);
    rig_close(&w.rig);
}

static void refusals_are_told(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, SAVE_ONE FIND LIST REPLY, "10", NULL);
    free(rig_ask(w.target, "set?token=another", ""));
    char *said = COMMAND(&w, 1, "check");
    assert_non_null(strstr(said, "HTTP 401"));
    assert_non_null(strstr(said, "REST_TARGET_TOKEN"));
    free(said);
    free(COMMAND(&w, 1, "run", "--json"));
    expect(&w, "goods", 0);
    rig_set(&w.rig, "REST_TARGET_TOKEN", "");
    said = COMMAND(&w, 2, "check");
    assert_non_null(strstr(said, "REST_TARGET_TOKEN is not set"));
    free(said);
    rig_set(&w.rig, "REST_TARGET_URL", "");
    said = COMMAND(&w, 2, "check");
    assert_non_null(strstr(said, "REST_TARGET_URL is not set"));
    free(said);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_a_call),
        cmocka_unit_test(several_a_call),
        cmocka_unit_test(lost_replies),
        cmocka_unit_test(late_execution),
        cmocka_unit_test(find_that_finds_nothing),
        cmocka_unit_test(statuses),
        cmocka_unit_test(a_refused_record_is_a_reject),
        cmocka_unit_test(what_stood_there_is_left_alone),
        cmocka_unit_test(capped_lists_are_read_whole),
        cmocka_unit_test(a_moved_target_is_told),
        cmocka_unit_test(without_a_find_a_person_says_it),
        cmocka_unit_test(refusals_are_told),
    };
    program = argv[0];
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests_name("rest target", tests, NULL, NULL);
}
