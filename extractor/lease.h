/* The pages that this extractor holds now, each by a lease in the store; counted by what is being done with them.
 *
 *   waiting ──▶ fetching ──▶ out (with the link) ──▶ ending (its commit) ──▶ gone
 *                             │  ▲
 *                             ▼  │ record by record, when the page kills its workers
 *                            split                                                               */
#ifndef DIANCHEN_EXTRACTOR_LEASE_H
#define DIANCHEN_EXTRACTOR_LEASE_H

#include "common/ledger/ledger.h"
#include "extractor/commit.h"
#include "extractor/source.h"

struct pages;

struct lease { /* a page that this extractor holds */
    struct lease *next, *prev;
    struct pages *pages;
    struct page page;
    enum lease_state { LEASE_WAITING, LEASE_FETCHING, LEASE_OUT, LEASE_SPLIT, LEASE_ENDING } state;
    struct source_call call;
    char key[KEY_MAX + 1]; /* of a replay's slice; "" in other runs */
    struct page_before before;
    bool noted;     /* the store knows what it holds; else a note is due once it was fetched */
    bool in_commit; /* the commit under way has it */
    bool gone;      /* not ours any more: freed when that commit is back */
    struct page_facts facts;
    int64_t last_page, next_page;
    int64_t reach; /* of a window that tells no total: how far behind its first page the end was sought; 0 = not yet */
    char next_cursor[PAGE_CURSOR_MAX + 1]; /* by a cursor: that of next_page; "" = there is no such page */
    int64_t since;                         /* page_clock: asked for, then sent out */
    struct page_times times;
    struct buffer rest; /* split: all of its records; waiting, where run_is_stored: likewise */
    size_t rest_done;   /* split: how many bytes of them went out */
};

enum { LEASE_BYTES = 15 << 20 /* of a packed page: fits a frame */ };

struct leases { /* zero-initialise */
    struct lease *first;
    size_t counts[LEASE_ENDING + 1]; /* by state */
};

/* A page was claimed. NULL when out of memory: its lease runs out, and it is claimed again. */
struct lease *leases_add(struct leases *leases, const struct page *page);
/* The pages that a commit has claimed. Takes the records in commit->stored. */
void leases_take(struct leases *leases, struct pages *pages, struct page_commit *commit);
/* Changes the state of a lease, and the counts. */
void leases_move(struct leases *leases, struct lease *lease, enum lease_state state);
/* Ends its call and frees it. While a commit has it, leases_sweep frees it later. */
void leases_drop(struct leases *leases, struct lease *lease);
/* Frees those that are gone and in no commit any more. */
void leases_sweep(struct leases *leases);
/* Frees all; no commit is under way. */
void leases_clear(struct leases *leases);
/* Adds the times that an ack told. A page that goes out record by record has several acks. */
void lease_timed(struct lease *lease, const struct page_times *told);
/* What a commit notes of its page, and how it ends it. The end points into the lease. */
struct page_note lease_note(struct lease *lease);
struct page_end lease_end(struct lease *lease);

#endif
