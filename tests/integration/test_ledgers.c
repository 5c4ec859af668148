/* What a renamed, a second or a restored ledger knows of the materials that stand in its account: on a target that takes
 * every number twice, nothing is made twice. */
#include "tests/integration/world.h"
#include "tests/unit/store_place.h"

enum { ALL = 300, PART = 120 };

static const char *program;
static struct world world;
static struct place place;

static int make(void **state)
{
    (void)state;
    if (place_make(&place)) {
        return -1;
    }
    world_open(&world, program, SHOPS(300), (const char *[]){"--duplicates", "take", NULL});
    rig_set(&world.rig, "DIANCHEN_STORE", place.url);
    rig_set(&world.rig, "TARGET_TIMEOUT", "1s");
    rig_set(&world.rig, "TARGET_LATE", "500ms");
    rig_set(&world.rig, "TARGET_VISIBLE", "200ms");
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    rig_close(&world.rig);
    return place_remove(&place);
}

/* The shipped scheme by this name, with `existing` as it says. */
static void scheme_set(const char *name, const char *existing)
{
    rig_scheme(&world.rig, NULL, NULL);
    world_shell(
        &world,
        "sed -i 's/^  \"name\": \"[^\"]*\"/  \"name\": \"%s\"/; s/\"existing\": \"[a-z]*\"/\"existing\": \"%s\"/' "
        "%s/schemes/shop-to-material.json",
        name, existing, world.rig.folder);
}

static void expect_once(int64_t materials)
{
    assert_int_equal(target_number(&world, "materials"), materials);
    assert_int_equal(target_number(&world, "distinct_numbers"), materials);
}

static void expect_run(int exit_code, const char *name, int64_t count)
{
    cJSON *report = world_json(COMMAND(&world, exit_code, "run", "--json"));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")));
    assert_int_equal(rig_number(report, name), count);
    cJSON_Delete(report);
}

/* Two schemes at once in one store: each run's report is its own, though the other began later. */
static void each_run_reports_itself(void **state)
{
    (void)state;
    char second[400];
    scheme_set("shops", "adopt");
    snprintf(second, sizeof second, "%s/schemes/second.json", world.rig.folder);
    world_shell(&world, "sed 's/^  \"name\": \"[^\"]*\"/  \"name\": \"second\"/' %s/schemes/shop-to-material.json >%s",
                world.rig.folder, second);
    free(rig_ask(world.target, "set?slow_ms=100", ""));
    struct rig_process *first = rig_start(&world.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    await_target(&world, "materials", 1);
    struct rig_process *other = rig_start(
        &world.rig, "dianchen", (const char *[]){"run", "--json", "--limit", "120", "--scheme", second, NULL});
    cJSON *reports[] = {world_json(world_wait(&world, first, 0, 120)), world_json(world_wait(&world, other, 0, 120))};
    static const char *const names[] = {"shops", "second"};
    int64_t created = 0;
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(reports[i], "scheme")), names[i]);
        assert_int_equal(rig_number(reports[i], "seen"), i == 0 ? ALL : PART);
        created += rig_number(reports[i], "created");
        cJSON_Delete(reports[i]);
    }
    assert_int_equal(created, ALL);
    expect_once(ALL);
}

static void a_renamed_scheme_makes_nothing_twice(void **state)
{
    (void)state;
    scheme_set("shops", "adopt");
    free(COMMAND(&world, 0, "run", "--limit", "120"));
    expect_once(PART);
    scheme_set("renamed", "reject");
    expect_run(3, "rejected", PART);
    expect_once(ALL);
}

