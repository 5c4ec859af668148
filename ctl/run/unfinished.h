/* What a start does with a run that stands unfinished: told before anything is done. */
#ifndef DIANCHEN_CTL_RUN_UNFINISHED_H
#define DIANCHEN_CTL_RUN_UNFINISHED_H

#include "common/run/standing.h"
#include "common/scheme/scheme.h"

struct unfinished {
    struct run_standing run; /* id 0 = none stands */
    bool first;              /* it is finished first, then comes the run that was asked for */
    bool anew;               /* it failed before a page was done: it is abandoned, and nothing is said */
};

struct unfinished_asked { /* for a run */
    int64_t limit;        /* records at most, 0 = all */
    bool begin_new;       /* --new was given */
    bool span;            /* of a span of time: --from */
};

/* Looks for the unfinished run of the scheme and prints one line on stderr about what becomes of it, when another is asked
 * for. ERR_INPUT with the cause where finishing it would do more than was asked for; ERR_IO. */
int unfinished_tell(struct store *store, const struct scheme *scheme, const struct unfinished_asked *asked,
                    struct unfinished *out, struct cause *cause) WARN_UNUSED;
/* After a start that ended before any call: abandons the run that it read, unless it stood before (unfinished_tell), or a
 * record of it is done. */
int unfinished_drop(struct store *store, int64_t run, const struct unfinished *before) WARN_UNUSED;
/* The source account that is set here; empty = not known. */
struct text unfinished_source(const struct scheme *scheme);

#endif
