/* The command `dianchen` and the service form, as a person meets them: what goes wrong is told in a line with
 * the cure and the right exit code; careful first days; stops and restarts. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

enum { WORDS = 12 };

struct fault {
    const char *name;
    const char *set[2]; /* variable and value */
    const char *words[WORDS];
    int exit_code;
    const char *tells[3]; /* what the line must hold: cause and cure */
    bool on_stdout;
};

static const struct fault faults[] = {
    {"wrong source secret", {"WDT_APP_SECRET", "not_the_secret_at_all"}, {"run"}, 1, {"WDT_APP_SECRET"}, false},
    {"wrong target secret",
     {"XINGCHEN_CLIENT_SECRET", "not_the_secret_at_all"},
     {"run"},
     1,
     {"XINGCHEN_CLIENT_SECRET"},
     false},
    {"unknown account", {"XINGCHEN_ACCOUNT_ID", "77"}, {"run"}, 1, {"77", "XINGCHEN_ACCOUNT_ID"}, false},
    {"missing sid", {"WDT_SID", ""}, {"run"}, 2, {"WDT_SID"}, false},
    {"missing unit", {"XINGCHEN_UNIT_ID", ""}, {"run"}, 2, {"XINGCHEN_UNIT_ID", "lookup units"}, false},
    {"plain http to the real source",
     {"WDT_URL", "http://hu3cgwt0tc.api.taobao.com/router/qm"},
     {"check"},
     2,
     {"https"},
     true},
    {"plain http to the real target", {"XINGCHEN_URL", "http://api.kingdee.com"}, {"check"}, 2, {"https"}, true},
    {"plain http to a source elsewhere", {"WDT_URL", "http://example.com/"}, {"check"}, 2, {"PLAIN_HTTP=allow"}, true},
    {"plain http to a target elsewhere",
     {"XINGCHEN_URL", "http://example.com"},
     {"check"},
     2,
     {"PLAIN_HTTP=allow"},
     true},
    {"a sign method that is none", {"WDT_SIGN_METHOD", "sha1"}, {"run"}, 2, {"WDT_SIGN_METHOD", "hmac-sha256"}, false},
    {"store in no folder", {"DIANCHEN_STORE", "sqlite:/proc/none/x.db"}, {"run"}, 2, {"/proc/none"}, false},
    {"store that is no store", {"DIANCHEN_STORE", "sqlite:/etc/passwd"}, {"run"}, 2, {"/etc/passwd"}, false},
    {"store of an unknown kind", {"DIANCHEN_STORE", "mysql://x"}, {"run"}, 2, {"mysql", "sqlite:"}, false},
    {"scheme that is not there", {"DIANCHEN_SCHEME", "none.json"}, {"run"}, 2, {"none.json"}, false},
    {"wrong flag", {"WDT_SID", "demo_sid"}, {"run", "--loader", "2"}, 2, {"--loader", "--loaders"}, false},
    {"wrong number", {"WDT_SID", "demo_sid"}, {"run", "--limit", "ten"}, 2, {"--limit", "ten"}, false},
    {"wrong duration", {"TARGET_TIMEOUT", "15 parsecs"}, {"run"}, 2, {"TARGET_TIMEOUT"}, false},
    {"dead source", {"WDT_URL", "http://127.0.0.1:1/router/qm"}, {"check"}, 4, {"FAIL  source", "127.0.0.1"}, true},
    {"dead target", {"XINGCHEN_URL", "http://127.0.0.1:1"}, {"check"}, 4, {"FAIL  target", "127.0.0.1"}, true},
    {"wrong secret, checked",
     {"WDT_APP_SECRET", "not_the_secret_at_all"},
     {"check"},
     1,
     {"FAIL  source", "WDT_APP_SECRET"},
     true},
    {"missing client id, checked",
     {"XINGCHEN_CLIENT_ID", ""},
     {"check"},
     2,
     {"FAIL  target", "XINGCHEN_CLIENT_ID"},
     true},
    {"no account yet, checked",
     {"XINGCHEN_ACCOUNT_ID", ""},
     {"check"},
     2,
     {"1234567890123456789", "XINGCHEN_ACCOUNT_ID"},
     true},
};

