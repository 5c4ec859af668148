/* What becomes of a page that has come: its records, packed for the link, and what it says about the pages behind it. */
#ifndef DIANCHEN_EXTRACTOR_FETCH_H
#define DIANCHEN_EXTRACTOR_FETCH_H

#include "extractor/lease.h"
#include "extractor/poison.h"

struct fetch {
    const struct scheme *scheme;
    const struct run *run;
    const struct poison *poison; /* records to be set apart */
    bool *certain;               /* as of struct extent; kept for the next pages */
    struct arena *arena;         /* for what is decoded; reset afterwards */
};

/* What is asked for a page of a run: slice, window and page of the source. Of a window page 0 is asked for twice: first to know
 * how many there are, and its records are kept only where they are all; then in its turn, as page 1 of the run. */
void fetch_place(const struct scheme *scheme, const struct run *run, const struct page *page, struct source_call *out);

/* Packs the answer's records onto `records`, fills the lease's facts, times, last_page and next_page. ERR_LIMIT, with the
 * cause: they fit no batch. ERR_MEMORY: try later. */
int fetch_take(const struct fetch *fetch, struct lease *lease, const struct source_answer *answer,
               struct buffer *records, struct cause *cause) WARN_UNUSED;

#endif
