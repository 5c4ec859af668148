/* The interface between the store and a database driver. SQL stands in the nouns (run, ledger, reject, ...) and is written once
 * for SQLite and PostgreSQL; parameters are $1, $2… in order of first appearance. A driver prepares, binds and steps. A call
 * names all its executions at once: the PostgreSQL driver sends them in one round trip, SQLite loops. One thread at a time.
 *
 * SQLite has one writer at a time. PostgreSQL has many, and each statement sees what others have committed before it. So a
 * transaction locks the rows that it reads and then writes: SQL_FOR_UPDATE and the like are comments that only the PostgreSQL
 * driver turns into SQL. Where two writers take the same locks in opposite orders, or insert the same row, one gets ERR_BUSY. */
#ifndef DIANCHEN_COMMON_STORE_SQL_H
#define DIANCHEN_COMMON_STORE_SQL_H

#include <stdatomic.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/text.h"

struct sql_driver;
struct sql { /* a connection: the first member of the driver's own struct */
    const struct sql_driver *driver;
    const char *place; /* where the database is, for a person; no secrets */
    const char *why;   /* of the last failure; no secrets */
    /* Boot clock ms: what waits for the database from then on gives up with ERR_BUSY; 0 = never. Set by any thread. */
    _Atomic int64_t give_up;
};
/* Is it time to give up waiting? */
static inline bool sql_gives_up(struct sql *sql)
{
    int64_t at = atomic_load(&sql->give_up);
    return at != 0 && clock_ms() >= at;
}

struct sql_value {
    enum { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB } kind;
    int64_t integer;
    struct text text; /* of a column: valid until the next sql_next */
};
#define SQL_INTEGER(n) ((struct sql_value){.kind = SQL_INT, .integer = (int64_t)(n)})
#define SQL_STRING(t) ((struct sql_value){.kind = SQL_TEXT, .text = (t)})
#define SQL_BYTES(t) ((struct sql_value){.kind = SQL_BLOB, .text = (t)})
#define SQL_NOTHING ((struct sql_value){.kind = SQL_NULL})

/* A query that goes from a few rows (the pairs) to single ones among many (the records) by their index says "pair p CROSS JOIN
 * record r WHERE r.pair = p.id AND …": SQLite, which does not know how large tables are, keeps that order. Otherwise it may read
 * all records to find their pair. tests/unit/test_store_plans.c looks for that. */
#define SQL_FOR_UPDATE "/*! for update !*/"
/* Keeps a row from being deleted, or locked by SQL_FOR_UPDATE; its other columns may be updated meanwhile. */
#define SQL_FOR_KEY_SHARE "/*! for key share !*/"
/* In a list of columns: a lock on what a text names, not on a row. One transaction alone has it, or several share it. */
#define SQL_LOCK_ALONE(param) "/*! , pg_advisory_xact_lock(hashtextextended(" param ", 7234017283807667301))::text !*/"
#define SQL_LOCK_SHARED(param)                                                                                         \
    "/*! , pg_advisory_xact_lock_shared(hashtextextended(" param ", 7234017283807667301))::text !*/"
#define SQL_SKIP_LOCKED "/*! for update skip locked !*/"
/* At the head of a statement that finds its few rows by an index, whatever its values are: PostgreSQL plans it once. Without
 * this mark each execution is planned with its values. */
#define SQL_BY_INDEX "/* by index */ "

enum { SQL_PARAMS = 32, SQL_COLUMNS = 40, SQL_STATEMENTS = 160, SQL_LIFE_MAX = 120, SQL_RISK_MAX = 300 };

struct sql_call {
    const char *text; /* one statement; a literal (prepared once per connection, found by address) */
    const struct sql_value
        *values;      /* rows × params: those of execution 0, then those of 1, …; they live until its end */
    size_t params;    /* of each execution: all that the statement names, <= SQL_PARAMS */
    size_t rows;      /* how often it is executed; 0 = nothing is done */
    int64_t *changes; /* [rows] out: rows that each execution changed; NULL = not wanted */
};