static void test_fault(void **state)
{
    const struct fault *f = *state;
    struct world w;
    world_open(&w, program, SHOPS(5), PLAIN);
    rig_set(&w.rig, f->set[0], f->set[1]);
    char *text = world_command(&w, f->exit_code, !f->on_stdout, f->words);
    for (size_t i = 0; i < 3 && f->tells[i] != NULL; i++) {
        if (strstr(text, f->tells[i]) == NULL) {
            print_error("%s: \"%s\" is not told in: %s\n", f->name, f->tells[i], text);
            fail();
        }
    }
    assert_null(strstr(text, "not_the_secret_at_all"));
    assert_null(strstr(text, "rig+password"));
    if (!f->on_stdout) { /* one line: its end is the end */
        const char *end = strchr(text, '\n');
        if (end == NULL || end[1] != '\0') {
            print_error("%s: not one line: %s\n", f->name, text);
            fail();
        }
    }
    free(text);
    assert_int_equal(target_number(&w, "materials"), 0);
    rig_close(&w.rig);
}

static void test_wrong_clock(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, ((const char *[]){"--shops", "5", "--clock_offset", "3600", NULL}), PLAIN);
    char *text = COMPLAINT(&w, 1, "run");
    assert_non_null(strstr(text, "clock"));
    free(text);
    rig_close(&w.rig);
}

static void test_scheme_typo(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(5), PLAIN);
    rig_scheme(&w.rig, "\"helpcode\"", "\"helpcod\"");
    char *text = COMPLAINT(&w, 2, "run");
    assert_non_null(strstr(text, "helpcod"));
    assert_non_null(strstr(text, "did you mean helpcode"));
    assert_non_null(strstr(text, "shop-to-material.json:"));
    free(text);
    char path[400];
    snprintf(path, sizeof path, "%s/schemes/shop-to-material.json", w.rig.folder);
    text = COMMAND(&w, 2, "lint", path);
    assert_non_null(strstr(text, "helpcod"));
    free(text);
    free(COMMAND(&w, 0, "lint", "schemes/shop-to-material.json"));
    rig_close(&w.rig);
}

static void test_port_taken(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(5), PLAIN);
    char bind[60];
    const char *port = strrchr(w.target, ':') + 1;
    snprintf(bind, sizeof bind, "tcp://127.0.0.1:%s", port);
    struct rig_process *p = NULL;
    assert_int_equal(rig_run(&w.rig, "transformer", (const char *[]){"--bind", bind, "--metrics", "off", NULL}, &p), 2);
    char *text = rig_read(p->err);
    assert_non_null(strstr(text, port));
    assert_non_null(strstr(text, "is taken"));
    free(text);
    snprintf(bind, sizeof bind, "127.0.0.1:%s", port);
    assert_int_equal(
        rig_run(&w.rig, "transformer", (const char *[]){"--bind", "tcp://127.0.0.1:*", "--metrics", bind, NULL}, &p),
        2);
    text = rig_read(p->err);
    assert_non_null(strstr(text, "METRICS_BIND"));
    free(text);
    rig_close(&w.rig);
}

/* However the list counts its pages, and however short they are: all of it is shown, or that a part is missing. */
static void test_lookup_is_whole(void **state)
{
    (void)state;
    static const struct {
        const char *switches[8];
        int exit_code;
    } rows[] = {
        {{"--list_max", "7", "--list_totalpage", "zero"}, 0},
        {{"--list_max", "7", "--list_tells", "asked"}, 0},
        {{"--list_max", "7", "--list_totalpage", "absent", "--list_count", "absent"}, 0},
        {{"--list_moves", "3", "--list_moves_for", "4", "--list_max", "20"}, 0},
        {{"--list_ignores_page", "1", "--list_max", "20"}, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        const char *target[12] = {"--book", "60"};
        memcpy(target + 2, rows[i].switches, sizeof rows[i].switches);
        world_open(&w, program, SHOPS(1), target);
        cJSON *tree = world_json(COMMAND(&w, rows[i].exit_code, "lookup", "materials", "--json"));
        int shown = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(tree, "materials"));
        assert_int_equal(shown, rows[i].exit_code == 0 ? 60 : 20);
        cJSON_Delete(tree);
        char *said = COMPLAINT(&w, rows[i].exit_code, "lookup", "materials");
        assert_int_equal(strstr(said, "not the whole list") != NULL, rows[i].exit_code != 0);
        free(said);
        rig_close(&w.rig);
    }
}

