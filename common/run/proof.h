/* How it is known that a slice has been read to its end. With a total: when its pages hold that many records, or a page after
 * them is empty. Without a total: when a page is empty. A short page is no proof: a server may cap its pages, and leave rows
 * out in the middle. A page with the records of another page proves nothing, nor does one whose place was guessed, nor an empty
 * one before others that are not. */
#ifndef DIANCHEN_COMMON_RUN_PROOF_H
#define DIANCHEN_COMMON_RUN_PROOF_H

#include "common/run/run.h"

enum {
    RUN_REPEATS_MAX = 3, /* how often the same records may come again before a slice is ended */
    RUN_REACH_MAX = 1000 /* pages of a slice that are opened behind its total at once */
};

/* "none", "total", "empty page": as in the report. */
const char *run_proof_text(enum run_proof proof);

/* Call it when all pages of the run are done. Opens more pages of slices that have fewer records than their total, in a run
 * with a limit one by one until it is reached; *opened = how many. Locks the run's row until the end of the transaction.
 * ERR_STALE: the run is not open any more. */
int run_reach(struct store *store, int64_t run, int64_t *opened) WARN_UNUSED;

/* How many other pages of the slice hold the same records as this one, which has been fetched. */
int page_repeats(struct store *store, const struct page *page, int64_t *count) WARN_UNUSED;

struct run_ends {
    /* Each slice ended with an empty page or with its total, no page repeats another, none is guessed, and no empty one stands
     * before others. */
    bool empty;
    bool guessed; /* some page is: page_facts */
    bool cut;     /* some page may be */
    bool blank; /* some page is empty that is full by the total of its slice; or the first, that holds several by it */
    int64_t rows, came; /* of its pages, those that repeat another not counted; page_facts */
};
/* Call it when all pages are done. */
int run_ends_read(struct store *store, int64_t run, struct run_ends *out) WARN_UNUSED;

#endif
