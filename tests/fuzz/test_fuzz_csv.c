/* A table as a CSV file: read, or refused with a line; what is read is found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/formula/table.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct cause cause = {""};
    const struct formula_table *table = NULL;
    arena_init(&arena, 64 << 20);
    int error = formula_table_of_csv(&arena, (struct text){(const char *)data, size}, &table, &cause);
    MUST(error == 0 || error == ERR_MEMORY || (error == ERR_SYNTAX && cause.text[0] != '\0'));
    if (error == 0) {
        MUST(formula_table_columns(table) >= 1 && formula_table_columns(table) <= TABLE_COLUMNS_MAX);
        for (size_t i = 0; i < formula_table_columns(table); i++) {
            struct formula_value value;
            struct text key = {(const char *)data, size < 3 ? size : 3};
            (void)formula_table_get(table, key, i, &value);
            MUST(formula_table_column(table, i).size <= size);
        }
    }
    arena_fini(&arena);
    return 0;
}