static void test_first_day(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(250), PLAIN);

    char *text = COMMAND(&w, 0, "check");
    assert_non_null(strstr(text, "ok    scheme"));
    assert_non_null(strstr(text, "ok    store"));
    assert_non_null(strstr(text, "ok    source"));
    assert_non_null(strstr(text, "ok    target"));
    assert_null(strstr(text, "FAIL"));
    free(text);

    text = COMMAND(&w, 0, "lookup", "units");
    assert_non_null(strstr(text, "1"));
    free(text);
    cJSON *tree = world_json(COMMAND(&w, 0, "lookup", "accounts", "--json"));
    cJSON_Delete(tree);

    tree = world_json(COMMAND(&w, 0, "preview", "-n", "3", "--json"));
    const cJSON *records = cJSON_GetObjectItemCaseSensitive(tree, "records");
    assert_int_equal(cJSON_GetArraySize(records), 3);
    const cJSON *mapped = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(records, 0), "mapped");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(mapped, "key")), "S000001");
    cJSON_Delete(tree);
    text = COMMAND(&w, 0, "preview");
    assert_non_null(strstr(text, "   =TRIM(shop_name)\n")); /* each value with its formula beside it */
    assert_non_null(strstr(text, "S000005"));
    assert_null(strstr(text, "SECRET-"));
    free(text);
    assert_int_equal(target_number(&w, "saves"), 0);

    /* A dry run counts and writes nothing, neither there nor here. */
    tree = world_json(COMMAND(&w, 0, "run", "--dry-run", "--json"));
    assert_int_equal(rig_number(tree, "created"), 250);
    cJSON_Delete(tree);
    assert_int_equal(target_number(&w, "saves"), 0);

    tree = world_json(COMMAND(&w, 0, "run", "--limit", "130", "--json"));
    assert_int_equal(rig_number(tree, "created"), 130);
    assert_int_equal(rig_number(tree, "seen"), 130);
    cJSON_Delete(tree);
    assert_int_equal(target_number(&w, "materials"), 130);

    tree = world_json(COMMAND(&w, 0, "run", "--json"));
    assert_int_equal(rig_number(tree, "created"), 120);
    assert_int_equal(rig_number(tree, "unchanged"), 130);
    cJSON_Delete(tree);
    assert_int_equal(target_number(&w, "materials"), 250);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);

    tree = world_json(COMMAND(&w, 0, "run", "--dry-run", "--json"));
    assert_int_equal(rig_number(tree, "unchanged"), 250);
    cJSON_Delete(tree);

    tree = world_json(COMMAND(&w, 0, "status", "--json"));
    assert_int_equal(rig_number(tree, "rejects_open"), 0);
    cJSON_Delete(tree);
    text = COMMAND(&w, 0, "report");
    assert_non_null(strstr(text, "complete"));
    free(text);
    tree = world_json(COMMAND(&w, 0, "report", "1", "--json"));
    assert_int_equal(rig_number(tree, "limit"), 130);
    cJSON_Delete(tree);
    text = COMMAND(&w, 0, "explain", "S000042");
    assert_non_null(strstr(text, "S000042"));
    free(text);
    rig_close(&w.rig);
}

static void test_rejects(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(120), ((const char *[]){"--reject_numbers", "S000003,S000110", NULL}));
    free(COMMAND(&w, 3, "run"));
    cJSON *tree = world_json(COMMAND(&w, 0, "rejects", "list", "--json"));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(tree, "rejects")), 2);
    cJSON_Delete(tree);
    tree = world_json(COMMAND(&w, 0, "rejects", "show", "S000003", "--json"));
    const cJSON *source = cJSON_GetObjectItemCaseSensitive(tree, "source");
    const cJSON *payload = cJSON_GetObjectItemCaseSensitive(tree, "payload");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(source, "shop_no")), "S000003");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(payload, "number")), "S000003");
    cJSON_Delete(tree);
    char *text = COMMAND(&w, 0, "rejects", "list");
    assert_non_null(strstr(text, "S000110"));
    free(text);
    free(COMMAND(&w, 2, "rejects", "show", "S000004"));
    /* Refused again is not sent again; the fix in the source is. */
    free(rig_ask(w.target, "reset_counters", ""));
    free(COMMAND(&w, 3, "run"));
    assert_int_equal(target_number(&w, "rows"), 0);
    free(rig_ask(w.target, "set?reject_numbers=", ""));
    free(rig_ask(w.source, "edit?shop_no=S000003&shop_name=fixed", ""));
    free(COMMAND(&w, 3, "run"));
    assert_int_equal(target_number(&w, "creates"), 1);
    assert_int_equal(target_number(&w, "materials"), 119);
    rig_close(&w.rig);
}

