/* Formulas by the cases of tests/formula (.tsv): formula, record ("-" = the sample of the table of functions), what comes
 * out. And every example of the table of functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/scheme/formula/date.h"
#include "common/scheme/formula/function.h"
#include "common/scheme/formula/record.h"
#include "tests/unit/chinese.h"

enum { ROOM = 1 << 17 };

static const cJSON *parse(struct arena *arena, const char *text)
{
    const cJSON *tree;
    struct cause cause;
    if (json_parse(arena, text_of(text), ROOM, JSON_STRICT, &tree, &cause) != 0) {
        fail_msg("%s: %s", text, cause.text);
    }
    return tree;
}

/* What comes out, as the third column has it. */
static void outcome(const char *source, const char *json, char *out, size_t size)
{
    struct arena arena;
    struct formula_notes notes;
    struct cause cause;
    const struct formula *formula;
    struct formula_record *record = calloc(1, sizeof *record);
    arena_init(&arena, FORMULA_ARENA_MAX);
    const cJSON *object = parse(&arena, strcmp(json, "-") == 0 ? formula_sample : json);
    const cJSON *tables = parse(&arena, formula_sample_tables);
    assert_non_null(record);
    assert_int_equal(formula_record_init(record, &arena, object, tables, &cause), 0);
    struct formula_scope scope = formula_record_scope(record);
    struct formula_run run = formula_record_run(record);
    struct date_parts day = {.year = 2024, .month = 11, .day = 28};
    assert_int_equal(date_make(&day, &run.run_date), 0);

    int error = formula_compile(&arena, &arena, text_of(source), &scope, &formula, &notes);
    if (error == ERR_SYNTAX) {
        snprintf(out, size, "fault %d: %s", notes.fault.column, notes.fault.text);
        assert_chinese(notes.fault.text);
    } else {
        struct formula_value value;
        struct formula_failure failure;
        assert_int_equal(error, 0);
        error = formula_evaluate(formula, &run, &value, &failure);
        if (error) {
            assert_int_equal(error, ERR_REFUSED);
            snprintf(out, size, "%s %s", formula_error_text(failure.error), failure.text);
            assert_chinese(failure.text);
        } else {
            struct text text = formula_value_text(&value, &arena);
            snprintf(out, size, "%s%s%.*s", formula_type_text(value.type), text.size ? " " : "", TEXT_ARG(text));
        }
        if (notes.warning_count > 0) {
            size_t used = strlen(out);
            snprintf(out + used, size - used, " [warning %d: %s]", notes.warnings[0].column, notes.warnings[0].text);
        }
    }
    free(record);
    arena_fini(&arena);
}

static int judge_line(const char *file, int number, char *line, char *out)
{
    char *source = line, *record = strchr(line, '\t');
    char *expected = record ? strchr(record + 1, '\t') : NULL;
    if (!expected) {
        print_error("%s:%d: not three columns\n", file, number);
        return 1;
    }
    *record++ = *expected++ = '\0';
    outcome(source, record, out, ROOM);
    if (strcmp(out, expected) != 0) {
        print_error("%s:%d: %s\n    expected %s\n    but is   %s\n", file, number, source, expected, out);
        return 1;
    }
    return 0;
}

static int judge_file(const char *path, char *line, char *out, int *cases)
{
    FILE *in = fopen(path, "r");
    int faults = 0, number = 0;
    assert_non_null(in);
    while (fgets(line, ROOM, in)) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '=' || line[0] == '\'') {
            (*cases)++;
            faults += judge_line(path, number, line, out);
        }
    }
    fclose(in);
    return faults;
}

static void cases_of_the_files(void **state)
{
    (void)state;
    char *line = malloc(ROOM), *out = malloc(ROOM), path[600];
    int cases = 0, faults = 0;
    DIR *folder = opendir("tests/formula");
    assert_true(line && out && folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strstr(entry->d_name, ".tsv")) {
            snprintf(path, sizeof path, "tests/formula/%s", entry->d_name);
            faults += judge_file(path, line, out, &cases);
        }
    }
    closedir(folder);
    free(line);
    free(out);
    print_message("%d cases\n", cases);
    assert_int_equal(faults, 0);
    assert_true(cases >= 400);
}

