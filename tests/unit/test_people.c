/* What commands show to people: times, refused records as CSV, the lines of a check as JSON. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/language.h"
#include "ctl/check/lines.h"
#include "ctl/reject/choice.h"
#include "ctl/reject/row.h"
#include "ctl/run/progress.h"
#include "ctl/show/when.h"
#include "ctl/top/near.h"

static int in_shanghai(void **state)
{
    (void)state;
    int failed = setenv("TZ", "CST-8", 1); /* as Asia/Shanghai, without its file */
    tzset();
    return failed || language_choose("en", "/nowhere") != 0 ? -1 : 0;
}

static void times_are_local(void **state)
{
    (void)state;
    char when[WHEN_ROOM];
    const int64_t moment = 1795866001000; /* 2026-11-28 11:40:01 UTC */
    assert_string_equal(when_of(moment, when), "2026-11-28 19:40:01 +0800");
    assert_string_equal(when_iso(moment, when), "2026-11-28T19:40:01+0800");
    assert_int_equal(when_from_iso(TEXT("2026-11-28T19:40:01+0800")), moment);
    assert_int_equal(when_from_iso(TEXT("2026-11-28T11:40:01+0000")), moment);
    assert_int_equal(when_from_iso(TEXT("2026-11-28")), 0);
    assert_int_equal(when_from_iso(TEXT("")), 0);
    static const struct {
        double seconds;
        const char *said;
    } took[] = {{0.04, "0.0 s"}, {9.96, "10.0 s"},    {59.9, "59 s"},      {60, "1 min"},
                {7219, "2 h"},   {200, "3 min 20 s"}, {7500, "2 h 5 min"}, {360000, "4 d 4 h"}};
    for (size_t i = 0; i < sizeof took / sizeof *took; i++) {
        assert_string_equal(when_took(took[i].seconds, when), took[i].said);
    }
}

static void times_are_read(void **state)
{
    (void)state;
    const int64_t now = 1795866001000, day = 1795795200000; /* 2026-11-28 00:00 in Shanghai */
    int64_t out = 0;
    assert_int_equal(when_read(TEXT("2h"), now, &out), 0);
    assert_int_equal(out, now - 7200000);
    assert_int_equal(when_read(TEXT("2026-11-28"), now, &out), 0);
    assert_int_equal(out, day);
    assert_int_equal(when_read(TEXT("2026-11-28 09:30"), now, &out), 0);
    assert_int_equal(out, day + 34200000);
    static const struct text wrong[] = {
        {"", 0},     {"2026-13-28", 10}, {"yesterday", 9},
        {"2026", 4}, {"28.11.2026", 10}, {"2026-11-28 09:30 and more words than any time has", 49}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(when_read(wrong[i], now, &out), ERR_SYNTAX);
    }
}

static const struct reject refused = {.run = 7,
                                      .key = {"=HYPERLINK(\"x\")", 15},
                                      .number = {"-5", 2},
                                      .class = {"target", 6},
                                      .code = {"@1", 2},
                                      .message = {"no, \"never\"\n\x1b[2J", 16},
                                      .source = {"{\"shop_no\":\"S1\",\"shop_name\":\"旗舰店\"}", 40},
                                      .attempts = 2,
                                      .first = 1795866001000,
                                      .last = 1795866001000};

/* A spreadsheet takes no cell for a formula, a terminal no byte for a command. */
static void csv_is_harmless(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    reject_put_csv_head(&out);
    reject_put_csv(&out, &refused);
    static const struct text wanted =
        TEXT("\xef\xbb\xbf\"time\",\"key\",\"number\",\"name\",\"class\",\"code\",\"message\",\"attempts\",\"run\"\r\n"
             "\"2026-11-28 19:40:01 +0800\",\"'=HYPERLINK(\"\"x\"\")\",\"'-5\",\"旗舰店\",\"target\",\"'@1\","
             "\"no, \"\"never\"\"\\n\\x1b[2J\",\"2\",\"7\"\r\n");
    assert_int_equal(out.size, wanted.size);
    assert_memory_equal(out.data, wanted.data, wanted.size);
    buffer_fini(&out);
}

