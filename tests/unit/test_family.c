/* The table of metrics against those who read it: docs/monitoring.md lists each row once, and what deploy/ and `top` ask
 * for is a row. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/observe/family.h"

enum { FILE_MAX = 1 << 20 };
static const char prefix[] = "dianchen_";

static char *file_read(const char *path)
{
    char *text = malloc(FILE_MAX);
    FILE *file = fopen(path, "re");
    assert_non_null(text);
    if (!file) {
        print_message("%s can't be opened\n", path);
    }
    assert_non_null(file);
    size_t size = fread(text, 1, FILE_MAX - 1, file);
    assert_true(size > 0 && size < FILE_MAX - 1);
    text[size] = 0;
    (void)fclose(file);
    return text;
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

/* What Prometheus and its tools expect of a row. */
static void test_rows(void **state)
{
    (void)state;
    for (int i = 0; i < FAMILY_COUNT; i++) {
        const struct family *row = family_row((enum metric_family)i);
        if (!row || !row->name || !row->labels || !row->help || !row->who) {
            fail_msg("the row of family %d is not whole", i);
            return;
        }
        print_message("  %s\n", row->name);
        assert_int_equal(row->kind == METRIC_COUNTER || row->kind == METRIC_UNTYPED, ends_with(row->name, "_total"));
        assert_true(ends_with(row->help, "."));
        assert_null(strpbrk(row->help, "\\\n\"|"));
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(row->name, family_row((enum metric_family)k)->name);
        }
    }
}

static void test_manual(void **state)
{
    (void)state;
    char *manual = file_read("docs/monitoring.md");
    const char *table = strstr(manual, "| metric |");
    size_t lines = 0, found = 0;
    if (!table) {
        fail_msg("docs/monitoring.md has no table of metrics");
        return;
    }
    for (const char *at = table; at && *at == '|'; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
        lines++;
    }
    for (int i = 0; i < FAMILY_COUNT; i++) {
        const struct family *row = family_row((enum metric_family)i);
        char line[1000];
        (void)snprintf(line, sizeof line, "\n| `%s%s%s%s` | %s | %s |\n", row->name, row->labels[0] ? "{" : "",
                       row->labels, row->labels[0] ? "}" : "", row->who, row->help);
        if (strstr(table, line)) {
            found++;
        } else {
            print_message("docs/monitoring.md lacks this line (run make docs):%s", line);
        }
    }
    assert_int_equal(found, FAMILY_COUNT);
    assert_int_equal(lines, FAMILY_COUNT + 2);
    free(manual);
}

/* Is `name`, which a histogram's three endings may follow, one of the table? */
static bool known(const char *name, size_t size)
{
    static const char *const endings[] = {"", "_bucket", "_sum", "_count"};
    for (int i = 0; i < FAMILY_COUNT; i++) {
        const struct family *row = family_row((enum metric_family)i);
        for (size_t k = 0; k < (row->kind == METRIC_HISTOGRAM ? 4U : 1U); k++) {
            char full[100];
            int length = snprintf(full, sizeof full, "%s%s", row->name, endings[k]);
            if ((size_t)length == size && memcmp(full, name, size) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void test_askers(void **state)
{
    (void)state;
    static const char *const patterns[] = {"deploy/prometheus/*.yml", "deploy/grafana/*.json"};
    glob_t paths = {0};
    size_t asked = 0;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        assert_int_equal(glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &paths), 0);
    }
    for (size_t i = 0; i < paths.gl_pathc; i++) {
        char *text = file_read(paths.gl_pathv[i]);
        for (const char *at = text; (at = strstr(at, prefix)) != NULL; asked++) {
            size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
            if (!known(at, size)) {
                print_message("%s asks for %.*s\n", paths.gl_pathv[i], (int)size, at);
            }
            assert_true(known(at, size));
            at += size;
        }
        free(text);
    }
    globfree(&paths);
    assert_true(asked > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_manual),
                                       cmocka_unit_test(test_askers)};
    return cmocka_run_group_tests_name("family", tests, NULL, NULL);
}
