/* The store: what the extractor has finished (runs, pages) and what the loader has done (records,
 * rejects), in one SQLite file (WAL, synchronous=FULL), mode 0600, or in a PostgreSQL database that several hosts share.
 * A thread of its own takes whatever
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

/* "sqlite:PATH" or "postgresql://…". Creates the file (0600) and its folder, migrates an older schema, refuses a newer one,
 * opens after an unclean end, and after a reboot moves deadlines that were told on the old boot's clock.
 * ERR_INPUT with path and cure (no such folder, not writable, not a database, newer schema). */
int store_open(const char *url, struct store **out, struct cause *cause) WARN_UNUSED;
/* Opens for reading; ERR_NOT_FOUND when there is none yet. Works while others write. */
int store_open_reader(const char *url, struct store **out, struct cause *cause) WARN_UNUSED;
/* On the loop's thread, when the loop runs no more. Jobs already submitted are still worked on; the done() of all that
 * had none yet are called from here. What these submit is dropped: neither work() nor done() of it is called. */
void store_close(struct store **closing);

/* What of a store's URL may be shown to a person: all of it where no password can stand. */
struct text store_shown(const char *url);

const char *store_id(const struct store *store); /* 32 hex digits, goes into HELLO */
/* The store's clock in milliseconds; every deadline in the store is on it. CLOCK_BOOTTIME, or PostgreSQL's clock as this
 * host knows it, late rather than early: what is over by it is over. Any thread. */
int64_t store_now(const struct store *store);
/* Loop clock ms until which `at` (store clock) has certainly not come: for what must be over by then. Any thread. */
int64_t store_deadline(const struct store *store, int64_t at);
/* Another clock, for tests and simulations; before store_start. NULL = the real one. */
void store_set_clock(struct store *store, int64_t (*now)(void *user), void *user);
/* Unix ms, for what a person reads (run.started, reject.last); never for a deadline. */
int64_t store_wall(void);
bool store_is_dry(const struct store *store); /* a dry run's copy: loaders must not POST saves into its target */
/* Of the last failure: "var/dianchen.db: disk full". In done() of a job: why that one's group failed. */
const char *store_why(const struct store *store);

/* A job. Embedded in its owner; the owner keeps it until done() has run. */
struct store_job {
    struct store_job *next;
    /* On the store's thread, inside the transaction. May be called again after a rollback, so it must
     * not change its inputs. A negative return rolls back; the other jobs are then run without it. */
    int (*work)(struct store *store, struct store_job *job);
    /* On the loop's thread, after the commit: 0, or why nothing of it is in the store. */
    void (*done)(struct store_job *job, int error);
    int error; /* the store's own */
};
enum { STORE_GROUP_MAX = 64 /* jobs of one transaction */ };
int store_start(struct store *store, struct loop *loop,
                struct metrics *metrics) WARN_UNUSED;          /* store_seconds{op="commit"} */
void store_submit(struct store *store, struct store_job *job); /* loop's thread, after store_start */

/* Without a thread. */
int store_begin(struct store *store, bool write) WARN_UNUSED;
int store_end(struct store *store,
              int error) WARN_UNUSED; /* commits when error is 0, else rolls back; returns what counts */
struct sql *store_sql(struct store *store);
int store_many(struct store *store, const struct sql_call *call) WARN_UNUSED;
/* One execution. `text` as in sql_call; *changes (may be NULL) gets the rows changed. */
int store_run(struct store *store, const char *text, const struct sql_value *params, size_t count,
              int64_t *changes) WARN_UNUSED;
/* New ids for `count` records, one after the other. */
int store_ids(struct store *store, size_t count, int64_t *first) WARN_UNUSED;
/* The integers of the first row found, NULL read as 0; ERR_NOT_FOUND when there is no row. */
int store_integers(struct store *store, const char *text, const struct sql_value *params, size_t count, int64_t *out,
                   size_t wanted) WARN_UNUSED;

/* Moves house: all rows of a file's store into the PostgreSQL database of `to`, which holds no store yet or an empty one;
 * then retires the old one: nobody opens it any more, and who has it open begins no run in it. ERR_INPUT while a run is
 * open. *rows = how many. */
int store_copy(const char *from, const char *to, int64_t *rows, struct cause *cause) WARN_UNUSED;
/* Is this store retired? Then ERR_REFUSED, and store_why tells by what. In a transaction. */
int store_retired(struct store *store) WARN_UNUSED;

/* A consistent copy into the new file `path`, marked dry (see store_is_dry), with an id of its own and no open run.
 * Of a store that is not there yet the copy is empty. ERR_INPUT when `path` stands already. */
int store_copy_dry(const char *url, const char *path, struct cause *cause) WARN_UNUSED;

/* A consistent copy into the new file `path`, while others write; it appears there only when it is whole. ERR_NOT_FOUND
 * when there is no store, ERR_INPUT when `path` stands already. */
int store_backup(const char *url, const char *path, struct cause *cause) WARN_UNUSED;

#endif
