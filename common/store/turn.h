/* Turns between the processes that write one SQLite file. SQLite's waiters poll, so a process that begins its next
 * transaction the moment it has committed one would win again and again (measured: 300 ms and more for the other).
 * A waiter holds a shared flock on the file's folder; who has just committed looks for it and stands back for a moment,
 * at most 1 ms. It is only for fairness: correctness does not depend on it, each wait is bounded, no file is added. One thread. */
#ifndef DIANCHEN_COMMON_STORE_TURN_H
#define DIANCHEN_COMMON_STORE_TURN_H

#include <stdbool.h>
#include <stdint.h>

struct turn {
    int folder; /* descriptor, -1 = no turns are kept */
    bool waiting;
    int64_t ended; /* µs, when this process last committed */
};

/* `file` is the store's; without its folder no turns are kept. */
void turn_open(struct turn *turn, const char *file);
void turn_close(struct turn *turn);
void turn_give(struct turn *turn); /* before a write transaction: lets a waiter go first */
void turn_wait(struct turn *turn); /* the lock was not free */
void turn_had(struct turn *turn);  /* waiting is over, with or without it */
void turn_end(struct turn *turn);  /* a write transaction has ended */

#endif
