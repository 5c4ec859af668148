/* Workers and upstreams as processes of their own, killed in the middle. This program is also each of them. */
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "tests/unit/link_rig.h"

enum { WORKERS = 3 };

/* ---- this program as a worker: WORK ADDRESS; or as an upstream: upstream ADDRESS ---- */

static struct link_in *work_in;
static struct loop *work_loop;
static struct loop_timer work_timer;
static const char *work;
static struct {
    struct link_in_batch *batches[1000];
    size_t count;
} hands;

static void work_done(void *user)
{
    (void)user;
    if (hands.count > 0) {
        struct link_in_batch *batch = hands.batches[0];
        memmove(hands.batches, hands.batches + 1, --hands.count * sizeof(struct link_in_batch *));
        link_in_ack(work_in, batch);
    }
    loop_set_after(work_loop, &work_timer, 1);
}

static void work_batch(void *user, struct link_in_batch *batch)
{
    (void)user;
    if (strcmp(work, "poisoned") == 0 && batch->page.no == 13) {
        abort();
    }
    if (strcmp(work, "ack") == 0 || strcmp(work, "poisoned") == 0) {
        link_in_ack(work_in, batch);
    } else if (hands.count < 1000) {
        hands.batches[hands.count++] = batch;
    }
}

static void work_gone(void *user, struct link_in_batch *batch)
{
    (void)user;
    for (size_t i = 0; i < hands.count; i++) {
        if (hands.batches[i] == batch) {
            memmove(&hands.batches[i], &hands.batches[i + 1], (--hands.count - i) * sizeof(struct link_in_batch *));
            return;
        }
    }
}

static int be_worker(const char *address)
{
    static const struct link_in_events events = {work_batch, work_gone, NULL};
    struct cause cause;
    void *zmq = zmq_ctx_new();
    if (!zmq || loop_new(&work_loop) ||
        link_in_new(zmq, work_loop, address, &transformer, &events, NULL, &work_in, &cause)) {
        return 9;
    }
    link_in_window(work_in, (int64_t)4 * ROWS, 0);
    work_timer = (struct loop_timer){.fn = work_done};
    if (strcmp(work, "slow") == 0) {
        loop_set_timer(work_loop, &work_timer, (struct loop_ms){0});
    }
    if (strcmp(work, "stuck") == 0) {
        link_in_stuck(work_in, 300);
    }
    return loop_run(work_loop);
}

/* Sends pages 0, 1, 2… for ever; the fence is its process id. */
static struct link_out *up_out;
static int64_t up_next;

static void up_credit(void *user)
{
    (void)user;
    struct buffer records;
    buffer_init(&records, WIRE_FRAME_MAX);
    while (link_out_room(up_out) > 0) {
        struct page page = {.run = 7, .no = up_next, .fence = getpid()};
        wire_put_array(&records, 1);
        wire_put_integer(&records, up_next * 1000);
        if (link_out_send(up_out, &page, 1, &records, (void *)(intptr_t)up_next)) {
            _exit(8);
        }
        up_next++;
    }
    buffer_fini(&records);
}

static void up_acked(void *user, void *tag, const struct page *page, const struct page_times *times)
{
    (void)times;
    (void)user;
    (void)tag;
    (void)page;
}

static void up_stale(void *user, void *tag, const struct page *page)
{
    (void)user;
    (void)tag;
    (void)page;
}

static int be_upstream(const char *address)
{
    static const struct link_out_events events = {up_acked, up_stale, NULL, up_credit};
    struct cause cause;
    void *zmq = zmq_ctx_new();
    if (!zmq || loop_new(&work_loop) ||
        link_out_new(zmq, work_loop, address, &extractor, &events, NULL, &up_out, &cause)) {
        return 9;
    }
    return loop_run(work_loop);
}

/* ---- the tests' side ---- */

static pid_t start(const char *what, const char *address)
{
    char self[] = "/proc/self/exe", first[16], second[LINK_ADDRESS_MAX];
    char *const arguments[] = {self, first, second, NULL};
    pid_t pid = 0;
    (void)snprintf(first, sizeof first, "%s", what);
    (void)snprintf(second, sizeof second, "%s", address);
    assert_int_equal(posix_spawn(&pid, self, NULL, NULL, arguments, environ), 0);
    return pid;
}

