/* What a loader accepts before any call: addresses that keep the login secret, modes that fit together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "loader/settings.h"
#include "loader/xingchen/settings.h"

enum { WORDS_MAX = 6 };

static int read_words(const char *const *words, struct loader_settings *settings, struct cause *cause)
{
    xingchen_settings = (struct xingchen_settings){0};
    char program[] = "loader", flag[] = "--env-file", none[] = "/dev/null";
    static char room[WORDS_MAX][64]; /* settings point into it */
    char *argv[WORDS_MAX + 4] = {program, flag, none};
    int argc = 3;
    for (; *words; words++) {
        argv[argc] = room[argc - 3];
        (void)snprintf(room[argc - 3], sizeof room[0], "%s", *words);
        argc++;
    }
    return loader_settings_read(argc, argv, settings, cause);
}

static int set_up(void **state)
{
    (void)state;
    static const char *const set[][2] = {{"XINGCHEN_CLIENT_ID", "id"},
                                         {"XINGCHEN_CLIENT_SECRET", "a secret"},
                                         {"XINGCHEN_USERNAME", "user"},
                                         {"XINGCHEN_PASSWORD", "a password"},
                                         {"XINGCHEN_ACCOUNT_ID", "1"}};
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
        assert_int_equal(setenv(set[i][0], set[i][1], 1), 0);
    }
    unsetenv("XINGCHEN_URL");
    return 0;
}

static void keeps_the_login_off_plain_lines(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *want; /* NULL = refused */
    } table[] = {
        {"https://api.kingdee.com", "https://api.kingdee.com"},
        {"https://api.kingdee.com//", "https://api.kingdee.com"},
        {"https://proxy.example/kingdee", "https://proxy.example/kingdee"},
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
        {"http://kingdee.example", NULL},
        {"http://api.kingdee.com", NULL},
        {"http://API.KINGDEE.COM:80/x", NULL},
        {"http://api.kingdee.com./", NULL},
        {"http://user@127.0.0.1", NULL},
        {"http://127.0.0.1/?a=b", NULL},
        {"http://127.0.0.1/a b", NULL},
        {"ftp://127.0.0.1", NULL},
        {"api.kingdee.com", NULL},
    };
    static const char *const words[] = {NULL};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct loader_settings settings;
        struct cause cause = {""};
        assert_int_equal(setenv("XINGCHEN_URL", table[i].url, 1), 0);
        int error = read_words(words, &settings, &cause);
        if (error != (table[i].want ? 0 : ERR_INPUT) ||
            (table[i].want && strcmp(xingchen_settings.url, table[i].want) != 0)) {
            fail_msg("%s: %d %s", table[i].url, error, cause.text);
        }
        assert_true(error == 0 || strncmp(cause.text, "XINGCHEN_URL: ", 14) == 0);
    }
}

static void modes(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        bool account;
        int want;
    } table[] = {
        {{NULL}, true, 0},
        {{NULL}, false, ERR_INPUT},
        {{"--check", NULL}, false, 0},
        {{"--lookup", "accounts", NULL}, false, 0},
        {{"--lookup", "units", NULL}, false, ERR_INPUT},
        {{"--lookup", "units", "--json", "--", "-x"}, true, 0},
        {{"--lookup", "shops", NULL}, true, 0}, /* the scheme's target says whether there is such a list */
        {{"--lookup", "units", "a", "b", NULL}, true, ERR_INPUT},
        {{"word", NULL}, true, ERR_INPUT},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct loader_settings settings;
        struct cause cause = {""};
        assert_int_equal(table[i].account ? 0 : unsetenv("XINGCHEN_ACCOUNT_ID"), 0);
        if (read_words(table[i].words, &settings, &cause) != table[i].want) {
            fail_msg("case %zu: %s", i, cause.text);
        }
        assert_int_equal(setenv("XINGCHEN_ACCOUNT_ID", "1", 1), 0);
    }
}

static void times_follow_the_timeout(void **state)
{
    (void)state;
    static const char *const words[] = {NULL};
    struct loader_settings settings;
    struct cause cause = {""};
    assert_int_equal(setenv("TARGET_TIMEOUT", "3s", 1), 0);
    assert_int_equal(read_words(words, &settings, &cause), 0);
    struct ledger_times times = loader_settings_times(&settings);
    assert_int_equal(times.send, 8000);
    assert_int_equal(times.late, 10000);
    assert_int_equal(times.visible, 2000);
    assert_int_equal(settings.calls_per_minute, -1);
    assert_int_equal(unsetenv("TARGET_TIMEOUT"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(keeps_the_login_off_plain_lines, set_up),
        cmocka_unit_test_setup(modes, set_up),
        cmocka_unit_test_setup(times_follow_the_timeout, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
