/* Numbers that a target may take for one: it may trim them, fold capitals, or halve full-width forms (Ａ１, U+3000). */
#ifndef DIANCHEN_COMMON_LEDGER_SPELLING_H
#define DIANCHEN_COMMON_LEDGER_SPELLING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"

/* Are they the same but for blanks and controls at their ends, ASCII capitals and width? Two empty ones are not. */
bool spelling_alike(struct text a, struct text b);
/* Alike ones have the same. */
uint64_t spelling_hash(struct text t);
/* Is it certainly what it folds to? Most numbers are. */
bool spelling_is_folded(struct text t);
/* The one spelling of all that are alike: trimmed, in ASCII capitals, half-width. `t` itself where it is that; else in the arena.
 * ERR_MEMORY */
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
/* In the arena, or `t` itself. ERR_MEMORY */
int spelling_write(struct arena *arena, struct text t, enum spelling_way way, struct text *out) WARN_UNUSED;

#endif
