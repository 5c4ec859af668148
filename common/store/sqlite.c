/* SQLite behind sql.h: one file in WAL mode, synchronous=FULL, written by several processes. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/store/sqlite_call.h"

enum {
    PATH_LIMIT = 4000,
    WAIT_PRESS = 100, /* polls at the shortest pause before it grows */
    LOG_COPY = 4000,  /* pages of 4 KiB */
    LOG_MOST = 16384,
    CUT_WAIT = 250,  /* ms for readers to go */
    CUT_REST = 2000, /* ms after a reader that stayed */
};

/* The other writer holds the lock for one transaction, a few hundred µs: poll closely at first. */
static int wait_for_lock(void *user, int calls)
{
    struct sqlite *sql = user;
    if (calls == 0) {
        sql->wait_from = clock_ms();
    }
    turn_wait(&sql->turn);
    if (calls > 0 && (clock_ms() - sql->wait_from >= sql->wait_most || sql_gives_up(&sql->base))) {
        return 0;
    }
    long pause = calls < WAIT_PRESS ? 100000 : 200000L * (calls - WAIT_PRESS + 1);
    struct timespec t = {.tv_nsec = pause > 2000000 ? 2000000 : pause};
    nanosleep(&t, NULL);
    return 1;
}

static int find(struct sql *sql, const struct sql_call *call)
{
    return sqlite_find(sqlite_of(sql), call);
}

static int next(struct sql *sql, struct sql_rows *rows)
{
    return sqlite_next(sqlite_of(sql), rows);
}

static int stop(struct sql *sql)
{
    return sqlite_stop(sqlite_of(sql));
}

static int many(struct sql *sql, const struct sql_call *call)
{
    return sqlite_run(sqlite_of(sql), call);
}

static int run_text(struct sqlite *sql, const char *text)
{
    int code = sqlite3_exec(sql->db, text, NULL, NULL, NULL);
    return code ? sqlite_fail(sql, code) : 0;
}

static int script(struct sql *sql, const char *text)
{
    return run_text(sqlite_of(sql), text);
}

static const char text_begin[] = "begin", text_begin_write[] = "begin immediate";
static const char text_commit[] = "commit", text_rollback[] = "rollback";

static int run_prepared(struct sqlite *sql, const char *text)
{
    return sqlite_run(sql, &(struct sql_call){.text = text, .rows = 1});
}

static int begin(struct sql *of, bool write)
{
    struct sqlite *sql = sqlite_of(of);
    sql->why[0] = '\0';
    if (!write) {
        return run_prepared(sql, text_begin);
    }
    turn_give(&sql->turn);
    int error = run_prepared(sql, text_begin_write);
    turn_had(&sql->turn);
    sql->writing = !error;
    return error;
}

static void ended(struct sqlite *sql)
{
    if (sql->writing) {
        turn_end(&sql->turn);
    }
    sql->writing = false;
}

static void transaction_undo(struct sqlite *sql)
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

static void rollback(struct sql *sql)
{
    transaction_undo(sqlite_of(sql));
}

