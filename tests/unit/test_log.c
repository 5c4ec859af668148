/* Logs: JSON lines into files, text on a terminal, and no secret in either. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/secret.h"
#include "common/json/json.h"
#include "common/log/log.h"

static int real_stderr;
static char shown[20000];

static void catch_start(int fd)
{
    real_stderr = dup(STDERR_FILENO);
    assert_true(real_stderr >= 0 && dup2(fd, STDERR_FILENO) >= 0);
}

static void catch_end(int reader)
{
    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    close(real_stderr);
    ssize_t size = read(reader, shown, sizeof shown - 1);
    shown[size > 0 ? size : 0] = '\0';
}

static void json_lines(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    catch_start(ends[1]);
    struct cause cause;
    assert_int_equal(log_open("extractor", "info", &cause), 0);
    log_event(EVENT_LINK_NACK, "nobody sees this", NULL);
    log_event(EVENT_RUN_FOLLOWS, "run 7 \"reads\"\n店", "run", LOG_INT(7), "who", LOG_STR("a\tb"), NULL);
    assert_false(log_enabled(LOG_DEBUG));
    catch_end(ends[0]);
    close(ends[0]);
    close(ends[1]);

    struct arena arena;
    arena_init(&arena, 1 << 20);
    const cJSON *line = NULL;
    assert_int_equal(json_parse(&arena, text_of(shown), sizeof shown, 0, &line, &cause), 0); /* one line, one object */
    static const char *const members[][2] = {
        {"level", "warn"}, {"program", "extractor"}, {"event", "run.follows"}, {"message", "run 7 \"reads\"\n店"},
        {"who", "a\tb"},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        assert_true(text_equal(json_text(json_get(line, members[i][0])), text_of(members[i][1])));
    }
    int64_t run = 0;
    assert_int_equal(json_integer(json_get(line, "run"), &run), 0);
    assert_int_equal(run, 7);
    assert_int_equal(json_text(json_get(line, "time")).size, strlen("2024-01-02T03:04:05.678Z"));
    arena_fini(&arena);
}

static void text_on_a_terminal(void **state)
{
    (void)state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    char name[100];
    assert_int_equal(ptsname_r(terminal, name, sizeof name), 0);
    int side = open(name, O_RDWR | O_NOCTTY);
    assert_true(side >= 0);
    catch_start(side);
    struct cause cause;
    assert_int_equal(log_open("extractor", "debug", &cause), 0);
    log_event(EVENT_RUN_STARTED, "sentence", "run", LOG_INT(7), "slice", LOG_INT(0), NULL);
    catch_end(terminal);
    close(side);
    close(terminal);
    assert_non_null(strstr(shown, " info  run.started  sentence  run=7 slice=0\r\n"));
    assert_int_equal(strlen(shown), strlen("12:01:02 info  run.started  sentence  run=7 slice=0\r\n"));
}

static void levels(void **state)
{
    (void)state;
    struct cause cause;
    assert_int_equal(log_open("x", "loud", &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "'loud' is none of debug, info, warn, error"));
    assert_int_equal(log_open("x", NULL, &cause), ERR_INPUT);
}

