/* Records that the source has lost: listed, or updated in the target, once; never by a run that can't know. The programs, the
 * doubles, and then a look into the target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/rig_secrets.h"
#include "tests/integration/world.h"

#define REPORTED "\"vanished\": \"report\", \"schedule\""
#define DISABLED(percent)                                                                                              \
    "\"vanished\": { \"disable\": { \"name\": \"=CONCAT(\\\"停用 \\\", shop_no)\", \"remark\": \"gone\" }, "         \
    "\"percent\": " percent " }, \"schedule\""

static const char *program;

static void open_world(struct world *w, const char *then, const char *const *source, const char *const *target)
{
    const struct rig_pair files = {"shop-to-customer", "wdt.shop.query", "jdy.basedata.customer_batch_save",
                                   "\"schedule\"", then};
    world_open(w, program, source, target);
    rig_pair(&w->rig, &files);
    rig_set(&w->rig, "TARGET_TIMEOUT", "1s");
    rig_set(&w->rig, "TARGET_LATE", "1s");
    rig_set(&w->rig, "TARGET_VISIBLE", "500ms");
}

static void lose(struct world *w, int from, int past)
{
    for (int i = from; i < past; i++) {
        char path[60];
        snprintf(path, sizeof path, "remove?shop_no=S%06d", i);
        free(rig_ask(w->source, path, ""));
    }
}

/* What a run says of what has vanished: "3 of 40: S000003", "none of 40", "unread 1", "nothing". */
static void expect_vanished(const cJSON *report, const char *wanted)
{
    char said[200] = "nothing";
    const cJSON *vanished = cJSON_GetObjectItemCaseSensitive(report, "vanished");
    const cJSON *records = cJSON_GetObjectItemCaseSensitive(vanished, "records");
    if (records) {
        const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(vanished, "keys"), 0);
        snprintf(said, sizeof said, "%d of %d%s%s%s", records->valueint, (int)rig_number(vanished, "known"),
                 first ? ": " : "", first ? first->valuestring : "",
                 cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(vanished, "stopped")) ? ", stopped" : "");
    } else if (vanished) {
        snprintf(said, sizeof said, "unread %d", (int)rig_number(vanished, "unread"));
    }
    assert_string_equal(said, wanted);
}

/* A run, what it says of the vanished, and how many rows the target saved for it. */
static cJSON *run_says(struct world *w, int exit_code, const char *const *words, const char *wanted, int64_t saved)
{
    int64_t before = target_number(w, "rows_saved");
    const char *all[8] = {"run", "--json"};
    for (size_t i = 0; words[i]; i++) {
        all[2 + i] = words[i];
    }
    cJSON *report = world_json(world_command(w, exit_code, false, all));
    expect_vanished(report, wanted);
    assert_int_equal(target_number(w, "rows_saved") - before, saved);
    return report;
}

static void run_expect(struct world *w, int exit_code, const char *wanted, int64_t saved)
{
    cJSON_Delete(run_says(w, exit_code, PLAIN, wanted, saved));
}

static bool target_holds(struct world *w, int shop, const char *text)
{
    char path[80];
    snprintf(path, sizeof path, "material?of=customer&number=S%06d", shop);
    char *record = rig_ask(w->target, path, NULL);
    bool holds = strstr(record, text) != NULL;
    free(record);
    return holds;
}

static void expect_customers(struct world *w, int64_t wanted)
{
    assert_int_equal(target_number(w, "customers"), wanted);
    assert_int_equal(target_number(w, "doubled_customers"), 0);
    assert_int_equal(target_number(w, "saves_refused"), 0);
}

static void are_reported(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, REPORTED, SHOPS(40), PLAIN);
    run_expect(&w, 0, "0 of 40", 40);
    lose(&w, 3, 6);
    run_expect(&w, 0, "3 of 40: S000003", 0);
    run_expect(&w, 0, "3 of 40: S000003", 0); /* until it comes back */
    char *text = COMMAND(&w, 0, "report");
    assert_non_null(strstr(text, "S000003, S000004, S000005"));
    free(text);
    char page[sizeof w.rig.folder + 20];
    snprintf(page, sizeof page, "%s/page.html", w.rig.folder);
    free(COMMAND(&w, 0, "report", "--html", page));
    text = rig_read(page);
    assert_non_null(strstr(text, "S000003, S000004, S000005"));
    free(text);
    free(rig_ask(w.source, "return?shop_no=S000003", ""));
    run_expect(&w, 0, "2 of 40: S000004", 0);
    rig_close(&w.rig);
}

