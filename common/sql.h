/* The narrow waist between the store's nouns (run, ledger, reject, api, book) and a database.
 * All SQL stands in those nouns, written once for SQLite and PostgreSQL ($1, $2… in order of first
 * appearance). A driver only prepares, binds and steps; sql_many is what lets a PostgreSQL driver
 * pipeline a whole batch in one round trip where SQLite simply loops. One thread at a time. */
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

enum { SQL_PARAMS = 24, SQL_COLUMNS = 32, SQL_STATEMENTS = 128 };

struct sql_call {
    const char *text; /* one statement; a literal (prepared once per connection, found by address) */
    size_t rows;      /* how often it is executed */
    size_t params;    /* parameters of each execution: all that the statement names, <= SQL_PARAMS */
    /* Fills the parameters of execution `row`; pointed-to bytes live until sql_many returns. */
    void (*bind)(void *user, size_t row, struct sql_value *params);
    /* For each result row of execution `row` (at most SQL_COLUMNS columns); may be NULL. Return 0 to go on; a negative
     * value ends the call with it, a positive one ends the call with 0. It may not call `many` with the same text. */
    int (*found)(void *user, size_t row, const struct sql_value *columns, size_t count);
    /* After execution `row`: rows changed by it; may be NULL. */
    void (*changed)(void *user, size_t row, int64_t changes);
    void *user;
};

enum sql_access {
    SQL_WRITER, /* makes the database when there is none */
    SQL_READER, /* never writes; ERR_NOT_FOUND when there is none */
};

/* Everything returns 0 or ERR_BUSY (a lock was not had in 10 s), ERR_MEMORY, ERR_IO (all else; see `why`). */
struct sql_driver {
    int (*open)(const char *url, enum sql_access access, struct sql **out, struct cause *cause); /* also ERR_INPUT */
    void (*close)(struct sql **sql);
    int (*begin)(struct sql *sql, bool write);
    int (*commit)(struct sql *sql); /* on failure nothing is stored and no transaction is open */
    void (*rollback)(struct sql *sql);
    int (*many)(struct sql *sql, const struct sql_call *call);
    /* Several statements without parameters, parted by ';': schemas. Inside the open transaction. */
    int (*script)(struct sql *sql, const char *text);
    /* Grows with every row written; -1 once the transaction can only be rolled back. */
    int64_t (*written)(struct sql *sql);
    /* A consistent copy of the whole database into the new file `path`. ERR_INPUT when that stands already. */
    int (*copy)(struct sql *sql, const char *path, struct cause *cause);
    const char *(*why)(struct sql *sql); /* of the last failure; no secrets */
};
extern const struct sql_driver sqlite_driver;

#endif