static void test_stop_and_go_on(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(3000), ((const char *[]){"--slow_ms", "30", "--duplicates", "take", NULL}));
    struct rig_process *run = rig_start(&w.rig, "dianchen", (const char *[]){"run", NULL});
    await_target(&w, "materials", 200);
    assert_int_equal(rig_stop(&w.rig, run, SIGTERM), 4);
    int64_t had = target_number(&w, "materials");
    assert_true(had < 3000);
    cJSON *source = rig_ask_json(w.source, "report");
    int64_t pages_before = rig_number(source, "pages");
    cJSON_Delete(source);
    free(rig_ask(w.target, "set?slow_ms=0", ""));
    cJSON *report = world_json(COMMAND(&w, 0, "run", "--json"));
    assert_int_equal(rig_number(report, "run"), 1);
    assert_int_equal(rig_number(report, "created"), 3000);
    cJSON_Delete(report);
    assert_int_equal(target_number(&w, "materials"), 3000);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    source = rig_ask_json(w.source, "report");
    /* Finished pages are not fetched again: of 30, those are left that were not, among them at most four that the last
     * calls had written in part; then the page behind the last and the closing look at page 0. */
    assert_true(rig_number(source, "pages") - pages_before <= 30 - had / 100 + 4 + 2);
    cJSON_Delete(source);
    rig_close(&w.rig);
}

/* A stage tells where its metrics are; the page's text, to be freed. */
static char *metrics_page(const struct rig_process *stage, const char *page)
{
    static const char mark[] = "\"address\":\"";
    for (int i = 0; i < 2400; i++) {
        char *log = rig_read(stage->err);
        char *at = strstr(log, mark);
        char *end = at ? strchr(at + sizeof mark - 1, '"') : NULL;
        if (end != NULL) {
            char url[200];
            snprintf(url, sizeof url, "http://%.*s/%s", (int)(end - at - (int)sizeof mark + 1), at + sizeof mark - 1,
                     page);
            free(log);
            return rig_page(url);
        }
        free(log);
        rig_pause(25);
    }
    fail_msg("%s never told where its metrics are", stage->name);
    return NULL;
}

/* The value of a series, or -1. */
static int64_t series(const struct rig_process *stage, const char *name)
{
    char *text = metrics_page(stage, "metrics");
    const char *at = strstr(text, name);
    int64_t value = at ? strtoll(at + strlen(name), NULL, 10) : -1;
    free(text);
    return value;
}

/* The service form with schedule.every 1s: an edit at the source arrives by itself; SIGTERM ends each with 0. */
static void test_service(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(150), PLAIN);
    rig_scheme(&w.rig, "\"every\": \"60s\"", "\"every\": \"1s\"");
    char up[400];
    char down[400];
    snprintf(up, sizeof up, "ipc://%s/up", w.rig.folder);
    snprintf(down, sizeof down, "ipc://%s/down", w.rig.folder);
#define METRICS "--metrics", "127.0.0.1:0"
    struct rig_process *stages[] = {
        rig_start(&w.rig, "loader", (const char *[]){"--upstream", down, METRICS, NULL}),
        rig_start(&w.rig, "transformer", (const char *[]){"--upstream", up, "--bind", down, METRICS, NULL}),
        rig_start(&w.rig, "extractor", (const char *[]){"--bind", up, METRICS, NULL}),
    };
    await_target(&w, "materials", 150);
    for (size_t i = 0; i < 3; i++) {
        free(metrics_page(stages[i], "healthz"));
        assert_int_equal(series(stages[i], "\ndianchen_peers "), i == 1 ? 2 : 1);
    }
    assert_true(series(stages[2], "\ndianchen_records_total{outcome=\"sent\"} ") >= 150);
    assert_true(series(stages[1], "\ndianchen_records_total{outcome=\"mapped\"} ") >= 150);
    assert_true(series(stages[0], "\ndianchen_records_total{outcome=\"created\"} ") >= 100);
    free(rig_ask(w.source, "add?n=3", ""));
    await_target(&w, "materials", 153);
    for (size_t i = 0; i < 3; i++) {
        int code = rig_stop(&w.rig, stages[i], SIGTERM);
        if (code != 0) {
            char *err = rig_read(stages[i]->err);
            print_error("%s: exit code %d: %s\n", stages[i]->name, code, err);
            free(err);
        }
        assert_int_equal(code, 0);
    }
    assert_int_equal(target_number(&w, "materials"), 153);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    rig_close(&w.rig);
}

