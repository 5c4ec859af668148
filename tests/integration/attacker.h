/* A mixed attack from a process of its own: strangers, floods, half messages, handshakes that never end, forged frames, slow
 * requests. It says how much of it there was. */
#ifndef DIANCHEN_TESTS_ATTACKER_H
#define DIANCHEN_TESTS_ATTACKER_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "tests/integration/stages.h"

enum { ATTACK_LINKS = 2, ATTACK_PAGES = 3, ATTACK_PORTS = ATTACK_LINKS + ATTACK_PAGES };

struct attacker {
    pid_t pid;
    double began;
    struct attack_tally *tally; /* shared with the process */
};

struct attack_sum {
    double seconds;
    double connects, frames, bytes; /* a second: connections made, messages offered, bytes poured */
    struct rusage usage;
};

/* Attacks these ports, first those of the links, until attacker_end. */
void attacker_start(struct attacker *attacker, const int ports[ATTACK_PORTS], char links[ATTACK_LINKS][STAGES_ADDRESS]);
/* Ends it; it must have gone on until now. */
void attacker_end(struct attacker *attacker, struct attack_sum *sum);

double attack_now(void);                       /* s, monotonic */
double attack_cpu(const struct rusage *usage); /* s, user and system */

#endif
