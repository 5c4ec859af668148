/* What programs say in Chinese: by exact text, by the format that made a line, by its parts; and that no text lacks it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/columns.h"
#include "common/base/language.h"
#include "common/base/phrase.h"
#include "tests/unit/chinese.h"

static const char *catalogs;

static int find_catalogs(void **state)
{
    (void)state;
    catalogs = catalogs_folder();
    return 0;
}

static void set_environment(const char *own, const char *all, const char *lang)
{
    static const char *const names[] = {LANGUAGE_VARIABLE, "LC_ALL", "LANG", "LC_MESSAGES", "LANGUAGE"};
    const char *const values[] = {own, all, lang, NULL, NULL};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(values[i] ? setenv(names[i], values[i], 1) : unsetenv(names[i]), 0);
    }
}

static void the_environment_chooses(void **state)
{
    (void)state;
    static const struct {
        const char *wanted, *own, *all, *lang;
        bool other;
        int error;
    } rows[] = {
        {NULL, NULL, NULL, NULL, false, 0},          {NULL, NULL, NULL, "zh_CN.UTF-8", true, 0},
        {NULL, NULL, NULL, "zh", true, 0},           {NULL, NULL, NULL, "zhuang_CN", false, 0},
        {NULL, NULL, "C", "zh_CN.UTF-8", false, 0},  {NULL, NULL, "zh_CN.GB18030", "en_US.UTF-8", true, 0},
        {NULL, "en", "zh_CN.UTF-8", NULL, false, 0}, {NULL, "zh", "C.UTF-8", NULL, true, 0},
        {"zh", "en", NULL, NULL, true, 0},           {"en", NULL, NULL, "zh_CN.UTF-8", false, 0},
        {"", NULL, NULL, "zh_CN.UTF-8", true, 0},    {"fr", NULL, NULL, NULL, false, ERR_INPUT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set_environment(NULL, NULL, NULL);
        assert_int_equal(language_choose("en", catalogs), 0);
        set_environment(rows[i].own, rows[i].all, rows[i].lang);
        if (language_choose(rows[i].wanted, catalogs) != rows[i].error || language_other() != rows[i].other) {
            fail_msg("row %zu: %s", i, language_name());
        }
        if (rows[i].wanted && *rows[i].wanted && !rows[i].error) { /* children speak as we do */
            assert_string_equal(getenv(LANGUAGE_VARIABLE), rows[i].wanted);
        }
    }
    /* Without a catalog all stays English. */
    assert_int_equal(language_choose("zh", "/nowhere"), 0);
    assert_false(language_other());
    assert_string_equal(_("out of memory"), "out of memory");
}

