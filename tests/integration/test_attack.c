/* A mixed attack beside a service at work: strangers, floods, half messages, handshakes that never end, forged frames, slow
 * requests. What is copied is exact, no process grows, no log fills. Speed is told, not judged.
 * ATTACK_SECONDS (10; `make attack MINUTES=10`) is how long it goes on. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "tests/integration/stages.h"
#include "tests/integration/stranger.h"

static const char *program;

enum {
    BURST = 1000,       /* shops that come at once */
    HELD = 24,          /* connections of each kind that an attacker holds */
    PORTS = 4,          /* two links, two pages of metrics */
    MEMORY_MOST = 64,   /* MiB of a stage */
    LOG_MOST = 1 << 20, /* bytes */
    CALM_SECONDS = 4,
};

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the attacker: a process of its own, until it is killed ---- */

/* Messages that look right: a HELLO of another scheme, credit, acknowledgements of pages that are not its own. */
static void forge(void *dealer)
{
    static const unsigned char hello[] = "\x97\1\1\2\4\xa4"
                                         "ffff\xa0\xa1x";
    static const unsigned char credit[] = "\x93\1\3\xcd\x27\x0f";
    unsigned char ack[] = "\x9b\1\5\1\0\0\1\0\0\0\0\0";
    (void)zmq_send(dealer, hello, sizeof hello - 1, ZMQ_DONTWAIT);
    (void)zmq_send(dealer, credit, sizeof credit - 1, ZMQ_DONTWAIT);
    for (unsigned char page = 0; page < 30; page++) {
        ack[3] = (unsigned char)(1 + stranger_dice() % 9);
        ack[5] = page;
        ack[6] = (unsigned char)(1 + stranger_dice() % 3);
        (void)zmq_send(dealer, ack, sizeof ack - 1, ZMQ_DONTWAIT);
    }
}

struct held {
    int fds[3][HELD];
};

/* One of the held connections of each kind is given up for a new one, the others go on. */
static void hold(struct held *held, const int ports[PORTS], unsigned turn)
{
    static void (*const kinds[])(int fd, bool first) = {stranger_part, stranger_handshake, stranger_request};
    for (int kind = 0; kind < 3; kind++) {
        int port = kind == 2 ? ports[2 + turn % 2] : ports[turn % 2];
        int *fresh = &held->fds[kind][turn % HELD];
        if (*fresh > 0) {
            close(*fresh);
        }
        *fresh = stranger_connect(port);
        for (int i = 0; i < HELD; i++) {
            if (held->fds[kind][i] > 0) {
                kinds[kind](held->fds[kind][i], &held->fds[kind][i] == fresh);
            }
        }
    }
}

static void attack(const int ports[PORTS], char addresses[2][STAGES_ADDRESS])
{
    static struct held held;
    void *context = zmq_ctx_new();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned turn = 0;; turn++) {
        void *dealer = zmq_socket(context, ZMQ_DEALER);
        static const int zero = 0;
        (void)zmq_setsockopt(dealer, ZMQ_LINGER, &zero, sizeof zero);
        (void)zmq_connect(dealer, addresses[turn % 2]);
        forge(dealer);
        stranger_frames(dealer);
        for (int i = 0; i < PORTS; i++) {
            stranger_throw(ports[i], stranger_dice());
        }
        hold(&held, ports, turn);
        rig_pause(10);
        zmq_close(dealer);
    }
}

