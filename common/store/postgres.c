/* PostgreSQL behind sql.h: connections, transactions, the server's clock, schema. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "common/store/postgres_call.h"
#include "common/store/postgres_life.h"

enum {
    URL_LIMIT = 4000,
    SETTINGS_WAIT = 5000, /* ms for the first answer of a new session */
    PAUSE_FIRST = 50,     /* ms between attempts to connect anew */
    PAUSE_MAX = 2000,     /* ms */
    CONNECT_AGAIN = 2,    /* times, when a first connection failed though the server is there */
    CLOCK_SLACK = 100,    /* ms: what two clocks drift apart in 100 s at 1000 ppm */
    CLOCK_DRIFT = 1000,   /* 1/CLOCK_DRIFT is the most that two clocks differ in speed */
    ID_BLOCK = 1024,      /* ids of a block; more than LEDGER_ROWS_MAX */
    PLANS_ANEW = 256,     /* transactions: tables have grown meanwhile */
};

/* ---- the store's clock ---- */

/* The server's clock was `server` at some moment from `before` to now. Both what this says and what was known are true,
 * unless the clock leapt. */
static void clock_learn(struct postgres *sql, int64_t server, int64_t before)
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

static void now(const struct sql *of, int64_t *earliest, int64_t *latest)
{
    const struct postgres *sql = (const struct postgres *)of;
    int64_t here = clock_ms();
    *earliest = here + atomic_load(&sql->behind);
    *latest = here + atomic_load(&sql->ahead);
}

/* ---- transactions ---- */

static int begin_text(struct postgres *sql, const char *text)
{
    char clock[200];
    (void)snprintf(clock, sizeof clock,
                   "select floor(extract(epoch from clock_timestamp()) * 1000)::bigint, "
                   "(current_setting('dianchen.session', true) is not distinct from '%s')::int",
                   sql->session);
    int64_t before = clock_ms(), server = 0;
    bool own = true;
    struct sql_rows rows;
    bool anew = ++sql->begun % PLANS_ANEW == 0;
    sql->by_index = false; /* the settings of the transaction before ended with it */
    /* Before `text` it would begin a transaction itself, whose isolation then stands. */
    int error = pg_sent(
        sql, PQsendQueryParams(sql->conn, text, 0, NULL, NULL, NULL, NULL, 1) &&
                 (!anew || PQsendQueryParams(sql->conn, "discard plans", 0, NULL, NULL, NULL, NULL, 1)) &&
                 PQsendQueryParams(sql->conn, clock, 0, NULL, NULL, NULL, NULL, 1) && PQpipelineSync(sql->conn));
    while (!error && (error = pg_next(sql, &rows)) > 0) {
        server = rows.columns[0].integer;
        own = rows.columns[1].integer != 0;
        error = 0;
    }
    if (!error && !own) {
        return pg_shared(sql);
    }
    if (!error) {
        clock_learn(sql, server, before);
    }
    return error;
}

/* Parts of the URL are asked of libpq; itself it is never shown. */
static void shown_set(struct postgres *sql)
{
    const char *host = PQhost(sql->conn), *port = PQport(sql->conn), *db = PQdb(sql->conn);
    if (host && port && db) {
        snprintf(sql->shown, sizeof sql->shown, "postgresql://%.80s:%.10s/%.60s", host, port, db);
    }
}

/* The session gets a name, for which each transaction looks. From PostgreSQL 14 on a server can look whether its client is
 * still there while a statement waits. */
static int session_begin(struct postgres *sql)
{
    char text[600];
    (void)snprintf(sql->session, sizeof sql->session, "%08x%08x", arc4random(), arc4random());
    (void)snprintf(
        text, sizeof text,
        "set dianchen.session = '%s'; select set_config(name, '2s', false) from pg_settings where name = "
        "'client_connection_check_interval'; set plan_cache_mode = force_custom_plan; set synchronous_commit = on; "
        "set lock_timeout = '10s'; set idle_in_transaction_session_timeout = '5s'; set statement_timeout = 0; "
        "set client_min_messages = warning; set jit = off",
        sql->session);
    /* A pooler takes the connection, and the first statement waits for a session of the server. */
    int error = pg_script(sql, text, SETTINGS_WAIT);
    return error || PQenterPipelineMode(sql->conn) ? error : pg_fail(sql, NULL);
}

