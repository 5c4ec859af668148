/* The three stages as services on ipc addresses, between two doubles: for tests that break one thing and check what
 * becomes of it. */
#ifndef DIANCHEN_TESTS_STAND_H
#define DIANCHEN_TESTS_STAND_H

#include "tests/integration/rig.h"

enum { STAND_EXTRACTOR, STAND_TRANSFORMER, STAND_LOADER, STAND_STAGES };

struct stand {
    struct rig rig;
    char source[300], target[300];
    char up[340], down[340]; /* addresses of extractor and transformer */
    struct rig_process *stages[STAND_STAGES];
};

/* Doubles with these switches, the scheme with a text replaced (rig_scheme), a store; no stage yet. Times of the target
 * for tests: a call is lost after 1 s, executed at most 1 s late. */
void stand_open(struct stand *stand, const char *program, const char *const *source, const char *const *target,
                const char *from, const char *to);
/* Stops what runs by SIGTERM (each must drain and end as it should) and closes the rig. */
void stand_close(struct stand *stand);

/* Starts one stage (again). The extractor does one run. */
void stand_start(struct stand *stand, int stage);
void stand_start_all(struct stand *stand);
/* Waits for the end of the extractor's run: its exit code. */
int stand_end(struct stand *stand, int seconds);

int64_t stand_source(const struct stand *stand, const char *name); /* a number of the double's report */
int64_t stand_target(const struct stand *stand, const char *name);
/* The first integer that a question to the SQLite store gives. */
int64_t stand_ask(const struct stand *stand, const char *question);
/* Every shop is in the target exactly once, and the newest run is complete. */
void stand_expect(struct stand *stand, int64_t shops);
/* Milliseconds of a clock that nobody sets. */
int64_t stand_now(void);

#endif
