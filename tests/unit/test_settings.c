/* What settings mean: proxies as curl has them, secrets in files, passwords in addresses, plain http. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/secret.h"
#include "common/config/config.h"
#include "common/http/http.h"

static struct http_network network;
static const char *store, *secret;
static const struct config_option options[] = {
    HTTP_NETWORK_OPTIONS(network),
    OPT_SETTING(STORE, store),
    OPT_KIND(CONFIG_SECRET, NULL, secret, "a secret", .name = "T_SECRET"),
};
static const struct config_program program = {.name = "tester",
                                              .synopsis = "tester [OPTION...]",
                                              .options = options,
                                              .option_count = sizeof options / sizeof *options};
static char folder[] = "/tmp/dianchen-settings-XXXXXX";
static const char *const variables[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",    "all_proxy",
                                        "ALL_PROXY",  "no_proxy",   "NO_PROXY",    "DIANCHEN_STORE", "T_SECRET_FILE",
                                        "PLAIN_HTTP", "T_SECRET",   CONFIG_CHILD};

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    static const char *const names[] = {".env", "secret", "pipe"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)unlink(names[i]);
    }
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

static int forget(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        (void)unsetenv(variables[i]);
    }
    (void)unlink(".env");
    return 0;
}

static void file_write(const char *name, struct text contents)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(contents.data, 1, contents.size, file), contents.size);
    assert_int_equal(fclose(file), 0);
}

static int read_words(char *word, char *next, struct cause *cause)
{
    char *argv[] = {(char[]){"tester"}, word, next, NULL};
    network = (struct http_network){0};
    store = secret = NULL;
    return config_read(&program, next ? 3 : word ? 2 : 1, argv, NULL, NULL, cause);
}

static void proxies_are_curls(void **state)
{
    (void)state;
    static const struct {
        const char *set[4][2], *env_file, *proxy, *no_proxy, *http_proxy;
    } rows[] = {
        {{{NULL}}, NULL, NULL, NULL, NULL},
        {{{"HTTPS_PROXY", "http://upper"}}, NULL, "http://upper", NULL, NULL},
        {{{"https_proxy", "http://lower"}}, NULL, "http://lower", NULL, NULL},
        {{{"HTTPS_PROXY", "http://upper"}, {"https_proxy", "http://lower"}}, NULL, "http://lower", NULL, NULL},
        {{{"ALL_PROXY", "http://all"}}, NULL, "http://all", NULL, "http://all"},
        {{{"all_proxy", "http://all"}, {"ALL_PROXY", "http://ALL"}}, NULL, "http://all", NULL, "http://all"},
        {{{"all_proxy", "http://all"}, {"HTTPS_PROXY", "http://upper"}}, NULL, "http://upper", NULL, "http://all"},
        {{{"https_proxy", ""}, {"HTTPS_PROXY", "http://upper"}}, NULL, "http://upper", NULL, NULL},
        {{{"NO_PROXY", "a"}, {"no_proxy", "b"}}, NULL, NULL, "b", NULL},
        {{{"NO_PROXY", "a"}}, "https_proxy=http://file\n", "http://file", "a", NULL},
        {{{"ALL_PROXY", "http://all"}}, "https_proxy=http://file\n", "http://all", NULL, "http://all"},
        {{{"http_proxy", "http://plain"}, {"ALL_PROXY", "http://all"}}, NULL, "http://all", NULL, "http://plain"},
        /* In capitals it may be a header of a call that a web server got. */
        {{{"HTTP_PROXY", "http://capitals"}}, NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause cause = {""};
        (void)forget(NULL);
        for (size_t k = 0; k < 4 && rows[i].set[k][0]; k++) {
            assert_int_equal(setenv(rows[i].set[k][0], rows[i].set[k][1], 1), 0);
        }
        if (rows[i].env_file) {
            file_write(".env", text_of(rows[i].env_file));
        }
        assert_int_equal(read_words(NULL, NULL, &cause), CONFIG_GO);
        if (!text_equal(text_of(network.proxy), text_of(rows[i].proxy)) ||
            !text_equal(text_of(network.http_proxy), text_of(rows[i].http_proxy)) ||
            !text_equal(text_of(network.no_proxy), text_of(rows[i].no_proxy))) {
            fail_msg("row %zu: %s, %s, %s", i, network.proxy, network.http_proxy, network.no_proxy);
        }
    }
}

