/* What a page says about the pages behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extractor/extent.h"

static void follows(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t first, limit, page;
        size_t came;
        int64_t total;
        int64_t last, next;
    } rows[] = {
        {"not told, full", 0, 0, 0, 100, -1, -1, 1},
        {"not told, short: no end", 0, 0, 0, 99, -1, -1, 1},
        {"not told, empty", 0, 0, 7, 0, -1, -1, -1},
        {"not told, more than was asked for", 0, 0, 7, 130, -1, -1, 8},
        {"told, as many as came with a short page: its own count?", 0, 0, 0, 42, 42, 1, -1},
        {"the same, with a limit beyond it", 0, 5000, 0, 42, 42, 1, -1},
        {"the same, with that limit", 0, 42, 0, 42, 42, 0, -1},
        {"told, none", 0, 0, 0, 0, 0, 0, -1},
        {"told, one more than a page", 0, 0, 0, 100, 101, 1, -1},
        {"told, exactly a page: is it the page's own count?", 0, 0, 0, 100, 100, 1, -1},
        {"told, exactly a page, and not so many came", 0, 0, 0, 99, 100, 0, -1},
        {"told, exactly two pages", 0, 0, 0, 100, 200, 1, -1},
        {"the last told page is full", 0, 0, 1, 100, -1, -1, 2},
        {"told on a later page: does not count", 0, 0, 3, 100, 1000, -1, 4},
        {"told less than came: run_reach reads on", 0, 0, 0, 100, 10, 0, -1},
        {"pages count from 1", 1, 0, 1, 100, 250, 3, -1},
        {"limit within the first page", 0, 30, 0, 100, 1000, 0, -1},
        {"limit at a page's end", 0, 100, 0, 100, 1000, 0, -1},
        {"limit in the second page", 0, 130, 0, 100, 1000, 1, -1},
        {"limit, not told", 0, 130, 0, 100, -1, -1, 1},
        {"limit, not told, reached", 0, 130, 1, 100, -1, -1, -1},
        {"limit beyond the total", 0, 5000, 0, 100, 250, 2, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct extent extent = {.page_size = 100, .first_page = rows[i].first, .slices = 1, .limit = rows[i].limit};
        extent.before = (rows[i].page - rows[i].first) * 100;
        struct extent_after after = extent_after(&extent, 0, rows[i].page, rows[i].came, rows[i].total);
        if (after.last_page != rows[i].last || after.next_page != rows[i].next || after.capped) {
            fail_msg("%s: last %lld next %lld", rows[i].name, (long long)after.last_page, (long long)after.next_page);
        }
    }
}

static void a_source_that_tells_totals_is_believed(void **state)
{
    (void)state;
    struct extent extent = {.page_size = 100, .slices = 2, .certain = true};
    assert_int_equal(extent_after(&extent, 1, 0, 42, 42).last_page, 0);
    assert_int_equal(extent_after(&extent, 1, 0, 100, 100).last_page, 0);
}

static void ends_at_the_cap(void **state)
{
    (void)state;
    struct extent extent = {.page_size = 1, .slices = 1};
    struct extent_after after = extent_after(&extent, 0, EXTENT_PAGES_MAX - 2, 1, -1);
    assert_int_equal(after.next_page, EXTENT_PAGES_MAX - 1);
    assert_false(after.capped);
    after = extent_after(&extent, 0, EXTENT_PAGES_MAX - 1, 1, -1);
    assert_int_equal(after.next_page, -1);
    assert_true(after.capped);
}

static void deals_the_limit_out(void **state)
{
    (void)state;
    static const struct {
        int64_t slices, limit;
        int32_t slice;
        int64_t page, before, most;
    } rows[] = {
        {1, 0, 0, 9, 0, INT64_MAX}, {1, 130, 0, 0, 0, 130},
        {1, 130, 0, 1, 0, 30},      {1, 130, 0, 2, 200, 0},
        {3, 10, 0, 0, 0, 4},        {3, 10, 1, 0, 0, 3},
        {3, 10, 2, 0, 0, 3},        {3, 2, 2, 0, 0, 0},
        {1, 130, 0, 2, 80, 50},     {1, 130, 0, 3, 120, 10} /* capped at 40 */,
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct extent extent = {
            .page_size = 100, .slices = rows[i].slices, .limit = rows[i].limit, .before = rows[i].before};
        assert_int_equal(extent_most(&extent, rows[i].slice, rows[i].page), rows[i].most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows),
                                       cmocka_unit_test(a_source_that_tells_totals_is_believed),
                                       cmocka_unit_test(ends_at_the_cap), cmocka_unit_test(deals_the_limit_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
