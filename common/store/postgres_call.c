#include "common/store/postgres_call.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/postgres_bulk.h"

enum {
    TEXT_LIMIT = 4000, /* of a statement */
    BULK_LEAST = 4,    /* rows */
    TYPE_BYTEA = 17,   /* of pg_type.h, which never change */
    TYPE_INT8 = 20,
    TYPE_TEXT = 25,
};

/* Opens the comments that are for PostgreSQL. */
static int text_open(struct postgres *sql, const char *text, char out[static TEXT_LIMIT])
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
static int statement_get(struct postgres *sql, const struct sql_call *call, size_t *out)
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
    struct postgres_statement statement = {
        .text = call->text,
        .params = params_named(text),
        .by_index = strncmp(text, SQL_BY_INDEX, strlen(SQL_BY_INDEX)) == 0,
    };
    if (statement.params > call->params) {
        snprintf(sql->why, sizeof sql->why, "a statement names $%zu but %zu parameters are given", statement.params,
                 call->params);
        return ERR_IO;
    }
    Oid types[SQL_PARAMS];
    for (size_t i = 0; i < statement.params; i++) {
        types[i] = type_of(&call->values[i]);
    }
    snprintf(name, sizeof name, "s%zu", n);
    error =
        pg_sent(sql, PQsendPrepare(sql->conn, name, text, (int)statement.params, types) && PQpipelineSync(sql->conn));
    error = error ? error : pg_next(sql, NULL);
    if (!error) {
        sql->slots[n] = statement;
        sql->statements++;
    }
    return error;
}

static int execution_send(struct postgres *sql, size_t statement, const struct sql_value *values)
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

/* How the statement is planned, for the rest of the transaction or until another wants it otherwise: these settings travel
 * ahead of the statement. A plan that is made once may be made while its table is empty, and stays while the table grows:
 * it must not read the whole of it. *heads = how many results come first. */
static int planning_send(struct postgres *sql, bool by_index, size_t *heads)
{
    static const char *const settings[][2] = {
        {"set local plan_cache_mode = force_custom_plan", "set local enable_seqscan = default"},
        {"set local plan_cache_mode = force_generic_plan", "set local enable_seqscan = off"},
    };
    *heads = 0;
    if (sql->reading || sql->by_index == by_index) {
        return 0;
    }
    int error = 0;
    for (; !error && *heads < 2; (*heads)++) {
        error = pg_sent(sql, PQsendQueryParams(sql->conn, settings[by_index][*heads], 0, NULL, NULL, NULL, NULL, 1));
    }
    sql->by_index = by_index;
    return error;
}

/* One execution for all rows, where the statement is one that can be. 1 = it is not. */
static int bulk_try(struct postgres *sql, const struct sql_call *call)
{
    if (call->rows < BULK_LEAST || call->changes) {
        return 1;
    }
    size_t n = 0;
    int error = statement_get(sql, call, &n);
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

static int rows_send(struct postgres *sql, const struct sql_call *call, size_t *heads)
{
    size_t statement = 0;
    int error = statement_get(sql, call, &statement);
    if (!error && sql->slots[statement].params > 0) { /* what has none is planned once in any case */
        error = planning_send(sql, sql->slots[statement].by_index, heads);
    }
    for (size_t row = 0; !error && row < call->rows; row++) {
        error = execution_send(sql, statement, call->values + row * call->params);
    }
    return error;
}

int pg_find(struct postgres *sql, const struct sql_call *call)
{
    if (call->rows == 0) {
        return 0;
    }
    if (!sql->conn) {
        return pg_gone(sql);
    }
    size_t heads = 0;
    int error = rows_send(sql, call, &heads);
    error = error ? error : pg_sent(sql, PQpipelineSync(sql->conn));
    sql->changes = error ? NULL : call->changes;
    sql->heads = error ? 0 : heads;
    if (!error && sql->reading && call->rows == 1) {
        PQsetSingleRowMode(sql->conn); /* a report may be longer than memory */
    }
    return error;
}

int pg_many(struct postgres *sql, const struct sql_call *call)
{
    if (call->rows == 0) {
        return 0;
    }
    if (!sql->conn) {
        return pg_gone(sql);
    }
    size_t heads = 0;
    int error = bulk_try(sql, call);
    error = error > 0 ? rows_send(sql, call, &heads) : error;
    error = error ? error : pg_sent(sql, PQpipelineSync(sql->conn));
    sql->changes = error ? NULL : call->changes;
    sql->heads = error ? 0 : heads;
    return error ? error : pg_next(sql, NULL);
}
