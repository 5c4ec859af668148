/* A formula in the first line, a record behind it (none: the sample): compiled, folded, evaluated, shown. Whatever comes out
 * is a value within its bounds, a failure or a fault with a line; a second evaluation gives the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "common/scheme/formula/function.h"
#include "common/scheme/formula/record.h"
#include "tests/fuzz/fuzz.h"

enum { RECORD_MOST = 1 << 16 };

static const cJSON *read_record(struct arena *arena, struct text json)
{
    const cJSON *object = NULL;
    struct cause cause;
    if (json_parse(arena, json, RECORD_MOST, JSON_STRICT, &object, &cause) != 0 || !cJSON_IsObject(object)) {
        MUST(json_parse(arena, text_of(formula_sample), RECORD_MOST, JSON_STRICT, &object, &cause) == 0);
    }
    return object;
}

static struct text outcome(const struct formula *formula, struct formula_run *run)
{
    struct formula_value value;
    struct formula_failure failure;
    run->trees = NULL;
    int error = formula_evaluate(formula, run, &value, &failure);
    if (error) {
        MUST(error == ERR_REFUSED);
        MUST(failure.error > FORMULA_FINE && failure.error < FORMULA_ERRORS && failure.text[0] != '\0');
        return arena_text(run->arena, text_of(failure.text));
    }
    bool flag;
    struct value plain;
    (void)formula_condition(&value, &flag);
    (void)!formula_value_plain(&value, run->arena, &plain);
    struct text text = formula_value_text(&value, run->arena);
    MUST(value.type == FORMULA_LIST || text.size <= FORMULA_TEXT_MAX);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = {(const char *)data, size};
    const char *end = size > 0 ? memchr(data, '\n', size) : NULL;
    struct text source = {input.data, end ? (size_t)(end - input.data) : size};
    struct text json = {input.data + source.size, size - source.size};
    if (source.size == 0 || source.data[0] != '=') {
        return 0;
    }
    struct arena arena;
    struct cause cause;
    struct formula_notes notes;
    const struct formula *formula;
    struct formula_record *record = calloc(1, sizeof *record);
    arena_init(&arena, (size_t)2 * FORMULA_ARENA_MAX);
    const cJSON *object = read_record(&arena, json), *tables = NULL;
    MUST(record && json_parse(&arena, text_of(formula_sample_tables), RECORD_MOST, JSON_STRICT, &tables, &cause) == 0);
    if (formula_record_init(record, &arena, object, tables, &cause) == 0) {
        struct formula_scope scope = formula_record_scope(record);
        struct formula_run run = formula_record_run(record);
        int error = formula_compile(&arena, &arena, source, &scope, &formula, &notes);
        MUST(error == 0 || error == ERR_SYNTAX || error == ERR_MEMORY);
        MUST(error != ERR_SYNTAX || (notes.fault.text[0] != '\0' && notes.fault.column >= 1));
        if (error == 0) {
            struct text first = outcome(formula, &run), second = outcome(formula, &run);
            MUST(!first.data || !second.data || text_equal(first, second));
        }
    }
    free(record);
    arena_fini(&arena);
    return 0;
}
