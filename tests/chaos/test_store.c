/* The store under pressure: its disk is full, another writer keeps it locked. What goes wrong is told in a clear line,
 * nothing is lost, and it goes on when the pressure is gone. The full disk is a small tmpfs, which needs root. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/chaos/stand.h"

static const char *program;

enum { SHOPS = 4000 };

static char disk[340]; /* mounted; "" = none */

static void unmount_disk(void)
{
    if (disk[0] != '\0') {
        umount2(disk, MNT_DETACH);
        disk[0] = '\0';
    }
}

/* The stand's store comes onto a small disk: `url`. */
static void disk_mount(struct stand *s, char url[400])
{
    snprintf(disk, sizeof disk, "%s/disk", s->rig.folder);
    snprintf(url, 400, "sqlite:%s/dianchen.db", disk);
    assert_int_equal(mkdir(disk, 0700), 0);
    if (mount("tmpfs", disk, "tmpfs", MS_NOSUID | MS_NODEV, "size=16m") != 0) {
        rig_fail("a small tmpfs at %s: %s; this test mounts one: run it as root", disk, strerror(errno));
    }
    rig_set(&s->rig, "DIANCHEN_STORE", url);
}

static bool says(const struct rig_process *process, const char *what)
{
    char *text = rig_read(process->err);
    bool found = strstr(text, what) != NULL;
    free(text);
    return found;
}

/* Writes until nothing more fits. */
static void fill(const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        rig_fail("%s: %s", path, strerror(errno));
    }
    static const char zeros[4096];
    while (fwrite(zeros, 1, sizeof zeros, file) == sizeof zeros && fflush(file) == 0) {
    }
    fclose(file);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct stand s;
    stand_open(&s, program, (const char *[]){"--shops", "4000", NULL},
               (const char *[]){"--duplicates", "take", "--slow_ms", "20", NULL}, NULL, NULL);
    char url[400];
    char filler[400];
    disk_mount(&s, url);
    snprintf(filler, sizeof filler, "%s/filler", disk);
    struct rig_process *run = rig_start(&s.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    rig_await(s.target, "materials", 500);
    fill(filler);
    for (int i = 0; i < 3000 && !says(run, "disk full"); i++) {
        assert_false(rig_ended(run) && !says(run, "disk full"));
        rig_pause(20);
    }
    assert_true(says(run, "disk full"));
    assert_true(says(run, "dianchen.db")); /* the place */
    int64_t made = stand_target(&s, "materials");
    assert_true(made < SHOPS);
    rig_pause(1500); /* it tries on */
    assert_int_equal(unlink(filler), 0);
    /* Either it has ended, and the next start finishes the run; or it goes on by itself. */
    int code = rig_wait(&s.rig, run, 120);
    print_message("full disk: dianchen run ended with %d\n", code);
    if (code != 0) {
        rig_set(&s.rig, "DIANCHEN_STORE", url);
        assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"run", "--json", NULL}, &run), 0);
    }
    stand_expect(&s, SHOPS);
    unmount_disk();
    stand_close(&s);
}

/* A program that starts on a full disk changes nothing there that the next one takes for a file that was put back. */
static void test_started_on_a_full_disk(void **state)
{
    (void)state;
    struct stand s;
    struct rig_process *run;
    stand_open(&s, program, (const char *[]){"--shops", "40", NULL}, (const char *[]){NULL}, NULL, NULL);
    char url[400], filler[400];
    disk_mount(&s, url);
    snprintf(filler, sizeof filler, "%s/filler", disk);
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"run", NULL}, NULL), 0);
    fill(filler);
    run = rig_start(&s.rig, "dianchen", (const char *[]){"run", NULL});
    for (int i = 0; i < 1500 && !says(run, "disk full") && !rig_ended(run); i++) {
        rig_pause(20);
    }
    rig_pause(1500); /* perhaps it tries on */
    assert_int_equal(unlink(filler), 0);
    (void)rig_wait(&s.rig, run, 120);
    assert_true(says(run, "disk full"));
    assert_false(says(run, "store.restored"));
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"run", NULL}, &run), 0);
    assert_false(says(run, "store.restored"));
    stand_expect(&s, 40);
    unmount_disk();
    stand_close(&s);
}

/* A store on what can only be read is not said to be missing. */
static void test_read_only(void **state)
{
    (void)state;
    struct stand s;
    struct rig_process *told;
    stand_open(&s, program, (const char *[]){"--shops", "40", NULL}, (const char *[]){NULL}, NULL, NULL);
    char url[400];
    disk_mount(&s, url);
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"run", NULL}, NULL), 0);
    assert_int_equal(mount(NULL, disk, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"report", NULL}, &told), 2);
    assert_true(says(told, "its folder can't be written (Read-only file system)"));
    assert_false(says(told, "no store there yet"));
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"run", NULL}, &told), 2);
    assert_true(says(told, "ead-only"));
    unmount_disk();
    stand_close(&s);
}

/* Another writer, who keeps the store's file. */
static sqlite3 *store_lock(const struct stand *s)
{
    char path[400];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/dianchen.db", s->rig.folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 60000);
    assert_int_equal(sqlite3_exec(db, "begin immediate", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void store_unlock(sqlite3 *db)
{
    assert_int_equal(sqlite3_exec(db, "rollback", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_locked(void **state)
{
    (void)state;
    struct stand s;
    stand_open(&s, program, (const char *[]){"--shops", "4000", NULL},
               (const char *[]){"--duplicates", "take", "--slow_ms", "20", NULL}, NULL, NULL);
    stand_start_all(&s);
    rig_await(s.target, "materials", 500);
    sqlite3 *db = store_lock(&s);
    int64_t locked_at = stand_now();
    /* Longer than a lease, than the wait for a lock (10 s) and than a claim. */
    while (stand_now() - locked_at < 14000) {
        for (int i = 0; i < STAND_STAGES; i++) {
            if (rig_ended(s.stages[i])) {
                char *text = rig_read(s.stages[i]->err);
                rig_fail("%s ended while the store was locked:\n%s", s.stages[i]->name, text);
            }
        }
        rig_pause(100);
    }
    store_unlock(db);
    assert_true(says(s.stages[STAND_EXTRACTOR], "another process kept it locked"));
    assert_int_equal(stand_end(&s, 120), 0);
    stand_expect(&s, SHOPS);
    stand_close(&s);
}

/* What is told to end does not wait for the lock, and leaves nothing half done. */
static void test_told_to_end_while_locked(void **state)
{
    enum { END_SECONDS = 20 /* the promise is 8; machines are slow */ };
    (void)state;
    struct stand s;
    stand_open(&s, program, (const char *[]){"--shops", "2000", NULL},
               (const char *[]){"--duplicates", "take", "--slow_ms", "20", NULL}, NULL, NULL);
    stand_start_all(&s);
    rig_await(s.target, "materials", 300);
    sqlite3 *db = store_lock(&s);
    rig_pause(500);
    for (int i = 0; i < STAND_STAGES; i++) {
        assert_int_equal(kill(s.stages[i]->pid, SIGTERM), 0);
    }
    for (int i = 0; i < STAND_STAGES; i++) {
        assert_in_range(rig_wait(&s.rig, s.stages[i], END_SECONDS), 0, 4);
    }
    store_unlock(db);
    stand_start_all(&s);
    assert_int_equal(stand_end(&s, 120), 0);
    stand_expect(&s, 2000);
    stand_close(&s);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    (void)atexit(unmount_disk); /* also where the rig gives up */
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_started_on_a_full_disk),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_locked),
        cmocka_unit_test(test_told_to_end_while_locked),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
