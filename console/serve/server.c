#include "console/serve/server.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "console/api/type.h"
#include "console/serve/files.h"
#include "console/serve/guard.h"
#include "console/serve/reply.h"
#include "console/serve/route.h"
#include "console/serve/stream.h"

enum {
    CONNECTIONS = 160,
    STRANGERS = 64,         /* connections at a time that did not say who they are: the next one ends the oldest */
    IDLE_SECONDS = 20,      /* that a connection may say nothing */
    HEAD_MAX = 32 << 10,    /* bytes of a request's head */
    TARGET_MAX = 8 << 10,   /* bytes of its path and query */
    UNKNOWN_BODY = 4 << 10, /* bytes of a body that somebody unknown may send */
    STACK = 1 << 20,
};

struct stranger {
    int fd;
    bool known; /* it said who it is */
    int64_t since;
};

struct server {
    struct console *console;
    struct MHD_Daemon *daemon;
    char address[80];
    pthread_mutex_t lock;
    struct stranger open[CONNECTIONS];
    size_t count;
};

/* One request, from its first line to its answer. */
struct exchange {
    char *target; /* as it came */
    struct buffer body;
    bool begun;
};

/* ---- slow connections ---- */

/* Whoever comes is served: where STRANGERS are open, the one that has been there longest goes. Its descriptor is open until
 * MHD tells of its end. */
static void stranger_add(struct server *server, int fd)
{
    size_t strangers = 0, oldest = CONNECTIONS;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->count; i++) {
        if (!server->open[i].known) {
            strangers++;
            oldest = oldest == CONNECTIONS ? i : oldest;
        }
    }
    if (strangers >= STRANGERS) {
        (void)shutdown(server->open[oldest].fd, SHUT_RDWR);
        server->open[oldest].known = true; /* it is on its way out */
    }
    if (server->count < CONNECTIONS) {
        server->open[server->count++] = (struct stranger){.fd = fd, .since = clock_ms()};
    }
    pthread_mutex_unlock(&server->lock);
}

static void stranger_change(struct server *server, int fd, bool gone)
{
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->count; i++) {
        if (server->open[i].fd != fd) {
            continue;
        }
        server->open[i].known = true;
        if (gone) {
            memmove(&server->open[i], &server->open[i + 1], (--server->count - i) * sizeof *server->open);
        }
        break;
    }
    pthread_mutex_unlock(&server->lock);
}

static int descriptor_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static void connection_notify(void *user, struct MHD_Connection *connection, void **state,
                              enum MHD_ConnectionNotificationCode what)
{
    (void)state;
    int fd = descriptor_of(connection);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        stranger_add(user, fd);
    } else {
        stranger_change(user, fd, true);
    }
}

/* ---- one call ---- */

/* What a call of an operation needs while the store's transaction is open. */
struct call {
    struct api_request *request;
    struct api_answer *answer;
};

static int call_serve(struct store *store, void *user)
{
    struct call *call = user;
    call->request->store = store;
    int error = call->request->operation->serve(call->request, call->answer);
    call->request->store = NULL;
    return error;
}

/* What went wrong beneath, in the words of HTTP. */
static void answer_error(struct api_answer *answer, int error, const struct cause *cause)
{
    if (answer->code) {
        return;
    }
    switch (error) {
    case ERR_NOT_FOUND:
        (void)answer_problem(answer, MHD_HTTP_NOT_FOUND, "not-found", "there is none");
        break;
    case ERR_BUSY:
        (void)answer_problem(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "%s", cause->text);
        answer->retry_after = 1;
        break;
    case ERR_LIMIT:
        (void)answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "too-large", "the answer is too large");
        answer_cure(answer, "ask for less at once");
        break;
    default:
        (void)answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "failed", "%s",
                             cause->text[0] ? cause->text : error_text(error));
        break;
    }
}

