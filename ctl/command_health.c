/* `dianchen health`: asks a stage how it does, for whoever watches it and has no curl. */
#include <stdio.h>
#include <stdlib.h>

#include "common/http.h"
#include "common/log.h"
#include "ctl/command.h"

enum { HEALTH_TIMEOUT = 2000 /* ms */, HEALTH_BODY = 4096 };

struct health {
    struct loop *loop;
    int exit_code;
};

static void answered(void *user, const struct http_reply *reply)
{
    struct health *health = user;
    if (reply->reach == HTTP_ANSWERED) {
        printf("%.*s", TEXT_ARG(reply->body));
    } else {
        fprintf(stderr, "dianchen: no answer: %s\n", reply->why);
    }
    health->exit_code = reply->reach == HTTP_ANSWERED && reply->status == 200 ? EXIT_COMPLETE : EXIT_REFUSED;
    loop_stop(health->loop, 0);
}

static int ask(const char *url)
{
    struct health health = {.exit_code = EXIT_REFUSED};
    struct http *http = NULL;
    struct cause cause = {"out of memory or descriptors"};
    const struct http_options options = {.connections = 1, .body_limit = HEALTH_BODY};
    int error = loop_new(&health.loop);
    error = error ? error : http_new(health.loop, &options, &http, &cause);
    if (!error) {
        struct http_call *call;
        const struct http_request request = {
            .api = "health", .method = "GET", .url = url, .timeout = HEALTH_TIMEOUT, .done = answered, .user = &health};
        error = http_send(http, &request, &call);
    }
    if (!error) {
        (void)loop_run(health.loop);
    } else {
        fprintf(stderr, "dianchen: %s\n", cause.text);
    }
    http_free(&http);
    loop_free(&health.loop);
    return health.exit_code;
}

int command_health(int argc, char **argv)
{
    const char *bind = NULL;
    bool ready = false;
    const struct config_option options[] = {
        {"--metrics", "METRICS_BIND", CONFIG_TEXT, NULL, true, "HOST:PORT where the stage serves", &bind, 0, 0},
        {"--ready", NULL, CONFIG_SWITCH, NULL, false, "ask whether it can work, not only whether it lives", &ready, 0,
         0},
    };
    const struct config_program program = {
        "dianchen",
        "dianchen health [--metrics HOST:PORT] [--ready]",
        "Asks the stage that serves on METRICS_BIND for /healthz, or /readyz. Exit code 0: it is well.",
        options,
        sizeof options / sizeof *options,
        NULL};
    int exit_code = EXIT_COMPLETE;
    if (command_read(&program, argc, argv, 0, NULL, NULL, &exit_code)) {
        return exit_code;
    }
    /* Where it serves on every address, loopback is one of them. */
    const char *port = strrchr(bind, ':');
    const struct text host = {bind, port ? (size_t)(port - bind) : 0};
    bool all = host.size == 0 || text_equal(host, TEXT("0.0.0.0")) || text_equal(host, TEXT("[::]"));
    char url[300];
    (void)snprintf(url, sizeof url, "http://%s%s/%s", all ? "127.0.0.1" : "", all && port ? port : bind,
                   ready ? "readyz" : "healthz");
    return ask(url);
}
