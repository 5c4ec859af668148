/* Named counters of a double, printed as the report. */
#ifndef DOUBLES_TALLY_H
#define DOUBLES_TALLY_H

#include "blob.h"

/* One map of 64-bit keys to a number and a count, growing as it needs. */
struct tally_map {
    struct tally_slot {
        uint64_t key;
        uint32_t label, count;
    } * slots;
    size_t used, room;
    uint32_t most;
};

/* Counts `key` once more; the new count. `label` is kept from the first time. */
uint32_t tally_add(struct tally_map *map, uint64_t key, uint32_t label);
void tally_clear(struct tally_map *map);

/* A sliding window: at most `limit` calls in `window` ms; no limit for 0 or above 2^24. */
struct tally_window {
    int64_t *times;
    size_t room, at, used;
};
/* Whether one more call at `now` is within the limit; counted if so. */
bool tally_allow(struct tally_window *w, int64_t limit, int64_t window, int64_t now);

#endif