static int body_read(struct api_request *request, struct text body, const char *type, struct api_answer *answer)
{
    struct cause why;
    if (!request->operation->body) {
        return body.size == 0 ? 0 : answer_problem(answer, MHD_HTTP_BAD_REQUEST, "body", "this call takes no body");
    }
    if (!text_starts(text_of(type), TEXT("application/json"))) {
        return answer_problem(answer, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "body",
                              "Content-Type application/json is wanted");
    }
    if (json_parse(request->arena, body, REQUEST_BODY_MAX, JSON_STRICT, &request->body, &why) != 0) {
        return answer_problem(answer, MHD_HTTP_BAD_REQUEST, "body", "the body is no JSON: %s", why.text);
    }
    return type_holds(request->operation->body, request->body, &why)
               ? 0
               : answer_problem(answer, MHD_HTTP_UNPROCESSABLE_CONTENT, "body", "the body: %s", why.text);
}

/* May this visitor do this? */
static int may(const struct api_request *request, struct MHD_Connection *connection, struct api_answer *answer)
{
    const struct operation *operation = request->operation;
    bool header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Dianchen") != NULL;
    bool bearer = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization") != NULL;
    if (!bearer && !header && (operation->role != ROLE_NOBODY || strcmp(operation->method, "GET") != 0)) {
        (void)answer_problem(answer, bearer ? MHD_HTTP_FORBIDDEN : MHD_HTTP_UNAUTHORIZED, "header",
                             "a call needs Authorization: Bearer TOKEN, or a browser's session and X-Dianchen: 1");
        answer_cure(answer, "dianchen console token new --name NAME makes a token");
        return ERR_REFUSED;
    }
    if (operation->role == ROLE_NOBODY || request->visitor->role >= operation->role) {
        return 0;
    }
    if (request->visitor->role == ROLE_NOBODY) {
        return answer_problem(answer, MHD_HTTP_UNAUTHORIZED, "login", "nobody is logged in");
    }
    return answer_problem(answer, MHD_HTTP_FORBIDDEN, "role", "%s may read, and change nothing",
                          request->visitor->name);
}

static int operate(struct api_request *request, struct api_answer *answer, struct cause *cause)
{
    const struct operation *operation = request->operation;
    struct call call = {request, answer};
    answer->status = operation->success ? operation->success : MHD_HTTP_OK;
    answer->type = operation->media;
    return operation->store == STORE_NONE
               ? operation->serve(request, answer)
               : stores_use(request->console->stores, operation->store == STORE_WRITE, call_serve, &call, cause);
}

static enum MHD_Result call_answer(struct server *server, struct MHD_Connection *connection, const char *method,
                                   struct exchange *exchange)
{
    struct console *console = server->console;
    struct arena arena;
    struct api_answer answer;
    struct visitor visitor;
    struct cause cause = {""};
    struct api_request request = {.console = console, .visitor = &visitor, .arena = &arena};
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");
    request.chinese = reply_chinese(connection);
    request.if_match = text_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-Match"));
    arena_init(&arena, REQUEST_ARENA_MAX);
    answer_init(&answer);
    int error = guard_visitor(console, connection, &visitor, &request.session, &answer);
    error = error ? error : route_find(text_of(exchange->target), method, &request, &answer);
    error = error ? error : may(&request, connection, &answer);
    if (!error && request.operation->guarded && request.if_match.size == 0) {
        error = answer_problem(&answer, MHD_HTTP_PRECONDITION_REQUIRED, "if-match",
                               "If-Match is wanted: the ETag of what this change was made from");
    }
    error = error ? error : body_read(&request, buffer_text(&exchange->body), type ? type : "", &answer);
    enum MHD_Result result;
    if (!error && visitor.role != ROLE_NOBODY) {
        stranger_change(server, descriptor_of(connection), false);
    }
    if (!error && strcmp(request.operation->id, "streamEvents") == 0) {
        result = stream_send(connection, &request, &answer);
    } else {
        error = error ? error : operate(&request, &answer, &cause);
        if (error) {
            answer_error(&answer, error, &cause);
        }
        guard_delay(console, &answer);
        if (answer.cookie[0]) { /* made by the operation without the cookie's name */
            char name[40], value[sizeof answer.cookie + sizeof name + 10];
            guard_cookie_name(connection, name);
            (void)snprintf(value, sizeof value, "%s=%s%s", name, answer.cookie, console->tls.key ? "; Secure" : "");
            memcpy(answer.cookie, value, sizeof answer.cookie);
            answer.cookie[sizeof answer.cookie - 1] = '\0';
        }
        result = answer_send(connection, &answer);
    }
    metric_add(console->answers[answer.status / 100 % 6], 1);
    answer_fini(&answer);
    arena_fini(&arena);
    return result;
}

