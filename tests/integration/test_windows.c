/* A source that is read by windows of time: each run reads on where the last complete one ended, a span can be read again,
 * and what the source shows late is not missed. Judged by what stands in the target. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/integration/world.h"
#include "tests/unit/store_place.h"

enum { GOODS = 240, CHINA = 8 * 3600 };
#define DAY INT64_C(86400)

static const char *program;

static const char scheme_form[] =
    "{ \"name\": \"goods\", \"env\": [\"XINGCHEN_UNIT_ID\"],\n"
    "  \"source\": { \"api\": \"wdt.goods.query\", \"id\": \"goods_no\", \"number\": \"goods_no\", \"title\": "
    "\"goods_name\",\n"
    "    \"request\": { \"page_size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page_no\": \"{{PAGINATION_START_PAGE}}\",\n"
    "      \"start_time\": \"{{LAST_SYNC_TIME|datetime}}\", \"end_time\": \"{{CURRENT_TIME|datetime}}\" },\n"
    "    \"window\": { \"since\": \"%s\", \"lag\": \"%s\", \"overlap\": \"%s\", \"slice\": \"1d\" },\n"
    "    \"pagination\": { \"pageSize\": 20 } },\n"
    "  \"target\": { \"api\": \"jdy/basedata/material_batch_save\", \"request\": { \"number\": \"{{goods_no}}\",\n"
    "    \"name\": \"{{goods_name}}\", \"costmethod\": \"1\", \"baseunitid_id\": \"{{env.XINGCHEN_UNIT_ID}}\",\n"
    "    \"purchaseunitid_id\": \"{{env.XINGCHEN_UNIT_ID}}\", \"saleunitid_id\": \"{{env.XINGCHEN_UNIT_ID}}\",\n"
    "    \"storeunitid_id\": \"{{env.XINGCHEN_UNIT_ID}}\", \"auxunitid_id\": \"{{env.XINGCHEN_UNIT_ID}}\" } } }\n";

/* China's time, so many seconds ago. */
static void ago(int64_t seconds, char out[20])
{
    time_t at = time(NULL) + CHINA - (time_t)seconds;
    struct tm parts;
    (void)gmtime_r(&at, &parts);
    (void)strftime(out, 20, "%Y-%m-%d %H:%M:%S", &parts);
}

static void open_world(struct world *w, const char *const *source, const char *lag, const char *overlap)
{
    char since[20], path[500];
    world_open(w, program, source, (const char *[]){"--duplicates", "take", NULL});
    rig_pair(&w->rig,
             &(struct rig_pair){"shop-to-material", "wdt.goods.query", "jdy.basedata.material_batch_save", NULL, NULL});
    snprintf(path, sizeof path, "%s/schemes/goods.json", w->rig.folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    ago(10 * DAY, since);
    fprintf(file, scheme_form, since, lag, overlap);
    fclose(file);
    rig_set(&w->rig, "DIANCHEN_SCHEME", path);
}

/* `dianchen run --json` with more words: its report, which must be complete. */
static cJSON *run(struct world *w, const char *a, const char *b, const char *c, const char *d)
{
    cJSON *report = world_json(COMMAND(w, 0, "run", "--json", a, b, c, d));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")));
    return report;
}

static void expect(cJSON *report, int64_t created, int64_t updated)
{
    char *text = cJSON_PrintUnformatted(report);
    if (rig_number(report, "created") != created || rig_number(report, "updated") != updated) {
        fail_msg("not %lld created, %lld updated: %s", (long long)created, (long long)updated, text);
    }
    free(text);
    cJSON_Delete(report);
}

static void expect_target(struct world *w, int64_t goods)
{
    assert_int_equal(target_number(w, "materials"), goods);
    assert_int_equal(target_number(w, "doubled_numbers"), 0);
    assert_int_equal(source_number(w, "refused"), 0);
}

static void each_run_reads_on(void **state)
{
    (void)state;
    struct world w;
    char from[20], to[20];
    open_world(&w, (const char *[]){"--shops", "0", "--goods", "240", NULL}, "0s", "5m");
    cJSON *report = run(&w, NULL, NULL, NULL, NULL);
    assert_int_equal(strlen(cJSON_GetStringValue(
                         cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(report, "window"), "from"))),
                     19);
    expect(report, GOODS, 0);
    expect_target(&w, GOODS);

    /* The next one reads the overlap alone. */
    report = run(&w, NULL, NULL, NULL, NULL);
    assert_true(rig_number(report, "seen") < GOODS / 10);
    expect(report, 0, 0);

    free(rig_ask(w.source, "edit?of=goods&no=G000010&goods_name=%E7%94%B2", ""));
    free(rig_ask(w.source, "edit?of=goods&no=G000230&goods_name=%E4%B9%99", ""));
    rig_pause(1100);
    report = run(&w, NULL, NULL, NULL, NULL);
    assert_true(rig_number(report, "seen") < GOODS / 10);
    expect(report, 0, 2);
    char *record = rig_ask(w.target, "material?number=G000010", NULL);
    assert_non_null(strstr(record, "\"甲\""));
    free(record);

    /* 补漏: a span that was read already. */
    ago(4 * DAY, from);
    ago(2 * DAY, to);
    report = run(&w, "--from", from, "--to", to);
    int64_t seen = rig_number(report, "seen");
    assert_in_range(seen, GOODS / 5, GOODS / 2 + 2);
    expect(report, 0, 0);
    report = run(&w, NULL, NULL, NULL, NULL); /* the cursor stood still */
    assert_true(rig_number(report, "seen") < GOODS / 10);
    expect(report, 0, 0);
    char *told = COMPLAINT(&w, 2, "run", "--from", to, "--to", from);
    assert_non_null(strstr(told, "the end must lie behind the beginning"));
    free(told);
    told = COMPLAINT(&w, 2, "run", "--from", "yesterday");
    assert_non_null(strstr(told, "--from: yesterday: no day or time"));
    free(told);
    expect_target(&w, GOODS);
    rig_close(&w.rig);
}

