/* The live line of a run, on stderr: rewritten in place on a terminal, a new line every 10 s otherwise. */
#ifndef DIANCHEN_CTL_RUN_PROGRESS_H
#define DIANCHEN_CTL_RUN_PROGRESS_H

#include "common/run/run.h"

enum { PROGRESS_SAMPLES = 60 };

struct progress {
    bool terminal;
    bool shown;      /* a line stands on the terminal, without its end */
    int64_t printed; /* ms */
    /* Paced runs move in leaps. A sample is taken where the rows have changed, a second and more apart, so that a rate is
     * measured from leap to leap. The newest stands at (taken - 1) % PROGRESS_SAMPLES. */
    struct progress_sample {
        int64_t at, rows;                 /* ms */
    } samples[PROGRESS_SAMPLES], changed; /* changed: the last time that the rows did */
    size_t taken;
};

/* progress_show draws the line of the run anew, on a terminal; else it prints one now and then. */
void progress_init(struct progress *progress);
void progress_show(struct progress *progress, const struct run_progress *run, size_t restarts);
/* Notes where the run is at `now` (ms), and returns records a second over the last minute; 0 = not known yet. Fewer rows than
 * before are those of another run. */
double progress_rate(struct progress *progress, int64_t now, int64_t rows);
/* Seconds until `total` rows are done, at the pace of the leaps noted: it counts down between them. < 0 = not known. Call
 * progress_rate before. */
double progress_left(const struct progress *progress, int64_t now, int64_t rows, int64_t total);
/* Takes the line away, so that other text can be printed. */
void progress_hide(struct progress *progress);

#endif
