/* Records that the source has lost: the target holds them, and a run that has read the whole source has not seen them. Each
 * batch notes the run in its records (ledger/begin.c), so what is older than the run has vanished, and nothing else is
 * written for it.
 *
 * Only a run that has read all can tell (proof.h): a complete run of all records, whose source did not change while it was
 * read and tells no more records than were seen, and where every record has a readable key. Filtered and rejected records count
 * as seen.
 *
 * Where the scheme disables them, a run of its own follows: its pages, of the slice SLICE_VANISHED, hold keys and numbers
 * of the ledger. They go through transformer and loader like pages of the source, but nothing is ever created. A record
 * whose last page is of that slice was disabled; it has vanished no more, until the source has it again. */
#ifndef DIANCHEN_COMMON_RUN_VANISHED_H
#define DIANCHEN_COMMON_RUN_VANISHED_H

#include "common/run/run.h"

enum { VANISHED_PAGE = 100 /* records of a page */ };

struct run_vanished {
    /* in */
    bool disable;
    int64_t percent; /* of the known records: if more have vanished, nothing is disabled */
    /* out */
    bool looked;     /* the run proves what it has not seen; else the rest is 0 */
    int64_t unread;  /* records without a readable key: nothing counts as vanished */
    int64_t records; /* that have vanished, and are not disabled yet */
    int64_t known;   /* that the target holds, these among them, but without those disabled before */
    bool stopped;    /* they are too many: a person must decide */
    int64_t run;     /* the run that disables them has begun; 0 = none */
};

/* Call it when the run was closed, in its transaction. Adds "vanished":{…} to the report of a run that proves it:
 * {"records","known","keys":[the first of them],"stopped":true?,"run"?}, or {"unread"}. Begins the run that disables
 * them: *next, if out->run. `moved`: the source changed while it was read. */
int run_vanish(struct store *store, const struct run *run, const struct run_sums *sums, bool moved,
               struct run_vanished *out, struct run *next) WARN_UNUSED;

/* What run_vanish has written into the report of a closed run, when its reply got lost: looked (false = nothing), unread, records,
 * known, stopped, run. In a transaction; ERR_NOT_FOUND: no such run. */
int run_vanished_told(struct store *store, int64_t run, struct run_vanished *out) WARN_UNUSED;

/* Calls `fn` for each record of a page of the slice SLICE_VANISHED; non-zero ends the walk and is returned. The texts are
 * valid during the call. */
int vanished_each(struct store *store, const struct page *page,
                  int (*fn)(void *user, struct text key, struct text number), void *user) WARN_UNUSED;

#endif
