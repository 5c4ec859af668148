#include "common/http/http.h"
#include "common/base/clock.h"
#include "common/base/secret.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/http/meter.h"
#include "common/http/text.h"
#include "common/log/log.h"

/* How the "never twice" of docs/delivery.md holds here. libcurl re-sends a request by itself when a reused connection
 * dies without a byte of reply. It must ask for the body again then; there is no seek function, and request_begin()
 * refuses the second attempt once the last byte had been handed to libcurl. Until that moment the server can't have
 * had a whole request, so nothing was executed and libcurl may try again as it likes.
 *
 *   waiting --connect--> request_begin --> body_read ... body_read(last) --> reply
 *   |<------------------ HTTP_UNSENT ----------------->|<-- HTTP_SENT -->|<-- HTTP_ANSWERED
 */

enum {
    HTTP_CONNECT_MAX = 5000,    /* ms */
    HTTP_IDLE_MAX = 30,         /* s that a connection may have idled before its reuse: servers close theirs after 60 */
    READ_BYTES = 256 << 10,     /* at once: a page arrives in few pieces */
    HTTP_HEADER_MAX = 64 << 10, /* bytes of all reply headers */
    HTTP_KEEP = 256 << 10,      /* bytes of buffer kept by an idle call */
    HTTP_SEND_MAX = 64 << 20,   /* bytes of a request body */
    DECODED_TIMES = 5,          /* as large may a body become by its charset: room is asked for ahead */
};

static const char stopped_resend[] = "the connection died before a reply; the request is not sent again";
static const char stopped_late[] = "it was too late to send";
static const char stopped_large[] = "the reply is larger than allowed";

struct http_call {
    struct http_call *next, *prev; /* under way, or idle (next only) */
    struct http *http;
    CURL *easy;
    struct curl_slist *headers;
    struct buffer body, reply, decoded;
    size_t handed;    /* bytes of the body that libcurl has taken */
    bool whole;       /* the last byte among them: from here on the server may act */
    bool begun;       /* a request of this call has been started on a connection */
    bool post, added; /* post: it has a body; added: to the multi handle */
    const char *stop; /* why we ended it ourselves, or NULL */
    size_t header_size;
    bool header_end; /* the empty line behind the headers has come */
    struct loop_ms send_by;
    int64_t started; /* µs */
    struct loop_timer deadline;
    const char *api, *method;
    http_done_fn *done;
    void *user;
    char error[CURL_ERROR_SIZE];
};

struct http {
    struct loop *loop;
    CURLM *multi;
    struct loop_timer timer;
    struct http_call *busy, *idle;
    int idle_count, connections;
    char *ca_file, *proxy, *http_proxy, *no_proxy;
    size_t body_limit;
    struct http_meter meter;
    struct http_record *record; /* NULL = calls are not recorded */
};

/* ---- what libcurl calls while it works on a request ---- */

/* A connection is there and the request line is about to leave; also before each attempt of libcurl's own. */
static int request_begin(void *user, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    struct http_call *call = user;
    if (call->whole) {
        call->stop = stopped_resend;
        return CURL_PREREQFUNC_ABORT;
    }
    if (call->send_by.ms && clock_ms() >= call->send_by.ms) {
        call->stop = stopped_late;
        return CURL_PREREQFUNC_ABORT;
    }
    call->handed = 0;
    call->begun = true;
    call->whole = call->post && call->body.size == 0;
    return CURL_PREREQFUNC_OK;
}

static size_t body_read(char *to, size_t size, size_t count, void *user)
{
    struct http_call *call = user;
    size_t left = call->body.size - call->handed;
    size_t take = left < size * count ? left : size * count;
    if (take == 0) {
        return CURL_READFUNC_ABORT; /* asked for more than was announced */
    }
    if (take == left) {
        if (call->send_by.ms && clock_ms() >= call->send_by.ms) {
            call->stop = stopped_late;
            return CURL_READFUNC_ABORT;
        }
        call->whole = true;
    }
    memcpy(to, call->body.data + call->handed, take);
    call->handed += take;
    return take;
}

static size_t reply_write(char *data, size_t size, size_t count, void *user)
{
    struct http_call *call = user;
    buffer_add(&call->reply, data, size * count);
    if (call->reply.failed) {
        call->stop = stopped_large;
        return 0;
    }
    return size * count;
}

/* libcurl takes headers that break off for a whole reply; only the empty line behind them makes one. */
static size_t header_write(char *data, size_t size, size_t count, void *user)
{
    struct http_call *call = user;
    struct text line = {data, size * count};
    call->header_size += line.size;
    if (call->header_size > HTTP_HEADER_MAX) {
        call->stop = "the reply's headers are larger than allowed";
        return 0;
    }
    if (text_starts(line, TEXT("HTTP/"))) {
        call->header_end = false;
    } else if (text_trim(line).size == 0) {
        call->header_end = true;
    }
    return line.size;
}

