/* A page from the link while the loader has it: its rows, its memory, and what is known of its T1. What is done with it:
 * begin.h. On the loop's thread; batches and their memory are used again. */
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
    size_t waiting;            /* of these, aside */
    bool aside;                /* all of them: the page takes none of the window (aside.h) */
    int64_t begun;             /* page_clock: when its T1 was submitted */
    int64_t first;             /* µs of its T1s, */
    int64_t last;              /* and of the T2 that ended rows last */
    int64_t calls;             /* saves whose first row is its own */
    struct loop_ms wait;       /* when the last row that must wait may be tried again; .ms 0 = none */
    bool stale;                /* the page is another's now, or its run is stopped */
    bool saved;                /* the target saved one of its rows */
    bool settled;              /* the store knows that each row has its outcome: it may be acked */
    bool past;                 /* this T1 overspent the run's budget */
    bool asking;               /* a list for its look-ups is being read: its T1 comes later */
    bool released;             /* rows were let go unwritten: the page goes to another */
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

/* A batch with room for so many rows, in loader->batches; its link, page, bytes and rows are the caller's to fill in. NULL: out
 * of memory. */
struct batch *batch_take(struct loader *loader, size_t rows);
/* Ends the life of its rows and texts, and keeps its memory for another page. */
void batch_give(struct batch *batch);
void batch_free_all(struct loader *loader);

/* Is it still worth sending this row? */
static inline bool batch_wanted(const struct row *row)
{
    return row->batch->link && !row->batch->stale && !row->batch->loader->draining;
}
/* A copy that lives as long as the row; empty where it is empty, or memory is short. */
struct text batch_keep(struct row *row, struct text t);
/* The row waits for the target, and rightly so: its page is not stuck (link.h). */
void batch_touch(const struct row *row);

#endif
