/* HTTP calls against a raw server of our own, which misbehaves as its paths say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/http/http.h"
#include "common/http/reply_class.h"
#include "common/observe/metrics.h"
#include "tests/unit/raw_server.h"

enum { BODY_LIMIT = 64 << 10, PATIENCE = 20000 };

/* ---- one test's world ---- */

struct world {
    struct server server;
    struct loop *loop;
    struct http *http;
    struct metrics *metrics;
    struct loop_timer patience;
    int waiting;            /* calls that have not ended */
    struct http_reply last; /* its body is below */
    char body[BODY_LIMIT + 1], location[300];
};

static void give_up(void *user)
{
    loop_stop(user, -99);
}

static void http_open(struct world *w, const char *proxy)
{
    struct cause cause;
    const struct http_options options = {.network = {.proxy = proxy, .http_proxy = proxy},
                                         .connections = 2,
                                         .body_limit = BODY_LIMIT,
                                         .metrics = w->metrics};
    http_free(&w->http);
    assert_int_equal(http_new(w->loop, &options, &w->http, &cause), 0);
}

static int world_open(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    signal(SIGPIPE, SIG_IGN);
    server_start(&w->server);
    assert_int_equal(loop_new(&w->loop), 0);
    assert_int_equal(metrics_new(&w->metrics), 0);
    w->patience = (struct loop_timer){.fn = give_up, .user = w->loop};
    loop_set_after(w->loop, &w->patience, PATIENCE);
    http_open(w, NULL);
    *state = w;
    return 0;
}

static int world_close(void **state)
{
    struct world *w = *state;
    http_free(&w->http);
    server_stop(&w->server);
    loop_free(&w->loop);
    metrics_free(&w->metrics);
    free(w);
    return 0;
}

static void ended(void *user, const struct http_reply *reply)
{
    struct world *w = user;
    w->last = *reply;
    snprintf(w->location, sizeof w->location, "%.*s", TEXT_ARG(reply->location));
    w->last.location = TEXT("");
    assert_true(reply->body.size <= BODY_LIMIT);
    if (reply->body.size) {
        memcpy(w->body, reply->body.data, reply->body.size);
    }
    w->body[reply->body.size] = '\0';
    if (--w->waiting == 0) {
        loop_stop(w->loop, 0);
    }
}

struct want {
    const char *method, *scheme, *path;
    struct text body;
    int64_t timeout, send_by;
    int port; /* 0 = the server's */
};

static struct http_call *start(struct world *w, const struct want *want)
{
    static const char *const headers[] = {"Content-Type: application/json; charset=utf-8", "X-Test: 店辰", NULL};
    char url[200];
    snprintf(url, sizeof url, "%s://127.0.0.1:%d%s", want->scheme ? want->scheme : "http",
             want->port ? want->port : w->server.port, want->path);
    const struct http_request request = {.api = "test.api",
                                         .method = want->method ? want->method : "POST",
                                         .url = url,
                                         .headers = headers,
                                         .body = want->body,
                                         .timeout = want->timeout ? want->timeout : 10000,
                                         .send_by = {want->send_by},
                                         .done = ended,
                                         .user = w};
    struct http_call *call = NULL;
    w->waiting++;
    assert_int_equal(http_send(w->http, &request, &call), 0);
    assert_non_null(call);
    return call;
}

static void run(struct world *w)
{
    assert_int_equal(loop_run(w->loop), 0);
    assert_int_equal(w->waiting, 0);
}

static void call(struct world *w, const struct want *want)
{
    start(w, want);
    run(w);
}

