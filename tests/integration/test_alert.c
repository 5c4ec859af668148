/* Trouble reaches the group robot: once a cause, in the robot's form, signed, without secrets; and a robot that fails
 * harms nobody. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/rig_secrets.h"
#include "tests/integration/world.h"

static const char *program;

enum { TICKS = 1200 /* of 50 ms */ };

struct watched {
    struct world world;
    char robot[WORLD_URL_ROOM];
};

static const struct {
    const char *form, *path, *secret;
} forms[] = {
    {"dingtalk", "/robot/send?access_token=" RIG_ROBOT_KEY, RIG_ROBOT_SECRET},
    {"wecom", "/cgi-bin/webhook/send?key=" RIG_ROBOT_KEY, NULL},
    {"feishu", "/open-apis/bot/v2/hook/" RIG_ROBOT_KEY, RIG_ROBOT_SECRET},
};

static void watched_open(struct watched *w, size_t form, const char *const *target)
{
    const char *secret = forms[form].secret;
    struct rig *rig = &w->world.rig;
    char url[2 * WORLD_URL_ROOM];
    world_open(&w->world, program, SHOPS(120), target);
    rig_double(rig, "robot-double",
               (const char *[]){"--form", forms[form].form, secret ? "--secret" : NULL, secret, NULL}, w->robot,
               sizeof w->robot);
    (void)snprintf(url, sizeof url, "%s%s", w->robot, forms[form].path);
    rig_set(rig, "ALERT_URL", url);
    rig_set(rig, "ALERT_FORM", forms[form].form);
    if (secret) {
        rig_set(rig, "ALERT_SECRET", secret);
    }
}

static cJSON *robot(struct watched *w, int64_t accepted, int64_t refused, int64_t failed)
{
    cJSON *report = rig_ask_json(w->robot, "report");
    assert_int_equal(rig_number(report, "accepted"), accepted);
    assert_int_equal(rig_number(report, "refused"), refused);
    assert_int_equal(rig_number(report, "failed"), failed);
    return report;
}

static const char *message(const cJSON *report, int at)
{
    const char *text =
        cJSON_GetStringValue(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(report, "messages"), at));
    assert_non_null(text);
    return text;
}

static void test_trial(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct watched w;
        watched_open(&w, i, PLAIN);
        char *out = COMMAND(&w.world, 0, "check", "--alert");
        assert_string_equal(out, "ok    alert: the group robot took the trial message\n");
        free(out);
        cJSON *report = robot(&w, 1, 0, 0);
        assert_non_null(strstr(message(report, 0), "【店辰 dianchen】"));
        assert_non_null(strstr(message(report, 0), "告警测试"));
        cJSON_Delete(report);
        free(rig_ask(w.robot, "set?down=1", "")); /* a short failure is tried again */
        free(COMMAND(&w.world, 0, "check", "--alert"));
        cJSON_Delete(robot(&w, 2, 0, 1));
        free(rig_ask(w.robot, "set?secret=another&key=" RIG_ROBOT_KEY, ""));
        out = COMMAND(&w.world, 1, "check",
                      "--alert"); /* signed with another secret, or unsigned where that is asked for */
        assert_non_null(strstr(out, "FAIL  alert: the robot refuses: "));
        free(out);
        cJSON_Delete(robot(&w, 2, 1, 1));
        rig_close(&w.world.rig);
    }
}

static void test_settings_are_checked(void **state)
{
    (void)state;
    struct watched w;
    watched_open(&w, 0, PLAIN);
    rig_set(&w.world.rig, "ALERT_FORM", "slack");
    char *out = COMMAND(&w.world, 2, "check", "--alert");
    assert_string_equal(out, "FAIL  alert: ALERT_FORM: 'slack' is none of dingtalk, wecom, feishu\n");
    free(out);
    free(COMMAND(&w.world, 2, "run"));
    rig_set(&w.world.rig, "ALERT_URL", "");
    out = COMMAND(&w.world, 2, "check", "--alert");
    assert_non_null(strstr(out, "ALERT_SECRET, ALERT_FORM: set, but no ALERT_URL"));
    free(out);
    rig_close(&w.world.rig);
}

