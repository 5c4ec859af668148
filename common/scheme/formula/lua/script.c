#include "common/scheme/formula/lua/script.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/scheme/formula/date.h"
#include "common/scheme/formula/list.h"
#include "common/scheme/formula/lua/sandbox.h"
#include "common/scheme/formula/value.h"

enum {
    MEMORY_MAX = 8 << 20,
    STEPS_MAX = 1000000,
    STEPS_FIRST = 100,    /* until the first look: most calls end before, and never ask for the time */
    STEPS_BETWEEN = 1000, /* between two looks at the count */
    TIME_MAX = 1000000,   /* µs of CPU: a single function of C may be slow */
    NAME_ROOM = 64,
    REASON_MAX = 200,
};

struct formula_script {
    const char *name;
    struct text source;
    lua_State *lua; /* NULL: it could not be made again */
    size_t memory;
    int64_t steps, deadline; /* 0 = before the first look */
    size_t count;
    char names[SCRIPT_FUNCTIONS_MAX][NAME_ROOM];
    int functions[SCRIPT_FUNCTIONS_MAX]; /* in the registry */
    char reason[REASON_MAX];
};

static int64_t cpu_us(void)
{
    return clock_read_us(CLOCK_THREAD_CPUTIME_ID);
}

static void *allocate(void *user, void *old, size_t old_size, size_t size)
{
    struct formula_script *script = user;
    size_t had = old ? old_size : 0;
    if (size == 0) {
        free(old);
        script->memory -= had;
        return NULL;
    }
    if (size > had && size - had > MEMORY_MAX - script->memory) {
        return NULL;
    }
    void *piece = realloc(old, size);
    if (piece) {
        script->memory += size - had;
    }
    return piece;
}

static struct formula_script *script_of(lua_State *lua)
{
    return *(struct formula_script **)lua_getextraspace(lua);
}

/* After the first steps, then every thousand; once it has had enough, at every step, so that nothing catches the error and goes on. */
static void on_count(lua_State *lua, lua_Debug *where)
{
    (void)where;
    struct formula_script *script = script_of(lua);
    if (script->deadline == 0) {
        script->steps = STEPS_FIRST;
        script->deadline = cpu_us() + TIME_MAX;
        lua_sethook(lua, on_count, LUA_MASKCOUNT, STEPS_BETWEEN);
        return;
    }
    script->steps += STEPS_BETWEEN;
    if (script->steps > STEPS_MAX || cpu_us() > script->deadline) {
        lua_sethook(lua, on_count, LUA_MASKCOUNT, 1);
        (void)luaL_error(lua, "takes more than a million steps, or a second");
    }
}

static void start_counting(struct formula_script *script)
{
    script->steps = script->deadline = 0;
    lua_sethook(script->lua, on_count, LUA_MASKCOUNT, STEPS_FIRST);
}

/* The error on top, as a line. */
static void keep_reason(struct formula_script *script, int status)
{
    const char *text = status == LUA_ERRMEM                       ? "it takes more than 8 MiB"
                       : lua_type(script->lua, -1) == LUA_TSTRING ? lua_tostring(script->lua, -1)
                                                                  : "its error is no text";
    snprintf(script->reason, sizeof script->reason, "%.*s", (int)text_cut(text_of(text), REASON_MAX - 1), text);
}

/* ---- loading ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Names of the functions in the table at `index`, sorted. */
static void collect(lua_State *lua, int index, struct formula_script *script)
{
    script->count = 0;
    lua_pushnil(lua);
    while (lua_next(lua, index) != 0) {
        bool fits = lua_type(lua, -2) == LUA_TSTRING && lua_isfunction(lua, -1) && script->count < SCRIPT_FUNCTIONS_MAX;
        const char *name = fits ? lua_tostring(lua, -2) : "";
        if (name[0] && strlen(name) < NAME_ROOM) {
            snprintf(script->names[script->count++], NAME_ROOM, "%s", name);
        }
        lua_pop(lua, 1);
    }
    qsort(script->names, script->count, NAME_ROOM, by_name);
    for (size_t i = 0; i < script->count; i++) {
        lua_getfield(lua, index, script->names[i]);
        script->functions[i] = luaL_ref(lua, LUA_REGISTRYINDEX);
    }
}

/* What the file defines goes into a table that reads through to the sandbox; afterwards into one behind an empty one that takes
 * nothing any more. The chunk's _ENV stays the same table throughout. */
