/* Lua functions of a scheme: arguments and results, exact numbers, and hostile scripts: each fails its record only, and the
 * next call works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "common/scheme/formula/lua/script.h"
#include "common/scheme/formula/record.h"

static const char source[] =
    "local rate = decimal('0.13')\n"
    "function tax(price, n) return round(decimal(price) * rate * n, 2) end\n"
    "function id(x) return x end\n"
    "function kind(x) return math.type(x) or type(x) end\n"
    "function join(list) local t = {} for i, v in ipairs(list) do t[i] = string.upper(v) end return table.concat(t, "
    "'/') end\n"
    "function sum(a, b) return a + b end\n"
    "function over(a, b) return decimal(a) / b end\n"
    "function float() return 0.1 + 0.2 end\n"
    "function parts(t) return split(t, ',') end\n"
    "function swap(t) return replace(t, 'a', 'b') end\n"
    "function at(t, n) return t:find(n, 1, true) end\n"
    "function keys() local out = {} for k, v in pairs({b = 2, a = 1, [3] = 'x', c = true}) do out[#out + 1] = "
    "tostring(k) .. "
    "tostring(v) end return table.concat(out, ',') end\n"
    "function compare(a, b) return decimal(a) < decimal(b) end\n"
    "function text(a) return 'n=' .. decimal(a) end\n"
    "function both(a) return string.format('%s/%05d', decimal(a), 42) end\n"
    "function none() end\n"
    "function two() return 1, 2 end\n"
    "function rest(a) return decimal(a) % 3 end\n"
    "function same(a, b) return decimal(a) == decimal(b) end\n"
    /* texts, computed with as they are */
    "function times(a, b) return a * b end\n"
    "function minus(a, b) return a - b end\n"
    "function share(a, b) return a / b end\n"
    "function remainder(a, b) return a % b end\n"
    "function negative(a) return -a end\n"
    "function told(a, b) return 'n=' .. a * b end\n"
    "function formatted(a, b) return string.format('%s|%6s', a * b, a) end\n"
    "function exactly(a, b) return a * b == decimal('59.97') and a * b > '59.96' and a * b <= decimal('59.970') end\n"
    "function nothing_left(a) return a + 0 == 0 end\n"
    "function item(a) return ({ 'x', 'y' })[a - 1] end\n"
    "function rounded(a) return round(a, 2) == decimal(0) end\n"
    "function whole_quotient(a, b) return a // b end\n"
    "function power(a, b) return a ^ b end\n"
    "function by_float(a) return a * 1.5 end\n"
    /* hostile */
    "function endless() while true do end end\n"
    "function recursion() return 1 + recursion() end\n"
    "function memory() local t = {} for i = 1, 1e9 do t[i] = 'x' .. i end end\n"
    "function bomb() local s = 'x' while true do s = s .. s end end\n"
    "function rep() return ('x'):rep(1 << 40) end\n"
    "function rep_empty() return (''):rep(1 << 60) end\n"
    "function pattern() return string.find(('a'):rep(200), (('.-'):rep(4)) .. 'b') end\n"
    "function match() return ('a'):match('a*') end\n"
    "function object() error({ code = 1 }) end\n"
    "function nothing() error() end\n"
    "function global() counter = (counter or 0) + 1 return counter end\n"
    "function library() string.upper = nil end\n"
    "function metatable() return setmetatable({}, { __index = function() while true do end end }).x end\n"
    "function reach() return getmetatable('').__index end\n"
    "function files() return io.open('/etc/passwd') end\n"
    "function clock() return os.time() end\n"
    "function chance() return math.random() end\n"
    "function code() return load('return 1')() end\n"
    "function thread() return coroutine.wrap(function() return 1 end)() end\n"
    "function protected() return pcall(endless) end\n"
    "function table_result() return { {} } end\n"
    "function function_result() return id end\n"
    "function huge() local t = {} for i = 1, 20000 do t[i] = i end return t end\n"
    "function bytes() return '\\255\\254' end\n"
    "function zero() return 'a\\0b' end\n"
    "function address() return tostring({}) end\n"
    "function address_too() return string.format('%s', id) end\n"
    "function pointer() return string.format('%p', 'x') end\n"
    "function wide_pointer() return string.format('%20p', 'x') end\n"
    "function left_pointer() return ('%d%%%-9p'):format(1, 'x') end\n"
    "function hidden_pointer() return string.format('\\0%p', 'x'):sub(2) end\n"
    "function percent() return string.format('%5.1f%%p', 7) end\n"
    "function front() local t = {} for i = 1, 100000 do table.insert(t, 1, i) end return #t end\n"
    "function sorting() local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end) end\n"
    "function unpacking() return select('#', table.unpack({}, 1, 1e7)) end\n"
    "function overflow() return decimal('999999999999999999999999999999999999') + 1 end\n"
    "function by_zero() return decimal(1) / 0 end\n"
    "function bad_number() return decimal('abc') end\n"
    "function half() return decimal(0.5) end\n";

