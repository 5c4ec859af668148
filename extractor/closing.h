/* Closes a run: writes its report and, if the source changed while it was read, begins a follow-up run. */
#ifndef DIANCHEN_EXTRACTOR_CLOSING_H
#define DIANCHEN_EXTRACTOR_CLOSING_H

#include "common/run/vanished.h"
#include "common/scheme/scheme.h"

struct run_closing {
    struct store_job job;
    /* in */
    const struct run_plan *plan;
    const struct scheme *scheme;
    struct text owner; /* of this extractor's leases */
    struct run run;
    int64_t total;   /* the source's total of now, over all slices; -1 = not told */
    bool moved;      /* the total differs from that of the pages */
    bool reach_only; /* close nothing yet; only look for more pages behind the totals (run_reach) */
    /* out */
    bool busy;    /* a page is open (again): read on */
    bool others;  /* another extractor closed it */
    bool guessed; /* it is not complete, because of where a page was cut (page_facts) */
    bool followed;
    struct run_sums sums;
    struct cause failed; /* why another worker stopped the run; empty = none did */
    int64_t forgotten;   /* old runs deleted from the store */
    struct run next;     /* followed: the follow-up run, or the one that disables what has vanished */
    struct run_vanished vanished;
};

/* Why the closed run is not complete, as part of a sentence. */
const char *closing_incomplete(const struct run_closing *closing);
/* Why the records that have vanished were left alone (vanished.stopped): sets the cause. ERR_REFUSED. */
int closing_vanished(const struct run_closing *closing, struct cause *cause);
/* The work() of the job: on the store's thread. 0, or the store's error. */
int run_closing_run(struct store *store, struct store_job *job);

#endif
