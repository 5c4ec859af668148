#include "common/store_copy.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"

enum { AT_ONCE = 500 /* rows */, CHUNK_BYTES = 256 << 20, TEXT_MAX = 400 };

/* Every table but meta, and what its rows are told apart by. */
static const struct table {
    const char *name, *key;
    int keys;
} tables[] = {
    {"pair", "id", 1},
    {"run", "id", 1},
    {"run_key", "run, slice", 2},
    {"page", "run, slice, no", 3},
    {"record", "id", 1},
    {"reject", "record", 1},
    {"api", "name", 1},
    {"book", "account, number", 2},
    {"book_state", "account", 1},
};
enum { TABLES = sizeof tables / sizeof *tables, KEYS_MAX = 3 };

/* Statements are known by their address, so theirs never change. */
static char texts[TABLES][3][TEXT_MAX];

struct chunk {
    struct arena arena;
    struct sql_value rows[AT_ONCE][SQL_COLUMNS];
    size_t count, columns;
    struct sql_value last[KEYS_MAX]; /* key of the last row of the chunk before */
    int keys;
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
static int row_found(void *user, size_t row, const struct sql_value *columns, size_t count)
{
    (void)row;
    struct chunk *chunk = user;
    int error = count <= (size_t)chunk->keys || count - (size_t)chunk->keys > SQL_PARAMS ? ERR_LIMIT : 0;
    for (size_t i = 0; !error && i < count; i++) {
        error = value_keep(&chunk->arena, columns[i], &chunk->rows[chunk->count][i]);
    }
    chunk->columns = count - (size_t)chunk->keys;
    chunk->count++;
    return error;
}

static void last_bind(void *user, size_t row, struct sql_value *params)
{
    (void)row;
    const struct chunk *chunk = user;
    memcpy(params, chunk->last, (size_t)chunk->keys * sizeof *params);
}

static void row_bind(void *user, size_t row, struct sql_value *params)
{
    const struct chunk *chunk = user;
    memcpy(params, chunk->rows[row], chunk->columns * sizeof *params);
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

static int table_copy(struct store *from, struct store *to, const struct table *table, char (*text)[TEXT_MAX],
                      struct chunk *chunk, int64_t *rows)
{
    if (!text[0][0]) {
        texts_write(table, text);
    }
    chunk->keys = table->keys;
    const char *ask = text[0];
    for (;;) {
        chunk->count = 0;
        arena_reset(&chunk->arena, CHUNK_BYTES);
        struct sql_call read = {.text = ask,
                                .rows = 1,
                                .params = ask == text[0] ? 0 : (size_t)table->keys,
                                .bind = last_bind,
                                .found = row_found,
                                .user = chunk};
        int error = store_many(from, &read);
        if (error || chunk->count == 0) {
            return error;
        }
        if (!text[2][0]) {
            insert_write(table, chunk->columns, text[2]);
        }
        struct sql_call write = {
            .text = text[2], .rows = chunk->count, .params = chunk->columns, .bind = row_bind, .user = chunk};
        error = store_many(to, &write);
        *rows += (int64_t)chunk->count;
        if (error || chunk->count < AT_ONCE) {
            return error;
        }
        memcpy(chunk->last, &chunk->rows[chunk->count - 1][chunk->columns], (size_t)table->keys * sizeof *chunk->last);
        ask = text[1];
    }
}

int store_copy_rows(struct store *from, struct store *to, int64_t *rows)
{
    struct chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk) {
        return ERR_MEMORY;
    }
    arena_init(&chunk->arena, CHUNK_BYTES);
    int error = 0;
    *rows = 0;
    for (size_t t = 0; !error && t < TABLES; t++) {
        error = table_copy(from, to, &tables[t], texts[t], chunk, rows);
    }
    arena_fini(&chunk->arena);
    free(chunk);
    return error;
}
