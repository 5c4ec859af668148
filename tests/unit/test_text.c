/* Texts: search, trim, integers, UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/error.h"
#include "common/base/text.h"

static void finds(void **state)
{
    (void)state;
    static const struct {
        const char *haystack, *needle;
        ptrdiff_t exact, folded;
    } rows[] = {
        {"abc", "b", 1, 1},      {"abc", "B", -1, 1}, {"", "", 0, 0},           {"", "a", -1, -1},    {"abc", "", 0, 0},
        {"abc", "abcd", -1, -1}, {"aab", "ab", 1, 1}, {"已存在", "存在", 3, 3}, {"Xyz", "YZ", -1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(text_find(text_of(rows[i].haystack), text_of(rows[i].needle)), rows[i].exact);
        assert_int_equal(text_find_nocase(text_of(rows[i].haystack), text_of(rows[i].needle)), rows[i].folded);
    }
    assert_int_equal(text_find((struct text){NULL, 0}, TEXT("x")), -1);
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int error;
        int64_t value;
    } rows[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"+7", 0, 7},
        {"0012", 0, 12},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9223372036854775808", ERR_SYNTAX, 0},
        {"-9223372036854775809", ERR_SYNTAX, 0},
        {"99999999999999999999", ERR_SYNTAX, 0},
        {"", ERR_SYNTAX, 0},
        {"-", ERR_SYNTAX, 0},
        {"+", ERR_SYNTAX, 0},
        {" 1", ERR_SYNTAX, 0},
        {"1 ", ERR_SYNTAX, 0},
        {"1.0", ERR_SYNTAX, 0},
        {"0x10", ERR_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t value = 12345;
        assert_int_equal(text_integer(text_of(rows[i].text), &value), rows[i].error);
        assert_int_equal(value, rows[i].error ? 12345 : rows[i].value);
    }
}

static void utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool well_formed;
    } rows[] = {
        {"", true},
        {"plain", true},
        {"店铺", true},
        {"\xf0\x9f\x8f\xac", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xf4\x90\x80\x80", false}, /* past U+10FFFF */
        {"\xc0\x80", false},         /* overlong */
        {"\xc1\xbf", false},
        {"\xe0\x9f\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xed\xa0\x80", false}, /* surrogate */
        {"\xe5\xba", false},     /* cut */
        {"\x80", false},
        {"a\xff", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(text_is_utf8(text_of(rows[i].text)), rows[i].well_formed);
    }
}

static void cuts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t limit, cut;
    } rows[] = {
        {"店铺", 6, 6}, {"店铺", 9, 6}, {"店铺", 5, 3},
        {"店铺", 4, 3}, {"店铺", 3, 3}, {"店铺", 2, 0},
        {"abc", 2, 2},  {"a店", 0, 0},  {"\x80\x80\x80\x80\x80", 4, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(text_cut(text_of(rows[i].text), rows[i].limit), rows[i].cut);
    }
}

static void trims(void **state)
{
    (void)state;
    assert_true(text_equal(text_trim(TEXT(" \t a b\r\n")), TEXT("a b")));
    assert_int_equal(text_trim(TEXT("  ")).size, 0);
    assert_true(text_starts(TEXT("abc"), TEXT("ab")));
    assert_false(text_starts(TEXT("a"), TEXT("ab")));
    assert_true(text_starts((struct text){NULL, 0}, (struct text){NULL, 0}));
    assert_true(text_equal_nocase(TEXT("Retry-AFTER"), TEXT("retry-after")));
}

static void causes(void **state)
{
    (void)state;
    struct cause cause;
    assert_int_equal(cause_set(&cause, ERR_INPUT, "line\none\x7f%s", "\t!"), ERR_INPUT);
    assert_string_equal(cause.text, "line one  !");
    assert_int_equal(cause_set(&cause, ERR_IO, "x: %s", cause.text), ERR_IO);
    assert_string_equal(cause.text, "x: line one  !");
    assert_int_equal(cause_set(NULL, ERR_BUSY, "nobody listens"), ERR_BUSY);
    char wide[1200];
    for (size_t i = 0; i + 3 < sizeof wide; i += 3) {
        memcpy(wide + i, "店", 4);
    }
    (void)cause_set(&cause, ERR_LIMIT, "!%s", wide);
    assert_true(text_is_utf8(text_of(cause.text)));
    assert_int_equal(strlen(cause.text), 598);
    assert_string_equal(error_text(ERR_NOT_FOUND), "not found");
    assert_string_equal(error_text(-99), "unknown");
    assert_string_equal(error_text(1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds), cmocka_unit_test(integers), cmocka_unit_test(utf8),
        cmocka_unit_test(cuts),  cmocka_unit_test(trims),    cmocka_unit_test(causes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