static void lines_are_said(void **state)
{
    (void)state;
    static const struct {
        const char *english, *said;
    } rows[] = {
        {"out of memory", "内存不足"},
        {"  out of memory ", "  内存不足 "},
        {"--env-file: a b.env: no such file", "--env-file：a b.env：没有这个文件"},
        {"WDT_SID is not set: put it into the environment or into .env (or name another file with --env-file)",
         "WDT_SID 未设置：请写入环境变量或 .env（或用 --env-file 指定其他文件）"},
        /* an argument that is a sentence, a name that is none, one in quotes that looks like a sentence */
        {"--limit: '5x' is not a whole number such as 100", "--limit：“5x”不是整数（例如 100）"},
        {"--limit: 'out of memory' is negative", "--limit：“out of memory”是负数"},
        /* arguments change places, widths count */
        {"field name: 'red' of colour does not become a whole number", "字段 name：colour 的“red”不能变为整数"},
        {"expected a value before )", "在 ) 之前应为值"},
        /* parts */
        {"a.json:3: /target: no such key; did you mean batch?", "a.json:3: /target: 没有这个键；是否想写 batch？"},
        {"loader: out of memory", "loader：内存不足"},
        {"the scheme file, or for services and checks a folder of schemes; required",
         "集成方案文件，服务和检查也可以用方案文件夹；必填"},
        {"source field a can't be read: (the whole record: 70 bytes, too many for its page)",
         "来源字段 a 无法读取：（整条记录：70 字节，超出一页的容量）"},
        {"store: run 7 was begun into account A; this loader writes into account B: finish it with A, or start over "
         "with "
         "--new",
         "台账：运行 7 开始时写入账套 A；此 loader 写入账套 B：请用 A 完成它，或用 --new 重新开始"},
        {"the body: /scheme: is missing", "请求体：/scheme: 缺少"},
        /* what nobody here has written stays */
        {"旗舰店: 100% cotton", "旗舰店: 100% cotton"},
        {"", ""},
    };
    assert_int_equal(language_choose("zh", catalogs), 0);
    assert_null(strchr(strerror(ENOENT), '?')); /* the C library's, in Chinese where it has them: whole */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char said[600];
        assert_string_equal(language_line(text_of(rows[i].english), said, sizeof said), rows[i].said);
    }
    char cut[8];
    assert_string_equal(language_line(TEXT("out of memory"), cut, sizeof cut), "内存"); /* between characters */
    assert_int_equal(language_choose("en", catalogs), 0);
    char said[80];
    assert_string_equal(language_line(TEXT("out of memory"), said, sizeof said), "out of memory");
    /* One reader of a program that speaks English wants the other language. */
    struct buffer line;
    buffer_init(&line, 1000);
    assert_int_equal(language_load("/nowhere"), ERR_NOT_FOUND);
    language_put_in(&line, TEXT("out of memory"), true);
    assert_int_equal(language_load(catalogs), 0);
    assert_false(language_other());
    language_put_in(&line, TEXT("out of memory"), true);
    language_put_in(&line, TEXT("out of memory"), false);
    language_put(&line, TEXT("out of memory"));
    assert_true(text_equal(buffer_text(&line), TEXT("out of memory内存不足out of memoryout of memory")));
    buffer_fini(&line);
}

/* Formats read backwards, whatever the text: nothing is lost, nothing takes long. */
static void formats_are_read_backwards(void **state)
{
    (void)state;
    struct phrase_match match;
    assert_true(phrase_read("%s: %d of %5.1f%%", TEXT("a: b: 3 of  12.5%"), &match));
    assert_int_equal(match.count, 3);
    assert_true(text_equal(match.slots[0].text, TEXT("a: b")));
    assert_true(text_equal(match.slots[1].text, TEXT("3")));
    assert_true(text_equal(match.slots[2].text, TEXT(" 12.5")));
    assert_true(phrase_read("page %lld.", TEXT("page 12."), &match));
    assert_true(text_equal(match.slots[0].text, TEXT("12")));
    assert_false(phrase_read("page %lld.", TEXT("page twelve."), &match));
    assert_false(phrase_read("page %lld.", TEXT("page 12"), &match));
    assert_true(phrase_read("%.*s%s", TEXT("a.b; did you mean c?"), &match));
    assert_true(text_equal(match.slots[0].text, TEXT("a.b")));
    assert_int_equal(match.slots[0].argument, 2);
    assert_int_equal(match.slots[1].argument, 3);
    assert_int_equal(phrase_weight("%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s words"), 0); /* too many */
    char mean[4000];
    memset(mean, 'a', sizeof mean);
    assert_false(phrase_read("%sa%sa%sa%sa%sa%sa%sb", (struct text){mean, sizeof mean}, &match));
}

static void columns_are_counted(void **state)
{
    (void)state;
    assert_int_equal(columns_of(TEXT("店铺 ab")), 7);
    assert_int_equal(columns_of(TEXT("e\xcc\x81")), 1);
    assert_int_equal(columns_of(TEXT("\xff\xfe!")), 3);
    struct buffer out;
    buffer_init(&out, 100);
    columns_pad(&out, TEXT("拒收"), 6);
    assert_true(text_equal(buffer_text(&out), TEXT("拒收  ")));
    buffer_fini(&out);
}

/* The catalog has each text of the sources, translated and not in doubt: po/check.sh counts. */
static void no_text_lacks_its_chinese(void **state)
{
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl("/bin/sh", "sh", "po/check.sh", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail_msg("po/check.sh says what is missing (above)");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_chooses),    cmocka_unit_test(lines_are_said),
        cmocka_unit_test(formats_are_read_backwards), cmocka_unit_test(columns_are_counted),
        cmocka_unit_test(no_text_lacks_its_chinese),
    };
    return cmocka_run_group_tests(tests, find_catalogs, NULL);
}
