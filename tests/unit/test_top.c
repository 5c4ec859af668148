/* `dianchen top`: how it reads a metrics page, which bottleneck it names, and how that is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/columns.h"
#include "ctl/top/board.h"

static const char page[] = "# HELP dianchen_build_info Always 1; what runs here.\n"
                           "# TYPE dianchen_build_info gauge\n"
                           "dianchen_http_request_seconds_count{api=\"jdy/list\"} 90\n"
                           "dianchen_build_info{stage=\"loader\",version=\"0.1.0\",scheme=\"店铺到商品\"} 1\n"
                           "dianchen_ready 1\n"
                           "dianchen_busy_seconds_total 1.250000\n"
                           "dianchen_records_total{outcome=\"created\"} 40\n"
                           "dianchen_records_total{outcome=\"rejected\"} 2\n"
                           "dianchen_store_seconds_sum{op=\"commit\"} 0.5\n"
                           "dianchen_limit_wait_seconds_total{api=\"xingchen\",reason=\"pace\"} 3\n"
                           "dianchen_limit_wait_seconds_total{api=\"xingchen\",reason=\"throttled\"} 4\n"
                           "dianchen_calls_permitted{api=\"jdy/save\"} 4\n"
                           "dianchen_http_request_seconds_count{api=\"jdy/save\"} 7\n"
                           "dianchen_http_request_seconds_bucket{api=\"jdy/save\",le=\"+Inf\"} 7\n"
                           "dianchen_http_in_flight{api=\"jdy/save\"} 3\n"
                           "process_start_time_seconds 100\n"
                           "dianchen_broken_line_without_a_value\n"
                           "dianchen_credit_records 200"; /* no line end */

static void test_sample(void **state)
{
    (void)state;
    struct sample s = {0};
    assert_true(sample_read((struct text){page, sizeof page - 1}, &s));
    assert_int_equal(s.stage, STAGE_LOADER);
    assert_string_equal(s.scheme, "店铺到商品");
    assert_string_equal(s.api, "jdy/save");
    assert_int_equal((int)(s.busy * 100), 125);
    assert_int_equal((int)s.records, 42);
    assert_int_equal((int)s.rejected, 2);
    assert_int_equal((int)s.paced, 3);
    assert_int_equal((int)s.throttled_wait, 4);
    assert_int_equal((int)s.calls, 7);
    assert_int_equal((int)s.calls_now, 3);
    assert_int_equal((int)s.started, 100);
    assert_int_equal((int)s.credit, 200);
    struct sample other = {0};
    assert_false(sample_read(TEXT("<html>hello</html>\n"), &other));
    assert_false(sample_read(TEXT(""), &other));
    assert_false(sample_read(TEXT("dianchen_build_info{stage=\"cook\"} 1\n{} 1\n = \n"), &other));
}

static const char two_schemes[] = "dianchen_build_info{stage=\"loader\",version=\"0.1.0\",scheme=\"goods\"} 1\n"
                                  "dianchen_build_info{stage=\"loader\",version=\"0.1.0\",scheme=\"orders\"} 1\n"
                                  "dianchen_ready{scheme=\"goods\"} 1\n"
                                  "dianchen_ready{scheme=\"orders\"} 0\n"
                                  "dianchen_busy_seconds_total 1.5\n"
                                  "dianchen_idle_seconds_total{scheme=\"goods\"} 7\n"
                                  "dianchen_idle_seconds_total{scheme=\"orders\"} 3\n"
                                  "dianchen_stalled_seconds_total{scheme=\"goods\"} 1\n"
                                  "dianchen_stalled_seconds_total{scheme=\"orders\"} 2\n"
                                  "dianchen_records_total{outcome=\"created\",scheme=\"goods\"} 40\n"
                                  "dianchen_records_total{outcome=\"rejected\",scheme=\"orders\"} 2\n"
                                  "dianchen_rejects_open{scheme=\"goods\"} 5\n"
                                  "dianchen_rejects_open{scheme=\"orders\"} 5\n"
                                  "dianchen_run_source_total{scheme=\"goods\"} 50\n"
                                  "dianchen_run_source_total{scheme=\"orders\"} -1\n"
                                  "dianchen_calls_permitted{api=\"a\",scheme=\"goods\"} 4\n"
                                  "dianchen_calls_permitted{api=\"b\",scheme=\"orders\"} 2\n"
                                  "dianchen_http_request_seconds_count{api=\"a\",scheme=\"goods\"} 7\n"
                                  "dianchen_http_request_seconds_count{api=\"find\",scheme=\"goods\"} 70\n"
                                  "dianchen_http_request_seconds_count{api=\"b\",scheme=\"orders\"} 11\n"
                                  "process_start_time_seconds 100\n";