static int load(lua_State *lua)
{
    struct formula_script *script = lua_touserdata(lua, 1);
    lua_settop(lua, 0);
    sandbox_push(lua); /* 1 */
    sandbox_freeze(lua);
    lua_newtable(lua); /* 2: _ENV */
    lua_newtable(lua);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, 2);
    char chunk[NAME_ROOM + 2];
    snprintf(chunk, sizeof chunk, "=%.60s", script->name);
    if (luaL_loadbufferx(lua, script->source.data, script->source.size, chunk, "t") != LUA_OK) {
        return lua_error(lua);
    }
    lua_pushvalue(lua, 2);
    if (!lua_setupvalue(lua, -2, 1)) {
        lua_pop(lua, 1);
    }
    lua_call(lua, 0, 0);
    collect(lua, 2, script);

    lua_newtable(lua); /* 3: what was defined */
    lua_pushnil(lua);
    while (lua_next(lua, 2) != 0) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        lua_rawset(lua, 3);
    }
    lua_pushnil(lua);
    while (lua_next(lua, 2) != 0) {
        lua_pop(lua, 1);
        lua_pushvalue(lua, -1);
        lua_pushnil(lua);
        lua_rawset(lua, 2);
    }
    (void)lua_getmetatable(lua, 2);
    lua_setmetatable(lua, 3);
    sandbox_freeze(lua); /* 3 is now the empty one */
    (void)lua_getmetatable(lua, 3);
    lua_setmetatable(lua, 2);
    return 0;
}

static void close_state(struct formula_script *script)
{
    if (script->lua) {
        lua_close(script->lua);
        script->lua = NULL;
    }
}

/* ERR_SYNTAX with the reason. */
static int open_state(struct formula_script *script)
{
    script->memory = 0;
    script->lua = lua_newstate(allocate, script);
    if (!script->lua) {
        snprintf(script->reason, sizeof script->reason, "out of memory");
        return ERR_MEMORY;
    }
    *(struct formula_script **)lua_getextraspace(script->lua) = script;
    start_counting(script);
    lua_pushcfunction(script->lua, load);
    lua_pushlightuserdata(script->lua, script);
    int status = lua_pcall(script->lua, 1, 0, 0);
    if (status != LUA_OK) {
        keep_reason(script, status);
        close_state(script);
        return ERR_SYNTAX;
    }
    return 0;
}

int formula_script_new(const char *name, struct text source, struct formula_script **out, struct cause *why)
{
    if (source.size > SCRIPT_BYTES_MAX) {
        return cause_set(why, ERR_SYNTAX, "larger than %d KiB", SCRIPT_BYTES_MAX >> 10);
    }
    struct formula_script *script = calloc(1, sizeof *script);
    if (!script) {
        return ERR_MEMORY;
    }
    script->name = name;
    script->source = source;
    if (text_starts(source, TEXT("\xef\xbb\xbf"))) {
        script->source = (struct text){source.data + 3, source.size - 3};
    }
    int error = open_state(script);
    if (error) {
        cause_set(why, error, "%s", script->reason);
        free(script);
        return error;
    }
    *out = script;
    return 0;
}

void formula_script_free(struct formula_script **script)
{
    if (*script) {
        close_state(*script);
        free(*script);
        *script = NULL;
    }
}

size_t formula_script_count(const struct formula_script *script)
{
    return script->count;
}

const char *formula_script_name(const struct formula_script *script, size_t index)
{
    return script->names[index];
}

/* ---- calls ---- */

struct script_call {
    struct formula_script *script;
    size_t index;
    struct formula_machine *m;
    const struct formula_value *args;
    size_t count;
    struct formula_value *out;
    enum formula_error error;
};

static void push_value(lua_State *lua, struct formula_machine *m, const struct formula_value *v)
{
    char room[DATE_ROOM];
    struct text date;
    int64_t whole;
    const struct formula_value *items;
    size_t count;
    switch (v->type) {
    case FORMULA_TEXT:
        lua_pushlstring(lua, v->text.size ? v->text.data : "", v->text.size);
        return;
    case FORMULA_BOOLEAN:
        lua_pushboolean(lua, v->flag);
        return;
    case FORMULA_DATE:
        date = date_print(v->date, room);
        lua_pushlstring(lua, date.data, date.size);
        return;
    case FORMULA_NUMBER:
        if (decimal_is_whole(&v->number) && decimal_whole(&v->number, &whole) == 0) {
            lua_pushinteger(lua, whole);
        } else {
            sandbox_push_decimal(lua, &v->number);
        }
        return;
    case FORMULA_LIST:
        if (formula_items(m, v, &items, &count) != FORMULA_FINE) {
            (void)luaL_error(lua, "a list that can't be read");
        }
        lua_createtable(lua, (int)count, 0);
        for (size_t i = 0; i < count; i++) {
            if (items[i].type == FORMULA_LIST) { /* a list in a list: its JSON */
                lua_pushlstring(lua, items[i].list.json.data, items[i].list.json.size);
            } else {
                push_value(lua, m, &items[i]);
            }
            lua_rawseti(lua, -2, (lua_Integer)i + 1);
        }
        return;
    default:
        lua_pushnil(lua);
    }
}