/* ---- calls ---- */

static void call_free(struct http_call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    buffer_fini(&call->body);
    buffer_fini(&call->reply);
    buffer_fini(&call->decoded);
    free(call);
}

/* What is the same for every call is set once. */
static struct http_call *call_new(struct http *http)
{
    struct http_call *call = calloc(1, sizeof *call);
    if (!call) {
        return NULL;
    }
    CURL *easy = call->easy = curl_easy_init();
    if (!easy) {
        free(call);
        return NULL;
    }
    char agent[64];
    snprintf(agent, sizeof agent, "dianchen/%s", dianchen_version);
    call->http = http;
    buffer_init(&call->body, HTTP_SEND_MAX);
    buffer_init(&call->reply, http->body_limit);
    buffer_init(&call->decoded, DECODED_TIMES * http->body_limit);
    bool ok = true;
#define SET(option, value) ok = curl_easy_setopt(easy, option, value) == CURLE_OK && ok
    SET(CURLOPT_PRIVATE, call);
    SET(CURLOPT_ERRORBUFFER, call->error);
    SET(CURLOPT_BUFFERSIZE, (long)READ_BYTES);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, agent);
    SET(CURLOPT_ACCEPT_ENCODING, ""); /* all that libcurl can decode; the header itself is not sent */
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_MAXAGE_CONN, (long)HTTP_IDLE_MAX);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_PREREQFUNCTION, request_begin);
    SET(CURLOPT_PREREQDATA, call);
    SET(CURLOPT_READFUNCTION, body_read);
    SET(CURLOPT_READDATA, call);
    SET(CURLOPT_WRITEFUNCTION, reply_write);
    SET(CURLOPT_WRITEDATA, call);
    SET(CURLOPT_HEADERFUNCTION, header_write);
    SET(CURLOPT_HEADERDATA, call);
    SET(CURLOPT_NOPROXY, http->no_proxy);
    if (http->ca_file) {
        SET(CURLOPT_CAINFO, http->ca_file);
    }
    if (!ok) {
        call_free(call);
        return NULL;
    }
    return call;
}

static void call_link(struct http_call *call)
{
    struct http *http = call->http;
    call->prev = NULL;
    call->next = http->busy;
    if (call->next) {
        call->next->prev = call;
    }
    http->busy = call;
}

/* Off the wire and off the list; nothing of libcurl touches it from here on. */
static void call_detach(struct http_call *call)
{
    struct http *http = call->http;
    loop_clear_timer(http->loop, &call->deadline);
    if (call->added) {
        curl_multi_remove_handle(http->multi, call->easy);
        call->added = false;
    }
    if (call->prev) {
        call->prev->next = call->next;
    } else {
        http->busy = call->next;
    }
    if (call->next) {
        call->next->prev = call->prev;
    }
}

static void call_idle(struct http_call *call)
{
    struct http *http = call->http;
    curl_slist_free_all(call->headers);
    call->headers = NULL;
    if (http->idle_count >= http->connections) {
        call_free(call);
        return;
    }
    buffer_clear(&call->body, HTTP_KEEP);
    buffer_clear(&call->reply, HTTP_KEEP);
    buffer_clear(&call->decoded, HTTP_KEEP);
    call->next = http->idle;
    http->idle = call;
    http->idle_count++;
}

/* May anything of the request have left whole? Errs towards yes. */
static bool call_is_unsent(const struct http_call *call)
{
    if (call->body.size || call->post) {
        return !call->whole;
    }
    return !call->begun;
}

/* ---- the end of a call ---- */

/* Why the call ended: our own reason, or libcurl's. */
static void why_write(const struct http_call *call, CURLcode code, char *out, size_t size)
{
    const char *text = call->stop                       ? call->stop
                       : code == CURLE_SEND_FAIL_REWIND ? stopped_resend
                       : call->error[0]                 ? call->error
                                                        : curl_easy_strerror(code);
    http_why(call->easy, text, code, out, size);
}

