/* A page from the link while the loader has it: its rows, its memory and its T1. begin.h says what is done with it. On the
 * loop's thread. Batches and their memory are used again for later pages. */
#ifndef DIANCHEN_LOADER_BATCH_H
#define DIANCHEN_LOADER_BATCH_H

#include "common/link/link.h"
#include "loader/loader.h"

struct batch {
    struct batch *next;
    struct loader *loader;
    struct link_in_batch *link; /* NULL = its peering is gone: nothing more is begun, nothing acked */
    struct page page;
    struct buffer bytes; /* the records: rows point into it */
    struct row *rows;
    struct ledger_row *facts;
    size_t count, room;
    size_t open;               /* rows without an end */
    size_t waiting;            /* open rows that wait aside */
    bool aside;                /* all open rows wait: the page takes no part of the window (aside.h) */
    int64_t begun;             /* page_clock: when its T1 was submitted */
    int64_t first;             /* µs that its T1s took together */
    int64_t last;              /* µs that its latest T2 took */
    int64_t calls;             /* saves whose first row is of this page */
    struct loop_ms epoch;      /* 0 of the store's clock, as of the last T1 */
    struct loop_ms wait;       /* when the last row that must wait may be tried again; .ms 0 = none */
    bool stale;                /* the page belongs to another loader now, or its run is stopped */
    bool saved;                /* the target saved one of its rows */
    bool settled;              /* the store knows that every row has its outcome: the page may be acked */
    bool past;                 /* this T1 overspent the run's budget */
    bool asking;               /* a list for its look-ups is being read: its T1 comes later */
    bool released;             /* rows were released without an outcome: the page goes to another loader */
    struct arena notes;        /* texts that the loop's thread keeps for rows */
    struct siblings *siblings; /* its look-ups in other ledgers (sibling.h); NULL = none */
    /* T1: the store's thread works on these while `beginning` */
    bool beginning;
    struct store_job job;
    struct ledger_batch begin;
    struct arena arena;
    struct ledger_row *turn; /* the rows of this T1 */
    struct row **turn_rows;
    size_t turn_count;
    struct queue again; /* rows for the next one */
};

/* Returns a batch with room for `rows` rows, already in the list loader->batches. The caller fills in link, page, bytes and
 * rows, and ends it with batch_give. NULL: out of memory. */
struct batch *batch_take(struct loader *loader, size_t rows);
/* Ends the batch: its rows and texts are gone. Its memory is kept for another page. */
void batch_give(struct batch *batch);
/* Frees all batches, spare ones too. The client and the store have stopped. */
void batch_free_all(struct loader *loader);

/* May this row still be sent? False: its peering is gone, its page is stale, or the loader drains. */
static inline bool batch_wanted(const struct row *row)
{
    return row->batch->link && !row->batch->stale && !row->batch->loader->draining;
}
/* Returns a copy of `t` that lives as long as the row's batch. Empty where `t` is empty, or memory is short. */
struct text batch_keep(struct row *row, struct text t);
/* Says TOUCH for the row's page: it waits for a good reason and is not stuck (link.h). */
void batch_touch(const struct row *row);

#endif
