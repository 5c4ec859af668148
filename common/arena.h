/* Memory of one batch: many small pieces, freed at once. Single thread.
 * Grows by chunks up to `limit` bytes in all; past it arena_take returns NULL. arena_reset keeps
 * the chunks (at most `keep` bytes of them) for the next batch, so a steady state allocates nothing. */
#ifndef DIANCHEN_COMMON_ARENA_H
#define DIANCHEN_COMMON_ARENA_H

#include "common/text.h"

struct arena_chunk;
struct arena {
    struct arena_chunk *first, *current;
    size_t used;  /* bytes handed out since the last reset */
    size_t held;  /* bytes of all chunks */
    size_t limit; /* bytes that may be held */
};

void arena_init(struct arena *arena, size_t limit);
void arena_fini(struct arena *arena);
void arena_reset(struct arena *arena, size_t keep);
/* 16-byte aligned, not cleared; NULL when out of memory or past the limit. */
void *arena_take(struct arena *arena, size_t size);
/* Copies with a NUL behind; data is NULL on failure. */
struct text arena_text(struct arena *arena, struct text source);

#endif