/* What trying again can't mend is told, with the cure; and nothing asks for an encoding. */
static void test_cures(void **state)
{
    struct world *w = *state;
    char line[400];
    int64_t wait;
    call(w, &(struct want){.path = "/elsewhere"});
    assert_int_equal(w->last.status, 301);
    assert_int_equal(reply_transport(&w->last, &wait), REPLY_FATAL);
    assert_string_equal(w->location, "https://elsewhere.example/router/qm");
    assert_null(strstr(w->server.last, "Accept-Encoding"));
    assert_true(reply_cure(&w->last, "WDT_URL", line, sizeof line));

    call(w, &(struct want){.path = "/strange"});
    assert_true(w->last.encoding);
    assert_int_equal(reply_transport(&w->last, &wait), REPLY_FATAL);
    assert_true(reply_cure(&w->last, "WDT_URL", line, sizeof line));
    assert_non_null(strstr(line, "Content-Encoding"));

    call(w, &(struct want){.path = "/big"});
    assert_true(w->last.too_large);

    const struct http_reply moved = {
        .reach = HTTP_ANSWERED, .status = 301, .location = TEXT("https://elsewhere.example/router/qm")};
    assert_true(reply_cure(&moved, "WDT_URL", line, sizeof line));
    assert_non_null(strstr(line, "https://elsewhere.example/router/qm; set WDT_URL"));
    const struct http_reply proxy = {.reach = HTTP_UNSENT, .proxy_status = 407};
    assert_int_equal(reply_transport(&proxy, &wait), REPLY_FATAL);
    assert_true(reply_cure(&proxy, "WDT_URL", line, sizeof line));
    assert_non_null(strstr(line, "HTTPS_PROXY"));
    const struct http_reply fine = {.reach = HTTP_ANSWERED, .status = 200};
    assert_false(reply_cure(&fine, "WDT_URL", line, sizeof line));
}

static void test_body_is_utf8(void **state)
{
    struct world *w = *state;
    call(w, &(struct want){.path = "/chinese"});
    assert_string_equal(w->body, "店铺");
}

/* ---- replies ---- */

