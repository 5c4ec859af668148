/* The progress line of a run, on stderr: rewritten in place on a terminal, else a new line every 10 s. */
#ifndef DIANCHEN_CTL_RUN_PROGRESS_H
#define DIANCHEN_CTL_RUN_PROGRESS_H

#include "common/run/run.h"

enum { PROGRESS_SAMPLES = 60 };

struct progress {
    bool terminal;
    bool shown;      /* a line stands on the terminal, without a line end */
    int64_t printed; /* ms, when the last line was printed */
    /* The count of a paced run moves in leaps. A sample is taken only when the count has changed, at most once a second: so the
     * rate is measured from leap to leap. The newest stands at (taken - 1) % PROGRESS_SAMPLES. */
    struct progress_sample {
        int64_t at, rows;                 /* ms */
    } samples[PROGRESS_SAMPLES], changed; /* changed: when the count changed last */
    size_t taken;
};

/* Sets all up; finds out whether stderr is a terminal. */
void progress_init(struct progress *progress);
/* Draws the run's line anew on a terminal; else prints one every 10 s. */
void progress_show(struct progress *progress, const struct run_progress *run, size_t restarts);
/* Notes the count of rows at `now` (ms of the caller's clock). Returns records a second over the last minute; 0 = not known yet. A
 * smaller count than before means that another run has begun. */
double progress_rate(struct progress *progress, int64_t now, int64_t rows);
/* Returns the seconds until `total` rows are done, at the pace noted; it counts down between leaps. < 0 = not known. Call
 * progress_rate first. */
double progress_left(const struct progress *progress, int64_t now, int64_t rows, int64_t total);
/* Clears the line from the terminal, so that other text can be printed. */
void progress_hide(struct progress *progress);

#endif
