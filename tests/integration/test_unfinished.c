/* What a start does with what stands unfinished: it says so first, does no more than it was asked for, and then all of it; one
 * that was set up wrongly leaves nothing behind. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/rig_secrets.h"
#include "tests/integration/world.h"

static const char *program;

/* Starts, and drains once so many materials are there. */
static void interrupt(struct world *w, int64_t materials, const char *const *words)
{
    struct rig_process *run = rig_start(&w->rig, "dianchen", words);
    await_target(w, "materials", materials);
    assert_int_equal(rig_stop(&w->rig, run, SIGTERM), 4);
}
#define INTERRUPT(w, materials, ...) interrupt(w, materials, (const char *[]){__VA_ARGS__, NULL})

/* Runs dianchen; its stdout, to be freed. The first line of its stderr must hold `first`. */
static char *start(struct world *w, int exit_code, const char *first, const char *const *words)
{
    struct rig_process *p = rig_start(&w->rig, "dianchen", words);
    int code = rig_wait(&w->rig, p, 60);
    char *err = rig_read(p->err);
    char *end = strchr(err, '\n');
    if (end) {
        *end = '\0';
    }
    if (code != exit_code || !strstr(err, first)) {
        fail_msg("exit code %d, first line: %s", code, err);
    }
    free(err);
    return rig_read(p->out);
}
#define START(w, exit_code, first, ...) start(w, exit_code, first, (const char *[]){__VA_ARGS__, NULL})

static void open_slow(struct world *w)
{
    world_open(w, program, SHOPS(600), ((const char *[]){"--slow_ms", "60", NULL}));
    rig_store(&w->rig, "dianchen.db");
}

static void a_limit_is_finished_then_all_comes(void **state)
{
    (void)state;
    struct world w;
    open_slow(&w);
    INTERRUPT(&w, 50, "run", "--limit", "400");
    cJSON *report = world_json(START(&w, 0, "run 1 (the first 400 records) stands unfinished", "run", "--json"));
    assert_int_equal(rig_number(report, "run"), 2);
    assert_int_equal(rig_number(report, "seen"), 600);
    assert_int_equal(rig_number(report, "created"), 200);
    assert_int_equal(rig_number(report, "unchanged"), 400);
    cJSON_Delete(report);
    assert_int_equal(target_number(&w, "materials"), 600);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    rig_close(&w.rig);
}

static void a_replay_is_finished_then_all_comes(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(300), ((const char *[]){"--reject_numbers", "S000001,S000002,S000003", NULL}));
    rig_store(&w.rig, "dianchen.db");
    free(COMMAND(&w, 3, "run"));
    free(rig_ask(w.target, "set", "reject_numbers=&hang=1"));
    struct rig_process *replay = rig_start(&w.rig, "dianchen", (const char *[]){"rejects", "replay", "--all", NULL});
    await_target(&w, "hang", 1);
    rig_pause(200);
    assert_int_equal(rig_stop(&w.rig, replay, SIGTERM), 4);
    free(rig_ask(w.target, "set", "hang=0"));
    free(rig_ask(w.source, "add?n=3", ""));
    cJSON *report = world_json(START(&w, 0, "run 2 (a replay of 3 records) stands unfinished", "run", "--json"));
    assert_int_equal(rig_number(report, "run"), 3);
    assert_int_equal(rig_number(report, "seen"), 303);
    cJSON_Delete(report);
    assert_int_equal(target_number(&w, "materials"), 303);
    rig_close(&w.rig);
}

static void no_more_than_was_asked_for(void **state)
{
    (void)state;
    struct world w;
    open_slow(&w);
    INTERRUPT(&w, 50, "run");
    int64_t before = target_number(&w, "materials");
    char *told = COMPLAINT(&w, 2, "run", "--limit", "100");
    assert_non_null(strstr(told, "run 1 (all records) stands unfinished"));
    assert_non_null(strstr(told, "--new"));
    free(told);
    assert_int_equal(target_number(&w, "materials"), before);
    cJSON *report =
        world_json(START(&w, 0, "it is abandoned, a new one begins", "run", "--new", "--limit", "100", "--json"));
    assert_int_equal(rig_number(report, "seen"), 100);
    cJSON_Delete(report);
    rig_close(&w.rig);
}

