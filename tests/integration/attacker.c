#include "tests/integration/attacker.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>

#include "tests/integration/stranger.h"

enum {
    HELD = 24, /* connections of each kind that it holds */
    KINDS = 3, /* of held connections */
    FRESH = 2, /* of each kind that are made in a turn in the place of ended ones; one more is given up for a new one */
    PAUSE = 10, /* ms between turns */
};

struct attack_tally {
    _Atomic int64_t connects, frames, bytes;
};

double attack_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double attack_cpu(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static void offer(struct attack_tally *tally, void *dealer, const void *bytes, size_t size)
{
    tally->frames += zmq_send(dealer, bytes, size, ZMQ_DONTWAIT) >= 0;
}

/* Messages that look right: a HELLO of another scheme, credit, acknowledgements of pages that are not its own. */
static void forge(struct attack_tally *tally, void *dealer)
{
    static const unsigned char hello[] = "\x97\1\1\2\4\xa4"
                                         "ffff\xa0\xa1x";
    static const unsigned char credit[] = "\x93\1\3\xcd\x27\x0f";
    unsigned char ack[] = "\x9b\1\5\1\0\0\1\0\0\0\0\0";
    offer(tally, dealer, hello, sizeof hello - 1);
    offer(tally, dealer, credit, sizeof credit - 1);
    for (unsigned char page = 0; page < 30; page++) {
        ack[3] = (unsigned char)(1 + stranger_dice() % 9);
        ack[5] = page;
        ack[6] = (unsigned char)(1 + stranger_dice() % 3);
        offer(tally, dealer, ack, sizeof ack - 1);
    }
}

struct held {
    int fd; /* 0: none */
    int64_t sent;
};

static bool (*const kinds[KINDS])(int fd, int64_t *sent) = {stranger_part, stranger_handshake, stranger_request};

/* Those of one kind say a bit more. One is given up for a new one; who was thrown out comes again. */
static void hold(struct attack_tally *tally, struct held held[HELD], int kind, const int ports[ATTACK_PORTS],
                 unsigned turn)
{
    int port = kind == 2 ? ports[ATTACK_LINKS + turn % ATTACK_PAGES] : ports[turn % ATTACK_LINKS];
    int fresh = FRESH;
    for (unsigned i = 0; i < HELD; i++) {
        struct held *one = &held[i];
        if (one->fd > 0 && i == turn % HELD) {
            close(one->fd);
            *one = (struct held){0};
        }
        if (one->fd == 0 && (fresh-- > 0 || i == turn % HELD)) {
            *one = (struct held){.fd = stranger_connect(port)};
            tally->connects++;
        }
        int64_t before = one->sent;
        bool there = one->fd > 0 && kinds[kind](one->fd, &one->sent);
        tally->bytes += one->sent - before;
        if (one->fd > 0 && !there) {
            close(one->fd);
            *one = (struct held){0};
        }
    }
}

static void attack(struct attack_tally *tally, const int ports[ATTACK_PORTS], char links[ATTACK_LINKS][STAGES_ADDRESS])
{
    static struct held held[KINDS][HELD];
    void *context = zmq_ctx_new();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned turn = 0;; turn++) {
        void *dealer = zmq_socket(context, ZMQ_DEALER);
        static const int zero = 0;
        (void)zmq_setsockopt(dealer, ZMQ_LINGER, &zero, sizeof zero);
        (void)zmq_connect(dealer, links[turn % ATTACK_LINKS]);
        forge(tally, dealer);
        tally->frames += stranger_frames(dealer);
        for (int i = 0; i < ATTACK_PORTS; i++) {
            stranger_throw(ports[i], stranger_dice());
        }
        tally->connects += 1 + ATTACK_PORTS;
        for (int kind = 0; kind < KINDS; kind++) {
            hold(tally, held[kind], kind, ports, turn);
        }
        rig_pause(PAUSE);
        zmq_close(dealer);
    }
}

void attacker_start(struct attacker *attacker, const int ports[ATTACK_PORTS], char links[ATTACK_LINKS][STAGES_ADDRESS])
{
    *attacker = (struct attacker){.began = attack_now()};
    attacker->tally = mmap(NULL, sizeof *attacker->tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (attacker->tally == MAP_FAILED) {
        rig_fail("no memory is shared with the attacker");
    }
    (void)fflush(stdout);
    attacker->pid = fork();
    if (attacker->pid == 0) {
        attack(attacker->tally, ports, links);
        _exit(0);
    }
    if (attacker->pid < 0) {
        rig_fail("no attacker was started");
    }
}

void attacker_end(struct attacker *attacker, struct attack_sum *sum)
{
    int status = 0;
    *sum = (struct attack_sum){.seconds = attack_now() - attacker->began};
    if (waitpid(attacker->pid, &status, WNOHANG) != 0) {
        rig_fail("the attacker ended by itself: %d", status);
    }
    (void)kill(attacker->pid, SIGKILL);
    if (wait4(attacker->pid, &status, 0, &sum->usage) != attacker->pid) {
        rig_fail("the attacker did not end");
    }
    sum->connects = (double)attacker->tally->connects / sum->seconds;
    sum->frames = (double)attacker->tally->frames / sum->seconds;
    sum->bytes = (double)attacker->tally->bytes / sum->seconds;
    munmap(attacker->tally, sizeof *attacker->tally);
    attacker->tally = NULL;
}
