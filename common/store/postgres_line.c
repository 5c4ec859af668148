#include "common/store/postgres_line.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>

enum {
    WAIT_SLICE = 200, /* ms between looks whether it is time to give up */
    TYPE_BYTEA = 17,  /* of pg_type.h, which never change */
    TYPE_INT8 = 20,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
};

/* ---- failures ---- */

void pg_lose(struct postgres *sql)
{
    pg_result_end(sql);
    PQfinish(sql->conn);
    sql->conn = NULL;
    sql->coming = false;
    sql->statements = 0;
    sql->id_left = 0;
}

/* One line of what libpq says, without its "ERROR:  " in front. */
void pg_note(struct postgres *sql, const char *message)
{
    static const char *const heads[] = {"ERROR:  ", "FATAL:  ", "PANIC:  "};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (strncmp(message, heads[i], strlen(heads[i])) == 0) {
            message += strlen(heads[i]);
        }
    }
    snprintf(sql->why, sizeof sql->why, "%s: %.*s", sql->shown, (int)strcspn(message, "\n"), message);
}

struct state_class {
    char state[6]; /* a SQLSTATE, or the first two letters of many */
    int error;
    bool lost; /* the session is of no use any more */
    const char *text;
};

#define POOLER                                                                                                         \
    "prepared statements get lost: a pooler in transaction mode is in between; connect to the server itself, or pool " \
    "sessions"

static const struct state_class classes[] = {
    {"40001", ERR_BUSY, false, "another connection was quicker"},
    {"40P01", ERR_BUSY, false, "another connection was quicker (deadlock)"},
    {"23505", ERR_BUSY, false, "another connection wrote the same row first"},
    {"55P03", ERR_BUSY, false, "another connection kept a lock for 10 s"},
    {"25P02", ERR_BUSY, false, "the transaction had failed before"},
    {"57014", ERR_BUSY, false, "the server cancelled a statement"},
    {"08", ERR_BUSY, true, NULL},
    {"57P", ERR_BUSY, true, NULL},
    {"25P03", ERR_BUSY, true, NULL},
    {"25006", ERR_BUSY, true, "the server takes no writes (a standby?)"},
    {"53300", ERR_BUSY, true, NULL},
    {"26000", ERR_IO, false, POOLER},
    {"42P05", ERR_IO, false, POOLER},
    {"53100", ERR_IO, false, "disk full at the server; free some space there"},
    {"53200", ERR_MEMORY, false, "out of memory at the server"},
};

int pg_fail(struct postgres *sql, const PGresult *result)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    pg_note(sql, result && PQresultErrorMessage(result)[0] ? PQresultErrorMessage(result) : PQerrorMessage(sql->conn));
    if (!state || PQstatus(sql->conn) == CONNECTION_BAD) { /* the server has said nothing: libpq speaks for itself */
        pg_lose(sql);
        return ERR_BUSY;
    }
    if (sql->reading && strcmp(state, "25006") == 0) {
        return ERR_IO; /* ours to blame, not a standby */
    }
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strncmp(state, classes[i].state, strlen(classes[i].state)) == 0) {
            if (classes[i].text) {
                snprintf(sql->why, sizeof sql->why, "%s: %s", sql->shown, classes[i].text);
            }
            if (classes[i].lost) {
                pg_lose(sql);
            }
            return classes[i].error;
        }
    }
    return ERR_IO;
}

int pg_gone(struct postgres *sql)
{
    snprintf(sql->why, sizeof sql->why, "%s: the connection was lost", sql->shown);
    return ERR_BUSY;
}

int pg_shared(struct postgres *sql)
{
    (void)snprintf(sql->why, sizeof sql->why, "%.150s: " POOLER, sql->shown);
    pg_lose(sql);
    return ERR_IO;
}

/* ---- results ---- */

static int value_read(struct postgres *sql, const PGresult *result, int row, int column, struct sql_value *out)
{
    if (PQgetisnull(result, row, column)) {
        *out = SQL_NOTHING;
        return 0;
    }
    const char *bytes = PQgetvalue(result, row, column);
    struct text text = {bytes, (size_t)PQgetlength(result, row, column)};
    uint64_t eight;
    uint32_t four;
    switch (PQftype(result, column)) {
    case TYPE_INT8:
        memcpy(&eight, bytes, sizeof eight);
        *out = SQL_INTEGER(be64toh(eight));
        return 0;
    case TYPE_INT4:
        memcpy(&four, bytes, sizeof four);
        *out = SQL_INTEGER((int32_t)be32toh(four));
        return 0;
    case TYPE_TEXT:
        *out = SQL_STRING(text);
        return 0;
    case TYPE_BYTEA:
        *out = SQL_BYTES(text);
        return 0;
    default:
        snprintf(sql->why, sizeof sql->why, "%s: column %s has a type that is not known here (%u)", sql->shown,
                 PQfname(result, column), PQftype(result, column));
        return ERR_IO;
    }
}

