/* A run reads every page of a scheme's slices once. Only extractors write here. Rules: docs/delivery.md,
 * "Pages". A page is held by owner + fence + lease; every write carries the fence. */
#ifndef DIANCHEN_COMMON_RUN_RUN_H
#define DIANCHEN_COMMON_RUN_RUN_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/run/window.h"
#include "common/store/store.h"
#include "common/wire/page.h"
#include "common/wire/times.h"

enum run_state {
    RUN_OPEN = 1,
    RUN_CLOSED = 2 /* all pages done; the report is written */,
    RUN_ABANDONED = 3,
    RUN_FAILED = 4 /* stopped for a cause that a person must fix; the next start reopens it */
};
enum run_kind {
    RUN_SYNC = 0 /* reads the scheme's slices */,
    RUN_REPLAY = 1 /* reads keys, each a slice: replay.h */,
    RUN_VANISHED = 2 /* asks the source for nothing: writes what it has lost (vanished.h) */,
    RUN_PUSHED = 3 /* asks the source for nothing: writes records that others brought (inbox.h) */
};
enum page_state { PAGE_OPEN = 1, PAGE_DONE = 2 };
/* What is known of the places of a page's records, in the column `ranges`. */
enum page_ranges {
    RANGES_NONE = 0,
    RANGES_ASKED = 1,   /* pages of the slice are counted by the size that was asked for */
    RANGES_GUESSED = 2, /* the page was cut at a place that was guessed */
    RANGES_CERTAIN = 3, /* … that is certain */
    RANGES_BLANK = 4    /* it is empty, and by the slice's total it is full */
};
/* Conditions of partial indexes. A query must use the same words to use the index, so the numbers are written out
 * here. */
#define RUN_IS_UNFINISHED "state in (1, 4)"
#define RUN_IS_OVER "state in (2, 3)"
#define PAGE_IS_OPEN "state = 1"
#define PAGE_IS_ASKED "ranges = 1"
/* Conditions of queries that are put together from pieces. */
#define RUN_IS_OPEN "state = 1"
#define RUN_IS_CLOSED "state = 2"
#define RUN_HAS_FAILED "state = 4"
/* A condition: the record had no key that could be read, so it was given one (transformer/map.c, ledger/begin.c). */
#define RUN_KEY_IS_MADE_UP(r)                                                                                          \
    "(" r ".key LIKE '(no key) %' OR " r ".key LIKE '(long key) %' OR " r ".key LIKE '(bad key) %')"
_Static_assert(RUN_OPEN == 1 && RUN_CLOSED == 2 && RUN_ABANDONED == 3 && RUN_FAILED == 4 && PAGE_OPEN == 1 &&
                   RANGES_ASKED == 1,
               "as in SQL");
enum { PAGE_LEASE = 5000 /* ms */, RUN_PAGES_MAX = 1000000 /* of a slice */, RUN_FOLLOW_MAX = 2 };

struct run {
    int64_t id;
    enum run_state state;
    enum run_kind kind;
    int64_t limit;        /* records at most, 0 = all */
    int64_t source_total; /* the source's total over all slices; -1 = not told */
    int follow_up;        /* 0, or 1..2: how many runs of this chain came before, because the source changed */
    bool resumed;         /* by run_begin: an unfinished run continues */
    int64_t started;      /* wall clock, unix ms, for display */
    int slices;           /* windows times the scheme's: page.slice / scheme slices is the window */
    struct window_span window;
};

/* Does each slice begin with a page that only counts? Then its pages stand one number higher than at the source
 * (fetch.h). */
static inline bool run_counts_first(const struct run *run)
{
    return run->window.step > 0 && run->limit == 0 && run->kind == RUN_SYNC;
}

/* Is it a part (`limit`) of a source that is read by windows? Then its pages are read one after the other, the newest window
 * first, until they hold that many records; the rest is not asked for. */
static inline bool run_is_searched(const struct run *run)
{
    return run->window.step > 0 && run->limit > 0 && run->kind == RUN_SYNC;
}

/* Do its pages come from the store? */
static inline bool run_is_stored(const struct run *run)
{
    return run->kind == RUN_VANISHED || run->kind == RUN_PUSHED;
}

struct scheme;
struct run_plan {
    struct text scheme;      /* its name */
    struct text scheme_hash; /* hex */
    struct text source;      /* source account (the WDT sid) */
    struct text api;         /* the API that is read there */
    int slices;
    int64_t first_page; /* number of a slice's first page (0); of a window it only tells the total (fetch.h) */
    int64_t limit;
    bool abandon;          /* --new: close the one left unfinished */
    bool vanish_all;       /* a person allows it to disable however many records have vanished (vanished.h) */
    bool resume_only;      /* never begin a new one: ERR_NOT_FOUND when none is open */
    int64_t every;         /* ms between the starts of new runs, over all extractors; 0 = a new run begins at once */
    const struct cron *at; /* where `every` is set: new runs start by the clock instead; NULL = they don't */
    const struct scheme *
        order; /* where `every` is set: the scheme, behind whose others a new run waits (behind.h); NULL = behind none */
    int64_t keep; /* run_forget: ms after its end that a run is kept; 0 = for good */
    /* Only this run. ERR_NOT_FOUND: it does not belong to this scheme (with this hash) and source; ERR_STALE: it is over. */
    int64_t only;
    struct window_terms window; /* step 0 = the source is read whole */
    struct text request;        /* what is asked for: the cursor's name */
    int64_t reread_every, reread_back;
};

