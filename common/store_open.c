/* A store comes to be: opened, brought up to date, adjusted to this boot, copied. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/store_copy.h"
#include "common/store_private.h"
#include "common/store_schema.h"

enum {
    META_MAX = 160,
    REBOOT_WAIT = 60000, /* ms: more than S + D + V of docs/delivery.md */
};

struct meta {
    const char *name;
    char value[META_MAX]; /* "" = none */
};

static void meta_bind(void *user, size_t row, struct sql_value *params)
{
    const struct meta *meta = user;
    (void)row;
    params[0] = SQL_STRING(text_of(meta->name));
    params[1] = SQL_STRING(text_of(meta->value));
}

static int meta_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    struct meta *meta = user;
    (void)row;
    (void)count;
    if (columns[0].kind == SQL_TEXT) {
        snprintf(meta->value, sizeof meta->value, "%.*s", TEXT_ARG(columns[0].text));
    }
    return 0;
}

static int meta_read(struct store *store, struct meta *meta)
{
    meta->value[0] = 0;
    return store_many(store, &(struct sql_call){.text = "select value from meta where name = $1",
                                                .rows = 1,
                                                .params = 1,
                                                .bind = meta_bind,
                                                .found = meta_found,
                                                .user = meta});
}

static int meta_write(struct store *store, struct meta *meta)
{
    static const char text[] =
        "insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = $2";
    return store_many(store, &(struct sql_call){.text = text, .rows = 1, .params = 2, .bind = meta_bind, .user = meta});
}

static int meta_new_id(struct store *store)
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

/* What deadlines count from is gone. A POST that was under way may still be executed, so claims are given their longest
 * time once more; leases just end. */
static int clock_anew(struct store *store)
{
    static const char *const texts[] = {
        "update record set until = $1 where claim <> 0",
        "update page set until = 0 where until <> 0",
        "update api set next = 0, ban = 0, token_until = 0, owner_until = 0",
        "update book_state set until = 0 where until <> 0",
        "update alert set until = 0 where until <> 0",
    };
    struct sql_value until = SQL_INTEGER(store_now(store) + REBOOT_WAIT);
    int error = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !error; i++) {
        error = store_run(store, texts[i], &until, i == 0, NULL);
    }
    return error;
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
    error = boot.value[0] ? clock_anew(store) : 0;
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

/* A copy that appears under its name only when it is whole. `replace`: over what stands there. */
static int copy_whole(struct store *store, const char *path, bool replace, struct cause *cause)
{
    size_t room = strlen(path) + sizeof ".part";
    char *part = malloc(room);
    if (!part) {
        return cause_set(cause, ERR_MEMORY, "copy of the store to %s: out of memory", path);
    }
    snprintf(part, room, "%s.part", path);
    int error = 0;
    if (!replace && access(path, F_OK) == 0) {
        error =
            cause_set(cause, ERR_INPUT, "copy of the store to %s: the file stands already; choose another place", path);
    }
    if (replace) {
        unlink(part); /* of a copy that was cut off */
    }
    if (!error) {
        error = store->driver->copy(store->sql, part, cause);
        if (!error && rename(part, path) != 0) {
            error =
                cause_set(cause, ERR_IO, "copy of the store to %s: %s; choose another place", path, strerror(errno));
            unlink(part);
        }
    }
    free(part);
    return error;
}

/* What an older version can still read is kept beside the file: PATH.schema1. The caller holds the write lock, so a
 * reader of its own sees all that there is. */
static int copy_before(const struct store *store, const char *url, const char *path, int version, struct cause *cause)
{
    size_t room = strlen(path) + 40;
    char *name = malloc(room);
    struct store before = {.driver = store->driver};
    if (!name) {
        return cause_set(cause, ERR_MEMORY, "store %s: out of memory", path);
    }
    snprintf(name, room, "%s.schema%d", path, version);
    struct cause why = {""};
    int error = store->driver->open(url, SQL_READER, &before.sql, &why);
    if (!error) {
        error = copy_whole(&before, name, true, &why);
        store->driver->close(&before.sql);
    }
    free(name);
    if (error) {
        error = cause_set(cause, ERR_INPUT, "store %s is brought up to date only after a copy of it was made: %s", path,
                          why.text);
    }
    return error;
}

static int schema_migrate(struct store *store, const char *url, const char *path, struct cause *cause)
{
    int version = 0;
    int error =
        store->driver->script(store->sql, "create table if not exists meta (name text primary key, value text)");
    if (!error) {
        error = schema_read(store, path, &version, cause);
    }
    if (error || version == STORE_SCHEMA) {
        return error;
    }
    error = version > 0 && store->driver->copy ? copy_before(store, url, path, version, cause) : 0;
    for (int i = version; i < STORE_SCHEMA && !error; i++) {
        error = store->driver->script(store->sql, store_schema_steps[i]);
    }
    struct meta schema = {.name = "schema"};
    snprintf(schema.value, sizeof schema.value, "%d", (int)STORE_SCHEMA);
    if (!error) {
        error = meta_write(store, &schema);
    }
    return !error && version == 0 ? meta_new_id(store) : error;
}

