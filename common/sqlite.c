/* SQLite behind sql.h: one file in WAL mode, synchronous=FULL, written by several processes. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/sql.h"
#include "common/turn.h"

enum {
    PATH_LIMIT = 4000,
    WAIT_MAX = 10000, /* ms for a lock */
    WAIT_PRESS = 100, /* polls at the shortest pause before it grows */
    STATEMENT_SLOTS = 2 * SQL_STATEMENTS,
};

struct statement {
    const char *text;
    sqlite3_stmt *stmt;
    size_t params;             /* that it has */
    uint8_t place[SQL_PARAMS]; /* SQLite's parameter i + 1 is $(place[i] + 1) */
    bool writes;
};

struct sql {
    sqlite3 *db;
    int64_t wait_from; /* ms, when the wait for a lock began */
    struct turn turn;
    bool writing;
    size_t statements;
    struct statement slots[STATEMENT_SLOTS]; /* open addressing by the literal's address */
    char why[300];
    char path[];
};

static int64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The other writer holds the lock for one transaction, a few hundred µs: poll closely at first. */
static int wait_for_lock(void *user, int calls)
{
    struct sql *sql = user;
    if (calls == 0) {
        sql->wait_from = clock_ms();
    }
    turn_wait(&sql->turn);
    if (calls > 0 && clock_ms() - sql->wait_from >= WAIT_MAX) {
        return 0;
    }
    long pause = calls < WAIT_PRESS ? 100000 : 200000L * (calls - WAIT_PRESS + 1);
    struct timespec t = {.tv_nsec = pause > 2000000 ? 2000000 : pause};
    nanosleep(&t, NULL);
    return 1;
}

