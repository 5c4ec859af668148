/* The inside of the SQLite driver: a connection, its prepared statements, and calls of sql.h on them. */
#ifndef DIANCHEN_COMMON_STORE_SQLITE_CALL_H
#define DIANCHEN_COMMON_STORE_SQLITE_CALL_H

#include <sqlite3.h>

#include "common/store/sql.h"
#include "common/store/turn.h"

enum {
    SQLITE_WAIT = 10000, /* ms for a lock */
    SQLITE_SLOTS = 2 * SQL_STATEMENTS,
};

struct sqlite_statement {
    const char *text;
    sqlite3_stmt *stmt;
    size_t params;             /* that it has */
    uint8_t place[SQL_PARAMS]; /* SQLite's parameter i + 1 is $(place[i] + 1) */
    bool writes;
};

struct sqlite {
    struct sql base;
    sqlite3 *db;
    int64_t wait_from; /* ms, when the wait for a lock began */
    int64_t wait_most; /* ms */
    int log_pages;     /* of the log, as of the last commit */
    int64_t cut_next;  /* ms, boot clock: when the log may be cut again */
    struct turn turn;
    bool writing;
    size_t statements;
    struct sqlite_statement slots[SQLITE_SLOTS]; /* open addressing by the literal's address */
    struct sql_call call;                        /* the one under way */
    struct sqlite_statement *statement;
    size_t row;    /* its execution */
    bool stepping; /* that one has begun */
    char why[300];
    char path[];
};

static inline struct sqlite *sqlite_of(struct sql *sql)
{
    return (struct sqlite *)sql;
}

/* The error of a result code of SQLite; `why` says it. */
int sqlite_fail(struct sqlite *sql, int code);
/* As the functions of sql_driver; `rows` NULL: what is found is passed over. */
int sqlite_find(struct sqlite *sql, const struct sql_call *call) WARN_UNUSED;
int sqlite_next(struct sqlite *sql, struct sql_rows *rows) WARN_UNUSED;
int sqlite_stop(struct sqlite *sql);
int sqlite_run(struct sqlite *sql, const struct sql_call *call) WARN_UNUSED;

#endif
