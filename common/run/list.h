/* The runs of a store one by one, for people. */
#ifndef DIANCHEN_COMMON_RUN_LIST_H
#define DIANCHEN_COMMON_RUN_LIST_H

#include "common/run/run.h"

struct run_line {               /* texts are valid during the call */
    int64_t id, started, ended; /* unix ms; ended 0 = not yet */
    int64_t limit;              /* records at most, 0 = all */
    enum run_state state;
    enum run_kind kind;
    struct text scheme, cause;
    struct text report; /* JSON of run_report; empty while it is open */
};
typedef int run_line_fn(void *user, const struct run_line *line); /* non-zero ends the walk */

/* The newest `limit` runs (0 = all), newest first. A negative value of `fn` is returned. */
int run_list(struct store *store, int64_t limit, run_line_fn *fn, void *user) WARN_UNUSED;

#endif
