/* Opens a store: migrates its schema and adjusts its deadlines to this boot. */
#include "common/store/open.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/log/log.h"
#include "common/store/file_copy.h"
#include "common/store/meta.h"
#include "common/store/private.h"
#include "common/store/schema.h"
#include "common/store/transaction.h"

enum {
    OPEN_WAIT = 5000,  /* ms for a server that nobody answers for */
    FULL_WAIT = 60000, /* ms for one that is there but takes no connection now, by who only wants to read */
    OPEN_PAUSE = 200,  /* ms */
};

int store_new_id(struct store *store)
{
    struct meta id = {.name = "id"};
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return ERR_IO;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        snprintf(id.value + 2 * i, 3, "%02x", bytes[i]);
    }
    memcpy(store->id, id.value, sizeof store->id);
    return meta_write(store, &id);
}

/* CLOCK_BOOTTIME began anew, or the file came from another machine. */
static int boot_check(struct store *store, struct cause *cause)
{
    struct meta boot = {.name = "boot"}, now = {.name = "boot"};
    int error = meta_read(store, &boot);
    if (error) {
        return error;
    }
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, now.value, sizeof now.value - 1);
    if (fd >= 0) {
        close(fd);
    }
    if (size < 36) {
        return cause_set(cause, ERR_INPUT,
                         "store: cannot read /proc/sys/kernel/random/boot_id, which tells whether "
                         "deadlines still hold; mount /proc");
    }
    now.value[36] = 0;
    if (strcmp(boot.value, now.value) == 0) {
        return 0;
    }
    error = boot.value[0] ? store_clock_anew(store) : 0;
    return error ? error : meta_write(store, &now);
}

static int schema_read(struct store *store, const char *url, int *version, struct cause *cause)
{
    struct meta schema = {.name = "schema"};
    int error = meta_read(store, &schema);
    int64_t found = 0;
    if (!error && schema.value[0] && text_integer(text_of(schema.value), &found)) {
        error = cause_set(cause, ERR_INPUT, "store %s: its schema \"%s\" is no number; put a backup in its place", url,
                          schema.value);
    }
    if (!error && (found > STORE_SCHEMA || found < 0)) {
        error = cause_set(cause, ERR_INPUT,
                          "store %s was made by a newer dianchen (schema %lld, this one knows %d): "
                          "install that version, or choose another store with --store",
                          url, (long long)found, (int)STORE_SCHEMA);
    }
    if (!error) {
        *version = (int)found;
    }
    return error;
}

/* What an older version can still read is kept beside the file: PATH.schema1. The caller holds the write lock, so a
 * reader of its own sees all that there is. */
static int copy_before(const struct store *store, const char *url, const char *path, int version, struct cause *cause)
{
    size_t room = strlen(path) + 40;
    char *name = malloc(room);
    struct sql *before = NULL;
    if (!name) {
        return cause_set(cause, ERR_MEMORY, "store %s: out of memory", path);
    }
    snprintf(name, room, "%s.schema%d", path, version);
    struct cause why = {""};
    int error = store->sql->driver->open(url, SQL_READER, &before, &why);
    if (!error) {
        error = store_file_copy(before, name, true, &why);
        store->sql->driver->close(&before);
    }
    free(name);
    if (error) {
        error = cause_set(cause, ERR_INPUT, "store %s is brought up to date only after a copy of it was made: %s", path,
                          why.text);
    }
    return error;
}

/* A role may have no right to create tables: then only a table that is not there is created. */
static const char text_meta[] = "/*! do $$ begin if to_regclass('meta') is null then !*/"
                                "create table if not exists meta (name text primary key, value text)"
                                "/*!; end if; end $$ !*/";

static int schema_migrate(struct store *store, const char *url, const char *path, struct cause *cause)
{
    int version = 0;
    int error = store->sql->driver->script(store->sql, text_meta);
    if (!error) {
        error = schema_read(store, path, &version, cause);
    }
    if (error || version == STORE_SCHEMA) {
        return error;
    }
    error = version > 0 && store->sql->driver->copy ? copy_before(store, url, path, version, cause) : 0;
    for (int i = version; i < STORE_SCHEMA && !error; i++) {
        error = store->sql->driver->script(store->sql, store_schema_steps[i]);
    }
    struct meta schema = {.name = "schema"};
    snprintf(schema.value, sizeof schema.value, "%d", (int)STORE_SCHEMA);
    if (!error) {
        error = meta_write(store, &schema);
    }
    return !error && version == 0 ? store_new_id(store) : error;
}

static int identity_read(struct store *store, struct cause *cause)
{
    struct meta id = {.name = "id"}, dry = {.name = "dry"};
    int error = meta_read(store, &id);
    if (!error) {
        error = meta_read(store, &dry);
    }
    snprintf(store->id, sizeof store->id, "%.32s", id.value);
    store->dry = dry.value[0] == '1';
    error = error ? error : store_retired(store);
    return error == ERR_REFUSED ? cause_set(cause, ERR_INPUT, "store %s", store_why(store)) : error;
}

/* A copy of a schema before lives had nothing to tell it from the original: where that was put back and is brought up to
 * date, everything is read anew as well. */
