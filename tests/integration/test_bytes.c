/* What nobody sees: blanks and control characters in numbers, halves of characters, files that are no UTF-8. Each is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"
#include "tests/unit/store_place.h"

static const char *program;

#define BLANKS(shops) "--shops", shops, "--damage", "blanks", "--damage_field", "shop_no", "--damage_shop", "S000007"

static void open_with(struct world *w, struct place *place, const char *const *source, int turn)
{
    place_postgres = turn == 1;
    world_open(w, program, source, PLAIN);
    assert_int_equal(place_make(place), 0);
    rig_set(&w->rig, "DIANCHEN_STORE", place->url);
}

static void close_with(struct world *w, struct place *place)
{
    rig_close(&w->rig);
    assert_int_equal(place_remove(place), 0);
}

/* A number with blanks at its ends goes out without them, wherever it is mapped; the next run finds it unchanged. */
static void numbers_are_trimmed_and_it_is_told(void **state)
{
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct world w;
        struct place place;
        open_with(&w, &place, (const char *[]){BLANKS("30"), NULL}, turn);
        cJSON *report = world_json(COMMAND(&w, 0, "run", "--json"));
        assert_int_equal(rig_number(report, "created"), 30);
        assert_int_equal(rig_number(report, "noted"), 1);
        cJSON_Delete(report);
        char *material = rig_ask(w.target, "material?number=S000007", NULL);
        assert_non_null(strstr(material, "\"number\":\"S000007\""));
        assert_non_null(strstr(material, "\"helpcode\":\"S000007\""));
        free(material);
        char *explained =
            COMMAND(&w, 0, "explain", "S000007", "--json"); /* its key has the blanks: found by its number */
        assert_non_null(strstr(explained, "trimmed: "));
        free(explained);
        report = world_json(COMMAND(&w, 0, "run", "--json"));
        assert_int_equal(rig_number(report, "unchanged"), 30);
        assert_int_equal(target_number(&w, "materials"), 30);
        cJSON_Delete(report);
        close_with(&w, &place);
    }
}

/* "trim": false sends the number as the source has it. */
static void trimming_can_be_switched_off(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, program, (const char *[]){BLANKS("30"), NULL}, PLAIN);
    rig_scheme(&w.rig, "\"schedule\":", "\"trim\": false, \"schedule\":");
    cJSON *report = world_json(COMMAND(&w, 0, "run", "--json"));
    assert_int_equal(rig_number(report, "created"), 30);
    assert_null(cJSON_GetObjectItem(report, "noted"));
    cJSON_Delete(report);
    char *material = rig_ask(w.target, "material?number=S000007", NULL);
    assert_null(strstr(material, "\"number\":\"S000007\""));
    free(material);
    rig_close(&w.rig);
}

/* A text that held half a character or a NUL is noted on its record, as long as it does. */
static void repaired_records_are_noted(void **state)
{
    (void)state;
    static const char *const kinds[] = {"surrogate", "nul"};
    for (int turn = 0; turn < 2; turn++) {
        struct world w;
        struct place place;
        open_with(&w, &place,
                  (const char *[]){"--shops", "30", "--damage", kinds[turn], "--damage_shop", "S000007,S000009", NULL},
                  turn);
        cJSON *report = world_json(COMMAND(&w, 0, "run", "--json"));
        assert_int_equal(rig_number(report, "noted"), 2);
        cJSON_Delete(report);
        char *explained = COMMAND(&w, 0, "explain", "S000007", "--json");
        assert_non_null(strstr(explained, "repaired: "));
        free(explained);
        explained = COMMAND(&w, 0, "explain", "S000008", "--json");
        assert_null(strstr(explained, "\"notes\""));
        free(explained);
        free(rig_ask(w.source, "set?damage=none", ""));
        report = world_json(COMMAND(&w, 0, "run", "--json"));
        assert_null(cJSON_GetObjectItem(report, "noted"));
        cJSON_Delete(report);
        explained = COMMAND(&w, 0, "explain", "S000007", "--json");
        assert_null(strstr(explained, "\"notes\""));
        free(explained);
        close_with(&w, &place);
    }
}

static void write_file(const struct world *w, const char *name, const char *text)
{
    char path[500];
    snprintf(path, sizeof path, "%s/%s", w->rig.folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A scheme and an env file that an editor has saved as GBK are refused, with the line and the cure, before any call. */
static void files_that_are_no_utf8_are_refused(void **state)
{
    (void)state;
    struct world w;
    char path[500];
    world_open(&w, program, SHOPS(3), PLAIN);
    rig_scheme(&w.rig, "\"remark\": \"", "\"remark\": \"\xb5\xea"); /* 店 in GBK */
    char *said = COMPLAINT(&w, 2, "run");
    assert_non_null(strstr(said, "is not UTF-8 here: save the file as UTF-8 (it may be GBK)"));
    const char *line = strstr(said, "shop-to-material.json:");
    assert_non_null(line);
    assert_in_range(strtol(line + strlen("shop-to-material.json:"), NULL, 10), 5, 60);
    free(said);
    rig_scheme(&w.rig, NULL, NULL);
    write_file(&w, "gbk.env", "# fine\nXINGCHEN_UNIT_ID=1\nXINGCHEN_GROUP_NAME=\xd5\xcb\xcc\xd7\n");
    snprintf(path, sizeof path, "%s/gbk.env", w.rig.folder);
    said = COMPLAINT(&w, 2, "check", "--env-file", path);
    assert_non_null(strstr(said, "gbk.env:3"));
    assert_non_null(strstr(said, "not UTF-8: save the file as UTF-8 (it may be GBK)"));
    free(said);
    assert_int_equal(source_number(&w, "calls"), 0);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    (void)argc;
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_trimmed_and_it_is_told), cmocka_unit_test(trimming_can_be_switched_off),
        cmocka_unit_test(repaired_records_are_noted), cmocka_unit_test(files_that_are_no_utf8_are_refused)};
    return _cmocka_run_group_tests("bytes", tests, sizeof tests / sizeof *tests, NULL, NULL);
}
