/* xingchen-double's switches, judged by calls of the test itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/caller.h"
#include "tests/integration/world.h"

#define SAVE "jdy/basedata/material_batch_save"
#define DETAIL "jdy/basedata/material_detail"
#define DETAILS "jdy/basedata/material_detail_batch"
#define LIST "jdy/basedata/material_list"

static const char *program;
static struct rig rig;
static char target[300];
static char token[200];

static int open_target(void **state)
{
    (void)state;
    rig_open(&rig, program);
    rig_double(&rig, "xingchen-double", PLAIN, target, sizeof target);
    struct caller_reply reply = caller_login(target, token);
    caller_free(&reply);
    return 0;
}

static int close_target(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void set(const char *switches)
{
    char path[800];
    snprintf(path, sizeof path, "set?%s", switches);
    free(rig_ask(target, path, ""));
}

static struct caller_reply save(const char *const *numbers)
{
    char body[4000] = "{\"items\":[";
    size_t n = strlen(body);
    for (size_t i = 0; numbers[i] != NULL; i++) {
        n += (size_t)snprintf(
            body + n, sizeof body - n,
            "%s{\"number\":\"%s\",\"name\":\"n %s\",\"baseunitid_id\":\"1\",\"purchaseunitid_id\":\"1\","
            "\"saleunitid_id\":\"1\",\"storeunitid_id\":\"1\",\"auxunitid_id\":\"1\",\"costmethod\":\"1\"}",
            i > 0 ? "," : "", numbers[i], numbers[i]);
    }
    snprintf(body + n, sizeof body - n, "]}");
    return caller_post(target, SAVE, token, body);
}
#define SAVED(...) save((const char *[]){__VA_ARGS__, NULL})

static void expect(struct caller_reply reply, long status, const char *part)
{
    if (reply.status != status || (part != NULL && strstr(reply.body, part) == NULL)) {
        print_error("HTTP %ld, not %ld with %s: %s\n", reply.status, status, part ? part : "nothing", reply.body);
        fail();
    }
    caller_free(&reply);
}

static int64_t number(const char *name)
{
    cJSON *report = rig_ask_json(target, "report");
    int64_t n = rig_number(report, name);
    cJSON_Delete(report);
    return n;
}

static void test_spelling(void **state)
{
    (void)state;
    set("number_compared=case");
    expect(SAVED("a1"), 200, "\"success\":true,\"errorInfo\":[]");
    expect(SAVED("A1"), 200, "商品编码 A1 已存在");
    expect(caller_post(target, DETAIL, token, "{\"number\":\"A1\"}"), 200, "\"number\":\"a1\"");
    expect(SAVED("b1", "B1"), 200, "商品编码 B1 已存在");
    set("number_compared=trim&number_stored=trim");
    expect(SAVED(" c1 "), 200, "\"errorInfo\":[]");
    expect(caller_post(target, DETAIL, token, "{\"number\":\"c1  \"}"), 200, "\"number\":\"c1\"");
    set("number_compared=width&number_stored=half");
    expect(SAVED("Ｄ１"), 200, "\"errorInfo\":[]");
    expect(caller_post(target, DETAILS, token, "{\"items\":[{\"number\":\"D1\"}]}"), 200, "\"number\":\"D1\"");
    set("number_compared=all&number_stored=upper");
    expect(SAVED("e1"), 200, "\"errorInfo\":[]");
    expect(caller_post(target, LIST, token, "{\"search\":\"ｅ1 \"}"), 200, "\"number\":\"E1\"");
    set("number_compared=bytes&number_stored=sent");
    expect(SAVED("e1"), 200, "\"errorInfo\":[]");
    char *numbers = rig_ask(target, "numbers", NULL);
    assert_non_null(strstr(numbers, "c1 "));
    assert_non_null(strstr(numbers, "E1 "));
    free(numbers);
}

static void test_words(void **state)
{
    (void)state;
    set("duplicate_words=Number%20{number}%20exists&reject_numbers=bad&reject_words=no%0away&gone_words=gone");
    expect(SAVED("a1"), 200, "Number a1 exists");
    expect(SAVED("bad"), 200, "no\\nway");
    expect(caller_post(target, DETAIL, token, "{\"number\":\"none\"}"), 200, "\"message\":\"gone\"");
    free(rig_ask(target, "remove?number=a1", ""));
    expect(caller_post(target, DETAIL, token, "{\"number\":\"a1\"}"), 200, "gone");
    set("reject_numbers=");
}

static void test_lists(void **state)
{
    (void)state;
    set("book=7&list_max=3");
    int64_t there = number("materials");
    char part[200];
    snprintf(part, sizeof part, "],\"count\":%lld,\"totalpage\":%lld,\"page\":1,\"pagesize\":3}", (long long)there - 1,
             ((long long)there - 1 + 2) / 3); /* one was removed above */
    expect(caller_post(target, LIST, token, "{\"page\":1,\"pagesize\":100}"), 200, part);
    set("list_tells=asked&list_count=less&list_totalpage=absent");
    snprintf(part, sizeof part, "],\"count\":%lld,\"page\":1,\"pagesize\":100}", (long long)there - 2);
    expect(caller_post(target, LIST, token, "{\"page\":1,\"pagesize\":100}"), 200, part);
    set("list_count=zero&list_totalpage=zero&list_tells=capped");
    expect(caller_post(target, LIST, token, "{\"page\":1,\"pagesize\":2}"), 200,
           "],\"count\":0,\"totalpage\":0,\"page\":1,\"pagesize\":2}");
    set("list_count=absent&list_totalpage=told&list_ignores_page=1");
    struct caller_reply first = caller_post(target, LIST, token, "{\"page\":1,\"pagesize\":2}");
    struct caller_reply second = caller_post(target, LIST, token, "{\"page\":2,\"pagesize\":2}");
    char *page = strstr(second.body, "\"page\":2");
    assert_non_null(page);
    page[strlen("\"page\":")] = '1';
    assert_string_equal(first.body, second.body);
    assert_null(strstr(first.body, "\"count\""));
    caller_free(&first);
    caller_free(&second);
    set("list_ignores_page=0&list_count=told&list_moves=2&list_moves_for=1");
    first = caller_post(target, LIST, token, "{\"page\":1,\"pagesize\":2}");
    second = caller_post(target, LIST, token, "{\"page\":1,\"pagesize\":2}");
    assert_string_not_equal(first.body, second.body); /* moved by two rows, one of which was removed */
    struct caller_reply third = caller_post(target, LIST, token, "{\"page\":1,\"pagesize\":2}");
    assert_string_equal(second.body, third.body);
    caller_free(&first);
    caller_free(&second);
    caller_free(&third);
    set("list_moves=0");
}

