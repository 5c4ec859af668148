/* A record that ends every worker becomes a reject, and the run continues; in later runs it ends no worker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

/* Bytes that only its payload has: set apart, the record has none. */
static const char deadly[] = "\"number\":\"S000003\"";

/* Loads what makes `victim` die of these bytes into every program that is started from now on. */
static void arm(struct world *w, const char *victim, const char *call)
{
    char path[400], options[400];
    const char *asan = getenv("ASAN_OPTIONS");
    snprintf(path, sizeof path, "%s/tests/preload/deadly.so", w->rig.build);
    snprintf(options, sizeof options, "%s%sverify_asan_link_order=0", asan ? asan : "", asan ? ":" : "");
    rig_set(&w->rig, "ASAN_OPTIONS", options);
    rig_set(&w->rig, "LD_PRELOAD", path);
    rig_set(&w->rig, "DEADLY_PROGRAM", victim);
    rig_set(&w->rig, "DEADLY_CALL", call);
    rig_set(&w->rig, "DEADLY_BYTES", deadly);
}

static void one_kills(const char *victim, const char *call)
{
    struct world w;
    world_open(&w, program, SHOPS(5), PLAIN);
    arm(&w, victim, call);
    struct rig_process *process = rig_start(&w.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    cJSON *tree = world_json(world_wait(&w, process, 3, 300));
    assert_int_equal(rig_number(tree, "created"), 4);
    assert_int_equal(rig_number(tree, "rejected"), 1);
    assert_int_equal(rig_number(tree, "seen"), 5);
    cJSON_Delete(tree);
    char *text = rig_read(process->err);
    assert_non_null(strstr(text, "died by signal 9"));
    free(text);
    assert_int_equal(target_number(&w, "materials"), 4);

    tree = world_json(COMMAND(&w, 0, "rejects", "show", "S000003", "--json"));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, "class")), "poison");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
                            cJSON_GetObjectItemCaseSensitive(tree, "source"), "shop_no")),
                        "S000003");
    cJSON_Delete(tree);

    /* Known by now: nobody dies of it again. */
    process = rig_start(&w.rig, "dianchen", (const char *[]){"run", "--json", NULL});
    tree = world_json(world_wait(&w, process, 3, 300));
    assert_int_equal(rig_number(tree, "unchanged"), 4);
    assert_int_equal(rig_number(tree, "rejected"), 1);
    cJSON_Delete(tree);
    text = rig_read(process->err);
    assert_null(strstr(text, "died by signal"));
    free(text);

    /* The worker is mended. */
    rig_set(&w.rig, "DEADLY_PROGRAM", "nobody");
    tree = world_json(COMMAND(&w, 0, "rejects", "replay", "--class", "poison", "--json"));
    assert_int_equal(rig_number(tree, "created"), 1);
    cJSON_Delete(tree);
    assert_int_equal(target_number(&w, "materials"), 5);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);
    rig_close(&w.rig);
}

static void a_record_that_kills_transformers(void **state)
{
    (void)state;
    one_kills("transformer", "send");
}

static void a_record_that_kills_loaders(void **state)
{
    (void)state;
    one_kills("loader", "recv");
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {

        cmocka_unit_test(a_record_that_kills_transformers),
        cmocka_unit_test(a_record_that_kills_loaders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