static void test_replies(void **state)
{
    static const struct {
        const char *method, *path;
        enum http_reach reach;
        int status, body_size;
        int64_t retry_after;
        const char *why; /* part of it */
    } table[] = {
        {"POST", "/ok", HTTP_ANSWERED, 200, 5, -1, ""},
        {"GET", "/ok?access_token=hidden", HTTP_ANSWERED, 200, 5, -1, ""},
        {"POST", "/chunked", HTTP_ANSWERED, 200, 11, -1, ""},
        {"POST", "/full", HTTP_ANSWERED, 200, BODY_LIMIT, -1, ""},
        {"POST", "/big", HTTP_SENT, 200, 0, -1, "larger than allowed"},
        {"POST", "/headers", HTTP_SENT, 200, 0, -1, ""},
        {"POST", "/short", HTTP_SENT, 200, 0, -1, "transfer closed"},
        {"POST", "/cut-chunked", HTTP_SENT, 200, 0, -1, ""},
        {"POST", "/die", HTTP_SENT, 0, 0, -1, ""},
        {"POST", "/half", HTTP_SENT, 200, 0, -1, "broke off"},
        {"POST", "/just-continue", HTTP_SENT, 0, 0, -1, ""},
        {"POST", "/noise", HTTP_SENT, 0, 0, -1, ""},
        {"GET", "/short", HTTP_SENT, 200, 0, -1, ""},
        {"POST", "/moved", HTTP_ANSWERED, 302, 0, -1, ""},
        {"GET", "/moved", HTTP_ANSWERED, 302, 0, -1, ""},
        {"POST", "/later", HTTP_ANSWERED, 429, 0, 7000, ""},
        {"POST", "/later-date", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-past", HTTP_ANSWERED, 503, 0, 0, ""},
        {"POST", "/later-what", HTTP_ANSWERED, 503, 0, -1, ""},
        {"POST", "/later-never", HTTP_ANSWERED, 503, 0, 604800000, ""},
        {"POST", "/later-rfc850", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-asctime", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-iso", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-zone", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-west", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-china", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-utc", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-epoch", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-epoch-ms", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-unit", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-fraction", HTTP_ANSWERED, 503, 0, 90000, ""},
        {"POST", "/later-minus", HTTP_ANSWERED, 503, 0, -1, ""},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bool post = strcmp(table[i].method, "POST") == 0;
        int before = atomic_load(&w->server.requests);
        http_open(w, NULL); /* a fresh connection, so that libcurl has no reason to try again */
        call(w, &(struct want){.method = table[i].method,
                               .path = table[i].path,
                               .body = post ? TEXT("{\"items\":[]}") : TEXT("")});
        if (w->last.reach != table[i].reach || w->last.retry_after != table[i].retry_after) {
            print_message("row %zu: %s\n", i, table[i].path);
        }
        assert_int_equal(w->last.reach, table[i].reach);
        assert_false(w->last.unsent);
        assert_int_equal(w->last.retry_after, table[i].retry_after);
        assert_int_equal(strlen(w->body), table[i].body_size);
        assert_non_null(strstr(w->last.why, table[i].why));
        assert_int_equal(w->last.why[0] == '\0', table[i].reach == HTTP_ANSWERED);
        assert_int_equal(atomic_load(&w->server.requests), before + 1);
        if (table[i].reach == HTTP_ANSWERED) {
            assert_int_equal(w->last.status, table[i].status);
        }
    }
    assert_false(atomic_load(&w->server.expect));
}

static void test_request_as_asked(void **state)
{
    struct world *w = *state;
    struct buffer own;
    buffer_init(&own, 4 << 20);
    for (int i = 0; i < 20000; i++) {
        buffer_add_text(&own, TEXT("0123456789"));
    }
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/ok?a=b", w->server.port);
    struct http_request request = {.api = "test.api", .method = "POST", .url = url, .own_body = &own, .timeout = 10000};
    request.done = ended;
    request.user = w;
    struct http_call *out;
    w->waiting = 1;
    assert_int_equal(http_send(w->http, &request, &out), 0);
    assert_int_equal(own.size, 0); /* taken over */
    run(w);
    assert_string_equal(w->body, "hello");
    const char *body = strstr(w->server.last, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(strlen(body + 4), 200000);
    assert_memory_equal(w->server.last, "POST /ok?a=b HTTP/1.1\r\n", 23);
    buffer_fini(&own);

    call(w, &(struct want){.path = "/ok", .body = TEXT("{}")});
    assert_non_null(strstr(w->server.last, "\r\nX-Test: 店辰\r\n"));
    assert_non_null(strstr(w->server.last, "\r\nContent-Type: application/json; charset=utf-8\r\n"));
    assert_non_null(strstr(w->server.last, "\r\nContent-Length: 2\r\n"));
    assert_null(strstr(w->server.last, "Expect"));
    call(w, &(struct want){.path = "/ok", .body = TEXT("")});
    assert_non_null(strstr(w->server.last, "\r\nContent-Length: 0\r\n"));
    call(w, &(struct want){.method = "GET", .path = "/ok"});
    assert_null(strstr(w->server.last, "Content-Length"));
    call(w, &(struct want){.method = "PUT", .path = "/ok", .body = TEXT("{}")});
    assert_memory_equal(w->server.last, "PUT /ok HTTP/1.1\r\n", 18);
    assert_non_null(strstr(w->server.last, "\r\nContent-Length: 2\r\n"));
    call(w, &(struct want){.method = "PATCH", .path = "/ok", .body = TEXT("{}")});
    assert_memory_equal(w->server.last, "PATCH /ok HTTP/1.1\r\n", 20);
    call(w, &(struct want){.method = "GET", .path = "/ok"});
    assert_memory_equal(w->server.last, "GET /ok HTTP/1.1\r\n", 18);
    assert_int_equal(atomic_load(&w->server.connections), 1);

    struct http_request wrong = request;
    wrong.method = "DELETE";
    assert_int_equal(http_send(w->http, &wrong, &out), ERR_INPUT);
}

static void test_connections_are_reused_and_capped(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 20; i++) {
        call(w, &(struct want){.path = "/ok", .body = TEXT("{}")});
        assert_int_equal(w->last.status, 200);
    }
    assert_int_equal(atomic_load(&w->server.connections), 1);
    for (int i = 0; i < 20; i++) {
        start(w, &(struct want){.path = "/ok", .body = TEXT("{}")});
    }
    run(w);
    assert_int_equal(atomic_load(&w->server.requests), 40);
    assert_int_equal(atomic_load(&w->server.connections), 2);
    struct metric *done = metrics_add(w->metrics, FAMILY_HTTP_REQUESTS, "api=\"test.api\",class=\"done\"");
    assert_int_equal(metric_value(done), 40);
}

/* ---- never twice ---- */

/* The server keeps the connection, reads the next request whole, and dies on it: libcurl wants to send it again. */
static void test_request_is_never_sent_twice(void **state)
{
    static const struct {
        const char *path;
        size_t size;
    } table[] = {{"/die", 2}, {"/die", 0}, {"/die", 100000}, {"/die", 200000}};
    static char body[200000];
    struct world *w = *state;
    memset(body, 'b', sizeof body);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int connections = atomic_load(&w->server.connections);
        http_open(w, NULL);
        call(w, &(struct want){.path = "/ok", .body = TEXT("{}")});
        assert_int_equal(w->last.status, 200);
        assert_int_equal(atomic_load(&w->server.connections), connections + 1);
        int before = atomic_load(&w->server.requests);
        call(w, &(struct want){.path = table[i].path, .body = {body, table[i].size}});
        assert_int_equal(w->last.reach, HTTP_SENT);
        assert_false(w->last.unsent);
        assert_int_equal(w->last.status, 0);
        assert_non_null(strstr(w->last.why, "not sent again"));
        /* A second request would need a connection; whatever was sent on one stands before this call in the queue. */
        call(w, &(struct want){.path = "/keep-then-close", .body = TEXT("{}")});
        assert_int_equal(atomic_load(&w->server.requests), before + 2);
    }
}

