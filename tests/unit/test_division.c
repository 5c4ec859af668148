/* How a page is asked for in ranges: each begins where a page of its size does, and together they are the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "extractor/division.h"

enum { STEPS = 400 };

/* Reads a page of which the records `bad` tear every range that they are in. */
static void read_in(bool backwards, int64_t stride, const int64_t *bad, size_t bads, size_t most_calls)
{
    struct division division = {0};
    bool seen[200] = {false};
    char names[200][8];
    size_t calls = 0;
    int64_t last = backwards ? stride : -1;
    division_begin(&division, stride, division_smaller(stride), backwards);
    for (bool more = true; more;) {
        bool torn = false;
        assert_int_equal(division.at % division.size, 0);
        assert_true(division.at + division.size <= stride && ++calls < STEPS);
        for (size_t i = 0; i < bads; i++) {
            torn = torn || (bad[i] >= division.at && bad[i] < division.at + division.size);
        }
        if (torn && division_cut(&division)) {
            continue;
        }
        assert_true(!torn || division.size == 1);
        assert_true(backwards ? division.at < last : division.at > last);
        last = division.at;
        struct text records[200];
        for (int64_t i = 0; i < division.size; i++) {
            assert_false(seen[division.at + i]);
            seen[division.at + i] = true;
            int64_t place = division.at + i;
            snprintf(names[place], sizeof names[0], "%lld", (long long)place);
            records[i] = text_of(names[place]);
        }
        assert_int_equal(division_add(&division, records, (size_t)division.size), 0);
        more = division_next(&division);
    }
    assert_int_equal(division.count, stride);
    for (int64_t i = 0; i < stride; i++) { /* in their order, whichever came first */
        assert_true(text_equal(division.records[i], text_of(names[i])));
    }
    assert_true(calls <= most_calls);
    division_fini(&division);
}

static void read_page(int64_t stride, const int64_t *bad, size_t bads, size_t most_calls)
{
    read_in(false, stride, bad, bads, most_calls);
    read_in(true, stride, bad, bads, most_calls);
}

static void every_record_comes_once(void **state)
{
    (void)state;
    read_page(100, (const int64_t[]){36}, 1, 16);
    read_page(100, (const int64_t[]){0}, 1, 16);
    read_page(100, (const int64_t[]){99}, 1, 16);
    read_page(100, (const int64_t[]){3, 57, 58}, 3, 40);
    read_page(64, (const int64_t[]){63}, 1, 14);
    read_page(97, (const int64_t[]){50}, 1, 98); /* a prime: one by one */
    read_page(2, (const int64_t[]){1}, 1, 2);
}

static void sizes(void **state)
{
    (void)state;
    assert_int_equal(division_smaller(100), 50);
    assert_int_equal(division_smaller(25), 5);
    assert_int_equal(division_smaller(1), 0);
    assert_int_equal(division_fit(100, 40), 25);
    assert_int_equal(division_fit(100, 100), 100);
    assert_int_equal(division_fit(97, 40), 1);
}

/* Behind the end of a slice a page is not read record by record. */
static void steps_grow_where_nothing_is(void **state)
{
    (void)state;
    struct division division = {0};
    size_t calls = 0;
    division_begin(&division, 100, 1, false);
    do {
        calls++;
        assert_int_equal(division_add(&division, NULL, 0), 0);
    } while (division_next(&division));
    assert_in_range(calls, 1, 12);
    division_fini(&division);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_record_comes_once), cmocka_unit_test(sizes),
                                       cmocka_unit_test(steps_grow_where_nothing_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