static void test_dead_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *form;
        long status;
        const char *part;
    } forms[] = {{"401", 401, "Unauthorized"},
                 {"text", 200, "{\"success\":false,\"message\":\"会话超时\",\"errorCode\":\"500\",\"data\":null}"},
                 {"errorinfo", 200, "\"errorInfo\":[{\"id\":\"\",\"msg\":\"会话超时\"}],\"message\":\"会话超时\""},
                 {"rows", 200, "[{\"id\":\"0\",\"msg\":\"会话超时\"},{\"id\":\"1\",\"msg\":\"会话超时\"}]"},
                 {"inner", 200, "\"success\":false,\"errorInfo\":[],\"message\":\"会话超时\""},
                 {"519", 519, "\"description_cn\":\"会话超时\""}};
    int64_t before = number("materials");
    set("token_words=%E4%BC%9A%E8%AF%9D%E8%B6%85%E6%97%B6&token_code=500");
    free(rig_ask(target, "forget_tokens", ""));
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char switches[60];
        snprintf(switches, sizeof switches, "token_form=%s", forms[i].form);
        set(switches);
        expect(SAVED("t1", "t2"), forms[i].status, forms[i].part);
    }
    set("token_form=rows"); /* of a look-up: in the outer message */
    expect(caller_post(target, DETAIL, token, "{\"number\":\"t1\"}"), 200,
           "{\"success\":false,\"message\":\"会话超时\"");
    assert_int_equal(number("materials"), before);
    assert_int_equal(number("refused_token"), 7);
    struct caller_reply reply = caller_login(target, token);
    assert_true(token[0] != '\0');
    caller_free(&reply);
}