/* The server closed while the connection idled. Nothing was sent on it, so a new one is silently opened. */
static void test_idle_connection_that_closed(void **state)
{
    struct world *w = *state;
    call(w, &(struct want){.path = "/keep-then-close", .body = TEXT("{}")});
    assert_int_equal(w->last.reach, HTTP_ANSWERED);
    while (atomic_load(&w->server.closed) == 0) {
        sched_yield();
    }
    call(w, &(struct want){.path = "/ok", .body = TEXT("{}")});
    assert_int_equal(w->last.reach, HTTP_ANSWERED);
    assert_int_equal(atomic_load(&w->server.requests), 2);
    assert_int_equal(atomic_load(&w->server.connections), 2);
}

/* ---- what never left ---- */

static void test_refused(void **state)
{
    struct world *w = *state;
    int port;
    close(listener_open(&port)); /* nobody listens there now */
    static const char *const methods[] = {"POST", "GET"};
    for (int i = 0; i < 2; i++) {
        call(w, &(struct want){.method = methods[i],
                               .path = "/?access_token=hidden",
                               .port = port,
                               .body = i == 0 ? TEXT("{}") : TEXT("")});
        assert_int_equal(w->last.reach, HTTP_UNSENT);
        assert_true(w->last.unsent);
        assert_false(w->last.certificate);
        assert_non_null(strstr(w->last.why, "connect"));
        assert_null(strstr(w->last.why, "hidden"));
    }
}

