#include "common/observe/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "common/observe/process.h"

enum {
    METRICS_SERIES = 256,       /* and as many for each of several schemes */
    METRICS_LABEL = 640,        /* bytes of all labels of a series */
    METRICS_TEXT_MAX = 1 << 20, /* bytes of one answer */
    METRICS_CONNECTIONS = 32,
    METRICS_KEPT = 16,         /* connections at a time: the next one ends the oldest */
    METRICS_TIMEOUT = 5,       /* s a connection may idle */
    METRICS_STACK = 256 << 10, /* bytes, of the serving thread */
    METRICS_STALLED = 5000,    /* ms without a turn of the loop: not alive */
};

struct metrics {
    struct metrics *whole;                    /* of one scheme's: the metrics that it belongs to */
    char scheme[200], label[256];             /* of one scheme's */
    struct metrics *schemes[METRICS_SCHEMES]; /* fixed once it serves */
    size_t scheme_count;
    pthread_mutex_t adding;
    struct metric **series;       /* fixed; of one scheme's: none, all are the whole's */
    enum metric_family *families; /* of each series */
    _Atomic size_t count;         /* grows after the slot is filled */
    _Atomic(const char *) unready;
    struct metric *ready;
    const struct loop *loop;
    struct MHD_Daemon *daemon;
    int open[METRICS_KEPT]; /* connections, oldest first; the serving thread's */
    size_t open_count;
    char address[160];
};

/* ---- registration ---- */

/* A backslash before backslashes and quotes; line ends as \n. */
static void escape(char *out, size_t size, const char *text)
{
    size_t n = 0;
    for (; *text; text++) {
        bool escaped = *text == '\\' || *text == '\n' || *text == '"';
        if (n + (escaped ? 3U : 2U) > size) {
            break;
        }
        if (escaped) {
            out[n++] = '\\';
        }
        out[n++] = *text == '\n' ? 'n' : *text;
    }
    out[n] = '\0';
}

void metrics_label(char *out, size_t size, const char *name, const char *value)
{
    int head = snprintf(out, size, "%s=\"", name);
    if (head < 0 || (size_t)head + 2 > size) {
        return;
    }
    escape(out + head, size - (size_t)head - 1, value);
    size_t end = strlen(out);
    out[end] = '"';
    out[end + 1] = '\0';
}

struct metric *metrics_add(struct metrics *metrics, enum metric_family family, const char *label)
{
    if (!metrics) {
        return NULL;
    }
    char both[METRICS_LABEL];
    label = label ? label : "";
    if (metrics->whole) {
        (void)snprintf(both, sizeof both, "%s%s%s", label, label[0] ? "," : "", metrics->label);
        label = both;
        metrics = metrics->whole;
    }
    struct metric *found = NULL;
    pthread_mutex_lock(&metrics->adding);
    size_t count = atomic_load_explicit(&metrics->count, memory_order_relaxed);
    for (size_t i = 0; i < count && !found; i++) {
        struct metric *have = metrics->series[i];
        if (metrics->families[i] == family && strcmp(have->label, label) == 0) {
            found = have;
        }
    }
    if (!found && count < METRICS_SERIES * (1 + metrics->scheme_count)) {
        const struct family *row = family_row(family);
        found = metric_new(row->kind, row->name, label);
        if (found) {
            metrics->series[count] = found;
            metrics->families[count] = family;
            atomic_store_explicit(&metrics->count, count + 1, memory_order_release);
        }
    }
    pthread_mutex_unlock(&metrics->adding);
    return found;
}

struct metrics *metrics_whole(struct metrics *metrics)
{
    return metrics && metrics->whole ? metrics->whole : metrics;
}

/* ---- printing ---- */

static void print_seconds(struct buffer *out, int64_t us)
{
    buffer_format(out, "%s%lld.%06lld\n", us < 0 ? "-" : "", llabs(us) / 1000000, llabs(us) % 1000000);
}