/* A stage of two schemes is one worker: what adds up is added up, what doesn't is that of the one that tells most. */
static void test_sample_of_several(void **state)
{
    (void)state;
    struct sample s = {0};
    assert_true(sample_read((struct text){two_schemes, sizeof two_schemes - 1}, &s));
    assert_string_equal(s.scheme, "goods, orders");
    assert_int_equal((int)s.ready, 0);
    assert_int_equal((int)(s.busy * 10), 15);
    assert_int_equal((int)s.idle, 3);
    assert_int_equal((int)s.stalled, 2);
    assert_int_equal((int)s.records, 42);
    assert_int_equal((int)s.rejected, 2);
    assert_int_equal((int)s.rejects_open, 5);
    assert_int_equal((int)s.source_total, -1);
    assert_int_equal((int)s.permitted, 6);
    assert_int_equal((int)s.calls, 18);
    assert_int_equal((int)s.started, 100);
}

/* What each stage did in ten seconds, in seconds; and what that must be called. */
struct scene {
    const char *name;
    struct {
        double busy, stalled, idle, store, paced, throttled;
    } e, t, l;
    double pages_open;
    const char *what, *why;
};

static const struct scene scenes[] = {
    {"slow source", {.1, 0, 10, .1, 0, 0}, {.1, 0, 9.9, 0, 0, 0}, {.1, 0, 9.8, .2, 0, 0}, 500, "source", "slow"},
    {"paced source", {.1, 0, 10, .1, 9, 0}, {.1, 0, 9.9, 0, 0, 0}, {.1, 0, 9.8, .2, 0, 0}, 500, "source", "paced"},
    {"throttled source", {.1, 0, 9, .1, 1, 8}, {.1, 0, 9, 0, 0, 0}, {.1, 0, 9, .2, 0, 0}, 9, "source", "throttled"},
    {"no run", {0, 0, 10, 0, 0, 0}, {0, 0, 10, 0, 0, 0}, {0, 0, 10, 0, 0, 0}, 0, "none", "idle"},
    {"costly mapping", {1.4, 8, 1.4, .3, 0, 0}, {9.4, .3, 1, 0, 0, 0}, {1, .5, .3, 2, 0, 0}, 9, "transformer", "busy"},
    {"slow target", {0, 10, 0, 0, 0, 0}, {0, 7.7, 2.3, 0, 0, 0}, {.1, 9.9, 0, .1, 0, 0}, 9, "target", "slow"},
    {"throttled target", {0, 10, 0, 0, 0, 0}, {0, 10, 0, 0, 0, 0}, {0, 10, 0, 0, 0, 7}, 9, "target", "throttled"},
    {"paced target", {0, 10, 0, 0, 0, 0}, {0, 10, 0, 0, 0, 0}, {0, 10, 0, 0, 9, 1}, 9, "target", "paced"},
    {"slow disk", {1, 1, 5, 2, 0, 0}, {1, 3, 5, 0, 0, 0}, {3, .5, 1, 9.5, 0, 0}, 9, "store", "busy"},
    {"fast APIs", {9.5, 0, 9.9, 3, 0, 0}, {2, 0, 8, 0, 0, 0}, {7, 1, 1, 6, 0, 0}, 9, "extractor", "busy"},
    {"loader alone", {3, 6, 1, 3, 0, 0}, {2, 7, 1, 0, 0, 0}, {9, 1, 0, 6, 0, 0}, 9, "loader", "busy"},
};

static void fill(struct scrape *scrape, const struct scene *scene)
{
    static struct worker workers[3];
    for (int i = 0; i < 3; i++) {
        struct worker *w = &workers[i];
        *w = (struct worker){.stage = (enum scrape_stage)i};
        (void)snprintf(w->address, sizeof w->address, "127.0.0.1:970%d", i + 1);
        w->before = (struct sample){.up = true, .stage = w->stage, .at = 100, .ready = 1, .peers = 1, .started = 5};
        (void)snprintf(w->before.scheme, sizeof w->before.scheme, "店铺到商品");
        w->before.permitted = i == 1 ? 0 : 4;
        (void)snprintf(w->before.api, sizeof w->before.api, "%s", i == 0 ? "wdt.shop.query" : i == 1 ? "" : "jdy/save");
        w->now = w->before;
        w->now.at = 110;
        w->now.records = 123456;
        w->now.calls = 10;
        w->now.call_seconds = 5;
        w->now.pages_open = i == 0 ? scene->pages_open : 0;
        w->now.pages_done = i == 0 ? 12345678 : 0;
        w->now.credit = 12000;
        w->now.oldest = 75;
    }
#define TAKE(i, part)                                                                                                  \
    workers[i].now.busy = scene->part.busy, workers[i].now.stalled = scene->part.stalled,                              \
    workers[i].now.idle = scene->part.idle, workers[i].now.store = scene->part.store,                                  \
    workers[i].now.paced = scene->part.paced, workers[i].now.throttled_wait = scene->part.throttled
    TAKE(0, e);
    TAKE(1, t);
    TAKE(2, l);
    *scrape = (struct scrape){workers, 3};
}

