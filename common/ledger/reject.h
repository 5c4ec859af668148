/* A refused record: the reason, source and payload; kept until the record is written or filtered. */
#ifndef DIANCHEN_COMMON_LEDGER_REJECT_H
#define DIANCHEN_COMMON_LEDGER_REJECT_H

#include "common/store/store.h"
#include "common/wire/mapped.h"

struct reject {
    int64_t record, run;
    struct text key, number, class, code, message, source, payload;
    int64_t attempts, first, last; /* first, last: wall clock, unix ms */
};
typedef int reject_fn(void *user,
                      const struct reject *reject); /* texts valid during the call; non-zero ends the walk */
/* Calls `fn` for the newest `limit` rejects (0 = all) of a run (0 = of any) and of a key (empty = all), newest last. */
int reject_each(struct store *store, int64_t run, struct text key, int64_t limit, reject_fn *fn,
                void *user) WARN_UNUSED;
/* *open = how many rejects there are. */
int reject_count(struct store *store, int64_t *open) WARN_UNUSED;
/* Adds rejects, or renews them with one more attempt. The message is cut to REJECT_MESSAGE_MAX bytes. */
enum { REJECT_MESSAGE_MAX = 2000, REJECT_CODE_MAX = 200 };
struct reject_entry {
    int64_t record, run;
    struct refusal refusal;
    struct text source, payload;
    struct source_form form; /* of source: stored as JSON */
};
int reject_put(struct store *store, const struct reject_entry *entries, size_t count) WARN_UNUSED;
/* Notes that these rejects were seen again in `run` and not sent again; the attempts stay. */
int reject_again(struct store *store, const int64_t *records, size_t count, int64_t run) WARN_UNUSED;
/* Deletes the rejects of these records. */
int reject_clear(struct store *store, const int64_t *records, size_t count) WARN_UNUSED;

#endif