/* Until `dianchen status` says so, for two minutes. */
static void await_status(struct world *w, const char *wanted)
{
    bool told = false;
    for (int i = 0; i < 240 && !told; i++) {
        struct rig_process *process = NULL;
        (void)rig_run(&w->rig, "dianchen", (const char *[]){"status", NULL}, &process);
        char *said = rig_read(process->out);
        told = strstr(said, wanted) != NULL;
        free(said);
        (void)usleep(told ? 0 : 500000);
    }
    assert_true(told);
}

/* The service form by the clock: nothing begins before its time, `status` tells it, `start` begins a run at once. */
static void test_service_by_the_clock(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(20), PLAIN);
    rig_scheme(&w.rig, "\"every\": \"60s\"", "\"at\": \"0 3 29 2 *\", \"zone\": \"UTC\""); /* years off, as a rule */
    char up[400], down[400];
    snprintf(up, sizeof up, "ipc://%s/up", w.rig.folder);
    snprintf(down, sizeof down, "ipc://%s/down", w.rig.folder);
    struct rig_process *stages[] = {
        rig_start(&w.rig, "loader", (const char *[]){"--upstream", down, METRICS, NULL}),
        rig_start(&w.rig, "transformer", (const char *[]){"--upstream", up, "--bind", down, METRICS, NULL}),
        rig_start(&w.rig, "extractor", (const char *[]){"--bind", up, METRICS, NULL}),
    };
    await_status(&w, "by the clock: 0 3 29 2 * UTC"); /* the extractor notes it when it looks first */
    assert_int_equal(target_number(&w, "materials"), 0);
    free(COMMAND(&w, 0, "start"));
    await_target(&w, "materials", 20);
    await_status(&w, "run 1: finished");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rig_stop(&w.rig, stages[i], SIGTERM), 0);
    }
    char *said = COMMAND(&w, 0, "status"); /* no second run, and the next one told */
    assert_non_null(strstr(said, "run 1: finished"));
    assert_non_null(strstr(said, "-02-2"));
    assert_non_null(strstr(said, "by the clock: 0 3 29 2 * UTC"));
    free(said);
    rig_close(&w.rig);
}

/* Until it has said so, for two minutes. */
static void await_said(const struct rig_process *process, const char *wanted)
{
    bool said = false;
    for (int i = 0; i < 1200 && !said; i++) {
        char *err = rig_read(process->err);
        said = strstr(err, wanted) != NULL;
        free(err);
        (void)usleep(said ? 0 : 100000);
    }
    assert_true(said);
}

/* Services of a schedule of hours. Started again with another scheme they say when the next run begins; `start` begins it at
 * once. */
static void test_service_with_another_scheme(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(20), PLAIN);
    rig_scheme(&w.rig, "\"every\": \"60s\"", "\"every\": \"6h\"");
    char up[400], down[400];
    snprintf(up, sizeof up, "ipc://%s/up", w.rig.folder);
    snprintf(down, sizeof down, "ipc://%s/down", w.rig.folder);
    for (int turn = 0; turn < 2; turn++) {
        struct rig_process *stages[] = {
            rig_start(&w.rig, "loader", (const char *[]){"--upstream", down, METRICS, NULL}),
            rig_start(&w.rig, "transformer", (const char *[]){"--upstream", up, "--bind", down, METRICS, NULL}),
            rig_start(&w.rig, "extractor", (const char *[]){"--bind", up, "--log", "info", METRICS, NULL}),
        };
        if (turn == 1) {
            await_said(stages[2], "\"run.next\"");
            free(COMMAND(&w, 0, "start"));
        }
        await_status(&w, turn == 0 ? "run 1: finished" : "run 2: finished");
        char *err = rig_read(stages[2]->err);
        assert_int_equal(strstr(err, "\"run.next\"") != NULL, turn == 1);
        free(err);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(rig_stop(&w.rig, stages[i], SIGTERM), 0);
        }
        rig_scheme(&w.rig, "\"every\": \"60s\"", "\"every\": \"7h\"");
    }
    assert_int_equal(target_number(&w, "materials"), 20);
    rig_close(&w.rig);
}

