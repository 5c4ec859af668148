/* The pages that this extractor holds just now, in a list; counted by what is being done with them.
 *
 *   waiting ──▶ fetching ──▶ out (with the link) ──▶ ending (its commit) ──▶ gone
 *                             │  ▲
 *                             ▼  │ record by record, when the page kills its workers
 *                            split                                                               */
#ifndef DIANCHEN_EXTRACTOR_HAND_H
#define DIANCHEN_EXTRACTOR_HAND_H

#include "common/ledger.h"
#include "extractor/qimen.h"

struct pages;

struct held { /* a page in hand */
    struct held *next, *prev;
    struct pages *pages;
    struct page page;
    enum held_state { HELD_WAITING, HELD_FETCHING, HELD_OUT, HELD_SPLIT, HELD_ENDING } state;
    struct qimen_call call;
    char key[KEY_MAX + 1]; /* of a replay's slice; "" in other runs */
    bool noted;            /* the store knows what it held; else a note is due once it was fetched */
    bool in_work;          /* the commit under way has it */
    bool gone;             /* not ours any more: freed when that commit is back */
    struct page_facts facts;
    int64_t last_page, next_page;
    int64_t since; /* page_clock: asked for, then sent out */
    struct page_times times;
    struct buffer rest; /* split: all of its records, */
    size_t rest_done;   /* and how many bytes of them went out */
};

enum { HELD_BYTES = 15 << 20 /* of a packed page: fits a frame */ };

struct hand { /* zero-initialise */
    struct held *first;
    size_t counts[HELD_ENDING + 1]; /* by state */
};

/* A page was claimed. NULL when out of memory: its lease runs out, and it is claimed again. */
struct held *hand_add(struct hand *hand, const struct page *page);
void hand_move(struct hand *hand, struct held *held, enum held_state state);
/* Ends its call and lets go of it; while a commit has it, hand_sweep will. */
void hand_drop(struct hand *hand, struct held *held);
/* Frees those that are gone and in no commit any more. */
void hand_sweep(struct hand *hand);
/* Frees all; no commit is under way. */
void hand_clear(struct hand *hand);
/* An ack told where its time went: a page that goes out record by record has the sum. */
void held_timed(struct held *held, const struct page_times *told);

#endif