/* A change that shows after its time was read comes with the overlap. */
static void what_shows_late_is_not_missed(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (const char *[]){"--shops", "0", "--goods", "60", NULL}, "0s", "5m");
    expect(run(&w, NULL, NULL, NULL, NULL), 60, 0);
    free(rig_ask(w.source, "set?shown_late=3600", ""));
    free(rig_ask(w.source, "edit?of=goods&no=G000010&goods_name=%E7%94%B2", ""));
    rig_pause(1100);
    expect(run(&w, NULL, NULL, NULL, NULL), 0, 0); /* its second is read, and it does not show */
    free(rig_ask(w.source, "set?shown_late=0", ""));
    expect(run(&w, NULL, NULL, NULL, NULL), 0, 1);
    expect_target(&w, 60);
    rig_close(&w.rig);
}

/* Interrupted, and taken up by several extractors: the same span, each record once. */
static void a_span_is_finished(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (const char *[]){"--shops", "0", "--goods", "240", "--slow_ms", "60", NULL}, "0s", "5m");
    struct rig_process *process = rig_start(&w.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    await_target(&w, "materials", 40);
    assert_int_equal(rig_stop(&w.rig, process, SIGTERM), 4);
    cJSON *report = run(&w, "--extractors", "3", "--loaders", "2");
    assert_int_equal(rig_number(report, "created"), GOODS);
    cJSON_Delete(report);
    expect_target(&w, GOODS);
    expect(run(&w, NULL, NULL, NULL, NULL), 0, 0);
    rig_close(&w.rig);
}

static void expect_held(struct world *w, const char *number, const char *text)
{
    char path[60];
    snprintf(path, sizeof path, "material?number=%s", number);
    char *record = rig_ask(w->target, path, NULL);
    if (strstr(record, text) == NULL) {
        fail_msg("%s: not %s: %s", number, text, record);
    }
    free(record);
}

