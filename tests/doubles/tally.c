#include "tally.h"

#include <stdlib.h>

enum { WINDOW_MAX = 1 << 24 };

uint32_t tally_add(struct tally_map *map, uint64_t key, uint32_t label)
{
    if (key == 0) {
        key = 1;
    }
    if (map->used * 2 >= map->room) {
        struct tally_map grown = {.room = map->room > 0 ? map->room * 2 : 1024, .used = map->used, .most = map->most};
        grown.slots = blob_memory(NULL, grown.room * sizeof *grown.slots);
        memset(grown.slots, 0, grown.room * sizeof *grown.slots);
        for (size_t i = 0; i < map->room; i++) {
            if (map->slots[i].count == 0) {
                continue;
            }
            size_t at = map->slots[i].key & (grown.room - 1);
            while (grown.slots[at].count > 0) {
                at = (at + 1) & (grown.room - 1);
            }
            grown.slots[at] = map->slots[i];
        }
        free(map->slots);
        *map = grown;
    }
    size_t at = key & (map->room - 1);
    while (map->slots[at].count > 0 && map->slots[at].key != key) {
        at = (at + 1) & (map->room - 1);
    }
    struct tally_slot *slot = &map->slots[at];
    if (slot->count++ == 0) {
        slot->key = key;
        slot->label = label;
        map->used++;
    }
    if (slot->count > map->most) {
        map->most = slot->count;
    }
    return slot->count;
}

void tally_clear(struct tally_map *map)
{
    free(map->slots);
    *map = (struct tally_map){0};
}

bool tally_allow(struct tally_window *w, int64_t limit, int64_t window, int64_t now)
{
    if (limit <= 0 || limit > WINDOW_MAX) {
        return true;
    }
    if (w->room != (size_t)limit) {
        w->room = (size_t)limit;
        w->times = blob_memory(w->times, w->room * sizeof *w->times);
        w->at = w->used = 0;
    }
    if (w->used == w->room && now - w->times[w->at] < window) {
        return false;
    }
    w->times[w->at] = now;
    w->at = (w->at + 1) % w->room;
    if (w->used < w->room) {
        w->used++;
    }
    return true;
}
