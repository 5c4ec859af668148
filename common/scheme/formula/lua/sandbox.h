/* What a script may use: a few harmless functions, and decimals. Private to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_LUA_SANDBOX_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_LUA_SANDBOX_H

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

#include "common/scheme/formula/decimal.h"

/* Pushes the table of all that a script may use. May throw: call it protected. */
void sandbox_push(lua_State *lua);
/* Replaces the table on top by an empty one through which it can be read but not changed. */
void sandbox_freeze(lua_State *lua);
void sandbox_push_decimal(lua_State *lua, const struct decimal *d);
/* The decimal at `index`, to be copied out with memcpy, because it may be misaligned. NULL: the value is no decimal. */
const void *sandbox_decimal(lua_State *lua, int index);

#endif