static void call_end(struct http_call *call, CURLcode code, bool cancelled)
{
    struct http_reply reply = {.retry_after = -1, .total_count = -1};
    long status = 0;
    if (call->added) {
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    }
    if (!cancelled && code == CURLE_OK && (!call->header_end || status < 200)) {
        call->stop = "the reply broke off in its headers";
    }
    bool answered = !cancelled && code == CURLE_OK && !call->stop;
    reply.status = (int)status;
    reply.seconds = (double)(clock_us() - call->started) / 1e6;
    reply.unsent = !answered && call_is_unsent(call);
    reply.reach = answered ? HTTP_ANSWERED : cancelled ? HTTP_CANCELLED : reply.unsent ? HTTP_UNSENT : HTTP_SENT;
    char location[HTTP_LOCATION_ROOM] = "";
    if (call->added) {
        long proxy_status = 0;
        curl_easy_getinfo(call->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
        reply.proxy_status = (int)proxy_status;
    }
    if (answered) {
        reply.raw = buffer_text(&call->reply);
        http_body(call->easy, reply.raw, &call->decoded, &reply);
        http_headers(call->easy, location, &reply);
    } else {
        if (cancelled && !call->stop) {
            call->stop = "the call was given up";
        }
        why_write(call, code, reply.why, sizeof reply.why);
        reply.certificate = !call->stop && http_certificate(code);
        reply.encoding = !call->stop && code == CURLE_BAD_CONTENT_ENCODING;
        reply.too_large = call->stop == stopped_large;
    }
    record_write(call->http->record, &(struct record_call){call->added ? call->easy : NULL, call->headers, call->api,
                                                           call->method, buffer_text(&call->body), &reply});
    call_detach(call);
    http_meter_end(&call->http->meter, call->api, &reply);
    call->done(call->user, &reply);
    call_idle(call);
}

/* Each end may start or cancel calls, so the queue is asked again every time. */
static void ends_take(struct http *http)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(http->multi, &left))) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        struct http_call *call = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        call_end(call, code, false);
    }
}

/* send_by has come. What has not left by now must not leave later. */
static void deadline_passed(void *user)
{
    struct http_call *call = user;
    if (call_is_unsent(call)) {
        call->stop = stopped_late;
        call_end(call, CURLE_ABORTED_BY_CALLBACK, false);
        return;
    }
    curl_off_t uploaded = 0;
    curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    if ((size_t)uploaded < call->body.size) {
        call->stop = "the body had not left in time";
        call_end(call, CURLE_ABORTED_BY_CALLBACK, false);
    }
}

/* ---- libcurl on the loop ---- */

static void descriptor_ready(void *user, int fd, int events)
{
    struct http *http = user;
    int running;
    int flags = (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(http->multi, fd, flags, &running);
    ends_take(http);
}

static void timer_fired(void *user)
{
    struct http *http = user;
    int running;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    ends_take(http);
}

static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *user, void *assigned)
{
    (void)easy;
    struct http *http = user;
    struct loop_watch *watch = assigned;
    if (what == CURL_POLL_REMOVE) {
        loop_unwatch(http->loop, &watch);
        return 0;
    }
    int events = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);
    if (watch) {
        loop_change_fd(http->loop, watch, events);
        return 0;
    }
    watch = loop_watch_fd(http->loop, fd, events, descriptor_ready, http);
    curl_multi_assign(http->multi, fd, watch);
    return watch ? 0 : -1;
}

static int timer_changed(CURLM *multi, long ms, void *user)
{
    (void)multi;
    struct http *http = user;
    if (ms < 0) {
        loop_clear_timer(http->loop, &http->timer);
    } else {
        /* One more: the loop's clock was read at the start of the turn and rounds down. */
        loop_set_after(http->loop, &http->timer, ms + (ms > 0));
    }
    return 0;
}

/* ---- interface ---- */

int http_new(struct loop *loop, const struct http_options *options, struct http **out, struct cause *cause)
{
    if (options->network.ca_file && access(options->network.ca_file, R_OK) != 0) {
        return cause_set(cause, ERR_INPUT, "DIANCHEN_CA_FILE %s: cannot be read; give a PEM file of certificates",
                         options->network.ca_file);
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return cause_set(cause, ERR_IO, "libcurl could not be started");
    }
    struct http *http = calloc(1, sizeof *http);
    if (!http) {
        curl_global_cleanup();
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    http->loop = loop;
    http->connections = options->connections > 0 ? options->connections : 1;
    http->body_limit = options->body_limit;
    http->meter.metrics = options->metrics;
    http->timer.fn = timer_fired;
    http->timer.user = http;
    int error = record_open(&options->record, &http->record, cause);
    if (error) {
        http_free(&http);
        return error;
    }
    http->multi = curl_multi_init();
    http->no_proxy = http_no_proxy(options->network.no_proxy);
    const struct http_network *network = &options->network;
    if (!http->multi || !http->no_proxy || !http_keep(network->ca_file, &http->ca_file) ||
        !http_keep(network->proxy, &http->proxy) || !http_keep(network->http_proxy, &http->http_proxy)) {
        http_free(&http);
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, timer_changed);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)http->connections);
    curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)http->connections);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    *out = http;
    return 0;
}

