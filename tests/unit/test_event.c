/* The table of log events against the manual: docs/events.md lists each row once, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/event.h"

enum { FILE_MAX = 1 << 18 };

static void test_rows(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_COUNT; i++) {
        const struct event_row *row = event_row((enum event_id)i);
        print_message("  %s\n", row->id);
        assert_int_equal(strspn(row->id, "abcdefghijklmnopqrstuvwxyz._"), strlen(row->id));
        assert_non_null(strchr(row->id, '.'));
        assert_true(row->means[0] && row->cure[0]);
        assert_true(i == 0 || strcmp(event_row((enum event_id)(i - 1))->id, row->id) < 0);
    }
}

static void test_manual(void **state)
{
    (void)state;
    char *manual = calloc(1, FILE_MAX);
    FILE *file = fopen("docs/events.md", "re");
    assert_true(manual && file);
    assert_true(fread(manual, 1, FILE_MAX - 1, file) > 0);
    (void)fclose(file);
    int lacking = 0, listed = 0;
    for (int i = 0; i < EVENT_COUNT; i++) {
        const struct event_row *row = event_row((enum event_id)i);
        char line[1000];
        (void)snprintf(line, sizeof line, "\n| `%s` | %s | %s | %s%s| %s |\n", row->id, log_level_name(row->level),
                       row->means, row->fields, row->fields[0] ? " " : "", row->cure);
        if (!strstr(manual, line)) {
            print_message("docs/events.md lacks this line (run make docs):%s", line);
            lacking++;
        }
    }
    for (const char *at = manual; (at = strstr(at, "\n| `")) != NULL; at++) {
        listed++;
    }
    assert_int_equal(lacking, 0);
    assert_int_equal(listed, EVENT_COUNT);
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_manual)};
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