static int fail(struct sql *sql, int code)
{
    int saved = sqlite3_system_errno(sql->db);
    const char *text = sqlite3_errmsg(sql->db);
    switch (code & 0xff) {
    case SQLITE_BUSY:
        snprintf(sql->why, sizeof sql->why, "%s: another process kept it locked for %d s", sql->path, WAIT_MAX / 1000);
        return ERR_BUSY;
    case SQLITE_NOMEM:
        snprintf(sql->why, sizeof sql->why, "%s: out of memory", sql->path);
        return ERR_MEMORY;
    case SQLITE_FULL:
        text = "disk full";
        break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (saved == ENOSPC || saved == EDQUOT) {
            text = "disk full";
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

static struct statement *statement_slot(struct sql *sql, const char *text)
{
    size_t slot = (size_t)(((uintptr_t)text * 0x9e3779b97f4a7c15u) >> 40) % STATEMENT_SLOTS;
    while (sql->slots[slot].text && sql->slots[slot].text != text) {
        slot = (slot + 1) % STATEMENT_SLOTS;
    }
    return &sql->slots[slot];
}

static int statement_get(struct sql *sql, const char *text, struct statement **out)
{
    struct statement *s = statement_slot(sql, text);
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
        return fail(sql, code);
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

/* One execution: 0, 1 when found() had enough, or an error. The statement is left to be reset. */
static int execute(struct sql *sql, struct statement *s, const struct sql_call *call, size_t row)
{
    struct sql_value values[SQL_PARAMS];
    if (call->params) {
        call->bind(call->user, row, values);
    }
    for (size_t i = 0; i < s->params; i++) {
        int code = value_bind(s->stmt, (int)i + 1, &values[s->place[i]]);
        if (code) {
            return fail(sql, code);
        }
    }
    for (;;) {
        int code = sqlite3_step(s->stmt);
        if (code == SQLITE_DONE) {
            break;
        }
        if (code != SQLITE_ROW) {
            return fail(sql, code);
        }
        if (!call->found) {
            continue;
        }
        struct sql_value columns[SQL_COLUMNS];
        int result = call->found(call->user, row, columns, columns_read(s->stmt, columns));
        if (result) {
            return result < 0 ? result : 1;
        }
    }
    if (call->changed) {
        call->changed(call->user, row, s->writes ? sqlite3_changes64(sql->db) : 0);
    }
    return 0;
}

static int many(struct sql *sql, const struct sql_call *call)
{
    if (call->rows == 0) {
        return 0;
    }
    struct statement *s;
    int error = statement_get(sql, call->text, &s);
    if (error) {
        return error;
    }
    for (size_t i = 0; i < s->params; i++) {
        if (s->place[i] >= call->params) {
            snprintf(sql->why, sizeof sql->why, "a statement names $%d but %zu parameters are given", s->place[i] + 1,
                     call->params);
            return ERR_IO;
        }
    }
    for (size_t row = 0; row < call->rows && !error; row++) {
        error = execute(sql, s, call, row);
        sqlite3_reset(s->stmt);
    }
    return error > 0 ? 0 : error;
}

static int run_text(struct sql *sql, const char *text)
{
    int code = sqlite3_exec(sql->db, text, NULL, NULL, NULL);
    return code ? fail(sql, code) : 0;
}

static const char text_begin[] = "begin", text_begin_write[] = "begin immediate";
static const char text_commit[] = "commit", text_rollback[] = "rollback";

static int run_prepared(struct sql *sql, const char *text)
{
    return many(sql, &(struct sql_call){.text = text, .rows = 1});
}

static int begin(struct sql *sql, bool write)
{
    if (!write) {
        return run_prepared(sql, text_begin);
    }
    turn_give(&sql->turn);
    int error = run_prepared(sql, text_begin_write);
    turn_had(&sql->turn);
    sql->writing = !error;
    return error;
}

static void ended(struct sql *sql)
{
    if (sql->writing) {
        turn_end(&sql->turn);
    }
    sql->writing = false;
}

static void rollback(struct sql *sql)
{
    ended(sql);
    /* Some failures (disk full, I/O) have rolled back already. */
    char kept[sizeof sql->why];
    memcpy(kept, sql->why, sizeof kept);
    if (!sqlite3_get_autocommit(sql->db) && run_prepared(sql, text_rollback) == 0) {
        return;
    }
    memcpy(sql->why, kept, sizeof kept);
}

static int commit(struct sql *sql)
{
    if (sqlite3_get_autocommit(sql->db)) {
        snprintf(sql->why, sizeof sql->why, "%s: the transaction was rolled back", sql->path);
        return ERR_IO;
    }
    int error = run_prepared(sql, text_commit);
    if (error) {
        rollback(sql);
    }
    ended(sql);
    return error;
}

static int64_t written(struct sql *sql)
{
    return sqlite3_get_autocommit(sql->db) ? -1 : sqlite3_total_changes64(sql->db);
}

static int id_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row;
    *(int64_t *)user = count > 0 ? columns[0].integer : 0;
    return 0;
}

/* The write lock keeps others from asking meanwhile. */
static int ids(struct sql *sql, size_t count, int64_t *first)
{
    (void)count;
    static const char text[] = "select coalesce(max(id), 0) + 1 from record";
    return many(sql, &(struct sql_call){.text = text, .rows = 1, .found = id_found, .user = first});
}

static const char *why(struct sql *sql)
{
    return sql->why;
}

static const char *place(struct sql *sql)
{
    return sql->path;
}

static void close_sql(struct sql **sql)
{
    if (!*sql) {
        return;
    }
    for (size_t i = 0; i < STATEMENT_SLOTS; i++) {
        sqlite3_finalize((*sql)->slots[i].stmt);
    }
    sqlite3_close((*sql)->db);
    turn_close(&(*sql)->turn);
    free(*sql);
    *sql = NULL;
}

/* Makes the file with mode 0600, and its folder. An existing file is never opened here: closing any descriptor of
 * it would drop the locks of every connection that this process has to it. */
static int file_make(const char *path, struct cause *cause)
{
    char copy[PATH_LIMIT + 8];
    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    if (mkdir(folder, 0700) && errno != EEXIST) {
        if (errno == ENOENT) {
            return cause_set(cause, ERR_INPUT,
                             "store %s: the folder above %s does not exist; make it, or choose "
                             "another place with --store",
                             path, folder);
        }
        return cause_set(cause, ERR_INPUT,
                         "store %s: cannot make the folder %s: %s; make it, or choose another place "
                         "with --store",
                         path, folder, strerror(errno));
    }
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (errno != EEXIST) {
        return cause_set(cause, ERR_INPUT,
                         "store %s: cannot be made: %s; let this user write there, or choose another "
                         "place with --store",
                         path, strerror(errno));
    }
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return cause_set(cause, ERR_INPUT, "store %s: is not a file; name a file with --store sqlite:PATH", path);
    }
    if (access(path, R_OK | W_OK) || access(folder, W_OK)) {
        return cause_set(cause, ERR_INPUT,
                         "store %s: not writable: %s; let this user write the file and its folder "
                         "(two more files stand beside it)",
                         path, strerror(errno));
    }
    return 0;
}

static int row_text(void *user, int count, char **values, char **names)
{
    (void)names;
    snprintf(user, 16, "%s", count > 0 && values[0] ? values[0] : "");
    return 0;
}

/* Turning WAL on, or recovering after an unclean end, needs the file alone for a moment; SQLite does not always
 * ask the busy handler there. */
static int ask(struct sql *sql, const char *text, char answer[static 16])
{
    int64_t from = clock_ms();
    for (;;) {
        answer[0] = 0;
        int code = sqlite3_exec(sql->db, text, row_text, answer, NULL);
        if (!code) {
            return 0;
        }
        if ((code & 0xff) != SQLITE_BUSY || clock_ms() - from >= WAIT_MAX) {
            return fail(sql, code);
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static int settle_in(struct sql *sql, enum sql_access access, struct cause *cause)
{
    char answer[16];
    int error = ask(sql, "select count(*) from sqlite_master", answer);
    if (error && strstr(sql->why, "not a database")) {
        return cause_set(cause, ERR_INPUT,
                         "store %s: not a database; move the file away, or choose another place "
                         "with --store",
                         sql->path);
    }
    bool filled = !error && strcmp(answer, "0") != 0;
    if (!error && !filled && access == SQL_READER) {
        return cause_set(cause, ERR_NOT_FOUND, "store %s: it is empty yet; a first run fills it", sql->path);
    }
    if (!error && filled) {
        error = ask(sql, "select count(*) from sqlite_master where name in ('meta', 'page', 'record')", answer);
    }
    if (!error && filled && strcmp(answer, "3") != 0) {
        return cause_set(cause, ERR_INPUT, "store %s: a database of another program; choose another place with --store",
                         sql->path);
    }
    if (!error && access == SQL_WRITER) {
        error = ask(sql, "pragma journal_mode = wal", answer);
        if (!error && strcmp(answer, "wal") != 0) {
            return cause_set(cause, ERR_INPUT,
                             "store %s: this file system cannot share memory between processes "
                             "(network drive?); choose a local place with --store",
                             sql->path);
        }
    }
    /* The log is copied back every 4000 pages (16 MiB); a long reader may let it grow, it is cut afterwards. */
    if (!error) {
        error = run_text(sql, "pragma synchronous = full; pragma cache_size = -8192; pragma temp_store = memory;"
                              "pragma mmap_size = 0; pragma foreign_keys = off; pragma wal_autocheckpoint = 4000;"
                              "pragma journal_size_limit = 67108864");
    }
    if (!error && access == SQL_READER) {
        error = run_text(sql, "pragma query_only = on");
    }
    if (error) {
        return cause_set(cause, ERR_INPUT, "store %s; mend that, or choose another place with --store", sql->why);
    }
    return 0;
}

static int open_sql(const char *url, enum sql_access access_mode, struct sql **out, struct cause *cause)
{
    const char *path = url + sizeof "sqlite:" - 1;
    size_t size = strlen(path);
    if (size == 0 || size > PATH_LIMIT) {
        return cause_set(cause, ERR_INPUT, "store: sqlite: needs a path of 1 to %d bytes behind it", PATH_LIMIT);
    }
    struct stat st;
    if (access_mode == SQL_READER && stat(path, &st)) {
        return errno == ENOENT || errno == ENOTDIR
                   ? cause_set(cause, ERR_NOT_FOUND, "store %s: there is none yet; a first run makes it", path)
                   : cause_set(cause, ERR_INPUT, "store %s: %s; let this user read it", path, strerror(errno));
    }
    if (access_mode == SQL_WRITER && file_make(path, cause)) {
        return ERR_INPUT;
    }
    struct sql *sql = calloc(1, sizeof *sql + size + 1);
    if (!sql) {
        return cause_set(cause, ERR_MEMORY, "store %s: out of memory", path);
    }
    memcpy(sql->path, path, size + 1);
    turn_open(&sql->turn, path);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* no lock around every allocation; refused once a store is open */
    char name[PATH_LIMIT + 8];                  /* "./" in front keeps ":memory:" a file name */
    snprintf(name, sizeof name, "%s%s", path[0] == '/' ? "" : "./", path);
    int code =
        sqlite3_open_v2(name, &sql->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    int error = 0;
    if (code) {
        fail(sql, code);
        error = cause_set(cause, ERR_INPUT, "store %s; let this user read and write it", sql->why);
    } else {
        sqlite3_db_config(sql->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 1200, 200);
        sqlite3_busy_handler(sql->db, wait_for_lock, sql);
        error = settle_in(sql, access_mode, cause);
    }
    if (error) {
        close_sql(&sql);
    } else {
        *out = sql;
    }
    return error;
}

static int copy_sql(struct sql *sql, const char *path, struct cause *cause)
{
    if (strlen(path) > PATH_LIMIT) {
        return cause_set(cause, ERR_INPUT, "copy of the store: the path is longer than %d bytes", PATH_LIMIT);
    }
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return cause_set(cause, ERR_INPUT, "copy of the store to %s: %s; choose another place", path, strerror(errno));
    }
    close(fd);
    sqlite3 *db = NULL;
    char name[PATH_LIMIT + 8];
    snprintf(name, sizeof name, "%s%s", path[0] == '/' ? "" : "./", path);
    int code = sqlite3_open_v2(name, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_backup *backup = code ? NULL : sqlite3_backup_init(db, "main", sql->db, "main");
    if (backup) {
        code = sqlite3_backup_step(backup, -1);
        sqlite3_backup_finish(backup);
    }
    int error = 0;
    if (!backup || code != SQLITE_DONE) {
        error = cause_set(cause, ERR_IO, "copy of the store to %s: %s; free some space, or choose another place", path,
                          code == SQLITE_FULL ? "disk full" : sqlite3_errstr(code));
    }
    sqlite3_close(db);
    if (error) {
        unlink(path);
    }
    return error;
}

const struct sql_driver sqlite_driver = {
    .open = open_sql,
    .close = close_sql,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .many = many,
    .script = run_text,
    .written = written,
    .ids = ids,
    .copy = copy_sql,
    .why = why,
    .place = place,
};
