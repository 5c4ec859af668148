/* The report of a run as a page: it stands by itself, says what the store says, and nothing in it can do harm. How it looks
 * in a browser is judged in tests/deploy/test_report_page.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

static char *page_of(struct world *w, int exit_code, const char *const *words)
{
    char file[400];
    (void)snprintf(file, sizeof file, "%s/page.html", w->rig.folder);
    const char *all[12] = {"report", "--html", file};
    for (size_t i = 0; words[i]; i++) {
        all[3 + i] = words[i];
    }
    char *out = world_command(w, exit_code, false, all);
    /* One line says where it stands. */
    assert_int_equal(strncmp(out, file, strlen(file)), 0);
    assert_int_equal(count_of(out, "\n"), 1);
    free(out);
    return rig_read(file);
}

static void test_page(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(730), ((const char *[]){"--reject_numbers", "S000003,S000110", NULL}));
    free(rig_ask(w.source,
                 "edit?shop_no=S000003&shop_name=%3Cscript%3Ealert(1)%3C%2Fscript%3E%E6%9D%AD%E5%B7%9E%22%27%26", ""));
    free(COMMAND(&w, 3, "run"));
    char *page = page_of(&w, 3, (const char *const[]){NULL});
    /* By itself: nothing is fetched, nothing runs. */
    static const char *const foreign[] = {
        "<script", "<link", "<img", "http:", "https:", "url(", "@import", "src=", "href="};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        assert_null(strstr(page, foreign[i]));
    }
    assert_non_null(strstr(page, "default-src 'none'"));
    assert_non_null(strstr(page, "&#60;script&#62;alert(1)&#60;/script&#62;杭州&#34;&#39;&#38;"));
    /* What it says. */
    assert_non_null(strstr(page, "<html lang=\"en\">"));
    assert_non_null(strstr(page, "created 728"));
    assert_non_null(strstr(page, "rejected 2"));
    assert_non_null(strstr(page, "商品类别不存在或已被禁用"));
    assert_int_equal(count_of(page, "<figure>"), 4);
    assert_int_equal(count_of(page, "<polyline"), 5);
    assert_int_equal(count_of(page, "class=\"bar\""), 2 + 8); /* outcomes, shares, eight pages */
    free(page);
    page = page_of(&w, 3, (const char *const[]){"1", "--lang", "zh", NULL});
    assert_non_null(strstr(page, "<html lang=\"zh-CN\">"));
    assert_non_null(strstr(page, "新建 728"));
    assert_non_null(strstr(page, "最慢的页"));
    free(page);
    page = COMMAND(&w, 3, "report", "--html"); /* without a file: stdout */
    assert_int_equal(strncmp(page, "<!DOCTYPE html>", 15), 0);
    free(page);
    free(COMPLAINT(&w, 2, "report", "--html", "--lang", "fr"));
    free(COMPLAINT(&w, 2, "report", "1", "2"));
    free(COMPLAINT(&w, 2, "report", "7", "--html", "/tmp/never.html"));
    free(COMPLAINT(&w, 1, "report", "--html", "/no/such/folder/x.html"));
    rig_close(&w.rig);
}

/* Every page told its times, and the record leads to those of its page. */
static void test_times(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(250), ((const char *[]){"--slow_ms", "60", NULL}));
    free(COMMAND(&w, 0, "run"));
    cJSON *tree = world_json(COMMAND(&w, 0, "explain", "S000042", "--json"));
    const cJSON *record = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(tree, "records"), 0);
    const cJSON *page = cJSON_GetObjectItemCaseSensitive(record, "page");
    assert_non_null(page);
    assert_int_equal(rig_number(page, "page"), 0);
    assert_int_equal(rig_number(page, "rows"), 100);
    assert_true(rig_number(page, "saves") >= 2);
    const cJSON *times = cJSON_GetObjectItemCaseSensitive(page, "microseconds");
    assert_true(rig_number(times, "fetch") > 0);
    assert_true(rig_number(times, "map") > 0);
    assert_true(rig_number(times, "commit") > 0);
    assert_true(rig_number(times, "write") >= 50000); /* the target takes 60 ms for a call */
    assert_true(rig_number(times, "queue") >= 0 && rig_number(times, "wait") >= 0);
    cJSON_Delete(tree);
    /* A run of which nothing ended yet has a page too. */
    rig_store(&w.rig, "other.db");
    free(rig_ask(w.source, "set?isv=1", ""));
    free(COMMAND(&w, 1, "run"));
    char *html = COMMAND(&w, 1, "report", "--html");
    assert_non_null(strstr(html, "No page of this run has told its times yet."));
    assert_non_null(strstr(html, "<h2>Cause</h2>"));
    assert_non_null(strstr(html, "Pages begun and not finished"));
    free(html);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
