/* Dates: a table of cases, then random ones against the calendar of the C library. FORMULA_CASES=n: how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/scheme/formula/date.h"

static const struct {
    const char *text, *print; /* NULL: no date; "": empty */
} texts[] = {
    {"2024-02-29", "2024-02-29 00:00:00"},
    {"2024-2-9", "2024-02-09 00:00:00"},
    {"2024/2/9", "2024-02-09 00:00:00"},
    {"2024/02/09 8:05", "2024-02-09 08:05:00"},
    {"20240229", "2024-02-29 00:00:00"},
    {"20240229080509", "2024-02-29 08:05:09"},
    {"20240229 08:05:09", "2024-02-29 08:05:09"},
    {"20240229T080509", "2024-02-29 08:05:09"},
    {"2024-02-29 23:59:59", "2024-02-29 23:59:59"},
    {"2024-02-29 23:59:59.987", "2024-02-29 23:59:59"},
    {"2024-02-29T08:05:09Z", "2024-02-29 16:05:09"},
    {"2024-02-29T20:05:09Z", "2024-03-01 04:05:09"},
    {"2024-02-29T08:05:09+08:00", "2024-02-29 08:05:09"},
    {"2024-02-29T08:05:09-0500", "2024-02-29 21:05:09"},
    {"2024-02-29T08:05:09+08", "2024-02-29 08:05:09"},
    {" 2024-02-29 ", "2024-02-29 00:00:00"},
    {"0001-01-01", "0001-01-01 00:00:00"},
    {"9999-12-31 23:59:59", "9999-12-31 23:59:59"},
    {"", ""},
    {"0000-00-00 00:00:00", ""},
    {"0000-00-00", ""},
    {"2023-02-29", NULL},
    {"1900-02-29", NULL},
    {"2000-02-29", "2000-02-29 00:00:00"},
    {"2024-13-01", NULL},
    {"2024-04-31", NULL},
    {"2024-00-10", NULL},
    {"2024-02-29 24:00:00", NULL},
    {"2024-02-29 12:60:00", NULL},
    {"2024-02/29", NULL},
    {"24-02-29", NULL},
    {"2024-02-29 ", "2024-02-29 00:00:00"},
    {"2024-02-29x", NULL},
    {"2024-02-29T", NULL},
    {"2024-02-29T08:05:09+25:00", NULL},
    {"0001-01-01T00:00:00+14:00", NULL},
    {"10000-01-01", NULL},
    {"昨天", NULL},
};

static int64_t date(const char *text)
{
    int64_t out;
    assert_int_equal(date_parse(text_of(text), &out), 0);
    return out;
}

static void assert_date(int64_t actual, const char *expected)
{
    char room[DATE_ROOM], copy[DATE_ROOM + 1];
    snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(date_print(actual, room)));
    assert_string_equal(copy, expected);
}

static void reads_and_prints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t out = 77;
        int error = date_parse(text_of(texts[i].text), &out);
        if (!texts[i].print || !texts[i].print[0]) {
            assert_int_equal(error, texts[i].print ? ERR_NOT_FOUND : ERR_SYNTAX);
            assert_int_equal(out, 77);
        } else {
            assert_int_equal(error, 0);
            assert_date(out, texts[i].print);
        }
    }
}

