/* A real standby of PostgreSQL: one that follows asynchronously, lacks the last second, and takes over; and one that a
 * store is named by mistake. */
#include "tests/integration/server.h"
#include "tests/integration/stages.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <postgresql/libpq-fe.h>

enum { SHOPS = 3000, LOST = 300 /* materials, at least, of which the standby does not know */ };

static const char *program;
static struct world world;
static struct rig_process *primary, *standby;
static char both[SERVER_URL], second[SERVER_URL];

/* One statement at the server in that folder. */
static void tell(const char *folder, const char *text)
{
    char url[SERVER_URL];
    (void)snprintf(url, sizeof url, "postgresql://postgres@/postgres?host=%s/%s", world.rig.folder, folder);
    PGconn *conn = PQconnectdb(url);
    PGresult *result = PQexec(conn, text);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", text, PQerrorMessage(conn));
    }
    PQclear(result);
    PQfinish(conn);
}

static int make(void **state)
{
    (void)state;
    world_open(&world, program, (const char *[]){"--shops", "3000", NULL},
               (const char *[]){"--duplicates", "take", "--slow_ms", "300", NULL});
    rig_scheme(&world.rig, "\"existing\": \"reject\"", "\"existing\": \"adopt\"");
    rig_set(&world.rig, "TARGET_TIMEOUT", "1s");
    rig_set(&world.rig, "TARGET_LATE", "500ms");
    rig_set(&world.rig, "TARGET_VISIBLE", "200ms");
    server_folder(&world, "a");
    server_folder(&world, "b");
    server_run(&world, "initdb -D a/data -U postgres -A trust -E UTF8 --locale=C --no-sync >a/log 2>&1");
    primary = server_start(&world, "postgres -D a/data -k \"$PWD/a\" -c listen_addresses=");
    server_await(&world, "a");
    server_run(&world, "pg_basebackup -h \"$PWD/a\" -U postgres -D b/data -R -c fast --no-sync");
    standby = server_start(&world, "postgres -D b/data -k \"$PWD/b\" -c listen_addresses=");
    server_await(&world, "b");
    (void)snprintf(both, sizeof both, "postgresql://postgres@/postgres?host=%s/a,%s/b", world.rig.folder,
                   world.rig.folder);
    (void)snprintf(second, sizeof second, "postgresql://postgres@/postgres?host=%s/b", world.rig.folder);
    rig_set(&world.rig, "DIANCHEN_STORE", both);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    server_crash(&world, &primary);
    server_crash(&world, &standby);
    rig_close(&world.rig);
    return 0;
}

/* The standby hears nothing any more. */
static void standby_lags(void)
{
    tell("b", "alter system set primary_conninfo = ''");
    tell("b", "select pg_reload_conf()");
}

static void standby_takes_over(void)
{
    server_crash(&world, &primary);
    tell("b", "select pg_promote()");
}

static void expect_each_once(void)
{
    assert_int_equal(target_number(&world, "materials"), SHOPS);
    assert_int_equal(target_number(&world, "distinct_numbers"), SHOPS);
}

/* `check` says so before; then a run goes over the failover. What the standby had not heard of is found in the target. That
 * run may say that it is not complete: pages that it has read are forgotten. The next one is. */
static void a_standby_that_lacks_the_last_second_makes_nothing_twice(void **state)
{
    (void)state;
    char *told = COMMAND(&world, 1, "check");
    if (!strstr(told, "a standby follows asynchronously")) {
        fail_msg("check says: %s", told);
    }
    free(told);
    struct rig_process *run = rig_start(&world.rig, "dianchen",
                                        (const char *[]){"run", "--json", "--extractors", "2", "--loaders", "2", NULL});
    await_target(&world, "materials", 300);
    standby_lags();
    int64_t before = target_number(&world, "materials");
    await_target(&world, "materials", before + LOST);
    standby_takes_over();
    assert_true(target_number(&world, "materials") < SHOPS);
    int code = rig_wait(&world.rig, run, 240);
    assert_true(code == 0 || code == 4);
    stages_await(run, "store.restored", NULL, 0);
    expect_each_once();
    cJSON *report = world_json(COMMAND(&world, 0, "run", "--json"));
    assert_int_equal(rig_number(report, "unchanged"), SHOPS);
    cJSON_Delete(report);
    expect_each_once();
}

/* It is read, and where it should be written the line says what to name. */
static void a_standby_alone_is_no_store(void **state)
{
    (void)state;
    free(COMMAND(&world, 0, "run", "--limit", "100"));
    rig_set(&world.rig, "DIANCHEN_STORE", second);
    char *told = COMPLAINT(&world, 2, "run");
    if (!strstr(told, "name the server that takes writes in DIANCHEN_STORE") ||
        strchr(told, '\n') != strrchr(told, '\n')) {
        fail_msg("run says: %s", told);
    }
    free(told);
    cJSON *report = world_json(COMMAND(&world, 0, "report", "--json"));
    assert_int_equal(rig_number(report, "created"), 100);
    cJSON_Delete(report);
    rig_set(&world.rig, "DIANCHEN_STORE", both);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_standby_alone_is_no_store),
        cmocka_unit_test(a_standby_that_lacks_the_last_second_makes_nothing_twice),
    };
    return cmocka_run_group_tests_name("standby", tests, make, unmake);
}
