/* The inside of the PostgreSQL driver: the line to the server, always in pipeline mode, so that a whole call, however
 * many rows it has, is one round trip. */
#ifndef DIANCHEN_COMMON_POSTGRES_LINE_H
#define DIANCHEN_COMMON_POSTGRES_LINE_H

#include <postgresql/libpq-fe.h>

#include "common/sql.h"

struct statement {
    const char *text;
    size_t params; /* as many as it names */
    enum { BULK_UNTRIED, BULK_NEVER, BULK_READY } bulk;
    unsigned types[SQL_PARAMS]; /* of the parameters, once tried */
};

struct sql {
    PGconn *conn; /* NULL = lost */
    enum sql_access access;
    bool fresh;   /* connected anew since the last begin */
    bool reading; /* the open transaction only reads */
    bool leapt;   /* the server's clock did */
    bool told_lost;
    int64_t written;
    int64_t pause, next_try; /* ms, boot clock */
    /* The server's clock is this host's boot clock plus something from `behind` to `ahead` (ms), as told at `told`. */
    _Atomic int64_t behind, ahead;
    int64_t told;
    size_t statements;
    struct statement slots[SQL_STATEMENTS];
    char why[300];
    char shown[200]; /* the URL without user, password and options */
    char url[];      /* secret */
};

/* Gives the connection up; the next begin makes another. */
void pg_lose(struct sql *sql);
/* `why` becomes the first line of what libpq says. */
void pg_note(struct sql *sql, const char *message);
/* The error that a failed result means (NULL = the connection failed); `why` says it. May lose the connection. */
int pg_fail(struct sql *sql, const PGresult *result) WARN_UNUSED;
/* ERR_BUSY for what has no connection. */
int pg_gone(struct sql *sql) WARN_UNUSED;
/* 0 when libpq took everything, else the connection is lost. */
int pg_sent(struct sql *sql, int ok) WARN_UNUSED;
/* The results of all that was sent, up to the sync; each goes to call (may be NULL). After a failure the rest is only
 * taken off the line. */
int pg_drain(struct sql *sql, const struct sql_call *call) WARN_UNUSED;
/* A statement without parameters and without results that matter. */
int pg_run(struct sql *sql, const char *text) WARN_UNUSED;
int pg_many(struct sql *sql, const struct sql_call *call) WARN_UNUSED;

/* Many rows of an insert as one execution (postgres_bulk.c). `text` is that of the prepared statement `number`; sets its
 * `bulk`. */
int pg_bulk_prepare(struct sql *sql, size_t number, const char *text) WARN_UNUSED;
/* ERR_LIMIT when the rows do not fit one execution: nothing was sent. */
int pg_bulk_send(struct sql *sql, size_t number, const struct sql_call *call) WARN_UNUSED;

#endif