static void print_histogram(struct buffer *out, const struct metric *m)
{
    const char *comma = m->label[0] ? "," : "";
    const char *open = m->label[0] ? "{" : "", *close = m->label[0] ? "}" : "";
    int64_t sum = atomic_load_explicit(&m->value, memory_order_relaxed);
    int64_t total = 0;
    for (size_t i = 0; i <= METRIC_BUCKETS; i++) {
        total += atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
        buffer_format(out, "%s_bucket{%s%sle=\"%s\"} %lld\n", m->name, m->label, comma,
                      i < METRIC_BUCKETS ? metric_bucket_texts[i] : "+Inf", (long long)total);
    }
    buffer_format(out, "%s_sum%s%s%s ", m->name, open, m->label, close);
    print_seconds(out, sum);
    buffer_format(out, "%s_count%s%s%s %lld\n", m->name, open, m->label, close, (long long)total);
}

static void print_metric(struct buffer *out, const struct metric *m)
{
    if (m->kind == METRIC_HISTOGRAM) {
        print_histogram(out, m);
        return;
    }
    buffer_format(out, m->label[0] ? "%s{%s} " : "%s%s ", m->name, m->label);
    if (m->seconds) {
        print_seconds(out, metric_value(m));
    } else {
        buffer_format(out, "%lld\n", (long long)metric_value(m));
    }
}

/* All series of a family stand together under one HELP and one TYPE. */
static void print_all(const struct metrics *metrics, struct buffer *out)
{
    bool printed[FAMILY_COUNT] = {false};
    size_t count = atomic_load_explicit(&metrics->count, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        enum metric_family family = metrics->families[i];
        if (printed[family]) {
            continue;
        }
        printed[family] = true;
        family_print(out, family);
        for (size_t j = i; j < count; j++) {
            if (metrics->families[j] == family) {
                print_metric(out, metrics->series[j]);
            }
        }
    }
    process_print(out);
}

/* ---- serving ---- */

/* The status and text of a page. */
static unsigned int page_write(const struct metrics *metrics, const char *url, struct buffer *out)
{
    if (strcmp(url, "/metrics") == 0) {
        print_all(metrics, out);
        return out->failed ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_OK;
    }
    bool ready = strcmp(url, "/readyz") == 0;
    if (!ready && strcmp(url, "/healthz") != 0) {
        buffer_format(out, "not found; there are /metrics, /healthz and /readyz\n");
        return MHD_HTTP_NOT_FOUND;
    }
    int64_t still = metrics->loop ? clock_ms() - loop_turned(metrics->loop).ms : 0;
    if (still >= METRICS_STALLED) {
        buffer_format(out, "the loop has not turned for %lld ms\n", (long long)still);
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    }
    const char *reason = atomic_load(&metrics->unready);
    if (ready && reason && metrics->scheme_count == 0) {
        buffer_format(out, "%s\n", reason);
    } else if (ready && reason) {
        for (size_t i = 0; i < metrics->scheme_count; i++) {
            const char *why = atomic_load(&metrics->schemes[i]->unready);
            buffer_format(out, "%s: %s\n", metrics->schemes[i]->scheme, why ? why : "ready");
        }
    }
    if (ready && reason) {
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    }
    buffer_format(out, "ok\n");
    return MHD_HTTP_OK;
}