static void test_throttles(void **state)
{
    (void)state;
    set("throttle=1&throttle_words=slow%20down&retry_after=0&throttle_form=429");
    expect(SAVED("t1"), 429, "slow down");
    set("throttle_form=text");
    expect(SAVED("t1"), 200, "\"message\":\"slow down\"");
    set("throttle_form=rows");
    expect(SAVED("t1"), 200, "[{\"id\":\"0\",\"msg\":\"slow down\"}]");
    set("throttle_form=429&retry_after=7&retry_form=date");
    struct caller_reply reply = SAVED("t1");
    assert_non_null(strstr(reply.retry_after, " GMT"));
    caller_free(&reply);
    set("throttle=0&retry_form=seconds");
    assert_int_equal(number("throttled"), 4);
}

static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        const char *on, *path;
    } calls[] = {{"saves", SAVE}, {"lookups", DETAIL}, {"lookups", LIST}, {"groups", "jdy/sys/accountGroup"}};
    char switches[200];
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        snprintf(switches, sizeof switches, "status=503&status_wait=5&status_rate=1&status_on=%s", calls[i].on);
        set(switches);
        struct caller_reply reply = caller_post(target, calls[i].path, token, "{}");
        assert_int_equal(reply.status, 503);
        assert_string_equal(reply.retry_after, "5");
        caller_free(&reply);
        reply = caller_login(target, token);
        assert_int_equal(reply.status, 200);
        caller_free(&reply);
    }
    set("status_on=login");
    struct caller_reply reply = caller_login(target, switches);
    assert_int_equal(reply.status, 503);
    caller_free(&reply);
    set("status_rate=0&unsubscribed=material_detail_batch,material_detail");
    expect(caller_post(target, DETAIL, token, "{\"number\":\"a\"}"), 519, "API Not Found");
    expect(caller_post(target, DETAILS, token, "{\"items\":[]}"), 519, "API Not Found");
    expect(caller_post(target, LIST, token, "{}"), 200, "\"rows\"");
    set("unsubscribed=&lost_next=1");
    int64_t before = number("materials");
    expect(SAVED("lost1"), 0, NULL);
    expect(SAVED("lost2"), 200, "\"errorInfo\":[]");
    assert_int_equal(number("materials"), before + 2);
    assert_int_equal(number("lost"), 1);
}

static void test_encodings(void **state)
{
    (void)state;
    set("encoding=gzip");
    struct caller_reply reply = SAVED("z1");
    assert_string_equal(reply.encoding, "gzip");
    assert_memory_equal(reply.body, "\x1f\x8b\x08", 3);
    caller_free(&reply);
    set("encoding=plain&charset=gbk");
    reply = SAVED("z1");
    assert_string_equal(reply.type, "application/json;charset=GBK");
    assert_null(strstr(reply.body, "编码"));
    caller_free(&reply);
    set("charset=utf-8");
}

static void test_manual(void **state)
{
    (void)state;
    caller_manual_names_switches(target);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spelling),    cmocka_unit_test(test_words),     cmocka_unit_test(test_lists),
        cmocka_unit_test(test_dead_tokens), cmocka_unit_test(test_throttles), cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_encodings),   cmocka_unit_test(test_manual),
    };
    return cmocka_run_group_tests_name("xingchen-double", tests, open_target, close_target);
}