static void are_disabled_once(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, DISABLED("10"), SHOPS(40), PLAIN);
    run_expect(&w, 0, "0 of 40", 40);
    lose(&w, 3, 6);
    char *text = COMMAND(&w, 0, "run"); /* the run, then the one that disables */
    assert_non_null(strstr(text, "S000003, S000004, S000005"));
    assert_non_null(strstr(text, "run 3 of shop-to-customer, records that the source has lost: complete"));
    free(text);
    assert_true(target_holds(&w, 3, "停用 S000003") && target_holds(&w, 5, "\"remark\":\"gone\""));
    assert_false(target_holds(&w, 6, "停用"));
    cJSON *report = world_json(COMMAND(&w, 0, "report", "3", "--json"));
    assert_int_equal(rig_number(report, "updated"), 3);
    assert_int_equal(rig_number(report, "created"), 0);
    cJSON_Delete(report);
    expect_customers(&w, 40);
    run_expect(&w, 0, "0 of 37", 0);

    free(rig_ask(w.source, "return?shop_no=S000004", "")); /* as it was before */
    cJSON_Delete(run_says(&w, 0, PLAIN, "0 of 38", 1));
    assert_false(target_holds(&w, 4, "停用"));
    run_expect(&w, 0, "0 of 38", 0);
    lose(&w, 4, 5); /* and is gone again */
    run_expect(&w, 0, "1 of 38: S000004", 1);
    assert_true(target_holds(&w, 4, "停用 S000004"));
    run_expect(&w, 0, "0 of 37", 0);
    expect_customers(&w, 40);
    rig_close(&w.rig);
}

/* The first day with a small part, and what was asked for by its key, have not seen everything. */
static void parts_know_nothing(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, DISABLED("100"), SHOPS(40), (const char *[]){"--reject_numbers", "S000010", NULL});
    run_expect(&w, 3, "0 of 39", 39);
    lose(&w, 1, 4);
    cJSON_Delete(run_says(&w, 0, (const char *[]){"--limit", "5", NULL}, "nothing", 0));
    cJSON *report = world_json(COMMAND(&w, 3, "rejects", "replay", "--all", "--json"));
    expect_vanished(report, "nothing");
    cJSON_Delete(report);
    assert_false(target_holds(&w, 1, "停用"));
    report = world_json(COMMAND(&w, 3, "run", "--dry-run", "--json")); /* says what it would do */
    expect_vanished(report, "3 of 39: S000001");
    cJSON_Delete(report);
    assert_false(target_holds(&w, 1, "停用"));
    run_expect(&w, 3, "3 of 39: S000001", 3);
    assert_true(target_holds(&w, 1, "停用 S000001"));
    rig_close(&w.rig);
}

static void many_stop_for_a_person(void **state)
{
    (void)state;
    struct world w;
    char robot[WORLD_URL_ROOM], url[2 * WORLD_URL_ROOM];
    open_world(&w, DISABLED("10"), SHOPS(40), PLAIN);
    rig_double(&w.rig, "robot-double", (const char *[]){"--form", "wecom", NULL}, robot, sizeof robot);
    snprintf(url, sizeof url, "%s/cgi-bin/webhook/send?key=" RIG_ROBOT_KEY, robot);
    rig_set(&w.rig, "ALERT_URL", url);
    rig_set(&w.rig, "ALERT_FORM", "wecom");
    run_expect(&w, 0, "0 of 40", 40);
    lose(&w, 1, 6);
    run_expect(&w, 1, "5 of 40: S000001, stopped", 0);
    char *text = COMMAND(&w, 1, "report");
    assert_non_null(strstr(text, "dianchen run --vanished"));
    free(text);
    cJSON *told = rig_ask_json(robot, "report");
    assert_int_equal(rig_number(told, "accepted"), 1);
    const cJSON *message = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(told, "messages"), 0);
    assert_non_null(
        strstr(message->valuestring, "5 of 40 records that the target holds are not at the source any more"));
    cJSON_Delete(told);
    text = COMPLAINT(&w, 1, "run");
    assert_non_null(strstr(text, "5 of 40 records that the target holds are not at the source any more"));
    free(text);
    assert_false(target_holds(&w, 1, "停用"));
    cJSON_Delete(run_says(&w, 0, (const char *[]){"--vanished", "--loaders", "2", "--extractors", "2", NULL},
                          "5 of 40: S000001", 5));
    assert_true(target_holds(&w, 1, "停用 S000001"));
    run_expect(&w, 0, "0 of 35", 0);
    lose(&w, 6, 41); /* the source answers, and has nothing any more */
    run_expect(&w, 1, "35 of 35: S000006, stopped", 0);
    expect_customers(&w, 40);
    rig_close(&w.rig);
}

