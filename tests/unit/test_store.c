/* A store of every kind: its identity, its schema, its group commit; two processes on one store. */
#include "common/store/schema.h"
#include "common/store/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/run/run.h"
#include "tests/unit/store_ask.h"
#include "tests/unit/store_place.h"

static struct place place;

static int make(void **state)
{
    (void)state;
    return place_make(&place);
}

static int unmake(void **state)
{
    (void)state;
    return place_remove(&place);
}

static void a_new_store_keeps_its_id(void **state)
{
    (void)state;
    struct store *store = store_at(place.url);
    char id[40];
    snprintf(id, sizeof id, "%s", store_id(store));
    assert_int_equal(strlen(id), 32);
    assert_int_equal(strspn(id, "0123456789abcdef"), 32);
    assert_false(store_is_dry(store));
    assert_true(store_now(store).ms > 0);
    store_close(&store);
    assert_null(store);
    store = store_at(place.url);
    assert_string_equal(store_id(store), id);
    store_close(&store);
}

static void a_database_of_another_program_is_left_alone(void **state)
{
    (void)state;
    struct store *store = store_at(place.url);
    assert_int_equal(store_begin(store, true), 0);
    int error = store_run(store, "drop table record", NULL, 0, NULL);
    assert_int_equal(store_end(store, error), 0);
    store_close(&store);
    struct cause cause = {""};
    assert_int_equal(store_open(place.url, &store, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "another program"));
}

static void a_newer_schema_is_refused_by_writer_and_reader(void **state)
{
    (void)state;
    struct store *store = store_at(place.url);
    assert_int_equal(apply(store, "update meta set value = cast($1 as text) where name = 'schema'", STORE_SCHEMA + 2),
                     0);
    store_close(&store);
    char wanted[100];
    snprintf(wanted, sizeof wanted, "made by a newer dianchen (schema %d, this one knows %d)", STORE_SCHEMA + 2,
             STORE_SCHEMA);
    for (int reader = 0; reader < 2; reader++) {
        struct cause cause = {""};
        assert_int_equal(reader ? store_open_reader(place.url, &store, &cause) : store_open(place.url, &store, &cause),
                         ERR_INPUT);
        assert_non_null(strstr(cause.text, wanted));
        assert_non_null(strstr(cause.text, "install that version, or choose another store"));
    }
}

static void what_was_committed_survives_a_kill_and_nothing_else(void **state)
{
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *store = NULL;
        struct cause cause;
        struct sql_value two = SQL_INTEGER(2);
        if (store_open(place.url, &store, &cause) || apply(store, INSERT_EXISTING, 1) || store_begin(store, true) ||
            store_run(store, INSERT_EXISTING, &two, 1, NULL)) {
            _exit(1);
        }
        if (write(ready[1], "r", 1) != 1) {
            _exit(1);
        }
        pause();
        _exit(1);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    struct store *store = store_at(place.url);
    assert_int_equal(number_of(store, COUNT_EXISTING), 1);
    assert_int_equal(apply(store, INSERT_EXISTING, 2), 0); /* the lock went with its holder */
    assert_int_equal(number_of(store, COUNT_EXISTING), 2);
    store_close(&store);
}

static void two_processes_write_at_once(void **state)
{
    enum { ROUNDS = 300 };
    (void)state;
    struct store *store = store_at(place.url);
    assert_int_equal(apply(store, "insert into api (name, next) values ('both', $1)", 0), 0);
    store_close(&store);
    static const char add[] = "update api set next = next + $1 where name = 'both'";
    pid_t children[2];
    for (int c = 0; c < 2; c++) {
        children[c] = fork();
        if (children[c] == 0) {
            struct cause cause;
            int error = store_open(place.url, &store, &cause);
            for (int i = 0; i < ROUNDS && !error; i++) {
                error = apply(store, add, 1);
            }
            store_close(&store);
            _exit(error ? 1 : 0);
        }
    }
    for (int c = 0; c < 2; c++) {
        int status;
        assert_int_equal(waitpid(children[c], &status, 0), children[c]);
        assert_int_equal(status, 0);
    }
    store = store_at(place.url);
    assert_int_equal(number_of(store, "select next from api"), 2 * ROUNDS);
    store_close(&store);
}

