/* What a number loses before it goes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "transformer/trim.h"

static void numbers_lose_what_nobody_sees(void **state)
{
    (void)state;
    static const struct {
        struct text from, to;
    } rows[] = {
        {TEXT("S1"), TEXT("S1")},
        {TEXT("S 1"), TEXT("S 1")},
        {TEXT("S1 "), TEXT("S1")},
        {TEXT("  S 1\t\r\n"), TEXT("S 1")},
        {TEXT("　店　1　"), TEXT("店　1")},               /* full-width */
        {TEXT("\xc2\xa0S1\xc2\xa0"), TEXT("S1")},         /* no-break */
        {TEXT("\xef\xbb\xbfS1\xe2\x80\x8b"), TEXT("S1")}, /* byte order mark, zero width */
        {TEXT("S\x01"
              "1\x7f"),
         TEXT("S1")},
        {TEXT("S\t1"), TEXT("S1")},
        {TEXT("S\xc2\x85"
              "1"),
         TEXT("S1")}, /* C1 */
        {TEXT("S\xe2\x80\x8b"
              "1\xe2\x81\xa0"),
         TEXT("S1")},                                     /* zero width space and word joiner, wherever they stand */
        {TEXT("\xe2\x80\x8eS1\xe2\x80\xac"), TEXT("S1")}, /* marks of direction */
        {TEXT("\xe2\x80\x83S\xe2\x80\x83"
              "1\xe2\x80\x83"),
         TEXT("S\xe2\x80\x83"
              "1")},                                                                  /* em spaces */
        {TEXT("\xe2\x80\x8d店\xe2\x80\x8d一\xe2\x80\x8d"), TEXT("店\xe2\x80\x8d一")}, /* joiners */
        {TEXT("\x1b[31mS1"), TEXT("[31mS1")},
        {TEXT("   "), TEXT("")},
        {TEXT(" \t　"), TEXT("")},
        {TEXT(""), TEXT("")},
        {TEXT("\xff S1 \xff"), TEXT("\xff S1 \xff")}, /* no UTF-8: not for us to judge */
        {TEXT("🏪 "), TEXT("🏪")},
        {TEXT("\xe3\x80"), TEXT("\xe3\x80")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char room[TRIM_ROOM];
        struct text out = {NULL, 0};
        bool changed = trim_text(rows[i].from, room, &out);
        if (!text_equal(out, rows[i].to) || changed == text_equal(rows[i].from, rows[i].to)) {
            fail_msg("row %zu: '%.*s'", i, TEXT_ARG(out));
        }
    }
}

static void letters_as_the_scheme_says(void **state)
{
    (void)state;
    static const struct {
        enum scheme_letters letters;
        struct text from, to;
    } rows[] = {
        {LETTERS_SENT, TEXT("aB1"), TEXT("aB1")},
        {LETTERS_CAPITALS, TEXT("aB-z1店"), TEXT("AB-Z1店")},
        {LETTERS_CAPITALS, TEXT("AZ[`{@"), TEXT("AZ[`{@")},
        {LETTERS_SMALL, TEXT("aBZ[@"), TEXT("abz[@")},
        {LETTERS_SMALL, TEXT(""), TEXT("")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char room[TRIM_ROOM];
        struct text out;
        bool changed = trim_letters(rows[i].from, rows[i].letters, room, &out);
        assert_true(text_equal(out, rows[i].to) && changed != text_equal(rows[i].from, rows[i].to));
    }
}

static void what_is_no_number_stays(void **state)
{
    (void)state;
    char room[TRIM_ROOM], large[TRIM_ROOM + 1];
    struct text out = {NULL, 0};
    memset(large, ' ', sizeof large);
    assert_false(trim_text((struct text){large, sizeof large}, room, &out));
    assert_true(trim_text((struct text){large, sizeof large - 1}, room, &out));
    assert_int_equal(out.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_lose_what_nobody_sees),
                                       cmocka_unit_test(letters_as_the_scheme_says),
                                       cmocka_unit_test(what_is_no_number_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
