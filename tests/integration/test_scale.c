/* Any number of each stage, as services: started, stopped and killed while a run goes on; strangers among them. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/integration/rig.h"

static const char *program;

enum { SHOPS = 2000, PLACES = 3 /* of each stage, whether somebody stands there or not */, URL_ROOM = 300 };

struct world {
    struct rig rig;
    char source[URL_ROOM], target[URL_ROOM];
    char ups[2000], downs[2000]; /* all places, as --upstream takes them */
};

static const char *place(struct world *w, const char *name, int i, char out[500])
{
    (void)snprintf(out, 500, "ipc://%s/%s%d", w->rig.folder, name, i);
    return out;
}

static void places(struct world *w, const char *name, char *out, size_t room)
{
    char one[500];
    out[0] = '\0';
    for (int i = 0; i < PLACES; i++) {
        size_t used = strlen(out);
        (void)snprintf(out + used, room - used, "%s%s", i ? "," : "", place(w, name, i, one));
    }
}

/* A target that takes its time, so that the run lasts, and takes a number twice, so that nothing hides. */
static void open_world(struct world *w)
{
    rig_open(&w->rig, program);
    rig_double(&w->rig, "wdt-double", (const char *[]){"--shops", "2000", NULL}, w->source, sizeof w->source);
    rig_double(&w->rig, "xingchen-double",
               (const char *[]){"--slow_ms", "400", "--duplicates", "take", "--faults_on", "saves", NULL}, w->target,
               sizeof w->target);
    rig_credentials(&w->rig, w->source, w->target);
    rig_set(&w->rig, "TARGET_TIMEOUT", "2s");
    rig_set(&w->rig, "TARGET_LATE", "500ms");
    rig_set(&w->rig, "TARGET_VISIBLE", "100ms");
    rig_set(&w->rig, "METRICS_BIND", "off");
    rig_scheme(&w->rig, NULL, NULL);
    rig_store(&w->rig, "dianchen.db");
    places(w, "up", w->ups, sizeof w->ups);
    places(w, "down", w->downs, sizeof w->downs);
}

static struct rig_process *extractor(struct world *w, int i)
{
    char at[500];
    return rig_start(&w->rig, "extractor", (const char *[]){"--bind", place(w, "up", i, at), NULL});
}

static struct rig_process *transformer(struct world *w, int i)
{
    char at[500];
    return rig_start(&w->rig, "transformer",
                     (const char *[]){"--upstream", w->ups, "--bind", place(w, "down", i, at), NULL});
}

static struct rig_process *loader(struct world *w)
{
    return rig_start(&w->rig, "loader", (const char *[]){"--upstream", w->downs, NULL});
}

static int64_t target_number(struct world *w, const char *name)
{
    cJSON *report = rig_ask_json(w->target, "report");
    int64_t n = rig_number(report, name);
    cJSON_Delete(report);
    return n;
}

/* The report of the first run, once it is over. */
static cJSON *first_report(struct world *w)
{
    for (int i = 0; i < 600; i++) {
        struct rig_process *told = NULL;
        (void)rig_run(&w->rig, "dianchen", (const char *[]){"report", "1", "--json", NULL}, &told);
        char *text = rig_read(told->out);
        cJSON *report = cJSON_Parse(text);
        free(text);
        assert_non_null(report);
        const char *state = cJSON_GetStringValue(cJSON_GetObjectItem(report, "state"));
        assert_non_null(state);
        if (strcmp(state, "open") != 0) {
            return report;
        }
        cJSON_Delete(report);
        rig_pause(200);
    }
    fail_msg("run 1 never ended");
    return NULL;
}

static void assert_exact(struct world *w)
{
    cJSON *report = first_report(w);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")));
    assert_int_equal(rig_number(report, "seen"), SHOPS);
    assert_int_equal(rig_number(report, "created"), SHOPS);
    cJSON_Delete(report);
    assert_int_equal(target_number(w, "materials"), SHOPS);
    assert_int_equal(target_number(w, "doubled_numbers"), 0);
}

static void stop(struct world *w, struct rig_process *stage)
{
    int code = rig_stop(&w->rig, stage, SIGTERM);
    if (code != 0) {
        char *err = rig_read(stage->err);
        print_error("%s: exit code %d: %s\n", stage->name, code, err);
        free(err);
    }
    assert_int_equal(code, 0);
}

