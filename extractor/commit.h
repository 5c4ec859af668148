/* What one commit of the extractor does: notes fetched pages, closes finished ones, claims new ones, renews leases.
 * All that is waiting goes into one job, so that pages share commits. */
#ifndef DIANCHEN_EXTRACTOR_COMMIT_H
#define DIANCHEN_EXTRACTOR_COMMIT_H

#include "common/run/hold.h"
#include "common/run/replay.h"
#include "common/scheme/scheme.h"

enum { COMMIT_PAGES = 256 /* of a kind in one job */, COMMIT_CLAIMS = 64 };

struct page_note { /* in: a page was fetched */
    struct page page;
    struct page_facts facts;
    int64_t last_page; /* opened up to here; -1 = the source told no total */
    void *tag;
    /* out */
    int error;       /* 0, ERR_STALE or ERR_LIMIT */
    int64_t twin;    /* another page of the slice with the same records; -1 = none */
    int64_t repeats; /* how many there are */
};

struct page_end { /* in: its outcomes are durable */
    struct page page;
    int64_t next_page; /* opened with it; -1 = none */
    struct text next;  /* where the scheme goes by cursors: that of next_page (page_chain) */
    struct page_times times;
    void *tag;
    /* out */
    int error;
    bool gone; /* a replay's key: the source has no such record any more */
};

struct page_commit {
    struct store_job job;
    /* in */
    struct run run;
    struct text owner;
    const struct scheme *scheme;
    size_t note_count, end_count, claim_want;
    bool renew, look;
    struct page_note notes[COMMIT_PAGES];
    struct page_end ends[COMMIT_PAGES];
    /* out */
    struct page claims[COMMIT_CLAIMS];
    struct page_before before[COMMIT_CLAIMS];
    char keys[COMMIT_CLAIMS][KEY_MAX + 1]; /* of a replay's claims */
    struct buffer stored[COMMIT_CLAIMS];   /* the records of claims whose run_is_stored, */
    int64_t stored_rows[COMMIT_CLAIMS];    /* and how many they are */
    size_t claim_count;
    bool run_gone;                /* closed, failed or abandoned by another */
    bool held;                    /* look: a person stopped the scheme */
    struct cause failed;          /* why the run was stopped; empty = it was not */
    struct run_progress progress; /* look */
};

/* A time in which the store takes no commits. The log says once when it begins and once when it ends.
 * Zero-initialise. */
struct store_outage {
    bool failing;
    struct loop_ms since, not_before; /* not before: the next try */
};
/* A commit has failed. True, with a cause, when the store has been failing for so long that it is time to give up. */
bool outage_note(struct store_outage *outage, const struct store *store, int error, struct loop_ms now,
                 struct cause *cause);
/* A commit was taken. */
void outage_over(struct store_outage *outage);

/* The work() of the job, on the store's thread. Handles notes before ends, so a page's facts are stored before it is
 * done. */
int page_commit_run(struct store *store, struct store_job *job);
/* Frees the records that no lease has taken. */
void commit_fini(struct page_commit *commit);

#endif
