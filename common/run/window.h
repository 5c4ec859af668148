/* Windows of time: a source that can be asked for what changed between two moments is read from where the last complete run
 * ended. A run's span is cut into windows of one length, each read as a slice of its own. Pure.
 *
 *        cursor - overlap                 now - lag
 *   ──────────┬──────────┬──────────┬──────────┬──────▶ time of the source
 *             from     window 1   window 2     to = the next cursor
 *
 * Windows share their edges, and the next run begins before this one's end: what is seen twice costs nothing. All times
 * are unix ms, whole seconds. */
#ifndef DIANCHEN_COMMON_RUN_WINDOW_H
#define DIANCHEN_COMMON_RUN_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum { WINDOWS_MAX = 1000 /* slices of a run, windows times those of the scheme */ };

struct window_terms { /* step 0 = the source is not read by windows */
    int64_t since;    /* nothing before is read */
    int64_t lag;      /* nothing younger is read: the source may still be writing it */
    int64_t overlap;  /* the end of the last span that is read again */
    int64_t step;     /* length of a window */
    int64_t most;     /* longest window that the source takes */
    int64_t from, to; /* this span instead, asked for by a person, which moves no cursor; to 0 = none is asked for */
};
struct window_span { /* step 0 = none */
    int64_t from, to, step;
    bool moves; /* a complete run moves the cursor to `to` */
};

/* The span of a run that begins now; cursor 0 = none yet. Never empty: at least a second. */
struct window_span window_span(const struct window_terms *terms, int slices, int64_t cursor, int64_t now);
/* How many windows the span has. */
int window_count(const struct window_span *span);
/* Window `n` of a span: *from to *to, both ends belong to it. */
void window_at(const struct window_span *span, int n, int64_t *from, int64_t *to);

#endif
