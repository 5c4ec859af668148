/* The store keeps runs and pages (written by extractors), records and rejects (written by loaders): in one SQLite file
 * (WAL, synchronous=FULL, mode 0600), or in a PostgreSQL database that several hosts share.
 *
 * A thread of the store takes all jobs that wait, runs them in ONE write transaction (a group commit), and hands them
 * back to the loop after the commit. The nouns (run.h, ledger.h, reject.h, shared_api.h, ...) are functions over
 * `struct store *`. Call them inside a job's work(), or between store_begin and store_end (dianchen, tests).
 *
 * Functions that return int return 0 or a code: ERR_BUSY (try again later), ERR_MEMORY, ERR_IO, and what their comment
 * names. Deadlines are struct store_ms, on the store's clock. */
#ifndef DIANCHEN_COMMON_STORE_STORE_H
#define DIANCHEN_COMMON_STORE_STORE_H

#include "common/base/error.h"
#include "common/loop/loop.h"
#include "common/store/sql.h"

struct store;
struct metrics;

/* Opens "sqlite:PATH" or "postgresql://…". Creates the file (0600) and its folder, migrates an older schema, recovers
 * from an unclean end, and after a reboot moves deadlines that stand on the old boot's clock. *out is the caller's:
 * store_close. ERR_INPUT with path and cure: no such folder, not writable, not a database, a newer schema. */
int store_open(const char *url, struct store **out, struct cause *cause) WARN_UNUSED;
/* Opens for reading only; creates and changes nothing, and works while others write. ERR_NOT_FOUND: there is no store
 * yet. ERR_STALE: an older dianchen made it (store_open migrates it). */
int store_open_reader(const char *url, struct store **out, struct cause *cause) WARN_UNUSED;
/* Closes and frees. Call it on the loop's thread when the loop no longer runs. Jobs that were submitted before are
 * still worked on, and their done() is called from here. A job that such a done() submits is dropped: neither its
 * work() nor its done() is called. */
void store_close(struct store **closing);

/* The part of a store's URL that may be shown to a person: all of it for a file, else its kind alone. Points into
 * `url`. */
struct text store_shown(const char *url);

const char *store_id(const struct store *store); /* 32 hex digits, goes into HELLO */
/* The store's clock in milliseconds; every deadline in the store is on it. SQLite: CLOCK_BOOTTIME. PostgreSQL: the
 * server's clock as this host knows it, never ahead of it: a deadline that has passed here has passed there. Any
 * thread. */
struct store_ms store_now(const struct store *store);
/* The moment on the loop's clock until which `at` has certainly not come: for work that must end before `at`. Any
 * thread. */
struct loop_ms store_deadline(const struct store *store, struct store_ms at);
/* Another clock, for tests and simulations; before store_start. NULL = the real one. */
void store_set_clock(struct store *store, int64_t (*now)(void *user), void *user);
/* How often the store's clock was set since it was opened. After a change, remembered store_ms mean nothing. Any
 * thread. */
unsigned store_clock_sets(const struct store *store);
/* Unix ms, for what a person reads (run.started, reject.last); never for a deadline. */
int64_t store_wall(void);
bool store_is_dry(const struct store *store); /* a dry run's copy: loaders must not POST saves into its target */
/* The reason of the last failure, for a person: "var/dianchen.db: disk full". In done() of a job: why its transaction
 * failed, or the error's own words ("not found") where the database has said nothing.
 * Never NULL; valid until the next call. */
const char *store_why(const struct store *store);

/* A job. Embedded in its owner; the owner keeps it until done() has run. */
struct store_job {
    struct store_job *next;
    /* On the store's thread, inside the transaction. May be called again after a rollback, so it must
     * not change its inputs. A negative return rolls back; the other jobs are then run without it. */
    int (*work)(struct store *store, struct store_job *job);
    /* On the loop's thread, after the commit: 0, or why nothing of it is in the store. */
    void (*done)(struct store_job *job, int error);
    /* Jobs of one transaction are worked on in this order, so that all transactions lock in one (ledger.h). */
    enum store_order {
        STORE_LEDGER,  /* the ledger, runs and pages */
        STORE_READING, /* what stands in the target */
        STORE_LOGIN,
        STORE_PACE,
        STORE_ALERT,
    } order;
    bool first;          /* STORE_LEDGER: it locks its run alone, and so goes before those that share it */
    bool alone;          /* it needs a transaction of its own: its locks keep another order */
    struct scope *scope; /* the store's: work() and done() are called in it */
    int error;           /* the store's own */
};
enum { STORE_GROUP_MAX = 64 /* jobs of one transaction */ };
/* Starts the store's thread; its commits count in store_seconds{op="commit"}. Loop's thread, once. ERR_MEMORY: no
 * thread. */