/* The open run of (scheme, source), or a new one with page `first_page` of each slice open. One open run per scheme and
 * source. ERR_NOT_FOUND: none is open and, by `every`, `at` and `order`, none is due (schedule.h, behind.h). An open run of another scheme
 * hash is abandoned (the ledger makes starting over cheap); ERR_REFUSED while an extractor still reads it. */
int run_begin(struct store *store, const struct run_plan *plan, struct run *out) WARN_UNUSED;

/* Claims up to `want` open pages whose lease is free or has run out, lowest (no, slice) first; one that is searched, one at a
 * time. In a run by windows a page is free only when all pages behind it are done. A record that leaves a window during the read moves the records
 * behind it to earlier pages; these are read later, so none is missed. */
int page_claim(struct store *store, int64_t run, struct text owner, size_t want, struct page *out,
               size_t *count) WARN_UNUSED;
enum { PAGE_CURSOR_MAX = 1000 /* bytes */ };
/* What is known, at its claim, of the pages before a page of the run. page_before fills out[n] for pages[n]. */
struct page_before {
    bool ranges;  /* as in page_facts, of the slice's pages */
    int64_t rows; /* with a limit: that those of the slice held, or of the whole run where it is searched; else 0 */
    bool over; /* it is not asked for and counts as an empty one: the run has enough, or by its cursor there is none */
    char cursor[PAGE_CURSOR_MAX + 1]; /* with `cursors`: that the one before told (page_chain); "" of the first */
};
int page_before(struct store *store, const struct run *run, const struct page *pages, size_t count, bool cursors,
                struct page_before *out) WARN_UNUSED;
/* Renews all leases of this owner until now + PAGE_LEASE, with one UPDATE. */
int page_renew(struct store *store, int64_t run, struct text owner) WARN_UNUSED;
/* Gives up all leases of this owner at once, at a clean stop. */
int page_release(struct store *store, int64_t run, struct text owner) WARN_UNUSED;

struct page_facts {
    int64_t rows;       /* records the page held and that were sent on */
    int64_t came;       /* records of the source: fewer, where they were split into their rows */
    uint8_t digest[16]; /* of its keys; zero when rows == 0 */
    int64_t total;      /* told by the source with this page; -1 = not */
    int64_t size;       /* records that were asked for; 0 = the total says nothing of single pages */
    bool ranges;        /* pages of the slice are counted by the size that is asked for, not by what the server gives */
    bool cut;           /* it was put together from several replies */
    bool guessed; /* it was cut, and where it begins is not certain: pages came with fewer records than were asked for,
                     because the server caps them, or because it leaves records out */
};
/* Notes the facts of a fetched page under its fence. With a total, opens the pages up to `last_page` (existing ones
 * stay as they are). ERR_STALE: the fence is not ours.
 * *twin is the number of another page of the slice in this run with the same non-zero digest, or -1. */
int page_fetched(struct store *store, const struct page *page, const struct page_facts *facts, int64_t last_page,
                 int64_t *twin) WARN_UNUSED;
/* The ledger has an outcome in this run for each row of the page: noted by the loader, in the transaction of the last
 * one or after it, before it acks. ERR_STALE when the page's fence is not this one. */
int page_settled(struct store *store, const struct page *page) WARN_UNUSED;
/* Marks a page done (only WHERE fence = mine AND state = open), because all its outcomes are durable. In the same
 * transaction it opens `next_page` (-1 = none), unless the slice told a total (proof.h). ERR_STALE otherwise: a late
 * ack matches nothing. ERR_REFUSED: the page had rows, and no loader has settled it under this fence, whoever acked it;
 * it is not done, and its lease is given up. */
int page_done(struct store *store, const struct page *page, int64_t next_page) WARN_UNUSED;
/* Notes what `page` told of the page `next`, which page_done has opened in the same transaction: the cursor to ask for it with;
 * empty = there is none, so that it counts as an empty one. */
int page_chain(struct store *store, const struct page *page, int64_t next, struct text cursor) WARN_UNUSED;
/* Opens pages first..last of a slice; existing ones stay as they are. */
int page_open(struct store *store, int64_t run, int32_t slice, int64_t first, int64_t last) WARN_UNUSED;
/* Notes the page's times and its end; call it just before page_done, in the same transaction. ERR_STALE as there. */
int page_timed(struct store *store, const struct page *page, const struct page_times *times) WARN_UNUSED;

