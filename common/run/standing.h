/* The unfinished run of a scheme, for messages about what the next start will do with it. */
#ifndef DIANCHEN_COMMON_RUN_STANDING_H
#define DIANCHEN_COMMON_RUN_STANDING_H

#include "common/run/run.h"

struct run_standing {
    int64_t id;
    enum run_kind kind;
    enum run_state state; /* RUN_OPEN or RUN_FAILED */
    int64_t limit;        /* records at most, 0 = all */
    int64_t keys;         /* of a replay */
    int64_t pages_done, pages;
    int64_t rows_done; /* 0 where only pages without a record are done */
    bool same_scheme;  /* false: the next start abandons it */
};

/* The newest unfinished run of a scheme and a source account (empty = any). ERR_NOT_FOUND when there is none. In a
 * transaction. */
int run_standing(struct store *store, struct text scheme, struct text scheme_hash, struct text source,
                 struct run_standing *out) WARN_UNUSED;
/* Closes an unfinished run as abandoned. ERR_STALE when it is over already. In a write transaction. */
int run_abandon(struct store *store, int64_t run) WARN_UNUSED;

#endif
