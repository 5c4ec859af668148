/* The store as a file: who may read it, a bad place, another boot, a full disk. */
#include "common/store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <signal.h>

#include "tests/unit/store_ask.h"

static char folder[64];
static char url[180], path[160];

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/dianchen-store-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/var/dianchen.db", folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    return 0;
}

static int folder_remove(void **state)
{
    static const char *const names[] = {"/var/dianchen.db",
                                        "/var/dianchen.db-wal",
                                        "/var/dianchen.db-shm",
                                        "/var/dianchen.db-life",
                                        "/copy.db",
                                        "/copy.db-wal",
                                        "/copy.db-shm",
                                        "/copy.db-life",
                                        "/other",
                                        "/var"};
    char name[192];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "%s%s", folder, names[i]);
        remove(name);
    }
    return rmdir(folder);
}

static void a_new_store_is_private(void **state)
{
    (void)state;
    struct store *store = store_at(url);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(&store);
}

static void write_other(const char *bytes)
{
    char name[192];
    snprintf(name, sizeof name, "%s/other", folder);
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    for (int i = 0; i < 100; i++) {
        fputs(bytes, f);
    }
    fclose(f);
}

static void what_cannot_be_opened_is_told_with_a_cure(void **state)
{
    static const struct {
        const char *form; /* of the URL, with the folder */
        int error, reader_error;
        const char *told; /* a part of the cause */
    } rows[] = {
        {"mysql://user:hunter2@%s/db", ERR_INPUT, ERR_INPUT, "store mysql: no such kind"},
        {"sqlite:%.0s", ERR_INPUT, ERR_INPUT, "needs a path"},
        {"sqlite:%s/no/such/dianchen.db", ERR_INPUT, ERR_NOT_FOUND, "does not exist; make it"},
        {"sqlite:%s", ERR_INPUT, ERR_INPUT, "is not a file"},
        {"sqlite:%s/other", ERR_INPUT, ERR_INPUT, "not a database; move the file away"},
        {"sqlite:%s/other/dianchen.db", ERR_INPUT, ERR_NOT_FOUND, "Not a directory"},
    };
    (void)state;
    write_other("no database, this is text. ");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char where[192];
        struct store *store = NULL;
        struct cause cause = {""};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(where, sizeof where, rows[i].form, folder);
#pragma GCC diagnostic pop
        assert_int_equal(store_open(where, &store, &cause), rows[i].error);
        assert_null(store);
        if (!strstr(cause.text, rows[i].told)) {
            fail_msg("%s: told \"%s\", not \"%s\"", where, cause.text, rows[i].told);
        }
        assert_null(strstr(cause.text, "hunter2"));
        assert_int_equal(store_open_reader(where, &store, &cause), rows[i].reader_error);
        assert_null(store);
    }
}

static int64_t told_now;
static int64_t told_clock(void *user)
{
    (void)user;
    return told_now;
}

static void after_another_boot_deadlines_count_anew(void **state)
{
    (void)state;
    struct store *store = store_at(url);
    assert_int_equal(store_begin(store, true), 0);
    static const char *const texts[] = {
        "insert into record (pair, key, claim, until) values (1, 'claimed', 7, 999999999999)",
        "insert into record (pair, key, claim, until) values (1, 'free', 0, 5)",
        "insert into page (run, slice, no, state, until) values (1, 0, 0, 1, 999999999999)",
        "insert into api (name, next, ban, token_until, owner_until) values ('a', 9e14, 9e14, 9e14, 9e14)",
        "insert into existing_reading (account, scheme, until) values ('a', 's', 9e14)",
    };
    int error = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !error; i++) {
        error = store_run(store, texts[i], NULL, 0, NULL);
    }
    assert_int_equal(store_end(store, error), 0);
    store_close(&store);

    store = store_at(url); /* the same boot: all stands */
    assert_true(number_of(store, "select until from record where key = 'claimed'") == 999999999999);
    assert_int_equal(apply(store, "update meta set value = 'boot' || $1 where name = 'boot'", 1), 0);
    store_close(&store);

    store = store_at(url);
    int64_t left = number_of(store, "select until from record where key = 'claimed'") - store_now(store).ms;
    assert_in_range(left, 50000, 60000);
    assert_int_equal(number_of(store, "select until from record where key = 'free'"), 5);
    assert_int_equal(number_of(store, "select until from page"), 0);
    assert_int_equal(number_of(store, "select next + ban + token_until + owner_until from api"), 0);
    assert_int_equal(number_of(store, "select until from existing_reading"), 0);
    assert_int_equal(number_of(store, "select length(value) from meta where name = 'boot'"), 36);
    told_now = 42;
    store_set_clock(store, told_clock, NULL);
    assert_int_equal(store_now(store).ms, 42);
    store_set_clock(store, NULL, NULL);
    assert_true(store_now(store).ms > 42);
    store_close(&store);
}