static int row_read(struct postgres *sql, struct sql_rows *rows)
{
    int count = PQnfields(sql->result) > SQL_COLUMNS ? SQL_COLUMNS : PQnfields(sql->result);
    int error = 0;
    for (int column = 0; !error && column < count; column++) {
        error = value_read(sql, sql->result, sql->tuple, column, &rows->columns[column]);
    }
    rows->row = sql->row;
    rows->count = (size_t)count;
    sql->tuple++;
    return error;
}

/* What a new result says besides its rows. */
static int result_judge(struct postgres *sql)
{
    ExecStatusType status = PQresultStatus(sql->result);
    if (status == PGRES_SINGLE_TUPLE) {
        return 0;
    }
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        return pg_fail(sql, sql->result);
    }
    /* "INSERT 0 1", "UPDATE 1"; of a SELECT it is the rows found, which nobody changed. */
    int64_t changes =
        strncmp(PQcmdStatus(sql->result), "SELECT", 6) != 0 ? (int64_t)strtoll(PQcmdTuples(sql->result), NULL, 10) : 0;
    sql->written += changes;
    if (sql->changes && sql->heads == 0) {
        sql->changes[sql->row] = changes;
    }
    return 0;
}

void pg_result_end(struct postgres *sql)
{
    PQclear(sql->result);
    sql->result = NULL;
}

/* Until a result can be had without waiting. False: it is time to give up, by the store's own limit or by `until` (boot
 * clock ms, 0 = none). To cancel what goes on at the server would need
 * another connection to a server that may be silent: it notices that this one ends (client_connection_check_interval). */
static bool result_await(struct postgres *sql, int64_t until)
{
    while (PQisBusy(sql->conn)) {
        struct pollfd line = {.fd = PQsocket(sql->conn), .events = POLLIN};
        int got = poll(&line, 1, WAIT_SLICE);
        if (got > 0 && !PQconsumeInput(sql->conn)) {
            return true; /* PQgetResult tells why */
        }
        if (got <= 0 && (sql_gives_up(&sql->base) || (until > 0 && clock_ms() >= until))) {
            return false;
        }
    }
    return true;
}

static int late(struct postgres *sql)
{
    snprintf(sql->why, sizeof sql->why, "%s: the server did not answer in time", sql->shown);
    pg_lose(sql);
    return ERR_BUSY;
}

int pg_result(struct postgres *sql)
{
    pg_result_end(sql);
    while (sql->coming && sql->conn) {
        if (!result_await(sql, 0)) {
            return late(sql);
        }
        PGresult *result = PQgetResult(sql->conn);
        if (!result) {
            /* The end of one execution; twice: nothing comes any more, not even the sync. */
            if (sql->nothing || PQstatus(sql->conn) == CONNECTION_BAD) {
                pg_lose(sql);
                return sql->error ? sql->error : pg_gone(sql);
            }
            sql->nothing = true;
            sql->row += sql->heads == 0;
            sql->heads -= sql->heads > 0;
            continue;
        }
        sql->nothing = false;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            break;
        }
        sql->result = result;
        sql->tuple = 0;
        return 1;
    }
    sql->coming = false;
    return 0;
}

/* After a failure the rest is only taken off the line. */
int pg_next(struct postgres *sql, struct sql_rows *rows)
{
    for (;;) {
        if (rows && sql->result && !sql->error && sql->tuple < PQntuples(sql->result)) {
            sql->error = row_read(sql, rows);
            if (!sql->error) {
                return 1;
            }
        }
        int got = pg_result(sql);
        if (got > 0 && !sql->error) {
            sql->error = result_judge(sql);
        } else if (got < 0) {
            sql->error = got;
        }
        if (got <= 0) {
            return sql->error;
        }
    }
}

int pg_sent(struct postgres *sql, int ok)
{
    sql->error = 0;
    sql->heads = 0;
    sql->row = 0;
    sql->nothing = false;
    sql->changes = NULL;
    sql->coming = ok != 0;
    if (ok) {
        return 0;
    }
    /* What can't even be sent leaves the line in no state to go on with. */
    pg_note(sql, PQerrorMessage(sql->conn));
    pg_lose(sql);
    return ERR_BUSY;
}

int pg_script(struct postgres *sql, const char *text, int64_t most)
{
    int64_t until = most > 0 ? clock_ms() + most : 0;
    int error = PQsendQuery(sql->conn, text) ? 0 : pg_fail(sql, NULL);
    while (sql->conn) {
        if (!result_await(sql, until)) {
            return late(sql);
        }
        PGresult *result = PQgetResult(sql->conn);
        ExecStatusType status = PQresultStatus(result);
        if (!result) {
            break;
        }
        if (!error && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            error = pg_fail(sql, result);
        }
        PQclear(result);
    }
    return error;
}

int pg_run(struct postgres *sql, const char *text)
{
    if (!sql->conn) {
        return pg_gone(sql);
    }
    int error =
        pg_sent(sql, PQsendQueryParams(sql->conn, text, 0, NULL, NULL, NULL, NULL, 1) && PQpipelineSync(sql->conn));
    return error ? error : pg_next(sql, NULL);
}
