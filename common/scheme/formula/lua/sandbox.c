#include "common/scheme/formula/lua/sandbox.h"

#include <string.h>

enum { TEXT_MAX = 1 << 20 };
static const char decimal_type[] = "dianchen.decimal";

/* ---- decimals ---- */

const void *sandbox_decimal(lua_State *lua, int index)
{
    return luaL_testudata(lua, index, decimal_type);
}

void sandbox_push_decimal(lua_State *lua, const struct decimal *d)
{
    void *copy = lua_newuserdatauv(lua, sizeof *d, 0);
    memcpy(copy, d, sizeof *d);
    luaL_setmetatable(lua, decimal_type);
}

/* An operand: a decimal, an integer, or a text that is a plain decimal. */
static struct decimal operand(lua_State *lua, int index)
{
    struct decimal d = {.scale = 0};
    const void *own = sandbox_decimal(lua, index);
    size_t size;
    if (own) {
        memcpy(&d, own, sizeof d);
        return d;
    }
    if (lua_isinteger(lua, index)) {
        return decimal_of(lua_tointeger(lua, index));
    }
    if (lua_type(lua, index) == LUA_TSTRING) {
        const char *text = lua_tolstring(lua, index, &size);
        if (decimal_parse((struct text){text, size}, &d) == 0) {
            return d;
        }
    }
    (void)luaL_error(lua, "a whole number, a decimal or a text of digits is needed; write decimal(\"1.5\"), not 1.5");
    return d;
}

static int give(lua_State *lua, int error, const struct decimal *d)
{
    if (error) {
        return luaL_error(lua, "more digits than a number may have");
    }
    sandbox_push_decimal(lua, d);
    return 1;
}

static int decimal_make(lua_State *lua)
{
    struct decimal d = operand(lua, 1);
    return give(lua, 0, &d);
}

static int decimal_plus(lua_State *lua)
{
    struct decimal a = operand(lua, 1), b = operand(lua, 2);
    return give(lua, decimal_add(&a, &b, &a), &a);
}

static int decimal_minus(lua_State *lua)
{
    struct decimal a = operand(lua, 1), b = operand(lua, 2);
    return give(lua, decimal_subtract(&a, &b, &a), &a);
}

static int decimal_times(lua_State *lua)
{
    struct decimal a = operand(lua, 1), b = operand(lua, 2);
    return give(lua, decimal_multiply(&a, &b, DECIMAL_PLACES, DECIMAL_HALF, &a), &a);
}

static int decimal_over(lua_State *lua)
{
    struct decimal a = operand(lua, 1), b = operand(lua, 2);
    return b.units == 0 ? luaL_error(lua, "division by zero")
                        : give(lua, decimal_divide(&a, &b, DECIMAL_PLACES, DECIMAL_HALF, &a), &a);
}

static int decimal_rest(lua_State *lua)
{
    struct decimal a = operand(lua, 1), b = operand(lua, 2);
    return b.units == 0 ? luaL_error(lua, "division by zero") : give(lua, decimal_modulo(&a, &b, &a), &a);
}

static int decimal_minus_one(lua_State *lua)
{
    struct decimal a = decimal_negate(operand(lua, 1));
    return give(lua, 0, &a);
}

/* round(x[, n]): half away from zero. */
static int decimal_rounded(lua_State *lua)
{
    struct decimal a = operand(lua, 1);
    lua_Integer places = luaL_optinteger(lua, 2, 0);
    luaL_argcheck(lua, places >= -DECIMAL_PLACES && places <= DECIMAL_PLACES, 2, "places are -18 to 18");
    return give(lua, decimal_round(&a, (int)places, DECIMAL_HALF, &a), &a);
}

static int order(lua_State *lua)
{
    struct decimal a = operand(lua, 1), b = operand(lua, 2);
    return decimal_compare(&a, &b);
}

static int decimal_equal(lua_State *lua)
{
    lua_pushboolean(lua, order(lua) == 0);
    return 1;
}

static int decimal_less(lua_State *lua)
{
    lua_pushboolean(lua, order(lua) < 0);
    return 1;
}

static int decimal_less_equal(lua_State *lua)
{
    lua_pushboolean(lua, order(lua) <= 0);
    return 1;
}