struct run_counts {
    int64_t pages_done, pages_open;
    int64_t seen;     /* rows of the finished pages */
    int64_t came;     /* records of the source that they were part of */
    int64_t distinct; /* keys with an outcome in this run, on finished pages */
    int64_t created, updated, unchanged, filtered, rejected;
    bool pending; /* records of this run without outcome */
};
int run_count(struct store *store, int64_t run,
              struct run_counts *out) WARN_UNUSED; /* scans the ledger: only at the end, or for a report */
/* Pages and rows only: cheap, for the progress line. */
struct run_progress {
    int64_t run, pages_done, pages_total, rows_done, rejects, source_total;
    int64_t started, ended; /* unix ms; ended 0 = not yet */
    int64_t rows_most;      /* of one page that came undivided */
    enum run_state state;
};
int run_progress(struct store *store, int64_t run, struct run_progress *out) WARN_UNUSED;

/* How it is known that a run has read all records (proof.h). */
enum run_proof {
    PROOF_NONE,  /* the run is not complete */
    PROOF_TOTAL, /* as many different records as the source's total; or the run's limit was reached */
    PROOF_EMPTY, /* each slice ended with an empty page, and no page repeated another */
};
/* The sums of a report. */
struct run_sums {
    int64_t source_total; /* -1 = not told */
    int64_t came;         /* records of the source; as many as seen, where they are not split */
    int64_t pages, seen, created, updated, unchanged, filtered, rejected, repeated;
    int64_t ms;   /* from its start to its end */
    int64_t rate; /* records a second */
    bool complete;
    enum run_proof proof;
    char state[20];  /* as the report names it */
    bool held;       /* by run_close: complete, but the cursor stays, for records wait for a look-up */
    int64_t records; /* by run_close: different ones of the source, as its total counts them; -1 = not known */
    bool guessed;    /* by run_close: some page is, as of page_facts */
    bool mixed; /* by run_close: some page was cut, and records came twice: a part may have come in place of another */
};
/* Closes a run when no page is open, and writes its report (run_report), under the run row's lock. *sums (may be NULL)
 * are those of the report. ERR_BUSY while a page is open, ERR_STALE when another extractor closed it first. */
int run_close(struct store *store, int64_t run, int64_t source_total, struct run_sums *sums) WARN_UNUSED;
/* Notes who closed the run (an owner of leases), in run_close's transaction. */
int run_closed_by(struct store *store, int64_t run, struct text owner) WARN_UNUSED;
/* After ERR_STALE of run_close: did `owner` close it itself, in a commit whose reply was lost? */
int run_was_closed_by(struct store *store, int64_t run, struct text owner, bool *was) WARN_UNUSED;
/* The sums of a run that is over, as its report has them. ERR_NOT_FOUND when there is no such report. */
int run_sums(struct store *store, int64_t run, struct run_sums *out) WARN_UNUSED;
/* Marks the run as failed with a cause that a person must fix; report and `status` show it. The run can be resumed. */
int run_fail(struct store *store, int64_t run, struct text cause) WARN_UNUSED;
/* The state of a run; *cause is why it failed, empty in other states. ERR_NOT_FOUND. */
int run_state(struct store *store, int64_t run, enum run_state *state, struct cause *cause) WARN_UNUSED;
/* Begins the follow-up of a closed run whose source changed while it was read; follow_up grows by one. Where a page of that
 * run was guessed, all pages of the new one are counted by the size that is asked for. */
int run_follow(struct store *store, const struct run_plan *plan, const struct run *before, struct run *out) WARN_UNUSED;

/* ms after the end of a run that its pages are kept, where the run itself is kept longer. */
enum { RUN_PAGES_KEPT = 3 * 24 * 60 * 60 * 1000 };
/* Deletes the oldest runs of (scheme, source) that ended more than `keep` ago, with their pages and keys; a few at a
 * time, so that no transaction is long. Runs with open rejects stay, and so does `run`. *forgotten = how many. Pages of
 * any run that ended more than RUN_PAGES_KEPT ago go too. */
int run_forget(struct store *store, const struct run_plan *plan, int64_t run, int64_t *forgotten) WARN_UNUSED;

/* The report of docs/operation.md, for a closed run from its row, for an open one counted now. run 0 = the newest.
 * {"run","scheme","state","complete","source_total","pages","source_records","seen","created","updated","unchanged","filtered",
 *  "rejected","repeated","seconds","records_per_second","proof","began","ended"}: the last two in local time with its
 *  zone, "ended" null while it is open; + "limit" and "cause" where there is one, "noted" (records with a note: dianchen
 *  explain) where there are any; + "kind":"replay" and "gone" (keys that the source returned no more) for a replay;
 * + "window":{"from","to"} in China's time where it read one; + "vanished":{…} (vanished.h) where the scheme asks for it;
 * "kind":"vanished" of a run that disables; + "steps":{"audit":{"done","refused"}} where saved records were followed up.
 * ERR_NOT_FOUND. */
int run_report(struct store *store, int64_t run, struct buffer *json) WARN_UNUSED;

#endif