static void secrets_in_files(void **state)
{
    (void)state;
    struct cause cause = {""};
    (void)setenv("T_SECRET_FILE", "secret", 1);
    file_write("secret", TEXT("\xef\xbb\xbfof an editor of Windows\r\n"));
    assert_int_equal(read_words(NULL, NULL, &cause), CONFIG_GO);
    assert_string_equal(secret, "of an editor of Windows");
    assert_string_equal(config_variable("T_SECRET"), "of an editor of Windows");
    assert_null(config_variable_plain("T_SECRET")); /* what a scheme names is no file */
    file_write("secret", TEXT("\xef\xbb\xbf"));
    assert_int_equal(read_words(NULL, NULL, &cause), CONFIG_GO);
    assert_null(secret);
    static char large[(64 << 10) + 1]; /* one byte above the limit */
    memset(large, 'x', sizeof large);
    file_write("large", (struct text){large, sizeof large - 1});
    (void)setenv("T_SECRET_FILE", "large", 1);
    assert_int_equal(read_words(NULL, NULL, &cause), CONFIG_GO);
    file_write("large", (struct text){large, sizeof large});
    assert_int_equal(read_words(NULL, NULL, &cause), ERR_INPUT);
    assert_string_equal(cause.text, "T_SECRET_FILE: large: larger than 65536 bytes");
    assert_int_equal(unlink("large"), 0);
    /* What has no end, or waits for a writer, is not read. */
    static const struct {
        const char *path, *told;
    } rows[] = {
        {"/dev/zero", "T_SECRET_FILE: /dev/zero: is no regular file"},
        {"pipe", "T_SECRET_FILE: pipe: is no regular file"},
        {"/tmp", "T_SECRET_FILE: /tmp: is a folder, not a file; name a file"},
    };
    assert_int_equal(mkfifo("pipe", 0600), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)setenv("T_SECRET_FILE", rows[i].path, 1);
        (void)alarm(10);
        assert_int_equal(read_words(NULL, NULL, &cause), ERR_INPUT);
        (void)alarm(0);
        assert_string_equal(cause.text, rows[i].told);
    }
    (void)unlink("secret");
    assert_int_equal(symlink("pipe", "secret"), 0); /* a link to a file is fine, this is none */
    (void)setenv("T_SECRET_FILE", "secret", 1);
    assert_int_equal(read_words(NULL, NULL, &cause), ERR_INPUT);
}

static void passwords_in_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url, *told; /* told NULL: taken from the environment */
        bool password;          /* not taken as a flag */
    } rows[] = {
        {"sqlite:var/a@b:c.db", NULL, false},
        {"postgresql://me@host/db", NULL, false},
        {"postgresql://me:hunter2@host/db", NULL, true},
        {"postgresql://me:hun%40ter2@host/db", NULL, true},
        {"postgresql://me@host/db?password=hunter2", NULL, true},
        {"postgresql://host/db?sslmode=prefer&sslpassword=hunter2", NULL, true},
        {"postgresql://me:hun@ter2@host/db", "write an @ of the password as %40", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause cause = {""};
        char flag[] = "--store", url[200];
        (void)snprintf(url, sizeof url, "%s", rows[i].url);
        (void)setenv("DIANCHEN_STORE", url, 1);
        int error = read_words(NULL, NULL, &cause);
        if (error != (rows[i].told ? ERR_INPUT : 0) || (rows[i].told && !strstr(cause.text, rows[i].told))) {
            fail_msg("%s: %s", rows[i].url, cause.text);
        }
        (void)unsetenv("DIANCHEN_STORE");
        error = read_words(flag, url, &cause);
        if (error != (rows[i].password ? ERR_INPUT : 0) || strstr(cause.text, "ter2")) {
            fail_msg("--store %s: %s", rows[i].url, cause.text);
        }
        (void)cause_set(&cause, 0, "%s", rows[i].url);
        if (rows[i].password && (strstr(cause.text, "hunter2") || strstr(cause.text, "ter2@"))) {
            fail_msg("not wiped: %s", cause.text);
        }
    }
}

