#include "common/store/sqlite_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char disk_full[] = "disk full; free some space there, or move the file to another disk (DIANCHEN_STORE)";

int sqlite_fail(struct sqlite *sql, int code)
{
    int saved = sqlite3_system_errno(sql->db);
    const char *text = sqlite3_errmsg(sql->db);
    switch (code & 0xff) {
    case SQLITE_BUSY:
        snprintf(sql->why, sizeof sql->why, "%s: another process kept it locked for %d s", sql->path,
                 SQLITE_WAIT / 1000);
        return ERR_BUSY;
    case SQLITE_NOMEM:
        snprintf(sql->why, sizeof sql->why, "%s: out of memory", sql->path);
        return ERR_MEMORY;
    case SQLITE_FULL:
        text = disk_full;
        break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (saved == ENOSPC || saved == EDQUOT) {
            text = disk_full;
        } else if (saved) {
            text = strerror(saved);
        }
        break;
    case SQLITE_NOTADB:
        text = "not a database";
        break;
    case SQLITE_CORRUPT:
        text = "the file is damaged; put a backup in its place";
        break;
    default:
        break;
    }
    snprintf(sql->why, sizeof sql->why, "%s: %s", sql->path, text);
    return ERR_IO;
}

static struct sqlite_statement *statement_slot(struct sqlite *sql, const char *text)
{
    size_t slot = (size_t)(((uintptr_t)text * 0x9e3779b97f4a7c15u) >> 40) % SQLITE_SLOTS;
    while (sql->slots[slot].text && sql->slots[slot].text != text) {
        slot = (slot + 1) % SQLITE_SLOTS;
    }
    return &sql->slots[slot];
}

static int statement_get(struct sqlite *sql, const char *text, struct sqlite_statement **out)
{
    struct sqlite_statement *s = statement_slot(sql, text);
    *out = s;
    if (s->text) {
        return 0;
    }
    if (sql->statements == SQL_STATEMENTS) {
        snprintf(sql->why, sizeof sql->why, "more than %d different statements", SQL_STATEMENTS);
        return ERR_LIMIT;
    }
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (code) {
        return sqlite_fail(sql, code);
    }
    int count = sqlite3_bind_parameter_count(stmt);
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_bind_parameter_name(stmt, i + 1);
        long number = name && name[0] == '$' ? strtol(name + 1, NULL, 10) : 0;
        if (number < 1 || number > SQL_PARAMS || count > SQL_PARAMS) {
            sqlite3_finalize(stmt);
            snprintf(sql->why, sizeof sql->why, "parameter %d of a statement is not one of $1 to $%d", i + 1,
                     SQL_PARAMS);
            return ERR_IO;
        }
        s->place[i] = (uint8_t)(number - 1);
    }
    s->params = (size_t)count;
    s->stmt = stmt;
    s->writes = !sqlite3_stmt_readonly(stmt);
    s->text = text;
    sql->statements++;
    return 0;
}

static int value_bind(sqlite3_stmt *stmt, int index, const struct sql_value *value)
{
    switch (value->kind) {
    case SQL_INT:
        return sqlite3_bind_int64(stmt, index, value->integer);
    case SQL_TEXT: /* a NULL pointer would bind NULL, not '' */
        return sqlite3_bind_text64(stmt, index, value->text.data ? value->text.data : "", value->text.size,
                                   SQLITE_STATIC, SQLITE_UTF8);
    case SQL_BLOB:
        return sqlite3_bind_blob64(stmt, index, value->text.data ? value->text.data : "", value->text.size,
                                   SQLITE_STATIC);
    case SQL_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, index);
}