static void push_decimal_text(lua_State *lua, int index)
{
    char room[DECIMAL_ROOM];
    struct decimal d = operand(lua, index);
    struct text text = decimal_print(&d, room);
    lua_pushlstring(lua, text.data, text.size);
}

static int decimal_text(lua_State *lua)
{
    push_decimal_text(lua, 1);
    return 1;
}

static int decimal_concat(lua_State *lua)
{
    for (int i = 1; i <= 2; i++) {
        if (sandbox_decimal(lua, i)) {
            push_decimal_text(lua, i);
        } else {
            luaL_checktype(lua, i, lua_type(lua, i) == LUA_TNUMBER ? LUA_TNUMBER : LUA_TSTRING);
            lua_pushvalue(lua, i);
        }
    }
    lua_concat(lua, 2);
    return 1;
}

static void make_decimals(lua_State *lua)
{
    static const luaL_Reg operators[] = {
        {"__add", decimal_plus},      {"__sub", decimal_minus},     {"__mul", decimal_times},
        {"__div", decimal_over},      {"__mod", decimal_rest},      {"__unm", decimal_minus_one},
        {"__eq", decimal_equal},      {"__lt", decimal_less},       {"__le", decimal_less_equal},
        {"__tostring", decimal_text}, {"__concat", decimal_concat}, {NULL, NULL},
    };
    (void)luaL_newmetatable(lua, decimal_type);
    luaL_setfuncs(lua, operators, 0);
    lua_pop(lua, 1);
}

/* An operator of decimals, its upvalue, on a text: of two whole numbers the result is an integer as ever, so that
 * `count + 0 == 0` compares integers. */
static int text_operator(lua_State *lua)
{
    struct decimal a = operand(lua, 1), b = operand(lua, 2), result;
    int64_t whole;
    (void)lua_tocfunction(lua, lua_upvalueindex(1))(lua);
    memcpy(&result, sandbox_decimal(lua, -1), sizeof result);
    if (decimal_is_whole(&a) && decimal_is_whole(&b) && decimal_is_whole(&result) &&
        decimal_whole(&result, &whole) == 0) {
        lua_pushinteger(lua, whole);
    }
    return 1;
}

/* Texts are computed with as decimals, not as doubles as in plain Lua: into the metatable on top. */
static void set_text_operators(lua_State *lua)
{
    static const luaL_Reg operators[] = {
        {"__add", decimal_plus}, {"__sub", decimal_minus}, {"__mul", decimal_times},     {"__div", decimal_over},
        {"__mod", decimal_rest}, {"__idiv", NULL},         {"__unm", decimal_minus_one}, {"__pow", NULL},
    };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (operators[i].func) {
            lua_pushcfunction(lua, operators[i].func);
            lua_pushcclosure(lua, text_operator, 1);
        } else {
            lua_pushnil(lua);
        }
        lua_setfield(lua, -2, operators[i].name);
    }
}

/* ---- functions in the place of those that C would run without end, or that tell addresses ---- */

static bool is_plain(lua_State *lua, int index)
{
    int type = lua_type(lua, index);
    return type <= LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING || sandbox_decimal(lua, index);
}

static int safe_tostring(lua_State *lua)
{
    luaL_checkany(lua, 1);
    if (!is_plain(lua, 1)) {
        return luaL_error(lua, "tostring of a %s", luaL_typename(lua, 1));
    }
    luaL_tolstring(lua, 1, NULL);
    return 1;
}

/* Has it a %p, also with flags and a width ("%-20p")? It may hold NULs. */
static bool shows_address(struct text format)
{
    for (size_t i = 0; i < format.size; i++) {
        if (format.data[i] != '%') {
            continue;
        }
        i++;
        while (i < format.size && text_has(TEXT("-+#0 .123456789"), format.data[i])) {
            i++;
        }
        if (i < format.size && format.data[i] == 'p') {
            return true;
        }
    }
    return false;
}

/* string.format, its original as upvalue. */
static int safe_format(lua_State *lua)
{
    int count = lua_gettop(lua);
    struct text format = {NULL, 0};
    format.data = luaL_checklstring(lua, 1, &format.size);
    if (shows_address(format)) {
        return luaL_error(lua, "format: there is no %%p");
    }
    for (int i = 2; i <= count; i++) {
        if (!is_plain(lua, i)) {
            return luaL_error(lua, "format of a %s", luaL_typename(lua, i));
        }
        if (sandbox_decimal(lua, i)) {
            push_decimal_text(lua, i);
            lua_replace(lua, i);
        }
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, count, 1);
    return 1;
}