static void reads_and_prints_by_a_format(void **state)
{
    static const struct {
        const char *text, *format, *print, *again; /* print NULL: no date; again: what the format makes of it */
    } rows[] = {
        {"29.02.2024", "dd.MM.yyyy", "2024-02-29 00:00:00", "29.02.2024"},
        {"2024年2月9日", "yyyy年M月d日", "2024-02-09 00:00:00", "2024年2月9日"},
        {"8:05", "H:mm", "1970-01-01 08:05:00", "8:05"},
        {"240229", "yyMMdd", "2024-02-29 00:00:00", "240229"},
        {"20240229080509", "yyyyMMddHHmmss", "2024-02-29 08:05:09", "20240229080509"},
        {"2024-2-30", "yyyy-M-d", NULL, NULL},
        {"2024-2-3x", "yyyy-M-d", NULL, NULL},
        {"2024-2", "yyyy-M-d", NULL, NULL},
        {"2024-2-3", "yyyy-MM-dd", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t out;
        int error = date_parse_as(text_of(rows[i].text), text_of(rows[i].format), &out);
        assert_int_equal(error, rows[i].print ? 0 : ERR_SYNTAX);
        if (!error) {
            struct buffer buffer;
            buffer_init(&buffer, 100);
            assert_date(out, rows[i].print);
            date_put(&buffer, out, text_of(rows[i].format));
            assert_true(text_equal(buffer_text(&buffer), text_of(rows[i].again)));
            buffer_fini(&buffer);
        }
    }
    assert_true(date_is_format(TEXT("yyyy年")));
    assert_false(date_is_format(TEXT("#,##0.00元")));
}

static void adds(void **state)
{
    static const struct {
        const char *from;
        int64_t count;
        enum date_unit unit;
        const char *to; /* NULL: ERR_LIMIT */
    } rows[] = {
        {"2024-01-31", 1, DATE_MONTH, "2024-02-29 00:00:00"},
        {"2023-01-31", 1, DATE_MONTH, "2023-02-28 00:00:00"},
        {"2024-03-31 10:00", -1, DATE_MONTH, "2024-02-29 10:00:00"},
        {"2024-01-15", -13, DATE_MONTH, "2022-12-15 00:00:00"},
        {"2024-02-29", 1, DATE_YEAR, "2025-02-28 00:00:00"},
        {"2024-02-29", 4, DATE_YEAR, "2028-02-29 00:00:00"},
        {"2024-02-28", 2, DATE_DAY, "2024-03-01 00:00:00"},
        {"2024-01-01", -1, DATE_SECOND, "2023-12-31 23:59:59"},
        {"2024-01-01", 25, DATE_HOUR, "2024-01-02 01:00:00"},
        {"2024-01-01", 90, DATE_MINUTE, "2024-01-01 01:30:00"},
        {"9999-12-31", 1, DATE_DAY, NULL},
        {"0001-01-01", -1, DATE_MONTH, NULL},
        {"2024-01-01", INT64_MAX, DATE_DAY, NULL},
        {"2024-01-01", INT64_MIN, DATE_YEAR, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t out;
        int error = date_add(date(rows[i].from), rows[i].count, rows[i].unit, &out);
        assert_int_equal(error, rows[i].to ? 0 : ERR_LIMIT);
        if (!error) {
            assert_date(out, rows[i].to);
        }
    }
}

static void counts_whole_units(void **state)
{
    static const struct {
        const char *from, *to;
        enum date_unit unit;
        int64_t count;
    } rows[] = {
        {"2024-01-31", "2024-02-29", DATE_MONTH, 1},
        {"2024-01-31", "2024-02-28", DATE_MONTH, 0},
        {"2020-02-29", "2024-02-28", DATE_YEAR, 3},
        {"2020-02-29", "2024-02-29", DATE_YEAR, 4},
        {"2024-02-29", "2020-02-29", DATE_YEAR, -4},
        {"2024-01-01", "2024-03-01", DATE_DAY, 60},
        {"2024-01-02", "2024-01-01 00:00:01", DATE_DAY, 0},
        {"2024-01-01 10:00", "2024-01-01 12:59:59", DATE_HOUR, 2},
        {"2024-01-01", "2024-01-01 00:01:59", DATE_MINUTE, 1},
        {"2024-01-01", "2023-12-31 23:59:00", DATE_SECOND, -60},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(date_between(date(rows[i].from), date(rows[i].to), rows[i].unit), rows[i].count);
    }
}

static uint64_t dice = 20261128;

static int64_t roll(int64_t low, int64_t high)
{
    dice += 0x9e3779b97f4a7c15;
    uint64_t z = dice;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return low + (int64_t)((z ^ (z >> 31)) % (uint64_t)(high - low + 1));
}

static struct tm calendar(int64_t seconds)
{
    time_t clock = (time_t)seconds;
    struct tm tm;
    assert_non_null(gmtime_r(&clock, &tm));
    return tm;
}

static void assert_same(int64_t seconds)
{
    struct tm tm = calendar(seconds);
    struct date_parts p = date_split(seconds);
    if (p.year != tm.tm_year + 1900 || p.month != tm.tm_mon + 1 || p.day != tm.tm_mday || p.hour != tm.tm_hour ||
        p.minute != tm.tm_min || p.second != tm.tm_sec) {
        fail_msg("%lld: %d-%d-%d, but the C library says %d-%d-%d", (long long)seconds, p.year, p.month, p.day,
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    }
    int64_t back;
    assert_int_equal(date_make(&p, &back), 0);
    assert_int_equal(back, seconds);
}

/* mktime's carrying is the other implementation: day 0 of a month is the last of the one before. */
static int64_t add_months(int64_t seconds, int months)
{
    struct tm tm = calendar(seconds), last;
    int day = tm.tm_mday;
    tm.tm_mon += months;
    last = tm;
    last.tm_mday = 0;
    last.tm_mon++;
    (void)timegm(&last);
    tm.tm_mday = day < last.tm_mday ? day : last.tm_mday;
    return (int64_t)timegm(&tm);
}

static void agrees_with_the_c_library(void **state)
{
    (void)state;
    const char *wanted = getenv("FORMULA_CASES");
    long count = wanted ? strtol(wanted, NULL, 10) : 20000;
    assert_in_range(count, 1, 10000000);
    for (long i = 0; i < count; i++) {
        int64_t from = roll(INT64_C(-62135596800), INT64_C(253402300799));
        assert_same(from);
        /* A month beyond either end is for the table above. */
        int64_t inner = roll(INT64_C(-45000000000), INT64_C(200000000000)), sum;
        int months = (int)roll(-5000, 5000);
        assert_int_equal(date_add(inner, months, DATE_MONTH, &sum), 0);
        assert_int_equal(sum, add_months(inner, months));
        /* The definition of a whole month: the last step that is not past the end. */
        int64_t to = roll(inner, inner + 40000000000), whole = date_between(inner, to, DATE_MONTH);
        assert_true(add_months(inner, (int)whole) <= to);
        assert_true(add_months(inner, (int)whole + 1) > to);
        assert_int_equal(date_between(inner, to, DATE_YEAR), whole / 12);
        char room[DATE_ROOM];
        int64_t again;
        assert_int_equal(date_parse(date_print(from, room), &again), 0);
        assert_int_equal(again, from);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_prints),   cmocka_unit_test(reads_and_prints_by_a_format), cmocka_unit_test(adds),
        cmocka_unit_test(counts_whole_units), cmocka_unit_test(agrees_with_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
