/* Lua functions of a scheme, called from formulas as lua.NAME(…). A script can only compute: no files, no clock, no
 * random numbers, no code from texts. Each call has 8 MiB and a million steps. Globals that it made while it was loaded
 * can't be changed afterwards. A call that fails or does not end is FORMULA_SCRIPT for its record, and the next call
 * gets a new Lua state. One thread. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_LUA_SCRIPT_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_LUA_SCRIPT_H

#include "common/scheme/formula/machine.h"

enum { SCRIPT_BYTES_MAX = 256 << 10, SCRIPT_FUNCTIONS_MAX = 200, SCRIPT_ARGUMENTS_MAX = 100 };

struct formula_script;

/* Loads and runs the file's text once. `name` for messages ("shop.lua"); both must outlive the script. ERR_SYNTAX with
 * the line in *why, ERR_MEMORY. */
int formula_script_new(const char *name, struct text source, struct formula_script **out,
                       struct cause *why) WARN_UNUSED;
void formula_script_free(struct formula_script **script);
/* The functions that the file defines, by name in the order of their bytes: the index is that of calls. */
size_t formula_script_count(const struct formula_script *script);
const char *formula_script_name(const struct formula_script *script, size_t index);
/* Calls function `index`. Arguments and result: texts, booleans and lists as such; empty is nil, a whole number an
 * integer, another number a decimal, a date its text. FORMULA_SCRIPT with the reason in m->what. */
enum formula_error formula_script_call(struct formula_script *script, size_t index, struct formula_machine *m,
                                       const struct formula_value *args, size_t count, struct formula_value *out);

#endif