static const struct {
    const char *function;
    struct formula_value args[2];
    size_t count;
    const char *outcome; /* type and text; "!" and a part of the reason */
} cases[] = {
    {"tax",
     {{.type = FORMULA_TEXT, .text = {"19.99", 5}}, {.type = FORMULA_NUMBER, .number = {3, 0, false}}},
     2,
     "number 7.8"},
    {"id", {{.type = FORMULA_EMPTY}}, 1, "empty "},
    {"id", {{.type = FORMULA_TEXT, .text = {"中", 3}}}, 1, "text 中"},
    {"id", {{.type = FORMULA_BOOLEAN, .flag = true}}, 1, "boolean true"},
    {"id", {{.type = FORMULA_NUMBER, .number = {125, 2, true}}}, 1, "number -1.25"},
    {"id", {{.type = FORMULA_NUMBER, .number = {9007199254740993, 0, false}}}, 1, "number 9007199254740993"},
    {"kind", {{.type = FORMULA_NUMBER, .number = {9007199254740993, 0, false}}}, 1, "text integer"},
    {"kind", {{.type = FORMULA_NUMBER, .number = {5, 1, false}}}, 1, "text userdata"},
    {"id", {{.type = FORMULA_DATE, .date = 0}}, 1, "text 1970-01-01 00:00:00"},
    {"join", {{.type = FORMULA_LIST, .list = {.json = {"[\"a\",\"b\"]", 9}}}}, 1, "text A/B"},
    {"sum",
     {{.type = FORMULA_NUMBER, .number = {1, 1, false}}, {.type = FORMULA_NUMBER, .number = {2, 1, false}}},
     2,
     "number 0.3"},
    {"sum",
     {{.type = FORMULA_NUMBER, .number = {1, 0, false}}, {.type = FORMULA_NUMBER, .number = {25, 1, false}}},
     2,
     "number 3.5"},
    {"over",
     {{.type = FORMULA_TEXT, .text = {"10", 2}}, {.type = FORMULA_NUMBER, .number = {3, 0, false}}},
     2,
     "number 3.333333333333333333"},
    {"float", {{0}}, 0, "!its result is a float"},
    {"parts", {{.type = FORMULA_TEXT, .text = {"x,y", 3}}}, 1, "list [\"x\",\"y\"]"},
    {"swap", {{.type = FORMULA_TEXT, .text = {"banana", 6}}}, 1, "text bbnbnb"},
    {"at", {{.type = FORMULA_TEXT, .text = {"a.b", 3}}, {.type = FORMULA_TEXT, .text = {".", 1}}}, 2, "number 2"},
    {"keys", {{0}}, 0, "text 3x,a1,b2,ctrue"},
    {"compare",
     {{.type = FORMULA_TEXT, .text = {"9", 1}}, {.type = FORMULA_TEXT, .text = {"10", 2}}},
     2,
     "boolean true"},
    {"same", {{.type = FORMULA_TEXT, .text = {"1.0", 3}}, {.type = FORMULA_TEXT, .text = {"1", 1}}}, 2, "boolean true"},
    {"text", {{.type = FORMULA_TEXT, .text = {"1.50", 4}}}, 1, "text n=1.5"},
    {"both", {{.type = FORMULA_TEXT, .text = {"1.50", 4}}}, 1, "text 1.5/00042"},
    {"rest", {{.type = FORMULA_TEXT, .text = {"-7", 2}}}, 1, "number 2"},
    {"times",
     {{.type = FORMULA_TEXT, .text = {"19.99", 5}}, {.type = FORMULA_NUMBER, .number = {3, 0, false}}},
     2,
     "number 59.97"},
    {"times",
     {{.type = FORMULA_NUMBER, .number = {3, 0, false}}, {.type = FORMULA_TEXT, .text = {"19.99", 5}}},
     2,
     "number 59.97"},
    {"times",
     {{.type = FORMULA_TEXT, .text = {"0.1", 3}}, {.type = FORMULA_TEXT, .text = {"0.2", 3}}},
     2,
     "number 0.02"},
    {"sum", {{.type = FORMULA_TEXT, .text = {"0.1", 3}}, {.type = FORMULA_TEXT, .text = {"0.2", 3}}}, 2, "number 0.3"},
    {"sum",
     {{.type = FORMULA_TEXT, .text = {"9223372036854775807", 19}}, {.type = FORMULA_NUMBER, .number = {1, 0, false}}},
     2,
     "number 9223372036854775808"},
    {"minus",
     {{.type = FORMULA_TEXT, .text = {"1.1", 3}}, {.type = FORMULA_NUMBER, .number = {1, 0, false}}},
     2,
     "number 0.1"},
    {"share",
     {{.type = FORMULA_TEXT, .text = {"10", 2}}, {.type = FORMULA_NUMBER, .number = {4, 0, false}}},
     2,
     "number 2.5"},
    {"share",
     {{.type = FORMULA_TEXT, .text = {"10", 2}}, {.type = FORMULA_NUMBER, .number = {5, 0, false}}},
     2,
     "number 2"},
    {"remainder",
     {{.type = FORMULA_TEXT, .text = {"5.3", 3}}, {.type = FORMULA_NUMBER, .number = {2, 0, false}}},
     2,
     "number 1.3"},
    {"negative", {{.type = FORMULA_TEXT, .text = {"19.99", 5}}}, 1, "number -19.99"},
    {"told",
     {{.type = FORMULA_TEXT, .text = {"19.99", 5}}, {.type = FORMULA_NUMBER, .number = {3, 0, false}}},
     2,
     "text n=59.97"},
    {"told",
     {{.type = FORMULA_TEXT, .text = {"1.50", 4}}, {.type = FORMULA_NUMBER, .number = {2, 0, false}}},
     2,
     "text n=3"},
    {"formatted",
     {{.type = FORMULA_TEXT, .text = {"19.99", 5}}, {.type = FORMULA_NUMBER, .number = {3, 0, false}}},
     2,
     "text 59.97| 19.99"},
    {"exactly",
     {{.type = FORMULA_TEXT, .text = {"19.99", 5}}, {.type = FORMULA_NUMBER, .number = {3, 0, false}}},
     2,
     "boolean true"},
    {"nothing_left", {{.type = FORMULA_TEXT, .text = {"0", 1}}}, 1, "boolean true"},
    {"nothing_left", {{.type = FORMULA_TEXT, .text = {"0.5", 3}}}, 1, "boolean false"},
    {"item", {{.type = FORMULA_TEXT, .text = {"3", 1}}}, 1, "text y"},
    {"rounded", {{.type = FORMULA_TEXT, .text = {"0.004", 5}}}, 1, "boolean true"},
    {"sum",
     {{.type = FORMULA_TEXT, .text = {"x", 1}}, {.type = FORMULA_NUMBER, .number = {1, 0, false}}},
     2,
     "!a text of digits is needed"},
    {"sum",
     {{.type = FORMULA_TEXT, .text = {"1e3", 3}}, {.type = FORMULA_NUMBER, .number = {1, 0, false}}},
     2,
     "!a text of digits is needed"},
    {"share",
     {{.type = FORMULA_TEXT, .text = {"1", 1}}, {.type = FORMULA_TEXT, .text = {"0", 1}}},
     2,
     "!division by zero"},
    {"whole_quotient",
     {{.type = FORMULA_TEXT, .text = {"7", 1}}, {.type = FORMULA_NUMBER, .number = {2, 0, false}}},
     2,
     "!attempt to perform arithmetic on a string value"},
    {"power",
     {{.type = FORMULA_TEXT, .text = {"7", 1}}, {.type = FORMULA_NUMBER, .number = {2, 0, false}}},
     2,
     "!attempt to perform arithmetic on a string value"},
    {"by_float", {{.type = FORMULA_TEXT, .text = {"7", 1}}}, 1, "!write decimal(\"1.5\"), not 1.5"},
    {"none", {{0}}, 0, "empty "},
    {"two", {{0}}, 0, "number 1"},
    {"endless", {{0}}, 0, "!takes more than a million steps"},
    {"recursion", {{0}}, 0, "!"},
    {"memory", {{0}}, 0, "!"},
    {"bomb", {{0}}, 0, "!it takes more than 8 MiB"},
    {"rep", {{0}}, 0, "!grows beyond 1 MiB"},
    {"rep_empty", {{0}}, 0, "!grows beyond 1 MiB"},
    {"pattern", {{0}}, 0, "!no patterns here"},
    {"match", {{0}}, 0, "!attempt to call a nil value (method 'match')"},
    {"object", {{0}}, 0, "!its error is no text"},
    {"nothing", {{0}}, 0, "!its error is no text"},
    {"global", {{0}}, 0, "!what is global can't be changed"},
    {"library", {{0}}, 0, "!what is global can't be changed"},
    {"metatable", {{0}}, 0, "!global 'setmetatable'"},
    {"reach", {{0}}, 0, "!global 'getmetatable'"},
    {"files", {{0}}, 0, "!global 'io'"},
    {"clock", {{0}}, 0, "!global 'os'"},
    {"chance", {{0}}, 0, "!field 'random'"},
    {"code", {{0}}, 0, "!global 'load'"},
    {"thread", {{0}}, 0, "!global 'coroutine'"},
    {"protected", {{0}}, 0, "!global 'pcall'"},
    {"table_result", {{0}}, 0, "!its result is a table"},
    {"function_result", {{0}}, 0, "!its result is a function"},
    {"huge", {{0}}, 0, "!more than 10000 items"},
    {"bytes", {{0}}, 0, "!no UTF-8 text"},
    {"zero", {{0}}, 0, "!no UTF-8 text"},
    {"address", {{0}}, 0, "!tostring of a table"},
    {"address_too", {{0}}, 0, "!format of a function"},
    {"pointer", {{0}}, 0, "!there is no %p"},
    {"wide_pointer", {{0}}, 0, "!there is no %p"},
    {"left_pointer", {{0}}, 0, "!there is no %p"},
    {"hidden_pointer", {{0}}, 0, "!there is no %p"},
    {"percent", {{0}}, 0, "text   7.0%p"},
    {"front", {{0}}, 0, "!"},
    {"sorting", {{0}}, 0, "!"},
    {"unpacking", {{0}}, 0, "!too many results"},
    {"overflow", {{0}}, 0, "!more digits than a number may have"},
    {"by_zero", {{0}}, 0, "!division by zero"},
    {"bad_number", {{0}}, 0, "!a whole number, a decimal or a text of digits is needed"},
    {"half", {{0}}, 0, "!write decimal(\"1.5\"), not 1.5"},
};

