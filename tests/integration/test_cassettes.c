/* Calls are recorded, without secrets and personal texts, and both doubles replay them: the same run comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "tests/integration/world.h"

static const char *program;

/* All cassettes of a folder as one text, and how many there are. */
static char *read_all(const char *folder, int *count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    DIR *dir = opendir(folder);
    assert_non_null(memory);
    assert_non_null(dir);
    *count = 0;
    for (const struct dirent *entry = NULL; (entry = readdir(dir)) != NULL;) {
        char path[700];
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        char *file = rig_read(path);
        cJSON *tree = cJSON_Parse(file);
        assert_non_null(tree);
        cJSON_Delete(tree);
        fputs(file, memory);
        free(file);
        ++*count;
    }
    closedir(dir);
    fclose(memory);
    return text;
}

/* A run against doubles with these switches, recorded into `folder`; its report. */
static cJSON *recorded_run(struct world *w, const char *const *source, const char *const *target, char folder[500],
                           const char *fields, int exit_code)
{
    world_open(w, program, source, target);
    snprintf(folder, 500, "%s/tape", w->rig.folder);
    return world_json(COMMAND(w, exit_code, "run", "--json", "--record", folder, "--record-fields", fields));
}

/* The same scheme on a new store between doubles that replay the folder. */
static cJSON *replayed_run(struct world *w, const char *folder, int exit_code)
{
    const char *const replay[] = {"--replay", folder, NULL};
    rig_double(&w->rig, "wdt-double", replay, w->source, sizeof w->source);
    rig_double(&w->rig, "xingchen-double", replay, w->target, sizeof w->target);
    rig_credentials(&w->rig, w->source, w->target);
    rig_store(&w->rig, "again.db");
    return world_json(COMMAND(w, exit_code, "run", "--json"));
}

static void expect_same(const cJSON *a, const cJSON *b)
{
    static const char *const names[] = {"seen",     "created",  "updated",  "unchanged",
                                        "filtered", "rejected", "repeated", "pages"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(rig_number(a, names[i]), rig_number(b, names[i]));
    }
}

static void check_replay(const char *const *source, const char *const *target, int exit_code)
{
    struct world w;
    char folder[500];
    cJSON *first = recorded_run(&w, source, target, folder, "masked", exit_code);
    cJSON *second = replayed_run(&w, folder, exit_code);
    expect_same(first, second);
    assert_int_equal(source_number(&w, "replay_unknown"), 0);
    assert_int_equal(target_number(&w, "replay_unknown"), 0);
    assert_true(source_number(&w, "replayed") > 0 && target_number(&w, "replayed") > 0);
    cJSON_Delete(first);
    cJSON_Delete(second);
    rig_close(&w.rig);
}

static void a_run_replays(void **state)
{
    (void)state;
    check_replay(SHOPS(60), (const char *[]){"--reject_numbers", "S000007", "--error_id", "number", NULL}, 3);
}

static void a_run_with_a_book_replays(void **state)
{
    (void)state;
    check_replay((const char *[]){"--shops", "60", "--total", "never", "--numbers", "text", NULL},
                 (const char *[]){"--book", "20", "--reply", "list", NULL}, 3 /* what stands there is refused */);
}

/* Nothing that is secret or personal stands in the files (rig_close looks for secrets in all of them). */
static void what_is_personal_is_masked(void **state)
{
    (void)state;
    struct world w;
    char folder[500];
    int count;
    cJSON_Delete(recorded_run(&w, SHOPS(40), PLAIN, folder, "masked", 0));
    char *tape = read_all(folder, &count);
    assert_in_range(count, 5, 30);
    assert_non_null(strstr(tape, "access_token=***"));
    assert_non_null(strstr(tape, "S000040"));
    assert_non_null(strstr(tape, "mobile\\\":\\\"11111111111"));
    assert_null(strstr(tape, "西湖区\\\",\\\"address\\\":\\\"文三路"));
    assert_null(strstr(tape, "王芳"));
    assert_null(strstr(tape, "赵经理"));
    assert_null(strstr(tape, "demo_user"));
    free(tape);
    rig_close(&w.rig);
}

