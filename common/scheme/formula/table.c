#include "common/scheme/formula/table.h"

#include "common/scheme/formula/machine.h"

struct formula_table {
    size_t rows, columns;         /* columns: behind the key */
    const struct text *names;     /* of the columns; NULL for a table of the scheme */
    struct text *keys;            /* [rows] */
    struct formula_value *values; /* [rows][columns] */
    uint32_t *places;             /* open addressing: a row + 1; 0 = free */
    size_t place_mask;
};

static uint64_t hash(struct text t)
{
    uint64_t h = 0xcbf29ce484222325;
    for (size_t i = 0; i < t.size; i++) {
        h = (h ^ (unsigned char)t.data[i]) * 0x100000001b3;
    }
    return h ^ h >> 29;
}

/* Where the key stands, or the free place for it. */
static uint32_t *place_of(const struct formula_table *table, struct text key)
{
    size_t at = (size_t)hash(key) & table->place_mask;
    while (table->places[at] != 0 && !text_equal(table->keys[table->places[at] - 1], key)) {
        at = (at + 1) & table->place_mask;
    }
    return &table->places[at];
}

static struct formula_table *table_new(struct arena *keep, size_t rows, size_t columns)
{
    size_t places = 8;
    while (places < rows * 2) {
        places *= 2;
    }
    struct formula_table *table = arena_take(keep, sizeof *table);
    if (!table) {
        return NULL;
    }
    *table = (struct formula_table){.columns = columns, .place_mask = places - 1};
    table->keys = arena_take(keep, (rows + 1) * sizeof *table->keys);
    table->values = arena_take(keep, (rows * columns + 1) * sizeof *table->values);
    table->places = arena_take(keep, places * sizeof *table->places);
    if (!table->keys || !table->values || !table->places) {
        return NULL;
    }
    memset(table->places, 0, places * sizeof *table->places);
    return table;
}

/* The values of the new row are the caller's to fill; NULL for a key that stands there already. */
static struct formula_value *table_add(struct formula_table *table, struct text key)
{
    uint32_t *place = place_of(table, key);
    if (*place != 0) {
        return NULL;
    }
    table->keys[table->rows] = key;
    *place = (uint32_t)++table->rows;
    return &table->values[(table->rows - 1) * table->columns];
}

bool formula_table_get(const struct formula_table *table, struct text key, size_t column, struct formula_value *out)
{
    uint32_t row = *place_of(table, key);
    if (row == 0) {
        return false;
    }
    *out = table->values[(row - 1) * table->columns + column];
    return true;
}

size_t formula_table_columns(const struct formula_table *table)
{
    return table->columns;
}

struct text formula_table_column(const struct formula_table *table, size_t column)
{
    return table->names ? table->names[column] : TEXT("");
}

/* ---- of the scheme ---- */

int formula_table_of_json(struct arena *keep, const cJSON *object, const struct formula_table **out, struct cause *why)
{
    size_t rows = (size_t)cJSON_GetArraySize(object);
    struct formula_table *table = table_new(keep, rows, 1);
    if (!table) {
        return ERR_MEMORY;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        struct text key = arena_text(keep, text_of(item->string));
        struct formula_value *value = key.data ? table_add(table, key) : NULL;
        if (!value) {
            return key.data ? cause_set(why, ERR_SYNTAX, "the key %s stands twice", item->string) : ERR_MEMORY;
        }
        *value = (struct formula_value){.type = FORMULA_EMPTY};
        if (cJSON_IsString(item)) {
            *value = formula_text(arena_text(keep, json_text(item)));
        } else if (cJSON_IsBool(item)) {
            *value = formula_flag(cJSON_IsTrue(item));
        } else if (cJSON_IsNumber(item)) {
            value->type = FORMULA_NUMBER;
            if (decimal_of_double(item->valuedouble, &value->number) != 0) {
                return cause_set(why, ERR_SYNTAX, "%s: a number of too many digits; write it as a text", item->string);
            }
        } else if (!cJSON_IsNull(item)) {
            return cause_set(why, ERR_SYNTAX, "%s: must be a text, a number, true or false", item->string);
        }
    }
    *out = table;
    return 0;
}

