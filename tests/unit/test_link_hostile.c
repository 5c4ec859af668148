/* Hostile peers at the upstream end: each gets little, and a worker beside them goes on working. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/link_rig.h"

#include "common/link/downstream.h"

enum { SILENT = 300, MEMORY = 64 << 20 /* bytes */, NAMES = 3000, LOG_MOST = 16 << 10 /* bytes */ };

static int64_t memory(void)
{
    char line[200] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    (void)fclose(file);
    const char *resident = strchr(line, ' ');
    assert_non_null(resident);
    return (int64_t)strtol(resident, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static int connect_raw(const struct stand *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)strtol(strrchr(link_out_address(s->out), ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

/* Has the other end closed it? */
static bool is_closed(int fd)
{
    char byte;
    ssize_t got;
    while ((got = recv(fd, &byte, 1, 0)) > 0) {
    }
    return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void open_work(struct stand *s)
{
    open_out(s, extractor);
    open_in(s, transformer);
    link_in_window(s->in, ROWS, 0);
    until(s, both_linked);
}

static void expect_work(struct stand *s)
{
    for (int64_t i = 0; i < 20; i++) {
        send_page(s, s->goal + i, ROWS);
    }
    s->goal += 20;
    until(s, all_acked);
}

/* The second connection of a routing id is a new peering; libzmq does not keep what it sends unread. */
static bool one_more(struct stand *s)
{
    return look(s).peers == 2;
}

static void test_one_routing_id_twice(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    struct wire_message hello = hello_of(ROLE_TRANSFORMER, "abcd", "");
    void *first;
    open_work(s);
    for (int i = 0; i < 2; i++) {
        int zero = 0;
        first = s->raw;
        s->raw = zmq_socket(s->zmq, ZMQ_DEALER);
        assert_int_equal(zmq_setsockopt(s->raw, ZMQ_LINGER, &zero, sizeof zero), 0);
        assert_int_equal(zmq_setsockopt(s->raw, ZMQ_RECONNECT_IVL, &(int){-1}, sizeof(int)), 0);
        assert_int_equal(zmq_setsockopt(s->raw, ZMQ_ROUTING_ID, "the same", 8), 0);
        assert_int_equal(zmq_connect(s->raw, link_out_address(s->out)), 0);
        raw_say(s, &hello);
        until(s, hears_welcome);
        until(s, one_more); /* the worker and it, also the second time */
    }
    raw_say(s, &(struct wire_message){.type = WIRE_BYE});
    until(s, both_linked);
    expect_work(s);
    zmq_close(first);
    stand_free(s);
}

/* ZMTP 3.0 up to the frames, then parts of a message without end. */
enum { GREETING = 64, READY = 43 };
static int endless_fd;
static int64_t endless_sent;

static bool pours_until_closed(struct stand *s)
{
    static char parts[16 * (9 + 4000)];
    (void)s;
    for (size_t at = 0; at < sizeof parts; at += 9 + 4000) {
        static const char head[9] = {3, 0, 0, 0, 0, 0, 0, 0x0f, (char)0xa0}; /* MORE, 4000 bytes */
        memcpy(parts + at, head, sizeof head);
    }
    size_t from = (size_t)(endless_sent % (int64_t)sizeof parts);
    ssize_t sent = send(endless_fd, parts + from, sizeof parts - from, MSG_NOSIGNAL);
    endless_sent += sent > 0 ? sent : 0;
    return sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
}

static void test_a_message_without_end(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    char greeting[GREETING] = "\xff\0\0\0\0\0\0\0\1\x7f\3";
    open_work(s);
    int64_t before = memory();
    endless_fd = connect_raw(s);
    endless_sent = 0;
    assert_int_equal(fcntl(endless_fd, F_SETFL, 0), 0); /* libzmq answers from its own thread */
    static const char mechanism[4] = {'N', 'U', 'L', 'L'};
    memcpy(greeting + 12, mechanism, sizeof mechanism);
    assert_int_equal(send(endless_fd, greeting, sizeof greeting, 0), sizeof greeting);
    char heard[GREETING + READY];
    assert_int_equal(recv(endless_fd, heard, sizeof heard, MSG_WAITALL), sizeof heard);
    assert_int_equal(send(endless_fd, "\4\x29\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\0", READY, 0), READY);
    assert_int_equal(fcntl(endless_fd, F_SETFL, O_NONBLOCK), 0);
    until(s, pours_until_closed);
    print_message("  %lld bytes went out\n", (long long)endless_sent);
    assert_true(endless_sent > CONNECTION_STRANGE); /* it was the amount that ended it */
    assert_true(endless_sent < MEMORY);
    assert_true(memory() - before < MEMORY);
    assert_true(counted(s, FAMILY_REFUSED_CONNECTIONS, NULL) > 0);
    close(endless_fd);
    expect_work(s);
    stand_free(s);
}

static bool credit_of_both(struct stand *s)
{
    return look(s).credit == ROWS + 1;
}

/* A frame that no worker sends: its connection ends before it fills memory. */
static void test_a_large_frame(void **state)
{
    (void)state;
    static char large[WIRE_CONTROL_MAX + 1];
    struct stand *s = stand_new();
    open_work(s);
    raw_join(s, 1);
    until(s, credit_of_both); /* all that it said before was read */
    assert_int_equal(zmq_send(s->raw, large, sizeof large, 0), sizeof large);
    until(s, both_linked);
    assert_int_equal(counted(s, FAMILY_IGNORED_FRAMES, NULL), 0); /* ended at its head: nobody read it */
    expect_work(s);
    stand_free(s);
}

static int silent[SILENT];

static bool all_silent_are_closed(struct stand *s)
{
    (void)s;
    for (int i = 0; i < SILENT; i++) {
        if (!is_closed(silent[i])) {
            return false;
        }
    }
    return true;
}

static bool few_strangers(struct stand *s)
{
    return s->out->door->admission.connections.strangers <= CONNECTION_STRANGERS &&
           s->out->door->admission.connections.cuts >= SILENT - CONNECTION_STRANGERS;
}

static void test_silent_strangers(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_work(s);
    for (int i = 0; i < SILENT; i++) {
        silent[i] = connect_raw(s);
    }
    until(s, few_strangers);
    expect_work(s);
    struct loop_ms begun = loop_now(s->loop);
    until(s, all_silent_are_closed); /* within PATIENCE, not when they close by themselves */
    assert_true(loop_since(loop_now(s->loop), begun) < (int64_t)3 * CONNECTION_TIME);
    assert_int_equal(look(s).peers, 1);
    for (int i = 0; i < SILENT; i++) {
        close(silent[i]);
    }
    stand_free(s);
}

static void *stranger_monitor;

static bool stranger_is_out(struct stand *s)
{
    (void)s;
    char event[6];
    return zmq_recv(stranger_monitor, event, sizeof event, ZMQ_DONTWAIT) > 0;
}

/* Its handshake is whole, so libzmq keeps it: only HELLO is missing. */
static void test_a_stranger_without_hello(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_work(s);
    expect_work(s);
    raw_open(s);
    assert_int_equal(zmq_socket_monitor(s->raw, "inproc://stranger", ZMQ_EVENT_DISCONNECTED), 0);
    stranger_monitor = zmq_socket(s->zmq, ZMQ_PAIR);
    assert_int_equal(zmq_connect(stranger_monitor, "inproc://stranger"), 0);
    struct loop_ms begun = loop_now(s->loop);
    until(s, stranger_is_out);
    assert_true(loop_since(loop_now(s->loop), begun) < (int64_t)3 * CONNECTION_TIME);
    assert_int_equal(look(s).peers, 1);
    zmq_close(stranger_monitor);
    stand_free(s);
}

/* Whoever comes with another name each time is counted, not told of each time. */
static void test_changing_names(void **state)
{
    (void)state;
    char path[] = "/tmp/dianchen-hostile-XXXXXX";
    int file = mkstemp(path), kept = dup(STDERR_FILENO);
    struct cause cause;
    assert_true(file >= 0 && kept >= 0);
    assert_int_equal(unlink(path), 0);
    struct stand *s = stand_new();
    open_work(s);
    assert_int_equal(log_open("test_link_hostile", "info", &cause), 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    for (int i = 0; i < NAMES; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "host-%d:1", i);
        struct wire_message hello = hello_of(ROLE_TRANSFORMER, i % 2 ? "abcd" : "dcba", "");
        hello.hello.peer_name = text_of(name);
        raw_open(s);
        raw_say(s, &hello);
        raw_say(s, &(struct wire_message){.type = WIRE_BYE});
        if (i % 100 == 99) {
            expect_work(s);
        }
    }
    zmq_close(s->raw);
    s->raw = NULL;
    until(s, both_linked);
    log_flush();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    off_t size = lseek(file, 0, SEEK_END);
    print_message("  %lld bytes of log\n", (long long)size);
    assert_true(size > 0 && size < LOG_MOST);
    assert_int_equal(log_open("test_link_hostile", "error", &cause), 0);
    close(file);
    close(kept);
    stand_free(s);
}

static bool all_but_hostages(struct stand *s)
{
    return s->acked == (size_t)s->goal - FLOW_FIRST && look(s).out_batches == FLOW_FIRST;
}

/* It grants itself all there is and answers nothing: it gets FLOW_FIRST pages, and not for ever. */
/* It is alive and says so: only its pages do not move. */
static bool all_acked_beside_pings(struct stand *s)
{
    if (loop_now(s->loop).ms > s->attempt) {
        struct buffer frame;
        buffer_init(&frame, WIRE_FRAME_MAX);
        wire_write(&frame, &(struct wire_message){.type = WIRE_PING});
        (void)zmq_send(s->raw, frame.data, frame.size, ZMQ_DONTWAIT); /* it may be shut out by now */
        buffer_fini(&frame);
        s->attempt = loop_now(s->loop).ms + 500;
    }
    return all_acked(s);
}

static void test_a_greedy_worker(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    open_work(s);
    raw_join(s, 9999999);
    until(s, richly_granted);
    for (int64_t i = 0; i < 100; i++) {
        send_page(s, i, ROWS);
    }
    s->goal = 100;
    until(s, all_but_hostages);
    link_out_overdue(s->out, 300);
    until(s, all_acked_beside_pings);
    until(s, both_linked);
    assert_int_equal(s->poisoned, 0);
    stand_free(s);
}

/* A worker that is slow says so, and keeps its page. */
static bool waits_long(struct stand *s)
{
    for (size_t i = 0; i < s->held_count; i++) {
        ((struct in_hand *)s->held[i])->touched.ms -= LINK_TOUCH; /* time flies */
        link_in_touch(s->in, s->held[i]);
    }
    return loop_now(s->loop).ms > s->attempt;
}

static void test_a_slow_worker_keeps_its_page(void **state)
{
    (void)state;
    struct stand *s = stand_new();
    s->hold = true;
    open_work(s);
    link_out_overdue(s->out, 500);
    send_page(s, 0, ROWS);
    s->goal = 1;
    until(s, all_held);
    s->attempt = loop_now(s->loop).ms + 1500;
    until(s, waits_long);
    assert_int_equal(s->gone, 0);
    link_in_ack(s->in, s->held[--s->held_count]);
    until(s, all_acked);
    stand_free(s);
}

int main(void)
{
    struct cause cause;
    if (log_open("test_link_hostile", "error", &cause)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_routing_id_twice),
        cmocka_unit_test(test_a_message_without_end),
        cmocka_unit_test(test_a_large_frame),
        cmocka_unit_test(test_silent_strangers),
        cmocka_unit_test(test_a_stranger_without_hello),
        cmocka_unit_test(test_changing_names),
        cmocka_unit_test(test_a_greedy_worker),
        cmocka_unit_test(test_a_slow_worker_keeps_its_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