/* The rows that a call finds, one at a time. */
struct sql_rows {
    struct sql *sql;
    int error;
    size_t row;   /* the execution that found it */
    size_t count; /* columns */
    struct sql_value columns[SQL_COLUMNS];
};

enum sql_access {
    SQL_WRITER, /* makes the database when there is none */
    SQL_READER, /* never writes; ERR_NOT_FOUND when there is none */
};

/* What begin may tell of a database elsewhere. */
enum sql_news {
    SQL_BEGUN_ANEW = 1,  /* on a new connection: is it still the same database? */
    SQL_CLOCK_LEAPT = 2, /* its clock was set: deadlines may seem to be over that are not */
};

/* Everything returns 0 or ERR_BUSY (a lock was not had in 10 s, another writer was quicker, or the connection is lost:
 * then a commit may have been done or not), ERR_MEMORY, ERR_IO (all else; see `why`). */
struct sql_driver {
    /* Also ERR_INPUT, ERR_NOT_FOUND; ERR_BUSY, with a cause, where trying again soon may help. */
    int (*open)(const char *url, enum sql_access access, struct sql **out, struct cause *cause);
    void (*close)(struct sql **sql);
    int (*begin)(struct sql *sql, bool write); /* also sql_news; connects again, patiently, what was lost */
    int (*commit)(struct sql *sql);            /* on failure nothing is stored and no transaction is open */
    void (*rollback)(struct sql *sql);
    /* Executes all of a call; what it finds is not looked at. */
    int (*many)(struct sql *sql, const struct sql_call *call);
    /* The same, row by row: find begins it, next gives a row (1), none any more (0) or an error, and stop ends it, early
     * too; executions that are not reached may be done nevertheless. One at a time, and no other call meanwhile. */
    int (*find)(struct sql *sql, const struct sql_call *call);
    int (*next)(struct sql *sql, struct sql_rows *rows);
    int (*stop)(struct sql *sql);
    /* Several statements without parameters, separated by ';', in SQLite's dialect: schemas. Inside the open transaction. */
    int (*script)(struct sql *sql, const char *text);
    /* Grows with every row written; -1 once the transaction can only be rolled back. */
    int64_t (*written)(struct sql *sql);
    /* `count` ids (at most LEDGER_ROWS_MAX) in a row that no record has and no other transaction gets. */
    int (*ids)(struct sql *sql, size_t count, int64_t *first);
    /* After rows were inserted with given ids: new ids continue behind them. NULL: they do so anyway. */
    int (*ids_after)(struct sql *sql);
    /* The database's clock, on which all deadlines stand: unix ms, at this moment between *earliest and *latest. Any thread.
     * NULL: the clock is this host's boot clock. */
    void (*now)(const struct sql *sql, int64_t *earliest, int64_t *latest);
    /* After ERR_BUSY of open: does a server answer that only takes no connection now? NULL: the database has no server. */
    bool (*answers)(const char *url);
    /* A word that changes when the database is copied or restored to an earlier state: its place, and behind a '/', where there is
     * one, what tells two states at this place apart. `anew`: from now on that is another, so that a copy made before, and put
     * back, is known by it. In a write transaction. */
    int (*life)(struct sql *sql, bool anew, char out[static SQL_LIFE_MAX]);
    /* How the database may lose a commit that it confirmed, with the cure; "" = in no way that it knows of. In a transaction.
     * NULL: in no way. */
    int (*risk)(struct sql *sql, char out[static SQL_RISK_MAX]);
    /* A consistent copy of the whole database into the new file `path`, with the life "copy". ERR_INPUT when that stands
     * already. NULL: not in this way. */
    int (*copy)(struct sql *sql, const char *path, struct cause *cause);
};
extern const struct sql_driver sqlite_driver, postgres_driver;

#endif