static void test_unusable_urls(void **state)
{
    static const char *const urls[] = {"",        "nonsense://x/?k=hidden", "file:///etc/passwd",
                                       "http://", "http://a b/?hidden",     "ftp://127.0.0.1/?hidden"};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        const struct http_request request = {.api = "test.api",
                                             .method = "POST",
                                             .url = urls[i],
                                             .body = TEXT("{}"),
                                             .timeout = 1000,
                                             .done = ended,
                                             .user = w};
        struct http_call *out;
        w->waiting = 1;
        assert_int_equal(http_send(w->http, &request, &out), 0);
        run(w);
        assert_int_equal(w->last.reach, HTTP_UNSENT);
        assert_true(w->last.unsent);
        assert_true(w->last.why[0] != '\0');
        assert_null(strstr(w->last.why, "hidden"));
    }
}

static void test_too_late(void **state)
{
    struct world *w = *state;
    call(w, &(struct want){.path = "/ok", .body = TEXT("{}"), .send_by = loop_now(w->loop).ms - 1});
    assert_int_equal(w->last.reach, HTTP_UNSENT);
    assert_true(w->last.unsent);
    assert_int_equal(atomic_load(&w->server.requests), 0);
    assert_int_equal(atomic_load(&w->server.connections), 0);
    /* In good time it goes, and the bound has no say about the reply. */
    call(w, &(struct want){.path = "/ok", .body = TEXT("{}"), .send_by = loop_now(w->loop).ms + 60000});
    assert_int_equal(w->last.reach, HTTP_ANSWERED);
}

/* The server takes the headers and then nothing: the last bytes stay here. */
static void test_body_that_does_not_leave(void **state)
{
    static char body[24 << 20];
    struct world *w = *state;
    call(w, &(struct want){.path = "/stall", .body = {body, sizeof body}, .timeout = 300});
    assert_int_equal(w->last.reach, HTTP_UNSENT);
    assert_true(w->last.unsent);
    call(w, &(struct want){.path = "/stall", .body = {body, sizeof body}, .send_by = loop_now(w->loop).ms + 200});
    assert_int_equal(w->last.reach, HTTP_UNSENT);
    assert_true(w->last.unsent);
    assert_true(w->last.seconds < 9);
}

/* ---- time and giving up ---- */

static void test_timeout(void **state)
{
    struct world *w = *state;
    static const char *const methods[] = {"POST", "GET"};
    for (int i = 0; i < 2; i++) {
        call(w, &(struct want){.method = methods[i],
                               .path = "/hang",
                               .timeout = 100,
                               .body = i == 0 ? TEXT("{}") : TEXT(""),
                               .send_by = loop_now(w->loop).ms + 60});
        assert_int_equal(w->last.reach, HTTP_SENT);
        assert_false(w->last.unsent);
        assert_true(w->last.seconds >= 0.099);
        assert_non_null(strstr(w->last.why, "timed out"));
    }
}

static void seen_enough(void *user)
{
    loop_stop(user, 1);
}

static void test_cancel(void **state)
{
    struct world *w = *state;
    struct http_call *first = start(w, &(struct want){.path = "/ok", .body = TEXT("{}")});
    http_cancel(w->http, first);
    assert_int_equal(w->waiting, 0);
    assert_int_equal(w->last.reach, HTTP_CANCELLED);
    assert_true(w->last.unsent);
    assert_int_equal(loop_run(w->loop), 0); /* ended() asked for the stop */

    struct http_call *second = start(w, &(struct want){.path = "/hang", .body = TEXT("{}")});
    struct loop_timer timer = {.fn = seen_enough, .user = w->loop};
    while (atomic_load(&w->server.requests) == 0) {
        loop_set_after(w->loop, &timer, 1);
        assert_int_equal(loop_run(w->loop), 1);
    }
    http_cancel(w->http, second);
    assert_int_equal(w->last.reach, HTTP_CANCELLED);
    assert_false(w->last.unsent);
    assert_int_equal(loop_run(w->loop), 0);

    start(w, &(struct want){.path = "/hang", .body = TEXT("{}")});
    start(w, &(struct want){.path = "/hang", .body = TEXT("{}")});
    start(w, &(struct want){.path = "/hang", .body = TEXT("{}")});
    http_free(&w->http);
    assert_int_equal(w->waiting, 0);
    assert_int_equal(w->last.reach, HTTP_CANCELLED);
    assert_true(w->last.unsent);
}

