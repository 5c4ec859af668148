/* The materials that stood in the target's book before this ledger's first create: read once per
 * (target account), so that nothing that stands there is made again. ledger_begin looks here for rows
 * that it has never seen. */
#ifndef DIANCHEN_COMMON_BOOK_H
#define DIANCHEN_COMMON_BOOK_H

#include "common/store.h"

enum book_state { BOOK_UNREAD = 0, BOOK_READ = 1 };

/* All in a write transaction. The right to read the book, for `lease` ms (renewed by calling again). state tells BOOK_READ when there is nothing to do;
 * ERR_BUSY while another loader reads. */
int book_claim(struct store *store, struct text account, struct text owner, int64_t lease,
               enum book_state *state) WARN_UNUSED;
struct book_entry {
    struct text number, target_id;
};
int book_put(struct store *store, struct text account, const struct book_entry *entries,
             size_t count) WARN_UNUSED; /* the first id of a number stays; ERR_STALE once the book is finished */
/* ERR_STALE when another loader holds the right to read. */
int book_finish(struct store *store, struct text account, struct text owner) WARN_UNUSED;

#endif
