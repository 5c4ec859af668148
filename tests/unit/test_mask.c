/* What a recorded call keeps: everything but secrets and personal texts, in whatever form they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/secret.h"
#include "common/http/mask.h"

struct sample {
    const char *in, *all, *secrets; /* secrets NULL: as `in` */
};

static const struct sample json[] = {
    {"{\"shop_no\":\"S1\",\"mobile\":\"13812345678\"}", "{\"shop_no\":\"S1\",\"mobile\":\"11111111111\"}", NULL},
    {"{\"contact\" : \"张三\",\"n\":1}", "{\"contact\" : \"某某\",\"n\":1}", NULL},
    {"{\"contact\":\"\\u5f20\\ud83d\\u0041\\n\\\"x\"}", "{\"contact\":\"\\u67d0\\ud83d\\u0078\\n\\\"x\"}", NULL},
    {"{\"access_token\":\"abc\",\"expires_in\":7200}", "{\"access_token\":\"***\",\"expires_in\":7200}",
     "{\"access_token\":\"***\",\"expires_in\":7200}"},
    {"{\"refresh_token\":\"\",\"sh_secret\":null}", "{\"refresh_token\":\"\",\"sh_secret\":null}", NULL},
    {"{\"app_key\":12345678,\"telno\":-57112}", "{\"app_key\":11111111,\"telno\":-11111}",
     "{\"app_key\":11111111,\"telno\":-57112}"},
    {"{\"phones\":[\"139\",\"0571-8\"],\"no\":\"7\"}", "{\"phones\":[\"111\",\"1111-1\"],\"no\":\"7\"}", NULL},
    {"{\"contactpersons\":[{\"phone\":\"139\",\"id\":\"4\"}]}",
     "{\"contactpersons\":[{\"phone\":\"111\",\"id\":\"4\"}]}", NULL},
    /* JSON in a string, once and twice */
    {"{\"list\":\"[{\\\"mobile\\\":\\\"138\\\\\\\"9\\\",\\\"no\\\":\\\"1\\\"}]\"}",
     "{\"list\":\"[{\\\"mobile\\\":\\\"111\\\\\\\"1\\\",\\\"no\\\":\\\"1\\\"}]\"}", NULL},
    {"{\"a\":\"{\\\"b\\\":\\\"{\\\\\\\"mobile\\\\\\\":\\\\\\\"138\\\\\\\",\\\\\\\"no\\\\\\\":2}\\\"}\"}",
     "{\"a\":\"{\\\"b\\\":\\\"{\\\\\\\"mobile\\\\\\\":\\\\\\\"111\\\\\\\",\\\\\\\"no\\\\\\\":2}\\\"}\"}", NULL},
    /* broken JSON */
    {"{\"mobile\":\"13", "{\"mobile\":\"11", NULL},
    {"{\"mobile\":", "{\"mobile\":", NULL},
    {"{\"mobile\":nope,\"mobile\":\"1a\\", "{\"mobile\":nope,\"mobile\":\"1x\\", NULL},
    {"\"", "\"", NULL},
    {"", "", NULL},
    /* a name that only looks like one, and a text that names a field */
    {"{\"design\":\"d\",\"message\":\"mobile: 1\"}", "{\"design\":\"d\",\"message\":\"mobile: 1\"}", NULL},
    /* registered secrets, wherever they stand */
    {"{\"message\":\"invalid registered-secret-1 here\"}", "{\"message\":\"invalid *** here\"}",
     "{\"message\":\"invalid *** here\"}"},
};
static const struct sample xml[] = {
    {"<m:mobile>13812345678</m:mobile><no>7</no>", "<m:mobile>11111111111</m:mobile><no>7</no>", NULL},
    {"<a:Password Type=\"x#Text\">p&lt;w</a:Password>", "<a:Password Type=\"x#Text\">***</a:Password>",
     "<a:Password Type=\"x#Text\">***</a:Password>"},
    {"<row mobile='138' n=\"1\" token=\"abc\"/>", "<row mobile='111' n=\"1\" token=\"***\"/>",
     "<row mobile='138' n=\"1\" token=\"***\"/>"},
    {"<contact>张三<![CDATA[<李>]]></contact>x", "<contact>某某<![CDATA[<某>]]></contact>x", NULL},
    {"<contact> <id>4</id> <phone>139</phone></contact>", "<contact> <id>4</id> <phone>111</phone></contact>", NULL},
    {"<mobile/><a>1</a>", "<mobile/><a>1</a>", NULL},
    {"<mobile>13", "<mobile>11", NULL},
    {"<mobile a='1", "<mobile a='1", NULL},
    {"<![CDATA[x", "<![CDATA[x", NULL},
    {"<", "<", NULL},
    {"<memo>a&amp;b&#x5e97;</memo>", "<memo>x&amp;x&#x5e97;</memo>", NULL},
    {"<memo>a&b</memo>", "<memo>x&b</memo>", NULL},
    {"<a>registered-secret-1</a>", "<a>***</a>", "<a>***</a>"},
};

static const struct sample forms[] = {
    {"method=wdt.shop.query&sign=ABC&page_no=0", "method=wdt.shop.query&sign=***&page_no=0",
     "method=wdt.shop.query&sign=***&page_no=0"},
    {"access_token=abc", "access_token=***", "access_token=***"},
    {"mobile=138&x=&app_key=", "mobile=***&x=&app_key=", "mobile=138&x=&app_key="},
    {"a&b=registered-secret-1&", "a&b=***&", "a&b=***&"},
};

static void check(void (*mask)(struct buffer *, struct text, enum mask_fields), const struct sample *samples,
                  size_t count)
{
    struct buffer out;
    buffer_init(&out, 1 << 16);
    for (size_t i = 0; i < 2 * count; i++) {
        const struct sample *s = &samples[i / 2];
        const char *wanted = i % 2 == 0 ? s->all : s->secrets ? s->secrets : s->in;
        buffer_clear(&out, 1 << 16);
        mask(&out, text_of(s->in), i % 2 == 0 ? MASK_ALL : MASK_SECRETS);
        buffer_add_char(&out, '\0');
        assert_false(out.failed);
        assert_string_equal(out.data, wanted);
    }
    buffer_fini(&out);
}

static void test_json(void **state)
{
    (void)state;
    check(mask_json, json, sizeof json / sizeof *json);
}

static void test_xml(void **state)
{
    (void)state;
    check(mask_xml, xml, sizeof xml / sizeof *xml);
}

static void test_forms(void **state)
{
    (void)state;
    check(mask_form, forms, sizeof forms / sizeof *forms);
}

static void test_headers(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    mask_header(&out, TEXT("Authorization: Basic abc"));
    mask_header(&out, TEXT("|"));
    mask_header(&out, TEXT("Set-Cookie: a=b"));
    mask_header(&out, TEXT("|Content-Type: text/html"));
    mask_header(&out, TEXT("|x: registered-secret-1"));
    buffer_add_char(&out, '\0');
    assert_string_equal(out.data, "Authorization: ***|Set-Cookie: ***|Content-Type: text/html|x: ***");
    buffer_fini(&out);
}

int main(void)
{
    secret_add(TEXT("registered-secret-1"));
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_json), cmocka_unit_test(test_xml),
                                       cmocka_unit_test(test_forms), cmocka_unit_test(test_headers)};
    return cmocka_run_group_tests_name("mask", tests, NULL, NULL);
}
