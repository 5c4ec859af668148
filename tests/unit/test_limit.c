/* What replies mean, and the pace that all workers of an API keep together, over a real store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/http/reply_class.h"
#include "common/log/log.h"
#include "common/observe/metrics.h"
#include "common/pace/limiter.h"
#include "common/pace/shared_api.h"
#include "common/store/transaction.h"

enum { PATIENCE = 20000, CALLERS = 60 };

static void test_transport_table(void **state)
{
    (void)state;
    static const struct {
        enum http_reach reach;
        int status;
        int64_t retry_after;
        bool certificate;
        enum reply_class class;
        int64_t wait;
    } table[] = {
        {HTTP_ANSWERED, 200, -1, false, REPLY_DONE, -1},
        {HTTP_ANSWERED, 200, 5000, false, REPLY_DONE, -1},
        {HTTP_ANSWERED, 302, -1, false, REPLY_RETRY, -1},
        {HTTP_ANSWERED, 204, -1, false, REPLY_RETRY, -1},
        {HTTP_ANSWERED, 401, -1, false, REPLY_LOGIN, -1},
        {HTTP_ANSWERED, 403, -1, false, REPLY_FATAL, -1},
        {HTTP_ANSWERED, 404, -1, false, REPLY_FATAL, -1},
        {HTTP_ANSWERED, 408, -1, false, REPLY_RETRY, -1},
        {HTTP_ANSWERED, 429, 7000, false, REPLY_THROTTLED, 7000},
        {HTTP_ANSWERED, 429, -1, false, REPLY_THROTTLED, -1},
        {HTTP_ANSWERED, 500, -1, false, REPLY_RETRY, -1},
        {HTTP_ANSWERED, 503, 90000, false, REPLY_RETRY, 90000},
        {HTTP_ANSWERED, 519, -1, false, REPLY_RETRY, -1},
        {HTTP_UNSENT, 0, -1, false, REPLY_RETRY, -1},
        {HTTP_UNSENT, 0, -1, true, REPLY_FATAL, -1},
        {HTTP_SENT, 0, -1, false, REPLY_RETRY, -1},
        {HTTP_SENT, 200, -1, false, REPLY_RETRY, -1},
        {HTTP_CANCELLED, 0, -1, false, REPLY_RETRY, -1},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct http_reply reply = {.reach = table[i].reach,
                                         .status = table[i].status,
                                         .retry_after = table[i].retry_after,
                                         .certificate = table[i].certificate};
        int64_t wait = 77;
        assert_int_equal(reply_transport(&reply, &wait), table[i].class);
        assert_int_equal(wait, table[i].wait);
    }
    assert_string_equal(reply_class_text(REPLY_DONE), "done");
    assert_string_equal(reply_class_text(REPLY_FATAL), "fatal");
}

static void test_pauses(void **state)
{
    (void)state;
    static const struct {
        int attempt;
        int64_t most;
    } table[] = {{-1, 100}, {0, 100}, {1, 200}, {4, 1600}, {5, 3000}, {6, 3000}, {1000000, 3000}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t low = INT64_MAX, high = 0;
        for (int n = 0; n < 1000; n++) {
            int64_t pause = retry_pause(table[i].attempt);
            assert_true(pause >= 0 && pause <= table[i].most);
            low = pause < low ? pause : low;
            high = pause > high ? pause : high;
        }
        assert_true(low < table[i].most / 4 && high > table[i].most * 3 / 4);
    }
}

/* ---- the pace ---- */

struct world {
    char folder[64], url[128];
    struct loop *loop;
    struct store *store;
    struct metrics *metrics;
    struct limit *limit;
    struct loop_timer patience;
    struct caller {
        struct limit_wait wait;
        struct world *world;
        int64_t called; /* store clock */
    } callers[CALLERS];
    int order[CALLERS], calls, stop_after;
};

static void give_up(void *user)
{
    loop_stop(user, -99);
}

