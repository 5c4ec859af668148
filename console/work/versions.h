/* The history of each scheme file that was saved here: the newest VERSIONS_KEPT texts of it, in the store. */
#ifndef DIANCHEN_CONSOLE_WORK_VERSIONS_H
#define DIANCHEN_CONSOLE_WORK_VERSIONS_H

#include "common/base/arena.h"
#include "common/store/store.h"
#include "console/work/tokens.h"

enum { VERSIONS_KEPT = 200, VERSION_TAG = 34 /* two quotes and 32 hex digits */ };

struct version {
    int64_t id, at;  /* unix ms */
    struct text who; /* data NULL: it was changed outside the console, and seen at the next save */
    struct text text;
    int64_t added, removed; /* lines, against the version before */
};

/* The ETag of a text. ERR_IO. */
int version_tag(struct text text, char out[VERSION_TAG + 1]) WARN_UNUSED;

/* Appends a version of the file and forgets the oldest. In a write transaction. */
int version_put(struct store *store, struct text file, const struct version *version) WARN_UNUSED;
/* The newest one of the file with an id up to `most`; texts live in the arena. ERR_NOT_FOUND. */
int version_newest(struct store *store, struct text file, int64_t most, struct arena *arena,
                   struct version *out) WARN_UNUSED;
/* Newest first, with ids below `before`, without their texts. */
int version_each(struct store *store, struct text file, int64_t before, int64_t limit,
                 void (*fn)(void *user, const struct version *version), void *user) WARN_UNUSED;

#endif