void http_free(struct http **http)
{
    struct http *h = *http;
    *http = NULL;
    if (!h) {
        return;
    }
    for (struct http_call *call = h->busy; call; call = h->busy) {
        call_end(call, CURLE_ABORTED_BY_CALLBACK, true);
        assert(h->busy != call);
    }
    while (h->idle) {
        struct http_call *call = h->idle;
        h->idle = call->next;
        call_free(call);
    }
    if (h->multi) {
        curl_multi_cleanup(h->multi); /* closes idle connections: socket_changed may still be called */
    }
    loop_clear_timer(h->loop, &h->timer);
    record_close(&h->record);
    free(h->ca_file);
    free(h->proxy);
    free(h->http_proxy);
    free(h->no_proxy);
    free(h);
    curl_global_cleanup();
}

static int header_add(struct http_call *call, const char *line)
{
    struct curl_slist *grown = curl_slist_append(call->headers, line);
    if (!grown) {
        return ERR_MEMORY;
    }
    call->headers = grown;
    return 0;
}

static int request_apply(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;
    int error = header_add(call, "Accept-Encoding:");
    error = error || !call->post ? error : header_add(call, "Expect:");
    for (const char *const *line = request->headers; line && *line && !error; line++) {
        error = header_add(call, *line);
    }
    if (error) {
        return error;
    }
    /* HTTPS_PROXY is for https alone, as everywhere; an empty name also shuts out libcurl's own look at the environment. */
    const char *proxy = http_tls(request->url) ? call->http->proxy : call->http->http_proxy;
    int64_t connect = request->timeout < HTTP_CONNECT_MAX ? request->timeout : HTTP_CONNECT_MAX;
    size_t size = request->own_body ? request->own_body->size : request->body.size;
    bool ok = true;
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROXY, proxy ? proxy : "");
    SET(CURLOPT_TIMEOUT_MS, (long)request->timeout);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
    if (call->post) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    } else {
        SET(CURLOPT_HTTPGET, 1L);
    }
    SET(CURLOPT_CUSTOMREQUEST, call->method);
    SET(CURLOPT_HTTPHEADER, call->headers);
#undef SET
    return ok ? 0 : ERR_MEMORY;
}

/* The body comes in as the very last thing that may fail: a refused http_send leaves it with the caller. */
static int body_take(struct http_call *call, const struct http_request *request)
{
    struct buffer *own = request->own_body;
    if (!own) {
        buffer_add_text(&call->body, request->body);
        return call->body.failed ? ERR_MEMORY : 0;
    }
    /* Swapped, so that in a steady state neither side allocates. */
    struct buffer mine = call->body;
    call->body = *own;
    *own = (struct buffer){.data = mine.data, .room = mine.room, .limit = call->body.limit};
    return 0;
}

static void call_reset(struct http_call *call)
{
    call->handed = call->header_size = 0;
    call->whole = call->begun = call->post = call->added = call->header_end = false;
    call->stop = NULL;
    call->error[0] = '\0';
}

int http_send(struct http *http, const struct http_request *request, struct http_call **out)
{
    const char *method = http_method(request->method);
    bool post = method && strcmp(method, "GET") != 0;
    size_t size = request->own_body ? request->own_body->size : request->body.size;
    if (!method || (!post && size) || request->timeout <= 0) {
        return ERR_INPUT;
    }
    struct http_call *call = http->idle;
    if (call) {
        http->idle = call->next;
        http->idle_count--;
    } else {
        call = call_new(http);
        if (!call) {
            return ERR_MEMORY;
        }
    }
    call_reset(call);
    call->post = post;
    call->method = method;
    call->api = request->api;
    call->done = request->done;
    call->user = request->user;
    call->send_by = request->send_by;
    call->started = clock_us();
    call->deadline.fn = deadline_passed;
    call->deadline.user = call;
    int error = request_apply(call, request);
    error = error ? error : body_take(call, request);
    if (error) {
        call_idle(call);
        return error;
    }
    call_link(call);
    http_meter_begin(&http->meter, call->api);
    if (call->send_by.ms) {
        loop_set_timer(http->loop, &call->deadline, call->send_by);
    }
    /* Too late already: the deadline ends it with the next turn, and libcurl never hears of it. */
    if (!call->send_by.ms || call->send_by.ms > clock_ms()) {
        call->added = true;
        if (curl_multi_add_handle(http->multi, call->easy) != CURLM_OK) {
            call->added = false;
            call->stop = "libcurl refused the call";
            loop_set_after(http->loop, &call->deadline, 0);
        }
    }
    *out = call;
    return 0;
}

void http_cancel(struct http *http, struct http_call *call)
{
    (void)http;
    call_end(call, CURLE_ABORTED_BY_CALLBACK, true);
}
