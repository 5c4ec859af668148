/* Services of schemes that belong together: whose run goes first? As `dianchen run --all` has it (order.h), a scheme comes behind
 * those that its "after" names and those whose records it looks up. In a transaction. */
#ifndef DIANCHEN_COMMON_RUN_BEHIND_H
#define DIANCHEN_COMMON_RUN_BEHIND_H

#include "common/run/run.h"

enum { BEHIND_LATE = 60000 /* ms: a run that is due for so long is begun by nobody; it is waited for no more */ };

/* Must a new run of plan->order wait for another scheme's? *first is that scheme's name, which lives with the scheme; empty =
 * for none. It waits while the other is being read or is due, unless that one has closed a run that began after the last one of
 * this: so both get their turn, however short their intervals. A scheme of "after" must have closed one at least. */
int run_behind(struct store *store, const struct run_plan *plan, struct text *first) WARN_UNUSED;

/* What a service waits for; zero-initialise. */
struct run_wait {
    struct store_ms due;     /* when to ask again for a run */
    struct text first, told; /* the scheme whose run goes first; the one that the log named last. Empty = none */
};
/* After ERR_NOT_FOUND of run_begin. Behind another scheme it is asked again in `look_every` ms. Errors as of schedule_look. */
int run_wait_look(struct store *store, const struct run_plan *plan, int64_t look_every,
                  struct run_wait *wait) WARN_UNUSED;
/* Logs once which scheme it waits for. In no transaction. */
void run_wait_tell(struct run_wait *wait);

#endif
