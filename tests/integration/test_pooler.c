/* A real pgbouncer between the programs and their PostgreSQL store: with sessions pooled they work; with transactions pooled
 * they say so and stop, whatever it made of their statements. */
#include "tests/integration/server.h"
#include "tests/integration/stages.h"
#include "tests/unit/store_place.h"

static const char *program;
static struct world world;
static struct place place;
static struct rig_process *pooler;

static void pooler_kill(void)
{
    if (pooler) {
        rig_stop(&world.rig, pooler, SIGKILL);
        pooler = NULL;
    }
}

/* It hands no `options` of a URL on: the schema belongs to a role. */
static int make(void **state)
{
    (void)state;
    char text[400];
    if (place_make(&place)) {
        return -1;
    }
    const char *name = place.schema;
    (void)snprintf(text, sizeof text,
                   "create role %s login; alter schema %s owner to %s; alter role %s set search_path = %s", name, name,
                   name, name, name);
    place_tell(text);
    world_open(&world, program, SHOPS(1500), (const char *[]){"--duplicates", "take", "--slow_ms", "30", NULL});
    server_folder(&world, "pooler");
    (void)snprintf(text, sizeof text, "postgresql://%s@/postgres?host=%s/pooler&port=6432", name, world.rig.folder);
    rig_set(&world.rig, "DIANCHEN_STORE", text);
    return 0;
}

static int unmake(void **state)
{
    char text[200];
    (void)state;
    pooler_kill();
    rig_close(&world.rig);
    (void)snprintf(text, sizeof text, "drop owned by %s cascade; drop role %s", place.schema, place.schema);
    place_tell(text);
    place.schema[0] = '\0';
    return place_remove(&place);
}

static void settings_write(const char *mode, int sessions)
{
    world_shell(&world,
                "cd '%s' && echo '\"%s\" \"\"' >users && printf '%%s\\n' '[databases]' '* = host=%s' '[pgbouncer]' "
                "'listen_port = 6432' 'unix_socket_dir = %s/pooler' 'auth_type = trust' 'auth_file = %s/users' "
                "'pool_mode = %s' 'default_pool_size = %d' >settings.ini && chmod 644 users settings.ini",
                world.rig.folder, place.schema, getenv("TEST_POSTGRES_FOLDER"), world.rig.folder, world.rig.folder,
                mode, sessions);
}

static void pooler_start(const char *mode, int sessions)
{
    settings_write(mode, sessions);
    pooler = server_start(&world, "pgbouncer settings.ini");
    stages_await(pooler, "process up", NULL, 0);
}

static void expect_all_once(cJSON *report)
{
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")));
    assert_int_equal(rig_number(report, "created"), 1500);
    cJSON_Delete(report);
    assert_int_equal(target_number(&world, "materials"), 1500);
    assert_int_equal(target_number(&world, "distinct_numbers"), 1500);
}

static const char *const workers[] = {"run", "--json", "--extractors", "2", "--transformers", "2", "--loaders",
                                      "2",   NULL};

/* Also where it has too few of them for a while, and where it ends and comes back: while it is waited for, and later. */
static void sessions_are_pooled(void **state)
{
    enum { TOO_FEW = 2, ENOUGH = 12 };
    (void)state;
    pooler_start("session", TOO_FEW);
    struct rig_process *run = rig_start(&world.rig, "dianchen", workers);
    stages_await(run, "waiting for a connection", NULL, 0);
    pooler_kill();
    rig_pause(500);
    pooler_start("session", ENOUGH);
    await_target(&world, "materials", 500);
    pooler_kill();
    pooler_start("session", ENOUGH);
    expect_all_once(world_json(world_wait(&world, run, 0, 240)));
    cJSON *report = world_json(world_command(&world, 0, false, workers));
    assert_int_equal(rig_number(report, "unchanged"), 1500);
    cJSON_Delete(report);
}

/* Nothing is done under another's statements: with sessions pooled the same store goes on, and the result is exact. */
static void transactions_are_refused(void **state)
{
    (void)state;
    pooler_start("transaction", 4);
    char *told = world_command(&world, 2, true, workers);
    if (!strstr(told, "a pooler in transaction mode is in between")) {
        fail_msg("run says: %s", told);
    }
    free(told);
    pooler_kill();
    pooler_start("session", 12);
    expect_all_once(world_json(world_command(&world, 0, false, workers)));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(int argc, char **argv)
{
    (void)argc;
    place_postgres = true;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        CASE(sessions_are_pooled),
        CASE(transactions_are_refused),
    };
    return cmocka_run_group_tests_name("pooler", tests, NULL, NULL);
}