static void a_person_may_want_all(void **state)
{
    (void)state;
    struct world w;
    char folder[500];
    int count;
    cJSON_Delete(recorded_run(&w, SHOPS(40), PLAIN, folder, "all", 0));
    char *tape = read_all(folder, &count);
    assert_null(strstr(tape, "mobile\\\":\\\"11111111111"));
    assert_non_null(strstr(tape, "mobile\\\":\\\"13"));
    free(tape);
    rig_close(&w.rig);
}

static void check_and_preview_record(void **state)
{
    (void)state;
    struct world w;
    int count;
    char folder[500];
    world_open(&w, program, SHOPS(40), PLAIN);
    snprintf(folder, sizeof folder, "%s/checked", w.rig.folder);
    free(COMMAND(&w, 0, "check", "--record", folder));
    char *tape = read_all(folder, &count);
    assert_in_range(count, 2, 10);
    assert_non_null(strstr(tape, "/router/qm"));
    assert_non_null(strstr(tape, "/auth/user/access_token"));
    free(tape);
    snprintf(folder, sizeof folder, "%s/previewed", w.rig.folder);
    free(COMMAND(&w, 0, "preview", "--record", folder));
    tape = read_all(folder, &count);
    assert_in_range(count, 3, 20);
    assert_non_null(strstr(tape, "/router/qm"));
    assert_non_null(strstr(tape, "/jdy/basedata/material_detail"));
    free(tape);
    rig_close(&w.rig);
}

/* A text of another charset is masked as well, and replays in its own bytes. */
static void bytes_of_another_charset_replay(void **state)
{
    (void)state;
    struct world w;
    char folder[500];
    int count;
    world_open(&w, program, (const char *[]){"--shops", "40", "--charset", "gbk", NULL}, PLAIN);
    snprintf(folder, sizeof folder, "%s/gbk", w.rig.folder);
    free(COMMAND(&w, 0, "preview", "--record", folder));
    char *tape = read_all(folder, &count);
    assert_in_range(count, 3, 20);
    assert_non_null(strstr(tape, "charset=GBK"));
    assert_null(strstr(tape, "body_withheld"));
    free(tape);
    rig_close(&w.rig);
}

/* Who tells gb2312 sends characters of GBK, too. */
static void gbk_under_a_smaller_name_is_kept(void **state)
{
    (void)state;
    struct world w;
    char folder[500];
    int count;
    world_open(&w, program, (const char *[]){"--shops", "5", "--charset", "gbk", "--charset_told", "gb2312", NULL},
               PLAIN);
    free(rig_ask(w.source, "edit?shop_no=S000003&to=%E7%91%A0", ""));
    snprintf(folder, sizeof folder, "%s/gb2312", w.rig.folder);
    char *shown = COMMAND(&w, 0, "preview", "--record", folder);
    assert_non_null(strstr(shown, "瑠"));
    free(shown);
    char *tape = read_all(folder, &count);
    assert_non_null(strstr(tape, "charset=gb2312"));
    assert_non_null(strstr(tape, "body_base64"));
    assert_null(strstr(tape, "body_withheld"));
    free(tape);
    rig_close(&w.rig);
}

static void a_folder_that_cannot_be_is_told(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(1), PLAIN);
    char *said = COMPLAINT(&w, 2, "run", "--record", "/nowhere/at/all");
    assert_non_null(strstr(said, "--record /nowhere/at/all: No such file or directory"));
    free(said);
    said = COMPLAINT(&w, 2, "run", "--record", w.rig.folder, "--record-fields", "some");
    assert_non_null(strstr(said, "neither masked nor all"));
    free(said);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_replays),
        cmocka_unit_test(a_run_with_a_book_replays),
        cmocka_unit_test(what_is_personal_is_masked),
        cmocka_unit_test(a_person_may_want_all),
        cmocka_unit_test(check_and_preview_record),
        cmocka_unit_test(bytes_of_another_charset_replay),
        cmocka_unit_test(gbk_under_a_smaller_name_is_kept),
        cmocka_unit_test(a_folder_that_cannot_be_is_told),
    };
    return cmocka_run_group_tests_name("cassettes", tests, NULL, NULL);
}
