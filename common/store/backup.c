/* Copies of a whole store: a backup, a copy for a dry run, and the move from a file into PostgreSQL. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/store/copy.h"
#include "common/store/file_copy.h"
#include "common/store/meta.h"
#include "common/store/open.h"
#include "common/store/private.h"
#include "common/store/transaction.h"

int store_backup(const char *url, const char *path, struct cause *cause)
{
    struct store *store = NULL;
    int error = store_open_reader(url, &store, cause);
    if (error == ERR_NOT_FOUND) {
        return cause_set(cause, error, "%.*s: no store there yet: nothing has run; start with dianchen run",
                         TEXT_ARG(store_shown(url)));
    }
    if (store && !store->sql->driver->copy) {
        error = cause_set(cause, ERR_INPUT, "this store is a PostgreSQL database: back it up with pg_dump");
        store_close(&store);
    }
    if (store) {
        error = store_file_copy(store->sql, path, false, cause);
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
    error = error ? error : store_clock_anew(to);
    error = error || !to->sql->driver->ids_after ? error : to->sql->driver->ids_after(to->sql);
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
    if (store_driver(from_url) != &sqlite_driver || store_driver(to_url) != &postgres_driver) {
        return cause_set(cause, ERR_INPUT, "copy of the store: from sqlite:PATH to postgresql://HOST/DATABASE");
    }
    struct store *from = NULL, *to = NULL;
    struct stat st;
    if (stat(from_url + strlen("sqlite:"), &st) != 0) {
        return cause_set(cause, ERR_INPUT, "copy of the store: %s: %s", from_url, strerror(errno));
    }
    int error = store_open(from_url, &from, cause);
    error = error ? error : store_open(to_url, &to, cause);
    if (!error && to) {
        error = rows_move(from, to, to->sql->place, rows, cause);
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
    /* It is no store that was put back: nothing is waited for, since nothing is created. */
    error = error ? error : store_life_keep(store);
    if (!error) {
        error = store_new_id(store);
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
    if (from && from->sql->driver->copy) {
        error = from->sql->driver->copy(from->sql, path, cause);
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
    error = store_open_twin(copy, &store, cause);
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
