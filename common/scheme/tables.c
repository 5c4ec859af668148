#include "common/scheme/tables.h"

#include <stdio.h>

enum { TABLE_FILES_MAX = 32 << 20 /* bytes of all CSV files together */ };

/* The file stands beside the scheme or below: no way up, no absolute path. Faults quote a file, so what is hidden and what
 * bears another ending (.env, keys) is never read. */
static bool path_good(struct text name, const char *const *endings)
{
    bool good = name.size > 0 && name.size < 200 && name.data[0] != '/' && text_find(name, TEXT("..")) < 0 &&
                name.data[0] != '.' && text_find(name, TEXT("/.")) < 0;
    bool known = false;
    for (; *endings; endings++) {
        known = known || text_ends_nocase(name, text_of(*endings));
    }
    return good && known;
}

/* The bytes of a file that stands beside the scheme; the scheme's hash covers them. */
static bool bytes_beside(struct scheme_compile *c, const cJSON *node, const char *example, const char *const *endings,
                         size_t limit, const char *hint, struct scheme_file *file, struct text *out)
{
    struct text name = json_text(node);
    const char *slash = strrchr(c->file.path, '/');
    int folder = slash ? (int)(slash - c->file.path) + 1 : 0;
    if (!path_good(name, endings)) {
        scheme_fault(&c->faults, &c->file, node, "names a file beside the scheme: \"%s\"", example);
        return false;
    }
    int size = snprintf(file->path, sizeof file->path, "%.*s%.*s", folder, c->file.path, TEXT_ARG(name));
    if (size < 0 || (size_t)size >= sizeof file->path) {
        scheme_fault(&c->faults, &c->file, node, "the file's name is too long");
        return false;
    }
    if (!scheme_file_bytes(&c->faults, &c->work, file, limit, hint, out)) {
        return false;
    }
    buffer_add_text(&c->table_bytes, *out);
    buffer_add_char(&c->table_bytes, '\0');
    return true;
}

static const struct formula_table *table_of_file(struct scheme_compile *c, const cJSON *node)
{
    static const char *const endings[] = {".csv", ".txt", NULL};
    struct text csv;
    struct scheme_file file = {.root = NULL};
    if (!bytes_beside(c, node, "tax.csv", endings, TABLE_BYTES_MAX, "/tables names it, and it stands beside the scheme",
                      &file, &csv)) {
        return NULL;
    }
    const struct formula_table *table = NULL;
    struct cause why = {""};
    int error = formula_table_of_csv(c->keep, csv, &table, &why);
    if (error == ERR_MEMORY) {
        c->faults.memory = true;
    } else if (error) {
        scheme_fault(&c->faults, &file, NULL, "%s", why.text);
    }
    return error ? NULL : table;
}

void scheme_compile_script(struct scheme_compile *c, const cJSON *node)
{
    static const char *const endings[] = {".lua", NULL};
    struct text source;
    struct scheme_file file = {.root = NULL};
    struct cause why = {""};
    if (!cJSON_IsString(node) || !node->valuestring[0] ||
        !bytes_beside(c, node, "shop.lua", endings, SCRIPT_BYTES_MAX,
                      "/script names it, and it stands beside the scheme", &file, &source)) {
        return;
    }
    c->scheme->script_name = scheme_keep_text(c, json_text(node));
    c->scheme->script = scheme_keep_text(c, source);
    int error = formula_script_new(c->scheme->script_name.data, c->scheme->script, &c->script, &why);
    if (error == ERR_MEMORY) {
        c->faults.memory = true;
    } else if (error) {
        scheme_fault(&c->faults, &c->file, node, "%s", why.text);
    }
}

