/* What group robots are sent and how their answers are read; that a cause is told once, whoever raises it. */
#include "tests/unit/run_rig.h"

#include "common/alert.h"

static void the_form_is_told_by_the_address(void **state)
{
    (void)state;
    static const struct {
        const char *url, *name, *secret;
        int form; /* -1: refused, with */
        const char *why;
    } cases[] = {
        {"https://oapi.dingtalk.com/robot/send?access_token=k", NULL, "SEC", ALERT_DINGTALK, NULL},
        {"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k", NULL, NULL, ALERT_WECOM, NULL},
        {"https://open.feishu.cn/open-apis/bot/v2/hook/k", NULL, "s", ALERT_FEISHU, NULL},
        {"https://open.larksuite.com/open-apis/bot/v2/hook/k", NULL, NULL, ALERT_FEISHU, NULL},
        {"https://OPEN.FEISHU.CN:443/x", NULL, NULL, ALERT_FEISHU, NULL},
        {"https://relay.example.com/x", "dingtalk", NULL, ALERT_DINGTALK, NULL},
        {"http://127.0.0.1:99/robot/send", "wecom", NULL, ALERT_WECOM, NULL},
        {"https://relay.example.com/x", NULL, NULL, -1, "set ALERT_FORM"},
        {"https://notfeishu.cn/x", NULL, NULL, -1, "set ALERT_FORM"},
        {"https://feishu.cn.example.com/x", NULL, NULL, -1, "set ALERT_FORM"},
        {"http://oapi.dingtalk.com/robot/send?access_token=k", NULL, NULL, -1, "write https://"},
        {"https://qyapi.weixin.qq.com/x?key=k", NULL, "s", -1, "WeCom signs nothing"},
        {"https://relay.example.com/x", "wecom", "s", -1, "WeCom signs nothing"},
        {"https://relay.example.com/x", "slack", NULL, -1, "'slack' is none of dingtalk, wecom, feishu"},
        {"oapi.dingtalk.com/robot", NULL, NULL, -1, "not an http(s) address"},
        {"https://user:pass@oapi.dingtalk.com/", NULL, NULL, -1, "not an http(s) address"},
        {"https://", "wecom", NULL, -1, "not an http(s) address"},
        {"https://oapi.dingtalk.com/a b", NULL, NULL, -1, "not an http(s) address"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum alert_form form = ALERT_WECOM;
        struct cause cause = {""};
        int error = alert_form_find(cases[i].url, cases[i].name, cases[i].secret, &form, &cause);
        print_message("  %s\n", cases[i].url);
        if (cases[i].form >= 0) {
            assert_int_equal(error, 0);
            assert_int_equal(form, cases[i].form);
        } else {
            assert_int_equal(error, ERR_INPUT);
            assert_non_null(strstr(cause.text, cases[i].why));
            assert_null(strstr(cause.text, cases[i].url));
        }
    }
}

/* Computed apart from this code, with Python's hmac, hashlib and base64. */
static void signatures(void **state)
{
    (void)state;
    static const struct {
        enum alert_form form;
        const char *secret, *time, *sign;
    } cases[] = {
        {ALERT_DINGTALK, "SECabc", "1700000000000", "jcUpW0QmtKduN03n4JqQ0PBosVjqnM8gU7fIIvsDmCM="},
        {ALERT_DINGTALK, "this is secret", "1577262236757", "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="},
        {ALERT_FEISHU, "demo", "1599360473", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="},
        {ALERT_FEISHU, "SECabc", "1700000000", "XprR1de+0SSBnwWyU/4k6x2TL+Q2SJlM5NNEdAv7MWg="},
    };
    char sign[ALERT_SIGN_ROOM], long_secret[ALERT_SECRET_MAX + 2];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(alert_sign(cases[i].form, cases[i].secret, cases[i].time, sign), 0);
        assert_string_equal(sign, cases[i].sign);
    }
    memset(long_secret, 'x', sizeof long_secret);
    long_secret[sizeof long_secret - 1] = '\0';
    assert_int_equal(alert_sign(ALERT_DINGTALK, long_secret, "1", sign), ERR_LIMIT);
}

static void requests(void **state)
{
    (void)state;
    static const struct {
        enum alert_form form;
        const char *url, *secret, *address, *body;
    } cases[] = {
        {ALERT_DINGTALK, "https://d/robot/send?access_token=k", "this is secret",
         "https://d/robot/send?access_token=k&timestamp=1577262236757&sign="
         "hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D",
         "{\"msgtype\":\"text\",\"text\":{\"content\":\"旗舰店 \\\"1\\\"\\n2\"}}"},
        {ALERT_DINGTALK, "https://d/x", NULL, "https://d/x",
         "{\"msgtype\":\"text\",\"text\":{\"content\":\"旗舰店 \\\"1\\\"\\n2\"}}"},
        {ALERT_WECOM, "https://w/send?key=k", NULL, "https://w/send?key=k",
         "{\"msgtype\":\"text\",\"text\":{\"content\":\"旗舰店 \\\"1\\\"\\n2\"}}"},
        {ALERT_FEISHU, "https://f/hook/k", NULL, "https://f/hook/k",
         "{\"msg_type\":\"text\",\"content\":{\"text\":\"旗舰店 \\\"1\\\"\\n2\"}}"},
        {ALERT_FEISHU, "https://f/hook/k", "demo", "https://f/hook/k",
         "{\"timestamp\":\"1577262236\",\"sign\":\"NhEUcImkhzrPPAz/8BTpTROjbUbL6U5AmjY55fe0tgI=\","
         "\"msg_type\":\"text\",\"content\":{\"text\":\"旗舰店 \\\"1\\\"\\n2\"}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer address, body;
        buffer_init(&address, 4096);
        buffer_init(&body, 16384);
        assert_int_equal(alert_write(cases[i].form, cases[i].url, cases[i].secret, 1577262236757,
                                     TEXT("旗舰店 \"1\"\n2"), &address, &body),
                         0);
        buffer_add_char(&address, '\0');
        buffer_add_char(&body, '\0');
        assert_string_equal(address.data, cases[i].address);
        assert_string_equal(body.data, cases[i].body);
        buffer_fini(&address);
        buffer_fini(&body);
    }
}

static void answers(void **state)
{
    (void)state;
    static const struct {
        enum alert_form form;
        int status;
        struct text body;
        const char *why; /* NULL = taken */
    } cases[] = {
        {ALERT_DINGTALK, 200, {"{\"errcode\":0,\"errmsg\":\"ok\"}", 27}, NULL},
        {ALERT_WECOM, 200, {"{\"errcode\":0,\"errmsg\":\"ok\"}", 27}, NULL},
        {ALERT_FEISHU, 200, {"{\"code\":0,\"msg\":\"success\"}", 26}, NULL},
        {ALERT_FEISHU, 200, {"{\"StatusCode\":0}", 16}, NULL},
        {ALERT_DINGTALK, 200, {"{\"errcode\":310000,\"errmsg\":\"sign\"}", 34}, "refuses: 310000 sign"},
        {ALERT_FEISHU, 200, {"{\"code\":19021,\"msg\":\"no\"}", 25}, "refuses: 19021 no"},
        {ALERT_WECOM, 200, {"{\"code\":0}", 10}, "no such robot"},
        {ALERT_DINGTALK, 200, {"<html>", 6}, "no such robot"},
        {ALERT_DINGTALK, 404, {"", 0}, "HTTP 404"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cause cause = {""};
        int error = alert_judge(cases[i].form, cases[i].status, cases[i].body, &cause);
        assert_int_equal(error, cases[i].why ? ERR_REFUSED : 0);
        assert_true(!cases[i].why || strstr(cause.text, cases[i].why));
    }
}

static int64_t turn(const char *name, bool expected)
{
    bool told = !expected;
    int64_t held = -1;
    assert_int_equal(alert_turn(store, text_of(name), &told, &held), 0);
    assert_int_equal(told, expected);
    return held;
}

static void a_cause_is_told_once(void **state)
{
    (void)state;
    assert_int_equal(turn("a", true), 0);
    turn("a", false); /* another worker, or this one after a restart: the store says so */
    turn("a", false);
    assert_int_equal(turn("b", true), 0);
    now += ALERT_AGAIN - 1;
    turn("a", false);
    now++;
    assert_int_equal(turn("a", true), 3); /* and tells how many were held back */
    turn("a", false);
    now += ALERT_AGAIN;
    assert_int_equal(turn("a", true), 1);
}

int main(void)
{
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(the_form_is_told_by_the_address),
        cmocka_unit_test(signatures),
        cmocka_unit_test(requests),
        cmocka_unit_test(answers),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cause_is_told_once, store_make, store_remove),
    };
    int failed = cmocka_run_group_tests_name("alert forms", pure, NULL, NULL);
    return RUN_ON_EVERY_STORE(tests) + failed;
}
