/* Replay: refused records are sent again, in a run whose slices are keys. Only these records are fetched from the
 * source, mapped and written. The reject of a key that the source no longer returns ends. */
#ifndef DIANCHEN_COMMON_RUN_REPLAY_H
#define DIANCHEN_COMMON_RUN_REPLAY_H

#include "common/run/run.h"
#include "common/wire/mapped.h"

struct replay_choice {
    const struct text *keys; /* none = any */
    size_t key_count;
    struct text code, class; /* empty = any */
};
struct replay {
    struct run run;     /* begun; or `resumed`: a replay that stood unfinished, and goes on with its own keys */
    int64_t keys;       /* records of the run */
    int64_t keyless;    /* chosen, too, but left out: they have no key to ask the source for */
    struct text absent; /* with ERR_NOT_FOUND: a key without a reject; empty = no reject matches */
};
/* Begins a replay. It uses scheme, scheme_hash, first_page and source of `plan` (source empty = that of the scheme's
 * newest run). It takes the rejects of the accounts that the scheme's newest run read and wrote, and binds the run to
 * these accounts. Their refusals do not count any more. ERR_NOT_FOUND, and nothing is begun: see `absent`. ERR_BUSY:
 * another kind of run, out->run.id, stands unfinished. In the caller's write transaction. */
int replay_begin(struct store *store, const struct run_plan *plan, const struct replay_choice *choice,
                 struct replay *out) WARN_UNUSED;

/* The two halves of beginning a run of keys, for replay_begin and inbox.h. Between them stand the keys in run_key, as slices
 * from 0 on. In the caller's write transaction. */
/* The run, without keys, of scheme, source and accounts of the run `before`. ERR_BUSY: another stands unfinished. */
int run_insert_keyed(struct store *store, const struct run_plan *plan, int64_t before, enum run_kind kind,
                     struct run *run) WARN_UNUSED;
/* Its pages and size; *keys = how many. Rejects among the keys are sent again though nothing changed. Where only a step was
 * refused the target holds the record: so its step alone is tried again. */
int keys_open(struct store *store, int64_t run, int64_t first_page, int64_t *keys) WARN_UNUSED;

/* The key of a slice; key[] ends with a NUL. ERR_NOT_FOUND. */
int replay_key(struct store *store, int64_t run, int32_t slice, char key[KEY_MAX + 1]) WARN_UNUSED;
/* Call it when the last page of the slice is done. *gone = the source had no such record, and its reject ended. */
int replay_end(struct store *store, const struct page *page, bool *gone) WARN_UNUSED;
/* How many finished keys of the run the source did not return. */
int replay_gone(struct store *store, int64_t run, int64_t *count) WARN_UNUSED;

#endif
