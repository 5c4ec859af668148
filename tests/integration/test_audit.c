/* Bills that are audited behind their save ("then": ["audit"]): each exactly once, whatever reply is lost, executed late or
 * refused, and whoever is killed. The target audits a second time without a word, so nothing hides one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

enum { BILLS = 60, PATH_ROOM = 600 };
#define FIRST "S000001"
#define OTHER "S000003"
static const char both[] = FIRST "," OTHER;

static const char *program;

/* Shops become bills: a source that can be asked for a single record, so that refused ones can be replayed. */
static const char scheme[] =
    "{ \"name\": \"shop-to-material\", \"source\": { \"api\": \"wdt.shop.query\", \"id\": \"shop_no\", \"number\": "
    "\"shop_no\", \"request\": { \"shop_no\": \"\", \"page_size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page_no\": "
    "\"{{PAGINATION_START_PAGE}}\" }, \"pagination\": { \"pageSize\": 20, \"startPage\": 0 }, \"limits\": { "
    "\"callsPerMinute\": 0 } }, \"target\": { \"api\": \"jdy/sal/sal_outbound_save\", \"existing\": \"reject\", "
    "\"then\": [%s], \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 4 }, \"request\": { \"billno\": "
    "\"{{shop_no}}\", \"billdate\": \"2026-01-31\", \"billsource\": \"APP\", \"customerid_id\": \"1\", \"remark\": "
    "\"{{shop_name}}\", \"material_entity\": [{ \"materialid_id\": \"1\", \"stockid_id\": \"1\", \"unit_id\": \"1\", "
    "\"qty\": \"1\" }] } } }";

static void put_scheme(struct world *w, const char *then)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/schemes/shop-to-material.json", w->rig.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, scheme, then) > 0);
    assert_int_equal(fclose(file), 0);
}

static void open_world(struct world *w, const char *const *target)
{
    static const struct rig_pair pair = {"shop-to-material", "wdt.shop.query", "jdy.sal.sal_outbound_save", NULL, NULL};
    world_open(w, program, SHOPS(60), target);
    rig_pair(&w->rig, &pair);
    put_scheme(w, "\"audit\"");
    rig_set(&w->rig, "TARGET_TIMEOUT", "1s");
    rig_set(&w->rig, "TARGET_LATE", "1s");
    rig_set(&w->rig, "TARGET_VISIBLE", "100ms");
}

static int64_t step_number(const cJSON *report, const char *name)
{
    const cJSON *steps = cJSON_GetObjectItem(report, "steps"),
                *audit = steps ? cJSON_GetObjectItem(steps, "audit") : NULL;
    if (!audit) {
        fail_msg("the report has no step audit");
    }
    return rig_number(audit, name);
}

struct expected {
    int64_t created, updated, unchanged, rejected, done, refused;
};
static void expect_report(cJSON *report, const struct expected *e)
{
    if (!cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")) || rig_number(report, "created") != e->created ||
        rig_number(report, "updated") != e->updated || rig_number(report, "unchanged") != e->unchanged ||
        rig_number(report, "rejected") != e->rejected || step_number(report, "done") != e->done ||
        step_number(report, "refused") != e->refused) {
        fail_msg("another report than expected: %s", cJSON_PrintUnformatted(report));
    }
    cJSON_Delete(report);
}

/* What stands in the target: each bill once, so many of them audited, and none of them twice. */
static void expect_target(struct world *w, int64_t audited)
{
    int64_t shown = 0;
    assert_int_equal(target_number(w, "bills"), BILLS);
    assert_int_equal(target_number(w, "doubled_bills"), 0);
    for (int n = 1; n <= BILLS; n++) {
        char path[100];
        snprintf(path, sizeof path, "material?of=bill&number=S%06d", n);
        cJSON *bills = rig_ask_json(w->target, path);
        const char *status = bills->child ? cJSON_GetStringValue(cJSON_GetObjectItem(bills->child, "billstatus")) : "";
        shown += strcmp(status, "C") == 0;
        cJSON_Delete(bills);
    }
    assert_int_equal(shown, audited);
    assert_int_equal(target_number(w, "audits_again"), 0);
    assert_int_equal(target_number(w, "audit_refused_calls"), 0);
}

