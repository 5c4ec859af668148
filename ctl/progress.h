/* The live line of a run, on stderr: rewritten in place on a terminal, a new line every 10 s otherwise. */
#ifndef DIANCHEN_CTL_PROGRESS_H
#define DIANCHEN_CTL_PROGRESS_H

#include "common/run.h"

struct progress {
    bool terminal;
    bool shown;      /* a line stands on the terminal, without its end */
    int64_t printed; /* ms */
    int64_t since;   /* ms, when the rate was last taken */
    int64_t rows;
    double rate; /* records a second, smoothed */
};

void progress_init(struct progress *progress);
void progress_show(struct progress *progress, const struct run_progress *run, size_t restarts);
/* Takes the line away, so that other text can be printed. */
void progress_hide(struct progress *progress);

#endif
