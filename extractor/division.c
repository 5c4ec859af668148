#include "extractor/division.h"

#include <stdlib.h>
#include <string.h>

#include "extractor/answer.h"

int64_t division_smaller(int64_t size)
{
    for (int64_t factor = 2; factor <= size; factor++) {
        if (size % factor == 0) {
            return size / factor;
        }
    }
    return 0;
}

int64_t division_fit(int64_t stride, int64_t most)
{
    int64_t size = stride;
    while (size > most && size > 1) {
        size = division_smaller(size);
    }
    return size;
}

void division_fini(struct division *division)
{
    if (division->stride > 0) {
        arena_fini(&division->arena);
    }
    free(division->records);
    *division = (struct division){0};
}

void division_begin(struct division *division, int64_t stride, int64_t size, bool backwards)
{
    division_fini(division);
    division->backwards = backwards;
    division->at = backwards ? stride - size : 0;
    division->stride = stride;
    division->size = division->most = size;
    division->total = -1;
    arena_init(&division->arena, SOURCE_ARENA_MAX);
}

bool division_cut(struct division *division)
{
    int64_t smaller = division_smaller(division->size);
    if (smaller == 0) {
        return false;
    }
    division->at += division->backwards ? division->size - smaller : 0;
    division->size = smaller;
    return true;
}

int division_add(struct division *division, const struct text *records, size_t count)
{
    if (count == 0) { /* nothing here, and perhaps nothing behind: larger steps from now on */
        division->most = division->stride;
        return 0;
    }
    if (division->count + count > division->room) {
        size_t room = division->count + count + 100;
        struct text *grown = reallocarray(division->records, room, sizeof *grown);
        if (!grown) {
            return ERR_MEMORY;
        }
        division->records = grown;
        division->room = room;
    }
    size_t at = division->backwards ? 0 : division->count;
    memmove(division->records + at + count, division->records + at, (division->count - at) * sizeof *division->records);
    for (size_t i = 0; i < count; i++) {
        struct text kept = arena_text(&division->arena, records[i]);
        if (!kept.data) {
            return ERR_MEMORY;
        }
        division->records[at + i] = kept;
    }
    division->count += count;
    division->largest = division->size > division->largest ? division->size : division->largest;
    return 0;
}

bool division_next(struct division *division)
{
    int64_t edge = division->at + (division->backwards ? 0 : division->size); /* of what was read */
    if (edge == (division->backwards ? 0 : division->stride)) {
        return false;
    }
    int64_t size = division_fit(division->stride, division->most);
    while (size > 1 && edge % size != 0) { /* every size is a multiple of the next */
        size = division_smaller(size);
    }
    division->at = edge - (division->backwards ? size : 0);
    division->size = size;
    return true;
}
