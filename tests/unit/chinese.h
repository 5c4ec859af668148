/* What a person in China reads of a line that the code made in English. */
#ifndef DIANCHEN_TESTS_UNIT_CHINESE_H
#define DIANCHEN_TESTS_UNIT_CHINESE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/language.h"

/* The build tree's catalogs, beside the test: build/tests/unit/test_NAME, build/share/locale. */
static inline const char *catalogs_folder(void)
{
    static char folder[4096];
    char self[2048];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(size > 0);
    self[size] = '\0';
    char *slash = strrchr(self, '/');
    assert_non_null(slash);
    *slash = '\0';
    (void)snprintf(folder, sizeof folder, "%s/../../share/locale", self);
    return folder;
}

/* The longest row of English words that stand side by side outside of quotes. */
static inline int english_words(const char *text)
{
    int words = 0, most = 0;
    for (const char *at = text; *at; at++) {
        static const char *const quotes[][2] = {{"\"", "\""}, {"“", "”"}, {"'", "'"}};
        for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
            size_t size = strlen(quotes[i][0]);
            const char *end = strncmp(at, quotes[i][0], size) == 0 ? strstr(at + size, quotes[i][1]) : NULL;
            at = end ? end + strlen(quotes[i][1]) : at;
        }
        size_t size = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'");
        if (size == 0) {
            words = *at == ' ' ? words : 0;
            if (*at == '\0') {
                break;
            }
            continue;
        }
        at += size - 1;
        words = at[1] == ' ' || at[1] == '\0' ? words + 1 : 0; /* else a name, a path, a number, one of a list */
        most = words > most ? words : most;
    }
    return most;
}

/* In Chinese the line holds Chinese, and no more English than names. The test itself goes on in English. */
static inline void assert_chinese(const char *english)
{
    static bool loaded;
    struct buffer line;
    bool han = false;
    if (!loaded) {
        assert_int_equal(language_load(catalogs_folder()), 0);
        loaded = true;
    }
    buffer_init(&line, 1 << 16);
    language_put_in(&line, text_of(english), true);
    buffer_add_char(&line, '\0');
    assert_false(line.failed);
    for (const char *at = line.data; *at; at++) {
        han = han || ((unsigned char)*at >= 0xe4 && (unsigned char)*at <= 0xe9);
    }
    if (!han || english_words(line.data) > 2) {
        fail_msg("'%s' is '%s' in Chinese", english, line.data);
    }
    buffer_fini(&line);
}

#endif
