/* PostgreSQL behind sql.h: connections, transactions, the server's clock, schema. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/config.h"
#include "common/log.h"
#include "common/postgres_line.h"

enum {
    URL_LIMIT = 4000,
    PAUSE_FIRST = 50,   /* ms between attempts to connect anew */
    PAUSE_MAX = 2000,   /* ms */
    OPEN_WAIT = 5000,   /* ms */
    CLOCK_SLACK = 100,  /* ms: what two clocks drift apart in 100 s at 1000 ppm */
    CLOCK_DRIFT = 1000, /* 1/CLOCK_DRIFT is the most that two clocks differ in speed */
    ID_BLOCK = 1024,    /* ids of a block; more than LEDGER_ROWS_MAX */
};

static int64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the store's clock ---- */

struct telling {
    int64_t server;
};

static int telling_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row, (void)count;
    ((struct telling *)user)->server = columns[0].integer;
    return 0;
}

/* The server's clock was `server` at some moment from `before` to now. Both what this says and what was known are true,
 * unless the clock leapt. */
static void clock_learn(struct sql *sql, int64_t server, int64_t before)
{
    int64_t now = clock_ms(), drift = (now - sql->told) / CLOCK_DRIFT + 1;
    int64_t behind = server - now, ahead = server + 1 - before;
    int64_t old_behind = atomic_load(&sql->behind) + CLOCK_SLACK - drift;
    int64_t old_ahead = atomic_load(&sql->ahead) - CLOCK_SLACK + drift;
    if (sql->told) {
        sql->leapt = sql->leapt || old_behind > ahead || old_ahead < behind;
        if (!sql->leapt) {
            behind = old_behind > behind ? old_behind : behind;
            ahead = old_ahead < ahead ? old_ahead : ahead;
        }
    }
    atomic_store(&sql->behind, behind - CLOCK_SLACK);
    atomic_store(&sql->ahead, ahead + CLOCK_SLACK);
    sql->told = now;
}

static void now(const struct sql *sql, int64_t *earliest, int64_t *latest)
{
    int64_t here = clock_ms();
    *earliest = here + atomic_load(&sql->behind);
    *latest = here + atomic_load(&sql->ahead);
}

/* ---- transactions ---- */

static int begin_text(struct sql *sql, const char *text)
{
    static const char clock[] = "select floor(extract(epoch from clock_timestamp()) * 1000)::bigint";
    struct telling telling = {0};
    struct sql_call call = {.found = telling_found, .user = &telling};
    int64_t before = clock_ms();
    int error = pg_sent(sql, PQsendQueryParams(sql->conn, text, 0, NULL, NULL, NULL, NULL, 1) &&
                                 PQsendQueryParams(sql->conn, clock, 0, NULL, NULL, NULL, NULL, 1) &&
                                 PQpipelineSync(sql->conn));
    error = error ? error : pg_drain(sql, &call);
    if (!error) {
        clock_learn(sql, telling.server, before);
    }
    return error;
}

/* Parts of the URL are asked of libpq; itself it is never shown. */
static void shown_set(struct sql *sql)
{
    const char *host = PQhost(sql->conn), *port = PQport(sql->conn), *db = PQdb(sql->conn);
    if (host && port && db) {
        snprintf(sql->shown, sizeof sql->shown, "postgresql://%.80s:%.10s/%.60s", host, port, db);
    }
}

static const char settings[] =
    "set plan_cache_mode = force_custom_plan; set synchronous_commit = on; set lock_timeout = '10s';"
    "set idle_in_transaction_session_timeout = '5s'; set client_min_messages = warning; set jit = off";

/* What matters of a server's notices comes as an error too. */
static void notice_drop(void *user, const char *message)
{
    (void)user, (void)message;
}

static int connect_once(struct sql *sql)
{
    /* What stands before the URL yields to it, what stands behind does not. */
    const char *password = config_variable("PGPASSWORD"), *passfile = config_variable("PGPASSFILE");
    const char *names[] = {"password",
                           "passfile",
                           "connect_timeout",
                           "keepalives_idle",
                           "keepalives_interval",
                           "keepalives_count",
                           "tcp_user_timeout",
                           "target_session_attrs",
                           "dbname",
                           "client_encoding",
                           "fallback_application_name",
                           NULL};
    const char *values[] = {password, passfile, "5",        "10",
                            "3",      "3",      "10000",    sql->access == SQL_WRITER ? "read-write" : "any",
                            sql->url, "UTF8",   "dianchen", NULL};
    if (password) {
        log_secret(text_of(password));
    }
    sql->conn = PQconnectdbParams(names, values, 1);
    if (!sql->conn) {
        snprintf(sql->why, sizeof sql->why, "%s: out of memory", sql->shown);
        return ERR_MEMORY;
    }
    shown_set(sql);
    PQsetNoticeProcessor(sql->conn, notice_drop, NULL);
    int error = 0;
    if (PQstatus(sql->conn) != CONNECTION_OK) {
        pg_note(sql, PQerrorMessage(sql->conn));
        error = ERR_BUSY;
    } else {
        PGresult *result = PQexec(sql->conn, settings);
        error = PQresultStatus(result) == PGRES_COMMAND_OK && PQenterPipelineMode(sql->conn) ? 0 : pg_fail(sql, result);
        PQclear(result);
    }
    if (error && sql->conn) {
        pg_lose(sql);
    }
    return error;
}

