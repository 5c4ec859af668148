/* `dianchen run --all`: the schemes of a folder one after the other, in the order that they ask for. Judged by what stands in
 * the target, by the numbers of the runs, and by what is said where a folder has no order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

enum {
    PATH_ROOM = 600,
    SHOPS_MADE = 130,
    STORES_MADE = 117 /* of 130, every tenth is disabled */
};

static const char *program;

static void open_world(struct world *w)
{
    world_open_folder(w, program, "130");
}

static void expect_order(const cJSON *report, const char *const *names, size_t count)
{
    const cJSON *schemes = cJSON_GetObjectItemCaseSensitive(report, "schemes");
    assert_int_equal(cJSON_GetArraySize(schemes), count);
    for (size_t i = 0; i < count; i++) {
        const cJSON *one = cJSON_GetArrayItem(schemes, (int)i);
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "scheme")), names[i]);
    }
}

static void expect_sums(const cJSON *report, int64_t created, int64_t unchanged)
{
    assert_int_equal(rig_number(report, "created"), created);
    assert_int_equal(rig_number(report, "updated"), 0);
    assert_int_equal(rig_number(report, "unchanged"), unchanged);
    assert_int_equal(rig_number(report, "rejected"), 0);
}

static void in_their_order(void **state)
{
    (void)state;
    static const char *const names[] = {"shop-to-customer", "warehouse-to-store", "shop-to-material"};
    enum { MADE = 2 * SHOPS_MADE + STORES_MADE };
    struct world w;
    open_world(&w);
    for (int round = 0; round < 2; round++) {
        cJSON *report = world_json(COMMAND(&w, 0, "run", "--all", "--json"));
        assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")));
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(report, "left_out")), 0);
        expect_order(report, names, 3);
        expect_sums(report, round == 0 ? MADE : 0, round == 0 ? 0 : MADE);
        cJSON_Delete(report);
    }
    assert_int_equal(target_number(&w, "customers"), SHOPS_MADE);
    assert_int_equal(target_number(&w, "materials"), SHOPS_MADE);
    assert_int_equal(target_number(&w, "stores"), STORES_MADE);
    assert_int_equal(target_number(&w, "doubled_numbers"), 0);

    /* For a person, and with the folder in the place of a file. */
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%s/schemes", w.rig.folder);
    rig_set(&w.rig, "DIANCHEN_SCHEME", folder);
    char *said = COMMAND(&w, 0, "run", "--all");
    assert_non_null(strstr(said, "all schemes: 3 of 3 are complete"));
    assert_non_null(strstr(said, "of warehouse-to-store: "));
    free(said);
    rig_close(&w.rig);
}

/* The warehouses' run stops for its budget: the materials behind them wait, the customers don't. */
static void one_that_fails_leaves_out_those_behind(void **state)
{
    (void)state;
    static const char *const names[] = {"shop-to-customer", "warehouse-to-store"};
    struct world w;
    open_world(&w);
    world_scheme_edit(&w, "warehouse-to-store", "\"=TRIM(name)\"",
                      "\"=IF(zip = \\\"none has it\\\", name, \\\"\\\")\"");
    world_scheme_edit(&w, "warehouse-to-store", "\"tests\"", "\"budget\": { \"rejects\": 1 }, \"tests\"");
    cJSON *report = world_json(COMMAND(&w, 1, "run", "--all", "--json"));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(report, "complete")));
    expect_order(report, names, 2);
    const cJSON *left = cJSON_GetObjectItemCaseSensitive(report, "left_out");
    assert_int_equal(cJSON_GetArraySize(left), 1);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(left, 0)), "shop-to-material");
    cJSON_Delete(report);
    assert_int_equal(target_number(&w, "customers"), SHOPS_MADE);
    assert_int_equal(target_number(&w, "stores"), 0);
    assert_int_equal(target_number(&w, "materials"), 0);
    rig_close(&w.rig);
}

static void refused(struct world *w, const char *words, const char *more)
{
    char *said = COMPLAINT(w, 2, "run", "--all", more, more ? "2026-01-01" : NULL);
    if (!strstr(said, words)) {
        fail_msg("no '%s' in: %s", words, said);
    }
    free(said);
    assert_int_equal(source_number(w, "calls"), 0);
}

static void no_order_no_run(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    refused(&w, "a span is read of one scheme", "--from");
    world_scheme_edit(&w, "shop-to-customer", "\"schedule\"", "\"after\": [\"shop-to-material\"], \"schedule\"");
    refused(&w, "waits for itself", NULL);
    world_scheme_edit(&w, "shop-to-customer", "[\"shop-to-material\"]", "[\"goods-to-material\"]");
    refused(&w, "there is no scheme goods-to-material", NULL);
    world_scheme_edit(&w, "shop-to-customer", "[\"goods-to-material\"]", "[\"shop-to-customer\"]");
    refused(&w, "must be the name of another scheme", NULL);
    world_scheme_edit(&w, "shop-to-customer", "\"after\": [\"shop-to-customer\"], ", "");
    world_scheme_edit(&w, "shop-to-customer", "\"name\": \"shop-to-customer\"", "\"name\": \"shop-to-material\"");
    refused(&w, "has the name shop-to-material, too", NULL);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_their_order),
        cmocka_unit_test(one_that_fails_leaves_out_those_behind),
        cmocka_unit_test(no_order_no_run),
    };
    (void)argc;
    program = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