static enum MHD_Result refuse(struct server *server, struct MHD_Connection *connection, unsigned int status,
                              const char *code, const char *detail)
{
    struct api_answer answer;
    answer_init(&answer);
    (void)answer_problem(&answer, status, code, "%s", detail);
    metric_add(server->console->answers[4], 1);
    enum MHD_Result result = answer_send(connection, &answer);
    answer_fini(&answer);
    return result;
}

static enum MHD_Result exchange_answer(struct server *server, struct MHD_Connection *connection, const char *method,
                                       struct exchange *exchange)
{
    struct text target = text_of(exchange->target);
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (exchange->body.failed) {
        return refuse(server, connection, MHD_HTTP_CONTENT_TOO_LARGE, "body",
                      exchange->body.limit < REQUEST_BODY_MAX
                          ? "the body is too large for somebody who is not logged in"
                          : "the body is larger than 1 MiB");
    }
    if (text_starts(target, TEXT(API_BASE))) {
        return call_answer(server, connection, method, exchange);
    }
    for (const struct web_file *file = web_files; file->path && reads; file++) {
        if (text_equal(text_of(file->path), target)) {
            metric_add(server->console->answers[2], 1);
            return file_send(connection, file);
        }
    }
    return refuse(server, connection, MHD_HTTP_NOT_FOUND, "path", "there is no such page");
}

/* ---- what MHD calls ---- */

static void *target_keep(void *user, const char *uri, struct MHD_Connection *connection)
{
    (void)user, (void)connection;
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange && (exchange->target = strdup(uri)) == NULL) {
        free(exchange);
        exchange = NULL;
    }
    if (exchange) {
        buffer_init(&exchange->body, REQUEST_BODY_MAX);
    }
    return exchange;
}

/* Who sends a large body must be somebody, before it comes: strangers fill no memory. */
static bool body_welcome(struct server *server, struct MHD_Connection *connection)
{
    struct api_answer answer;
    struct visitor visitor;
    struct text session;
    answer_init(&answer);
    int error = guard_visitor(server->console, connection, &visitor, &session, &answer);
    guard_delay(server->console, &answer);
    answer_fini(&answer);
    return !error && visitor.role != ROLE_NOBODY;
}

/* The first look at a request, of which only the head is there. */
static enum MHD_Result request_begin(struct server *server, struct MHD_Connection *connection,
                                     struct exchange *exchange)
{
    const char *size = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    const char *coding = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding");
    int64_t told = 0;
    if (!guard_host(server->console, connection)) {
        return refuse(server, connection, MHD_HTTP_MISDIRECTED_REQUEST, "host",
                      "this console does not answer under this name; --host NAME lets it");
    }
    if (strlen(exchange->target) > TARGET_MAX) {
        return refuse(server, connection, MHD_HTTP_URI_TOO_LONG, "path", "the address is too long");
    }
    if (size && (text_integer(text_of(size), &told) != 0 || told > REQUEST_BODY_MAX)) {
        return refuse(server, connection, MHD_HTTP_CONTENT_TOO_LARGE, "body", "the body is larger than 1 MiB");
    }
    if ((coding || told > UNKNOWN_BODY) && !body_welcome(server, connection)) {
        if (told > UNKNOWN_BODY) {
            return refuse(server, connection, MHD_HTTP_UNAUTHORIZED, "login", "nobody is logged in");
        }
        buffer_init(&exchange->body, UNKNOWN_BODY); /* its size shows when it has come */
    }
    return MHD_YES;
}