/* ---- CSV (RFC 4180, line ends of any kind) ---- */

struct csv {
    struct text rest;
    long line; /* of the row under way */
    long lines_in_row;
};

/* Where the quote stands that ends the cell which begins with one; t.size = there is none. */
static size_t quote_end(struct text t)
{
    size_t at = 1;
    while (at < t.size && (t.data[at] != '"' || (at + 1 < t.size && t.data[at + 1] == '"'))) {
        at += t.data[at] == '"' ? 2 : 1;
    }
    return at;
}

/* One cell; *last: it ends its row. Quoted ones are unescaped into `keep`. ERR_SYNTAX where a quote is wrong. */
static int take_cell(struct csv *csv, struct arena *keep, struct text *out, bool *last)
{
    struct text t = csv->rest;
    size_t at = 0, size = 0;
    bool quoted = t.size > 0 && *t.data == '"';
    if (quoted) {
        size_t end = quote_end(t);
        if (end >= t.size) {
            return ERR_SYNTAX;
        }
        char *copy = arena_take(keep, end);
        if (!copy) {
            return ERR_MEMORY;
        }
        for (at = 1; at < end; at++) {
            at += t.data[at] == '"';
            csv->lines_in_row += t.data[at] == '\n';
            copy[size++] = t.data[at];
        }
        at = end + 1;
        *out = (struct text){copy, size};
    } else {
        while (at < t.size && !text_has(TEXT(",\r\n"), t.data[at])) {
            if (t.data[at] == '"') {
                return ERR_SYNTAX;
            }
            at++;
        }
        *out = (struct text){t.data, at};
    }
    if (at < t.size && !text_has(TEXT(",\r\n"), t.data[at])) {
        return ERR_SYNTAX;
    }
    *last = at >= t.size || t.data[at] != ',';
    if (at < t.size) {
        at += t.data[at] == '\r' && at + 1 < t.size && t.data[at + 1] == '\n' ? 2 : 1;
    }
    csv->rest = (struct text){t.data + at, t.size - at};
    return 0;
}

/* A row of at most `room` cells. */
static int take_row(struct csv *csv, struct arena *keep, struct text *cells, size_t room, size_t *count,
                    struct cause *why)
{
    bool last = false;
    csv->lines_in_row = 1;
    *count = 0;
    while (!last) {
        struct text cell;
        int error = take_cell(csv, keep, &cell, &last);
        if (error) {
            return error == ERR_SYNTAX
                       ? cause_set(why, error, "line %ld: a quote stands in the wrong place or has no end", csv->line)
                       : error;
        }
        if (*count == room) {
            return cause_set(why, ERR_SYNTAX, "line %ld: more than %zu columns", csv->line, room);
        }
        cells[(*count)++] = cell;
    }
    return 0;
}

static size_t line_count(struct text t)
{
    size_t count = 1;
    for (size_t i = 0; i < t.size; i++) {
        count += t.data[i] == '\n' || (t.data[i] == '\r' && !(i + 1 < t.size && t.data[i + 1] == '\n'));
    }
    return count;
}

/* Behind the mark of UTF-8. ERR_SYNTAX where it is another encoding. */
static int csv_begin(struct csv *csv, struct text text, struct cause *why)
{
    bool mark = text_starts(text, TEXT("\xef\xbb\xbf"));
    *csv = (struct csv){.rest = mark ? (struct text){text.data + 3, text.size - 3} : text, .line = 1};
    return text_is_utf8(csv->rest) ? 0 : cause_set(why, ERR_SYNTAX, "not UTF-8; save it as \"CSV UTF-8\"");
}