/* What matters of a server's notices comes as an error too. */
static void notice_drop(void *user, const char *message)
{
    (void)user, (void)message;
}

static int connect_once(struct postgres *sql)
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
                           "sslmode",
                           "sslrootcert",
                           "dbname",
                           "client_encoding",
                           "fallback_application_name",
                           NULL};
    const char *values[] = {password,
                            passfile,
                            strchr(sql->url, ',') ? "2" : "5", /* for each of several hosts */
                            "10",
                            "3",
                            "3",
                            "10000",
                            sql->access == SQL_WRITER ? "read-write" : "any",
                            sql->way.sslmode,
                            sql->way.sslrootcert,
                            sql->url,
                            "UTF8",
                            "dianchen",
                            NULL};
    if (password) {
        secret_add(text_of(password));
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
        error = session_begin(sql);
    }
    if (error && sql->conn) {
        pg_lose(sql);
    }
    return error;
}

/* A connection that was lost is made anew, after a pause that grows; ERR_BUSY while there is none to be had. */
static int connect_again(struct postgres *sql)
{
    int64_t wait = sql->next_try - clock_ms();
    if (sql_gives_up(&sql->base)) {
        return pg_gone(sql);
    }
    if (wait > 0) {
        nanosleep(&(struct timespec){.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * INT64_C(1000000)}, NULL);
    }
    int error = connect_once(sql);
    if (error) {
        if (!sql->told_lost) {
            log_line(EVENT_STORE_LOST, "store %s; connecting again", sql->why);
        }
        sql->told_lost = true;
        sql->pause = sql->pause * 2 > PAUSE_MAX ? PAUSE_MAX : sql->pause * 2;
        sql->next_try = clock_ms() + sql->pause / 2 + (int64_t)arc4random_uniform((uint32_t)sql->pause / 2 + 1);
        return error == ERR_MEMORY ? error : ERR_BUSY;
    }
    if (sql->told_lost) {
        log_line(EVENT_STORE_FOUND, "store %s: connected again", sql->shown);
    }
    sql->told_lost = false;
    sql->pause = PAUSE_FIRST;
    sql->fresh = true;
    return 0;
}

