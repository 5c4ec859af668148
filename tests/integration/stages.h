/* The three programs, each started by itself on a free port between both doubles, as they are on several hosts. */
#ifndef DIANCHEN_TESTS_STAGES_H
#define DIANCHEN_TESTS_STAGES_H

#include "tests/integration/rig.h"

enum {
    STAGES_URL = 300,
    STAGES_ADDRESS = 100,
    STAGES_PATIENCE = 60 /* s, for what comes at once on an idle machine */
};

struct stages {
    struct rig rig;
    char source[STAGES_URL], target[STAGES_URL]; /* of the doubles; the target takes duplicates */
};

void stages_open(struct stages *stages, const char *program, const char *shops);
/* Waits until a process has said `text` on stderr; `rest` (or NULL) is what follows it, up to a quote. */
void stages_await(const struct rig_process *process, const char *text, char *rest, size_t room);
/* Each waits until the stage listens: its address. The extractor does one run. */
struct rig_process *stages_extractor(struct stages *stages, char address[STAGES_ADDRESS]);
struct rig_process *stages_transformer(struct stages *stages, const char *upstream, char address[STAGES_ADDRESS]);
/* So many materials are in the target, each once, and no secret came there. Else the test ends. */
void stages_expect(struct stages *stages, int64_t materials);

#endif
