/* Throttling, bans and quotas of both APIs, met by several workers at once: nobody calls into a ban, nothing is lost,
 * a spent quota ends the run cleanly, and the next run goes on where it stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/integration/world.h"
#include "tests/unit/store_place.h"

static const char *program;

enum { CONCURRENCY = 4 /* of the scheme, a worker */ };

static struct rig_process *run_start(struct world *w, const char *workers)
{
    return rig_start(
        &w->rig, "dianchen",
        (const char *[]){"run", "--json", "--extractors", workers, "--transformers", "1", "--loaders", workers, NULL});
}

static void check_target(struct world *w, int64_t shops)
{
    assert_int_equal(target_number(w, "materials"), shops);
    assert_int_equal(target_number(w, "distinct_numbers"), shops);
    assert_int_equal(target_number(w, "doubled_numbers"), 0);
}

/* "This ban will last for N more seconds": those whose calls were on the way are refused, nobody else calls. */
static void a_ban_of_the_source_is_kept_by_all(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, (const char *[]){"--shops", "4000", "--slow_ms", "40", NULL}, PLAIN);
    struct rig_process *run = run_start(&w, "2");
    await_source(&w, "pages", 8);
    free(rig_ask(w.source, "set?ban=3", ""));
    cJSON *report = world_json(world_wait(&w, run, 0, 120));
    assert_int_equal(rig_number(report, "created"), 4000);
    cJSON_Delete(report);
    assert_true(source_number(&w, "banned") >= 1);
    assert_in_range(source_number(&w, "banned"), 1, 2 * CONCURRENCY);
    check_target(&w, 4000);
    rig_close(&w.rig);
}

/* errorcode 1012 tells no time; the pace is found, and what was learned stands in the store for the next run. */
static void a_source_that_counts_calls_is_not_overrun(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program,
               (const char *[]){"--shops", "6000", "--calls_per_minute", "20", "--calls_window_ms", "1000", NULL},
               PLAIN);
    cJSON *report = world_json(world_wait(&w, run_start(&w, "2"), 0, 180));
    assert_int_equal(rig_number(report, "created"), 6000);
    cJSON_Delete(report);
    check_target(&w, 6000);
    /* 60 pages, 20 permitted a second: a few refusals teach, each meets what two workers had on the way. */
    assert_in_range(source_number(&w, "over_limit"), 1, 2 * CONCURRENCY * 8);
    free(rig_ask(w.source, "reset_counters", ""));
    report = world_json(world_wait(&w, run_start(&w, "2"), 0, 180));
    assert_int_equal(rig_number(report, "unchanged"), 6000);
    cJSON_Delete(report);
    assert_in_range(source_number(&w, "over_limit"), 0, 2 * CONCURRENCY * 3);
    rig_close(&w.rig);
}

/* HTTP 429 with Retry-After. */
static void a_target_that_counts_calls_is_not_overrun(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(3000),
               (const char *[]){"--calls_per_minute", "20", "--calls_window_ms", "1000", "--retry_after", "1",
                                "--duplicates", "take", NULL});
    cJSON *report = world_json(world_wait(&w, run_start(&w, "2"), 0, 180));
    assert_int_equal(rig_number(report, "created"), 3000);
    cJSON_Delete(report);
    check_target(&w, 3000);
    assert_int_equal(target_number(&w, "max_row_sends"), 1); /* a throttled save is not one that was read */
    assert_in_range(target_number(&w, "throttled"), 1, 2 * CONCURRENCY * 8);
    rig_close(&w.rig);
}

/* Pages that were answered more often than once, page 0 apart. */
static int pages_asked_again(struct world *w)
{
    char *pages = rig_ask(w->source, "pages", NULL);
    int again = 0;
    for (char *line = pages; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        char *end = NULL;
        long page = strtol(line, &end, 10), count = strtol(end, NULL, 10);
        again += page > 0 && count > 1;
    }
    free(pages);
    return again;
}

/* The day is over, says the store's clock. */
static void forget_ban(struct world *w)
{
    char path[400];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/dianchen.db", w->rig.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "update api set ban = 0", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(db) > 0, 1);
    sqlite3_close(db);
}

