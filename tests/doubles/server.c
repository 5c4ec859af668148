#include "server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "switches.h"

enum { TICK = 200, CONNECTIONS = 8000, POOL = 64 << 10, KEPT_ROOM = 4 << 20 };

struct timer {
    int64_t due;
    uint64_t order; /* of making: equal times run in it */
    void (*work)(void *argument);
    void *argument;
};

static const struct server_options *served;
static struct MHD_Daemon *daemon_handle;
static volatile sig_atomic_t stopping;
static struct timer *timers; /* a binary heap */
static size_t timer_count, timer_room;
static uint64_t timer_order;
static struct call *spare;

int64_t server_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool timer_before(const struct timer *a, const struct timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

void server_later(int64_t delay, void (*work)(void *argument), void *argument)
{
    if (timer_count == timer_room) {
        timer_room = timer_room > 0 ? timer_room * 2 : 64;
        timers = blob_memory(timers, timer_room * sizeof *timers);
    }
    struct timer timer = {server_now() + delay, timer_order++, work, argument};
    size_t at = timer_count++;
    for (; at > 0 && timer_before(&timer, &timers[(at - 1) / 2]); at = (at - 1) / 2) {
        timers[at] = timers[(at - 1) / 2];
    }
    timers[at] = timer;
}

static struct timer timer_take(void)
{
    struct timer first = timers[0], last = timers[--timer_count];
    size_t at = 0;
    for (size_t child = 1; child < timer_count; child = 2 * at + 1) {
        if (child + 1 < timer_count && timer_before(&timers[child + 1], &timers[child])) {
            child++;
        }
        if (!timer_before(&timers[child], &last)) {
            break;
        }
        timers[at] = timers[child];
        at = child;
    }
    if (timer_count > 0) {
        timers[at] = last;
    }
    return first;
}

void call_answer(struct call *call, int status, const char *type)
{
    call->end = CALL_ANSWER;
    call->status = status;
    call->type = type;
}

void call_text(struct call *call, int status, const char *type, const char *text)
{
    call->answer.length = 0;
    blob_puts(&call->answer, text);
    call_answer(call, status, type);
}

void call_cut(struct call *call, enum call_end end)
{
    call->end = end;
}

const char *call_header(const struct call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

static void *call_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    (void)cls;
    struct call *call = spare;
    if (call) {
        spare = call->next;
    } else {
        call = blob_memory(NULL, sizeof *call);
        *call = (struct call){0};
    }
    struct blob body = call->body, answer = call->answer;
    body.length = answer.length = 0;
    *call =
        (struct call){.connection = connection, .body = body, .answer = answer, .status = 500, .type = "text/plain"};
    size_t length = strlen(uri);
    call->target = blob_memory(NULL, length + 1);
    memcpy(call->target, uri, length + 1);
    char *mark = strchr(call->target, '?');
    if (mark) {
        *mark = '\0';
    }
    call->path = call->target;
    call->query = mark ? mark + 1 : "";
    return call;
}

static void call_release(struct call *call)
{
    free(call->target);
    call->target = NULL;
    if (call->body.capacity > KEPT_ROOM) {
        blob_fini(&call->body);
    }
    if (call->answer.capacity > KEPT_ROOM) {
        blob_fini(&call->answer);
    }
    call->next = spare;
    spare = call;
}

static bool is_control(const struct call *call)
{
    return strncmp(call->path, "/_/", 3) == 0;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)connection;
    (void)why;
    struct call *call = *request;
    if (!call) {
        return;
    }
    *request = NULL;
    if (served->end && *call->method && !is_control(call)) {
        served->end(call);
    }
    call_release(call);
}

static void control(struct call *call)
{
    const char *name = call->path + 3;
    struct form form;
    size_t query = strlen(call->query);
    form_init(&form, query + call->body.length);
    bool good = form_read(&form, call->query, query) && form_read(&form, call->body.data, call->body.length);
    call->answer.length = 0;
    if (!good) {
        call_text(call, 400, "text/plain", "broken form\n");
    } else if (strcmp(name, "report") == 0) {
        served->report(&call->answer);
        call_answer(call, 200, "application/json");
    } else if (strcmp(name, "switches") == 0) {
        switches_print(&call->answer);
        call_answer(call, 200, "application/json");
    } else if (strcmp(name, "set") == 0) {
        if (strcmp(call->method, "POST") != 0) {
            call_text(call, 405, "text/plain", "POST it\n");
        } else if (switches_set(&form, &call->answer)) {
            served->changed();
            call_text(call, 200, "text/plain", "ok\n");
        } else {
            call_answer(call, 400, "text/plain");
        }
    } else if (!served->control(call, name, &form)) {
        call_text(call, 404, "text/plain", "no such control\n");
    }
    form_fini(&form);
}

/* Ends the call as its handler said: MHD_NO makes MHD close the connection. */
static enum MHD_Result finish(struct call *call);

struct half {
    char *data;
    size_t length;
};