/* A connection that was lost is made anew, after a pause that grows; ERR_BUSY while there is none to be had. */
static int connect_again(struct sql *sql)
{
    int64_t wait = sql->next_try - clock_ms();
    if (wait > 0) {
        nanosleep(&(struct timespec){.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000}, NULL);
    }
    int error = connect_once(sql);
    if (error) {
        if (!sql->told_lost) {
            log_line(LOG_WARN, "store.lost", "store %s; connecting again", sql->why);
        }
        sql->told_lost = true;
        sql->pause = sql->pause * 2 > PAUSE_MAX ? PAUSE_MAX : sql->pause * 2;
        sql->next_try = clock_ms() + sql->pause / 2 + (int64_t)arc4random_uniform((uint32_t)sql->pause / 2 + 1);
        return error == ERR_MEMORY ? error : ERR_BUSY;
    }
    if (sql->told_lost) {
        log_line(LOG_INFO, "store.found", "store %s: connected again", sql->shown);
    }
    sql->told_lost = false;
    sql->pause = PAUSE_FIRST;
    sql->fresh = true;
    return 0;
}

static int begin(struct sql *sql, bool write)
{
    int error = sql->conn ? 0 : connect_again(sql);
    sql->reading = !write;
    error = error ? error
                  : begin_text(sql, write ? "begin isolation level read committed read write"
                                          : "begin isolation level repeatable read read only");
    if (error) {
        return error;
    }
    int news = (sql->fresh ? SQL_BEGUN_ANEW : 0) | (sql->leapt ? SQL_CLOCK_LEAPT : 0);
    if (write) {
        sql->leapt = false;
    }
    sql->fresh = false;
    return news;
}

static void rollback(struct sql *sql)
{
    char kept[sizeof sql->why];
    memcpy(kept, sql->why, sizeof kept);
    if (sql->conn && PQtransactionStatus(sql->conn) != PQTRANS_IDLE && pg_run(sql, "rollback") != 0 && sql->conn) {
        pg_lose(sql);
    }
    memcpy(sql->why, kept, sizeof kept);
}

static int commit(struct sql *sql)
{
    if (!sql->conn) {
        return pg_gone(sql);
    }
    if (PQtransactionStatus(sql->conn) != PQTRANS_INTRANS) {
        rollback(sql);
        return ERR_IO;
    }
    int error = pg_run(sql, "commit");
    if (error) {
        rollback(sql);
    }
    return error;
}

static int64_t written(struct sql *sql)
{
    return sql->conn && PQtransactionStatus(sql->conn) == PQTRANS_INTRANS ? sql->written : -1;
}

/* ---- schema, ids ---- */