static void ask(struct world *w, const char *control)
{
    free(rig_ask(w->target, control, ""));
}

/* Says the command this, somewhere? */
static void expect_words(char *said, const char *words)
{
    if (!strstr(said, words)) {
        fail_msg("no '%s' in: %s", words, said);
    }
    free(said);
}

static void each_bill_is_audited_once(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (const char *[]){"--duplicates", "take", "--audit_twice", "1", NULL});

    /* Named before anything is done. */
    expect_words(COMMAND(&w, 0, "preview", "-n", "1"), "step audit (审核)");
    cJSON *dry = world_json(COMMAND(&w, 0, "run", "--dry-run", "--json"));
    assert_int_equal(step_number(dry, "done"), BILLS);
    cJSON_Delete(dry);
    assert_int_equal(target_number(&w, "bills"), 0);

    expect_report(world_json(COMMAND(&w, 0, "run", "--json")), &(struct expected){.created = BILLS, .done = BILLS});
    expect_target(&w, BILLS);
    assert_true(target_number(&w, "audit_calls") < BILLS / 2); /* several of them at once */
    expect_words(COMMAND(&w, 0, "report"), "step audit");
    expect_words(COMMAND(&w, 0, "explain", FIRST), "Step audit: done, in run 1.");

    /* Nothing is sent again. */
    int64_t calls = target_number(&w, "audit_calls"), saves = target_number(&w, "saves");
    free(COMMAND(&w, 0, "run", "--json"));
    assert_int_equal(target_number(&w, "audit_calls"), calls);
    assert_int_equal(target_number(&w, "saves"), saves);
    rig_close(&w.rig);
}

/* A bill that is audited can't be changed: a person undoes the audit, and then the change goes through, and is audited. */
static void a_change_waits_for_a_person(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (const char *[]){"--duplicates", "take", NULL});
    free(COMMAND(&w, 0, "run", "--json"));
    int64_t saves = target_number(&w, "saves");

    free(rig_ask(w.source, "edit?shop_no=S000001&shop_name=changed", ""));
    free(COMMAND(&w, 3, "run", "--json"));
    expect_words(COMMAND(&w, 0, "rejects", "list"), "its step audit is done");
    assert_int_equal(target_number(&w, "saves"), saves); /* it was asked for, not tried */
    free(COMMAND(&w, 3, "rejects", "replay", FIRST));
    assert_int_equal(target_number(&w, "saves"), saves);

    ask(&w, "unaudit?of=bill&number=" FIRST);
    free(COMMAND(&w, 0, "rejects", "replay", FIRST));
    assert_int_equal(target_number(&w, "saves"), saves + 1);
    assert_int_equal(target_number(&w, "audits"), BILLS + 1);
    expect_target(&w, BILLS);
    cJSON *bills = rig_ask_json(w.target, "material?of=bill&number=" FIRST);
    assert_non_null(strstr(cJSON_GetStringValue(cJSON_GetObjectItem(bills->child, "remark")), "changed"));
    cJSON_Delete(bills);
    rig_close(&w.rig);
}

/* Replies that are lost, calls that are executed late or never, replies that nobody knows. */
static void lost_replies_audit_nothing_twice(void **state)
{
    (void)state;
    static const char *const forms[] = {"result", "success", "strange"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct world w;
        open_world(&w, (const char *[]){"--duplicates", "take", "--audit_twice", "1", "--audit_lost_next", "1",
                                        "--audit_late_next", "1", "--audit_cut_next", "1", "--late_ms", "800",
                                        "--audit_reply", forms[i], NULL});
        expect_report(world_json(COMMAND(&w, 0, "run", "--json")), &(struct expected){.created = BILLS, .done = BILLS});
        assert_int_equal(target_number(&w, "audit_late"), 1);
        assert_int_equal(target_number(&w, "audits"), BILLS);
        expect_target(&w, BILLS);
        rig_close(&w.rig);
    }
}