static void take_scalar(lua_State *lua, struct formula_machine *m, int index, struct formula_value *out)
{
    size_t size;
    const char *data;
    char *copy;
    const void *decimal = sandbox_decimal(lua, index);
    *out = (struct formula_value){.type = FORMULA_EMPTY};
    switch (lua_type(lua, index)) {
    case LUA_TNIL:
        return;
    case LUA_TBOOLEAN:
        *out = formula_flag(lua_toboolean(lua, index));
        return;
    case LUA_TNUMBER:
        if (!lua_isinteger(lua, index)) {
            (void)luaL_error(lua, "its result is a float, which is not exact: use decimal(\"1.5\"), round() or //");
        }
        *out = formula_number(decimal_of(lua_tointeger(lua, index)));
        return;
    case LUA_TSTRING:
        data = lua_tolstring(lua, index, &size);
        if (!text_is_utf8((struct text){data, size}) || memchr(data, '\0', size)) {
            (void)luaL_error(lua, "its result is no UTF-8 text");
        }
        copy = size <= FORMULA_TEXT_MAX ? formula_take(m, size) : NULL;
        if (!copy) {
            (void)luaL_error(lua, size > FORMULA_TEXT_MAX ? "its result is larger than 1 MiB" : FORMULA_ARENA_FULL);
            return;
        }
        memcpy(copy, data, size);
        *out = formula_text((struct text){copy, size});
        return;
    default:
        if (!decimal) {
            (void)luaL_error(lua, "its result is a %s", luaL_typename(lua, index));
            return;
        }
        out->type = FORMULA_NUMBER;
        memcpy(&out->number, decimal, sizeof out->number);
    }
}

static void take_value(lua_State *lua, struct formula_machine *m, struct formula_value *out)
{
    if (lua_type(lua, -1) != LUA_TTABLE) {
        take_scalar(lua, m, -1, out);
        return;
    }
    size_t count = lua_rawlen(lua, -1);
    struct formula_value *items = count <= FORMULA_ITEMS_MAX ? formula_take(m, count * sizeof *items) : NULL;
    if (!items) {
        (void)luaL_error(lua, count > FORMULA_ITEMS_MAX ? "its list has more than 10000 items" : FORMULA_ARENA_FULL);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(lua, -1, (lua_Integer)i + 1);
        take_scalar(lua, m, -1, &items[i]);
        lua_pop(lua, 1);
    }
    *out = (struct formula_value){.type = FORMULA_LIST};
    out->list.items = items;
    out->list.count = count;
    out->list.json = (struct text){NULL, 0};
}

static int run_call(lua_State *lua)
{
    struct script_call *call = lua_touserdata(lua, 1);
    lua_settop(lua, 0);
    luaL_checkstack(lua, SCRIPT_ARGUMENTS_MAX + 10, "too many arguments");
    lua_rawgeti(lua, LUA_REGISTRYINDEX, call->script->functions[call->index]);
    for (size_t i = 0; i < call->count; i++) {
        push_value(lua, call->m, &call->args[i]);
    }
    lua_call(lua, (int)call->count, 1);
    take_value(lua, call->m, call->out);
    return 0;
}

enum formula_error formula_script_call(struct formula_script *script, size_t index, struct formula_machine *m,
                                       const struct formula_value *args, size_t count, struct formula_value *out)
{
    if (!script || (!script->lua && open_state(script) != 0)) {
        return formula_blame(m, -1, FORMULA_SCRIPT, script ? script->reason : "there is no script here");
    }
    struct script_call call = {.script = script, .index = index, .m = m, .args = args, .count = count, .out = out};
    lua_settop(script->lua, 0);
    start_counting(script);
    lua_pushcfunction(script->lua, run_call);
    lua_pushlightuserdata(script->lua, &call);
    int status = lua_pcall(script->lua, 1, 0, 0);
    if (status == LUA_OK) {
        return FORMULA_FINE;
    }
    keep_reason(script, status);
    close_state(script);
    return formula_blame(m, -1, FORMULA_SCRIPT, script->reason);
}
