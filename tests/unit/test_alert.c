/* Messages to group robots and their replies; a cause is sent once, however many workers raise it. */
#include <arpa/inet.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "tests/unit/run_rig.h"

#include "common/alert/alert.h"

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

/* The words of others stand in messages: no robot may take them for a mention, a link or markup. */
static void mentions_are_words(void **state)
{
    (void)state;
    static const struct {
        struct text message, plain;
    } cases[] = {
        {TEXT("<at user_id=\"all\">所有人</at>"), TEXT("＜at user_id=\"all\">所有人＜/at>")}, /* Feishu */
        {TEXT("<AT id=all></AT> <at email=x@y.z>"), TEXT("＜AT id=all>＜/AT> ＜at email=x＠y.z>")},
        {TEXT("<@all> <@zhangsan> @13800000000"), TEXT("＜＠all> ＜＠zhangsan> ＠13800000000")}, /* WeCom, DingTalk */
        {TEXT("&lt;at user_id=all&gt; &#60;at"), TEXT("＆lt;at user_id=all＆gt; ＆#60;at")},
        {TEXT("<!channel> <https://x.example|click>"), TEXT("＜!channel> ＜https://x.example|click>")},
        {TEXT("1 < 2 & 3 > 2, A & B <"), TEXT("1 < 2 & 3 > 2, A & B <")},
        {TEXT("店\xe5\xba\xff@\x80"), TEXT("店\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd＠\xef\xbf\xbd")}, /* no UTF-8 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out, address, body;
        buffer_init(&out, 4096);
        buffer_init(&address, 4096);
        buffer_init(&body, 16384);
        alert_plain(cases[i].message, &out);
        assert_int_equal(out.size, cases[i].plain.size);
        assert_memory_equal(out.data, cases[i].plain.data, out.size);
        for (enum alert_form form = ALERT_DINGTALK; form <= ALERT_FEISHU; form++) {
            buffer_clear(&body, body.limit);
            assert_int_equal(alert_write(form, "https://f/x", NULL, 1, cases[i].message, &address, &body), 0);
            assert_null(memmem(body.data, body.size, "<at", 3));
            assert_null(memmem(body.data, body.size, "@", 1));
        }
        buffer_fini(&out);
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

/* ---- a store that hangs ---- */

struct hang {
    struct store_job job;
    struct loop *loop;
    struct loop_timer look;
    struct alert *alert;
    int listener, caller; /* -1 = nobody called */
    atomic_bool held;     /* the store's thread does not go on */
    bool told, settled;
    int turns;
};

static int hang_work(struct store *of, struct store_job *job)
{
    const struct hang *hang = (struct hang *)job;
    (void)of;
    while (atomic_load(&hang->held)) {
        usleep(2000);
    }
    return 0;
}

static void hang_done(struct store_job *job, int error)
{
    (void)job;
    assert_int_equal(error, 0);
}

static void hang_told(void *user, int error, const struct cause *cause)
{
    struct hang *hang = user;
    (void)cause;
    assert_int_equal(error, 0);
    assert_true(atomic_load(&hang->held)); /* it did not wait for the store */
    hang->told = true;
    atomic_store(&hang->held, false);
}

static void hang_settled(void *user)
{
    struct hang *hang = user;
    hang->settled = true;
}

/* The robot: takes whatever comes. */
static void hang_look(void *user)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\n{\"errcode\":0}";
    struct hang *hang = user;
    char request[4096];
    if (hang->caller < 0) {
        hang->caller = accept4(hang->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    /* Whoever calls is of this thread: it may not have sent anything yet, so it is not waited for here. */
    if (hang->caller >= 0 && read(hang->caller, request, sizeof request) > 0) {
        (void)!write(hang->caller, answer, sizeof answer - 1);
        close(hang->caller);
        hang->caller = -1;
    }
    if (hang->told && !hang->settled && hang->turns % 50 == 0) {
        alert_settle(hang->alert, hang->loop, 60000, hang_settled, hang);
    }
    if (hang->settled || ++hang->turns > 1500) {
        loop_stop(hang->loop, 0);
        return;
    }
    loop_set_after(hang->loop, &hang->look, 20);
}

static int listen_here(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* The trouble may be that the store does not answer: then it is not asked for leave to say so. */
static void a_store_that_hangs_keeps_no_alert_back(void **state)
{
    static struct hang hang;
    char url[80];
    int port;
    struct cause cause = {""};
    (void)state;
    assert_int_equal(store_end(store, 0), 0);
    hang = (struct hang){.job = {.work = hang_work, .done = hang_done}, .listener = listen_here(&port), .caller = -1};
    atomic_store(&hang.held, true);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/robot", port);
    const struct alert_options options = {.url = url, .form_name = "wecom"};
    assert_int_equal(loop_new(&hang.loop), 0);
    assert_int_equal(store_start(store, hang.loop, NULL), 0);
    assert_int_equal(
        alert_new(hang.loop, store, &options, TEXT("shops"), "test", hang_told, &hang, &hang.alert, &cause), 0);
    store_submit(store, &hang.job);
    hang.look = (struct loop_timer){.fn = hang_look, .user = &hang};
    loop_set_after(hang.loop, &hang.look, 0);
    alert_raise(hang.alert, "store", "the store takes no commits", 0);
    (void)loop_run(hang.loop);
    assert_true(hang.told && hang.settled);
    atomic_store(&hang.held, false);
    alert_stop(hang.alert);
    store_close(&store);
    alert_free(&hang.alert);
    loop_free(&hang.loop);
    close(hang.listener);
    /* And when it answers again it knows that this was told. */
    assert_int_equal(store_open(place.url, &store, &cause), 0);
    assert_int_equal(store_begin(store, true), 0);
    assert_int_equal(number_of("select count(*) from alert where cause = 'shops: store' and held = 0"), 1);
}

int main(void)
{
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(the_form_is_told_by_the_address),
        cmocka_unit_test(signatures),
        cmocka_unit_test(requests),
        cmocka_unit_test(mentions_are_words),
        cmocka_unit_test(answers),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cause_is_told_once, store_make, store_remove),
        cmocka_unit_test_setup_teardown(a_store_that_hangs_keeps_no_alert_back, store_make, store_remove),
    };
    int failed = cmocka_run_group_tests_name("alert forms", pure, NULL, NULL);
    return RUN_ON_EVERY_STORE(tests) + failed;
}
