/* A refused record: the reason, source and payload; kept until the record is written or filtered. A person who needs nothing done
 * about it closes it: it is no longer listed or counted, until the record is refused anew. */
#ifndef DIANCHEN_COMMON_LEDGER_REJECT_H
#define DIANCHEN_COMMON_LEDGER_REJECT_H

#include "common/store/store.h"
#include "common/wire/mapped.h"

struct reject {
    int64_t record, run;
    struct text key, number, class, code, message, source, payload;
    int64_t attempts, first, last, closed; /* first, last, closed: wall clock, unix ms; closed 0: it is open */
};
typedef int reject_fn(void *user,
                      const struct reject *reject); /* texts valid during the call; non-zero ends the walk */
enum reject_which { REJECT_OPEN, REJECT_CLOSED, REJECT_ANY };
/* Calls `fn` for the newest `limit` rejects (0 = all) of a run (0 = of any) and of a key (empty = all), newest last. */
int reject_each(struct store *store, enum reject_which which, int64_t run, struct text key, int64_t limit,
                reject_fn *fn, void *user) WARN_UNUSED;
/* *open = how many rejects are open. */
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
/* Which open rejects a person closes. Empty texts and 0 count for all. */
struct reject_closing {
    struct text scheme, key, class, code;
    int64_t record;
    int64_t at; /* unix ms; 0 = now. What was closed at this very time counts again: done twice, it tells the same */
};
/* Closes them. *closed = how many. */
int reject_close(struct store *store, const struct reject_closing *which, int64_t *closed) WARN_UNUSED;
/* Deletes the rejects of these records. */
int reject_clear(struct store *store, const int64_t *records, size_t count) WARN_UNUSED;

#endif
