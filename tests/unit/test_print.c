/* Text from outside is escaped, JSON keeps its value, and lost output is an error. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "common/base/print.h"

#define T(literal)                                                                                                     \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }

static void what_people_see(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct text from;
        const char *shown;
    } rows[] = {
        {"plain", T("shop 7"), "shop 7"},
        {"Chinese and emoji stay", T("店铺 👨‍👩‍👧 1½"), "店铺 👨‍👩‍👧 1½"},
        {"empty", T(""), ""},
        {"line ends and tabs", T("a\r\nb\tc"), "a\\r\\nb\\tc"},
        {"escape sequence", T("N\x1b[2J9"), "N\\x1b[2J9"},
        {"NUL, BEL, DEL", T("a\0b\x07\x7f"), "a\\x00b\\x07\\x7f"},
        {"C1 as UTF-8",
         {"\xc2\x9b"
          "31m",
          5},
         "\\x9b31m"},
        {"C1 as a byte",
         {"\x9b"
          "31m",
          4},
         "\\x9b31m"},
        {"direction",
         {"\xe2\x80\xae"
          "gnp.exe"
          "\xe2\x80\xac", /* its end, for readers of this file: not part of the text */
          10},
         "\\u202egnp.exe"},
        {"isolate",
         {"\xe2\x81\xa6"
          "a\xe2\x81\xa9",
          7},
         "\\u2066a\\u2069"},
        {"separator",
         {"a\xe2\x80\xa8"
          "b",
          5},
         "a\\u2028b"},
        {"tag", T("\xf3\xa0\x81\x81"), "\\U000e0041"},
        {"no UTF-8", T("\xff\xc3("), "\\xff\\xc3("},
        {"cut in a character", T("\xe5\xba"), "\\xe5\\xba"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out;
        buffer_init(&out, 1000);
        print_put_shown(&out, rows[i].from);
        if (!text_equal(buffer_text(&out), text_of(rows[i].shown))) {
            fail_msg("%s: shown as %.*s", rows[i].name, TEXT_ARG(buffer_text(&out)));
        }
        buffer_fini(&out);
    }
}

static void json_keeps_its_value(void **state)
{
    (void)state;
    static const char text[] = "{\"a\xe2\x80\xae\":\n \"\xc2\x9b"
                               "x\x7f\xf3\xa0\x81\x81\"}";
    struct buffer out;
    buffer_init(&out, 1000);
    print_put_json(&out, text_of(text));
    assert_true(text_equal(buffer_text(&out), TEXT("{\"a\\u202e\":\n \"\\u009bx\\u007f\\udb40\\udc41\"}")));
    buffer_add_char(&out, '\0');
    cJSON *before = cJSON_Parse(text), *after = cJSON_Parse(out.data);
    assert_non_null(before);
    assert_non_null(after);
    assert_true(cJSON_Compare(before, after, true));
    cJSON_Delete(before);
    cJSON_Delete(after);
    buffer_clear(&out, 1000);
    print_put_json(&out, TEXT("\"\xff\""));
    assert_true(text_equal(buffer_text(&out), TEXT("\"\xef\xbf\xbd\"")));
    buffer_fini(&out);
}

/* In a child whose stdout is `to`: the exit code of print_end, and what it said. */
static int end_with(int to, int exit_code, char *said, size_t room)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)signal(SIGPIPE, SIG_IGN);
        (void)dup2(to, STDOUT_FILENO);
        (void)dup2(ends[1], STDERR_FILENO);
        for (int i = 0; i < 5000; i++) { /* more than a buffer: the first failure is long past at the end */
            print_line(stdout, "line %d", i);
        }
        _exit(print_end("tester", exit_code));
    }
    close(ends[1]);
    ssize_t size = read(ends[0], said, room - 1);
    said[size > 0 ? size : 0] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void lost_output_is_an_error(void **state)
{
    (void)state;
    char said[300];
    int full = open("/dev/full", O_WRONLY), null = open("/dev/null", O_WRONLY), ends[2];
    assert_true(full >= 0 && null >= 0);
    assert_int_equal(end_with(full, EXIT_COMPLETE, said, sizeof said), EXIT_REFUSED);
    assert_string_equal(said, "tester: standard output can't be written: No space left on device; what was printed is "
                              "not whole\n");
    assert_int_equal(end_with(full, EXIT_REJECTS, said, sizeof said), EXIT_REFUSED);
    assert_int_equal(end_with(full, EXIT_UNFINISHED, said, sizeof said), EXIT_UNFINISHED);
    assert_int_equal(end_with(null, EXIT_REJECTS, said, sizeof said), EXIT_REJECTS);
    assert_string_equal(said, "");
    assert_int_equal(pipe(ends), 0);
    close(ends[0]); /* the reader has gone */
    assert_int_equal(end_with(ends[1], EXIT_COMPLETE, said, sizeof said), EXIT_COMPLETE);
    assert_string_equal(said, "");
    close(ends[1]);
    close(full);
    close(null);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_see),
        cmocka_unit_test(json_keeps_its_value),
        cmocka_unit_test(lost_output_is_an_error),
    };
    return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