static size_t columns_read(sqlite3_stmt *stmt, struct sql_value *columns)
{
    int count = sqlite3_column_count(stmt);
    if (count > SQL_COLUMNS) {
        count = SQL_COLUMNS;
    }
    for (int i = 0; i < count; i++) {
        struct sql_value *c = &columns[i];
        switch (sqlite3_column_type(stmt, i)) {
        case SQLITE_NULL:
            *c = SQL_NOTHING;
            break;
        case SQLITE_TEXT:
            *c = (struct sql_value){.kind = SQL_TEXT, .text.data = (const char *)sqlite3_column_text(stmt, i)};
            c->text.size = (size_t)sqlite3_column_bytes(stmt, i);
            break;
        case SQLITE_BLOB:
            *c = (struct sql_value){.kind = SQL_BLOB, .text.data = sqlite3_column_blob(stmt, i)};
            c->text.size = (size_t)sqlite3_column_bytes(stmt, i);
            break;
        default:
            *c = SQL_INTEGER(sqlite3_column_int64(stmt, i));
            break;
        }
    }
    return (size_t)count;
}

/* ---- calls ---- */

int sqlite_find(struct sqlite *sql, const struct sql_call *call)
{
    sql->call = *call;
    sql->row = 0;
    sql->stepping = false;
    if (call->rows == 0) {
        return 0;
    }
    int error = statement_get(sql, call->text, &sql->statement);
    for (size_t i = 0; !error && i < sql->statement->params; i++) {
        if (sql->statement->place[i] >= call->params) {
            snprintf(sql->why, sizeof sql->why, "a statement names $%d but %zu parameters are given",
                     sql->statement->place[i] + 1, call->params);
            error = ERR_IO;
        }
    }
    sql->call.rows = error ? 0 : call->rows;
    return error;
}

/* Both NULL, or the same number. */
static bool is_same(const struct sql_value *a, const struct sql_value *b)
{
    return a->kind == b->kind && (a->kind == SQL_NULL || (a->kind == SQL_INT && a->integer == b->integer));
}

/* What the execution before has bound stays bound: only what differs is bound anew. */
static int execution_bind(struct sqlite *sql)
{
    const struct sqlite_statement *s = sql->statement;
    const struct sql_value *values = sql->call.values + sql->row * sql->call.params;
    const struct sql_value *before = sql->row > 0 ? values - sql->call.params : NULL;
    for (size_t i = 0; i < s->params; i++) {
        size_t place = s->place[i];
        if (before && is_same(&values[place], &before[place])) {
            continue;
        }
        int code = value_bind(s->stmt, (int)i + 1, &values[place]);
        if (code) {
            return sqlite_fail(sql, code);
        }
    }
    return 0;
}

static void execution_end(struct sqlite *sql)
{
    sqlite3_reset(sql->statement->stmt);
    sql->stepping = false;
    sql->row++;
}

int sqlite_stop(struct sqlite *sql)
{
    if (sql->stepping) {
        execution_end(sql);
    }
    sql->call.rows = 0;
    return 0;
}

/* `rows` NULL: what is found is passed over. */
int sqlite_next(struct sqlite *sql, struct sql_rows *rows)
{
    int error = 0;
    while (!error && sql->row < sql->call.rows) {
        error = sql->stepping ? 0 : execution_bind(sql);
        sql->stepping = true;
        int code = error ? SQLITE_DONE : sqlite3_step(sql->statement->stmt);
        if (code == SQLITE_ROW && !rows) {
            continue;
        }
        if (code == SQLITE_ROW) {
            rows->row = sql->row;
            rows->count = columns_read(sql->statement->stmt, rows->columns);
            return 1;
        }
        error = error || code == SQLITE_DONE ? error : sqlite_fail(sql, code);
        if (!error && sql->call.changes) {
            sql->call.changes[sql->row] = sql->statement->writes ? sqlite3_changes64(sql->db) : 0;
        }
        execution_end(sql);
    }
    sql->call.rows = 0;
    return error;
}

int sqlite_run(struct sqlite *sql, const struct sql_call *call)
{
    int error = sqlite_find(sql, call);
    return error ? error : sqlite_next(sql, NULL);
}
