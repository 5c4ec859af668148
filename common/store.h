/* The store: what the extractor has finished (runs, pages) and what the loader has done (records,
 * rejects), in one SQLite file (WAL, synchronous=FULL), mode 0600. A thread of its own takes whatever
 * jobs are waiting, runs them in ONE write transaction (group commit), and only after the commit hands
 * them back to the loop. The nouns in run.h, ledger.h, reject.h, api.h and book.h are functions over
 * `struct store *` for use inside a job's work(), or between store_begin and store_end (ctl, tests). */
#ifndef DIANCHEN_COMMON_STORE_H
#define DIANCHEN_COMMON_STORE_H

#include "common/error.h"
#include "common/loop.h"
#include "common/sql.h"

struct store;
struct metrics;

/* "sqlite:PATH". Creates the file (0600) and its folder, migrates an older schema, refuses a newer one,
 * opens after an unclean end, and after a reboot moves deadlines that were told on the old boot's clock.
 * ERR_INPUT with path and cure (no such folder, not writable, not a database, newer schema). */
int store_open(const char *url, struct store **out, struct cause *cause) WARN_UNUSED;
/* Opens for reading; ERR_NOT_FOUND when there is none yet. Works while others write. */
int store_open_reader(const char *url, struct store **out, struct cause *cause) WARN_UNUSED;
void store_close(struct store **store); /* stops the thread after the jobs already submitted */

const char *store_id(const struct store *store); /* 32 hex digits, goes into HELLO */
/* The store's clock: CLOCK_BOOTTIME milliseconds; every deadline in the store is on it. Any thread. */
int64_t store_now(const struct store *store);
bool store_is_dry(const struct store *store);     /* a dry run's copy: loaders must not POST saves into its target */
const char *store_why(const struct store *store); /* of the last failure */

/* A job. Embedded in its owner; the owner keeps it until done() has run. */
struct store_job {
    struct store_job *next;
    /* On the store's thread, inside the transaction. May be called again after a rollback, so it must
     * not change its inputs. A negative return rolls back; the other jobs are then run without it. */
    int (*work)(struct store *store, struct store_job *job);
    /* On the loop's thread, after the commit: 0, or why nothing of it is in the store. */
    void (*done)(struct store_job *job, int error);
    int error;
    struct loop_post post;
};
int store_start(struct store *store, struct loop *loop,
                struct metrics *metrics) WARN_UNUSED;          /* store_seconds{op="commit"} */
void store_submit(struct store *store, struct store_job *job); /* loop's thread, after store_start */

/* Without a thread. */
int store_begin(struct store *store, bool write) WARN_UNUSED;
int store_end(struct store *store,
              int error) WARN_UNUSED; /* commits when error is 0, else rolls back; returns what counts */
struct sql *store_sql(struct store *store);
int store_many(struct store *store, const struct sql_call *call) WARN_UNUSED;

/* A consistent copy into a new file, marked dry (see store_is_dry). */
int store_copy_dry(const char *url, const char *path, struct cause *cause) WARN_UNUSED;

#endif