/* A stage that dies in the middle is started again; the target takes duplicates, so nothing hides a double. */
static void test_killed_stages(void **state)
{
    (void)state;
    static const char *const names[] = {"transformer", "loader", "extractor"};
    struct world w;
    world_open(&w, program, SHOPS(2000), ((const char *[]){"--slow_ms", "20", "--duplicates", "take", NULL}));
    rig_set(&w.rig, "TARGET_TIMEOUT", "500ms");
    rig_set(&w.rig, "TARGET_LATE", "500ms");
    rig_set(&w.rig, "TARGET_VISIBLE", "100ms");
    struct rig_process *run = rig_start(&w.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    for (size_t i = 0; i < 3; i++) {
        await_target(&w, "materials", 200 + 300 * (int64_t)i);
        assert_int_equal(rig_kill_children(run->pid, names[i]), 1);
    }
    int code = rig_wait(&w.rig, run, 120);
    char *err = rig_read(run->err);
    if (code != 0) {
        print_error("exit code %d: %s\n", code, err);
    }
    free(err);
    assert_int_equal(code, 0);
    cJSON *report = world_json(rig_read(run->out));
    assert_int_equal(rig_number(report, "created"), 2000);
    cJSON_Delete(report);
    assert_int_equal(target_number(&w, "materials"), 2000);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    rig_close(&w.rig);
}

/* Credentials that stand in a file alone, named to the command, reach every stage. */
static void test_env_file(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(120), PLAIN);
    char path[400];
    snprintf(path, sizeof path, "%s/prod.env", w.rig.folder);
    rig_move_variables(&w.rig, path);
    free(COMMAND(&w, 0, "check", "--env-file", path));
    free(COMMAND(&w, 0, "preview", "--env-file", path));
    free(COMMAND(&w, 0, "run", "--env-file", path));
    assert_int_equal(target_number(&w, "materials"), 120);
    rig_close(&w.rig);
}

static void test_help(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, program);
    static const char *const programs[][2] = {
        {"extractor"},           {"transformer"},        {"loader"},           {"dianchen"},
        {"dianchen", "check"},   {"dianchen", "lookup"}, {"dianchen", "run"},  {"dianchen", "preview"},
        {"dianchen", "status"},  {"dianchen", "report"}, {"dianchen", "lint"}, {"dianchen", "rejects"},
        {"dianchen", "explain"}, {"dianchen", "keys"},   {"dianchen", "top"},  {"dianchen", "health"}};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct rig_process *p = NULL;
        const char *words[] = {programs[i][1] ? programs[i][1] : "--help", programs[i][1] ? "--help" : NULL, NULL};
        assert_int_equal(rig_run(&rig, programs[i][0], words, &p), 0);
        char *text = rig_read(p->out);
        assert_non_null(strstr(text, programs[i][0]));
        free(text);
    }
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    program = argv[0];
    enum { FAULTS = sizeof faults / sizeof *faults };
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_env_file),
        cmocka_unit_test(test_wrong_clock),
        cmocka_unit_test(test_scheme_typo),
        cmocka_unit_test(test_port_taken),
        cmocka_unit_test(test_first_day),
        cmocka_unit_test(test_rejects),
        cmocka_unit_test(test_stop_and_go_on),
        cmocka_unit_test(test_service),
        cmocka_unit_test(test_service_by_the_clock),
        cmocka_unit_test(test_service_with_another_scheme),
        cmocka_unit_test(test_killed_stages),
        cmocka_unit_test(test_lookup_is_whole),
    };
    enum { OTHERS = sizeof others / sizeof *others };
    struct CMUnitTest tests[FAULTS + OTHERS];
    size_t n = 0;
    for (size_t i = 0; i < FAULTS + OTHERS; i++) {
        struct CMUnitTest test = i < FAULTS ? (struct CMUnitTest){.name = faults[i].name,
                                                                  .test_func = test_fault,
                                                                  .initial_state = (void *)(uintptr_t)&faults[i]}
                                            : others[i - FAULTS];
        if (argc < 2 || strstr(test.name, argv[1]) != NULL) {
            tests[n++] = test;
        }
    }
    return _cmocka_run_group_tests("command", tests, n, NULL, NULL);
}
