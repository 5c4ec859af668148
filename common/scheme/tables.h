/* /tables (in the scheme, or CSV files beside it) and /script (a Lua file beside it). */
#ifndef DIANCHEN_COMMON_SCHEME_TABLES_H
#define DIANCHEN_COMMON_SCHEME_TABLES_H

#include "common/scheme/compile.h"

/* Fills c->tables; call it before anything that uses them. Reports faults. */
void scheme_compile_tables(struct scheme_compile *c, const cJSON *tables);
/* Finds "tax", or "tax.rate" for a column of a file with several. False with *why. */
bool scheme_find_table(struct scheme_compile *c, struct text name, const struct formula_table **table, int *column,
                       struct cause *why);
/* Loads the Lua file, so that its functions are known; call it after the tables. Reports faults. */
void scheme_compile_script(struct scheme_compile *c, const cJSON *node);
/* Finds a function of the script, lua.NAME. False with *why. */
bool scheme_find_function(struct scheme_compile *c, struct text name, int *index, struct cause *why);

#endif
