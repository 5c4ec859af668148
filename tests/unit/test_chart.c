/* Charts of a report's page: limits as steps. */
#include "ctl/report/chart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MOMENTS = 6 };

/* The chart of that limit over what is used; at most 20,000 bytes. */
static const char *chart_of(const double *limit)
{
    static char said[20000];
    static const double used[MOMENTS] = {40, 40, 40, 40, 40, 40};
    struct buffer out;
    buffer_init(&out, sizeof said - 1);
    const struct chart chart = {.title = "t",
                                .unit = "u",
                                .series = {{"s", 0, used}},
                                .series_count = 1,
                                .count = MOMENTS,
                                .seconds = 60,
                                .limits = {{"limit", 4, limit}},
                                .limit_count = 1};
    chart_put(&out, &chart);
    assert_false(out.failed);
    memcpy(said, out.data, out.size);
    said[out.size] = '\0';
    buffer_fini(&out);
    return said;
}

static void a_limit_that_stays_is_one_line(void **state)
{
    (void)state;
    static const double limit[MOMENTS] = {60, 60, 60, 60, 60, 60};
    const char *said = chart_of(limit);
    assert_non_null(strstr(said, "limit 60</span>"));
    assert_non_null(strstr(said, "<path class=\"s4 limit\" d=\"M44.0 10.0H105.0H166.0H227.0H288.0H349.0H410.0\"/>"));
}

/* Down at once, up again, a time without a limit, and one far above the picture. */
static void a_limit_that_moves_has_steps_and_gaps(void **state)
{
    (void)state;
    static const double limit[MOMENTS] = {60, 30, 60, 0, 30, 900};
    const char *said = chart_of(limit);
    assert_non_null(strstr(said, "limit 30–900</span>"));
    assert_non_null(strstr(said, "d=\"M44.0 10.0H105.0V88.0H166.0V10.0H227.0M288.0 88.0H349.0\"/>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_that_stays_is_one_line),
        cmocka_unit_test(a_limit_that_moves_has_steps_and_gaps),
    };
    return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
