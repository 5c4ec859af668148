/* `dianchen rejects settle`: a target that keeps numbers in small letters, is asked by bytes, and lost a reply, so that nobody
 * knows what landed. A person looks, and says it; each record is there once in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

#define LOSING ((const char *[]){"--number_stored", "lower", "--duplicates", "take", "--lost_next", "1", NULL})

/* As long as a call may be under way it is refused; two minutes are far more. */
static void settle(struct world *w, const char *key, const char *how, const char *id)
{
    struct rig_process *process = NULL;
    int code = 1;
    for (int i = 0; i < 240 && code == 1; i++) {
        code = rig_run(&w->rig, "dianchen", (const char *[]){"rejects", "settle", key, how, id, NULL}, &process);
        char *said = rig_read(process->err);
        assert_true(code != 1 || strstr(said, "may still be under way"));
        free(said);
        (void)usleep(code == 1 ? 500000 : 0);
    }
    assert_int_equal(code, 0);
}

static void refused(struct world *w, int code, const char *words, const char *key, const char *how, const char *id)
{
    char *said = COMPLAINT(w, code, "rejects", "settle", key, how, id);
    if (!strstr(said, words)) {
        fail_msg("no '%s' in: %s", words, said);
    }
    free(said);
}

static int64_t counted(const char *report, const char *name)
{
    cJSON *tree = cJSON_Parse(report);
    assert_non_null(tree);
    int64_t n = rig_number(tree, name);
    cJSON_Delete(tree);
    return n;
}

/* What stands in the target now, each number once. */
static int standing(struct world *w)
{
    char *list = rig_ask(w->target, "numbers", NULL), *rest = list; /* "s000001 4711 1", the last is how often */
    int count = 0;
    for (char *line; (line = strsep(&rest, "\n")) && *line; count++) {
        if (strcmp(strrchr(line, ' '), " 1") != 0) {
            fail_msg("twice: %s", line);
        }
    }
    free(list);
    return count;
}

static void a_person_knows(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, SHOPS(10), LOSING);
    rig_set(&w.rig, "TARGET_TIMEOUT", "500ms");
    rig_set(&w.rig, "TARGET_LATE", "500ms");
    rig_set(&w.rig, "TARGET_VISIBLE", "100ms");
    char *report = COMMAND(&w, 3, "run", "--json");
    assert_int_equal(counted(report, "rejected"), 10);
    free(report);
    assert_int_equal(standing(&w), 10);

    /* A person looks: nine are there, and one is not. */
    free(rig_ask(w.target, "remove?number=s000002", ""));
    cJSON *there = rig_ask_json(w.target, "material?number=s000001");
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(there, 0), "id"));
    assert_non_null(id);
    refused(&w, 2, "a key, and --found ID or --absent", "S000001", NULL, NULL);
    refused(&w, 2, "no id", "S000001", "--found", "12 34");
    refused(&w, 1, "waits for a word", "S000099", "--absent", NULL);
    char *story = COMMAND(&w, 0, "explain", "S000001");
    assert_non_null(strstr(story, "dianchen rejects settle S000001 --found ID, or --absent"));
    free(story);
    settle(&w, "S000001", "--found", id);
    settle(&w, "S000002", "--absent", NULL);
    refused(&w, 1, "waits for a word", "S000001", "--absent", NULL); /* a word counts once */
    refused(&w, 1, "waits for a word", "S000002", "--found", id);

    report = COMMAND(&w, 3, "run", "--json");
    assert_int_equal(counted(report, "unchanged"), 1);
    assert_int_equal(counted(report, "created"), 1);
    assert_int_equal(counted(report, "rejected"), 8);
    free(report);
    assert_int_equal(standing(&w), 10);
    report = COMMAND(&w, 3, "run", "--json");
    assert_int_equal(counted(report, "unchanged"), 2);
    assert_int_equal(counted(report, "rejected"), 8);
    free(report);

    /* The id that was told is the one that is updated. */
    free(rig_ask(w.source, "edit?shop_no=S000001&shop_name=north", ""));
    report = COMMAND(&w, 3, "run", "--json");
    assert_int_equal(counted(report, "updated"), 1);
    free(report);
    assert_int_equal(standing(&w), 10);
    cJSON *now = rig_ask_json(w.target, "material?number=s000001");
    assert_int_equal(cJSON_GetArraySize(now), 1);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(now, 0), "id")), id);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(now, 0), "name")), "north");
    cJSON_Delete(now);
    cJSON_Delete(there);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_person_knows)};
    (void)argc;
    program = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
