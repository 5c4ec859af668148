/* A Lua file: loaded, and each of its functions called with one value of every kind, twice. Whatever it does, the program lives
 * within its memory, and a call ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/formula/lua/script.h"
#include "tests/fuzz/fuzz.h"

enum { CALLS_MOST = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct formula_value args[] = {
        {.type = FORMULA_TEXT, .text = {"a\xc3\xa4", 3}},
        {.type = FORMULA_NUMBER, .number = {15, 1, true}},
        {.type = FORMULA_LIST, .list = {.json = {"[1,\"b\",[2]]", 11}}},
        {.type = FORMULA_EMPTY},
        {.type = FORMULA_BOOLEAN, .flag = true},
        {.type = FORMULA_DATE, .date = 86400},
    };
    struct formula_script *script = NULL;
    struct cause why = {""};
    int error = formula_script_new("fuzz.lua", (struct text){(const char *)data, size}, &script, &why);
    MUST(error == 0 || error == ERR_MEMORY || (error == ERR_SYNTAX && why.text[0] != '\0'));
    if (error) {
        return 0;
    }
    size_t calls = 2 * formula_script_count(script);
    for (size_t i = 0; i < calls && i < CALLS_MOST; i++) {
        struct arena arena;
        arena_init(&arena, FORMULA_ARENA_MAX);
        struct formula_run run = {.arena = &arena};
        struct formula_machine m = {.run = &run};
        struct formula_value out = {.type = FORMULA_EMPTY};
        enum formula_error told = formula_script_call(script, i / 2, &m, args, sizeof args / sizeof *args, &out);
        MUST(told == FORMULA_FINE || (told == FORMULA_SCRIPT && m.what != NULL));
        MUST(told || formula_value_text(&out, &arena).size <= (size_t)2 * FORMULA_TEXT_MAX);
        arena_fini(&arena);
    }
    formula_script_free(&script);
    return 0;
}