static void a_reader_sees_commits_and_cannot_write(void **state)
{
    (void)state;
    struct store *writer = store_at(place.url), *reader = NULL;
    struct cause cause;
    assert_int_equal(store_open_reader(place.url, &reader, &cause), 0);
    assert_string_equal(store_id(reader), store_id(writer));
    struct sql_value one = SQL_INTEGER(1);
    assert_int_equal(store_begin(writer, true), 0);
    assert_int_equal(store_run(writer, INSERT_EXISTING, &one, 1, NULL), 0);
    assert_int_equal(number_of(reader, COUNT_EXISTING), 0); /* while the other is at it, and without waiting */
    assert_int_equal(store_end(writer, 0), 0);
    assert_int_equal(number_of(reader, COUNT_EXISTING), 1);
    assert_int_equal(store_begin(reader, false), 0);
    int error = store_run(reader, INSERT_EXISTING, &one, 1, NULL);
    assert_int_equal(error, ERR_IO);
    assert_non_null(strstr(store_why(reader), place_postgres ? "read-only" : "readonly"));
    assert_int_equal(store_end(reader, error), ERR_IO);
    store_close(&reader);
    store_close(&writer);
}

static void a_dry_copy_is_marked_and_has_no_open_run(void **state)
{
    (void)state;
    char copy[160], copy_url[170];
    snprintf(copy, sizeof copy, "%s/copy.db", place.folder);
    snprintf(copy_url, sizeof copy_url, "sqlite:%s", copy);
    struct cause cause = {""};
    struct store *dry = NULL;

    assert_int_equal(store_copy_dry(place.url, copy, &cause), 0); /* nothing is there yet */
    assert_int_equal(store_open(copy_url, &dry, &cause), 0);
    assert_true(store_is_dry(dry));
    store_close(&dry);
    assert_int_equal(store_copy_dry(place.url, copy, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "stands already"));
    assert_int_equal(remove(copy), 0);

    struct store *store = store_at(place.url);
    struct run_plan plan = {.scheme = TEXT("s"), .scheme_hash = TEXT("h"), .source = TEXT("sid"), .slices = 1};
    struct run run;
    assert_int_equal(store_begin(store, true), 0);
    assert_int_equal(store_end(store, run_begin(store, &plan, &run)), 0);
    assert_int_equal(apply(store, INSERT_EXISTING, 1), 0);
    assert_int_equal(store_copy_dry(place.url, copy, &cause), 0);
    struct stat st;
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(store_open_reader(copy_url, &dry, &cause), 0);
    assert_true(store_is_dry(dry));
    assert_string_not_equal(store_id(dry), store_id(store));
    assert_int_equal(number_of(dry, COUNT_EXISTING), 1);
    assert_int_equal(number_of(dry, "select state from run"), RUN_ABANDONED);
    assert_int_equal(number_of(store, "select state from run"), RUN_OPEN);
    assert_false(store_is_dry(store));
    store_close(&dry);
    store_close(&store);
}

/* ---- group commit ---- */

struct write_job {
    struct store_job job; /* first */
    struct group *group;
    int64_t number;
    int fails; /* what work() returns */
    bool writes_first;
    long slow; /* ms that its work waits for a lock, or for the server */
    int works, done, error;
};
struct group {
    struct loop *loop;
    struct store *store;
    pthread_mutex_t gate; /* held by the test until all jobs wait */
    _Atomic bool held;    /* the first job holds the thread */
    size_t left;
    char why[300];
};

static int gate_work(struct store *store, struct store_job *job)
{
    struct write_job *w = (struct write_job *)job;
    (void)store;
    atomic_store(&w->group->held, true);
    pthread_mutex_lock(&w->group->gate);
    pthread_mutex_unlock(&w->group->gate);
    return 0;
}

static int write_work(struct store *store, struct store_job *job)
{
    struct write_job *w = (struct write_job *)job;
    struct sql_value number = SQL_INTEGER(w->number);
    w->works++;
    usleep((useconds_t)(w->slow * 1000));
    if (w->fails && !w->writes_first) {
        return w->fails;
    }
    int error = store_run(store, INSERT_EXISTING, &number, 1, NULL);
    return error ? error : w->fails;
}

static void count_done(struct store_job *job, int error)
{
    struct write_job *w = (struct write_job *)job;
    w->done++;
    w->error = error;
    if (error) {
        snprintf(w->group->why, sizeof w->group->why, "%s", store_why(w->group->store));
    }
    if (--w->group->left == 0) {
        loop_stop(w->group->loop, 7);
    }
}