static enum MHD_Result page_serve(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **state)
{
    (void)version, (void)upload, (void)upload_size, (void)state;
    struct buffer out;
    unsigned int status = MHD_HTTP_METHOD_NOT_ALLOWED;
    bool allowed = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    buffer_init(&out, METRICS_TEXT_MAX);
    if (allowed) {
        status = page_write(user, url, &out);
    } else {
        buffer_format(&out, "only GET and HEAD are served here\n");
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(out.size, out.data, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        buffer_fini(&out);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type",
                            status == MHD_HTTP_OK && strcmp(url, "/metrics") == 0
                                ? "text/plain; version=0.0.4; charset=utf-8"
                                : "text/plain; charset=utf-8");
    if (!allowed) {
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    }
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Slow connections must not keep others out: whoever comes is served, and the oldest of METRICS_KEPT goes. Its descriptor is
 * MHD's, and open until MHD reports its end on this very thread. */
static void connection_notify(void *user, struct MHD_Connection *connection, void **state,
                              enum MHD_ConnectionNotificationCode what)
{
    (void)state;
    struct metrics *metrics = user;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    size_t at = 0;
    if (!info) {
        return;
    }
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        if (metrics->open_count == METRICS_KEPT) {
            (void)shutdown(metrics->open[0], SHUT_RDWR);
            memmove(metrics->open, metrics->open + 1, --metrics->open_count * sizeof *metrics->open);
        }
        metrics->open[metrics->open_count++] = info->connect_fd;
        return;
    }
    while (at < metrics->open_count && metrics->open[at] != info->connect_fd) {
        at++;
    }
    if (at < metrics->open_count) {
        memmove(metrics->open + at, metrics->open + at + 1, (--metrics->open_count - at) * sizeof *metrics->open);
    }
}

/* "HOST:PORT", "[v6]:PORT" or ":PORT" (every address) taken apart; false when it is none of these. */
static bool bind_split(const char *bind, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(bind, ':');
    if (!colon || !colon[1]) {
        return false;
    }
    const char *begin = bind, *end = colon;
    if (*begin == '[' && end > begin + 1 && end[-1] == ']') {
        begin++;
        end--;
    }
    int64_t number;
    if ((size_t)(end - begin) >= size || text_integer(text_of(colon + 1), &number) != 0 || number < 0 ||
        number > 65535) {
        return false;
    }
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    *port = colon + 1;
    return true;
}

static int listener_open(const char *bind_to, int *out, struct cause *cause)
{
    char host[256];
    const char *port;
    if (!bind_split(bind_to, host, sizeof host, &port)) {
        return cause_set(cause, ERR_INPUT,
                         "METRICS_BIND %s: not HOST:PORT; write 127.0.0.1:9701, or off, with --metrics", bind_to);
    }
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *list;
    int told = getaddrinfo(host[0] ? host : NULL, port, &hints, &list);
    if (told != 0) {
        return cause_set(cause, ERR_INPUT, "METRICS_BIND %s: %s; choose another with --metrics", bind_to,
                         gai_strerror(told));
    }
    int one = 1, fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = fd < 0 ? errno : 0;
    if (!error) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        error = bind(fd, list->ai_addr, list->ai_addrlen) != 0 || listen(fd, METRICS_CONNECTIONS) != 0 ? errno : 0;
    }
    freeaddrinfo(list);
    if (!error) {
        *out = fd;
        return 0;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (error == EADDRINUSE) {
        return cause_set(cause, ERR_INPUT,
                         "METRICS_BIND %s: address in use; another stage or program has it, choose another with "
                         "--metrics, or --metrics off",
                         bind_to);
    }
    char why[128];
    return cause_set(cause, ERR_INPUT, "METRICS_BIND %s: %s; choose another with --metrics", bind_to,
                     strerror_r(error, why, sizeof why));
}

static void listener_tell(struct metrics *metrics, int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char host[128], port[16], sentence[200];
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return;
    }
    snprintf(metrics->address, sizeof metrics->address, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    snprintf(sentence, sizeof sentence, "metrics stand at http://%s/metrics", metrics->address);
    log_event(EVENT_METRICS_LISTENING, sentence, "address", LOG_STR(metrics->address), (const char *)NULL);
}

const char *metrics_address(const struct metrics *metrics)
{
    return metrics->address;
}

int metrics_serve(struct metrics *metrics, const char *bind, const struct loop *loop, const char *stage,
                  const char *scheme, struct cause *cause)
{
    char label[512], names[3][160];
    metrics_label(names[0], sizeof names[0], "stage", stage);
    metrics_label(names[1], sizeof names[1], "version", dianchen_version);
    metrics_label(names[2], sizeof names[2], "scheme", scheme ? scheme : "");
    snprintf(label, sizeof label, "%s,%s,%s", names[0], names[1], names[2]);
    for (size_t i = 0; i < metrics->scheme_count; i++) {
        struct metrics *one = metrics->schemes[i];
        (void)snprintf(label, sizeof label, "%s,%s", names[0], names[1]);
        metric_set(metrics_add(one, FAMILY_BUILD_INFO, label), 1);
        one->ready = metrics_add(one, FAMILY_READY, NULL);
        metrics_ready(one, atomic_load(&one->unready));
    }
    if (metrics->scheme_count == 0) {
        metric_set(metrics_add(metrics, FAMILY_BUILD_INFO, label), 1);
        metrics->ready = metrics_add(metrics, FAMILY_READY, NULL);
        metrics_ready(metrics, atomic_load(&metrics->unready));
    }
    metrics->loop = loop;
    if (strcmp(bind, "off") == 0) {
        return 0;
    }
    int fd = -1;
    int error = listener_open(bind, &fd, cause);
    if (error) {
        return error;
    }
    metrics->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, page_serve, metrics,
                                       MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                                       (unsigned int)METRICS_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                                       (unsigned int)METRICS_TIMEOUT, MHD_OPTION_NOTIFY_CONNECTION, connection_notify,
                                       metrics, MHD_OPTION_THREAD_STACK_SIZE, (size_t)METRICS_STACK, MHD_OPTION_END);
    if (!metrics->daemon) {
        close(fd);
        return cause_set(cause, ERR_IO, "METRICS_BIND %s: the server of metrics could not be started", bind);
    }
    listener_tell(metrics, fd);
    return 0;
}

