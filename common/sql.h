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

enum { SQL_PARAMS = 24 };

struct sql_call {
    const char *text; /* one statement; a literal (prepared once per connection, found by address) */
    size_t rows;      /* how often it is executed */
    size_t params;    /* parameters of each execution, <= SQL_PARAMS */
    /* Fills the parameters of execution `row`; pointed-to bytes live until sql_many returns. */
    void (*bind)(void *user, size_t row, struct sql_value *params);
    /* For each result row of execution `row`; may be NULL. Return 0 to go on. */
    int (*found)(void *user, size_t row, const struct sql_value *columns, size_t count);
    /* After execution `row`: rows changed by it; may be NULL. */
    void (*changed)(void *user, size_t row, int64_t changes);
    void *user;
};

struct sql_driver {
    int (*open)(const char *url, struct sql **out, struct cause *cause);
    void (*close)(struct sql **sql);
    int (*begin)(struct sql *sql, bool write); /* ERR_BUSY when the lock was not had in 10 s */
    int (*commit)(struct sql *sql);
    void (*rollback)(struct sql *sql);
    int (*many)(struct sql *sql, const struct sql_call *call);
    const char *(*why)(struct sql *sql); /* of the last failure; no secrets */
};
extern const struct sql_driver sqlite_driver;

#endif
