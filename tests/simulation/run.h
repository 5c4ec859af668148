/* Many seeds, two at a time. */
#ifndef DIANCHEN_TESTS_SIMULATION_RUN_H
#define DIANCHEN_TESTS_SIMULATION_RUN_H

#include "sim.h"

struct tally {
    uint64_t played, failed;
    uint64_t first; /* the lowest seed that failed */
    char why[400];
    double seconds;
    struct coverage count;
};
/* From `from` to before `past`; `stop`: not on behind the first that fails. */
void seeds_run(uint64_t from, uint64_t past, bool stop, struct tally *out);
void seeds_print(const struct tally *tally);

#endif