static ssize_t half_read(void *cls, uint64_t at, char *out, size_t room)
{
    const struct half *half = cls;
    if (at >= half->length) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t n = half->length - (size_t)at < room ? half->length - (size_t)at : room;
    memcpy(out, half->data + at, n);
    return (ssize_t)n;
}

static void half_free(void *cls)
{
    struct half *half = cls;
    free(half->data);
    free(half);
}

static struct MHD_Response *half_response(const struct call *call)
{
    struct half *half = blob_memory(NULL, sizeof *half);
    half->length = call->answer.length / 2;
    half->data = blob_memory(NULL, half->length);
    if (half->length > 0) {
        memcpy(half->data, call->answer.data, half->length);
    }
    return MHD_create_response_from_callback(call->answer.length, 64 << 10, half_read, half, half_free);
}

static enum MHD_Result finish(struct call *call)
{
    if (call->end == CALL_RESET) {
        /* Dissolving the association of a connected socket makes Linux send RST. */
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct sockaddr none = {.sa_family = AF_UNSPEC};
        if (info) {
            (void)connect(info->connect_fd, &none, sizeof none);
        }
        return MHD_NO;
    }
    if (call->end == CALL_CLOSE) {
        return MHD_NO;
    }
    struct MHD_Response *response = call->shared;
    if (call->end == CALL_HALF) {
        response = half_response(call);
    } else if (!response) {
        response = MHD_create_response_from_buffer(call->answer.length, call->answer.data, MHD_RESPMEM_PERSISTENT);
    }
    if (!response) {
        return MHD_NO;
    }
    if (response != call->shared) {
        MHD_add_response_header(response, "Content-Type", call->type);
    }
    if (call->header && response != call->shared) {
        MHD_add_response_header(response, call->header, call->header_value);
    }
    enum MHD_Result result = MHD_queue_response(call->connection, (unsigned)call->status, response);
    if (response != call->shared) {
        MHD_destroy_response(response);
    }
    return result;
}

static void wake(void *argument)
{
    struct call *call = argument;
    call->state = CALL_DUE;
    MHD_resume_connection(call->connection);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request)
{
    (void)cls;
    (void)connection;
    (void)url;
    (void)version;
    struct call *call = *request;
    if (!*call->method) { /* the head is here, the body is not */
        snprintf(call->method, sizeof call->method, "%s", method);
        if (served->begin && !is_control(call) && !served->begin(call)) {
            return MHD_NO;
        }
        return MHD_YES;
    }
    if (*upload_size > 0) {
        if (call->body.length + *upload_size > CALL_BODY_LIMIT) {
            return MHD_NO;
        }
        blob_put(&call->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (call->state == CALL_READING) {
        if (is_control(call)) {
            control(call);
        } else {
            served->handle(call);
        }
        if (call->delay > 0) {
            call->state = CALL_WAITING;
            MHD_suspend_connection(call->connection);
            server_later(call->delay, wake, call);
            return MHD_YES;
        }
    }
    return finish(call);
}

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static void prepare(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* MHD must not be stopped while connections are suspended: whatever waits is cut first, other work is done now. */
static void cut_all(void)
{
    while (timer_count > 0) {
        struct timer timer = timer_take();
        if (timer.work == wake) {
            ((struct call *)timer.argument)->end = CALL_CLOSE;
        }
        timer.work(timer.argument);
    }
    MHD_run(daemon_handle);
}

int server_run(const char *bind, int64_t port, const struct server_options *options)
{
    served = options;
    prepare();
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (port > 65535 || inet_pton(AF_INET, bind, &address.sin_addr) != 1) {
        fprintf(stderr, "double: cannot listen on %s port %lld: no such address\n", bind, (long long)port);
        return 2;
    }
    daemon_handle =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, (uint16_t)port, NULL, NULL, on_request, NULL,
                         MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_URI_LOG_CALLBACK, call_begin,
                         NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL, MHD_OPTION_END);
    if (!daemon_handle) {
        fprintf(stderr, "double: cannot listen on %s port %lld: taken?\n", bind, (long long)port);
        return 2;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon_handle, MHD_DAEMON_INFO_BIND_PORT);
    printf("http://%s:%u%s\n", bind, info ? (unsigned)info->port : (unsigned)port, options->suffix);
    fflush(stdout);
    while (!stopping) {
        int64_t now = server_now();
        while (timer_count > 0 && timers[0].due <= now) {
            struct timer timer = timer_take();
            timer.work(timer.argument);
        }
        int64_t wait = timer_count > 0 && timers[0].due - now < TICK ? timers[0].due - now : TICK;
        if (MHD_run_wait(daemon_handle, (int32_t)wait) != MHD_YES) {
            fputs("double: the HTTP server failed\n", stderr);
            return 1;
        }
    }
    cut_all();
    MHD_stop_daemon(daemon_handle);
    while (spare) {
        struct call *call = spare;
        spare = call->next;
        blob_fini(&call->body);
        blob_fini(&call->answer);
        free(call);
    }
    free(timers);
    return 0;
}