static void an_unread_record_may_be_the_one(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, DISABLED("100"), SHOPS(40), PLAIN);
    run_expect(&w, 0, "0 of 40", 40);
    lose(&w, 3, 4);
    free(rig_ask(w.source, "edit?shop_no=S000009&to=", "")); /* a shop without its number */
    run_expect(&w, 3, "unread 1", 0);
    assert_false(target_holds(&w, 3, "停用") || target_holds(&w, 9, "停用"));
    rig_close(&w.rig);
}

/* A source that repeats a page has not been read whole; nor has one that leaves rows out, which is complete in the end: its
 * total is taken for a mistake. */
static void an_incomplete_run_knows_nothing(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, DISABLED("100"), (const char *[]){"--shops", "250", NULL}, PLAIN);
    run_expect(&w, 0, "0 of 250", 250);
    free(rig_ask(w.source, "set?repeat_page=1", ""));
    run_expect(&w, 4, "nothing", 0);
    free(rig_ask(w.source, "set?repeat_page=0&short_pages=1&short_rows=7", ""));
    run_expect(&w, 0, "nothing", 0);
    free(rig_ask(w.source, "set?short_pages=", ""));
    run_expect(&w, 0, "0 of 250", 0);
    expect_customers(&w, 250);
    rig_close(&w.rig);
}

/* Replies get lost, and the target takes duplicates: each is disabled all the same, and nothing is made. What somebody has
 * deleted in the target stays so. */
static void an_unkind_target(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, DISABLED("100"), (const char *[]){"--shops", "120", NULL},
               (const char *[]){"--duplicates", "take", "--faults_on", "saves", "--lost", "0.2", "--late", "0.1",
                                "--late_ms", "600", "--truncate", "0.05", NULL});
    free(COMMAND(&w, 0, "run", "--loaders", "2"));
    expect_customers(&w, 120);
    lose(&w, 1, 61);
    free(rig_ask(w.target, "remove?of=customer&number=S000030", ""));
    free(COMMAND(&w, 0, "run", "--loaders", "2"));
    expect_customers(&w, 119);
    for (int shop = 1; shop <= 61; shop++) {
        assert_int_equal(target_holds(&w, shop, "停用"), shop != 30 && shop != 61);
    }
    free(rig_ask(w.target, "set?lost=0&late=0&truncate=0", ""));
    run_expect(&w, 0, "0 of 60", 0);
    rig_close(&w.rig);
}

/* The one that disables is stopped half way: it goes on where it stood. */
static void goes_on_after_a_crash(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, DISABLED("100"), (const char *[]){"--shops", "600", NULL}, PLAIN);
    run_expect(&w, 0, "0 of 600", 600);
    lose(&w, 1, 501);
    free(rig_ask(w.target, "set?slow_ms=400", ""));
    int64_t saved = target_number(&w, "rows_saved");
    struct rig_process *run = rig_start(&w.rig, "dianchen", (const char *[]){"run", NULL});
    await_target(&w, "rows_saved", saved + 50);
    assert_true(rig_kill_children(run->pid, "loader") > 0 && rig_kill_children(run->pid, "extractor") > 0);
    rig_stop(&w.rig, run, 9);
    free(rig_ask(w.target, "set?slow_ms=0", ""));
    char *text = COMPLAINT(&w, 0, "run");
    assert_non_null(strstr(text, "500 records that the source has lost"));
    free(text);
    for (int shop = 1; shop <= 501; shop += 50) {
        assert_int_equal(target_holds(&w, shop, "停用"), shop < 501);
    }
    expect_customers(&w, 600);
    run_expect(&w, 0, "0 of 100", 0);
    rig_close(&w.rig);
}

/* Where no run sees everything, lint says so. */
static void lint_knows_where(void **state)
{
    (void)state;
    struct world w;
    char scheme[sizeof w.rig.folder + 60];
    open_world(&w, REPORTED, SHOPS(1), PLAIN);
    const struct rig_pair goods = {"goods-to-material", "wdt.goods.query", "jdy.basedata.material_batch_save",
                                   "\"schedule\"", REPORTED};
    rig_pair(&w.rig, &goods);
    snprintf(scheme, sizeof scheme, "%s/schemes/goods-to-material.json", w.rig.folder);
    char *text = COMMAND(&w, 2, "lint", scheme);
    assert_non_null(strstr(text, "/vanished: wdt.goods.query is read by windows of time"));
    free(text);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lint_knows_where),
        cmocka_unit_test(are_reported),
        cmocka_unit_test(are_disabled_once),
        cmocka_unit_test(parts_know_nothing),
        cmocka_unit_test(many_stop_for_a_person),
        cmocka_unit_test(an_unread_record_may_be_the_one),
        cmocka_unit_test(an_incomplete_run_knows_nothing),
        cmocka_unit_test(an_unkind_target),
        cmocka_unit_test(goes_on_after_a_crash),
    };
    return cmocka_run_group_tests_name("vanished", tests, NULL, NULL);
}
