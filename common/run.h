/* A run reads every page of a scheme's slices once. Only extractors write here. Rules: docs/delivery.md,
 * "Pages". A page is held by owner + fence + lease; every write carries the fence. */
#ifndef DIANCHEN_COMMON_RUN_H
#define DIANCHEN_COMMON_RUN_H

#include "common/arena.h"
#include "common/buffer.h"
#include "common/page_times.h"
#include "common/store.h"

enum run_state {
    RUN_OPEN = 1,
    RUN_CLOSED = 2 /* all pages done; the report stands */,
    RUN_ABANDONED = 3,
    RUN_FAILED = 4 /* stopped for a cause that a person must mend; reopened by the next start */
};
enum run_kind { RUN_SYNC = 0 /* reads the scheme's slices */, RUN_REPLAY = 1 /* reads keys, each a slice: replay.h */ };
enum page_state { PAGE_OPEN = 1, PAGE_DONE = 2 };
enum { PAGE_LEASE = 5000 /* ms */, RUN_PAGES_MAX = 1000000 /* of a slice */, RUN_FOLLOW_MAX = 2 };

struct run {
    int64_t id;
    enum run_state state;
    enum run_kind kind;
    int64_t limit;        /* records at most, 0 = all */
    int64_t source_total; /* told by the source over all slices; -1 = not told */
    int follow_up;        /* 0, or 1..2: how many runs of this chain came before, because the source moved */
    bool resumed;         /* by run_begin: it stood unfinished */
    int64_t started;      /* wall clock, unix ms, for display */
};

struct run_plan {
    struct text scheme;      /* its name */
    struct text scheme_hash; /* hex */
    struct text source;      /* source account (the WDT sid) */
    int slices;
    int64_t first_page; /* number of a slice's first page (0) */
    int64_t limit;
    bool abandon;     /* --new: close the one left unfinished */
    bool resume_only; /* never begin a new one: ERR_NOT_FOUND when none is open */
    int64_t every;    /* ms from one new run to the next, whoever begins them; 0 = a new one begins at once */
    int64_t keep;     /* run_forget: ms after its end that a run is kept; 0 = for good */
    /* This run and no other. ERR_NOT_FOUND: it is none of this scheme, in this form, and source; ERR_STALE: it is over. */
    int64_t only;
};

/* The open run of (scheme, source), or a new one with page `first_page` of each slice open. One open run per scheme and
 * source. ERR_NOT_FOUND: none is open and, by `every`, none is due (run_due). An open run of another scheme hash is
 * abandoned (the ledger makes starting over cheap); ERR_REFUSED while an extractor still reads it. */
int run_begin(struct store *store, const struct run_plan *plan, struct run *out) WARN_UNUSED;
/* Store clock ms: when, by `every`, the next new run may begin. In the past where none began yet. */
int run_due(struct store *store, const struct run_plan *plan, int64_t *out) WARN_UNUSED;

struct page {
    int64_t run;
    int32_t slice;
    int64_t no;
    int64_t fence; /* grows with every claim of the page */
};

/* Claims up to `want` open pages whose lease is free or has run out, lowest (no, slice) first. */
int page_claim(struct store *store, int64_t run, struct text owner, size_t want, struct page *out,
               size_t *count) WARN_UNUSED;
/* One UPDATE: all leases of this owner until now + PAGE_LEASE. */
int page_renew(struct store *store, int64_t run, struct text owner) WARN_UNUSED;
/* Gives all of them back at once (a clean stop). */
int page_release(struct store *store, int64_t run, struct text owner) WARN_UNUSED;

struct page_facts {
    int64_t rows;       /* records the page held and that were sent on */
    uint8_t digest[16]; /* of its keys in order; zero when rows == 0 */
    int64_t total;      /* told by the source with this page; -1 = not */
};
/* The page was fetched: facts noted (under the fence), and pages opened: up to `last_page` at once when the
 * total is told (they are inserted if absent). ERR_STALE when the fence is not ours.
 * *twin is the number of another page of the slice in this run with the same non-zero digest, or -1. */
int page_fetched(struct store *store, const struct page *page, const struct page_facts *facts, int64_t last_page,
                 int64_t *twin) WARN_UNUSED;
/* All outcomes are durable: marks it done WHERE fence = mine AND state = open, and in the same
 * transaction opens `next_page` (-1 = none). ERR_STALE otherwise (late acks match nothing). */
int page_done(struct store *store, const struct page *page, int64_t next_page) WARN_UNUSED;
/* Where its time went, and when that was: noted just before page_done, in its transaction. ERR_STALE as there. */
int page_timed(struct store *store, const struct page *page, const struct page_times *times) WARN_UNUSED;

struct run_counts {
    int64_t pages_done, pages_open;
    int64_t seen;     /* rows of the finished pages */
    int64_t distinct; /* keys with an outcome in this run */
    int64_t created, updated, unchanged, filtered, rejected;
    bool pending; /* records of this run without outcome */
};
int run_count(struct store *store, int64_t run,
              struct run_counts *out) WARN_UNUSED; /* a scan of the ledger: at the end, or for a report */
/* Pages and rows only: cheap, for the progress line. */
struct run_progress {
    int64_t run, pages_done, pages_total, rows_done, rejects, source_total, started;
    enum run_state state;
};
int run_progress(struct store *store, int64_t run, struct run_progress *out) WARN_UNUSED;

/* When no page is open: writes the report (JSON text, below) and closes, under the run row's lock.
 * ERR_BUSY while a page is open, ERR_STALE when another extractor closed it first. */
int run_close(struct store *store, int64_t run, int64_t source_total, struct buffer *report) WARN_UNUSED;
/* A cause that needs a person: noted in the run's row and its report's "state"/"cause"; stays resumable. */
int run_fail(struct store *store, int64_t run, struct text cause) WARN_UNUSED;
/* *cause is why it failed, empty in any other state. ERR_NOT_FOUND. */
int run_state(struct store *store, int64_t run, enum run_state *state, struct cause *cause) WARN_UNUSED;
/* Follow-up of a closed run whose source moved while it was read: a new run, chain + 1. */
int run_follow(struct store *store, const struct run_plan *plan, const struct run *before, struct run *out) WARN_UNUSED;

/* Takes the oldest runs of (scheme, source) that ended more than `keep` ago out of the store, with their pages and keys:
 * a few at a time, so that no transaction is long. One whose rejects still stand stays, and so does `run`. */
int run_forget(struct store *store, const struct run_plan *plan, int64_t run, int64_t *forgotten) WARN_UNUSED;

/* The report of docs/operation.md, for a closed run from its row, for an open one counted now. run 0 = the newest.
 * {"run","scheme","state","complete","source_total","pages","seen","created","updated","unchanged","filtered","rejected",
 *  "repeated","seconds","records_per_second"} + "limit" and "cause" where there is one; + "kind":"replay" and "gone" (keys
 * that the source returned no more) for a replay. ERR_NOT_FOUND. */
int run_report(struct store *store, int64_t run, struct buffer *json) WARN_UNUSED;

#endif