bool scheme_find_function(struct scheme_compile *c, struct text name, int *index, struct cause *why)
{
    struct scheme_guess guess;
    scheme_guess_start(&guess, name);
    for (size_t i = 0; c->script && i < formula_script_count(c->script); i++) {
        if (text_equal(text_of(formula_script_name(c->script, i)), name)) {
            *index = (int)i;
            return true;
        }
        scheme_guess_offer(&guess, formula_script_name(c->script, i));
    }
    if (!c->script && c->scheme->script.size > 0) { /* its fault is told */
        *index = 0;
        return true;
    }
    cause_set(why, ERR_NOT_FOUND, "%s%s",
              c->script ? "no such function in the script" : "the scheme names no \"script\"",
              c->script ? scheme_guess_tail(&guess) : "");
    return false;
}

static const struct formula_table *table_of(struct scheme_compile *c, const cJSON *node)
{
    const struct formula_table *table = NULL;
    struct cause why = {""};
    if (cJSON_IsString(node)) {
        return table_of_file(c, node);
    }
    if (!cJSON_IsObject(node)) {
        scheme_fault(&c->faults, &c->file, node,
                     "a table is an object { \"key\": \"value\" } or the name of a CSV file");
        return NULL;
    }
    int error = formula_table_of_json(c->keep, node, &table, &why);
    if (error == ERR_MEMORY) {
        c->faults.memory = true;
    } else if (error) {
        scheme_fault(&c->faults, &c->file, node, "%s", why.text);
    }
    return error ? NULL : table;
}

void scheme_compile_tables(struct scheme_compile *c, const cJSON *tables)
{
    buffer_init(&c->table_bytes, TABLE_FILES_MAX);
    const cJSON *item;
    if (!cJSON_IsObject(tables)) {
        return;
    }
    cJSON_ArrayForEach(item, tables)
    {
        if (c->table_count == SCHEME_TABLES_MAX) {
            scheme_fault(&c->faults, &c->file, item, "more than %d tables", SCHEME_TABLES_MAX);
            return;
        }
        if (!item->string[0] || strchr(item->string, '.')) {
            scheme_fault(&c->faults, &c->file, item, "a table needs a name without a point");
            continue;
        }
        struct scheme_table *table = &c->tables[c->table_count++];
        *table = (struct scheme_table){.name = text_of(item->string), .table = table_of(c, item)};
    }
    if (c->table_bytes.failed) {
        scheme_fault(&c->faults, &c->file, tables, "the files are larger than %d MiB together", TABLE_FILES_MAX >> 20);
    }
}

/* A value column by its name; -1 with *why. */
static int column_of(const struct formula_table *table, struct text name, struct text column, struct cause *why)
{
    size_t count = formula_table_columns(table);
    struct text first = formula_table_column(table, 0);
    if (column.size == 0) {
        if (count == 1) {
            return 0;
        }
        cause_set(why, ERR_SYNTAX, "has %zu columns, and one of them must be named: %.*s.%.*s", count, TEXT_ARG(name),
                  TEXT_ARG(first));
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (text_equal(formula_table_column(table, i), column)) {
            return (int)i;
        }
    }
    cause_set(why, ERR_NOT_FOUND, "the table has no column %.*s; its first is %.*s", (int)text_cut(column, 60),
              column.data, TEXT_ARG(first));
    return -1;
}

bool scheme_find_table(struct scheme_compile *c, struct text name, const struct formula_table **table, int *column,
                       struct cause *why)
{
    ptrdiff_t dot = text_find(name, TEXT("."));
    struct text own = {name.data, dot < 0 ? name.size : (size_t)dot};
    struct text part = dot < 0 ? TEXT("") : (struct text){name.data + dot + 1, name.size - (size_t)dot - 1};
    struct scheme_guess guess;
    scheme_guess_start(&guess, own);
    for (size_t i = 0; i < c->table_count; i++) {
        if (text_equal(c->tables[i].name, own)) {
            *table = c->tables[i].table;
            *column = *table ? column_of(*table, own, part, why) : 0;
            return *column >= 0;
        }
        scheme_guess_offer(&guess, c->tables[i].name.data);
    }
    cause_set(why, ERR_NOT_FOUND, "no such table in /tables%s", scheme_guess_tail(&guess));
    return false;
}