int formula_csv_each(struct arena *keep, struct text text,
                     int (*row)(void *user, const struct text *cells, size_t count), void *user, struct cause *why)
{
    struct csv csv;
    int error = csv_begin(&csv, text, why);
    while (!error && csv.rest.size > 0) {
        struct text cells[TABLE_COLUMNS_MAX + 1];
        size_t count;
        error = take_row(&csv, keep, cells, TABLE_COLUMNS_MAX + 1, &count, why);
        csv.line += csv.lines_in_row;
        if (!error && !(count == 1 && cells[0].size == 0)) {
            error = row(user, cells, count);
        }
    }
    return error;
}

static int read_header(struct csv *csv, struct arena *keep, size_t *columns, const struct text **names,
                       struct cause *why)
{
    struct text cells[TABLE_COLUMNS_MAX + 1];
    size_t count;
    int error = take_row(csv, keep, cells, TABLE_COLUMNS_MAX + 1, &count, why);
    if (error) {
        return error;
    }
    if (count < 2) {
        return cause_set(why, ERR_SYNTAX, "line 1: one column only: the first is the key, the second the value");
    }
    struct text *kept = arena_take(keep, count * sizeof *kept);
    if (!kept) {
        return ERR_MEMORY;
    }
    for (size_t i = 1; i < count; i++) {
        kept[i - 1] = text_trim(cells[i]);
        for (size_t j = 1; j < i; j++) {
            if (text_equal(kept[j - 1], kept[i - 1])) {
                return cause_set(why, ERR_SYNTAX, "line 1: the column %.*s stands twice", TEXT_ARG(kept[i - 1]));
            }
        }
    }
    csv->line += csv->lines_in_row;
    *columns = count - 1;
    *names = kept;
    return 0;
}

static int add_row(struct formula_table *table, const struct text *cells, size_t count, long line, struct cause *why)
{
    if (count == 1 && cells[0].size == 0) {
        return 0; /* an empty line */
    }
    if (count != table->columns + 1) {
        return cause_set(why, ERR_SYNTAX, "line %ld: %zu columns, but the first line names %zu", line, count,
                         table->columns + 1);
    }
    if (table->rows == TABLE_ROWS_MAX) {
        return cause_set(why, ERR_SYNTAX, "more than %d rows", TABLE_ROWS_MAX);
    }
    struct formula_value *values = table_add(table, cells[0]);
    if (!values) {
        return cause_set(why, ERR_SYNTAX, "line %ld: the key %.*s stands twice", line, (int)text_cut(cells[0], 80),
                         cells[0].data);
    }
    for (size_t i = 1; i < count; i++) {
        values[i - 1] = cells[i].size > 0 ? formula_text(cells[i]) : (struct formula_value){.type = FORMULA_EMPTY};
    }
    return 0;
}

int formula_table_of_csv(struct arena *keep, struct text csv, const struct formula_table **out, struct cause *why)
{
    if (csv.size > TABLE_BYTES_MAX) {
        return cause_set(why, ERR_SYNTAX, "larger than %d MiB", TABLE_BYTES_MAX >> 20);
    }
    struct text whole = arena_text(keep, csv);
    if (!whole.data) {
        return ERR_MEMORY;
    }
    struct csv reader;
    int error = csv_begin(&reader, whole, why);
    size_t columns = 0, rows = line_count(reader.rest);
    const struct text *names = NULL;
    error = error ? error : read_header(&reader, keep, &columns, &names, why);
    struct formula_table *table = error ? NULL : table_new(keep, rows, columns);
    if (!error && !table) {
        error = ERR_MEMORY;
    }
    if (table) {
        table->names = names;
    }
    while (!error && reader.rest.size > 0) {
        struct text cells[TABLE_COLUMNS_MAX + 1];
        size_t count;
        error = take_row(&reader, keep, cells, TABLE_COLUMNS_MAX + 1, &count, why);
        error = error ? error : add_row(table, cells, count, reader.line, why);
        reader.line += reader.lines_in_row;
    }
    if (!error) {
        *out = table;
    }
    return error;
}