static void a_spent_quota_ends_the_run_and_the_next_goes_on(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, (const char *[]){"--shops", "3000", "--slow_ms", "40", NULL}, PLAIN);
    struct rig_process *run = run_start(&w, "1");
    await_source(&w, "pages", 8);
    free(rig_ask(w.source, "set?quota_seconds=7200", ""));
    free(world_wait(&w, run, 4, 60));
    char *err = rig_read(run->err);
    assert_non_null(strstr(err, "quota of calls is used up until"));
    free(err);
    int64_t banned = source_number(&w, "banned");
    assert_in_range(banned, 1, CONCURRENCY);

    /* Too early: told at once, without a call. */
    err = COMPLAINT(&w, 4, "run");
    assert_non_null(strstr(err, "wants no call until"));
    free(err);
    assert_int_equal(source_number(&w, "banned"), banned);

    free(rig_ask(w.source, "lift", ""));
    forget_ban(&w);
    cJSON *report = world_json(COMMAND(&w, 0, "run", "--json"));
    assert_int_equal(rig_number(report, "run"), 1);
    assert_int_equal(rig_number(report, "created"), 3000);
    cJSON_Delete(report);
    check_target(&w, 3000);
    /* Those that the refused calls had on their way were never answered: only pages whose outcome was not yet stored
     * when the run ended are asked again. */
    assert_in_range(pages_asked_again(&w), 0, 2 * CONCURRENCY);
    rig_close(&w.rig);
}

/* HTTP 503 with Retry-After by the source, to one call: none of the others comes before. */
static void a_time_to_wait_of_the_source_is_kept_by_all(void **state)
{
    static const char *const sets[] = {"set?status=503&status_next=1&status_wait=2&status_hold=1",
                                       "set?status=500&status_next=1&status_wait=2&status_hold=1&retry_form=date"};
    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct world w;
        struct place place;
        place_postgres = i == 1;
        assert_int_equal(place_make(&place), 0);
        world_open(&w, program, (const char *[]){"--shops", "4000", "--slow_ms", "40", NULL}, PLAIN);
        rig_set(&w.rig, "DIANCHEN_STORE", place.url);
        struct rig_process *run = run_start(&w, "2");
        await_source(&w, "pages", 8);
        free(rig_ask(w.source, sets[i], ""));
        cJSON *report = world_json(world_wait(&w, run, 0, 120));
        assert_int_equal(rig_number(report, "created"), 4000);
        cJSON_Delete(report);
        check_target(&w, 4000);
        assert_in_range(source_number(&w, "status"), 1, 2 * CONCURRENCY);
        assert_int_equal(source_number(&w, "early"), 0);
        rig_close(&w.rig);
        assert_int_equal(place_remove(&place), 0);
    }
}

/* A day is too long to sit and wait: the run ends at once, and says until when. */
static void a_day_to_wait_ends_the_run(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program,
               (const char *[]){"--shops", "10", "--status", "503", "--status_next", "1", "--status_wait", "86400",
                                "--status_hold", "1", NULL},
               PLAIN);
    char *err = COMPLAINT(&w, 4, "run");
    assert_non_null(strstr(err, "wants no call until"));
    free(err);
    assert_int_equal(source_number(&w, "calls"), 1);
    rig_close(&w.rig);
}

/* HTTP 503 with Retry-After, in seconds or as a date, at saves, look-ups or the login: all workers wait, also those that
 * were not told themselves. */
static void a_time_to_wait_is_kept_by_all(void **state)
{
    (void)state;
    static const char *const sets[] = {
        "set?status=503&status_next=1&status_wait=2&status_hold=1&status_on=saves",
        "set?status=500&status_next=1&status_wait=2&status_hold=1&status_on=all&retry_form=date",
        "set?status=429&status_next=1&status_wait=2&status_hold=1&status_on=login"};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct world w;
        world_open(&w, program, (const char *[]){"--shops", "2000", "--slow_ms", "30", NULL},
                   (const char *[]){"--slow_ms", "30", "--token_seconds", "100", NULL});
        if (i == 2) { /* at once: the first login is told to wait */
            free(rig_ask(w.target, sets[i], ""));
        }
        struct rig_process *run = run_start(&w, "2");
        if (i != 2) {
            await_target(&w, "saves", 6);
            free(rig_ask(w.target, sets[i], ""));
        }
        cJSON *report = world_json(world_wait(&w, run, 0, 120));
        assert_int_equal(rig_number(report, "created"), 2000);
        cJSON_Delete(report);
        check_target(&w, 2000);
        assert_true(target_number(&w, "status") >= 1);
        assert_int_equal(target_number(&w, "early"), 0);
        rig_close(&w.rig);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ban_of_the_source_is_kept_by_all),
        cmocka_unit_test(a_source_that_counts_calls_is_not_overrun),
        cmocka_unit_test(a_target_that_counts_calls_is_not_overrun),
        cmocka_unit_test(a_time_to_wait_is_kept_by_all),
        cmocka_unit_test(a_time_to_wait_of_the_source_is_kept_by_all),
        cmocka_unit_test(a_day_to_wait_ends_the_run),
        cmocka_unit_test(a_spent_quota_ends_the_run_and_the_next_goes_on),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
