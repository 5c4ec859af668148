/* `dianchen health`: asks a stage how it does, for whoever watches it and has no curl. */
#include <stdio.h>
#include <string.h>

#include "common/base/print.h"
#include "common/http/http.h"
#include "common/log/log.h"
#include "ctl/command/table.h"

static struct {
    const char *bind;
    bool ready;
} order;
static const struct config_option options[] = {
    OPT_SETTING(METRICS_BIND, order.bind, .help = "HOST:PORT where the stage serves"),
    OPT_SWITCH("--ready", order.ready, "ask whether it can work, not only whether it lives"),
};
const struct config_program health_program = COMMAND_PROGRAM(
    "health [--metrics HOST:PORT] [--ready]",
    "Asks the stage that serves on METRICS_BIND for /healthz, or /readyz. Exit code 0: it is well.", options);

enum { HEALTH_TIMEOUT = 2000 /* ms */, HEALTH_BODY = 4096 };

struct health {
    struct loop *loop;
    int exit_code;
};

/* A page has few lines; each is shown as one. */
static void print_lines(struct text page)
{
    while (page.size > 0) {
        const char *end = memchr(page.data, '\n', page.size);
        size_t size = end ? (size_t)(end - page.data) : page.size;
        print_sentence(stdout, (struct text){page.data, size});
        size += end != NULL;
        page.data += size;
        page.size -= size;
    }
}

static void answered(void *user, const struct http_reply *reply)
{
    struct health *health = user;
    if (reply->reach == HTTP_ANSWERED) {
        print_lines(reply->body);
    } else {
        print_line(stderr, "dianchen: no answer: %s", reply->why);
    }
    health->exit_code = reply->reach == HTTP_ANSWERED && reply->status == 200 ? EXIT_COMPLETE : EXIT_REFUSED;
    loop_stop(health->loop, 0);
}

static int ask(const char *url)
{
    struct health health = {.exit_code = EXIT_REFUSED};
    struct http *http = NULL;
    struct cause cause = {"out of memory or descriptors"};
    const struct http_options http_options = {.connections = 1, .body_limit = HEALTH_BODY};
    int error = loop_new(&health.loop);
    error = error ? error : http_new(health.loop, &http_options, &http, &cause);
    if (!error) {
        struct http_call *call;
        const struct http_request request = {
            .api = "health", .method = "GET", .url = url, .timeout = HEALTH_TIMEOUT, .done = answered, .user = &health};
        error = http_send(http, &request, &call);
    }
    if (!error) {
        (void)loop_run(health.loop);
    } else {
        print_line(stderr, "dianchen: %s", cause.text);
    }
    http_free(&http);
    loop_free(&health.loop);
    return health.exit_code;
}

int health_serve(char **words, size_t count)
{
    (void)words;
    (void)count;
    const char *bind = order.bind;
    /* Where it serves on every address, loopback is one of them. */
    const char *port = strrchr(bind, ':');
    if (!port) {
        print_line(stderr,
                   "dianchen: METRICS_BIND %s: not HOST:PORT; write where the stage serves: --metrics 127.0.0.1:9701",
                   bind);
        return EXIT_USAGE;
    }
    const struct text host = {bind, (size_t)(port - bind)};
    bool all = host.size == 0 || text_equal(host, TEXT("0.0.0.0")) || text_equal(host, TEXT("[::]"));
    char url[300];
    (void)snprintf(url, sizeof url, "http://%s%s/%s", all ? "127.0.0.1" : "", all ? port : bind,
                   order.ready ? "readyz" : "healthz");
    return ask(url);
}
