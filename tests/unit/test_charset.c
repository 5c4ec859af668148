/* Replies are decoded as their headers say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/http/charset.h"

static void tells_the_charset(void **state)
{
    (void)state;
    static const struct {
        const char *type, *charset;
    } rows[] = {
        {"application/json;charset=GBK", "gbk"},
        {"application/json; Charset=\"UTF-8\"", "utf-8"},
        {"text/html; charset='gb2312'; x=1", "gb2312"},
        {"application/json", ""},
        {"application/json;charset=", ""},
        {"application/json; charset = GBK", "gbk"},
        {"application/json; charset=\" UTF8\"", "utf8"},
        {"application/json; charset", ""},
        {"application/charset+json; x=1", ""},
        {"", ""},
        {"a;charset=a-name-that-is-much-longer-than-any-charset-has", "a-name-that-is-much-longer-than-any-cha"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char charset[CHARSET_ROOM];
        charset_told(text_of(rows[i].type), charset);
        assert_string_equal(charset, rows[i].charset);
    }
}

static void decodes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *charset;
        struct text body, wanted;
        int error;
    } rows[] = {
        {"UTF-8", "utf-8", TEXT("店"), TEXT("店"), 0},
        {"nothing told", "", TEXT("店"), TEXT("店"), 0},
        {"a mark", "", TEXT("\xef\xbb\xbf{}"), TEXT("{}"), 0},
        {"empty", "gbk", TEXT(""), TEXT(""), 0},
        {"GBK", "gbk", TEXT("\"\xb5\xea\xc6\xcc\""), TEXT("\"店铺\""), 0},
        {"told GB2312, holds what only GBK has", "gb2312", TEXT("\xe9\x46"), TEXT("镕"), 0},
        {"GB_2312-80", "gb_2312-80", TEXT("\xb5\xea"), TEXT("店"), 0},
        {"gb-2312", "gb-2312", TEXT("\xe9\x46"), TEXT("镕"), 0},
        {"x-gbk", "x-gbk", TEXT("\xb5\xea"), TEXT("店"), 0},
        {"cp936", "cp936", TEXT("\xb5\xea"), TEXT("店"), 0},
        {"euc-cn", "euc-cn", TEXT("\xb5\xea"), TEXT("店"), 0},
        {"utf_8", "utf_8", TEXT("店"), TEXT("店"), 0},
        {"utf8mb4", "utf8mb4", TEXT("店"), TEXT("店"), 0},
        {"utf16", "utf16", TEXT("\x5e\x97"), TEXT("店"), 0},
        {"Big5", "big5", TEXT("\xa9\xb1"), TEXT("店"), 0},
        {"GB18030, four bytes", "gb18030", TEXT("\x95\x32\x82\x36"), TEXT("𠀀"), 0},
        {"GBK with a byte that is none", "gbk", TEXT("a\xff\xb5\xea"), TEXT("a\xff店"), 0},
        {"GBK cut inside a character", "gbk", TEXT("a\xb5"), TEXT("a\xff"), 0},
        {"UTF-16 with a mark", "utf-16", TEXT("\xff\xfe\x97\x5e\x22\0"), TEXT("店\""), 0},
        {"UTF-16 big endian, told by its mark alone", "", TEXT("\xfe\xff\x5e\x97"), TEXT("店"), 0},
        {"UTF-16 without a mark", "utf-16", TEXT("\x5e\x97"), TEXT("店"), 0},
        {"UTF-16LE", "utf-16le", TEXT("\x97\x5e"), TEXT("店"), 0},
        {"half a surrogate pair", "utf-16le", TEXT("\x3d\xd8\x97\x5e"), TEXT("\xff\xff店"), 0},
        {"GBK told as Latin 1 is not garbled", "iso-8859-1", TEXT("\xb5\xea"), TEXT("\xb5\xea"), 0},
        {"Latin 1 told of UTF-8", "iso-8859-1", TEXT("店"), TEXT("店"), 0},
        {"a charset that nobody knows", "klingon", TEXT("\xb5\xea"), TEXT("\xb5\xea"), ERR_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out;
        struct text text;
        buffer_init(&out, 10000);
        int error = charset_decode(rows[i].charset, rows[i].body, &out, &text);
        if (error != rows[i].error || !text_equal(text, rows[i].wanted)) {
            fail_msg("%s: error %d, '%.*s'", rows[i].name, error, TEXT_ARG(text));
        }
        buffer_fini(&out);
    }
}

/* A character that lies over the end of a chunk. */
static void decodes_long_bodies(void **state)
{
    (void)state;
    enum { SIZE = 300001 };
    char *body = malloc(SIZE);
    assert_non_null(body);
    body[0] = 'x';
    for (size_t i = 1; i < SIZE; i += 2) {
        body[i] = '\xb5';
        body[i + 1] = '\xea';
    }
    struct buffer out;
    struct text text;
    buffer_init(&out, 2000000);
    assert_int_equal(charset_decode("gbk", (struct text){body, SIZE}, &out, &text), 0);
    assert_int_equal(text.size, 1 + (SIZE - 1) / 2 * 3);
    assert_true(text_is_utf8(text));
    buffer_fini(&out);
    buffer_init(&out, 1000);
    assert_int_equal(charset_decode("gbk", (struct text){body, SIZE}, &out, &text), ERR_LIMIT);
    buffer_fini(&out);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_charset),
        cmocka_unit_test(decodes),
        cmocka_unit_test(decodes_long_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
