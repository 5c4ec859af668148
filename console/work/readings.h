/* What source APIs answered lately, and how often they may be called from the console. Any thread. */
#ifndef DIANCHEN_CONSOLE_WORK_READINGS_H
#define DIANCHEN_CONSOLE_WORK_READINGS_H

#include "common/base/arena.h"
#include "common/base/error.h"

struct readings;

enum {
    READINGS_MOST = 32,        /* answers that are kept */
    READING_BYTES = 256 << 10, /* a larger one is not */
    READINGS_RATE = 30,        /* calls of one API a minute; READINGS_AT_ONCE of them without a pause */
    READINGS_AT_ONCE = 10,
};

int readings_new(struct readings **out) WARN_UNUSED; /* 0 or ERR_MEMORY; readings_free ends it */
void readings_free(struct readings **held);
/* Returns what was answered to `asked` within the last `most` ms, in the arena; data NULL = nothing. */
struct text readings_find(struct readings *readings, struct text asked, int64_t most, struct arena *arena);
/* Keeps an answer of at most READING_BYTES, in place of the oldest one. */
void readings_keep(struct readings *readings, struct text asked, struct text answer);
/* Takes a call of the API. Returns 0 where it may be made now; else none was taken, and the seconds after which to ask again. */
int readings_wait(struct readings *readings, struct text api);

#endif
