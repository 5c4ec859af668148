/* How a run is closed: its report is written, and where the source moved a run that follows is begun. */
#ifndef DIANCHEN_EXTRACTOR_CLOSING_H
#define DIANCHEN_EXTRACTOR_CLOSING_H

#include "common/run/run.h"

struct run_closing {
    struct store_job job;
    /* in */
    const struct run_plan *plan;
    struct text owner; /* of this extractor's leases */
    struct run run;
    int64_t total;   /* told just now over all slices; -1 = not told */
    bool moved;      /* another one than while the pages were read */
    bool reach_only; /* nothing is closed yet: is there more to read behind the totals? */
    /* out */
    bool busy;   /* a page is open (again): read on */
    bool others; /* another extractor closed it */
    bool followed;
    struct run_sums sums;
    struct cause failed; /* why another stopped it; empty = it did not */
    int64_t forgotten;   /* runs that were taken out of the store */
    struct run next;     /* followed: the run that reads again what had moved */
};

/* Why the closed run is not complete, as part of a sentence. */
const char *closing_incomplete(const struct run_closing *closing);
/* store_job's work(). */
int run_closing_run(struct store *store, struct store_job *job);

#endif
