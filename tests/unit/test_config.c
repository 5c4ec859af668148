/* Configuration: which source of a value wins, what is refused with which message, what --help shows. */
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
#include "common/config/config.h"
#include "common/config/envfile.h"
#include "common/log/log.h"

static const char *bind_to, *secret, *where;
static int64_t count, lease;
static bool once;

static const struct config_option options[] = {
    OPT_TEXT("--bind", bind_to, "where to listen", .name = "T_BIND", .fallback = "tcp://127.0.0.1:1"),
    OPT_KIND(CONFIG_SECRET, NULL, secret, "the app secret", .name = "T_SECRET"),
    OPT_TEXT("--where", where, "a text without a variable"),
    OPT_COUNT("--count", count, 1, 10, "how many", .name = "T_COUNT", .fallback = "5"),
    OPT_DURATION(NULL, lease, 0, 0, "how long", .name = "T_LEASE", .fallback = "15s"),
    OPT_SWITCH("--once", once, "one run"),
};
static const char *const no_names[] = {"FILE", NULL};
static const struct config_program program = {
    .name = "tester", .synopsis = "tester [OPTION...]", .about = "About it.", .options = options, .option_count = 6};
static const struct config_program taker = {.name = "tester",
                                            .synopsis = "tester FILE",
                                            .about = "About it.",
                                            .options = options,
                                            .option_count = 6,
                                            .operands = no_names};

static char folder[] = "/tmp/dianchen-config-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    (void)unlink(".env");
    (void)unlink("other.env");
    (void)unlink("secret");
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void file_write(const char *name, struct text contents)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(contents.data, 1, contents.size, file), contents.size);
    assert_int_equal(fclose(file), 0);
}

static int read_line(const struct config_program *which, const char *line, char ***operands, size_t *operand_count,
                     struct cause *cause)
{
    static char words[40][100];
    static char *argv[41];
    int argc = 0;
    argv[argc++] = (char[]){"tester"};
    for (const char *at = line; *at;) {
        size_t size = strcspn(at, " ");
        assert_true(size < sizeof words[0]);
        memcpy(words[argc], at, size);
        words[argc][size] = '\0';
        argv[argc] = words[argc];
        argc++;
        at += size + strspn(at + size, " ");
    }
    bind_to = secret = where = NULL;
    count = lease = 0;
    once = false;
    return config_read(which, argc, argv, operands, operand_count, cause);
}

