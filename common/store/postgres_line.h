/* The inside of the PostgreSQL driver: a session with the server, always in pipeline mode, so that a whole call,
 * however many rows it has, is one round trip. */
#ifndef DIANCHEN_COMMON_STORE_POSTGRES_LINE_H
#define DIANCHEN_COMMON_STORE_POSTGRES_LINE_H

#include <postgresql/libpq-fe.h>

#include "common/store/postgres_way.h"
#include "common/store/sql.h"

struct postgres_statement {
    const char *text;
    size_t params; /* as many as it names */
    bool by_index; /* planned once (SQL_BY_INDEX) */
    enum { BULK_UNTRIED, BULK_NEVER, BULK_READY } bulk;
    unsigned types[SQL_PARAMS]; /* of the parameters, once tried */
};

struct postgres {
    struct sql base;
    PGconn *conn; /* NULL = lost */
    enum sql_access access;
    char session[20]; /* its name */
    bool fresh;       /* connected anew since the last begin */
    bool reading;     /* the open transaction only reads */
    bool leapt;       /* the server's clock did */
    bool told_lost;
    bool by_index;   /* the session plans once, for the rest of the transaction */
    unsigned begun;  /* transactions since plans were made anew */
    int64_t id_next; /* of the block of ids that is this session's */
    size_t id_left;
    int64_t written;
    int64_t pause, next_try; /* ms, boot clock */
    /* The server's clock is this host's boot clock plus something from `behind` to `ahead` (ms), as told at `told`. */
    _Atomic int64_t behind, ahead;
    int64_t told;
    /* The results that are still to come, and the one at hand. */
    bool coming, nothing;
    int error; /* the first one among them */
    PGresult *result;
    int tuple;        /* of `result`, the next one */
    size_t heads;     /* results that come before those of the call */
    size_t row;       /* the execution that it is of */
    int64_t *changes; /* as in sql_call */
    size_t statements;
    struct postgres_statement slots[SQL_STATEMENTS];
    struct pg_way way;
    char why[300];
    char shown[200]; /* the URL without user, password and options */
    char url[];      /* secret */
};

static inline struct postgres *postgres_of(struct sql *sql)
{
    return (struct postgres *)sql;
}

/* Closes the connection; the next begin makes another. */
void pg_lose(struct postgres *sql);
/* `why` becomes the first line of what libpq says. */
void pg_note(struct postgres *sql, const char *message);
/* The error that a failed result means (NULL = the connection failed); `why` says it. May lose the connection. */
int pg_fail(struct postgres *sql, const PGresult *result) WARN_UNUSED;
/* ERR_IO: the session is not this connection's own, so what was prepared in it may be another's. Loses the connection. */
int pg_shared(struct postgres *sql) WARN_UNUSED;
/* ERR_BUSY, for a call without a connection. */
int pg_gone(struct postgres *sql) WARN_UNUSED;
/* After something was sent, up to a sync: 0 when libpq took everything, and then its results are to come; else the
 * connection is lost. */
int pg_sent(struct postgres *sql, int ok) WARN_UNUSED;
/* The next result, in sql->result until pg_result_end: 1, 0 when there is none any more, or an error. */
int pg_result(struct postgres *sql) WARN_UNUSED;
void pg_result_end(struct postgres *sql);
/* Gives the next row of all results: 1, or at the end 0 or the first error among them. `rows` NULL skips all rows. */
int pg_next(struct postgres *sql, struct sql_rows *rows) WARN_UNUSED;
/* Several statements in one text, outside the pipeline. After `most` ms (0 = never) without their end it is given up
 * and the connection is lost: ERR_BUSY. */
int pg_script(struct postgres *sql, const char *text, int64_t most) WARN_UNUSED;
/* A statement without parameters and without results that matter. */
int pg_run(struct postgres *sql, const char *text) WARN_UNUSED;

#endif