static void wipes_secrets(void **state)
{
    (void)state;
    static const struct {
        const char *line, *wiped;
    } rows[] = {
        {"secret=helloworld;", "secret=***;"},
        {"helloworldhelloworld", "******"},
        {"p=a%2Fb%3D%26c+d%20e&x", "p=***&x"},
        {"p=a%2fb%3d%26c d e&x", "p=***&x"},
        {"hello world", "hello world"},
        {"%68elloworld", "***"},
        {"cut: hellowor", "cut: ***"},
        {"cut: hello", "cut: hello"},
        {"short=abc12", "short=abc12"},
        {"helloworld2024", "***"}, /* the longest wins */
        {"密码密码 and more", "*** and more"},
        {"%E5%AF%86%E7%A0%81%E5%AF%86%E7%A0%81", "***"},
        {"100%", "100%"},
        {"\"back\\\\slash\\\"quote\" in JSON", "\"***\" in JSON"},
        {"back\\slash\"quote", "***"},
        {"p%40ss%2Fword or p@ss/word or p@ss\\/word", "*** or *** or ***"},
        {"user:pw123456@host", "user:***@host"},
        {"100%25%41b or 100%2525%2541b or 100%2525%41b", "*** or *** or ***"}, /* a secret that looks encoded */
        {"cut: hellow%6", "cut: ***"},
        {"url=%3Fp%3Da%252Fb%253D%2526c%2520d%2Be", "url=%3Fp%3D***"},
        {"", ""},
    };
    secret_add(TEXT("helloworld"));
    secret_add(TEXT("helloworld"));
    secret_add(TEXT("helloworld2024"));
    secret_add(TEXT("a/b=&c d e"));
    secret_add(TEXT("abc12"));
    secret_add(TEXT("密码密码"));
    secret_add(TEXT("100%25%41b"));
    secret_add(TEXT("back\\slash\"quote"));
    secret_add_url("postgresql://dianchen:p%40ss%2fword@db.host:5432/dianchen");
    secret_add_url("http://user:pw123456@proxy");
    secret_add_url("http://127.0.0.1:helloworld9/@"); /* a port that is none, not a password */
    secret_add_url("no URL");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[200];
        (void)snprintf(line, sizeof line, "%s", rows[i].line);
        secret_wipe(line);
        assert_string_equal(line, rows[i].wiped);
    }
}

static void wipes_what_comes_in(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    secret_add(TEXT("helloworld"));
    struct text clean = TEXT("no secret here");
    assert_ptr_equal(secret_wiped(&arena, clean).data, clean.data);
    assert_int_equal(secret_wiped(&arena, (struct text){NULL, 0}).size, 0);
    struct text wiped = secret_wiped(&arena, TEXT("token=hello%77orld, gone"));
    assert_true(text_equal(wiped, TEXT("token=***, gone")));
    arena_fini(&arena);
    arena_init(&arena, 0);
    assert_true(text_equal(secret_wiped(&arena, TEXT("helloworld")), TEXT("***")));
    arena_fini(&arena);
}

static void causes_hold_no_secret(void **state)
{
    (void)state;
    struct cause cause;
    char filler[sizeof cause.text];
    secret_add(TEXT("helloworld"));
    for (size_t size = 0; size < sizeof filler; size++) { /* a secret at every place, also at the cut */
        memset(filler, '-', size);
        filler[size] = '\0';
        (void)cause_set(&cause, ERR_REFUSED, "%shelloworld, and more", filler);
        assert_null(strstr(cause.text, "hello"));
    }
}

static void lines_hold_no_secret(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    secret_add(TEXT("quote\"and\\slash"));
    catch_start(ends[1]);
    struct cause cause;
    assert_int_equal(log_open("loader", "info", &cause), 0);
    log_event(EVENT_LINK_UP, "a quote\"and\\slash b", "f", LOG_STR("quote%22and%5Cslash"), NULL);
    log_line(EVENT_PAGE_UNSENT, "with %s inside", "quote\"and\\slash");
    (void)cause_set(&cause, ERR_REFUSED, "refused: quote\"and\\slash");
    assert_int_equal(log_fatal(&cause, EXIT_REFUSED), EXIT_REFUSED);
    catch_end(ends[0]);
    close(ends[0]);
    close(ends[1]);
    assert_null(strstr(shown, "slash"));
    assert_non_null(strstr(shown, "\"message\":\"a *** b\",\"f\":\"***\"}\n"));
    assert_non_null(strstr(shown, "\"message\":\"with *** inside\"}\n"));
    assert_non_null(strstr(shown, "\nloader: refused: ***\n"));
}

static void tokens_take_turns(void **state)
{
    (void)state;
    char token[40];
    for (int i = 0; i < 500; i++) {
        (void)snprintf(token, sizeof token, "token-%04d-end", i);
        secret_add(text_of(token));
    }
    char line[100] = "token-0499-end token-0470-end helloworld";
    secret_wipe(line);
    assert_string_equal(line, "*** *** ***");
}

