/* A page from the link: T1 for its rows, then each goes its way; acked when all are final in the store. */
#ifndef DIANCHEN_LOADER_LOAD_H
#define DIANCHEN_LOADER_LOAD_H

#include "common/link.h"
#include "loader/loader.h"

struct load {
    struct load *next;
    struct loader *loader;
    struct link_in_batch *batch; /* NULL = its peering is gone: nothing more is begun, nothing acked */
    struct page page;
    struct buffer bytes; /* the records: rows point into it */
    struct row *rows;
    struct ledger_row *facts;
    size_t count, room;
    size_t open;        /* rows without an end */
    int64_t begun;      /* page_clock: when its T1 was submitted */
    int64_t first;      /* µs of its T1s, */
    int64_t last;       /* and of the T2 that ended rows last */
    int64_t calls;      /* POSTs whose first row is its own */
    int64_t wait;       /* store clock: when the last row that must wait may be tried again; 0 = none */
    bool stale;         /* the page is another's now, or its run is stopped */
    bool past;          /* this T1 overspent the run's budget */
    bool released;      /* rows were let go unwritten: the page goes to another */
    struct arena notes; /* texts that the loop's thread keeps for rows */
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

extern const struct link_in_events load_events; /* user = struct loader * */

static inline bool load_wanted(const struct row *row)
{
    return row->load->batch && !row->load->stale && !row->load->loader->draining;
}
static inline struct source_form load_form(const struct loader *loader)
{
    return (struct source_form){loader->stage.scheme->slots, loader->stage.scheme->slot_count};
}

static inline struct text load_number(const struct row *row)
{
    return row->facts->number.size > 0 ? row->facts->number : row->facts->key;
}

/* The row waits for the target, and rightly so: its page is not stuck (link.h). */
void load_touch(const struct row *row);
/* The end of a row's way; the row may be gone afterwards. */
void load_final(struct row *row);
void load_wait(struct row *row, int64_t until); /* store clock: not before */
void load_released(struct row *row);
/* T1 anew for this row. */
void load_again(struct row *row);
/* Nothing more of the run is sent: its pages go back as soon as what is on the wire has ended. */
void load_stop_run(struct loader *loader, int64_t run);
void load_free_all(struct loader *loader);

#endif