static void test_workers_come_and_go(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    struct rig_process *stages[3][PLACES] = {
        {extractor(&w, 0), extractor(&w, 1)}, {transformer(&w, 0), transformer(&w, 1)}, {loader(&w), loader(&w)}};
    rig_await(w.target, "materials", 200);
    for (int s = 0; s < 3; s++) {
        stop(&w, stages[s][0]);
    }
    stages[0][2] = extractor(&w, 2);
    stages[1][2] = transformer(&w, 2);
    stages[2][2] = loader(&w);
    rig_await(w.target, "materials", 800);
    for (int s = 0; s < 3; s++) {
        rig_stop(&w.rig, stages[s][1], SIGKILL);
    }
    stages[0][0] = extractor(&w, 0); /* at an address that was in use before */
    assert_exact(&w);
    for (int s = 0; s < 3; s++) {
        stop(&w, stages[s][2]);
    }
    stop(&w, stages[0][0]);
    rig_close(&w.rig);
}

/* A target that hangs holds nobody: who is told to stop leaves its claims to be settled. 8 s are promised; here it must only
 * be less than the 15 s that a call may take. */
static void test_stages_stop_while_the_target_hangs(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    rig_set(&w.rig, "TARGET_TIMEOUT", "15s");
    struct rig_process *stages[] = {loader(&w), transformer(&w, 0), extractor(&w, 0)};
    rig_await(w.target, "materials", 100);
    free(rig_ask(w.target, "set?slow_ms=60000", ""));
    rig_await(w.target, "in_flight", 4);
    for (int i = 0; i < 3; i++) {
        struct timespec began, ended;
        clock_gettime(CLOCK_MONOTONIC, &began);
        stop(&w, stages[i]);
        clock_gettime(CLOCK_MONOTONIC, &ended);
        assert_in_range(ended.tv_sec - began.tv_sec, 0, 13);
    }
    rig_close(&w.rig);
}

/* Waits for the line of an event; it must hold this, and come once only. Other peers may be refused meanwhile, in other words. */
static void await_line(const struct rig_process *stage, const char *event, const char *holds)
{
    for (int i = 0; i < 1200; i++) {
        char *log = rig_read(stage->err);
        char *at = strstr(log, event);
        char *end = at ? strchr(at, '\n') : NULL;
        if (at != NULL && end != NULL) {
            *end = '\0';
            if (strstr(at, holds) == NULL || strstr(end + 1, at) != NULL) {
                fail_msg("%s: '%s' should be told once: %s", stage->name, holds, at);
            }
            free(log);
            return;
        }
        free(log);
        rig_pause(50);
    }
    fail_msg("%s never told %s", stage->name, event);
}

#define REFUSED "\"event\":\"link.refused\""

static void test_strangers_disturb_nobody(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    struct rig_process *ours[] = {extractor(&w, 0), transformer(&w, 0), loader(&w)};
    rig_await(w.target, "materials", 100);

    rig_store(&w.rig, "another.db");
    struct rig_process *other_loader = loader(&w);
    await_line(other_loader, REFUSED, "uses another store");
    await_line(ours[1], REFUSED, "uses another store");

    rig_store(&w.rig, "dianchen.db");
    rig_scheme(&w.rig, "\"every\": \"60s\"", "\"every\": \"61s\"");
    struct rig_process *other_transformer = transformer(&w, 1);
    await_line(other_transformer, REFUSED, "runs another scheme");
    await_line(ours[0], REFUSED, "runs another scheme");
    struct rig_process *other_extractor = extractor(&w, 1); /* in the list of ours[1], and on our store */
    await_line(other_extractor, "\"event\":\"run.refused\"", "another version of scheme shop-to-material");

    assert_exact(&w);
    struct rig_process *strangers[] = {other_loader, other_transformer, other_extractor};
    for (int i = 0; i < 3; i++) {
        stop(&w, strangers[i]);
        stop(&w, ours[i]);
    }
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_come_and_go),
        cmocka_unit_test(test_stages_stop_while_the_target_hangs),
        cmocka_unit_test(test_strangers_disturb_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