static void test_scenes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        struct scrape scrape;
        struct bottleneck v;
        fill(&scrape, &scenes[i]);
        bottleneck_find(&scrape, &v);
        if (strcmp(v.what, scenes[i].what) != 0 || strcmp(v.why, scenes[i].why) != 0) {
            print_error("%s: called %s, %s\n", scenes[i].name, v.what, v.why);
        }
        assert_string_equal(v.what, scenes[i].what);
        assert_string_equal(v.why, scenes[i].why);
        assert_true(v.say[0] && (v.cure[0] || strcmp(v.what, "none") == 0));
    }
}

static void test_absent(void **state)
{
    (void)state;
    struct scrape scrape;
    struct bottleneck v;
    fill(&scrape, &scenes[0]); /* a run that could not go on: nobody calls the source */
    scrape.workers[0].now.calls = 0;
    bottleneck_find(&scrape, &v);
    assert_string_equal(v.what, "source");
    assert_string_equal(v.why, "away");
    fill(&scrape, &scenes[0]);
    scrape.workers[1].now = (struct sample){.why = "Connection refused"};
    bottleneck_find(&scrape, &v);
    assert_string_equal(v.what, "transformer");
    assert_string_equal(v.why, "absent");
    fill(&scrape, &scenes[0]);
    scrape.workers[1].now.ready = 0;
    bottleneck_find(&scrape, &v);
    assert_string_equal(v.what, "loader");
    assert_string_equal(v.why, "absent");
    /* A worker that began anew has no rates yet, and spoils nobody's. */
    fill(&scrape, &scenes[5]);
    scrape.workers[1].now.started = 105;
    scrape.workers[1].now.busy = -3;
    bottleneck_find(&scrape, &v);
    assert_string_equal(v.what, "target");
    assert_true(v.crowds[STAGE_TRANSFORMER].seconds <= 0);
}

static void test_board(void **state)
{
    (void)state;
    struct scrape scrape;
    struct bottleneck v;
    struct buffer out;
    assert_int_equal(columns_of(TEXT("店铺 ab")), 7);
    assert_int_equal(columns_of(TEXT("\xff\xfe!")), 3);
    buffer_init(&out, 1 << 16);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        fill(&scrape, &scenes[i]);
        if (i % 2 == 1) {
            scrape.workers[2].now =
                (struct sample){.why = "a reason that is longer than any line of a terminal would be"};
            (void)snprintf(scrape.workers[1].address, SCRAPE_ADDRESS, "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535");
            scrape.workers[1].now.ready = 0;
        }
        bottleneck_find(&scrape, &v);
        (void)snprintf(v.crowds[0].api, sizeof v.crowds[0].api, "查询店铺接口查询店铺接口查询店铺接口查询店铺接口");
        buffer_clear(&out, out.room);
        const struct board_look desk = {.columns = 80, .left = 125};
        board_table(&scrape, &v, &desk, &out);
        buffer_add_char(&out, '\0');
        assert_false(out.failed);
        assert_non_null(strstr(out.data, "limiting "));
        for (const char *line = out.data; *line;) {
            const char *end = strchr(line, '\n');
            struct text text = {line, (size_t)(end - line)};
            if (columns_of(text) > 80) {
                print_error("too wide: %.*s\n", (int)text.size, text.data);
            }
            assert_true(columns_of(text) <= 80);
            assert_true(text_is_utf8(text));
            line = end + 1;
        }
        buffer_clear(&out, out.room);
        const struct board_look low = {.columns = 80, .rows = 4, .left = -1};
        board_table(&scrape, &v, &low, &out);
        size_t lines = 0;
        for (size_t k = 0; k < out.size; k++) {
            lines += out.data[k] == '\n';
        }
        assert_int_equal(lines, 4);
    }
    buffer_fini(&out);
}