static void test_rejects_are_told_once(void **state)
{
    (void)state;
    struct watched w;
    watched_open(&w, 0, (const char *[]){"--reject_numbers", "S000003,S000110", NULL});
    free(COMMAND(&w.world, 3, "run"));
    cJSON *report = robot(&w, 1, 0, 0);
    const char *text = message(report, 0);
    assert_non_null(strstr(text, "shop-to-material\nrun 1 is complete, 2 records rejected\nseen 120, created 118,"));
    assert_non_null(strstr(text, "2 x target "));
    cJSON_Delete(report);
    /* The next runs have the same trouble: held back, and counted. */
    free(COMMAND(&w.world, 3, "run"));
    free(COMMAND(&w.world, 3, "run"));
    cJSON_Delete(robot(&w, 1, 0, 0));
    /* Without trouble nobody is told. */
    free(rig_ask(w.world.target, "set?reject_numbers=", ""));
    rig_store(&w.world.rig, "other.db");
    rig_scheme(&w.world.rig, "\"existing\": \"reject\"", "\"existing\": \"adopt\"");
    free(COMMAND(&w.world, 0, "run"));
    cJSON_Delete(robot(&w, 1, 0, 0));
    rig_close(&w.world.rig);
}

/* The robot is down for good: the run's outcome and exit code are what they would be without it. */
static void test_a_robot_that_fails_harms_nobody(void **state)
{
    (void)state;
    struct watched w;
    watched_open(&w, 2, (const char *[]){"--reject_numbers", "S000003", NULL});
    free(rig_ask(w.robot, "set?down=1000", ""));
    free(COMMAND(&w.world, 3, "run"));
    cJSON *report = robot(&w, 0, 0, 3);
    cJSON_Delete(report);
    report = rig_ask_json(w.world.target, "report");
    assert_int_equal(rig_number(report, "materials"), 119);
    cJSON_Delete(report);
    rig_close(&w.world.rig);
}

static void await_messages(struct watched *w, int64_t wanted)
{
    for (int i = 0; i < TICKS; i++) {
        cJSON *report = rig_ask_json(w->robot, "report");
        int64_t accepted = rig_number(report, "accepted");
        cJSON_Delete(report);
        if (accepted >= wanted) {
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    fail_msg("the robot was not told");
}

/* Services that can't work: a source that is gone, a target that refuses every call, nobody on the other side. */
static void test_services_that_cannot_work(void **state)
{
    (void)state;
    struct watched w;
    watched_open(&w, 0, (const char *[]){"--http502", "1", NULL});
    char up[400], down[400];
    (void)snprintf(up, sizeof up, "ipc://%s/up", w.world.rig.folder);
    (void)snprintf(down, sizeof down, "ipc://%s/down", w.world.rig.folder);
    rig_set(&w.world.rig, "ALERT_AFTER", "2s");
    free(rig_ask(w.world.source, "set?http502=1", ""));
#define METRICS "--metrics", "127.0.0.1:0"
    struct rig_process *extractor = rig_start(&w.world.rig, "extractor", (const char *[]){"--bind", up, METRICS, NULL});
    await_messages(&w, 1);
    struct rig_process *loader = rig_start(&w.world.rig, "loader", (const char *[]){"--upstream", down, METRICS, NULL});
    await_messages(&w, 2);
    /* Started again, another beside it: the store knows that it was told. */
    assert_int_equal(rig_stop(&w.world.rig, extractor, SIGTERM), 0);
    struct rig_process *again = rig_start(&w.world.rig, "extractor", (const char *[]){"--bind", up, METRICS, NULL});
    free(rig_ask(w.world.source, "set?http502=0", ""));
    await_messages(&w, 3); /* another cause: pages are there, and nobody takes them */
    cJSON *report = robot(&w, 3, 0, 0);
    assert_non_null(strstr(message(report, 0), "can't work for "));
    assert_non_null(strstr(message(report, 0), "\nextractor "));
    assert_non_null(strstr(message(report, 1), "\nloader "));
    assert_non_null(strstr(message(report, 2), "no transformer is linked with this extractor"));
    cJSON_Delete(report);
    assert_int_equal(rig_stop(&w.world.rig, again, SIGTERM), 0);
    (void)rig_stop(&w.world.rig, loader, SIGTERM);
    rig_close(&w.world.rig);
}

/* A loader that gives up says so before it goes. */
static void test_giving_up_is_told(void **state)
{
    (void)state;
    struct watched w;
    watched_open(&w, 1, (const char *[]){"--login_fail", "1", NULL});
    struct rig_process *loader =
        rig_start(&w.world.rig, "loader", (const char *[]){"--upstream", "ipc:///tmp/dianchen-nobody", METRICS, NULL});
    assert_int_equal(rig_wait(&w.world.rig, loader, 60), 1);
    cJSON *report = robot(&w, 1, 0, 0);
    assert_non_null(strstr(message(report, 0), "the loader gave up: "));
    cJSON_Delete(report);
    rig_close(&w.world.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trial),
        cmocka_unit_test(test_settings_are_checked),
        cmocka_unit_test(test_rejects_are_told_once),
        cmocka_unit_test(test_a_robot_that_fails_harms_nobody),
        cmocka_unit_test(test_services_that_cannot_work),
        cmocka_unit_test(test_giving_up_is_told),
    };
    return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
