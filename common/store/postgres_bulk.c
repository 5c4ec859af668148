#include "common/store/postgres_bulk.h"

#include <ctype.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"

/* "insert into t (a, b) values ($1, $2)" for many rows is "insert into t (a, b) select p.c1, p.c2 from unnest($1::bigint[],
 * $2::text[]) p (c1, c2)" for one: a third of the work for the server. */

enum { COLUMN_BYTES = 64 << 20 };

static const struct array {
    unsigned element, array;
    const char *name;
} arrays[] = {{20, 1016, "bigint[]"}, {25, 1009, "text[]"}, {17, 1001, "bytea[]"}};

static const struct array *array_of(unsigned element)
{
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        if (arrays[i].element == element) {
            return &arrays[i];
        }
    }
    return NULL;
}

/* Where the one row of values stands: its opening and closing bracket. */
static bool values_find(const char *text, const char **open, const char **close)
{
    const char *values = strncasecmp(text, "insert into", 11) == 0 ? strcasestr(text, "values") : NULL;
    const char *at = values ? values + strlen("values") : NULL;
    while (at && isspace((unsigned char)*at)) {
        at++;
    }
    if (!at || *at != '(') {
        return false;
    }
    *open = at;
    int depth = 0;
    for (; *at; at++) {
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if (depth == 0) {
            *close = at;
            /* Another row, or what names a parameter or changes rows that stand there, goes row by row. */
            return !strchr(at, '$') && !strchr(at, ',') && !strcasestr(at, "update") && !strcasestr(at, "returning");
        }
    }
    return false;
}

static int bulk_write(const struct postgres_statement *statement, const char *text, struct buffer *out)
{
    const char *open, *close;
    if (statement->params == 0 || !values_find(text, &open, &close)) {
        return ERR_NOT_FOUND;
    }
    size_t head = (size_t)(open - text);
    while (head > 0 && text[head - 1] != 's' && text[head - 1] != 'S') { /* spaces behind "values" */
        head--;
    }
    buffer_add(out, text, head - strlen("values"));
    buffer_add_text(out, TEXT("select "));
    for (const char *at = open + 1; at < close; at++) {
        if (*at == '$') {
            buffer_add_text(out, TEXT("p.c"));
        } else {
            buffer_add_char(out, *at);
        }
    }
    buffer_add_text(out, TEXT(" from unnest("));
    for (size_t i = 0; i < statement->params; i++) {
        const struct array *array = array_of(statement->types[i]);
        if (!array) {
            return ERR_NOT_FOUND;
        }
        buffer_format(out, "%s$%zu::%s", i > 0 ? ", " : "", i + 1, array->name);
    }
    buffer_add_text(out, TEXT(") p ("));
    for (size_t i = 0; i < statement->params; i++) {
        buffer_format(out, "%sc%zu", i > 0 ? ", " : "", i + 1);
    }
    buffer_add_text(out, TEXT(")"));
    buffer_add_text(out, text_of(close + 1));
    buffer_add_char(out, '\0');
    return out->failed ? ERR_MEMORY : 0;
}

/* What the server took the parameters for. */
static int types_ask(struct postgres *sql, const char *name, struct postgres_statement *statement)
{
    int error = pg_sent(sql, PQsendDescribePrepared(sql->conn, name) && PQpipelineSync(sql->conn));
    for (int got; !error && (got = pg_result(sql)) != 0;) {
        if (got < 0 || PQresultStatus(sql->result) != PGRES_COMMAND_OK) {
            error = got < 0 ? got : pg_fail(sql, sql->result);
            break;
        }
        for (size_t i = 0; i < statement->params && (int)i < PQnparams(sql->result); i++) {
            statement->types[i] = PQparamtype(sql->result, (int)i);
        }
    }
    sql->error = error;
    return pg_next(sql, NULL);
}

int pg_bulk_prepare(struct postgres *sql, size_t number, const char *text)
{
    struct postgres_statement *statement = &sql->slots[number];
    char name[24], bulk[24];
    snprintf(name, sizeof name, "s%zu", number);
    snprintf(bulk, sizeof bulk, "b%zu", number);
    struct buffer out;
    buffer_init(&out, 1 << 16);
    statement->bulk = BULK_NEVER;
    int error = types_ask(sql, name, statement);
    if (!error && bulk_write(statement, text, &out) == 0) {
        Oid types[SQL_PARAMS] = {0};
        for (size_t i = 0; i < statement->params; i++) {
            types[i] = array_of(statement->types[i])->array;
        }
        error = pg_sent(sql, PQsendPrepare(sql->conn, bulk, out.data, (int)statement->params, types) &&
                                 PQpipelineSync(sql->conn));
        error = error ? error : pg_next(sql, NULL);
        statement->bulk = error ? BULK_NEVER : BULK_READY;
    }
    buffer_fini(&out);
    return error;
}

static void add_number(struct buffer *out, uint32_t n)
{
    uint32_t four = htobe32(n);
    buffer_add(out, &four, sizeof four);
}

/* One dimension, from 1. */
static void column_start(struct buffer *out, unsigned type, size_t rows)
{
    buffer_init(out, COLUMN_BYTES);
    add_number(out, 1);
    add_number(out, 1); /* nulls may be among them */
    add_number(out, type);
    add_number(out, (uint32_t)rows);
    add_number(out, 1);
}

static void column_add(struct buffer *out, unsigned type, const struct sql_value *value)
{
    if (value->kind == SQL_NULL) {
        add_number(out, UINT32_MAX);
    } else if (value->kind == SQL_INT && type == arrays[0].element) {
        uint64_t eight = htobe64((uint64_t)value->integer);
        add_number(out, sizeof eight);
        buffer_add(out, &eight, sizeof eight);
    } else if (value->kind == (type == arrays[1].element ? SQL_TEXT : SQL_BLOB)) {
        add_number(out, (uint32_t)value->text.size);
        buffer_add_text(out, value->text);
    } else {
        out->failed = true;
    }
}

int pg_bulk_send(struct postgres *sql, size_t number, const struct sql_call *call)
{
    const struct postgres_statement *statement = &sql->slots[number];
    struct buffer columns[SQL_PARAMS];
    for (size_t i = 0; i < statement->params; i++) {
        column_start(&columns[i], statement->types[i], call->rows);
    }
    for (size_t row = 0; row < call->rows; row++) {
        const struct sql_value *values = call->values + row * call->params;
        for (size_t i = 0; i < statement->params; i++) {
            column_add(&columns[i], statement->types[i], &values[i]);
        }
    }
    const char *bytes[SQL_PARAMS];
    int sizes[SQL_PARAMS], formats[SQL_PARAMS];
    bool failed = false;
    for (size_t i = 0; i < statement->params; i++) {
        bytes[i] = columns[i].data;
        sizes[i] = (int)columns[i].size;
        formats[i] = 1;
        failed = failed || columns[i].failed;
    }
    char name[24];
    snprintf(name, sizeof name, "b%zu", number);
    int error =
        failed ? ERR_LIMIT
               : pg_sent(sql, PQsendQueryPrepared(sql->conn, name, (int)statement->params, bytes, sizes, formats, 1));
    for (size_t i = 0; i < statement->params; i++) {
        buffer_fini(&columns[i]);
    }
    return error;
}
