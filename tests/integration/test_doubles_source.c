/* wdt-double's switches, judged by calls of the test itself: each does what its help says, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <iconv.h>

#include "tests/integration/caller.h"
#include "tests/integration/world.h"

static const char *program;
static struct rig rig;
static char source[300];

/* The double with these switches; the reply to this page of ten. */
static struct caller_reply ask(const char *switches, int page)
{
    char path[600];
    snprintf(path, sizeof path, "set?%s", switches);
    free(rig_ask(source, path, ""));
    return caller_page(source, page, 10, false);
}

static char *text_of(const char *switches, int page)
{
    struct caller_reply reply = ask(switches, page);
    if (reply.status != 200) {
        print_error("%s: HTTP %ld\n", switches, reply.status);
    }
    assert_int_equal(reply.status, 200);
    return reply.body;
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part)) {
        n++;
    }
    return n;
}

static void expect_shops(const char *switches, int page, int shops, const char *first, const char *part)
{
    char *text = text_of(switches, page);
    if (count(text, "shop_no\":\"") + count(text, "shop_no\\\":\\\"") != shops || strstr(text, first) == NULL ||
        strstr(text, part) == NULL) {
        print_error("%s, page %d: %d shops, first %s, %s expected in %s\n", switches, page, shops, first, part, text);
        fail();
    }
    free(text);
}

static int open_source(void **state)
{
    (void)state;
    rig_open(&rig, program);
    rig_double(&rig, "wdt-double", SHOPS(35), source, sizeof source);
    return 0;
}