static void flags_beat_environment_beats_file(void **state)
{
    (void)state;
    struct cause cause = {""};
    unsetenv("T_BIND");
    unsetenv("T_COUNT");
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(bind_to, "tcp://127.0.0.1:1");
    assert_int_equal(count, 5);
    assert_int_equal(lease, 15000);
    assert_null(where);
    file_write(".env", TEXT("T_BIND=file\nT_COUNT=7\n"));
    file_write("other.env", TEXT("T_BIND=other\n"));
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(bind_to, "file");
    assert_int_equal(count, 7);
    assert_int_equal(read_line(&program, "--env-file other.env", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(bind_to, "other");
    assert_int_equal(count, 5);
    setenv("T_BIND", "environment", 1);
    assert_int_equal(read_line(&program, "--env-file=other.env --once", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(bind_to, "environment");
    assert_true(once);
    assert_int_equal(read_line(&program, "--bind flag=x --where=here", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(bind_to, "flag=x");
    assert_string_equal(where, "here");
    setenv("T_BIND", "windows\r", 1); /* a value of a file with CRLF that another program has read */
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(bind_to, "windows");
    setenv("T_BIND", "\r", 1);
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(bind_to, "file");
    setenv("T_BIND", "", 1); /* empty counts as unset */
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(bind_to, "file");
    assert_string_equal(config_variable("T_COUNT"), "7");
    assert_null(config_variable("T_NOBODY"));
    unsetenv("T_BIND");
    (void)unlink(".env");
}

static void secrets_from_files(void **state)
{
    (void)state;
    struct cause cause = {""};
    file_write("secret", TEXT("top secret value\r\n"));
    setenv("T_SECRET_FILE", "secret", 1);
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(secret, "top secret value");
    assert_string_equal(config_variable("T_SECRET"), "top secret value");
    char line[] = "it is top%20secret%20value";
    secret_wipe(line);
    assert_string_equal(line, "it is ***");
    file_write("secret", TEXT("two\n\n")); /* one line end is stripped */
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(secret, "two\n");
    file_write(".env", TEXT("T_SECRET=of the env file\n"));
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(secret, "two\n"); /* the environment's file beats the env file */
    setenv("T_SECRET", "plain", 1);
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(secret, "plain");
    unsetenv("T_SECRET");
    setenv("T_SECRET_FILE", "nowhere", 1);
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), ERR_INPUT);
    assert_string_equal(cause.text, "T_SECRET_FILE: nowhere: no such file");
    unsetenv("T_SECRET_FILE");
    (void)unlink(".env");
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *line, *cause;
    } rows[] = {
        {"--bnid x", "--bnid: no such option; did you mean --bind?"},
        {"--bnid=x", "--bnid: no such option; did you mean --bind?"},
        {"--hlep", "--hlep: no such option; did you mean --help?"},
        {"--zzzzzz", "--zzzzzz: no such option; see --help"},
        {"--bind", "--bind needs a value"},
        {"--bind=", "--bind needs a value"},
        {"--bind --once", "--bind needs a value"},
        {"--once=1", "--once takes no value"},
        {"--count 0", "--count: '0' is not within 1..10"},
        {"--count 11", "--count: '11' is not within 1..10"},
        {"--count ten", "--count: 'ten' is not a whole number such as 100"},
        {"word", "'word': no operand is expected; see --help"},
        {"--env-file nowhere.env", "--env-file: nowhere.env: no such file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause cause = {""};
        assert_int_equal(read_line(&program, rows[i].line, NULL, NULL, &cause), ERR_INPUT);
        assert_string_equal(cause.text, rows[i].cause);
    }
    static const struct config_option needed =
        OPT_KIND(CONFIG_SECRET, NULL, secret, "x", .name = "T_NEEDED", .required = true);
    struct config_program one = program;
    one.options = &needed;
    one.option_count = 1;
    struct cause cause = {""};
    assert_int_equal(read_line(&one, "", NULL, NULL, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "T_NEEDED is not set: put it into the environment or into .env"));
    /* /dev/null is "no file": nobody can fill it. */
    assert_int_equal(read_line(&one, "--env-file /dev/null", NULL, NULL, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "T_NEEDED is not set: put it into the environment or into .env"));
    setenv("T_LEASE", "15", 1);
    assert_int_equal(read_line(&program, "", NULL, NULL, &cause), ERR_INPUT);
    assert_string_equal(cause.text, "T_LEASE: '15' is not a duration such as 500ms, 15s, 2m, 30d");
    unsetenv("T_LEASE");
}

static void operands(void **state)
{
    (void)state;
    struct cause cause = {""};
    char **words = NULL;
    size_t word_count = 0;
    assert_int_equal(read_line(&taker, "a --count 2 - b -- --once", &words, &word_count, &cause), CONFIG_GO);
    assert_int_equal(word_count, 4);
    assert_string_equal(words[0], "a");
    assert_string_equal(words[1], "-");
    assert_string_equal(words[2], "b");
    assert_string_equal(words[3], "--once");
    assert_int_equal(count, 2);
    assert_false(once);
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1 = refused */
    } rows[] = {
        {"500ms", 500},      {"15s", 15000}, {"2m", 120000}, {"1h", 3600000},
        {"30d", 2592000000}, {"0s", 0},      {"15", -1},     {"", -1},
        {"s", -1},           {"-1s", -1},    {"1.5s", -1},   {"1 s", -1},
        {"1S", -1},          {"1min", -1},   {"+1s", -1},    {"9223372036854775807d", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        assert_int_equal(config_duration(text_of(rows[i].text), &ms), rows[i].ms < 0 ? ERR_SYNTAX : 0);
        assert_int_equal(ms, rows[i].ms);
    }
}

static void env_files(void **state)
{
    (void)state;
    static const struct {
        struct text file;
        const char *key, *value; /* NULL key: refused, and what the cause is */
    } rows[] = {
        {TEXT("A=1"), "A", "1"},
        {TEXT("\xef\xbb\xbf"
              "A=1\r\nB=2\r\n"),
         "A", "1"},
        {TEXT("\xef\xbb\xbf"
              "A=1\r\nB=2\r\n"),
         "B", "2"},
        {TEXT("# c\n\n   \n  export\tA = x y # c"), "A", "x y"},
        {TEXT("A=a#b"), "A", "a#b"},
        {TEXT("A=#b"), "A", ""},
        {TEXT("A="), "A", ""},
        {TEXT("A=http://u:p@h/?a=b&c=d"), "A", "http://u:p@h/?a=b&c=d"},
        {TEXT("A='a # \"b\" \\n' # c"), "A", "a # \"b\" \\n"},
        {TEXT("A=\"a # 'b'\\n\\\"c\\\" \\\\ \\x\""), "A", "a # 'b'\n\"c\" \\ \\x"},
        {TEXT("A=1\nA=2"), "A", "2"},
        {TEXT("A_1=店铺"), "A_1", "店铺"},
        {TEXT("exported=1"), "exported", "1"},
        {TEXT("A=1\nnonsense"), NULL, "t.env:2: KEY=VALUE is expected"},
        {TEXT("1A=1"), NULL, "t.env:1: KEY=VALUE is expected"},
        {TEXT("=1"), NULL, "t.env:1: KEY=VALUE is expected"},
        {TEXT("\n\nA='x\n'"), NULL, "t.env:3: the quote does not end on its line"},
        {TEXT("A=\"x\" y"), NULL, "t.env:1: something stands behind the closing quote"},
        {TEXT("A=1\0"), NULL, "t.env: holds a NUL byte; a text file is expected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause cause = {""};
        struct envfile *file = NULL;
        file_write("t.env", rows[i].file);
        int error = envfile_read("t.env", &file, &cause);
        if (rows[i].key) {
            assert_int_equal(error, 0);
            assert_string_equal(envfile_get(file, rows[i].key), rows[i].value);
            assert_null(envfile_get(file, "NOBODY"));
        } else {
            assert_int_equal(error, ERR_INPUT);
            assert_string_equal(cause.text, rows[i].value);
            assert_null(file);
        }
        envfile_free(&file);
    }
    (void)unlink("t.env");
    struct envfile *none = NULL;
    assert_int_equal(envfile_read("t.env", &none, NULL), ERR_NOT_FOUND);
}

/* One key changes; all else stays byte for byte, and what is written is read back as it was given. */
static void env_files_are_edited(void **state)
{
    (void)state;
    static const struct {
        const char *before, *value, *after; /* of the key K; after NULL: refused */
    } rows[] = {
        {"", "1", "K=1\n"},
        {"A=1", "x", "A=1\nK=x\n"},
        {"# c\r\nA=1\r\n", "x", "# c\r\nA=1\r\nK=x\n"},
        {"K=old # why\nA=1\n", "new", "K=new\nA=1\n"},
        {"export K='old'\nA=1\nK=again\n", "new", "K=new\nA=1\n"},
        {"A=1\nK=old\n", "", "A=1\n"},
        {"A=1\n", NULL, "A=1\n"},
        {"\xef\xbb\xbfK=1\n", "2", "\xef\xbb\xbfK=2\n"},
        {"KK=1\n#K=2\n", "3", "KK=1\n#K=2\nK=3\n"},
        {"", "a b", "K='a b'\n"},
        {"", "it's $1 \"x\" \\ #", "K=\"it's $1 \\\"x\\\" \\\\ #\"\n"},
        {"A=1\nnot a line\n", "x", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out;
        struct cause cause;
        struct envfile *file = NULL;
        buffer_init(&out, 4096);
        int error = envfile_edit("t.env", text_of(rows[i].before), "K", rows[i].value, &out, &cause);
        assert_int_equal(error, rows[i].after ? 0 : ERR_INPUT);
        if (rows[i].after) {
            struct text after = buffer_text(&out);
            assert_int_equal(after.size, strlen(rows[i].after));
            assert_memory_equal(after.size ? after.data : "", rows[i].after, after.size);
            file_write("t.env", after);
            assert_int_equal(envfile_read("t.env", &file, &cause), 0);
            const char *read = envfile_get(file, "K"), *given = rows[i].value;
            assert_string_equal(read ? read : "", given ? given : "");
            envfile_free(&file);
            assert_int_equal(unlink("t.env"), 0);
        } else {
            assert_non_null(strstr(cause.text, "t.env:2: KEY=VALUE is expected"));
        }
        buffer_fini(&out);
    }
}

static void help_shows_the_table(void **state)
{
    (void)state;
    static const struct config_option shown[] = {
        OPT_TEXT("--bind", bind_to, "where to listen", .name = "T_BIND", .fallback = "tcp://127.0.0.1:1"),
        OPT_KIND(CONFIG_SECRET, NULL, secret, "the app secret", .name = "T_SECRET", .fallback = "never-shown"),
    };
    struct config_program two = program;
    two.options = shown;
    two.option_count = 2;
    struct cause cause;
    (void)fflush(stdout);
    int ends[2], saved = dup(STDOUT_FILENO);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
    int help = read_line(&two, "--count --help", NULL, NULL, &cause); /* a wrong word before it still counts */
    int help_alone = read_line(&two, "--help", NULL, NULL, &cause);
    int version = read_line(&two, "--version", NULL, NULL, &cause);
    (void)fflush(stdout);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    close(saved);
    char text[8000];
    ssize_t size = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    close(ends[1]);
    assert_true(size > 0);
    text[size] = '\0';
    assert_int_equal(help, ERR_INPUT);
    assert_int_equal(help_alone, CONFIG_DONE);
    assert_int_equal(version, CONFIG_DONE);
    static const char *const parts[] = {
        "usage: tester [OPTION...]",           "About it.", "--bind TEXT", "T_BIND",
        "where to listen [tcp://127.0.0.1:1]", "T_SECRET",  "--env-file",  "tester 0.1.0\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        assert_non_null(strstr(text, parts[i]));
    }
    assert_null(strstr(text, "never-shown"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_beat_environment_beats_file),
        cmocka_unit_test(secrets_from_files),
        cmocka_unit_test(refusals),
        cmocka_unit_test(operands),
        cmocka_unit_test(durations),
        cmocka_unit_test(env_files),
        cmocka_unit_test(env_files_are_edited),
        cmocka_unit_test(help_shows_the_table),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