static void called(struct limit_wait *wait)
{
    struct caller *caller = (struct caller *)wait;
    struct world *w = caller->world;
    assert_false(wait->queued);
    caller->called = store_now(w->store).ms;
    w->order[w->calls++] = (int)(caller - w->callers);
    if (w->calls == w->stop_after) {
        loop_stop(w->loop, 0);
    }
}

static void limit_open(struct world *w, int64_t calls_per_minute)
{
    limit_free(&w->limit);
    assert_int_equal(limit_new(w->loop, w->store, w->metrics, "test.api", "test.api/1", calls_per_minute, &w->limit),
                     0);
    for (int i = 0; i < CALLERS; i++) {
        w->callers[i] = (struct caller){.wait.go = called, .world = w};
    }
    w->calls = 0;
}

static int world_open(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct cause cause;
    assert_non_null(w);
    assert_int_equal(log_open("test", "error", &cause), 0);
    snprintf(w->folder, sizeof w->folder, "/tmp/test-limit-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->url, sizeof w->url, "sqlite:%s/test.db", w->folder);
    assert_int_equal(loop_new(&w->loop), 0);
    assert_int_equal(metrics_new(&w->metrics), 0);
    assert_int_equal(store_open(w->url, &w->store, &cause), 0);
    assert_int_equal(store_start(w->store, w->loop, w->metrics), 0);
    w->patience = (struct loop_timer){.fn = give_up, .user = w->loop};
    loop_set_after(w->loop, &w->patience, PATIENCE);
    *state = w;
    return 0;
}

static int world_close(void **state)
{
    struct world *w = *state;
    char path[160];
    limit_free(&w->limit);
    store_close(&w->store);
    metrics_free(&w->metrics);
    loop_free(&w->loop);
    static const char *const files[] = {"test.db", "test.db-wal", "test.db-shm", "test.db-life"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", w->folder, files[i]);
        unlink(path);
    }
    rmdir(w->folder);
    free(w);
    return 0;
}

static void enter(struct world *w, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        limit_enter(w->limit, &w->callers[i].wait);
    }
    w->stop_after = w->calls + count;
}

static void run(struct world *w)
{
    assert_int_equal(loop_run(w->loop), 0);
}

/* Another worker, with a connection of its own. */
static int64_t other_worker(struct world *w, int64_t ban_until)
{
    struct store *store = NULL;
    struct cause cause;
    struct store_ms at = {0};
    assert_int_equal(store_open(w->url, &store, &cause), 0);
    assert_int_equal(store_begin(store, true), 0);
    int error = ban_until ? api_ban(store, TEXT("test.api/1"), (struct store_ms){ban_until}) : 0;
    error = error ? error : api_pace(store, TEXT("test.api/1"), 0, 0, &at);
    assert_int_equal(store_end(store, error), 0);
    store_close(&store);
    return at.ms;
}

static void test_no_limit(void **state)
{
    struct world *w = *state;
    limit_open(w, 0);
    enter(w, 0, CALLERS);
    limit_enter(w->limit, &w->callers[0].wait); /* twice is once */
    assert_int_equal(w->calls, 0);              /* never from inside */
    run(w);
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(w->order[i], i);
    }
    assert_int_equal(limit_banned_until(w->limit).ms, 0);
}

static void test_slots_keep_the_pace(void **state)
{
    enum { EVERY = 20, COUNT = 14 }; /* ms; more than are taken at once */
    struct world *w = *state;
    limit_open(w, 60000 / EVERY);
    int64_t began = store_now(w->store).ms;
    enter(w, 0, COUNT);
    run(w);
    for (int i = 1; i < COUNT; i++) {
        assert_int_equal(w->order[i], i);
        /* From the beginning, not from the first call: that may come late where the machine is busy. */
        assert_true(w->callers[i].called >= began + (int64_t)i * EVERY);
    }
    struct metric *rate = metrics_add(w->metrics, FAMILY_LIMIT, "api=\"test.api\"");
    assert_int_equal(metric_value(rate), 60000 / EVERY);
}