int store_start(struct store *store, struct loop *loop, struct metrics *metrics) WARN_UNUSED;
void store_submit(struct store *store, struct store_job *job); /* loop's thread, after store_start */
/* Limits waiting, before a stop: from `ms` after this call on, whatever waits for a lock or for the server fails with
 * ERR_BUSY. store_close does the same with STORE_LEAVE. Any thread. */
enum { STORE_LEAVE = 1000 };
void store_hurry(struct store *store, int64_t ms);
/* Has the transaction under way gone on for STORE_SLOW? Where that is so, and when it is over, the log says it once.
 * Loop's thread. */
enum { STORE_SLOW = 10000 /* ms */ };
bool store_hangs(struct store *store);

/* Is it a server's, which works on statements of several writers at once? */
bool store_has_server(const struct store *store);
/* Notes that claims may hold for `ms`: after the store's clock was set, each open claim gets the longest time that was ever noted
 * (a minute at least). In a write transaction. */
int store_claim_note(struct store *store, int64_t ms) WARN_UNUSED;
/* Without the store's thread (dianchen, tests): a transaction of one's own, ended by store_end. */
int store_begin(struct store *store, bool write) WARN_UNUSED;
int store_end(struct store *store,
              int error) WARN_UNUSED; /* commits when error is 0, else rolls back; returns what counts */
/* A write transaction with work() in it, and again where the server's reply got lost: done twice, work() must do no harm. After
 * an error store_why() is empty where it is one of work() itself. */
int store_insist(struct store *store, int (*work)(struct store *store, void *user), void *user) WARN_UNUSED;
/* Executes all of a call; rows that it finds are ignored. */
int store_many(struct store *store, const struct sql_call *call) WARN_UNUSED;
/* One execution of `text`, a literal, with `count` values; *changes (may be NULL) gets the rows changed. */
int store_run(struct store *store, const char *text, const struct sql_value *values, size_t count,
              int64_t *changes) WARN_UNUSED;
/* What a call finds, row by row. Nothing else is asked of the store before store_found, which ends it in any case:
 *
 *     struct sql_rows rows;
 *     store_ask(store, "select no from page where run = $1", &run, 1, &rows);
 *     while (store_next(&rows)) {
 *         sum += rows.columns[0].integer;
 *     }
 *     int error = store_found(&rows);
 */
void store_find(struct store *store, const struct sql_call *call, struct sql_rows *rows);
void store_ask(struct store *store, const char *text, const struct sql_value *values, size_t count,
               struct sql_rows *rows); /* store_find with one execution */
bool store_next(struct sql_rows *rows);
int store_found(struct sql_rows *rows) WARN_UNUSED; /* 0, or the first error of the call */
/* New ids for `count` records, one after the other. */
int store_ids(struct store *store, size_t count, int64_t *first) WARN_UNUSED;
/* The integers of the first row found, NULL read as 0; ERR_NOT_FOUND when there is no row. */
int store_integers(struct store *store, const char *text, const struct sql_value *values, size_t count, int64_t *out,
                   size_t wanted) WARN_UNUSED;

/* How the database may lose a commit that it has confirmed, with the cure; "" = in no way that it tells. In a
 * transaction. */
enum { STORE_RISK_MAX = SQL_RISK_MAX };
int store_risk(struct store *store, char out[static STORE_RISK_MAX]) WARN_UNUSED;

/* Copies all rows of a file's store into the PostgreSQL database `to`, which must hold no store or an empty one; then
 * retires the old store: it can't be opened any more, and who has it open begins no run. *rows = how many were copied.
 * ERR_INPUT while a run is open. */
int store_copy(const char *from, const char *to, int64_t *rows, struct cause *cause) WARN_UNUSED;
/* 0, or ERR_REFUSED when this store was retired by store_copy; store_why then names the new store. In a transaction. */
int store_retired(struct store *store) WARN_UNUSED;

/* A consistent copy into the new file `path`, marked dry (see store_is_dry), with an id of its own and no open run.
 * Of a store that is not there yet the copy is empty. ERR_INPUT when `path` stands already. */
int store_copy_dry(const char *url, const char *path, struct cause *cause) WARN_UNUSED;

/* A consistent copy into the new file `path`, while others write; it appears there only when it is whole. ERR_NOT_FOUND
 * when there is no store, ERR_INPUT when `path` stands already. */
int store_backup(const char *url, const char *path, struct cause *cause) WARN_UNUSED;

#endif