/* ---- proxies and TLS ---- */

static void test_loopback_is_never_proxied(void **state)
{
    struct world *w = *state;
    int port;
    char proxy[60];
    close(listener_open(&port));
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", port);
    setenv("http_proxy", proxy, 1);
    setenv("all_proxy", proxy, 1);
    setenv("https_proxy", proxy, 1);
    http_open(w, proxy);
    call(w, &(struct want){.path = "/ok", .body = TEXT("{}")});
    assert_int_equal(w->last.reach, HTTP_ANSWERED);
    /* Our server answers a TLS greeting with nothing sensible; what counts is that it, not the proxy, was greeted. */
    call(w, &(struct want){.scheme = "https", .path = "/ok", .body = TEXT("{}"), .timeout = 200});
    assert_int_equal(w->last.reach, HTTP_UNSENT);
    assert_int_equal(atomic_load(&w->server.greeting), 0x16);
    /* Other hosts go to the proxy: which refuses. */
    static const char *const urls[] = {"https://192.0.2.1/?access_token=hidden",
                                       "http://192.0.2.1/?access_token=hidden"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const struct http_request request = {.api = "test.api",
                                             .method = "POST",
                                             .url = urls[i],
                                             .body = TEXT("{}"),
                                             .timeout = 10000,
                                             .done = ended,
                                             .user = w};
        struct http_call *out;
        w->waiting = 1;
        assert_int_equal(http_send(w->http, &request, &out), 0);
        run(w);
        assert_int_equal(w->last.reach, HTTP_UNSENT);
        assert_non_null(strstr(w->last.why, "127.0.0.1"));
        assert_null(strstr(w->last.why, "hidden"));
    }
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("https_proxy");
}

static void test_missing_ca_file(void **state)
{
    struct world *w = *state;
    struct http *http = NULL;
    struct cause cause;
    const struct http_options options = {.network.ca_file = "/nonexistent/ca.pem", .connections = 1, .body_limit = 1};
    assert_int_equal(http_new(w->loop, &options, &http, &cause), ERR_INPUT);
    assert_null(http);
    assert_non_null(strstr(cause.text, "DIANCHEN_CA_FILE /nonexistent/ca.pem"));
}

static void test_encoding(void **state)
{
    (void)state;
    static const struct {
        struct text in;
        const char *out;
    } table[] = {
        {{"aZ09-._~", 8}, "aZ09-._~"},
        {{"a b&c=d+e", 9}, "a%20b%26c%3Dd%2Be"},
        {{"店", 3}, "%E5%BA%97"},
        {{"\0\xff", 2}, "%00%FF"},
        {{"", 0}, ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct buffer out;
        buffer_init(&out, 100);
        http_put_encoded(&out, table[i].in);
        assert_int_equal(out.size, strlen(table[i].out));
        if (out.size) {
            assert_memory_equal(out.data, table[i].out, out.size);
        }
        buffer_fini(&out);
    }
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_replies),
        IN_WORLD(test_request_as_asked),
        IN_WORLD(test_connections_are_reused_and_capped),
        IN_WORLD(test_request_is_never_sent_twice),
        IN_WORLD(test_idle_connection_that_closed),
        IN_WORLD(test_refused),
        IN_WORLD(test_unusable_urls),
        IN_WORLD(test_too_late),
        IN_WORLD(test_body_that_does_not_leave),
        IN_WORLD(test_timeout),
        IN_WORLD(test_cancel),
        IN_WORLD(test_loopback_is_never_proxied),
        IN_WORLD(test_missing_ca_file),
        IN_WORLD(test_cures),
        IN_WORLD(test_body_is_utf8),
        cmocka_unit_test(test_encoding),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