static int close_source(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void test_paging(void **state)
{
    (void)state;
    expect_shops("page_cap=4", 0, 4, "S000001", "total_count\":35");
    expect_shops("page_cap=4", 1, 4, "S000005", "");
    expect_shops("page_cap=4", 8, 3, "S000033", "");
    expect_shops("page_cap=0&page_zero=one", 0, 10, "S000001", "");
    expect_shops("page_zero=one", 1, 10, "S000001", "");
    expect_shops("page_zero=one", 2, 10, "S000011", "");
    expect_shops("page_zero=own&short_pages=0,2&short_rows=3", 0, 7, "S000004", "total_count\":35");
    expect_shops("short_pages=0,2", 1, 10, "S000011", "");
    expect_shops("short_pages=0,2", 2, 7, "S000024", "");
    expect_shops("short_pages=&total_off=-1", 0, 10, "S000001", "total_count\":34");
    expect_shops("total_off=0&total=never", 0, 10, "S000001", "");
    char *text = text_of("total=never", 0);
    assert_null(strstr(text, "total_count"));
    free(text);
    free(rig_ask(source, "set?total=first", ""));
}

static void test_forms(void **state)
{
    (void)state;
    expect_shops("list_form=object", 1, 10, "\"11\":{", "\"shoplist\":{\"11\"");
    expect_shops("list_form=nested", 0, 10, "S000001", "\"shoplist\":{\"shop\":[");
    expect_shops("list_form=string", 0, 10, "S000001", "\"shoplist\":\"[{\\\"");
    expect_shops("list_form=single&page_cap=1", 0, 1, "S000001", "\"shoplist\":{\"platform_id\"");
    expect_shops("list_form=single&page_cap=0", 0, 10, "S000001", "\"shoplist\":[{");
    expect_shops("list_form=table", 0, 0, "[\"S000001\",", "\"columns\"");
    expect_shops("list_form=number", 0, 0, "", "\"shoplist\":10");
    expect_shops("list_form=array", 9, 0, "", "\"shoplist\":[]");
}

static void test_numbers(void **state)
{
    (void)state;
    expect_shops("numbers=float", 0, 10, "\"shop_id\":1001.0,", "\"total_count\":35.0");
    expect_shops("numbers=exponent&long_ids=1", 0, 10, "\"shop_id\":7.012345678901234001E18", "\"errorcode\":0");
    expect_shops("numbers=number&long_ids=0", 0, 10, "\"shop_id\":1001,", "\"errorcode\":0");
}

static void test_damage(void **state)
{
    (void)state;
    expect_shops("damage=surrogate&damage_shop=S000007", 0, 10, "S000007\\ud83d\"", "");
    expect_shops("damage=nul", 0, 10, "S000007\\u0000\"", "");
    expect_shops("damage=bytes", 0, 10, "S000007\xff\xc3\"", "");
    expect_shops("damage=broken", 0, 10, "\"shop_name\":nope,", "");
    expect_shops("damage=list&damage_field=shop_id", 0, 10, "\"shop_id\":[10],", "");
    expect_shops("damage=object", 0, 10, "\"shop_id\":{\"no\":10},", "");
    expect_shops("damage=true", 0, 10, "\"shop_id\":true,", "");
    expect_shops("damage=null", 0, 10, "\"shop_id\":null,", "");
    expect_shops("damage=extra-broken", 0, 10, ",\"ext\":{\"a\":nope,", "");
    char *text = text_of("damage=extra-deep&damage_depth=3", 0);
    assert_int_equal(count(text, ",\"ext\":{\"a\":[{\"a\":1}]}}"), 1);
    free(text);
    text = text_of("damage=extra-deep&damage_shop=", 0); /* the first of the page */
    assert_true(strstr(text, "\"ext\"") < strstr(text, "S000002"));
    assert_int_equal(count(text, "\"ext\""), 1);
    free(text);
    text = text_of("damage=null&damage_shop=all&damage_field=shop_name", 0);
    assert_int_equal(count(text, "\"shop_name\":null"), 10);
    free(text);
    text = text_of("damage=none&pad=2000000", 0);
    assert_true(strlen(text) > (size_t)16 << 20);
    cJSON *tree = cJSON_Parse(text);
    assert_non_null(tree);
    cJSON_Delete(tree);
    free(text);
    text = text_of("pad=0&bad_pages=1,3", 3);
    assert_non_null(strstr(text, "<html>"));
    free(text);
    expect_shops("bad_pages=1,3", 2, 10, "S000021", "");
    free(rig_ask(source, "set?bad_pages=", ""));
}

/* The bytes as UTF-8, by iconv of this side. */
static char *decoded(const struct caller_reply *reply, const char *charset)
{
    size_t room = 4 * reply->size + 8;
    char *out = calloc(1, room);
    iconv_t converter = iconv_open("UTF-8", charset);
    assert_true(converter != (iconv_t)-1);
    char *from = reply->body;
    char *to = out;
    size_t left = reply->size;
    assert_int_equal(iconv(converter, &from, &left, &to, &room), 0);
    iconv_close(converter);
    return out;
}

static void test_charsets(void **state)
{
    (void)state;
    static const struct {
        const char *switches, *charset, *type;
    } cases[] = {{"charset=gbk", "GBK", "application/json;charset=GBK"},
                 {"charset=gb18030", "GB18030", "application/json;charset=GB18030"},
                 {"charset=utf-16", "UTF-16", "application/json;charset=UTF-16"},
                 {"charset=utf-16le", "UTF-16LE", "application/json;charset=UTF-16LE"},
                 {"charset=utf-16be", "UTF-16BE", "application/json;charset=UTF-16BE"},
                 {"charset=gbk&charset_told=none", "GBK", "application/json"},
                 {"charset=gbk&charset_told=utf-8", "GBK", "application/json;charset=utf-8"}};
    char *plain = text_of("charset=utf-8", 1);
    cJSON *wanted = cJSON_Parse(plain);
    free(plain);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct caller_reply reply = ask(cases[i].switches, 1);
        char *text = decoded(&reply, cases[i].charset);
        cJSON *tree = cJSON_Parse(text);
        assert_string_equal(reply.type, cases[i].type);
        assert_true(cJSON_Compare(tree, wanted, true));
        cJSON_Delete(tree);
        free(text);
        caller_free(&reply);
    }
    cJSON_Delete(wanted);
    char *text = text_of("charset=utf-8&charset_told=&bom=1", 1);
    assert_memory_equal(text, "\xef\xbb\xbf{", 4);
    free(text);
    free(rig_ask(source, "set?bom=0", ""));
}