static void examples_of_the_functions(void **state)
{
    (void)state;
    int faults = 0;
    for (size_t i = 0; i < formula_function_count; i++) {
        const struct formula_function *f = &formula_functions[i];
        char out[1000];
        assert_true(f->zh[0] && f->en[0] && f->example[0] == '=');
        outcome(f->example, "-", out, sizeof out);
        char *warning = strstr(out, " [warning"), *value = strchr(out, ' ');
        if (warning) {
            *warning = '\0';
        }
        if (!value || strcmp(value + 1, f->result) != 0) {
            print_error("%s: %s gives %s\n", f->name, f->example, out);
            faults++;
        }
    }
    assert_int_equal(faults, 0);
}

/* The head, `count` times the part with commas between, the tail. */
static void repeat(char *out, const char *head, const char *part, size_t count, const char *tail)
{
    size_t at = (size_t)snprintf(out, ROOM, "%s", head);
    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(out + at, ROOM - at, "%s%s", i > 0 ? "," : "", part);
    }
    assert_in_range(snprintf(out + at, ROOM - at, "%s", tail), 0, ROOM - at - 1);
}

/* Each cap: what just fits, and one more. */
static void caps(void **state)
{
    (void)state;
    static const struct {
        const char *head, *part, *tail; /* of the formula */
        size_t count;
        const char *outcome;
    } rows[] = {
        {"=LEN(\"", "a", "b\")", 2044, "number 4088"}, /* 4,096 bytes */
        {"=LEN(\"", "a", "bb\")", 2044, "fault 1: longer than 4096 bytes: cut it in two, or write a Lua function"},
        {"=SUM(", "1", ")", 100, "number 100"},
        {"=SUM(", "1", ")", 101, "fault 2: more than 100 arguments"},
        {"=shop_no IN (", "1", ")", 99, "boolean false"},
        {"=shop_no IN (", "1", ")", 100, "fault 10: more than 100 arguments"},
        {"=OR(", "MATCHES(shop_no, \"^x\")", ")", 16, "boolean false"},
        {"=OR(", "MATCHES(shop_no, \"^x\")", ")", 17, "fault 373: more than 16 patterns in one formula"},
    };
    char *source = malloc(ROOM), *out = malloc(ROOM);
    assert_true(source && out);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        repeat(source, rows[i].head, rows[i].part, rows[i].count, rows[i].tail);
        outcome(source, "-", out, ROOM);
        assert_string_equal(out, rows[i].outcome);
    }
    free(source);
    free(out);
}

/* Values under way at once: calls in the last arguments of calls. */
static void cap_of_values(void **state)
{
    (void)state;
    static const struct {
        size_t inner;
        const char *outcome;
    } rows[] = {
        {46, "number 244"},
        {47, "fault 2: too many values at once: cut the formula in two"},
    };
    char *source = malloc(ROOM), *middle = malloc(ROOM), *inner = malloc(ROOM), *out = malloc(ROOM);
    assert_true(source && middle && inner && out);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        repeat(inner, ",SUM(", "1", rows[i].inner, ")))");
        repeat(middle, ",SUM(", "1", 99, inner);
        repeat(source, "=SUM(", "1", 99, middle);
        outcome(source, "-", out, ROOM);
        assert_string_equal(out, rows[i].outcome);
    }
    free(source);
    free(middle);
    free(inner);
    free(out);
}

static void cap_of_lists(void **state)
{
    (void)state;
    static const struct {
        const char *source, *head, *part, *tail; /* of the record */
        size_t count;
        const char *outcome;
    } rows[] = {
        {"=SUM(l)", "{\"l\":[", "1", "]}", 10000, "number 10000"},
        {"=SUM(l)", "{\"l\":[", "1", "]}", 10001,
         "formula.range column 6: l is a list: a list of more than 10000 items"},
        {"=COUNT(SPLIT(t, \",\"))", "{\"t\":\"", "1", "\"}", 10000, "number 10000"},
        {"=COUNT(SPLIT(t, \",\"))", "{\"t\":\"", "1", "\"}", 10001,
         "formula.range column 14: t is "
         "'1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,': a list of more than "
         "10000 items"},
    };
    char *record = malloc(ROOM), *out = malloc(ROOM);
    assert_true(record && out);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        repeat(record, rows[i].head, rows[i].part, rows[i].count, rows[i].tail);
        outcome(rows[i].source, record, out, ROOM);
        assert_string_equal(out, rows[i].outcome);
    }
    free(record);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_of_the_files),
        cmocka_unit_test(examples_of_the_functions),
        cmocka_unit_test(caps),
        cmocka_unit_test(cap_of_values),
        cmocka_unit_test(cap_of_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
