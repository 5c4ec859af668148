#include "common/postgres_line.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_LIMIT = 4000, /* of a statement */
    BULK_LEAST = 4,    /* rows */
    TYPE_BYTEA = 17,   /* of pg_type.h, which never change */
    TYPE_INT8 = 20,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
};

/* ---- failures ---- */

void pg_lose(struct sql *sql)
{
    PQfinish(sql->conn);
    sql->conn = NULL;
    sql->statements = 0;
}

/* One line of what libpq says, without its "ERROR:  " in front. */
void pg_note(struct sql *sql, const char *message)
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
    {"53100", ERR_IO, false, "disk full at the server"},
    {"53200", ERR_MEMORY, false, "out of memory at the server"},
};

int pg_fail(struct sql *sql, const PGresult *result)
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

int pg_gone(struct sql *sql)
{
    snprintf(sql->why, sizeof sql->why, "%s: the connection was lost", sql->shown);
    return ERR_BUSY;
}

/* ---- results ---- */

static int value_read(struct sql *sql, const PGresult *result, int row, int column, struct sql_value *out)
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

static int rows_found(struct sql *sql, const struct sql_call *call, size_t row, const PGresult *result)
{
    struct sql_value columns[SQL_COLUMNS];
    int count = PQnfields(result) > SQL_COLUMNS ? SQL_COLUMNS : PQnfields(result);
    int error = 0;
    for (int i = 0; !error && i < PQntuples(result); i++) {
        for (int column = 0; !error && column < count; column++) {
            error = value_read(sql, result, i, column, &columns[column]);
        }
        error = error ? error : call->found(call->user, row, columns, (size_t)count);
    }
    return error;
}

/* One result of execution `row`. 0, an error, or 1: found() has had enough. */
static int take(struct sql *sql, const struct sql_call *call, size_t row, const PGresult *result)
{
    int64_t changes = 0;
    int error = 0;
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
        if (call && call->found) {
            error = rows_found(sql, call, row, result);
        }
        break;
    case PGRES_COMMAND_OK:
        break;
    default:
        return pg_fail(sql, result);
    }
    /* "INSERT 0 1", "UPDATE 1"; of a SELECT it is the rows found, which nobody changed. */
    if (!error && PQresultStatus(result) != PGRES_SINGLE_TUPLE &&
        strncmp(PQcmdStatus((PGresult *)result), "SELECT", 6) != 0) {
        changes = strtoll(PQcmdTuples((PGresult *)result), NULL, 10);
    }
    sql->written += changes;
    if (!error && call && call->changed && PQresultStatus(result) != PGRES_SINGLE_TUPLE) {
        call->changed(call->user, row, changes);
    }
    return error;
}

int pg_drain(struct sql *sql, const struct sql_call *call)
{
    int error = 0;
    bool nothing = false;
    for (size_t row = 0; sql->conn;) {
        PGresult *result = PQgetResult(sql->conn);
        if (!result) {
            /* The end of one execution; twice: nothing comes any more, not even the sync. */
            if (nothing || PQstatus(sql->conn) == CONNECTION_BAD) {
                pg_lose(sql);
                return error < 0 ? error : pg_gone(sql);
            }
            nothing = true;
            row++;
            continue;
        }
        nothing = false;
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_PIPELINE_SYNC && !error) {
            error = take(sql, call, row, result);
        }
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) {
            break;
        }
    }
    return error > 0 ? 0 : error;
}

/* What can't even be sent leaves the line in no state to go on with. */
int pg_sent(struct sql *sql, int ok)
{
    if (ok) {
        return 0;
    }
    pg_note(sql, PQerrorMessage(sql->conn));
    pg_lose(sql);
    return ERR_BUSY;
}

int pg_run(struct sql *sql, const char *text)
{
    if (!sql->conn) {
        return pg_gone(sql);
    }
    int error =
        pg_sent(sql, PQsendQueryParams(sql->conn, text, 0, NULL, NULL, NULL, NULL, 1) && PQpipelineSync(sql->conn));
    return error ? error : pg_drain(sql, NULL);
}

/* ---- statements ---- */

/* Opens the comments that are for PostgreSQL. */
static int text_open(struct sql *sql, const char *text, char out[static TEXT_LIMIT])
{
    size_t size = 0;
    for (const char *at = text; *at; at++) {
        if (strncmp(at, "/*!", 3) == 0 || strncmp(at, "!*/", 3) == 0) {
            at += 2;
            continue;
        }
        if (size + 1 == TEXT_LIMIT) {
            snprintf(sql->why, sizeof sql->why, "a statement is longer than %d bytes", TEXT_LIMIT);
            return ERR_LIMIT;
        }
        out[size++] = *at;
    }
    out[size] = '\0';
    return 0;
}

static size_t params_named(const char *text)
{
    size_t most = 0;
    for (const char *at = strchr(text, '$'); at; at = strchr(at + 1, '$')) {
        size_t n = strtoul(at + 1, NULL, 10);
        most = n > most ? n : most;
    }
    return most;
}