static void plain_http_is_for_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool taken;
    } rows[] = {
        {"https://api.kingdee.com", true},
        {"http://127.0.0.1:8081/x", true},
        {"http://127.9.8.7", true},
        {"http://localhost:1", true},
        {"http://LocalHost./", true},
        {"http://a.localhost", true},
        {"http://[::1]:80/", true},
        {"http://[::1]", true},
        {"http://example.com", false},
        {"http://127.0.0.1.example", false},
        {"http://localhost.example", false},
        {"http://notlocalhost", false},
        {"http://10.0.0.1:80", false},
        {"http://[::2]", false},
        {"HTTP://example.com", false},
        {"http://127.0.0.1@example.com", false},
        {"http://127.0.0.1:80@example.com/", false},
        {"http://me:localhost@example.com", false},
        {"http://me:word@localhost:80/?a=@b", true},
        {"http://0x7f.1", false},
        {"http://", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause cause = {""};
        (void)unsetenv("PLAIN_HTTP");
        int error = http_check_plain("WDT_URL", rows[i].url, &cause);
        if (error != (rows[i].taken ? 0 : ERR_INPUT) || (error && !strstr(cause.text, "PLAIN_HTTP=allow"))) {
            fail_msg("%s: %s", rows[i].url, cause.text);
        }
        (void)setenv("PLAIN_HTTP", "allow", 1);
        assert_int_equal(http_check_plain("WDT_URL", rows[i].url, &cause), 0);
        (void)setenv("PLAIN_HTTP", "yes", 1);
        assert_int_equal(http_check_plain("WDT_URL", rows[i].url, &cause), ERR_INPUT);
    }
}

/* What config_read says on stderr. */
static void read_told(char *told, size_t room)
{
    struct cause cause;
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    int error = read_words(NULL, NULL, &cause);
    (void)fflush(stderr);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    close(ends[1]);
    ssize_t size = read(ends[0], told, room - 1);
    close(ends[0]);
    told[size > 0 ? size : 0] = '\0';
    assert_int_equal(error, CONFIG_GO);
}

static void an_open_env_file_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        mode_t mode;
        bool child, told;
    } rows[] = {
        {"WDT_APP_SECRET=x\n", 0644, false, true},  {"WDT_APP_SECRET=x\n", 0600, false, false},
        {"WDT_APP_SECRET=x\n", 0640, false, false}, {"WDT_APP_SECRET=\n", 0644, false, false},
        {"WDT_SID=x\n", 0644, false, false},        {"WDT_APP_SECRET=x\n", 0644, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char told[300];
        (void)forget(NULL);
        file_write(".env", text_of(rows[i].file));
        assert_int_equal(chmod(".env", rows[i].mode), 0);
        if (rows[i].child) {
            (void)setenv(CONFIG_CHILD, "1", 1);
        }
        read_told(told, sizeof told);
        if ((strstr(told, "chmod 600 .env") != NULL) != rows[i].told) {
            fail_msg("row %zu: %s", i, told);
        }
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, forget, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(proxies_are_curls),          CASE(secrets_in_files),         CASE(passwords_in_addresses),
        CASE(plain_http_is_for_loopback), CASE(an_open_env_file_is_told),
    };
    return cmocka_run_group_tests_name("settings", tests, enter_folder, leave_folder);
}