static void test_encodings(void **state)
{
    (void)state;
    static const char *const encodings[] = {"gzip", "deflate", "br", "raw-deflate"};
    char *plain = text_of("encoding=plain", 0);
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        char switches[60];
        snprintf(switches, sizeof switches, "encoding=%s&pad=20000", encodings[i]); /* more than one stored block */
        struct caller_reply reply = ask(switches, 0);
        assert_string_equal(reply.encoding, i < 3 ? encodings[i] : "deflate");
        assert_true(reply.size < 8 || memcmp(reply.body, plain, 8) != 0);
        caller_free(&reply);
        reply = caller_page(source, 0, 10, true);
        assert_int_equal(reply.size, strlen(plain) + 10 * (size_t)20000);
        assert_memory_equal(reply.body, plain, 8);
        caller_free(&reply);
    }
    free(plain);
    free(rig_ask(source, "set?encoding=plain&pad=0", ""));
}

static void test_statuses(void **state)
{
    (void)state;
    struct caller_reply reply = ask("status=301&status_next=1&location=https://new.example.com/", 0);
    assert_int_equal(reply.status, 301);
    assert_string_equal(reply.location, "https://new.example.com/");
    caller_free(&reply);
    reply = ask("status=407&status_next=1", 0);
    assert_int_equal(reply.status, 407);
    caller_free(&reply);
    reply = caller_page(source, 0, 10, false);
    assert_int_equal(reply.status, 200);
    caller_free(&reply);
    reply = ask("status=503&status_next=1&status_wait=1&status_hold=1", 0);
    assert_int_equal(reply.status, 503);
    assert_string_equal(reply.retry_after, "1");
    caller_free(&reply);
    rig_pause(700);
    reply = caller_page(source, 0, 10, false); /* too early */
    assert_int_equal(reply.status, 503);
    caller_free(&reply);
    cJSON *report = rig_ask_json(source, "report");
    assert_int_equal(rig_number(report, "early"), 1);
    assert_int_equal(rig_number(report, "status"), 4);
    assert_int_equal(rig_number(report, "refused"), 0);
    cJSON_Delete(report);
    reply = ask("status=500&status_next=1&status_wait=100&status_hold=0&retry_form=date", 0);
    assert_non_null(strstr(reply.retry_after, " GMT"));
    caller_free(&reply);
}

static void test_renamed(void **state)
{
    (void)state;
    free(rig_ask(source, "set?status_rate=0&retry_form=seconds", ""));
    free(rig_ask(source, "edit?shop_no=S000002&to=A%1b1%20", ""));
    char *numbers = rig_ask(source, "numbers", NULL);
    assert_non_null(strstr(numbers, "S000001\nA\\u001b1 \nS000003\n"));
    free(numbers);
    char *shop = rig_ask(source, "shop?shop_no=A%1b1%20", NULL);
    assert_non_null(strstr(shop, "\"shop_no\":\"A\\u001b1 \""));
    free(shop);
    free(rig_ask(source, "edit?shop_no=A%1b1%20&to=S000002", ""));
}

static void test_manual(void **state)
{
    (void)state;
    caller_manual_names_switches(source);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paging),   cmocka_unit_test(test_forms),    cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_damage),   cmocka_unit_test(test_charsets), cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_statuses), cmocka_unit_test(test_renamed),  cmocka_unit_test(test_manual),
    };
    return cmocka_run_group_tests_name("wdt-double", tests, open_source, close_source);
}