static void choices_narrow(void **state)
{
    (void)state;
    static const struct {
        struct reject_choice choice;
        bool narrows, fits;
    } rows[] = {
        {{.since = 0}, false, true},
        {{.class = {"target", 6}}, true, true},
        {{.class = {"mapping", 7}}, true, false},
        {{.like = {"NEVER", 5}}, true, true},
        {{.like = {"旗舰", 6}}, true, true},
        {{.like = {"nowhere", 7}}, true, false},
        {{.since = 1795866001000}, true, true},
        {{.since = 1795866001001}, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (reject_choice_narrows(&rows[i].choice) != rows[i].narrows ||
            reject_choice_fits(&rows[i].choice, &refused) != rows[i].fits) {
            fail_msg("row %zu", i);
        }
    }
}

static void check_becomes_json(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    check_lines_put(&out, TEXT("ok    store: sqlite:a.db\nFAIL  target: no account\n      (this login)\nok    odd\n"),
                    false);
    static const struct text wanted =
        TEXT("{\"ok\":false,\"checks\":[{\"ok\":true,\"part\":\"store\",\"text\":\"sqlite:a.db\"},"
             "{\"ok\":false,\"part\":\"target\",\"text\":\"no account\\n      (this login)\"},"
             "{\"ok\":true,\"part\":\"\",\"text\":\"odd\"}]}");
    assert_int_equal(out.size, wanted.size);
    assert_memory_equal(out.data, wanted.data, wanted.size);
    buffer_clear(&out, 0);
    check_lines_put(&out, TEXT(""), true);
    assert_true(text_equal(buffer_text(&out), TEXT("{\"ok\":true,\"checks\":[]}")));
    buffer_fini(&out);
}

/* A paced run gets a page of 100 every 5 s: what is left is told steadily, whenever one looks. */
static void paced_runs_have_one_rate(void **state)
{
    (void)state;
    struct progress progress = {.terminal = false};
    double least = 1e9, most = 0;
    for (int64_t now = 0; now <= 180000; now += 200) {
        double rate = progress_rate(&progress, 1000000 + now, now / 5000 * 100);
        if (now > 60000) {
            least = rate < least ? rate : least;
            most = rate > most ? rate : most;
        }
    }
    assert_true(least > 18 && most < 22); /* 20 a second */
    progress = (struct progress){.terminal = false};
    assert_true(progress_rate(&progress, 5, 0) == 0.0); /* not known yet */
    assert_true(progress_left(&progress, 5, 0, 100) < 0);
}

/* The time left only falls while the pace is kept, though the rows come in leaps of 5 s; it is right; a run that stands has
 * more and more of it; another run begins anew. */
static void time_left_does_not_saw(void **state)
{
    (void)state;
    struct progress progress = {.terminal = false};
    enum { TOTAL = 10000 };
    double before = 1e9;
    int64_t now = 0;
    for (; now <= 300000; now += 200) {
        int64_t rows = now / 5000 * 100;
        (void)progress_rate(&progress, 1000000 + now, rows);
        double left = progress_left(&progress, 1000000 + now, rows, TOTAL);
        if (now >= 10000) {
            assert_true(left >= 0 && left <= before + 0.01);
            double truth = 500 - (double)now / 1000;
            assert_true(left > truth - 6 && left < truth + 6);
            before = left;
        }
    }
    (void)progress_rate(&progress, 1000000 + now + 600000, 6000);
    assert_true(progress_left(&progress, 1000000 + now + 600000, 6000, TOTAL) > before);
    assert_true(progress_rate(&progress, 1000000 + now + 601000, 10) == 0.0);
    assert_true(progress_left(&progress, 1000000 + now + 601000, 10, TOTAL) < 0);
}

/* A worker of this machine is found by its name and the port that it listens on. */
static void workers_are_found(void **state)
{
    (void)state;
    char found[4096], own[40], before[16];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    (void)snprintf(own, sizeof own, "127.0.0.1:%u", ntohs(at.sin_port));
    assert_int_equal(prctl(PR_GET_NAME, before), 0);
    (void)near_find(found, sizeof found);
    assert_null(strstr(found, own));
    assert_int_equal(prctl(PR_SET_NAME, "loader"), 0);
    assert_true(near_find(found, sizeof found) > 0);
    assert_non_null(strstr(found, own));
    assert_int_equal(prctl(PR_SET_NAME, before), 0);
    assert_int_equal(close(listener), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_local),        cmocka_unit_test(times_are_read),
        cmocka_unit_test(csv_is_harmless),        cmocka_unit_test(choices_narrow),
        cmocka_unit_test(time_left_does_not_saw), cmocka_unit_test(paced_runs_have_one_rate),
        cmocka_unit_test(workers_are_found),      cmocka_unit_test(check_becomes_json),
    };
    return cmocka_run_group_tests(tests, in_shanghai, NULL);
}
