/* Copies of the store while others write, and upgrades of older stores. */
#include "common/store/store.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/run/run.h"
#include "common/store/schema.h"
#include "tests/unit/store_ask.h"

static char folder[64], url[160];

static const char *place(const char *name)
{
    static char paths[4][160];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof *paths, "%s/%.90s", folder, name);
    return path;
}

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/dianchen-care-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(url, sizeof url, "sqlite:%s", place("s.db"));
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    DIR *list = opendir(folder);
    for (const struct dirent *one = list ? readdir(list) : NULL; one; one = readdir(list)) {
        remove(place(one->d_name));
    }
    if (list) {
        closedir(list);
    }
    return rmdir(folder);
}

static bool stands(const char *name)
{
    return access(place(name), F_OK) == 0;
}

static struct store *open_at(const char *name)
{
    char at[200];
    struct store *store = NULL;
    struct cause cause = {""};
    snprintf(at, sizeof at, "sqlite:%s", place(name));
    if (store_open(at, &store, &cause)) {
        fail_msg("%s", cause.text);
    }
    return store;
}

static void write_one(struct store *store)
{
    assert_int_equal(store_begin(store, true), 0);
    int error = store_run(store, "insert into pair (source, target, scheme) values ('s', 't', hex(randomblob(8)))",
                          NULL, 0, NULL);
    assert_int_equal(store_end(store, error), 0);
}

