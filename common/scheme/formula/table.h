/* Tables of a scheme: values by key, from the scheme or from a CSV file. Read-only once made; any thread. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_TABLE_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_TABLE_H

#include "common/scheme/formula/formula.h"

enum { TABLE_ROWS_MAX = 100000, TABLE_COLUMNS_MAX = 50, TABLE_BYTES_MAX = 8 << 20 };

/* Both live in `keep`. A member's value is a text, a number or a boolean. ERR_SYNTAX with *why, ERR_MEMORY. */
int formula_table_of_json(struct arena *keep, const cJSON *object, const struct formula_table **out,
                          struct cause *why) WARN_UNUSED;
/* CSV, UTF-8, a BOM allowed: the first row names the columns, the first column is the key. "line 7: …" in *why. */
int formula_table_of_csv(struct arena *keep, struct text csv, const struct formula_table **out,
                         struct cause *why) WARN_UNUSED;
/* Calls `row` for each row of such a text, the first one too, without empty lines; `cells` live in `keep` or in the text. An error
 * of `row` ends it. ERR_SYNTAX with *why, ERR_MEMORY. */
int formula_csv_each(struct arena *keep, struct text text,
                     int (*row)(void *user, const struct text *cells, size_t count), void *user,
                     struct cause *why) WARN_UNUSED;
/* The value in a column (0 = the first behind the key). False when there is no such key. */
bool formula_table_get(const struct formula_table *table, struct text key, size_t column, struct formula_value *out);
/* Columns behind the key, and the names of those of a CSV file. */
size_t formula_table_columns(const struct formula_table *table);
struct text formula_table_column(const struct formula_table *table, size_t column);

#endif
