/* Signatures: the vectors of the gateway's documents, of the RFCs and of the rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "extractor/qimen/sign.h"

#define SHOPS                                                                                                          \
    {"app_key", "12345678"}, {"target_app_key", "21363512"}, {"method", "wdt.shop.query"}, {"format", "json"},         \
        {"v", "2.0"}, {"timestamp", "2024-01-02 03:04:05"}, {"sid", "demo_sid"}, {"page_no", "0"},                     \
    {                                                                                                                  \
        "page_size", "100"                                                                                             \
    }
#define OFFICIAL                                                                                                       \
    {"method", "taobao.item.seller.get"}, {"app_key", "12345678"}, {"session", "test"},                                \
        {"timestamp", "2016-01-01 12:00:00"}, {"format", "json"}, {"v", "2.0"}, {"sign_method", "md5"},                \
        {"fields", "num_iid,title,nick,price,num"},                                                                    \
    {                                                                                                                  \
        "num_iid", "11223344"                                                                                          \
    }

struct vector {
    const char *method, *secret;
    size_t repeat; /* the secret that often */
    const char *pairs[16][2];
    const char *sign;
};

static const struct vector vectors[] = {
    {"md5", "helloworld", 1, {OFFICIAL}, "66987CB115214E59E6EC978214934FB8"},
    {"md5",
     "helloworld",
     1,
     {OFFICIAL, {"sign", "FFFF"}, {"empty", ""}, {"", "x"}},
     "66987CB115214E59E6EC978214934FB8"},
    {"md5",
     "test",
     1,
     {{"app_key", "test"},
      {"fields", "nick"},
      {"format", "xml"},
      {"method", "taobao.user.seller.get"},
      {"session", "test"},
      {"sign_method", "md5"},
      {"timestamp", "2013-05-06 13:52:03"},
      {"v", "2.0"}},
     "72CB4D809B375A54502C09360D879C64"},
    {"hmac", "\x0b", 16, {{"Hi", " There"}}, "9294727A3638BB1C13F48EF8158BFC9D"},
    {"hmac-sha256", "\x0b", 20, {{"Hi", " There"}}, "B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7"},
    {"md5", "helloworld", 1, {SHOPS, {"sign_method", "md5"}}, "D91090DD480F7D6B13E992030F43D776"},
    {"hmac", "helloworld", 1, {SHOPS, {"sign_method", "hmac"}}, "D9548747AB0FE723F98C2845F3204AC6"},
    {"hmac-sha256",
     "helloworld",
     1,
     {SHOPS, {"sign_method", "hmac-sha256"}},
     "73894BF3DAB57D575D99B51A64128D552479CA16D59BBA6BBC0585A56FD4F380"},
    {"md5", "helloworld", 1, {SHOPS, {"sign_method", "md5"}, {"shop_no", "店铺A"}}, "D6D57A5565B47F75FB9595398ADBB7C2"},
};

static size_t pairs_of(const struct vector *vector, struct sign_pair *pairs)
{
    size_t count = 0;
    for (; count < 16 && vector->pairs[count][0]; count++) {
        pairs[count] = (struct sign_pair){text_of(vector->pairs[count][0]), text_of(vector->pairs[count][1])};
    }
    return count;
}

static void signs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *vector = &vectors[i];
        struct sign_pair pairs[16];
        char secret[64] = "", sign[SIGN_ROOM] = "";
        for (size_t k = 0; k < vector->repeat; k++) {
            size_t size = strlen(secret);
            (void)snprintf(secret + size, sizeof secret - size, "%s", vector->secret);
        }
        enum sign_method method;
        assert_int_equal(sign_method_find(text_of(vector->method), &method), 0);
        size_t count = sign_arrange(pairs, pairs_of(vector, pairs));
        assert_int_equal(sign_pairs(method, text_of(secret), pairs, count, sign), 0);
        assert_string_equal(sign, vector->sign);
    }
}

static void arranges(void **state)
{
    (void)state;
    struct sign_pair pairs[] = {{TEXT("b"), TEXT("1")},  {TEXT("sign"), TEXT("x")}, {TEXT("ab"), TEXT("2")},
                                {TEXT("a"), TEXT("3")},  {TEXT("c"), TEXT("")},     {TEXT("B"), TEXT("4")},
                                {TEXT("a_"), TEXT("5")}, {TEXT("店"), TEXT("6")}};
    static const char *const order[] = {"B", "a", "a_", "ab", "b", "店"};
    assert_int_equal(sign_arrange(pairs, sizeof pairs / sizeof *pairs), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(text_equal(pairs[i].name, text_of(order[i])));
    }
    assert_int_equal(sign_arrange(NULL, 0), 0);
}

static void refuses(void **state)
{
    (void)state;
    enum sign_method method;
    assert_int_equal(sign_method_find(TEXT("sha1"), &method), ERR_NOT_FOUND);
    assert_int_equal(sign_method_find(TEXT("MD5"), &method), ERR_NOT_FOUND);
    static char wide[SIGN_BASE_MAX];
    struct sign_pair pair = {TEXT("a"), {wide, sizeof wide}};
    char sign[SIGN_ROOM] = "untouched";
    assert_int_equal(sign_pairs(SIGN_MD5, TEXT("s"), &pair, 1, sign), ERR_LIMIT);
    assert_string_equal(sign, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signs), cmocka_unit_test(arranges), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
