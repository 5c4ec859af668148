#include "common/run/window.h"

#include <stddef.h>

enum { SECOND = 1000 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t whole(int64_t ms)
{
    return ms - ms % SECOND;
}

static int64_t parts(int64_t length, int64_t of)
{
    return (length + of - 1) / of;
}

struct window_span window_span(const struct window_terms *terms, int slices, int64_t cursor, int64_t now)
{
    int64_t windows = slices < WINDOWS_MAX ? WINDOWS_MAX / slices : 1;
    struct window_span span = {.moves = terms->to == 0};
    if (terms->step == 0) {
        return (struct window_span){0};
    }
    span.to = whole(span.moves ? now - terms->lag : terms->to);
    span.from = whole(!span.moves ? terms->from : cursor == 0 ? terms->since : cursor - terms->overlap);
    if (span.moves && span.from < terms->since) {
        span.from = whole(terms->since);
    }
    if (span.to <= span.from) { /* the clock was set back, or all of it lies in the future */
        span.to = span.from + SECOND;
        span.moves = false;
    }
    /* Many windows grow, as far as the source lets them; what is left is for the next run. */
    int64_t length = span.to - span.from, step = terms->step;
    step = parts(length, step) > windows ? whole(parts(length, windows) + SECOND - 1) : step;
    span.step = least(step, terms->most);
    span.to = least(span.to, span.from + span.step * windows);
    return span;
}

int window_count(const struct window_span *span)
{
    return span->step > 0 ? (int)parts(span->to - span->from, span->step) : 1;
}

void window_at(const struct window_span *span, int n, int64_t *from, int64_t *to)
{
    *from = span->from + n * span->step;
    *to = least(*from + span->step, span->to);
}
