/* Decides what a start does with an unfinished run, and tells the person before anything is done. Both functions that take a store
 * use transactions of their own, and block. */
#ifndef DIANCHEN_CTL_RUN_UNFINISHED_H
#define DIANCHEN_CTL_RUN_UNFINISHED_H

#include "common/run/standing.h"
#include "common/scheme/scheme.h"

struct unfinished {
    struct run_standing run; /* the unfinished run; id 0 = there is none */
    bool first;              /* finish it first, then begin the run that was asked for */
    bool anew;               /* it failed before a row was done: it is abandoned without a word */
};

struct unfinished_asked { /* the run that a person asks for */
    int64_t limit;        /* records at most, 0 = all */
    bool begin_new;       /* --new was given */
    bool span;            /* it reads a span of time: --from */
};

/* Looks for the unfinished run of the scheme. Where there is one, prints one line on stderr that says what becomes of it. 0; ERR_INPUT
 * with the cause: finishing it would do more than was asked for; ERR_IO: the store fails. */
int unfinished_tell(struct store *store, const struct scheme *scheme, const struct unfinished_asked *asked,
                    struct unfinished *out, struct cause *cause) WARN_UNUSED;
/* Call it after a start that ended before any API call: abandons the run that this start began. Does nothing where the run stood
 * before (unfinished_tell) or a row of it is done. 0, or an error of the store. */
int unfinished_drop(struct store *store, int64_t run, const struct unfinished *before) WARN_UNUSED;
/* Returns the source account that the settings name; empty = not known. */
struct text unfinished_source(const struct scheme *scheme);

#endif
