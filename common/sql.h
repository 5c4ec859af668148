/* The narrow waist between the store's nouns (run, ledger, reject, api, book) and a database.
 * All SQL stands in those nouns, written once for SQLite and PostgreSQL ($1, $2… in order of first
 * appearance). A driver only prepares, binds and steps; sql_many is what lets a PostgreSQL driver
 * pipeline a whole batch in one round trip where SQLite simply loops. One thread at a time.
 *
 * SQLite has one writer at a time; PostgreSQL has many, which see each other's commits from one statement to the next.
 * What one transaction must not lose to another it locks: SQL_FOR_UPDATE and the like, at the end of a select, are
 * comments that only PostgreSQL opens. Two writers that want the same locks the other way round, or insert the same
 * row, end with ERR_BUSY for one of them. */
#ifndef DIANCHEN_COMMON_SQL_H
#define DIANCHEN_COMMON_SQL_H

#include "common/error.h"
#include "common/text.h"

struct sql; /* a connection */

struct sql_value {
    enum { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB } kind;
    int64_t integer;
    struct text text; /* of a column: valid during the callback only */
};
#define SQL_INTEGER(n) ((struct sql_value){.kind = SQL_INT, .integer = (int64_t)(n)})
#define SQL_STRING(t) ((struct sql_value){.kind = SQL_TEXT, .text = (t)})
#define SQL_BYTES(t) ((struct sql_value){.kind = SQL_BLOB, .text = (t)})
#define SQL_NOTHING ((struct sql_value){.kind = SQL_NULL})

#define SQL_FOR_UPDATE "/*! for update !*/"
#define SQL_FOR_SHARE "/*! for share !*/"
#define SQL_SKIP_LOCKED "/*! for update skip locked !*/"

enum { SQL_PARAMS = 24, SQL_COLUMNS = 32, SQL_STATEMENTS = 128 };

struct sql_call {
    const char *text; /* one statement; a literal (prepared once per connection, found by address) */
    size_t rows;      /* how often it is executed */
    size_t params;    /* parameters of each execution: all that the statement names, <= SQL_PARAMS */
    /* Fills the parameters of execution `row`; pointed-to bytes live until sql_many returns. */
    void (*bind)(void *user, size_t row, struct sql_value *params);
    /* For each result row of execution `row` (at most SQL_COLUMNS columns); may be NULL. Return 0 to go on; a negative
     * value ends the call with it, a positive one ends the call with 0; later executions may be done nevertheless. It
     * may not call `many`. */
    int (*found)(void *user, size_t row, const struct sql_value *columns, size_t count);
    /* After execution `row`: rows changed by it; may be NULL. */
    void (*changed)(void *user, size_t row, int64_t changes);
    void *user;
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
    int (*open)(const char *url, enum sql_access access, struct sql **out, struct cause *cause); /* also ERR_INPUT */
    void (*close)(struct sql **sql);
    int (*begin)(struct sql *sql, bool write); /* also sql_news; connects again, patiently, what was lost */
    int (*commit)(struct sql *sql);            /* on failure nothing is stored and no transaction is open */
    void (*rollback)(struct sql *sql);
    int (*many)(struct sql *sql, const struct sql_call *call);
    /* Several statements without parameters, parted by ';': schemas, in SQLite's words. Inside the open transaction. */
    int (*script)(struct sql *sql, const char *text);
    /* Grows with every row written; -1 once the transaction can only be rolled back. */
    int64_t (*written)(struct sql *sql);
    /* `count` ids (at most LEDGER_ROWS_MAX) in a row that no record has and no other transaction gets. */
    int (*ids)(struct sql *sql, size_t count, int64_t *first);
    /* Rows came with ids of their own: new ids go on behind them. NULL: they do so anyway. */
    int (*ids_after)(struct sql *sql);
    /* The database's own clock, on which all deadlines are: unix ms, between these two at this moment. Any thread. NULL:
     * its clock is this host's boot clock. */
    void (*now)(const struct sql *sql, int64_t *earliest, int64_t *latest);
    /* A consistent copy of the whole database into the new file `path`. ERR_INPUT when that stands already. NULL: not
     * in this way. */
    int (*copy)(struct sql *sql, const char *path, struct cause *cause);
    const char *(*why)(struct sql *sql);   /* of the last failure; no secrets */
    const char *(*place)(struct sql *sql); /* where the database is, for a person; no secrets */
};
extern const struct sql_driver sqlite_driver, postgres_driver;

#endif