static int64_t an_hour_ahead(void *user)
{
    return clock_ms() + (atomic_load((const atomic_bool *)user) ? 3600000 : 0); /* any thread */
}

static int clock_set_work(struct store *store, struct store_job *job)
{
    (void)job;
    return store_clock_anew(store);
}

static void clock_set_done(struct store_job *job, int error)
{
    (void)job;
    assert_int_equal(error, 0);
}

/* A ban that was told on a clock which is set back by an hour meanwhile: nobody waits for the hour. */
static void test_a_clock_that_is_set_back(void **state)
{
    struct world *w = *state;
    static atomic_bool ahead = true;
    struct store_job job = {.work = clock_set_work, .done = clock_set_done, .order = STORE_ALERT}; /* after the ban */
    store_set_clock(w->store, an_hour_ahead, &ahead);
    limit_open(w, 600);
    limit_throttled(w->limit, 5000);
    enter(w, 0, 2);
    atomic_store(&ahead, false);
    store_submit(w->store, &job); /* a connection that has noticed */
    int64_t began = clock_ms();
    run(w);
    assert_true(clock_ms() - began < 60000);
}

static void test_leaving(void **state)
{
    struct world *w = *state;
    limit_open(w, 0);
    enter(w, 0, 5);
    limit_leave(w->limit, &w->callers[0].wait);
    limit_leave(w->limit, &w->callers[2].wait);
    limit_leave(w->limit, &w->callers[4].wait);
    limit_leave(w->limit, &w->callers[4].wait);
    limit_enter(w->limit, &w->callers[5].wait);
    w->stop_after = 3;
    run(w);
    assert_int_equal(w->order[0], 1);
    assert_int_equal(w->order[1], 3);
    assert_int_equal(w->order[2], 5);
    assert_int_equal(w->calls, 3);
}

/* A ban that stood there before this worker started holds its first call, paced or not. */
static void test_ban_of_another_worker(void **state)
{
    static const int64_t paces[] = {0, 6000};
    struct world *w = *state;
    for (size_t i = 0; i < 2; i++) {
        int64_t until = store_now(w->store).ms + 150;
        assert_int_equal(other_worker(w, until), until);
        limit_open(w, paces[i]);
        enter(w, 0, 3);
        run(w);
        for (int n = 0; n < 3; n++) {
            assert_true(w->callers[n].called >= until);
        }
    }
}

static void told_wait(struct world *w, int64_t pace)
{
    limit_open(w, pace);
    enter(w, 0, 1);
    run(w);
    int64_t before = store_now(w->store).ms;
    limit_throttled(w->limit, 120);
    limit_throttled(w->limit, 50); /* an earlier end moves nothing back */
    int64_t until = limit_banned_until(w->limit).ms;
    assert_true(until >= before + 120);
    enter(w, 1, 2);
    run(w);
    assert_true(w->callers[1].called >= until && w->callers[2].called >= until);
    assert_int_equal(limit_banned_until(w->limit).ms, 0);
    struct metric *count = metrics_add(w->metrics, FAMILY_THROTTLED, "api=\"test.api\"");
    assert_int_equal(metric_value(count), 2);
    limit_throttled(w->limit, 3600000);
    until = limit_banned_until(w->limit).ms;
    limit_free(&w->limit); /* while the store has the job: it is done all the same */
    store_close(&w->store);
    assert_int_equal(other_worker(w, 0), until);
}

