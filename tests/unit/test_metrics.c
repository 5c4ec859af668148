/* Metrics: what a scraper gets over a real connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/log/log.h"
#include "common/observe/metrics.h"

enum { ANSWER_MAX = 256 << 10 };
static char answer[ANSWER_MAX];

static int new_metrics(void **state)
{
    struct metrics *metrics = NULL;
    struct cause cause;
    assert_int_equal(log_open("test", "error", &cause), 0);
    assert_int_equal(metrics_new(&metrics), 0);
    *state = metrics;
    return 0;
}

static int free_metrics(void **state)
{
    struct metrics *metrics = *state;
    metrics_free(&metrics);
    assert_null(metrics);
    return 0;
}

static void serve(struct metrics *metrics, const struct loop *loop)
{
    struct cause cause;
    assert_int_equal(metrics_serve(metrics, "127.0.0.1:0", loop, "loader", "a \"scheme\"", &cause), 0);
}

static int connect_to(const struct metrics *metrics)
{
    const char *colon = strrchr(metrics_address(metrics), ':');
    assert_non_null(colon);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = 3}; /* less than METRICS_TIMEOUT: whoever waits for that has waited too long */
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Sends `head` (the request line) and reads the whole answer; returns the status. */
static int ask(const struct metrics *metrics, const char *head)
{
    int fd = connect_to(metrics);
    char request[200];
    int size = snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", head);
    assert_int_equal(send(fd, request, (size_t)size, MSG_NOSIGNAL), size);
    size_t used = 0;
    ssize_t got;
    while (used < sizeof answer - 1 && (got = recv(fd, answer + used, sizeof answer - 1 - used, 0)) > 0) {
        used += (size_t)got;
    }
    answer[used] = '\0';
    close(fd);
    assert_memory_equal(answer, "HTTP/1.1 ", 9);
    return (int)strtol(answer + 9, NULL, 10);
}

static size_t occurrences(const char *text)
{
    size_t count = 0;
    for (const char *at = answer; (at = strstr(at, text)); at++) {
        count++;
    }
    return count;
}