int store_retired(struct store *store)
{
    struct meta retired = {.name = "retired"};
    int error = meta_read(store, &retired);
    if (error || !retired.value[0]) {
        return error;
    }
    snprintf(store->changed, sizeof store->changed,
             "it was retired, its rows are in %s now: set DIANCHEN_STORE to that", retired.value);
    return ERR_REFUSED;
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

static int open_writer(struct store *store, const char *url, const char *path, struct cause *cause)
{
    int error = schema_migrate(store, url, path, cause);
    if (!error && !store->driver->now) {
        error = boot_check(store, cause);
    }
    return error ? error : identity_read(store, cause);
}

static int open_reader(struct store *store, const char *url, struct cause *cause)
{
    int version = 0;
    int error = schema_read(store, url, &version, cause);
    if (!error && version < STORE_SCHEMA) {
        error = cause_set(cause, ERR_INPUT,
                          "store %s is of an older dianchen (schema %d, this one has %d): the next run "
                          "brings it up to date",
                          url, version, (int)STORE_SCHEMA);
    }
    return error ? error : identity_read(store, cause);
}

/* The same database behind a new connection? And is its clock still the same? */
static int news_take(struct store *store, int news, bool write)
{
    int error = 0;
    if (news & SQL_BEGUN_ANEW) {
        struct meta id = {.name = "id"};
        error = meta_read(store, &id);
        if (!error && strcmp(id.value, store->id) != 0) {
            snprintf(store->changed, sizeof store->changed,
                     "another store stands there now (%.8s, it was %.8s): start again", id.value, store->id);
            error = ERR_IO;
        }
    }
    if (!error && write && (news & SQL_CLOCK_LEAPT)) {
        log_line(LOG_WARN, "store.clock", "the store's clock was set: claims are given their whole time once more");
        error = clock_anew(store);
    }
    return error;
}

int store_enter(struct store *store, bool write)
{
    if (store->changed[0]) {
        return ERR_IO;
    }
    int news = store->driver->begin(store->sql, write);
    int error = news > 0 ? news_take(store, news, write) : news;
    if (error && news > 0) {
        store->driver->rollback(store->sql);
    }
    return error;
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

static int open_as(const char *url, enum sql_access access_mode, struct store **out, struct cause *cause)
{
    const struct store_kind *kind = kind_of(url);
    if (!kind) {
        struct text shown = store_shown(url);
        return cause_set(cause, ERR_INPUT,
                         "store %.*s: no such kind of store; write --store sqlite:PATH, or postgresql://HOST/DATABASE",
                         shown.size > 40 ? 40 : (int)shown.size, url);
    }
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        return cause_set(cause, ERR_MEMORY, "store: out of memory");
    }
    store->driver = kind->driver;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->wake, NULL);
    struct cause told = {""};
    int error = store->driver->open(url, access_mode, &store->sql, &told);
    if (!error) {
        const char *name = store->driver->place(store->sql);
        error = store->driver->begin(store->sql, access_mode == SQL_WRITER);
        if (error >= 0) {
            error = store_end(store, access_mode == SQL_WRITER ? open_writer(store, url, name, &told)
                                                               : open_reader(store, name, &told));
        }
        if (error && !told.text[0]) {
            error = cause_set(&told, error == ERR_MEMORY ? error : ERR_INPUT,
                              "store %s; mend that, or choose another place with --store", store_why(store));
        }
    }
    if (error) {
        store_close(&store);
        return cause_set(cause, error, "%s", told.text);
    }
    *out = store;
    return 0;
}

int store_open(const char *url, struct store **out, struct cause *cause)
{
    return open_as(url, SQL_WRITER, out, cause);
}

int store_open_reader(const char *url, struct store **out, struct cause *cause)
{
    return open_as(url, SQL_READER, out, cause);
}

int store_backup(const char *url, const char *path, struct cause *cause)
{
    struct store *store = NULL;
    int error = store_open_reader(url, &store, cause);
    if (error == ERR_NOT_FOUND) {
        return cause_set(cause, error, "%.*s: no store there yet: nothing has run; start with dianchen run",
                         TEXT_ARG(store_shown(url)));
    }
    if (store && !store->driver->copy) {
        error = cause_set(cause, ERR_INPUT, "this store is a PostgreSQL database: back it up with pg_dump");
        store_close(&store);
    }
    if (store) {
        error = copy_whole(store, path, false, cause);
        store_close(&store);
    }
    return error;
}