/* Told for another reason than too many calls: the same wait for all, at the same pace. */
static void test_a_pause_keeps_the_pace(void **state)
{
    struct world *w = *state;
    struct metric *rate = metrics_add(w->metrics, FAMILY_LIMIT, "api=\"test.api\"");
    struct metric *count = metrics_add(w->metrics, FAMILY_THROTTLED, "api=\"test.api\"");
    limit_open(w, 12000);
    enter(w, 0, 3);
    run(w);
    int64_t before = store_now(w->store).ms;
    for (int i = 0; i < 4; i++) {
        limit_pause(w->limit, 120);
    }
    int64_t until = limit_banned_until(w->limit).ms;
    assert_true(until >= before + 120);
    enter(w, 3, 2);
    run(w);
    assert_true(w->callers[3].called >= until && w->callers[4].called >= until);
    assert_int_equal(metric_value(rate), 12000);
    assert_int_equal(metric_value(count), 0);
    limit_pause(w->limit, 3600000);
    until = limit_banned_until(w->limit).ms;
    limit_free(&w->limit);
    store_close(&w->store);
    assert_int_equal(other_worker(w, 0), until);
}

static void test_told_wait_without_limit(void **state)
{
    told_wait(*state, 0);
}

static void test_told_wait_of_a_paced_api(void **state)
{
    told_wait(*state, 6000);
}

/* Not told: slower, a pause of at most a second at first, and faster again after calls that went well (test_pace.c). */
static void test_untold_refusal_slows_down(void **state)
{
    struct world *w = *state;
    struct metric *rate = metrics_add(w->metrics, FAMILY_LIMIT, "api=\"test.api\"");
    limit_open(w, 12000);
    enter(w, 0, 1);
    run(w);
    assert_int_equal(metric_value(rate), 12000);
    int64_t now = store_now(w->store).ms;
    for (int i = 0; i < 3; i++) { /* the last two were under way when the first was refused */
        limit_throttled(w->limit, -1);
    }
    assert_true(limit_banned_until(w->limit).ms <= now + 60);
    enter(w, 6, 1);
    run(w);
    now = store_now(w->store).ms;
    limit_throttled(w->limit, -1); /* and again: there is a limit */
    assert_true(limit_banned_until(w->limit).ms <= now + 1100);
    now = store_now(w->store).ms;
    enter(w, 1, 5);
    run(w);
    assert_in_range(metric_value(rate), 5500, 11999);
    assert_true(w->callers[5].called - now >= 20); /* four intervals of at least 5 ms */

    /* Another worker, later: it keeps to what was learned. */
    limit_open(w, 0);
    enter(w, 0, 3);
    run(w);
    assert_in_range(metric_value(rate), 5500, 13000);
}

/* A refusal among calls that go well may have another cause than their number: it lowers nothing. Three of eight do. */
static void test_a_lone_refusal_teaches_nothing(void **state)
{
    struct world *w = *state;
    struct metric *rate = metrics_add(w->metrics, FAMILY_LIMIT, "api=\"test.api\"");
    limit_open(w, 12000);
    for (int i = 0; i < 3; i++) {
        enter(w, 10 * i, 10);
        run(w);
        int64_t now = store_now(w->store).ms;
        limit_throttled(w->limit, -1);
        assert_true(limit_banned_until(w->limit).ms <= now + 60);
    }
    enter(w, 30, 12); /* more than the slots in hand: the row is asked again */
    run(w);
    assert_int_equal(metric_value(rate), 12000);
    for (int i = 0; i < 3; i++) {
        limit_throttled(w->limit, -1);
        enter(w, 42 + i, 1);
        run(w);
    }
    enter(w, 45, 12);
    run(w);
    assert_in_range(metric_value(rate), 3000, 11999);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transport_table),
        cmocka_unit_test(test_pauses),
        IN_WORLD(test_no_limit),
        IN_WORLD(test_slots_keep_the_pace),
        IN_WORLD(test_a_clock_that_is_set_back),
        IN_WORLD(test_leaving),
        IN_WORLD(test_ban_of_another_worker),
        IN_WORLD(test_a_pause_keeps_the_pace),
        IN_WORLD(test_told_wait_without_limit),
        IN_WORLD(test_told_wait_of_a_paced_api),
        IN_WORLD(test_untold_refusal_slows_down),
        IN_WORLD(test_a_lone_refusal_teaches_nothing),
    };
    return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