static void the_same_run_is_finished_once(void **state)
{
    (void)state;
    struct world w;
    open_slow(&w);
    INTERRUPT(&w, 50, "run");
    cJSON *report = world_json(START(&w, 0, "run 1 (all records) stands unfinished", "run", "--json"));
    assert_int_equal(rig_number(report, "run"), 1);
    assert_int_equal(rig_number(report, "created"), 600);
    cJSON_Delete(report);
    rig_close(&w.rig);
}

/* Each of these ends with 2; the run that comes after it is the first one, with the limit that it was given. */
static void wrong_before_any_call_leaves_nothing_open(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        {"XINGCHEN_PASSWORD", "", RIG_PASSWORD},
        {"XINGCHEN_UNIT_ID", "", "1"},
        {"TARGET_TIMEOUT", "soon", "5s"},
        {"LINK_SECURITY", "maybe", "none"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct world w;
        world_open(&w, program, SHOPS(30), PLAIN);
        rig_store(&w.rig, "dianchen.db");
        rig_set(&w.rig, wrong[i][0], wrong[i][1]);
        free(COMPLAINT(&w, 2, "run"));
        struct rig_process *p = NULL;
        (void)rig_run(&w.rig, "dianchen", (const char *[]){"status", NULL}, &p);
        char *told = rig_read(p->out);
        if (strstr(told, ": open")) {
            fail_msg("%s: %s", wrong[i][0], told);
        }
        free(told);
        rig_set(&w.rig, wrong[i][0], wrong[i][2]);
        cJSON *report = world_json(COMMAND(&w, 0, "run", "--json", "--limit", "7"));
        assert_int_equal(rig_number(report, "seen"), 7);
        cJSON_Delete(report);
        rig_close(&w.rig);
    }
}

/* Nothing of it was done: it keeps nobody from doing less or other than it was to do, and is worth no word then. */
static void a_run_that_failed_at_once_is_no_news(void **state)
{
    (void)state;
    static const char *const then[][4] = {
        {"run", "--json"}, {"run", "--json", "--new"}, {"run", "--json", "--limit", "7"}};
    for (size_t i = 0; i < sizeof then / sizeof *then; i++) {
        struct world w;
        world_open(&w, program, SHOPS(30), PLAIN);
        rig_store(&w.rig, "dianchen.db");
        rig_set(&w.rig, "WDT_APP_SECRET", "not_the_one");
        char *told = COMPLAINT(&w, 1, "run");
        assert_non_null(strstr(told, "check WDT_APP_SECRET"));
        free(told);
        rig_set(&w.rig, "WDT_APP_SECRET", RIG_SOURCE_SECRET);
        struct rig_process *p = NULL;
        const char *words[6] = {NULL};
        memcpy(words, then[i], sizeof then[i]);
        assert_int_equal(rig_run(&w.rig, "dianchen", words, &p), 0);
        char *err = rig_read(p->err);
        assert_int_equal(strstr(err, "unfinished") != NULL, i == 0);
        free(err);
        cJSON *report = world_json(rig_read(p->out));
        assert_int_equal(rig_number(report, "seen"), i == 2 ? 7 : 30);
        assert_int_equal(rig_number(report, "run"), i == 0 ? 1 : 2);
        cJSON_Delete(report);
        rig_close(&w.rig);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_finished_then_all_comes),
        cmocka_unit_test(a_replay_is_finished_then_all_comes),
        cmocka_unit_test(no_more_than_was_asked_for),
        cmocka_unit_test(the_same_run_is_finished_once),
        cmocka_unit_test(wrong_before_any_call_leaves_nothing_open),
        cmocka_unit_test(a_run_that_failed_at_once_is_no_news),
    };
    return cmocka_run_group_tests_name("unfinished", tests, NULL, NULL);
}