static int safe_rep(lua_State *lua)
{
    size_t size, between;
    const char *text = luaL_checklstring(lua, 1, &size);
    lua_Integer n = luaL_checkinteger(lua, 2);
    const char *separator = luaL_optlstring(lua, 3, "", &between);
    if (n > TEXT_MAX || (n > 0 && (size + between) * (size_t)n > TEXT_MAX)) {
        return luaL_error(lua, "rep: the text grows beyond 1 MiB");
    }
    luaL_Buffer buffer;
    luaL_buffinit(lua, &buffer);
    for (lua_Integer i = 0; i < n; i++) {
        luaL_addlstring(&buffer, separator, i > 0 ? between : 0);
        luaL_addlstring(&buffer, text, size);
    }
    luaL_pushresult(&buffer);
    return 1;
}

static struct text text_at(lua_State *lua, int index)
{
    size_t size;
    const char *data = luaL_checklstring(lua, index, &size);
    return (struct text){data, size};
}

/* find(text, needle[, init]): no patterns. */
static int safe_find(lua_State *lua)
{
    struct text text = text_at(lua, 1), needle = text_at(lua, 2);
    lua_Integer init = luaL_optinteger(lua, 3, 1);
    if (!lua_toboolean(lua, 4) && strpbrk(needle.data, "^$*+?.([%-")) {
        return luaL_error(lua,
                          "find: there are no patterns here; find(text, needle, 1, true), or MATCHES in the formula");
    }
    init = init < 0 ? init + (lua_Integer)text.size + 1 : init;
    init = init < 1 ? 1 : init;
    if (init > (lua_Integer)text.size + 1) {
        return 0;
    }
    struct text rest = {text.data + init - 1, text.size - (size_t)init + 1};
    ptrdiff_t at = text_find(rest, needle);
    if (at < 0) {
        lua_pushnil(lua);
        return 1;
    }
    lua_pushinteger(lua, init + at);
    lua_pushinteger(lua, init + at + (lua_Integer)needle.size - 1);
    return 2;
}

/* replace(text, old, new) */
static int safe_replace(lua_State *lua)
{
    struct text text = text_at(lua, 1), old = text_at(lua, 2), new = text_at(lua, 3);
    luaL_Buffer buffer;
    luaL_buffinit(lua, &buffer);
    ptrdiff_t at;
    while (old.size > 0 && (at = text_find(text, old)) >= 0) {
        luaL_addlstring(&buffer, text.data, (size_t)at);
        luaL_addlstring(&buffer, new.data, new.size);
        text = (struct text){text.data + at + old.size, text.size - (size_t)at - old.size};
    }
    luaL_addlstring(&buffer, text.data, text.size);
    luaL_pushresult(&buffer);
    return 1;
}

/* split(text, separator): a list. */
static int safe_split(lua_State *lua)
{
    struct text text = text_at(lua, 1), separator = text_at(lua, 2);
    ptrdiff_t at;
    lua_Integer count = 0;
    lua_newtable(lua);
    while (separator.size > 0 && (at = text_find(text, separator)) >= 0) {
        size_t past = (size_t)at + separator.size;
        lua_pushlstring(lua, text.data, (size_t)at);
        lua_rawseti(lua, -2, ++count);
        text = (struct text){text.data + past, text.size - past};
    }
    lua_pushlstring(lua, text.data, text.size);
    lua_rawseti(lua, -2, ++count);
    return 1;
}

/* In the order of keys, so that the same table is always walked in the same way: next() follows addresses. */
static const char ordered_pairs[] =
    "local next, sort, type = ...\n"
    "local function before(a, b)\n"
    "  local x, y = type(a), type(b)\n"
    "  if x ~= y then return x < y end\n"
    "  if x == 'boolean' then return not a and b end\n"
    "  return a < b\n"
    "end\n"
    "return function(t)\n"
    "  local keys, n, i = {}, 0, 0\n"
    "  for k in next, t do n = n + 1 keys[n] = k end\n"
    "  sort(keys, before)\n"
    "  return function() i = i + 1 local k = keys[i] if k ~= nil then return k, t[k] end end\n"
    "end\n";