/* The n-th line of what was caught, up to its end. */
static struct text line_at(size_t n)
{
    const char *at = shown;
    for (; n > 0; n--) {
        at = strchr(at, '\n');
        assert_non_null(at);
        at++;
    }
    return (struct text){at, strcspn(at, "\n")};
}

static size_t lines_shown(void)
{
    size_t lines = 0;
    for (const char *at = shown; *at; at++) {
        lines += *at == '\n';
    }
    return lines;
}

static bool line_has(size_t n, const char *part)
{
    return text_find(line_at(n), text_of(part)) >= 0;
}

static void repeats_are_counted(void **state)
{
    (void)state;
    int ends[2];
    struct cause cause;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    catch_start(ends[1]);
    assert_int_equal(log_open("loader", "info", &cause), 0);
    log_window(1000000000);
    for (int i = 0; i < 5; i++) { /* warnings: fields may differ */
        log_event(EVENT_PAGE_MALFORMED, "a page can't be read", "page", LOG_INT(i), NULL);
        log_line(EVENT_LINK_REFUSED, "peer %d is refused", i / 3);
        log_event(EVENT_RUN_FINISHED, "the run is complete", "run", LOG_INT(i / 2), NULL);
    }
    catch_end(ends[0]);
    assert_int_equal(lines_shown(), 1 + 2 + 3);
    assert_true(line_has(0, "\"page\":0"));
    assert_true(line_has(1, "peer 0 is refused"));
    catch_start(ends[1]);
    log_flush(); /* what was held back, a line each */
    log_flush();
    catch_end(ends[0]);
    assert_int_equal(lines_shown(), 1 + 2 + 2);
    assert_true(line_has(0, "\"event\":\"page.malformed\",\"message\":\"a page can't be read\",\"repeated\":4}"));
    /* The window is over: told with the next one, or when anything is said. */
    catch_start(ends[1]);
    log_event(EVENT_PAGE_MALFORMED, "a page can't be read", NULL);
    log_event(EVENT_PAGE_MALFORMED, "a page can't be read", NULL);
    log_event(EVENT_LINK_UNREACHABLE, "somebody", NULL);
    log_event(EVENT_LINK_UNREACHABLE, "somebody", NULL);
    log_window(0);
    log_event(EVENT_PAGE_MALFORMED, "a page can't be read", "page", LOG_INT(9), NULL);
    log_event(EVENT_PAGE_MALFORMED, "a page can't be read", "page", LOG_INT(9), NULL);
    catch_end(ends[0]);
    assert_int_equal(lines_shown(), 5);
    assert_true(line_has(2, "link.unreachable") ? line_has(2, "\"repeated\":1}") : line_has(3, "link.unreachable"));
    assert_true(line_has(4, "\"page\":9}"));
    log_window(LOG_WINDOW);
    close(ends[0]);
    close(ends[1]);
}

static void lines_have_the_run(void **state)
{
    (void)state;
    int ends[2];
    struct cause cause;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    catch_start(ends[1]);
    assert_int_equal(log_open("extractor", "info", &cause), 0);
    log_run(7);
    log_line(EVENT_SOURCE_DOWN, "no answer");
    log_event(EVENT_RUN_FOLLOWS, "another follows", "run", LOG_INT(8), NULL);
    log_event(EVENT_LINK_UP, "linked", "who", LOG_STR("x"), NULL);
    log_run(0);
    log_line(EVENT_SOURCE_DOWN, "still none");
    catch_end(ends[0]);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(lines_shown(), 4);
    assert_true(line_has(0, "\"run\":7}"));
    assert_true(line_has(1, "\"run\":8}"));
    assert_true(line_has(2, "\"who\":\"x\",\"run\":7}"));
    assert_false(line_has(3, "\"run\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_lines),
        cmocka_unit_test(text_on_a_terminal),
        cmocka_unit_test(levels),
        cmocka_unit_test(wipes_secrets),
        cmocka_unit_test(lines_hold_no_secret),
        cmocka_unit_test(tokens_take_turns),
        cmocka_unit_test(wipes_what_comes_in),
        cmocka_unit_test(causes_hold_no_secret),
        cmocka_unit_test(repeats_are_counted),
        cmocka_unit_test(lines_have_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
