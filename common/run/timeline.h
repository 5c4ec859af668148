/* The pages of a run one by one, for reports: what each held, when it ended, where its time went. */
#ifndef DIANCHEN_COMMON_RUN_TIMELINE_H
#define DIANCHEN_COMMON_RUN_TIMELINE_H

#include "common/run/run.h"

enum page_choice {
    PAGES_ENDED,   /* done, with times; in no order */
    PAGES_SLOWEST, /* of these, the longest first */
    PAGES_OPEN     /* not done, though claimed at least once; the most often claimed first */
};

struct page_line {
    int64_t slice, no, rows;
    int64_t claims; /* how often it was claimed */
    int64_t ended;  /* unix ms; 0 = not yet */
    struct page_times times;
};
/* Calls `fn` for at most `limit` pages. A non-zero result of `fn` ends the walk; a negative one is returned. */
int run_pages(struct store *store, int64_t run, enum page_choice choice, int64_t limit,
              int (*fn)(void *user, const struct page_line *page), void *user) WARN_UNUSED;
/* The sum of a page's times, µs. */
int64_t page_total_us(const struct page_times *times);

enum { RUN_ACCOUNT_ROOM = 400 };

struct run_life {
    char source[RUN_ACCOUNT_ROOM], target[RUN_ACCOUNT_ROOM]; /* accounts; "" = no batch has told the target yet */
    int64_t started, ended;                                  /* unix ms; `ended` of an open run is now */
    int64_t source_pace, target_pace;                        /* µs between calls as they are now; 0 = no limit */
    bool has_source_pace, has_target_pace;                   /* there are such APIs */
};
/* ERR_NOT_FOUND where there is no such run. */
int run_life(struct store *store, int64_t run, struct run_life *out) WARN_UNUSED;

struct pace_step {
    int64_t at, us; /* unix ms; µs between calls from then on, 0 = no limit */
};
/* Calls `fn` for each step of the pace of the run's source or target until its end, oldest first, steps from before the
 * run too. A run without steps had the pace of run_life throughout. */
int run_pace_steps(struct store *store, int64_t run, const struct run_life *life, bool target,
                   int (*fn)(void *user, const struct pace_step *step), void *user) WARN_UNUSED;

#endif
