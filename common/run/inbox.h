/* What other systems send for a scheme: keys of records that have changed, and whole records. It waits in the store until a run
 * takes it, and stays there unchanged until that run is closed; if the run is abandoned, it waits again. A key only makes dianchen
 * fetch the record from the source, so a key that comes twice, late or by mistake does no harm. */
#ifndef DIANCHEN_COMMON_RUN_INBOX_H
#define DIANCHEN_COMMON_RUN_INBOX_H

#include "common/run/run.h"
#include "common/wire/mapped.h"

enum {
    INBOX_MOST = 1000,     /* of one run, and of one inbox_put */
    INBOX_PAGE = 100,      /* records of a page */
    INBOX_WAITING = 100000 /* of a scheme, before no more is taken in */
};

enum inbox_kind {
    INBOX_KEY = 0 /* taken by a run of RUN_REPLAY */,
    INBOX_RECORD = 1 /* taken by a run of RUN_PUSHED */
};

struct inbox_item {
    struct text key;    /* what waits under the same key is replaced; INBOX_RECORD: empty = not known */
    struct text record; /* INBOX_RECORD: JSON */
};

/* Puts items in. Records without a key are written in the order in which they came: each call by a run of its own. ERR_INPUT, and
 * nothing is put in: item *bad has a key that is empty (INBOX_KEY), above KEY_MAX, or no text that a store can hold. ERR_LIMIT: too
 * much waits already. In a write transaction. */
int inbox_put(struct store *store, struct text scheme, enum inbox_kind kind, const struct inbox_item *items,
              size_t count, size_t *bad) WARN_UNUSED;
/* How much of the scheme waits, or is in a run that is not over. */
int inbox_count(struct store *store, struct text scheme, int64_t *count) WARN_UNUSED;

/* Begins a run of what has waited longest, INBOX_MOST at most; keys come before records. It has the accounts of the newest run of
 * plan->scheme and plan->source (empty = any). `keys`: the source can be asked for single records; else those wait on.
 * ERR_NOT_FOUND: nothing waits, or the scheme has had no run. ERR_BUSY: a run stands unfinished: out->id, or 0 where another has
 * begun it just now. In a write transaction. */
int inbox_begin(struct store *store, const struct run_plan *plan, bool keys, struct run *out) WARN_UNUSED;
/* The run is closed: what it took is done. In its transaction. */
int inbox_done(struct store *store, int64_t run) WARN_UNUSED;

/* Calls `fn` for each record of a page of RUN_PUSHED; non-zero ends the walk and is returned. The text is valid during the
 * call. */
int inbox_each(struct store *store, const struct page *page, int (*fn)(void *user, struct text record),
               void *user) WARN_UNUSED;

#endif