/* Between the runs of two source accounts somebody else, with a store of his own, makes what the second one brings. */
static void a_second_source_makes_nothing_twice(void **state)
{
    (void)state;
    char elsewhere[400];
    snprintf(elsewhere, sizeof elsewhere, "sqlite:%.300s/elsewhere.db", world.rig.folder);
    scheme_set("shops", "adopt");
    free(COMMAND(&world, 0, "run", "--limit", "120"));
    rig_set(&world.rig, "DIANCHEN_STORE", elsewhere);
    expect_run(0, "created", ALL - PART);
    expect_once(ALL);
    rig_set(&world.rig, "DIANCHEN_STORE", place.url);
    free(rig_ask(world.source, "set?sid=second_sid", ""));
    rig_set(&world.rig, "WDT_SID", "second_sid");
    expect_run(0, "updated", ALL);
    expect_once(ALL);
    expect_run(0, "unchanged", ALL);
}

/* How a store is kept, and put back later. */
enum way {
    WAY_OWN,   /* dianchen store backup; pg_dump */
    WAY_PLACE, /* the file alone, over itself; rows into the tables that are there */
    WAY_ALL,   /* all its files, over themselves; rows once more */
};

/* Where a copy of the files stands. */
static const char *kept(void)
{
    static char path[400];
    snprintf(path, sizeof path, "%.300s/kept", world.rig.folder);
    return path;
}

static void file_keep(enum way way)
{
    char path[200];
    snprintf(path, sizeof path, "%s/backup", place.folder);
    if (way == WAY_OWN) {
        free(COMMAND(&world, 0, "store", "backup", path));
    } else {
        world_shell(&world, "mkdir %s && cp -a %s/s.db* %s", kept(), place.folder, kept());
    }
}

static void file_restore(enum way way)
{
    static const char *const from[] = {"backup", "s.db", "s.db*"}, *const to[] = {"s.db", "s.db", ""};
    world_shell(&world, "cd %s && rm -f s.db-wal s.db-shm && cp -a %s/%s ./%s", place.folder,
                way == WAY_OWN ? place.folder : kept(), from[way], to[way]);
}

static void rows_keep(enum way way)
{
    world_shell(&world, "pg_dump %s -n %s -f %s/dump.sql '%s'", way == WAY_OWN ? "" : "--data-only", place.schema,
                place.folder, place_server());
}

static void rows_restore(enum way way)
{
    char make_room[300];
    snprintf(make_room, sizeof make_room,
             way == WAY_OWN ? "drop schema %s cascade"
                            : "do $$ declare t text; begin for t in select tablename from pg_tables where schemaname = "
                              "$a$%s$a$ loop execute $a$truncate %s.$a$ || t; end loop; end $$",
             place.schema, place.schema);
    world_shell(&world,
                "psql -q -v ON_ERROR_STOP=1 -c 'set client_min_messages = warning' -c '%s' -f %s/dump.sql '%s' "
                ">%s/out.txt",
                make_room, place.folder, place_server(), place.folder);
}

static void a_restored_store_makes_nothing_twice(void **state)
{
    enum way way = *(const enum way *)*state;
    scheme_set("shops", "adopt");
    free(COMMAND(&world, 0, "run", "--limit", "120"));
    (place_postgres ? rows_keep : file_keep)(way);
    expect_run(0, "created", ALL - PART);
    expect_once(ALL);
    for (enum way back = way; back <= (way == WAY_OWN ? WAY_OWN : WAY_ALL); back++) {
        (place_postgres ? rows_restore : file_restore)(back);
        expect_run(0, "updated", ALL - PART); /* found where it stands */
        expect_once(ALL);
        expect_run(0, "unchanged", ALL);
    }
}

static enum way ways[] = {WAY_OWN, WAY_PLACE};

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        CASE(a_renamed_scheme_makes_nothing_twice),
        CASE(a_second_source_makes_nothing_twice),
        CASE(each_run_reports_itself),
        {"a backup makes nothing twice", a_restored_store_makes_nothing_twice, make, unmake, &ways[0]},
        {"what is copied into its place makes nothing twice", a_restored_store_makes_nothing_twice, make, unmake,
         &ways[1]},
    };
    return RUN_ON_EVERY_STORE(tests);
}