/* ---- the table ---- */

/* Copies functions of the library on top into a new table, which takes its place. */
static void choose(lua_State *lua, const char *const *names)
{
    lua_newtable(lua);
    for (; *names; names++) {
        lua_getfield(lua, -2, *names);
        lua_setfield(lua, -2, *names);
    }
    lua_remove(lua, -2);
}

static int refuse_change(lua_State *lua)
{
    return luaL_error(lua, "what is global can't be changed while records are mapped: use local");
}

void sandbox_freeze(lua_State *lua)
{
    lua_newtable(lua); /* the empty one */
    lua_newtable(lua); /* its metatable */
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_change);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_remove(lua, -2);
}

static void push_base(lua_State *lua)
{
    static const char *const base[] = {"assert", "error", "ipairs", "select", "tonumber", "type", NULL};
    static const luaL_Reg own[] = {{"tostring", safe_tostring}, {"decimal", decimal_make}, {"round", decimal_rounded},
                                   {"replace", safe_replace},   {"split", safe_split},     {NULL, NULL}};
    luaL_requiref(lua, LUA_GNAME, luaopen_base, 0);
    lua_getfield(lua, -1, "next");
    lua_getfield(lua, -2, "type");
    lua_insert(lua, -3);
    lua_insert(lua, -3); /* next, type, and the library above */
    choose(lua, base);
    luaL_setfuncs(lua, own, 0);
}

void sandbox_push(lua_State *lua)
{
    static const char *const strings[] = {"byte", "char", "len", "lower", "upper", "reverse", "sub", NULL};
    static const char *const tables[] = {"concat", "insert", "remove", "sort", "unpack", "pack", NULL};
    static const char *const maths[] = {"abs",       "ceil", "floor",      "max",        "min", "fmod",
                                        "tointeger", "type", "maxinteger", "mininteger", "ult", NULL};
    static const char *const characters[] = {"char", "codepoint", "codes", "len", "offset", "charpattern", NULL};
    make_decimals(lua);
    push_base(lua); /* …, next, type, base */
    int base = lua_gettop(lua);

    luaL_requiref(lua, LUA_STRLIBNAME, luaopen_string, 0);
    lua_getfield(lua, -1, "format");
    lua_pushcclosure(lua, safe_format, 1);
    lua_insert(lua, -2);
    choose(lua, strings);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "format");
    lua_pushcfunction(lua, safe_rep);
    lua_setfield(lua, -2, "rep");
    lua_pushcfunction(lua, safe_find);
    lua_setfield(lua, -2, "find");
    lua_pushliteral(lua, ""); /* ("x"):upper() finds the same */
    (void)lua_getmetatable(lua, -1);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    set_text_operators(lua);
    lua_pop(lua, 2);
    sandbox_freeze(lua);
    lua_setfield(lua, base, "string");

    luaL_requiref(lua, LUA_TABLIBNAME, luaopen_table, 0);
    lua_getfield(lua, -1, "sort");
    lua_insert(lua, -2);
    choose(lua, tables);
    sandbox_freeze(lua);
    lua_setfield(lua, base, "table");

    luaL_requiref(lua, LUA_MATHLIBNAME, luaopen_math, 0);
    choose(lua, maths);
    sandbox_freeze(lua);
    lua_setfield(lua, base, "math");
    luaL_requiref(lua, LUA_UTF8LIBNAME, luaopen_utf8, 0);
    choose(lua, characters);
    sandbox_freeze(lua);
    lua_setfield(lua, base, "utf8");

    /* next, type, base, sort */
    if (luaL_loadbufferx(lua, ordered_pairs, sizeof ordered_pairs - 1, "=pairs", "t") != LUA_OK) {
        (void)lua_error(lua);
    }
    lua_pushvalue(lua, base - 2);
    lua_pushvalue(lua, base + 1);
    lua_pushvalue(lua, base - 1);
    lua_call(lua, 3, 1);
    lua_setfield(lua, base, "pairs");
    lua_settop(lua, base);
    lua_remove(lua, base - 1);
    lua_remove(lua, base - 2);
}