/* Runs the jobs as one group: the first one holds the thread until the others wait. */
static void run_group(struct write_job *jobs, size_t count, struct group *group)
{
    struct write_job first = {.job = {.work = gate_work, .done = count_done}, .group = group};
    *group = (struct group){.left = count + 1, .gate = PTHREAD_MUTEX_INITIALIZER};
    assert_int_equal(loop_new(&group->loop), 0);
    group->store = store_at(place.url);
    pthread_mutex_lock(&group->gate);
    assert_int_equal(store_start(group->store, group->loop, NULL), 0);
    store_submit(group->store, &first.job);
    while (!atomic_load(&group->held)) { /* or it would take some of the others along */
        (void)usleep(1000);
    }
    for (size_t i = 0; i < count; i++) {
        jobs[i].job = (struct store_job){.work = write_work, .done = count_done};
        jobs[i].group = group;
        store_submit(group->store, &jobs[i].job);
    }
    pthread_mutex_unlock(&group->gate);
    assert_int_equal(loop_run(group->loop), 7);
    assert_int_equal(first.done, 1);
    store_close(&group->store);
    loop_free(&group->loop);
}

static void jobs_of_a_group_are_all_stored(void **state)
{
    (void)state;
    struct write_job jobs[2 * STORE_GROUP_MAX + 3] = {0};
    size_t count = sizeof jobs / sizeof *jobs;
    struct group group;
    for (size_t i = 0; i < count; i++) {
        jobs[i].number = (int64_t)i;
    }
    run_group(jobs, count, &group);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(jobs[i].works, 1);
        assert_int_equal(jobs[i].done, 1);
        assert_int_equal(jobs[i].error, 0);
    }
    struct store *store = store_at(place.url);
    assert_int_equal(number_of(store, COUNT_EXISTING), (int)count);
    store_close(&store);
}

static void a_failing_job_takes_no_other_along(void **state)
{
    static const struct {
        int64_t number;
        int fails;
        bool writes_first;
        int error;
    } rows[] = {
        {1, 0, false, 0},      {2, ERR_STALE, true, ERR_STALE}, {3, 0, false, 0}, {4, ERR_STALE, false, ERR_STALE},
        {3, 0, false, ERR_IO}, /* the same number once more */
        {5, 0, false, 0},      {6, ERR_LIMIT, true, ERR_LIMIT},
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    (void)state;
    struct write_job jobs[COUNT] = {0};
    for (size_t i = 0; i < COUNT; i++) {
        jobs[i].number = rows[i].number;
        jobs[i].fails = rows[i].fails;
        jobs[i].writes_first = rows[i].writes_first;
    }
    struct group group;
    run_group(jobs, COUNT, &group);
    for (size_t i = 0; i < COUNT; i++) {
        /* Among several writers a constraint means that another was quicker. */
        int error = rows[i].error == ERR_IO && place_postgres ? ERR_BUSY : rows[i].error;
        assert_int_equal(jobs[i].error, error);
        assert_int_equal(jobs[i].done, 1);
        if (rows[i].error) {
            assert_int_equal(jobs[i].works, 1); /* once failed it is not run again */
        }
    }
    assert_non_null(strstr(group.why, place_postgres ? "wrote the same row first" : "UNIQUE"));
    struct store *store = store_at(place.url);
    assert_int_equal(number_of(store, COUNT_EXISTING), 3);
    assert_int_equal(number_of(store, "select sum(cast(number as integer)) from existing"), 1 + 3 + 5);
    store_close(&store);
}

/* What the database said of another failure before is no reason for this one. */
static void a_job_that_fails_by_itself_has_no_reason_of_before(void **state)
{
    (void)state;
    struct write_job jobs[] = {{.number = 1}, {.number = 1}, {.fails = ERR_NOT_FOUND}};
    struct group group = {.left = 1};
    assert_int_equal(loop_new(&group.loop), 0);
    group.store = store_at(place.url);
    assert_int_equal(store_start(group.store, group.loop, NULL), 0);
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        jobs[i].job = (struct store_job){.work = write_work, .done = count_done};
        jobs[i].group = &group;
        group.left = 1;
        store_submit(group.store, &jobs[i].job);
        assert_int_equal(loop_run(group.loop), 7);
    }
    assert_true(jobs[1].error != 0);
    assert_int_equal(jobs[2].error, ERR_NOT_FOUND);
    assert_string_equal(group.why, "not found");
    store_close(&group.store);
    loop_free(&group.loop);
}