/* A copy of the board, ended by a NUL. */
static char *board_of(const struct scene *scene, const struct board_look *look)
{
    static char text[1 << 16];
    struct scrape scrape;
    struct bottleneck v;
    struct buffer out;
    fill(&scrape, scene);
    scrape.workers[0].now.source_total = 1000;
    bottleneck_find(&scrape, &v);
    v.pages_done = 3;
    v.pages_open = 9;
    buffer_init(&out, 1 << 16);
    board_table(&scrape, &v, look, &out);
    assert_false(out.failed);
    (void)snprintf(text, sizeof text, "%.*s", (int)out.size, out.data);
    buffer_fini(&out);
    return text;
}

/* What is done in per cent, and what is left; a wide terminal shows more; colours only where they are wanted. */
static void test_looks(void **state)
{
    (void)state;
    const struct board_look desk = {.columns = 80, .left = 125}, wide = {.columns = 200, .left = -1};
    const char *said = board_of(&scenes[5], &desk);
    assert_non_null(strstr(said, "run      pages 3 of 12 (25 %)  left 2 min 5 s  source total 1,000"));
    assert_null(strstr(said, "\033"));
    assert_null(strstr(said, "rejects/s"));

    said = board_of(&scenes[5], &wide);
    assert_null(strstr(said, "left"));
    assert_non_null(strstr(said, "rejects/s"));
    assert_non_null(strstr(said, "again/s"));
    assert_non_null(strstr(said, "jdy/save")); /* the whole name of the API */
    const char *titles = strstr(said, "stage "), *end = strchr(titles, '\n');
    size_t columns = columns_of((struct text){titles, (size_t)(end - titles)});
    assert_true(columns > 110 && columns <= 200);
    const char *stage = strstr(end, "extractor"), *over = strchr(stage, '\n');
    assert_int_equal(columns_of((struct text){stage, (size_t)(over - stage)}), columns);

    struct board_look colours = desk;
    colours.colours = true;
    assert_non_null(strstr(board_of(&scenes[5], &colours), "\033[33mlimiting")); /* yellow: it limits */
    assert_non_null(strstr(board_of(&scenes[3], &colours), "\033[32mlimiting")); /* green: nothing does */
    /* What a worker that can't work waits for is told whole, over several lines. */
    struct scrape scrape;
    struct bottleneck v;
    struct buffer out;
    fill(&scrape, &scenes[5]);
    scrape.workers[2].now.ready = 0;
    (void)snprintf(scrape.workers[2].now.why, sizeof scrape.workers[2].now.why,
                   "not logged in to the target, or what stands there is not read yet");
    bottleneck_find(&scrape, &v);
    buffer_init(&out, 1 << 16);
    board_table(&scrape, &v, &desk, &out);
    buffer_add_char(&out, '\0');
    assert_non_null(strstr(out.data, "  127.0.0.1:9703       not ready: not logged in to the target"));
    assert_non_null(strstr(out.data, "\n                       "));
    assert_non_null(strstr(out.data, " read yet\n"));
    buffer_fini(&out);
    /* Each line ends plain. */
    for (const char *at = board_of(&scenes[5], &colours); (at = strchr(at, '\033')) != NULL; at++) {
        const char *line_end = strchr(at, '\n');
        assert_non_null(line_end);
        assert_memory_equal(line_end - 4, "\033[0m", 4);
    }
}

static void test_addresses(void **state)
{
    (void)state;
    struct scrape scrape = {0};
    struct cause cause;
    assert_int_equal(scrape_resolve(&scrape, "127.0.0.1:9701, localhost:9701,[::1]:9703,,127.0.0.1:9702", &cause), 0);
    assert_int_equal(scrape.count, 3);
    assert_string_equal(scrape.workers[1].address, "[::1]:9703");
    scrape.workers[2].now.up = true;
    assert_int_equal(scrape_resolve(&scrape, "127.0.0.1:9702", &cause), 0);
    assert_int_equal(scrape.count, 1);
    assert_true(scrape.workers[0].now.up); /* known already */
    static const char *const wrong[] = {"9701",        "127.0.0.1", "127.0.0.1:",     "127.0.0.1:0",
                                        "127.0.0.1:x", ":9701",     "127.0.0.1:70000"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(scrape_resolve(&scrape, wrong[i], &cause), ERR_INPUT);
        assert_non_null(strstr(cause.text, "--at"));
    }
    assert_int_equal(scrape.count, 1);
    scrape_free(&scrape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample), cmocka_unit_test(test_sample_of_several),
        cmocka_unit_test(test_scenes), cmocka_unit_test(test_absent),
        cmocka_unit_test(test_board),  cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_looks),
    };
    return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
