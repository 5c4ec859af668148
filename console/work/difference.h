/* Finds what differs between two texts, line by line. Pure. */
#ifndef DIANCHEN_CONSOLE_WORK_DIFFERENCE_H
#define DIANCHEN_CONSOLE_WORK_DIFFERENCE_H

#include "common/base/arena.h"
#include "common/base/buffer.h"

enum { DIFFERENCE_ROOM = 64 << 20 /* bytes of the arena that the largest comparison takes */ };

struct difference {
    size_t added, removed; /* lines */
};

/* Appends the differing lines, with three lines around each, as JSON: [{"kind":"same|added|removed|gap","line","text"}]. `line` counts
 * from 1 in the new text; for removed lines in the old one. `out` NULL: only counts into *count. Where very much differs, all of it
 * counts as replaced. `arena` is scratch memory. 0 or ERR_MEMORY. */
int difference_put(struct text old, struct text new, struct arena *arena, struct buffer *out,
                   struct difference *count) WARN_UNUSED;

#endif