/* The copy is what was committed, though a transaction of another connection is under way all the while. */
static void a_copy_is_made_while_another_writes(void **state)
{
    (void)state;
    struct cause cause = {""};
    struct store *store = open_at("s.db");
    write_one(store);
    assert_int_equal(store_begin(store, true), 0);
    assert_int_equal(
        store_run(store, "insert into pair (source, target, scheme) values ('s', 't', 'later')", NULL, 0, NULL), 0);
    if (store_backup(url, place("copy"), &cause)) {
        fail_msg("%s", cause.text);
    }
    assert_int_equal(store_end(store, 0), 0);
    assert_int_equal(number_of(store, "select count(*) from pair"), 2);
    struct stat st;
    assert_int_equal(stat(place("copy"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_false(stands("copy.part"));

    struct store *copy = open_at("copy");
    assert_int_equal(number_of(copy, "select count(*) from pair"), 1);
    assert_string_equal(store_id(copy), store_id(store)); /* it stands in for the store: its stages know it */
    store_close(&copy);
    store_close(&store);
}

static void a_copy_never_goes_over_a_file(void **state)
{
    (void)state;
    struct cause cause = {""};
    assert_int_equal(store_backup(url, place("copy"), &cause), ERR_NOT_FOUND);
    assert_non_null(strstr(cause.text, "no store there yet"));
    struct store *store = open_at("s.db");
    FILE *file = fopen(place("copy"), "we");
    assert_non_null(file);
    fputs("mine", file);
    fclose(file);
    assert_int_equal(store_backup(url, place("copy"), &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "stands already"));
    struct stat st;
    assert_int_equal(stat(place("copy"), &st), 0);
    assert_int_equal(st.st_size, 4);
    store_close(&store);
}

/* A store as that version made it, with a run, a record and an API in it. */
static void make_version(int version)
{
    char filled[600];
    (void)snprintf(
        filled, sizeof filled,
        "insert into meta values ('schema', '%d'); insert into meta values ('id', '00112233445566778899aabbccddeeff');"
        "insert into run (id, scheme, scheme_hash, source, state, slices, started) values (7, 'x', 'h', 's', 1, 1, 5);"
        "insert into pair (id, source, target, scheme) values (1, 's', 't', 'x');"
        "insert into record (id, pair, key, held) values (3, 1, 'k', 1);"
        "insert into api (name, interval) values ('a', 1000)",
        version);
    struct sql *sql = NULL;
    struct cause cause = {""};
    if (sqlite_driver.open(url, SQL_WRITER, &sql, &cause)) {
        fail_msg("%s", cause.text);
    }
    assert_int_equal(sqlite_driver.begin(sql, true), 0);
    assert_int_equal(sqlite_driver.script(sql, "create table meta (name text primary key, value text)"), 0);
    for (int i = 0; i < version; i++) {
        assert_int_equal(sqlite_driver.script(sql, store_schema_steps[i]), 0);
    }
    assert_int_equal(sqlite_driver.script(sql, filled), 0);
    assert_int_equal(sqlite_driver.commit(sql), 0);
    sqlite_driver.close(&sql);
}

static void an_older_store_is_copied_then_brought_up_to_date(void **state)
{
    (void)state;
    struct cause cause = {""};
    struct store *store = NULL;
    make_version(1);
    assert_int_equal(store_open_reader(url, &store, &cause), ERR_STALE);
    assert_non_null(strstr(cause.text, "of an older dianchen (schema 1"));
    assert_false(stands("s.db.schema1"));

    store = open_at("s.db");
    assert_int_equal(number_of(store, "select cast(value as integer) from meta where name = 'schema'"), STORE_SCHEMA);
    assert_int_equal(number_of(store, "select id + kind + refused + streak from run"), 7);
    assert_string_equal(store_id(store), "00112233445566778899aabbccddeeff");
    store_close(&store);

    char at[200];
    snprintf(at, sizeof at, "sqlite:%s", place("s.db.schema1"));
    assert_int_equal(store_open_reader(at, &store, &cause), ERR_STALE);
    assert_non_null(strstr(cause.text, "schema 1"));
    assert_false(stands("s.db.schema1.part"));
}

/* How the tables and indexes of a store are made, all in one text. */
static void shape_of(struct store *of, char *out, size_t room)
{
    struct sql_rows rows;
    size_t size = 0;
    store_ask(of,
              "select group_concat(sql, ';') from (select sql from sqlite_master where sql is not null order by name)",
              NULL, 0, &rows);
    while (store_next(&rows)) {
        size = (size_t)snprintf(out, room, "%.*s", TEXT_ARG(rows.columns[0].text));
    }
    assert_int_equal(store_found(&rows), 0);
    assert_in_range(size, 1000, room - 1);
}

/* From each version there was, with what stood in it. */
static void every_older_store_comes_up_to_date(void **state)
{
    static char fresh[30000], grown[30000];
    struct store *store = open_at("s.db");
    shape_of(store, fresh, sizeof fresh);
    store_close(&store);
    for (int version = 1; version < STORE_SCHEMA; version++) {
        folder_remove(state);
        assert_int_equal(folder_make(state), 0);
        make_version(version);
        store = open_at("s.db");
        shape_of(store, grown, sizeof grown);
        assert_string_equal(grown, fresh);
        assert_int_equal(number_of(store, "select run.id + record.id + held + api.interval from run, record, api"),
                         1011);
        store_close(&store);
        char copy[40];
        (void)snprintf(copy, sizeof copy, "s.db.schema%d", version);
        assert_true(stands(copy));
    }
}

static void without_a_copy_it_stays_as_it_is(void **state)
{
    (void)state;
    struct cause cause = {""};
    struct store *store = NULL;
    make_version(1);
    assert_int_equal(mkdir(place("s.db.schema1"), 0700), 0);
    assert_int_equal(store_open(url, &store, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "only after a copy"));
    assert_int_equal(store_open_reader(url, &store, &cause), ERR_STALE);
    assert_non_null(strstr(cause.text, "schema 1"));
    assert_int_equal(rmdir(place("s.db.schema1")), 0);
    store = open_at("s.db");
    store_close(&store);
    assert_true(stands("s.db.schema1"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_copy_is_made_while_another_writes),
        CASE(a_copy_never_goes_over_a_file),
        CASE(an_older_store_is_copied_then_brought_up_to_date),
        CASE(every_older_store_comes_up_to_date),
        CASE(without_a_copy_it_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