static pid_t attacker_start(const int ports[PORTS], char addresses[2][STAGES_ADDRESS])
{
    pid_t pid = fork();
    if (pid == 0) {
        attack(ports, addresses);
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

/* ---- the work beside it ---- */

/* A run that saw all has just ended: the next one begins within a second. */
static void run_over(const struct rig_process *extractor)
{
    static const char name[] = "dianchen_runs_total{result=\"complete\"}";
    int64_t before = -1;
    for (int i = 0; i < 3000; i++, rig_pause(20)) {
        int64_t now = rig_series(extractor, name);
        before = before < 0 ? now : before;
        if (before >= 0 && now > before) {
            return;
        }
    }
    rig_fail("no run ended complete within a minute");
}

/* Bursts of shops, each copied whole before the next, for so long. Records a second. */
static double copy_for(struct stages *s, const struct rig_process *extractor, double seconds, int64_t *materials)
{
    double began = seconds_now();
    int64_t before = *materials;
    do {
        char path[40];
        run_over(extractor); /* shops that come while a run reads make it begin anew */
        snprintf(path, sizeof path, "add?n=%d", BURST);
        free(rig_ask(s->source, path, ""));
        *materials += BURST;
        rig_await(s->target, "materials", *materials);
        stages_expect(s, *materials);
    } while (seconds_now() - began < seconds);
    return (double)(*materials - before) / (seconds_now() - began);
}

static void check_process(const struct rig_process *process)
{
    int64_t kib = rig_peak_kib(process);
    char *err = rig_read(process->err);
    print_message("  %s: peak %lld KiB, log %zu bytes\n", process->name, (long long)kib, strlen(err));
    assert_true(kib > 0 && (!rig_is_weighed(program) || kib <= (int64_t)MEMORY_MOST * 1024));
    if (strlen(err) > LOG_MOST) {
        rig_fail("%s said too much: %.2000s", process->name, err);
    }
    free(err);
}

static void a_service_under_attack(const char *security)
{
    struct stages s;
    char up[STAGES_ADDRESS], addresses[2][STAGES_ADDRESS], metrics[2][STAGES_ADDRESS], keys[400];
    const char *word = getenv("ATTACK_SECONDS");
    double seconds = word ? strtod(word, NULL) : 10;
    stages_open(&s, program, "200");
    rig_scheme(&s.rig, "\"60s\"", "\"1s\"");
    snprintf(keys, sizeof keys, "%s/keys", s.rig.folder);
    assert_int_equal(rig_run(&s.rig, "dianchen", (const char *[]){"keys", "new", keys, NULL}, NULL), 0);
    rig_set(&s.rig, "LINK_KEY_DIR", keys);
    rig_set(&s.rig, "LINK_SECURITY", security);
    rig_set(&s.rig, "SOURCE_CALLS_PER_MINUTE", "0");
    rig_set(&s.rig, "TARGET_CALLS_PER_MINUTE", "0");
    rig_set(&s.rig, "METRICS_BIND", "127.0.0.1:0");
    struct rig_process *extractor =
        rig_start(&s.rig, "extractor", (const char *[]){"--bind", "tcp://127.0.0.1:*", NULL});
    stages_await(extractor, "waiting for transformers\",\"address\":\"", up, STAGES_ADDRESS);
    struct rig_process *transformer = stages_transformer(&s, up, addresses[1]);
    snprintf(addresses[0], STAGES_ADDRESS, "%s", up);
    stages_await(extractor, "\"address\":\"", metrics[0], STAGES_ADDRESS);
    stages_await(transformer, "\"address\":\"", metrics[1], STAGES_ADDRESS);
    struct rig_process *loader = rig_start(&s.rig, "loader", (const char *[]){"--upstream", addresses[1], NULL});
    const int ports[PORTS] = {stranger_port(up), stranger_port(addresses[1]), stranger_port(metrics[0]),
                              stranger_port(metrics[1])};
    int64_t materials = 200;
    rig_await(s.target, "materials", materials);
    double calm = copy_for(&s, extractor, CALM_SECONDS, &materials);
    pid_t attacker = attacker_start(ports, addresses);
    double attacked = copy_for(&s, extractor, seconds, &materials);
    int status = 0;
    assert_int_equal(waitpid(attacker, &status, WNOHANG), 0); /* it went on to the end */
    kill(attacker, SIGKILL);
    assert_int_equal(waitpid(attacker, &status, 0), attacker);
    print_message("  %s: %.0f records/s calm, %.0f under attack (%.0f %%), %lld copied\n", security, calm, attacked,
                  100 * attacked / calm, (long long)materials);
    check_process(extractor);
    check_process(transformer);
    check_process(loader);
    assert_int_equal(rig_stop(&s.rig, extractor, SIGTERM), 0);
    assert_int_equal(rig_stop(&s.rig, transformer, SIGTERM), 0);
    assert_int_equal(rig_stop(&s.rig, loader, SIGTERM), 0);
    stages_expect(&s, materials);
    rig_close(&s.rig);
}

static void plain_links(void **state)
{
    (void)state;
    a_service_under_attack("none");
}

static void curve_links(void **state)
{
    (void)state;
    a_service_under_attack("curve");
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_links), cmocka_unit_test(curve_links)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