/* The log is copied back every 16 MiB, as far as readers let it, and starts over once nobody reads in it. */
static int log_grew(void *user, sqlite3 *db, const char *name, int pages)
{
    struct sqlite *sql = user;
    sql->log_pages = pages;
    if (pages >= LOG_COPY) {
        (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    return SQLITE_OK;
}

/* Where one reader comes before the other has gone, somebody always reads in the log. Then it is waited for them, once all
 * of it is copied: who comes then reads in the file itself. For a short time only, since nobody writes meanwhile. */
static void log_cut(struct sqlite *sql)
{
    if (sql->log_pages < LOG_MOST || clock_ms() < sql->cut_next) {
        return;
    }
    sql->wait_most = CUT_WAIT;
    int code = sqlite3_wal_checkpoint_v2(sql->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    sql->wait_most = SQLITE_WAIT;
    turn_had(&sql->turn);
    sql->cut_next = code == SQLITE_OK ? 0 : clock_ms() + CUT_REST;
    sql->log_pages = 0;
}

static int commit(struct sql *of)
{
    struct sqlite *sql = sqlite_of(of);
    if (sqlite3_get_autocommit(sql->db)) {
        snprintf(sql->why, sizeof sql->why, "%s: the transaction was rolled back", sql->path);
        return ERR_IO;
    }
    int error = run_prepared(sql, text_commit);
    if (error) {
        transaction_undo(sql);
    }
    ended(sql);
    log_cut(sql);
    return error;
}

static int64_t written(struct sql *of)
{
    struct sqlite *sql = sqlite_of(of);
    return sqlite3_get_autocommit(sql->db) ? -1 : sqlite3_total_changes64(sql->db);
}

/* The write lock keeps others from asking meanwhile. */
static int ids(struct sql *of, size_t count, int64_t *first)
{
    struct sqlite *sql = sqlite_of(of);
    (void)count;
    static const char text[] = "select coalesce(max(id), 0) + 1 from record";
    struct sql_rows rows = {0};
    int error = sqlite_find(sql, &(struct sql_call){.text = text, .rows = 1});
    error = error ? error : sqlite_next(sql, &rows);
    *first = error > 0 ? rows.columns[0].integer : 0;
    int stopped = sqlite_stop(sql);
    return error < 0 ? error : stopped;
}

static void close_sql(struct sql **closing)
{
    struct sqlite *sql = *closing ? sqlite_of(*closing) : NULL;
    *closing = NULL;
    if (!sql) {
        return;
    }
    for (size_t i = 0; i < SQLITE_SLOTS; i++) {
        sqlite3_finalize(sql->slots[i].stmt);
    }
    sqlite3_close(sql->db);
    turn_close(&sql->turn);
    free(sql);
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
static int ask(struct sqlite *sql, const char *text, char answer[static 16])
{
    int64_t from = clock_ms();
    for (;;) {
        answer[0] = 0;
        int code = sqlite3_exec(sql->db, text, row_text, answer, NULL);
        if (!code) {
            return 0;
        }
        if ((code & 0xff) != SQLITE_BUSY || clock_ms() - from >= SQLITE_WAIT) {
            return sqlite_fail(sql, code);
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static int settle_in(struct sqlite *sql, enum sql_access access, struct cause *cause)
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
    (void)sqlite3_wal_hook(sql->db, log_grew, sql);
    /* A long reader may let the log grow; it is cut afterwards. */
    if (!error) {
        error = run_text(sql, "pragma synchronous = full; pragma cache_size = -8192; pragma temp_store = memory;"
                              "pragma mmap_size = 0; pragma foreign_keys = off; pragma journal_size_limit = 67108864");
    }
    if (!error && access == SQL_READER) {
        error = run_text(sql, "pragma query_only = on");
    }
    char folder[PATH_LIMIT + 8];
    snprintf(folder, sizeof folder, "%s", sql->path);
    if (error && faccessat(AT_FDCWD, dirname(folder), W_OK, 0) != 0) {
        return cause_set(
            cause, ERR_INPUT,
            "store %s: its folder can't be written (%s), and two more files stand beside it even while it is "
            "read: copy it to another place, or let this user write there",
            sql->path, strerror(errno));
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
    struct sqlite *sql = calloc(1, sizeof *sql + size + 1);
    if (!sql) {
        return cause_set(cause, ERR_MEMORY, "store %s: out of memory", path);
    }
    sql->base = (struct sql){.driver = &sqlite_driver, .place = sql->path, .why = sql->why};
    memcpy(sql->path, path, size + 1);
    turn_open(&sql->turn, path);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* no lock around every allocation; refused once a store is open */
    char name[PATH_LIMIT + 8];                  /* "./" in front keeps ":memory:" a file name */
    snprintf(name, sizeof name, "%s%s", path[0] == '/' ? "" : "./", path);
    int code =
        sqlite3_open_v2(name, &sql->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    int error = 0;
    if (code) {
        sqlite_fail(sql, code);
        error = cause_set(cause, ERR_INPUT, "store %s; let this user read and write it", sql->why);
    } else {
        sqlite3_db_config(sql->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 1200, 200);
        sql->wait_most = SQLITE_WAIT;
        sqlite3_busy_handler(sql->db, wait_for_lock, sql);
        error = settle_in(sql, access_mode, cause);
    }
    struct sql *opened = &sql->base;
    if (error) {
        close_sql(&opened);
    } else {
        *out = opened;
    }
    return error;
}

/* The file PATH-life is there for the time at which it was last changed, which no program can set: it is changed by each writer
 * that opens the store, and by whoever puts it back together with the store. */
static int marker_change(const char *path, const struct statx *store)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = fd < 0 || futimens(fd, NULL) != 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0) {
        (void)!fchown(fd, store->stx_uid, store->stx_gid); /* so that root does not lock its user out */
        close(fd);
    }
    errno = error;
    return error ? ERR_IO : 0;
}

/* A file that is copied to another place gets another inode. What stands in it, and so its life, comes along. */
static int life(struct sql *of, bool anew, char out[static SQL_LIFE_MAX])
{
    struct sqlite *sql = sqlite_of(of);
    struct statx file, marker;
    char path[PATH_LIMIT + 8];
    snprintf(path, sizeof path, "%s-life", sql->path);
    bool there = statx(AT_FDCWD, sql->path, 0, STATX_INO | STATX_BTIME | STATX_UID | STATX_GID, &file) == 0;
    if (!there || (anew && marker_change(path, &file) != 0)) {
        snprintf(sql->why, sizeof sql->why, "%.250s: %.40s", there ? path : sql->path, strerror(errno));
        return ERR_IO;
    }
    bool born = (file.stx_mask & STATX_BTIME) != 0;
    int size = snprintf(out, SQL_LIFE_MAX, "%llu %lld", (unsigned long long)file.stx_ino,
                        born ? (long long)file.stx_btime.tv_sec * 1000000000 + file.stx_btime.tv_nsec : 0);
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_CTIME, &marker) == 0) {
        snprintf(out + size, SQL_LIFE_MAX - (size_t)size, "/%lld.%09u", (long long)marker.stx_ctime.tv_sec,
                 marker.stx_ctime.tv_nsec);
    }
    return 0;
}

static int copy_sql(struct sql *of, const char *path, struct cause *cause)
{
    struct sqlite *sql = sqlite_of(of);
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
    if (code == SQLITE_DONE &&
        sqlite3_exec(db, "update meta set value = 'copy' where name = 'life'", NULL, NULL, NULL)) {
        code = SQLITE_IOERR;
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
    .find = find,
    .next = next,
    .stop = stop,
    .script = script,
    .written = written,
    .ids = ids,
    .life = life,
    .copy = copy_sql,
};
