/* What a script finds: a few harmless functions, and decimals. Private to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_LUA_SANDBOX_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_LUA_SANDBOX_H

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

#include "common/scheme/formula/decimal.h"

/* Pushes the table of all that a script may use. May throw: call it protected. */
void sandbox_push(lua_State *lua);
/* Makes the table on top read-only: what is in it can be read through an empty one that takes nothing, which replaces it. */
void sandbox_freeze(lua_State *lua);
void sandbox_push_decimal(lua_State *lua, const struct decimal *d);
/* A struct decimal to be copied out: its address may be unfit for one. NULL where the value is none. */
const void *sandbox_decimal(lua_State *lua, int index);

#endif