static int finish(pid_t pid, int signal)
{
    int status = 0;
    if (signal) {
        assert_int_equal(kill(pid, signal), 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static bool two_linked(struct stand *s)
{
    return look(s).peers == 2;
}
static bool one_linked(struct stand *s)
{
    return look(s).peers == 1;
}
static bool is_out(struct stand *s)
{
    return look(s).out_batches == (size_t)s->goal;
}
static bool acked_enough(struct stand *s)
{
    return s->acked >= (size_t)s->goal;
}
static bool has_peer(struct stand *s)
{
    return link_in_peers(s->in) == 1;
}

static void test_a_killed_worker_loses_nothing(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, extractor);
    pid_t victim = start("hold", link_out_address(s->out));
    for (int64_t i = 0; i < 4; i++) {
        send_page(s, i, ROWS);
    }
    s->goal = 4;
    until(s, is_out);
    pid_t heir = start("ack", link_out_address(s->out));
    until(s, two_linked);
    int64_t killed = loop_now(s->loop).ms;
    finish(victim, SIGKILL);
    until(s, all_acked);
    assert_true(loop_now(s->loop).ms - killed < LINK_SILENCE / 2); /* by the connection's end, not by its silence */
    assert_int_equal(counted(s, FAMILY_REDELIVERED, "reason=\"peer_gone\""), 4);
    finish(heir, SIGKILL);
    stand_free(s);
}

/* A worker that stands still is given up after its silence; once it goes on, it is a new peering. */
static void test_a_frozen_worker_comes_back(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, extractor);
    pid_t worker = start("hold", link_out_address(s->out));
    send_page(s, 1, ROWS);
    s->goal = 1;
    until(s, is_out);
    assert_int_equal(kill(worker, SIGSTOP), 0);
    until(s, none_linked);
    assert_int_equal(look(s).queued_batches, 1);
    assert_int_equal(kill(worker, SIGCONT), 0);
    until(s, one_linked);
    until(s, is_out);
    assert_int_equal(s->poisoned, 0);
    finish(worker, SIGKILL);
    stand_free(s);
}

static bool thirteen_poisoned(struct stand *s)
{
    return s->poisoned == 1 && s->acked == (size_t)s->goal;
}

/* Keeps one worker alive at all times, like a supervisor. */
static struct {
    struct stand *stand;
    pid_t pid;
    int deaths;
    struct loop_timer timer;
} nurse;

static void nurse_look(void *user)
{
    (void)user;
    int status;
    if (waitpid(nurse.pid, &status, WNOHANG) == nurse.pid) {
        nurse.deaths++;
        nurse.pid = start("poisoned", link_out_address(nurse.stand->out));
    }
    loop_set_after(nurse.stand->loop, &nurse.timer, 5);
}

static void test_a_page_that_kills_is_found(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, extractor);
    for (int64_t i = 10; i < 20; i++) {
        send_page(s, i, ROWS);
    }
    nurse.stand = s;
    nurse.pid = start("poisoned", link_out_address(s->out));
    nurse.timer = (struct loop_timer){.fn = nurse_look};
    nurse.deaths = 0;
    loop_set_timer(s->loop, &nurse.timer, (struct loop_ms){0});
    s->goal = 9;
    until(s, thirteen_poisoned);
    assert_true(nurse.deaths >= FLOW_POISON - 1 && nurse.deaths <= FLOW_POISON + FLOW_LOSSES);
    finish(nurse.pid, SIGKILL);
    stand_free(s);
}

static void test_many_random_kills(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    pid_t workers[WORKERS];
    uint32_t seed = 4711;
    int64_t sent = 0;
    open_out(s, extractor);
    for (size_t i = 0; i < WORKERS; i++) {
        workers[i] = start("slow", link_out_address(s->out));
    }
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 60; i++) {
            send_page(s, sent++, 10);
        }
        seed = seed * 1664525 + 1013904223;
        s->goal = sent - 30 - (int64_t)(seed >> 16) % 30; /* somewhere in the middle of the work */
        until(s, acked_enough);
        size_t victim = (seed >> 8) % WORKERS;
        finish(workers[victim], SIGKILL);
        workers[victim] = start("slow", link_out_address(s->out));
    }
    s->goal = sent;
    until(s, all_acked);
    assert_int_equal(look(s).queued_batches + look(s).out_batches, 0);
    assert_int_equal(s->poisoned + s->stale, 0);
    assert_true(counted(s, FAMILY_REDELIVERED, "reason=\"peer_gone\"") > 0);
    for (size_t i = 0; i < WORKERS; i++) {
        finish(workers[i], SIGKILL);
    }
    assert_int_equal(s->acked, sent); /* each exactly once: on_acked has no other */
    stand_free(s);
}

static void test_an_upstream_is_killed_and_comes_back(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    char address[] = "ipc:///tmp/dianchen-link-XXXXXX", *name = address + strlen("ipc://");
    struct cause cause;
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    close(fd);
    s->hold = true;
    pid_t upstream = start("upstream", address);
    assert_int_equal(link_in_new(s->zmq, s->loop, address, &transformer, &in_events, s, &s->in, &cause), 0);
    link_in_window(s->in, FLOW_FIRST, 0); /* records, of which a page has one */
    for (size_t life = 1; life <= 5; life++) {
        s->goal = FLOW_FIRST;
        until(s, all_held);
        int64_t fence = s->held[0]->page.fence;
        assert_int_equal(fence, upstream);
        finish(upstream, SIGKILL);
        s->goal = 0;
        until(s, all_held); /* gone() for each */
        assert_int_equal(s->gone, FLOW_FIRST * life);
        assert_int_equal(link_in_batches(s->in), 0);
        upstream = start("upstream", address);
        until(s, has_peer);
    }
    finish(upstream, SIGKILL);
    stand_free(s);
    (void)unlink(name);
}

static void test_a_stuck_worker_ends_itself(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_out(s, extractor);
    pid_t worker = start("stuck", link_out_address(s->out));
    send_page(s, 1, ROWS);
    s->goal = 1;
    until(s, is_out);
    until(s, none_linked);
    int status = finish(worker, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_UNFINISHED);
    assert_int_equal(look(s).queued_batches, 1);
    stand_free(s);
}

int main(int argc, char **argv)
{
    struct cause cause;
    work = argc == 3 ? argv[1] : "";
    if (log_open("test_link_death", "error", &cause)) {
        return 1;
    }
    if (argc == 3) {
        return strcmp(work, "upstream") == 0 ? be_upstream(argv[2]) : be_worker(argv[2]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_killed_worker_loses_nothing),        cmocka_unit_test(test_a_frozen_worker_comes_back),
        cmocka_unit_test(test_a_page_that_kills_is_found),           cmocka_unit_test(test_many_random_kills),
        cmocka_unit_test(test_an_upstream_is_killed_and_comes_back), cmocka_unit_test(test_a_stuck_worker_ends_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