/* The scheme that ships: each spec of the goods is a material, with ids that are looked up. */
static void specs_become_materials(void **state)
{
    (void)state;
    struct world w;
    enum { SPECS = 440, BARE = 10 }; /* of 150 goods: one to five each, every fifteenth has none */
    world_open(&w, program, (const char *[]){"--shops", "0", "--goods", "150", NULL},
               (const char *[]){"--duplicates", "take", "--lost", "0.1", "--faults_on", "saves", NULL});
    rig_pair(&w.rig, &(struct rig_pair){"goods-to-material", "wdt.goods.query", "jdy.basedata.material_batch_save",
                                        "\"lag\": \"1m\"", "\"lag\": \"0s\""});
    rig_set(&w.rig, "TARGET_TIMEOUT", "1s");
    rig_set(&w.rig, "TARGET_LATE", "500ms");
    cJSON *report = run(&w, NULL, NULL, NULL, NULL);
    assert_int_equal(rig_number(report, "source_records"), 150);
    assert_int_equal(rig_number(report, "source_total"), 150);
    assert_int_equal(rig_number(report, "seen"), SPECS + BARE);
    assert_int_equal(rig_number(report, "filtered"), BARE);
    expect(report, SPECS, 0);
    expect_target(&w, SPECS);
    expect_held(&w, "G000003-2", "\"name\":\"货品 G000003 规格 2\"");
    expect_held(&w, "G000003-2", "\"baseunitid_id\":\"3\"");  /* 箱 */
    expect_held(&w, "G000004-1", "\"baseunitid_id\":\"2\"");  /* 件 */
    expect_held(&w, "G000004-1", "\"parent_id\":\"900003\""); /* 服务 */
    expect_held(&w, "G000004-1", "\"price_retailprice\":\"5.01\"");

    free(rig_ask(w.target, "set?lost=0", ""));
    int64_t writes = target_number(&w, "rows_saved");
    expect(run(&w, NULL, NULL, NULL, NULL), 0, 0);
    free(rig_ask(w.source, "edit?of=goods&no=G000004&remark=neu", ""));
    rig_pause(1100);
    expect(run(&w, NULL, NULL, NULL, NULL), 0, 5);
    assert_int_equal(target_number(&w, "rows_saved"), writes + 5);

    /* A unit that the target lacks: the record waits, and the span is read again until it has it. */
    free(rig_ask(w.source,
                 "edit?of=goods&no=G000005&spec_list=%5B%7B%22spec_no%22%3A%22G000005-1%22%2C%22spec_unit_name%22%3A%22"
                 "%E5%90%A8%22%7D%2C%7B%22spec_no%22%3A%22G000005-9%22%2C%22spec_unit_name%22%3A%22%E5%90%A8%22%7D%5D",
                 ""));
    rig_pause(1100);
    free(COMMAND(&w, 3, "run", "--json"));
    free(COMMAND(&w, 3, "run", "--json"));
    expect_target(&w, SPECS);
    free(rig_ask(w.target, "set?more_units=1", ""));
    expect(run(&w, NULL, NULL, NULL, NULL), 1, 1);
    expect_held(&w, "G000005-9", "\"baseunitid_id\":\"4\"");
    expect_target(&w, SPECS + 1);
    free(COMMAND(&w, 0, "test", "schemes/goods-to-material.json"));
    rig_close(&w.rig);
}

/* A limit counts records of the source, whatever they are split into. The newest windows are read first, and no more of them than
 * are needed. */
static void the_first_ten_goods(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, (const char *[]){"--shops", "0", "--goods", "150", NULL}, (const char *[]){NULL});
    rig_pair(&w.rig, &(struct rig_pair){"goods-to-material", "wdt.goods.query", "jdy.basedata.material_batch_save",
                                        NULL, NULL});
    cJSON *report = world_json(COMMAND(&w, 0, "run", "--limit", "10", "--json"));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")));
    assert_int_equal(rig_number(report, "source_records"), 10);
    assert_true(rig_number(report, "seen") > 10);
    cJSON_Delete(report);
    int64_t pages = source_number(&w, "pages");
    if (pages > 20) { /* of 361 weeks since 2020 */
        fail_msg("%d pages for ten records", (int)pages);
    }
    report = world_json(COMMAND(&w, 0, "run", "--limit", "1000", "--json"));
    assert_int_equal(rig_number(report, "source_records"), 150);
    cJSON_Delete(report);
    rig_close(&w.rig);
}

/* A total that is just the page's own count: the window has more, 24 a day in pages of 20, or of the server's cap. */
static void a_total_of_the_page_alone(void **state)
{
    (void)state;
    static const char *const caps[] = {"0", "7"};
    for (int turn = 0; turn < 4; turn++) {
        struct world w;
        struct place place;
        place_postgres = turn % 2 == 1;
        open_world(
            &w,
            (const char *[]){"--shops", "0", "--goods", "240", "--total", "page", "--page_cap", caps[turn / 2], NULL},
            "0s", "5m");
        assert_int_equal(place_make(&place), 0);
        rig_set(&w.rig, "DIANCHEN_STORE", place.url);
        expect(run(&w, NULL, NULL, NULL, NULL), GOODS, 0);
        expect_target(&w, GOODS);
        rig_close(&w.rig);
        assert_int_equal(place_remove(&place), 0);
    }
}

static void a_source_that_is_read_whole_has_no_span(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(3), PLAIN);
    char *told = COMPLAINT(&w, 2, "run", "--from", "2026-01-01");
    assert_non_null(strstr(told, "wdt.shop.query is read whole each time"));
    free(told);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_run_reads_on),
        cmocka_unit_test(what_shows_late_is_not_missed),
        cmocka_unit_test(a_span_is_finished),
        cmocka_unit_test(specs_become_materials),
        cmocka_unit_test(the_first_ten_goods),
        cmocka_unit_test(a_total_of_the_page_alone),
        cmocka_unit_test(a_source_that_is_read_whole_has_no_span),
    };
    return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