static size_t index_of(const struct formula_script *script, const char *name)
{
    for (size_t i = 0; i < formula_script_count(script); i++) {
        if (strcmp(formula_script_name(script, i), name) == 0) {
            return i;
        }
    }
    fail_msg("no function %s", name);
    return 0;
}

static void calls(void **state)
{
    (void)state;
    struct formula_script *script = NULL;
    struct cause why = {""};
    struct arena arena;
    arena_init(&arena, FORMULA_ARENA_MAX);
    assert_int_equal(formula_script_new("shop.lua", text_of(source), &script, &why), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct formula_run run = {.arena = &arena};
        struct formula_machine m = {.run = &run};
        struct formula_value out = {.type = FORMULA_EMPTY};
        char told[400];
        arena_reset(&arena, 1 << 20);
        enum formula_error error =
            formula_script_call(script, index_of(script, cases[i].function), &m, cases[i].args, cases[i].count, &out);
        const char *outcome = cases[i].outcome;
        if (error) {
            assert_int_equal(error, FORMULA_SCRIPT);
            snprintf(told, sizeof told, "!%s", m.what);
        } else {
            struct text text = formula_value_text(&out, &arena);
            snprintf(told, sizeof told, "%s %.*s", formula_type_text(out.type), TEXT_ARG(text));
        }
        bool good =
            outcome[0] == '!' ? told[0] == '!' && strstr(told, outcome + 1) != NULL : strcmp(told, outcome) == 0;
        if (!good) {
            fail_msg("%s: expected %s, but is %s", cases[i].function, outcome, told);
        }
    }
    formula_script_free(&script);
    arena_fini(&arena);
}

static void refuses_to_load(void **state)
{
    static const struct {
        const char *source, *why;
    } rows[] = {
        {"function f(", "shop.lua:1:"},
        {"\x1bLua", "attempt to load a binary chunk"},
        {"while true do end", "takes more than a million steps"},
        {"os.exit(3)", "global 'os'"},
        {"local s = 'x' while true do s = s .. s end", "8 MiB"},
        {"string.upper = nil", "can't be changed"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct formula_script *script = NULL;
        struct cause why = {""};
        assert_int_equal(formula_script_new("shop.lua", text_of(rows[i].source), &script, &why), ERR_SYNTAX);
        if (!strstr(why.text, rows[i].why)) {
            fail_msg("%s: %s", rows[i].source, why.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(calls), cmocka_unit_test(refuses_to_load)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