/* The bill stays saved; only its audit is tried again. */
static void a_refused_audit_is_replayed_alone(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (const char *[]){"--duplicates", "take", "--audit_reject_numbers", both, NULL});
    expect_report(world_json(COMMAND(&w, 3, "run", "--json")),
                  &(struct expected){.created = BILLS - 2, .rejected = 2, .done = BILLS - 2, .refused = 2});
    expect_target(&w, BILLS - 2);
    expect_words(COMMAND(&w, 0, "rejects", "list"), "库存不足");
    int64_t saves = target_number(&w, "saves"), refused = target_number(&w, "audit_refused");

    /* Not sent again while nothing has changed. */
    free(COMMAND(&w, 3, "run", "--json"));
    assert_int_equal(target_number(&w, "audit_refused"), refused);

    ask(&w, "set?audit_reject_numbers=" OTHER);
    free(COMMAND(&w, 3, "rejects", "replay", "--all"));
    expect_target(&w, BILLS - 1);
    ask(&w, "set?audit_reject_numbers=");
    free(COMMAND(&w, 0, "rejects", "replay", "--all"));
    expect_target(&w, BILLS);
    assert_int_equal(target_number(&w, "saves"), saves); /* nothing was saved again */
    free(COMMAND(&w, 0, "run", "--json"));
    rig_close(&w.rig);
}

/* Bills of before, some of them audited by hand; an account that has not subscribed to the call. */
static void what_stood_there_is_audited_too(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (const char *[]){"--duplicates", "take", NULL});
    put_scheme(&w, "");
    free(COMMAND(&w, 0, "run", "--json"));
    expect_target(&w, 0);
    put_scheme(&w, "\"audit\"");
    ask(&w, "audit?of=bill&number=" FIRST);
    ask(&w, "audit?of=bill&number=" OTHER);
    ask(&w, "set?unsubscribed=common_operate");
    expect_words(COMPLAINT(&w, 1, "run", "--json"), "step audit: the account has no such call");
    expect_target(&w, 2);
    ask(&w, "set?unsubscribed=");
    expect_report(world_json(COMMAND(&w, 0, "run", "--json")), &(struct expected){.unchanged = BILLS, .done = BILLS});
    expect_target(&w, BILLS);
    assert_int_equal(target_number(&w, "audits"), BILLS - 2);
    rig_close(&w.rig);
}

static void a_killed_loader_audits_nothing_twice(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, (const char *[]){"--duplicates", "take", "--audit_twice", "1", NULL});
    ask(&w, "set?audit_max=1&slow_ms=60");
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/schemes/api/jdy.sal.sal_outbound_save.json", w.rig.folder);
    char *text = rig_read(path), *at = strstr(text, "\"most\": 20,");
    assert_non_null(at);
    char *most = strchr(at, '2');
    most[0] = ' ';
    most[1] = '1'; /* 20 becomes 1 */
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(text);
    struct rig_process *run = rig_start(&w.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    for (int64_t i = 0; i < 2; i++) {
        await_target(&w, "audits", 5 + 20 * i);
        assert_int_equal(rig_kill_children(run->pid, "loader"), 1);
    }
    cJSON *report = world_json(world_wait(&w, run, 0, 120));
    expect_report(report, &(struct expected){.created = BILLS, .done = BILLS});
    assert_int_equal(target_number(&w, "audits"), BILLS);
    expect_target(&w, BILLS);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bill_is_audited_once),        cmocka_unit_test(a_change_waits_for_a_person),
        cmocka_unit_test(lost_replies_audit_nothing_twice), cmocka_unit_test(a_refused_audit_is_replayed_alone),
        cmocka_unit_test(what_stood_there_is_audited_too),  cmocka_unit_test(a_killed_loader_audits_nothing_twice),
    };
    (void)argc;
    program = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
