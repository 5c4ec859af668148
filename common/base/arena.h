/* Memory of one batch: many small pieces, freed together. One thread at a time.
 * Grows by chunks up to `limit` bytes in all; beyond it arena_take returns NULL. arena_reset keeps
 * the chunks (at most `keep` bytes of them) for the next batch, so a steady state allocates nothing. */
#ifndef DIANCHEN_COMMON_BASE_ARENA_H
#define DIANCHEN_COMMON_BASE_ARENA_H

#include "common/base/text.h"

struct arena_chunk;
struct arena {
    struct arena_chunk *first, *current;
    size_t used;  /* bytes handed out since the last reset */
    size_t held;  /* bytes of all chunks */
    size_t limit; /* bytes that may be held */
};

/* Allocates nothing yet. */
void arena_init(struct arena *arena, size_t limit);
/* Frees everything; the arena may be used again, empty. */
void arena_fini(struct arena *arena);
/* Ends the life of all pieces; keeps chunks of at most `keep` bytes. */
void arena_reset(struct arena *arena, size_t keep);
/* 16-byte aligned, not cleared; NULL when out of memory or past the limit. */
void *arena_take(struct arena *arena, size_t size);
/* A copy with a NUL behind it; data is NULL when out of memory or past the limit. */
struct text arena_text(struct arena *arena, struct text source);
/* `source` itself if it is storable (text.h), else a copy with U+FFFD in place of each bad byte; empty when out of memory. */
struct text arena_storable(struct arena *arena, struct text source);

#endif