static enum MHD_Result request_serve(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                     const char *version, const char *upload, size_t *upload_size, void **state)
{
    (void)url, (void)version;
    struct exchange *exchange = *state;
    if (!exchange) {
        return MHD_NO;
    }
    if (!exchange->begun) {
        exchange->begun = true;
        return request_begin(user, connection, exchange);
    }
    if (*upload_size > 0) {
        buffer_add(&exchange->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return exchange_answer(user, connection, method, exchange);
}

static void request_over(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)user, (void)connection, (void)code;
    struct exchange *exchange = *state;
    *state = NULL;
    if (exchange) {
        buffer_fini(&exchange->body);
        free(exchange->target);
        free(exchange);
    }
}

/* ---- start and stop ---- */

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

/* "HOST:PORT" or "[v6]:PORT" taken apart; false where it is none. */
static bool bind_split(const char *bind_to, char host[256], const char **port)
{
    const char *colon = strrchr(bind_to, ':');
    const char *begin = bind_to, *end = colon;
    int64_t number;
    if (!colon || text_integer(text_of(colon + 1), &number) != 0 || number < 0 || number > 65535) {
        return false;
    }
    if (*begin == '[' && end > begin + 1 && end[-1] == ']') {
        begin++;
        end--;
    }
    if (end - begin < 1 || end - begin > 255) {
        return false;
    }
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    *port = colon + 1;
    return true;
}

/* Beyond this host nobody may listen in, and nobody may come without a password. */
static int place_check(struct console *console, const char *bind_to, bool published, const struct sockaddr *address,
                       struct cause *cause)
{
    console->open = !is_loopback(address) && !published;
    if (!console->open || (console->tls.key && console->password)) {
        return 0;
    }
    return cause_set(cause, ERR_INPUT,
                     "--bind %s: beyond a loopback address the console wants --tls-certificate, --tls-key and "
                     "--password-file; or reach it from elsewhere through ssh -L 9700:127.0.0.1:9700 HOST",
                     bind_to);
}

static int listener_open(struct console *console, const char *bind_to, bool published, int *out, struct cause *cause)
{
    char host[256], why[128];
    const char *port;
    if (!bind_split(bind_to, host, &port)) {
        return cause_set(cause, ERR_INPUT, "--bind %s: not HOST:PORT; write 127.0.0.1:9700", bind_to);
    }
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *list;
    int told = getaddrinfo(host, port, &hints, &list);
    if (told != 0) {
        return cause_set(cause, ERR_INPUT, "--bind %s: %s; write 127.0.0.1:9700", bind_to, gai_strerror(told));
    }
    int one = 1, fd = -1;
    int error = place_check(console, bind_to, published, list->ai_addr, cause);
    if (!error) {
        fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0) {
            (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        }
        if (fd < 0 || bind(fd, list->ai_addr, list->ai_addrlen) != 0 || listen(fd, CONNECTIONS) != 0) {
            int number = errno;
            error = cause_set(cause, ERR_INPUT, "--bind %s: %s; choose another port with --bind", bind_to,
                              strerror_r(number, why, sizeof why));
        }
    }
    freeaddrinfo(list);
    if (error && fd >= 0) {
        close(fd);
    }
    *out = error ? *out : fd;
    return error;
}

static void address_read(struct server *server, int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[48] = "", port[16] = "";
    if (getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        (void)snprintf(server->address, sizeof server->address, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    }
}

int server_start(struct console *console, const char *bind_to, bool published, struct server **out, struct cause *cause)
{
    int fd = -1;
    int error = listener_open(console, bind_to, published, &fd, cause);
    if (error) {
        return error;
    }
    struct server *server = calloc(1, sizeof *server);
    if (!server) {
        close(fd);
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    server->console = console;
    pthread_mutex_init(&server->lock, NULL);
    address_read(server, fd);
    /* Without TLS the list ends before its options. */
    const struct MHD_OptionItem secrets[] = {
        {console->tls.key ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, console->tls.certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, console->tls.key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL}};
    server->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            (console->tls.key ? MHD_USE_TLS : 0),
        0, NULL, NULL, request_serve, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned int)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, target_keep, server, MHD_OPTION_NOTIFY_COMPLETED,
        request_over, server, MHD_OPTION_NOTIFY_CONNECTION, connection_notify, server, MHD_OPTION_ARRAY, secrets,
        MHD_OPTION_END);
    if (!server->daemon) {
        close(fd);
        pthread_mutex_destroy(&server->lock);
        free(server);
        return cause_set(cause, ERR_IO, "--bind %s: the server could not be started", bind_to);
    }
    *out = server;
    return 0;
}

void server_stop(struct server **stopping)
{
    struct server *server = *stopping;
    *stopping = NULL;
    if (server) {
        atomic_store(&server->console->stopping, true);
        MHD_stop_daemon(server->daemon); /* closes the listening socket, too */
        pthread_mutex_destroy(&server->lock);
        free(server);
    }
}

const char *server_address(const struct server *server)
{
    return server->address;
}
