/* Handles a page that has come: packs its records for the link, and notes what it says about the pages behind it. */
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

/* Fills in slice, window and page of the source call for a page of a run. Page 0 of a window is asked for twice. The
 * first time only its total counts, and its records are kept only if they are all of the window. The second time it
 * comes in its turn, as page 1 of the run. */
void fetch_place(const struct scheme *scheme, const struct run *run, const struct page *page, struct source_call *out);

/* Packs the answer's records onto `records`, fills the lease's facts, times, last_page and next_page. ERR_LIMIT, with
 * the cause: they fit no batch. ERR_MEMORY: try later. ERR_BUSY: the page is of a window that tells no total, and the
 * lease's call is to be asked once more, for another page: it looks for the window's end. */
int fetch_take(const struct fetch *fetch, struct lease *lease, const struct source_answer *answer,
               struct buffer *records, struct cause *cause) WARN_UNUSED;

#endif
