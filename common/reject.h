/* What was refused, why, with source and payload; kept until the record is written or filtered. */
#ifndef DIANCHEN_COMMON_REJECT_H
#define DIANCHEN_COMMON_REJECT_H

#include "common/ledger.h"

struct reject {
    int64_t record, run;
    struct text key, number, class, code, message, source, payload;
    int64_t attempts, first, last; /* first, last: wall clock, unix ms */
};
typedef int reject_fn(void *user,
                      const struct reject *reject); /* texts valid during the call; non-zero ends the walk */
/* run 0 = open rejects of any run; key empty = all. Newest last. */
int reject_each(struct store *store, int64_t run, struct text key, int64_t limit, reject_fn *fn,
                void *user) WARN_UNUSED;
int reject_count(struct store *store, int64_t *open) WARN_UNUSED;
/* Adds or renews the reject of a record (ledger.c calls it). */
int reject_put(struct store *store, int64_t record, int64_t run, const struct refusal *refusal, struct text source,
               struct text payload) WARN_UNUSED;
int reject_clear(struct store *store, const int64_t *records, size_t count) WARN_UNUSED;

#endif
