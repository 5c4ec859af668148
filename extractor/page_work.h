/* What one commit of the extractor does: notes fetched pages, closes finished ones, claims new ones, renews leases.
 * All that is waiting goes into one job, so that pages share commits. */
#ifndef DIANCHEN_EXTRACTOR_PAGE_WORK_H
#define DIANCHEN_EXTRACTOR_PAGE_WORK_H

#include "common/replay.h"

enum { WORK_PAGES = 256 /* of a kind in one job */, WORK_CLAIMS = 64 };

struct page_note { /* in: a page was fetched */
    struct page page;
    struct page_facts facts;
    int64_t last_page; /* opened up to here; -1 = the source told no total */
    void *tag;
    /* out */
    int error; /* 0, ERR_STALE or ERR_LIMIT */
    int64_t twin;
};

struct page_end { /* in: its outcomes are durable */
    struct page page;
    int64_t next_page; /* opened with it; -1 = none */
    struct page_times times;
    void *tag;
    /* out */
    int error;
    bool gone; /* a replay's key: the source has no such record any more */
};

struct page_work {
    struct store_job job;
    /* in */
    int64_t run;
    enum run_kind kind;
    struct text owner;
    size_t note_count, end_count, claim_want;
    bool renew, look;
    struct page_note notes[WORK_PAGES];
    struct page_end ends[WORK_PAGES];
    /* out */
    struct page claims[WORK_CLAIMS];
    char keys[WORK_CLAIMS][KEY_MAX + 1]; /* of a replay's claims */
    size_t claim_count;
    bool run_gone;                /* closed, failed or abandoned by another */
    struct cause failed;          /* why the run was stopped; empty = it was not */
    struct run_progress progress; /* look */
};

/* How the store takes commits: told once when it stops and once when it goes on. Zero-initialise. */
struct work_mood {
    bool failing;
    int64_t since, not_before; /* loop clock ms; not before: the next try */
};
/* A commit was refused. True, with a cause, when the store has been failing for so long that it is time to give up. */
bool work_refused(struct work_mood *mood, const struct store *store, int error, int64_t now, struct cause *cause);
void work_took(struct work_mood *mood);

/* store_job's work(). Notes come before ends: a page's facts stand when it is done. */
int page_work_run(struct store *store, struct store_job *job);

struct run_end { /* closing a run, and what follows */
    struct store_job job;
    /* in */
    const struct run_plan *plan;
    struct run run;
    int64_t total; /* told just now over all slices; -1 = not told */
    bool moved;    /* another one than while the pages were read */
    /* out */
    bool busy;   /* a page is open again: read on */
    bool others; /* another extractor closed it */
    bool complete, followed;
    struct run_sums { /* as in the report */
        int64_t seen, created, updated, unchanged, filtered, rejected, repeated, ms, rate;
        char state[20];
    } sums;
    struct cause failed; /* why another stopped it; empty = it did not */
    int64_t forgotten;   /* runs that were taken out of the store */
    struct run next;     /* followed: the run that reads again what had moved */
    struct buffer report;
};

int run_end_run(struct store *store, struct store_job *job);

#endif
