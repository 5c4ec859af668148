#include "common/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

enum { CHUNK_MIN = 16 * 1024, ALIGN = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t room, used;
    alignas(ALIGN) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

void arena_fini(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->first; chunk;) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    *arena = (struct arena){.limit = arena->limit};
}

void arena_reset(struct arena *arena, size_t keep)
{
    struct arena_chunk **link = &arena->first;
    size_t kept = 0;
    while (*link) {
        struct arena_chunk *chunk = *link;
        if (chunk->room > keep - kept) {
            *link = chunk->next;
            arena->held -= chunk->room;
            free(chunk);
            continue;
        }
        kept += chunk->room;
        chunk->used = 0;
        link = &chunk->next;
    }
    arena->current = arena->first;
    arena->used = 0;
}

/* Chunks behind `current` are empty ones kept by arena_reset. */
static struct arena_chunk *chunk_find(struct arena *arena, size_t size)
{
    while (arena->current && arena->current->next) {
        arena->current = arena->current->next;
        if (arena->current->room >= size) {
            return arena->current;
        }
    }
    /* Doubling keeps the number of chunks logarithmic. */
    size_t room = arena->held < CHUNK_MIN ? CHUNK_MIN : arena->held;
    if (room < size) {
        room = size;
    }
    if (room > arena->limit - arena->held) {
        room = arena->limit - arena->held;
    }
    if (room < size) {
        return NULL;
    }
    struct arena_chunk *chunk = malloc(sizeof *chunk + room);
    if (!chunk) {
        return NULL;
    }
    *chunk = (struct arena_chunk){.room = room};
    if (arena->current) {
        arena->current->next = chunk;
    } else {
        arena->first = chunk;
    }
    arena->current = chunk;
    arena->held += room;
    return chunk;
}

void *arena_take(struct arena *arena, size_t size)
{
    if (size > arena->limit) {
        return NULL;
    }
    size = (size + (ALIGN - 1)) & ~(size_t)(ALIGN - 1);
    struct arena_chunk *chunk = arena->current;
    if (!chunk || chunk->room - chunk->used < size) {
        chunk = chunk_find(arena, size);
        if (!chunk) {
            return NULL;
        }
    }
    void *piece = chunk->bytes + chunk->used;
    chunk->used += size;
    arena->used += size;
    return piece;
}

struct text arena_text(struct arena *arena, struct text source)
{
    char *copy = source.size == SIZE_MAX ? NULL : arena_take(arena, source.size + 1);
    if (!copy) {
        return (struct text){NULL, 0};
    }
    if (source.size > 0) {
        memcpy(copy, source.data, source.size);
    }
    copy[source.size] = '\0';
    return (struct text){copy, source.size};
}

struct text arena_storable(struct arena *arena, struct text source)
{
    static const char mark[] = "\xef\xbf\xbd";
    if (text_is_storable(source)) {
        return source;
    }
    char *bytes = arena_take(arena, 3 * source.size);
    size_t size = 0;
    for (size_t at = 0; bytes && at < source.size;) {
        struct text rest = {source.data + at, source.size - at};
        size_t sequence = rest.data[0] == '\0' ? 0 : text_sequence(rest);
        memcpy(bytes + size, sequence > 0 ? rest.data : mark, sequence > 0 ? sequence : 3);
        size += sequence > 0 ? sequence : 3;
        at += sequence > 0 ? sequence : 1;
    }
    return (struct text){bytes ? bytes : "", size};
}