/* Whoever waited long and failed has used up everybody's time: the others don't wait as long one after the other. */
static void a_group_fails_whole_after_a_long_wait(void **state)
{
    (void)state;
    struct write_job jobs[] = {
        {.number = 1}, {.number = 2, .fails = ERR_BUSY, .writes_first = true, .slow = 3100}, {.number = 3}};
    struct group group;
    run_group(jobs, 3, &group);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(jobs[i].error, ERR_BUSY);
        assert_int_equal(jobs[i].works, i < 2);
    }
    struct store *store = store_at(place.url);
    assert_int_equal(number_of(store, COUNT_EXISTING), 0);
    store_close(&store);
}

static void closing_finishes_what_was_submitted(void **state)
{
    (void)state;
    struct group group = {.left = 100};
    struct write_job jobs[20] = {0};
    assert_int_equal(loop_new(&group.loop), 0);
    group.store = store_at(place.url);
    struct store *store = group.store;
    assert_int_equal(store_start(store, group.loop, NULL), 0);
    for (size_t i = 0; i < 20; i++) {
        jobs[i] =
            (struct write_job){.job = {.work = write_work, .done = count_done}, .group = &group, .number = (int64_t)i};
        store_submit(store, &jobs[i].job);
    }
    store_close(&store);
    loop_free(&group.loop);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(jobs[i].done, 1);
        assert_int_equal(jobs[i].error, 0);
    }
    store = store_at(place.url);
    assert_int_equal(number_of(store, COUNT_EXISTING), 20);
    store_close(&store);
}

static void parameters_go_by_number_and_a_walk_may_end_early(void **state)
{
    (void)state;
    struct store *store = store_at(place.url);
    struct sql_value values[] = {SQL_INTEGER(1), SQL_INTEGER(20), SQL_INTEGER(300)};
    int64_t out[2];
    assert_int_equal(store_begin(store, false), 0);
    assert_int_equal(store_integers(store, "select $3 - $1, $2 + $3 where $1 = 1", values, 3, out, 2), 0);
    assert_int_equal(out[0], 299);
    assert_int_equal(out[1], 320);
    assert_int_equal(store_integers(store, "select $1 where $1 = 2", values, 1, out, 1), ERR_NOT_FOUND);
    assert_int_equal(store_integers(store, "select $2", values, 1, out, 1), ERR_IO); /* one is missing */
    struct sql_rows rows;
    store_ask(store, "select 1 union all select 2", NULL, 0, &rows);
    assert_true(store_next(&rows));
    assert_int_equal(rows.columns[0].integer, 1);
    assert_int_equal(store_found(&rows), 0);
    /* Two executions: each row says of which; the first finds nothing, and nothing comes behind the end. */
    const struct sql_value pair[] = {SQL_INTEGER(8), SQL_INTEGER(9)};
    store_find(store, &(struct sql_call){.text = "select $1 + 1 where $1 > 8", .values = pair, .params = 1, .rows = 2},
               &rows);
    assert_true(store_next(&rows));
    assert_int_equal(rows.row, 1);
    assert_int_equal(rows.columns[0].integer, 10);
    assert_false(store_next(&rows));
    assert_false(store_next(&rows));
    assert_int_equal(store_found(&rows), 0);
    store_ask(store, "select 1 / 0 from nowhere", NULL, 0, &rows);
    assert_false(store_next(&rows));
    assert_int_equal(store_found(&rows), ERR_IO);
    assert_int_equal(store_end(store, ERR_IO), ERR_IO);
    assert_int_equal(store_begin(store, false), 0);
    assert_int_equal(store_integers(store, "select nonsense from nowhere", NULL, 0, out, 1), ERR_IO);
    assert_int_equal(store_end(store, ERR_IO), ERR_IO);
    assert_int_equal(store_begin(store, false), 0); /* it goes on */
    assert_int_equal(store_end(store, 0), 0);
    store_close(&store);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_store_keeps_its_id),
        CASE(a_database_of_another_program_is_left_alone),
        CASE(a_newer_schema_is_refused_by_writer_and_reader),
        CASE(what_was_committed_survives_a_kill_and_nothing_else),
        CASE(two_processes_write_at_once),
        CASE(a_reader_sees_commits_and_cannot_write),
        CASE(a_dry_copy_is_marked_and_has_no_open_run),
        CASE(jobs_of_a_group_are_all_stored),
        CASE(a_failing_job_takes_no_other_along),
        CASE(a_job_that_fails_by_itself_has_no_reason_of_before),
        CASE(a_group_fails_whole_after_a_long_wait),
        CASE(closing_finishes_what_was_submitted),
        CASE(parameters_go_by_number_and_a_walk_may_end_early),
    };
    return RUN_ON_EVERY_STORE(tests);
}
