/* Garbage at every port of a run does no harm. Silent connections, bytes that are no ZeroMQ, greetings and handshakes
 * that break off, frames that are no messages, HTTP; before the run has workers and until it is over. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "tests/integration/attacker.h"
#include "tests/integration/stages.h"
#include "tests/integration/stranger.h"

static const char *program;

enum {
    SILENT = 100, /* connections that are opened at each port and say nothing */
    THROWS = 300, /* at least, at each link, before the run has a loader */
    THROWS_MAX = 4000 /* at most, at each link */,
    PORTS = 4,
    FILES = 60,         /* descriptors, where they are few */
    LINKED_MOST = 4,    /* s until a worker is linked among silent strangers, who have 5 */
    CPU_MOST = 3,       /* s; a small run has a tenth of it, one that asks for descriptors all the time 5 */
    LINKS = 2,          /* the first of them; then those of the metrics */
    LOG_MAX = 64 << 10, /* bytes that a stage may have said: strangers must not fill its log */
};

/* A stage ended with 0, or what it said last is shown. */
static void expect_end(const struct rig_process *process, int code)
{
    if (code != 0) {
        char *err = rig_read(process->err);
        size_t size = strlen(err);
        rig_fail("%s ended with %d: …%s", process->name, code, size > 3000 ? err + size - 3000 : err);
    }
}

static void expect_log(const struct rig_process *process)
{
    char *err = rig_read(process->err);
    if (strlen(err) > LOG_MAX) {
        rig_fail("%s said too much: %.2000s", process->name, err);
    }
    free(err);
}

static void run_among_strangers(const char *security)
{
    struct stages s;
    char up[STAGES_ADDRESS], down[STAGES_ADDRESS], metrics[2][STAGES_ADDRESS], keys[400];
    stages_open(&s, program, "1000");
    snprintf(keys, sizeof keys, "%s/keys", s.rig.folder);
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"keys", "new", keys, NULL}, NULL), 0);
    rig_set(&s.rig, "LINK_KEY_DIR", keys);
    rig_set(&s.rig, "LINK_SECURITY", security);
    rig_set(&s.rig, "METRICS_BIND", "127.0.0.1:0");
    struct rig_process *extractor = stages_extractor(&s, up);
    struct rig_process *transformer = stages_transformer(&s, up, down);
    stages_await(extractor, "metrics.listening\",\"message\":\"", metrics[0], STAGES_ADDRESS);
    stages_await(extractor, "\"address\":\"", metrics[0], STAGES_ADDRESS);
    stages_await(transformer, "\"address\":\"", metrics[1], STAGES_ADDRESS);
    rig_set(&s.rig, "METRICS_BIND", "off");
    const int ports[PORTS] = {stranger_port(up), stranger_port(down), stranger_port(metrics[0]),
                              stranger_port(metrics[1])};

    void *context = zmq_ctx_new(), *dealers[2];
    for (int i = 0; i < 2; i++) {
        static const int zero = 0;
        dealers[i] = zmq_socket(context, ZMQ_DEALER);
        assert_int_equal(zmq_setsockopt(dealers[i], ZMQ_LINGER, &zero, sizeof zero), 0);
        assert_int_equal(zmq_connect(dealers[i], i ? down : up), 0);
    }
    int silent[LINKS * SILENT];
    for (int i = 0; i < LINKS * SILENT; i++) {
        silent[i] = stranger_connect(ports[i % LINKS]);
    }
    struct rig_process *loader = NULL;
    int throws = 0, status = 0;
    bool over = false;
    for (; throws < THROWS_MAX && !over; throws++) {
        /* A page of metrics is served to a few at a time: some of the strangers are enough for it. */
        for (int i = 0; i < (throws % 10 ? LINKS : PORTS); i++) {
            stranger_throw(ports[i], stranger_dice());
        }
        (void)stranger_frames(dealers[throws % 2]);
        if (throws == THROWS) {
            stages_expect(&s, 0);
            loader = rig_start(&s.rig, "loader", (const char *[]){"--upstream", down, NULL});
        }
        over = loader != NULL && waitpid(extractor->pid, &status, WNOHANG) == extractor->pid;
    }
    print_message("  %s: %d throws at each link, %s\n", security, throws,
                  over ? "until the run was over" : "then the run went on");
    if (over) {
        extractor->pid = 0;
        extractor->status = status;
    }
    expect_end(extractor, rig_wait(&s.rig, extractor, 120));
    stages_expect(&s, 1000);
    expect_end(transformer, rig_stop(&s.rig, transformer, SIGTERM));
    expect_end(loader, rig_stop(&s.rig, loader, SIGTERM));
    expect_log(extractor);
    expect_log(transformer);
    for (int i = 0; i < LINKS * SILENT; i++) {
        close(silent[i]);
    }
    for (int i = 0; i < 2; i++) {
        zmq_close(dealers[i]);
    }
    zmq_ctx_term(context);
    rig_close(&s.rig);
}

/* Silent strangers come for every descriptor that the extractor may have. They get a quarter: a transformer links long before
 * their time is over, and nobody asks in vain for one more. */
static void test_more_connections_than_descriptors(void **state)
{
    (void)state;
    struct stages s;
    char up[STAGES_ADDRESS], down[STAGES_ADDRESS];
    stages_open(&s, program, "300");
    struct rig_process *extractor = stages_extractor(&s, up);
    assert_int_equal(prlimit(extractor->pid, RLIMIT_NOFILE, &(struct rlimit){FILES, FILES}, NULL), 0);
    int silent[FILES];
    for (int i = 0; i < FILES; i++) {
        silent[i] = stranger_connect(stranger_port(up));
    }
    struct rig_process *transformer = stages_transformer(&s, up, down);
    double begun = attack_now();
    stages_await(extractor, "link.peer_joined", NULL, 0);
    print_message("  linked after %.2f s\n", attack_now() - begun);
    assert_true(attack_now() - begun < LINKED_MOST);
    struct rig_process *loader = rig_start(&s.rig, "loader", (const char *[]){"--upstream", down, NULL});
    expect_end(extractor, rig_wait(&s.rig, extractor, 120));
    print_message("  %.2f s of CPU\n", attack_cpu(&extractor->usage));
    assert_true(attack_cpu(&extractor->usage) < CPU_MOST);
    stages_expect(&s, 300);
    expect_log(extractor);
    expect_end(transformer, rig_stop(&s.rig, transformer, SIGTERM));
    expect_end(loader, rig_stop(&s.rig, loader, SIGTERM));
    for (int i = 0; i < FILES; i++) {
        close(silent[i]);
    }
    rig_close(&s.rig);
}

static void test_garbage_at_plain_ports(void **state)
{
    (void)state;
    run_among_strangers("none");
}

static void test_garbage_at_curve_ports(void **state)
{
    (void)state;
    run_among_strangers("curve");
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garbage_at_plain_ports),
        cmocka_unit_test(test_garbage_at_curve_ports),
        cmocka_unit_test(test_more_connections_than_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