static int empty_check(struct store *to, struct cause *cause)
{
    int64_t runs = 0;
    int error =
        store_integers(to, "select (select count(*) from run) + (select count(*) from pair)", NULL, 0, &runs, 1);
    return !error && runs > 0 ? cause_set(cause, ERR_INPUT,
                                          "copy of the store: runs stand in the new store already; name an empty one")
                              : error;
}

/* All rows, with deadlines on the new store's clock. The old one stays locked meanwhile, and is retired in favour of
 * `retired` (NULL = not) once the new one has everything. */
static int rows_move(struct store *from, struct store *to, const char *retired, int64_t *rows, struct cause *cause)
{
    struct cause told = {""};
    int error = store_begin(from, retired != NULL), entered = store_begin(to, true);
    error = error ? error : entered;
    if (!error && retired) {
        int64_t open = 0;
        error = store_integers(from, "select count(*) from run where state in (1, 4)", NULL, 0, &open, 1);
        error = !error && open > 0 ? cause_set(&told, ERR_INPUT,
                                               "copy of the store: a run is open; finish it first (dianchen run), or "
                                               "abandon it (dianchen run --new)")
                                   : error;
        error = error ? error : empty_check(to, &told);
    }
    error = error ? error : store_copy_rows(from, to, rows);
    error = error ? error : clock_anew(to);
    error = error || !to->driver->ids_after ? error : to->driver->ids_after(to->sql);
    const struct store *failed = store_why(to)[0] ? to : from;
    int ended = store_end(to, error);
    error = error ? error : ended;
    if (!error && retired) {
        struct meta mark = {.name = "retired"};
        snprintf(mark.value, sizeof mark.value, "%s", retired);
        error = meta_write(from, &mark);
    }
    ended = store_end(from, error);
    error = error ? error : ended;
    if (error && !told.text[0]) {
        cause_set(&told, error, "copy of the store: %s: %s", error_text(error), store_why(failed));
    }
    return error ? cause_set(cause, error, "%s", told.text) : 0;
}

int store_copy(const char *from_url, const char *to_url, int64_t *rows, struct cause *cause)
{
    const struct store_kind *kinds_used[] = {kind_of(from_url), kind_of(to_url)};
    if (!kinds_used[0] || !kinds_used[1] || kinds_used[0]->driver != &sqlite_driver ||
        kinds_used[1]->driver != &postgres_driver) {
        return cause_set(cause, ERR_INPUT, "copy of the store: from sqlite:PATH to postgresql://HOST/DATABASE");
    }
    struct store *from = NULL, *to = NULL;
    struct stat st;
    if (stat(from_url + kinds_used[0]->head.size, &st) != 0) {
        return cause_set(cause, ERR_INPUT, "copy of the store: %s: %s", from_url, strerror(errno));
    }
    int error = store_open(from_url, &from, cause);
    error = error ? error : store_open(to_url, &to, cause);
    if (!error && to) {
        error = rows_move(from, to, to->driver->place(to->sql), rows, cause);
    }
    store_close(&from);
    store_close(&to);
    return error;
}

static int make_dry(struct store *store)
{
    struct sql_value wall = SQL_INTEGER(store_wall());
    int error = store_begin(store, true);
    if (error) {
        return error;
    }
    error = meta_write(store, &(struct meta){.name = "dry", .value = "1"});
    if (!error) {
        error = meta_new_id(store);
    }
    if (!error) {
        error = store_run(store, "update run set state = 3, ended = $1 where state in (1, 4)", &wall, 1, NULL);
    }
    return store_end(store, error);
}

int store_copy_dry(const char *url, const char *path, struct cause *cause)
{
    if (access(path, F_OK) == 0) {
        return cause_set(cause, ERR_INPUT, "copy of the store to %s: the file stands already; choose another place",
                         path);
    }
    struct store *store = NULL, *from = NULL;
    int error = store_open_reader(url, &from, cause);
    error = error == ERR_NOT_FOUND ? 0 : error;
    if (from && from->driver->copy) {
        error = from->driver->copy(from->sql, path, cause);
        store_close(&from);
    }
    if (error) {
        return error;
    }
    size_t room = strlen(path) + sizeof "sqlite:";
    char *copy = malloc(room);
    if (!copy) {
        store_close(&from);
        return cause_set(cause, ERR_MEMORY, "copy of the store to %s: out of memory", path);
    }
    snprintf(copy, room, "sqlite:%s", path);
    error = store_open(copy, &store, cause);
    free(copy);
    if (error) {
        store_close(&from);
        return error;
    }
    if (from && store) {
        int64_t rows;
        error = rows_move(from, store, NULL, &rows, cause);
        store_close(&from);
    }
    if (!error && (error = make_dry(store)) != 0) {
        cause_set(cause, error, "copy of the store: %s", store_why(store));
    }
    store_close(&store);
    if (error) {
        unlink(path);
    }
    return error;
}
