#include "common/store/copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

enum { AT_ONCE = 500 /* rows */, CHUNK_BYTES = 256 << 20, TEXT_MAX = 400 };

/* Every table but meta, and what its rows are told apart by. */
static const struct table {
    const char *name, *key;
    size_t keys;
} tables[] = {
    {"pair", "id", 1},
    {"run", "id", 1},
    {"run_key", "run, slice", 2},
    {"page", "run, slice, no", 3},
    {"record", "id", 1},
    {"reject", "record", 1},
    {"note", "record", 1},
    {"answer", "record", 1},
    {"step", "record, name", 2},
    {"api", "name", 1},
    {"pace_step", "api, at", 2},
    {"existing", "account, number", 2},
    {"existing_reading", "account, scheme", 2},
    {"alert", "cause", 1},
    {"token", "name", 1},
    {"audit", "id", 1},
    {"hold", "scheme", 1},
    {"scheme_version", "id", 1},
    {"window_cursor", "scheme, source, request", 3},
    {"inbox", "id", 1},
    {"outbox", "id", 1},
};
enum { TABLES = sizeof tables / sizeof *tables, KEYS_MAX = 3 };

/* Statements are known by their address, so theirs never change. */
static char texts[TABLES][3][TEXT_MAX];

struct chunk {
    struct arena arenas[2]; /* of this chunk, and of the one before, whose last key asks for this one */
    size_t turn;
    struct sql_value values[AT_ONCE * SQL_PARAMS];
    size_t count, columns;
    struct sql_value last[KEYS_MAX]; /* key of the last row */
    size_t keys;
};

static int value_keep(struct arena *arena, struct sql_value from, struct sql_value *to)
{
    *to = from;
    if (from.kind == SQL_TEXT || from.kind == SQL_BLOB) {
        to->text = from.text.size > 0 ? arena_text(arena, from.text) : TEXT("");
    }
    return (from.kind == SQL_TEXT || from.kind == SQL_BLOB) && !to->text.data ? ERR_MEMORY : 0;
}

/* Behind the columns of the row stand those of its key. */
static int row_keep(struct chunk *chunk, const struct sql_rows *rows)
{
    if (rows->count <= chunk->keys || rows->count - chunk->keys > SQL_PARAMS) {
        return ERR_LIMIT;
    }
    chunk->columns = rows->count - chunk->keys;
    int error = 0;
    for (size_t i = 0; !error && i < chunk->columns; i++) {
        error = value_keep(&chunk->arenas[chunk->turn], rows->columns[i],
                           &chunk->values[chunk->count * chunk->columns + i]);
    }
    for (size_t i = 0; !error && i < chunk->keys; i++) {
        error = value_keep(&chunk->arenas[chunk->turn], rows->columns[chunk->columns + i], &chunk->last[i]);
    }
    chunk->count++;
    return error;
}

static void texts_write(const struct table *table, char (*text)[TEXT_MAX])
{
    static const char *const behind[] = {"($1)", "($1, $2)", "($1, $2, $3)"};
    snprintf(text[0], TEXT_MAX, "select %s.*, %s from %s order by %s limit %d", table->name, table->key, table->name,
             table->key, AT_ONCE);
    snprintf(text[1], TEXT_MAX, "select %s.*, %s from %s where (%s) > %s order by %s limit %d", table->name, table->key,
             table->name, table->key, behind[table->keys - 1], table->key, AT_ONCE);
}

static void insert_write(const struct table *table, size_t columns, char text[static TEXT_MAX])
{
    int size = snprintf(text, TEXT_MAX, "insert into %s values (", table->name);
    for (size_t i = 0; i < columns && size > 0 && size < TEXT_MAX; i++) {
        size += snprintf(text + size, (size_t)(TEXT_MAX - size), "%s$%zu", i > 0 ? ", " : "", i + 1);
    }
    if (size > 0 && size < TEXT_MAX) {
        snprintf(text + size, (size_t)(TEXT_MAX - size), ")");
    }
}

static int chunk_read(struct store *from, const char *text, size_t keys, struct chunk *chunk)
{
    struct sql_rows rows;
    int error = 0;
    struct sql_value last[KEYS_MAX];
    memcpy(last, chunk->last, sizeof last);
    chunk->count = 0;
    chunk->turn = !chunk->turn;
    arena_reset(&chunk->arenas[chunk->turn], CHUNK_BYTES);
    store_ask(from, text, last, keys, &rows);
    while (!error && store_next(&rows)) {
        error = row_keep(chunk, &rows);
    }
    int found = store_found(&rows);
    return error ? error : found;
}

static int table_copy(struct store *from, struct store *to, const struct table *table, char (*text)[TEXT_MAX],
                      struct chunk *chunk, int64_t *rows)
{
    if (!text[0][0]) {
        texts_write(table, text);
    }
    chunk->keys = table->keys;
    int error = chunk_read(from, text[0], 0, chunk);
    while (!error && chunk->count > 0) {
        if (!text[2][0]) {
            insert_write(table, chunk->columns, text[2]);
        }
        error = store_many(
            to, &(struct sql_call){
                    .text = text[2], .values = chunk->values, .rows = chunk->count, .params = chunk->columns});
        *rows += (int64_t)chunk->count;
        if (error || chunk->count < AT_ONCE) {
            return error;
        }
        error = chunk_read(from, text[1], chunk->keys, chunk);
    }
    return error;
}

int store_copy_rows(struct store *from, struct store *to, int64_t *rows)
{
    struct chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk) {
        return ERR_MEMORY;
    }
    arena_init(&chunk->arenas[0], CHUNK_BYTES);
    arena_init(&chunk->arenas[1], CHUNK_BYTES);
    int error = 0;
    *rows = 0;
    for (size_t t = 0; !error && t < TABLES; t++) {
        error = table_copy(from, to, &tables[t], texts[t], chunk, rows);
    }
    arena_fini(&chunk->arenas[0]);
    arena_fini(&chunk->arenas[1]);
    free(chunk);
    return error;
}