/* Words of SQLite's schema that are others here. Texts are compared byte by byte, as SQLite does. */
static const struct {
    const char *from, *to;
} words[] = {
    {"integer primary key", "bigint generated by default as identity primary key"},
    {"integer", "bigint"},
    {"text", "text collate \"C\""},
    {"blob", "bytea"},
    {"/*!", ""},
    {"!*/", ""},
    {" without rowid", ""},
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static char *text_translate(const char *text)
{
    char *out = calloc(1, 8 * strlen(text) + 1);
    size_t size = 0;
    for (const char *at = text; out && *at;) {
        size_t w = 0, length = 0;
        bool start = at == text || !is_word(at[-1]);
        for (; w < sizeof words / sizeof *words; w++) {
            length = strlen(words[w].from);
            bool word = is_word(words[w].from[0]);
            if (strncmp(at, words[w].from, length) == 0 && (!word || (start && !is_word(at[length])))) {
                break;
            }
        }
        if (w < sizeof words / sizeof *words) {
            size_t added = strlen(words[w].to);
            memcpy(out + size, words[w].to, added);
            size += added;
            at += length;
        } else {
            out[size++] = *at++;
        }
    }
    return out;
}

/* Schemas change under a lock of their own: several programs may start at once. */
static int script(struct sql *sql, const char *text)
{
    char *own = text_translate(text);
    if (!own) {
        return ERR_MEMORY;
    }
    int error = pg_run(sql, "select pg_advisory_xact_lock(7234017283807667300)");
    if (!error && PQexitPipelineMode(sql->conn)) {
        PGresult *result = PQexec(sql->conn, own);
        error = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : pg_fail(sql, result);
        PQclear(result);
    }
    if (sql->conn && !PQenterPipelineMode(sql->conn)) {
        pg_lose(sql);
        error = error ? error : pg_gone(sql);
    }
    free(own);
    return error;
}

/* A block of its own for every caller, in use or not: so ids of a batch follow one another. */
static int ids(struct sql *sql, size_t count, int64_t *first)
{
    static const char text[] = "select nextval(pg_get_serial_sequence('record', 'id'))";
    struct telling block = {0};
    int error = count > ID_BLOCK ? ERR_LIMIT : 0;
    error = error ? error
                  : pg_many(sql, &(struct sql_call){.text = text, .rows = 1, .found = telling_found, .user = &block});
    if (!error) {
        *first = block.server * ID_BLOCK;
    }
    return error;
}

static int ids_after(struct sql *sql)
{
    static const char *const texts[] = {
        "select setval(pg_get_serial_sequence('pair', 'id'), coalesce(max(id), 0) + 1, false) from pair",
        "select setval(pg_get_serial_sequence('run', 'id'), coalesce(max(id), 0) + 1, false) from run",
        "select setval(pg_get_serial_sequence('record', 'id'), coalesce(max(id), 0) / 1024 + 1, false) from record",
    };
    _Static_assert(ID_BLOCK == 1024, "ids of records are given in blocks of it");
    int error = 0;
    for (size_t i = 0; !error && i < sizeof texts / sizeof *texts; i++) {
        error = pg_run(sql, texts[i]);
    }
    return error;
}

/* ---- opening ---- */

static const char *why(struct sql *sql)
{
    return sql->why;
}

static const char *place(struct sql *sql)
{
    return sql->shown;
}

static void close_sql(struct sql **sql)
{
    if (!*sql) {
        return;
    }
    PQfinish((*sql)->conn);
    explicit_bzero((*sql)->url, strlen((*sql)->url));
    free(*sql);
    *sql = NULL;
}

static int tables_found(struct sql *sql, int64_t *count)
{
    static const char text[] = "select count(to_regclass(name)) from unnest(array['meta', 'page', 'record']) name";
    struct telling found = {0};
    int error = begin(sql, false);
    error = error < 0
                ? error
                : pg_many(sql, &(struct sql_call){.text = text, .rows = 1, .found = telling_found, .user = &found});
    *count = found.server;
    rollback(sql);
    return error;
}

/* libpq's own sentences about a URL quote parts of it. */
static int url_check(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    int error = options ? 0 : ERR_INPUT;
    for (const PQconninfoOption *o = options; o && o->keyword; o++) {
        if (o->val && strcmp(o->keyword, "password") == 0) {
            log_secret(text_of(o->val));
        }
        /* A password with a slash in it would be taken for a port, and shown. */
        error = o->val && strcmp(o->keyword, "port") == 0 && strspn(o->val, "0123456789,") != strlen(o->val) ? ERR_INPUT
                                                                                                             : error;
    }
    PQconninfoFree(options);
    return error;
}

static bool server_is_away(const char *url)
{
    PGPing ping = PQping(url);
    return ping == PQPING_REJECT || ping == PQPING_NO_RESPONSE;
}

static int open_sql(const char *url, enum sql_access access, struct sql **out, struct cause *cause)
{
    size_t size = strlen(url);
    if (size > URL_LIMIT) {
        return cause_set(cause, ERR_INPUT, "store: the URL is longer than %d bytes", URL_LIMIT);
    }
    struct sql *sql = calloc(1, sizeof *sql + size + 1);
    if (!sql) {
        return cause_set(cause, ERR_MEMORY, "store: out of memory");
    }
    memcpy(sql->url, url, size + 1);
    if (url_check(sql->url)) {
        close_sql(&sql);
        return cause_set(cause, ERR_INPUT,
                         "store: no URL of PostgreSQL; write postgresql://USER@HOST:PORT/DATABASE, with %%40 for an @ "
                         "and %%2F for a / in user or password");
    }
    sql->access = access;
    sql->pause = PAUSE_FIRST;
    snprintf(sql->shown, sizeof sql->shown, "postgresql");
    int64_t tables = 0;
    /* A server that is just being restarted is waited for; one that answers, whatever it says, is not. */
    int64_t give_up = clock_ms() + OPEN_WAIT;
    int error = connect_once(sql);
    while (error && clock_ms() < give_up && server_is_away(sql->url)) {
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        error = connect_once(sql);
    }
    error = error ? error : tables_found(sql, &tables);
    if (error) {
        error = cause_set(cause, error == ERR_MEMORY ? error : ERR_INPUT,
                          "store %s; is the server up, and are address, user and password those of DIANCHEN_STORE?",
                          sql->why);
    } else if (access == SQL_READER && tables == 0) {
        error = cause_set(cause, ERR_NOT_FOUND, "store %s: it is empty yet; a first run fills it", sql->shown);
    } else if (tables != 0 && tables != 3) {
        error = cause_set(cause, ERR_INPUT,
                          "store %s: tables of another program stand there; name another database with DIANCHEN_STORE",
                          sql->shown);
    }
    if (error) {
        close_sql(&sql);
    } else {
        *out = sql;
    }
    return error;
}

const struct sql_driver postgres_driver = {
    .open = open_sql,
    .close = close_sql,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .many = pg_many,
    .script = script,
    .written = written,
    .ids = ids,
    .ids_after = ids_after,
    .now = now,
    .why = why,
    .place = place,
};
