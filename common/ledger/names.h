/* A hash table of texts in an arena, which keeps the first value of each. */
#ifndef DIANCHEN_COMMON_LEDGER_NAMES_H
#define DIANCHEN_COMMON_LEDGER_NAMES_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"

struct ledger_names {
    struct ledger_name {
        struct text text; /* data NULL = free */
        size_t value;
    } * slots;
    size_t mask;
};
/* Room for `count` texts. ERR_MEMORY */
int ledger_names_init(struct ledger_names *names, struct arena *arena, size_t count) WARN_UNUSED;
/* Adds the text; returns `value`, or the value of its first addition. The text is not copied. */
size_t ledger_names_add(struct ledger_names *names, struct text text, size_t value);
/* Its value, or SIZE_MAX. */
size_t ledger_names_find(const struct ledger_names *names, struct text text);

#endif
