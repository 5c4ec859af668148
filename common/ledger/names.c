#include "common/ledger/names.h"

#include <string.h>

int ledger_names_init(struct ledger_names *names, struct arena *arena, size_t count)
{
    size_t size = 4;
    while (size < 2 * count) {
        size *= 2;
    }
    struct ledger_name *slots = arena_take(arena, size * sizeof *slots);
    if (!slots) {
        return ERR_MEMORY;
    }
    memset(slots, 0, size * sizeof *slots);
    *names = (struct ledger_names){slots, size - 1};
    return 0;
}

static struct ledger_name *name_slot(const struct ledger_names *names, struct text text)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    }
    for (size_t at = (size_t)(hash ^ hash >> 32);; at++) {
        struct ledger_name *slot = &names->slots[at & names->mask];
        if (!slot->text.data || text_equal(slot->text, text)) {
            return slot;
        }
    }
}

size_t ledger_names_add(struct ledger_names *names, struct text text, size_t value)
{
    struct ledger_name *slot = name_slot(names, text);
    if (!slot->text.data) {
        *slot = (struct ledger_name){text.data ? text : TEXT(""), value};
    }
    return slot->value;
}

size_t ledger_names_find(const struct ledger_names *names, struct text text)
{
    const struct ledger_name *slot = name_slot(names, text);
    return slot->text.data ? slot->value : SIZE_MAX;
}