static unsigned type_of(const struct sql_value *value)
{
    switch (value->kind) {
    case SQL_INT:
        return TYPE_INT8;
    case SQL_TEXT:
        return TYPE_TEXT;
    case SQL_BLOB:
        return TYPE_BYTEA;
    case SQL_NULL:
        break;
    }
    return 0; /* as it is used */
}

/* Prepares it with the types of the first values it is called with; *out is its number. */
static int statement_get(struct sql *sql, const struct sql_call *call, const struct sql_value *values, size_t *out)
{
    size_t n = 0;
    while (n < sql->statements && sql->slots[n].text != call->text) {
        n++;
    }
    *out = n;
    if (n < sql->statements) {
        return 0;
    }
    if (n == SQL_STATEMENTS) {
        snprintf(sql->why, sizeof sql->why, "more than %d different statements", SQL_STATEMENTS);
        return ERR_LIMIT;
    }
    char text[TEXT_LIMIT], name[24];
    int error = text_open(sql, call->text, text);
    if (error) {
        return error;
    }
    struct statement statement = {.text = call->text, .params = params_named(text)};
    if (statement.params > call->params) {
        snprintf(sql->why, sizeof sql->why, "a statement names $%zu but %zu parameters are given", statement.params,
                 call->params);
        return ERR_IO;
    }
    Oid types[SQL_PARAMS];
    for (size_t i = 0; i < statement.params; i++) {
        types[i] = type_of(&values[i]);
    }
    snprintf(name, sizeof name, "s%zu", n);
    error =
        pg_sent(sql, PQsendPrepare(sql->conn, name, text, (int)statement.params, types) && PQpipelineSync(sql->conn));
    error = error ? error : pg_drain(sql, NULL);
    if (!error) {
        sql->slots[n] = statement;
        sql->statements++;
    }
    return error;
}

static int execution_send(struct sql *sql, size_t statement, const struct sql_value *values)
{
    const char *bytes[SQL_PARAMS];
    int sizes[SQL_PARAMS], formats[SQL_PARAMS];
    uint64_t integers[SQL_PARAMS];
    char name[24];
    size_t count = sql->slots[statement].params;
    for (size_t i = 0; i < count; i++) {
        const struct sql_value *value = &values[i];
        formats[i] = 1;
        if (value->kind == SQL_INT) {
            integers[i] = htobe64((uint64_t)value->integer);
            bytes[i] = (const char *)&integers[i];
            sizes[i] = sizeof integers[i];
        } else {
            bytes[i] = value->kind == SQL_NULL ? NULL : value->text.data ? value->text.data : "";
            sizes[i] = value->kind == SQL_NULL ? 0 : (int)value->text.size;
        }
    }
    snprintf(name, sizeof name, "s%zu", statement);
    return pg_sent(sql, PQsendQueryPrepared(sql->conn, name, (int)count, bytes, sizes, formats, 1));
}

/* One execution for all rows, where the statement is one that can be. 1 = it is not. */
static int bulk_try(struct sql *sql, const struct sql_call *call)
{
    if (call->rows < BULK_LEAST || call->found || call->changed) {
        return 1;
    }
    struct sql_value values[SQL_PARAMS] = {0};
    size_t n = 0;
    call->bind(call->user, 0, values);
    int error = statement_get(sql, call, values, &n);
    if (!error && sql->slots[n].bulk == BULK_UNTRIED) {
        char text[TEXT_LIMIT];
        error = text_open(sql, call->text, text);
        error = error ? error : pg_bulk_prepare(sql, n, text);
    }
    if (error || sql->slots[n].bulk == BULK_NEVER) {
        return error ? error : 1;
    }
    error = pg_bulk_send(sql, n, call);
    return error == ERR_LIMIT ? 1 : error;
}

static int rows_send(struct sql *sql, const struct sql_call *call)
{
    struct sql_value values[SQL_PARAMS] = {0};
    size_t statement = 0;
    int error = 0;
    for (size_t row = 0; !error && row < call->rows; row++) {
        if (call->params) {
            call->bind(call->user, row, values);
        }
        error = row == 0 ? statement_get(sql, call, values, &statement) : 0;
        error = error ? error : execution_send(sql, statement, values);
    }
    return error;
}

int pg_many(struct sql *sql, const struct sql_call *call)
{
    if (call->rows == 0) {
        return 0;
    }
    if (!sql->conn) {
        return pg_gone(sql);
    }
    int error = bulk_try(sql, call);
    error = error > 0 ? rows_send(sql, call) : error;
    error = error ? error : pg_sent(sql, PQpipelineSync(sql->conn));
    if (!error && sql->reading && call->rows == 1) {
        PQsetSingleRowMode(sql->conn); /* a report may be longer than memory */
    }
    return error ? error : pg_drain(sql, call);
}