void metrics_ready(struct metrics *metrics, const char *reason)
{
    if (metrics) {
        atomic_store(&metrics->unready, reason);
        metric_set(metrics->ready, reason == NULL);
    }
    struct metrics *whole = metrics ? metrics->whole : NULL;
    for (size_t i = 0; whole && !reason && i < whole->scheme_count; i++) {
        reason = atomic_load(&whole->schemes[i]->unready);
    }
    if (whole) {
        atomic_store(&whole->unready, reason);
    }
}

int metrics_of_scheme(struct metrics *metrics, const char *scheme, struct metrics **out)
{
    struct metrics *one = metrics->scheme_count < METRICS_SCHEMES ? calloc(1, sizeof *one) : NULL;
    if (!one) {
        return ERR_MEMORY;
    }
    one->whole = metrics;
    (void)snprintf(one->scheme, sizeof one->scheme, "%s", scheme);
    metrics_label(one->label, sizeof one->label, "scheme", one->scheme);
    metrics->schemes[metrics->scheme_count++] = one;
    *out = one;
    return 0;
}

int metrics_new(struct metrics **out)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    enum { ROOM = METRICS_SERIES * (1 + METRICS_SCHEMES) };
    struct metric **series = calloc(ROOM, sizeof(struct metric *));
    enum metric_family *families = calloc(ROOM, sizeof *families);
    if (!metrics || !series || !families || pthread_mutex_init(&metrics->adding, NULL) != 0) {
        free(series);
        free(families);
        free(metrics);
        return ERR_MEMORY;
    }
    metrics->series = series;
    metrics->families = families;
    *out = metrics;
    return 0;
}

void metrics_free(struct metrics **metrics)
{
    struct metrics *m = *metrics;
    *metrics = NULL;
    if (!m) {
        return;
    }
    if (m->daemon) {
        MHD_stop_daemon(m->daemon); /* closes the listening socket, too */
    }
    size_t count = atomic_load(&m->count);
    for (size_t i = 0; i < count; i++) {
        metric_free(m->series[i]);
    }
    for (size_t i = 0; i < m->scheme_count; i++) {
        free(m->schemes[i]);
    }
    free(m->series);
    free(m->families);
    pthread_mutex_destroy(&m->adding);
    free(m);
}