static void a_full_disk_is_told_and_harms_nothing(void **state)
{
    (void)state;
    struct store *store = store_at(url);
    assert_int_equal(apply(store, INSERT_EXISTING, 1), 0);
    assert_int_equal(store_begin(store, false), 0);
    assert_int_equal(store_end(store, store_run(store, "pragma max_page_count = 1", NULL, 0, NULL)), 0);
    static const char fill[] =
        "insert into existing (account, number, target_id) with recursive n (no) as (select 1 union"
        " all select no + 1 from n where no < 20000) select 'b', no, 'x' from n where $1 = 0";
    assert_int_equal(apply(store, fill, 0), ERR_IO);
    assert_non_null(strstr(store_why(store), "disk full; free some space"));
    assert_non_null(strstr(store_why(store), path));
    assert_int_equal(number_of(store, COUNT_EXISTING), 1);
    assert_int_equal(apply(store, INSERT_EXISTING, 2), 0);
    store_close(&store);
}

/* Reads all the time: one transaction begins before the other ends. A process. */
static void read_always(void)
{
    struct store *readers[2] = {store_at(url), store_at(url)};
    for (size_t turn = 0; getppid() != 1; turn++) {
        struct store *next = readers[turn % 2], *before = readers[(turn + 1) % 2];
        if (store_begin(next, false) != 0) {
            _exit(1);
        }
        int64_t count;
        if (store_integers(next, COUNT_EXISTING, NULL, 0, &count, 1) != 0) {
            _exit(1);
        }
        if (turn > 0 && store_end(before, 0) != 0) {
            _exit(1);
        }
        usleep(10000);
    }
    _exit(0);
}

/* The log starts over though it is always read. */
static void the_log_stays_bounded_while_readers_take_turns(void **state)
{
    enum { TURNS = 300, MIB = 1 << 20, MOST = 180 /* MiB */ };
    static const char fill[] = "insert into existing (account, number, target_id) values ('b', $1, $2)";
    (void)state;
    char log[176];
    struct stat is;
    int64_t largest = 0;
    char *large = malloc(MIB);
    assert_non_null(large);
    memset(large, 'x', MIB);
    struct store *store = store_at(url);
    assert_int_equal(apply(store, INSERT_EXISTING, 1), 0);
    fflush(NULL);
    pid_t reader = fork();
    if (reader == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        read_always();
    }
    snprintf(log, sizeof log, "%s-wal", path);
    for (int64_t n = 0; n < TURNS; n++) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)n);
        const struct sql_value values[] = {SQL_STRING(text_of(number)), SQL_STRING(((struct text){large, MIB}))};
        assert_int_equal(store_begin(store, true), 0);
        assert_int_equal(store_end(store, store_run(store, fill, values, 2, NULL)), 0);
        largest = stat(log, &is) == 0 && is.st_size > largest ? is.st_size : largest;
    }
    int status = 0;
    assert_int_equal(waitpid(reader, &status, WNOHANG), 0); /* it reads to the end */
    kill(reader, SIGKILL);
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_true(largest < (int64_t)MOST * MIB);
    store_close(&store);
    free(large);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_store_is_private),
        CASE(what_cannot_be_opened_is_told_with_a_cure),
        CASE(after_another_boot_deadlines_count_anew),
        CASE(a_full_disk_is_told_and_harms_nothing),
        CASE(the_log_stays_bounded_while_readers_take_turns),
    };
    return cmocka_run_group_tests_name("store in a file", tests, NULL, NULL);
}
