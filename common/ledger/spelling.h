/* Spellings of a number that a target may treat as one: it may trim them, fold capitals, or halve full-width forms (Ａ１,
 * U+3000). */
#ifndef DIANCHEN_COMMON_LEDGER_SPELLING_H
#define DIANCHEN_COMMON_LEDGER_SPELLING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"

/* Do they differ only in blanks and controls at their ends, ASCII capitals and width? Two empty ones are not alike. */
bool spelling_alike(struct text a, struct text b);
/* The same hash for all alike texts. */
uint64_t spelling_hash(struct text t);
/* Is `t` certainly its own folded spelling? True for most numbers. */
bool spelling_is_folded(struct text t);
/* The common spelling of all alike texts: trimmed, in ASCII capitals, half-width. *out is `t` itself if that is it,
 * else in the arena. ERR_MEMORY. */
int spelling_fold(struct arena *arena, struct text t, struct text *out) WARN_UNUSED;

/* How a target may have stored a number. */
enum spelling_way {
    SPELLING_SENT,
    SPELLING_TRIMMED,
    SPELLING_FOLDED,  /* as spelling_fold */
    SPELLING_LOWERED, /* trimmed, half-width, in small letters */
    SPELLING_HALVED,  /* trimmed, half-width */
    SPELLING_RAISED,  /* trimmed, in capitals */
    SPELLING_WAYS
};
/* *out = `t` in that spelling: in the arena, or `t` itself. ERR_MEMORY. */
int spelling_write(struct arena *arena, struct text t, enum spelling_way way, struct text *out) WARN_UNUSED;

#endif