static void test_text(void **state)
{
    struct metrics *metrics = *state;
    char label[100];
    metrics_label(label, sizeof label, "api", "a\"b\\c\nd");
    assert_string_equal(label, "api=\"a\\\"b\\\\c\\nd\"");
    metrics_label(label, 12, "api", "much too long");
    assert_string_equal(label, "api=\"much \"");

    struct metric *created = metrics_add(metrics, FAMILY_RECORDS, "outcome=\"created\"");
    struct metric *peers = metrics_add(metrics, FAMILY_PEERS, NULL);
    struct metric *updated = metrics_add(metrics, FAMILY_RECORDS, "outcome=\"updated\"");
    struct metric *stalled = metrics_add(metrics, FAMILY_STALLED, NULL);
    struct metric *plain = metrics_add(metrics, FAMILY_BATCH_SECONDS, NULL);
    struct metric *named = metrics_add(metrics, FAMILY_STORE_SECONDS, "op=\"commit\"");
    assert_ptr_equal(metrics_add(metrics, FAMILY_RECORDS, "outcome=\"created\""), created);
    assert_ptr_equal(metrics_add(metrics, FAMILY_PEERS, ""), peers);
    metric_add(created, 41);
    metric_add(created, 1);
    metric_add(updated, 5);
    metric_set(peers, -3);
    metric_add(stalled, 1500000);
    metric_observe(plain, 499);
    metric_observe(plain, 500);
    metric_observe(plain, 501);
    metric_observe(plain, 60000001);
    metric_observe(named, 250000);
    metric_observe(peers, 4); /* no histogram: nothing */
    assert_int_equal(metric_value(created), 42);
    assert_int_equal(metric_value(peers), -3);

    serve(metrics, NULL);
    assert_int_equal(ask(metrics, "GET /metrics"), 200);
    static const char *const lines[] = {
        " in the report.\n# TYPE dianchen_records_total counter\n"
        "dianchen_records_total{outcome=\"created\"} 42\ndianchen_records_total{outcome=\"updated\"} 5\n",
        "\n# HELP dianchen_peers Live peerings, of both ends.\n# TYPE dianchen_peers gauge\ndianchen_peers -3\n",
        "\n# TYPE dianchen_stalled_seconds_total counter\ndianchen_stalled_seconds_total 1.500000\n",
        "\n# TYPE dianchen_batch_seconds histogram\ndianchen_batch_seconds_bucket{le=\"0.0005\"} 2\n"
        "dianchen_batch_seconds_bucket{le=\"0.001\"} 3\n",
        "\ndianchen_batch_seconds_bucket{le=\"60\"} 3\ndianchen_batch_seconds_bucket{le=\"+Inf\"} 4\n"
        "dianchen_batch_seconds_sum 60.001501\ndianchen_batch_seconds_count 4\n",
        "\ndianchen_store_seconds_bucket{op=\"commit\",le=\"0.1\"} 0\n"
        "dianchen_store_seconds_bucket{op=\"commit\",le=\"0.25\"} 1\n",
        "\ndianchen_store_seconds_sum{op=\"commit\"} 0.250000\ndianchen_store_seconds_count{op=\"commit\"} 1\n",
        ",scheme=\"a \\\"scheme\\\"\"} 1\n",
        "\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ",
        "\nprocess_resident_memory_bytes ",
        "\nprocess_start_time_seconds ",
        "\nprocess_open_fds ",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (!strstr(answer, lines[i])) {
            print_message("missing: %s\nin: %s\n", lines[i], answer);
        }
        assert_non_null(strstr(answer, lines[i]));
    }
    assert_int_equal(occurrences("# TYPE dianchen_records_total "), 1);
    assert_int_equal(occurrences("dianchen_build_info{stage=\"loader\",version=\""), 1);
    assert_non_null(strstr(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    const char *memory = strstr(answer, "\nprocess_resident_memory_bytes ");
    assert_true(strtoll(memory + 31, NULL, 10) > 100000);
}

/* A reader compares two pages only when both tell the same start, whatever part of a second has passed. */
static void test_every_page_tells_the_same_start(void **state)
{
    struct metrics *metrics = *state;
    serve(metrics, NULL);
    static const char name[] = "\nprocess_start_time_seconds ";
    long long first = -1;
    for (int i = 0; i < 100; i++) { /* over a second, in pieces that are no part of it */
        assert_int_equal(ask(metrics, "GET /metrics"), 200);
        const char *at = strstr(answer, name);
        assert_non_null(at);
        long long start = strtoll(at + sizeof name - 1, NULL, 10);
        first = first < 0 ? start : first;
        assert_int_equal(start, first);
        const struct timespec piece = {.tv_nsec = 11000000};
        nanosleep(&piece, NULL);
    }
    assert_true(first <= time(NULL) && first > time(NULL) - 600);
}

static void test_series_are_capped(void **state)
{
    struct metrics *metrics = *state;
    size_t made = 0;
    for (int i = 0; i < 300; i++) {
        char label[40];
        snprintf(label, sizeof label, "n=\"%d\"", i);
        made += metrics_add(metrics, FAMILY_RECORDS, label) != NULL;
    }
    assert_int_equal(made, 256);
    struct metric *none = metrics_add(metrics, FAMILY_BATCH_SECONDS, NULL);
    assert_null(none);
    metric_add(none, 1);
    metric_set(none, 1);
    metric_observe(none, 1);
    assert_int_equal(metric_value(none), 0);
    assert_null(metrics_add(NULL, FAMILY_RECORDS, NULL));
    serve(metrics, NULL);
    assert_int_equal(ask(metrics, "GET /metrics"), 200);
    assert_int_equal(occurrences("\ndianchen_records_total{"), 256);
}

static void test_pages(void **state)
{
    static const struct {
        const char *head;
        int status;
    } table[] = {{"GET /healthz", 200},  {"HEAD /metrics", 200}, {"GET /readyz", 200},     {"GET /", 404},
                 {"GET /metrics/", 404}, {"POST /metrics", 405}, {"DELETE /healthz", 405}, {"GET /metrics?x=1", 200},
                 {"GET /..", 404},       {"HEAD /nothing", 404}, {"OPTIONS /metrics", 405}};
    struct metrics *metrics = *state;
    serve(metrics, NULL);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(ask(metrics, table[i].head), table[i].status);
    }
    assert_int_equal(ask(metrics, "HEAD /metrics"), 200);
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

static void test_readiness(void **state)
{
    struct metrics *metrics = *state;
    struct loop *loop = NULL;
    assert_int_equal(loop_new(&loop), 0);
    serve(metrics, loop);
    metrics_ready(metrics, "no upstream");
    assert_int_equal(ask(metrics, "GET /readyz"), 503);
    assert_non_null(strstr(answer, "\r\n\r\nno upstream\n"));
    assert_int_equal(ask(metrics, "GET /healthz"), 200);
    metrics_ready(metrics, NULL);
    assert_int_equal(ask(metrics, "GET /readyz"), 200);
    metrics_free(&metrics);
    *state = NULL;
    loop_free(&loop);
}

/* Each of several schemes has its own series and its own readiness; the process is ready when all are. */
static void test_schemes(void **state)
{
    struct metrics *metrics = *state, *goods = NULL, *orders = NULL;
    struct loop *loop = NULL;
    assert_int_equal(loop_new(&loop), 0);
    assert_int_equal(metrics_of_scheme(metrics, "goods", &goods), 0);
    assert_int_equal(metrics_of_scheme(metrics, "a \"b\"", &orders), 0);
    metric_add(metrics_add(goods, FAMILY_RECORDS, "outcome=\"sent\""), 3);
    metric_add(metrics_add(orders, FAMILY_RECORDS, "outcome=\"sent\""), 4);
    metric_set(metrics_add(orders, FAMILY_PEERS, NULL), 2);
    assert_ptr_equal(metrics_whole(orders), metrics);
    serve(metrics, loop);
    metrics_ready(goods, "no upstream");
    metrics_ready(orders, NULL);
    assert_int_equal(ask(metrics, "GET /metrics"), 200);
    assert_non_null(strstr(answer, "\ndianchen_records_total{outcome=\"sent\",scheme=\"goods\"} 3\n"));
    assert_non_null(strstr(answer, "\ndianchen_records_total{outcome=\"sent\",scheme=\"a \\\"b\\\"\"} 4\n"));
    assert_non_null(strstr(answer, "\ndianchen_peers{scheme=\"a \\\"b\\\"\"} 2\n"));
    assert_non_null(strstr(answer, "\ndianchen_ready{scheme=\"goods\"} 0\n"));
    assert_non_null(strstr(answer, "\ndianchen_ready{scheme=\"a \\\"b\\\"\"} 1\n"));
    assert_non_null(strstr(answer, ",scheme=\"goods\"} 1\n"));
    assert_int_equal(ask(metrics, "GET /readyz"), 503);
    assert_non_null(strstr(answer, "\r\n\r\ngoods: no upstream\na \"b\": ready\n"));
    metrics_ready(goods, NULL);
    assert_int_equal(ask(metrics, "GET /readyz"), 200);
    metrics_free(&metrics);
    *state = NULL;
    loop_free(&loop);
}

static void test_bind(void **state)
{
    struct metrics *first = *state;
    struct metrics *second = NULL;
    struct cause cause;
    char bind[200], expected[300];
    serve(first, NULL);
    assert_int_equal(metrics_new(&second), 0);
    snprintf(bind, sizeof bind, "%s", metrics_address(first));
    assert_int_equal(metrics_serve(second, bind, NULL, "loader", "s", &cause), ERR_INPUT);
    snprintf(expected, sizeof expected, "METRICS_BIND %s: address in use", bind);
    assert_non_null(strstr(cause.text, expected));
    assert_non_null(strstr(cause.text, "choose another with --metrics"));
    static const char *const wrong[] = {"9701", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000",
                                        "",     ":-1",       "192.0.2.7:0"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(metrics_serve(second, wrong[i], NULL, "loader", "s", &cause), ERR_INPUT);
        assert_non_null(strstr(cause.text, "METRICS_BIND"));
        assert_non_null(strstr(cause.text, "--metrics"));
    }
    assert_int_equal(metrics_serve(second, "off", NULL, "loader", "s", &cause), 0);
    assert_string_equal(metrics_address(second), "");
    metrics_free(&second);
}

/* A loop that stands still: alive at first, and not any more after 5 s. */
static void test_stalled_loop(void **state)
{
    struct metrics *metrics = *state;
    struct loop *loop = NULL;
    assert_int_equal(loop_new(&loop), 0);
    serve(metrics, loop);
    assert_int_equal(ask(metrics, "GET /healthz"), 200);
    int status = 200;
    for (int i = 0; i < 600 && status == 200; i++) {
        usleep(100000);
        status = ask(metrics, "GET /healthz");
    }
    assert_int_equal(status, 503);
    assert_non_null(strstr(answer, "the loop has not turned for "));
    assert_int_equal(ask(metrics, "GET /readyz"), 503);
    assert_int_equal(ask(metrics, "GET /metrics"), 200);
    metrics_free(&metrics);
    *state = NULL;
    loop_free(&loop);
}

static void test_running(void **state)
{
    struct metrics *metrics = *state;
    struct metric *time = metrics_add(metrics, FAMILY_STALLED, NULL);
    metric_run(time, false);
    assert_int_equal(metric_value(time), 0);
    metric_run(time, true);
    usleep(2000);
    int64_t first = metric_value(time);
    metric_run(time, true); /* said again: goes on */
    usleep(2000);
    metric_run(time, false);
    int64_t second = metric_value(time);
    assert_true(first >= 2000 && second >= first + 2000);
    usleep(2000);
    metric_run(time, false);
    assert_int_equal(metric_value(time), second);
    metric_run(time, true);
    usleep(2000);
    assert_true(metric_value(time) >= second + 2000);
    metric_run(NULL, true);
}

/* Slow connections, each of which says a byte now and then, keep nobody out. */
static void test_slow_connections(void **state)
{
    enum { SLOW = 60 };
    struct metrics *metrics = *state;
    int slow[SLOW];
    serve(metrics, NULL);
    for (int i = 0; i < SLOW; i++) {
        slow[i] = connect_to(metrics);
        (void)!send(slow[i], "G", 1, MSG_NOSIGNAL);
    }
    for (int round = 0; round < 5; round++) {
        assert_int_equal(ask(metrics, "GET /healthz"), 200);
        for (int i = 0; i < SLOW; i++) {
            (void)!send(slow[i], "E", 1, MSG_NOSIGNAL);
        }
    }
    for (int i = 0; i < SLOW; i++) {
        close(slow[i]);
    }
}

static void *count_up(void *user)
{
    for (int i = 0; i < 100000; i++) {
        metric_add(user, 1);
    }
    return NULL;
}

static void test_threads_count_together(void **state)
{
    struct metrics *metrics = *state;
    struct metric *metric = metrics_add(metrics, FAMILY_RECORDS, NULL);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, metric), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(metric_value(metric), 400000);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, new_metrics, free_metrics)
    const struct CMUnitTest tests[] = {
        FRESH(test_text),
        FRESH(test_every_page_tells_the_same_start),
        FRESH(test_series_are_capped),
        FRESH(test_pages),
        FRESH(test_readiness),
        FRESH(test_schemes),
        FRESH(test_bind),
        FRESH(test_threads_count_together),
        FRESH(test_stalled_loop),
        FRESH(test_running),
        FRESH(test_slow_connections),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
