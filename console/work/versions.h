/* The history of each scheme file that was saved here: its newest VERSIONS_KEPT texts, in the store. Functions with a store run in a
 * transaction, and return 0 or an error of the store besides those named. */
#ifndef DIANCHEN_CONSOLE_WORK_VERSIONS_H
#define DIANCHEN_CONSOLE_WORK_VERSIONS_H

#include "common/base/arena.h"
#include "common/store/store.h"
#include "console/work/tokens.h"

enum { VERSIONS_KEPT = 200, VERSION_TAG = 34 /* two quotes and 32 hex digits */ };

struct version {
    int64_t id, at;  /* at: Unix ms. version_put sets both itself */
    struct text who; /* data NULL: the file was changed outside the console; noticed at the next save */
    struct text text;
    int64_t added, removed; /* lines, compared with the version before */
};

/* Writes the ETag of a text. 0; ERR_IO: OpenSSL failed. Pure. */
int version_tag(struct text text, char out[VERSION_TAG + 1]) WARN_UNUSED;

/* Adds a version of the file, and deletes versions older than the newest VERSIONS_KEPT. In a write transaction. */
int version_put(struct store *store, struct text file, const struct version *version) WARN_UNUSED;
/* Reads the file's newest version with an id of at most `most`; its texts live in the arena. ERR_NOT_FOUND: there is none;
 * ERR_MEMORY. */
int version_newest(struct store *store, struct text file, int64_t most, struct arena *arena,
                   struct version *out) WARN_UNUSED;
/* Calls `fn` for at most `limit` versions with ids below `before`, newest first, without their texts. They live during the call. */
int version_each(struct store *store, struct text file, int64_t before, int64_t limit,
                 void (*fn)(void *user, const struct version *version), void *user) WARN_UNUSED;

#endif