static int open_writer(struct store *store, const char *url, const char *path, struct cause *cause)
{
    int error = schema_migrate(store, url, path, cause);
    if (!error && !store->sql->driver->now) {
        error = boot_check(store, cause);
    }
    store->unknown = !store->twin; /* looked at with the first transaction: a full disk is waited for then */
    return error ? error : identity_read(store, cause);
}

static int open_reader(struct store *store, const char *url, struct cause *cause)
{
    int version = 0;
    int error = schema_read(store, url, &version, cause);
    if (!error && version < STORE_SCHEMA) {
        error = cause_set(cause, ERR_STALE,
                          "store %s is of an older dianchen (schema %d, this one has %d): the next run "
                          "brings it up to date",
                          url, version, (int)STORE_SCHEMA);
    }
    return error ? error : identity_read(store, cause);
}

struct store_kind {
    struct text head;
    bool shown; /* what stands behind the head may be shown: it holds no password */
    const struct sql_driver *driver;
};
static const struct store_kind kinds[] = {
    {{"sqlite:", 7}, true, &sqlite_driver},
    {{"postgresql://", 13}, false, &postgres_driver},
    {{"postgres://", 11}, false, &postgres_driver},
};

static const struct store_kind *kind_of(const char *url)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (text_starts(text_of(url), kinds[i].head)) {
            return &kinds[i];
        }
    }
    return NULL;
}

struct text store_shown(const char *url)
{
    const struct store_kind *kind = kind_of(url);
    return kind && kind->shown ? text_of(url) : (struct text){url, strcspn(url, ":")};
}

const struct sql_driver *store_driver(const char *url)
{
    const struct store_kind *kind = kind_of(url);
    return kind ? kind->driver : NULL;
}

static int enter(struct store *store, const char *url, enum sql_access access, struct cause *cause)
{
    const char *name = store->sql->place;
    int error = store->sql->driver->begin(store->sql, access == SQL_WRITER);
    if (error >= 0) {
        error = store_end(store, access == SQL_WRITER ? open_writer(store, url, name, cause)
                                                      : open_reader(store, name, cause));
    }
    if (error && !cause->text[0]) {
        int kept = error == ERR_MEMORY || (error == ERR_BUSY && store->sql->driver->now) ? error : ERR_INPUT;
        error = cause_set(cause, kept, "store %s; mend that, or choose another place with --store", store_why(store));
    }
    return error;
}

/* ERR_BUSY: not now, but perhaps in a moment. */
static int open_once(const struct sql_driver *driver, const char *url, enum sql_access access, bool twin,
                     struct store **out, struct cause *cause)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        return cause_set(cause, ERR_MEMORY, "store: out of memory");
    }
    store->twin = twin;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->wake, NULL);
    int error = driver->open(url, access, &store->sql, cause);
    error = error ? error : enter(store, url, access, cause);
    if (error) {
        store_close(&store);
        return error;
    }
    *out = store;
    return 0;
}

/* Signals are blocked where a loop takes them, and that does not run yet. */
static bool is_told_to_stop(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/* How long a server is waited for that is being restarted, or has no connection to spare: by who works, until he is told to
 * stop. A service that gave up would stay down. */
static int64_t patience(enum sql_access access, bool answers)
{
    return !answers ? OPEN_WAIT : access == SQL_READER ? FULL_WAIT : INT64_MAX;
}

static int open_as(const char *url, enum sql_access access, bool twin, struct store **out, struct cause *cause)
{
    const struct sql_driver *driver = store_driver(url);
    if (!driver) {
        struct text shown = store_shown(url);
        return cause_set(cause, ERR_INPUT,
                         "store %.*s: no such kind of store; write --store sqlite:PATH, or postgresql://HOST/DATABASE",
                         shown.size > 40 ? 40 : (int)shown.size, url);
    }
    struct cause told = {""};
    int64_t began = clock_ms(), silent = 0; /* since when nobody answers */
    bool waiting = false;
    int error;
    while ((error = open_once(driver, url, access, twin, out, &told)) == ERR_BUSY && !is_told_to_stop()) {
        bool answers = driver->answers && driver->answers(url);
        int64_t now = clock_ms();
        silent = answers ? 0 : silent ? silent : now;
        if (now - (answers ? began : silent) >= patience(access, answers)) {
            break;
        }
        if (answers && !waiting) {
            log_line(EVENT_STORE_LOST, "%s; waiting for a connection", told.text);
            waiting = true;
        }
        told.text[0] = '\0';
        nanosleep(&(struct timespec){.tv_nsec = OPEN_PAUSE * INT64_C(1000000)}, NULL);
    }
    if (!error) {
        return 0;
    }
    return cause_set(cause, error == ERR_BUSY ? ERR_INPUT : error, "%s", told.text);
}

int store_open(const char *url, struct store **out, struct cause *cause)
{
    return open_as(url, SQL_WRITER, false, out, cause);
}

int store_open_reader(const char *url, struct store **out, struct cause *cause)
{
    return open_as(url, SQL_READER, false, out, cause);
}

int store_open_twin(const char *url, struct store **out, struct cause *cause)
{
    return open_as(url, SQL_WRITER, true, out, cause);
}