static int transaction_begin(struct postgres *sql, bool write)
{
    sql->why[0] = '\0';
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

static void transaction_undo(struct postgres *sql)
{
    char kept[sizeof sql->why];
    memcpy(kept, sql->why, sizeof kept);
    if (sql->conn && PQtransactionStatus(sql->conn) != PQTRANS_IDLE && pg_run(sql, "rollback") != 0 && sql->conn) {
        pg_lose(sql);
    }
    memcpy(sql->why, kept, sizeof kept);
}

static int begin(struct sql *sql, bool write)
{
    return transaction_begin(postgres_of(sql), write);
}

static void rollback(struct sql *sql)
{
    transaction_undo(postgres_of(sql));
}

static int commit(struct sql *of)
{
    struct postgres *sql = postgres_of(of);
    if (!sql->conn) {
        return pg_gone(sql);
    }
    if (PQtransactionStatus(sql->conn) != PQTRANS_INTRANS) {
        transaction_undo(sql);
        return ERR_IO;
    }
    int error = pg_run(sql, "commit");
    if (error) {
        transaction_undo(sql);
    }
    return sql->reading ? 0 : error; /* what was read stands */
}

static int64_t written(struct sql *of)
{
    struct postgres *sql = postgres_of(of);
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
static int script(struct sql *of, const char *text)
{
    struct postgres *sql = postgres_of(of);
    char *own = text_translate(text);
    if (!own) {
        return ERR_MEMORY;
    }
    int error = pg_run(sql, "select pg_advisory_xact_lock(7234017283807667300)");
    if (!error && PQexitPipelineMode(sql->conn)) {
        error = pg_script(sql, own, 0);
    }
    if (sql->conn && !PQenterPipelineMode(sql->conn)) {
        pg_lose(sql);
        error = error ? error : pg_gone(sql);
    }
    free(own);
    return error;
}

/* The one integer that `text` finds. */
static int number_ask(struct postgres *sql, const char *text, int64_t *out)
{
    struct sql_rows rows;
    int error = pg_find(sql, &(struct sql_call){.text = text, .rows = 1});
    while (!error && (error = pg_next(sql, &rows)) > 0) {
        *out = rows.columns[0].integer;
        error = 0;
    }
    return error;
}

/* A block of its own for every session, taken when the rest of the one before does not do: so ids of a batch follow one
 * another. What a transaction that is undone was given is not given again. */
static int ids(struct sql *of, size_t count, int64_t *first)
{
    struct postgres *sql = postgres_of(of);
    static const char text[] = "select nextval(pg_get_serial_sequence('record', 'id'))";
    int64_t block = 0;
    if (count > ID_BLOCK) {
        return ERR_LIMIT;
    }
    if (count > sql->id_left) {
        int error = number_ask(sql, text, &block);
        if (error) {
            return error;
        }
        sql->id_next = block * ID_BLOCK;
        sql->id_left = ID_BLOCK;
    }
    *first = sql->id_next;
    sql->id_next += (int64_t)count;
    sql->id_left -= count;
    return 0;
}

static int ids_after(struct sql *of)
{
    struct postgres *sql = postgres_of(of);
    static const char *const texts[] = {
        "select setval(pg_get_serial_sequence('pair', 'id'), coalesce(max(id), 0) + 1, false) from pair",
        "select setval(pg_get_serial_sequence('run', 'id'), coalesce(max(id), 0) + 1, false) from run",
        "select setval(pg_get_serial_sequence('record', 'id'), coalesce(max(id), 0) / 1024 + 1, false) from record",
        "select setval(pg_get_serial_sequence('audit', 'id'), coalesce(max(id), 0) + 1, false) from audit",
        ("select setval(pg_get_serial_sequence('scheme_version', 'id'), coalesce(max(id), 0) + 1, false) from "
         "scheme_version"),
        "select setval(pg_get_serial_sequence('inbox', 'id'), coalesce(max(id), 0) + 1, false) from inbox",
        "select setval(pg_get_serial_sequence('outbox', 'id'), coalesce(max(id), 0) + 1, false) from outbox",
    };
    _Static_assert(ID_BLOCK == 1024, "ids of records are given in blocks of it");
    int error = 0;
    for (size_t i = 0; !error && i < sizeof texts / sizeof *texts; i++) {
        error = pg_run(sql, texts[i]);
    }
    return error;
}

/* ---- opening ---- */

static void close_sql(struct sql **closing)
{
    struct postgres *sql = *closing ? postgres_of(*closing) : NULL;
    *closing = NULL;
    if (!sql) {
        return;
    }
    pg_result_end(sql);
    PQfinish(sql->conn);
    explicit_bzero(sql->url, strlen(sql->url));
    free(sql);
}

static int tables_found(struct postgres *sql, int64_t *count)
{
    static const char text[] = "select count(to_regclass(name)) from unnest(array['meta', 'page', 'record']) name";
    int error = transaction_begin(sql, false);
    error = error < 0 ? error : number_ask(sql, text, count);
    transaction_undo(sql);
    return error;
}

/* libpq's own sentences about a URL quote parts of it. */
static int url_check(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    int error = options ? 0 : ERR_INPUT;
    for (const PQconninfoOption *o = options; o && o->keyword; o++) {
        if (o->val && strcmp(o->keyword, "password") == 0) {
            secret_add(text_of(o->val));
        }
        /* A password with a slash in it would be taken for a port, and shown. */
        error = o->val && strcmp(o->keyword, "port") == 0 && strspn(o->val, "0123456789,") != strlen(o->val) ? ERR_INPUT
                                                                                                             : error;
    }
    PQconninfoFree(options);
    return error;
}

/* Does the server just take no connection now? Nobody answers, it starts or stops, or it has too many clients (which only
 * its words tell, in its language). */
static bool server_is_away(const struct postgres *sql)
{
    static const char *const signs[] = {"too many clients",
                                        "too many connections",
                                        "connection slots",
                                        "已经有太多的客户",
                                        "连接太多了",
                                        "已保留的连接位置",
                                        "is starting up",
                                        "is shutting down",
                                        "in recovery mode",
                                        "not yet accepting",
                                        "Connection refused",
                                        "No such file or directory",
                                        "closed the connection unexpectedly",
                                        "did not answer in time"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strstr(sql->why, signs[i])) {
            return true;
        }
    }
    PGPing ping = PQping(sql->url);
    return ping == PQPING_REJECT || ping == PQPING_NO_RESPONSE;
}

static bool answers(const char *url)
{
    return PQping(url) != PQPING_NO_RESPONSE;
}

static int tables_judge(const struct postgres *sql, int64_t tables, struct cause *cause)
{
    const char *encoding = PQparameterStatus(sql->conn, "server_encoding");
    if (encoding && strcmp(encoding, "UTF8") != 0 && strcmp(encoding, "SQL_ASCII") != 0) {
        return cause_set(cause, ERR_INPUT,
                         "store %s: the database's encoding is %s, which can't hold every text; make one with createdb "
                         "-E UTF8 -T template0, and name that with DIANCHEN_STORE",
                         sql->shown, encoding);
    }
    if (sql->access == SQL_READER && tables == 0) {
        return cause_set(cause, ERR_NOT_FOUND, "store %s: it is empty yet; a first run fills it", sql->shown);
    }
    return tables == 0 || tables == 3
               ? 0
               : cause_set(cause, ERR_INPUT,
                           "store %s: tables of another program stand there; name another database with DIANCHEN_STORE",
                           sql->shown);
}

static int open_sql(const char *url, enum sql_access access, struct sql **out, struct cause *cause)
{
    size_t size = strlen(url);
    if (size > URL_LIMIT) {
        return cause_set(cause, ERR_INPUT, "store: the URL is longer than %d bytes", URL_LIMIT);
    }
    struct postgres *sql = calloc(1, sizeof *sql + size + 1);
    if (!sql) {
        return cause_set(cause, ERR_MEMORY, "store: out of memory");
    }
    struct sql *opened = &sql->base;
    sql->base = (struct sql){.driver = &postgres_driver, .place = sql->shown, .why = sql->why};
    memcpy(sql->url, url, size + 1);
    if (url_check(sql->url)) {
        close_sql(&opened);
        return cause_set(cause, ERR_INPUT,
                         "store: no URL of PostgreSQL; write postgresql://USER@HOST:PORT/DATABASE, with %%40 for an @ "
                         "and %%2F for a / in user or password");
    }
    sql->access = access;
    sql->pause = PAUSE_FIRST;
    pg_way_find(sql->url, &sql->way);
    snprintf(sql->shown, sizeof sql->shown, "postgresql");
    int64_t tables = 0;
    int error = connect_once(sql);
    /* A server that has just come up again cut this off, or it answers for good: then it says the same once more. */
    for (int turn = 0; error == ERR_BUSY && turn < CONNECT_AGAIN && !server_is_away(sql); turn++) {
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_FIRST * INT64_C(1000000)}, NULL);
        error = connect_once(sql);
    }
    bool connected = !error;
    error = error ? error : tables_found(sql, &tables);
    if (error) {
        bool away = error == ERR_BUSY && (connected || server_is_away(sql));
        const char *cure = pg_way_cure(&sql->way, sql->why);
        error = error == ERR_MEMORY ? error : away ? ERR_BUSY : ERR_INPUT;
        error = cure[0] ? cause_set(cause, error, "store %s; %s", sql->why, cure)
                        : cause_set(cause, error, "store %s", sql->why);
    } else {
        error = tables_judge(sql, tables, cause);
        if (access == SQL_WRITER) {
            pg_way_tell(&sql->way, sql->shown);
        }
    }
    if (error) {
        close_sql(&opened);
    } else {
        *out = opened;
    }
    return error;
}

static int many(struct sql *sql, const struct sql_call *call)
{
    return pg_many(postgres_of(sql), call);
}

static int find(struct sql *sql, const struct sql_call *call)
{
    return pg_find(postgres_of(sql), call);
}

static int next(struct sql *sql, struct sql_rows *rows)
{
    return pg_next(postgres_of(sql), rows);
}

static int stop(struct sql *sql)
{
    return pg_next(postgres_of(sql), NULL);
}

const struct sql_driver postgres_driver = {
    .open = open_sql,
    .close = close_sql,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .many = many,
    .find = find,
    .next = next,
    .stop = stop,
    .script = script,
    .written = written,
    .ids = ids,
    .ids_after = ids_after,
    .life = pg_life,
    .risk = pg_risk,
    .now = now,
    .answers = answers,
};
