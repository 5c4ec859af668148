/* `dianchen api`: what a source gives beside what its file says; a file that is written from a sample can be used at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/integration/world.h"

static const char *program;

#define HOUSES ((const char *[]){"--shops", "20", "--warehouses", "30", "--goods", "5", NULL})

static void open_world(struct world *w)
{
    world_open(w, program, HOUSES, PLAIN);
    rig_pair(&w->rig,
             &(struct rig_pair){"warehouse-to-store", "wdt.warehouse.query", "jdy.basedata.store_save", NULL, NULL});
}

static const char *in_folder(struct world *w, const char *name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/schemes/api/%s.json", w->rig.folder, name);
    return path;
}

/* Puts `to` in place of `from`, which must be there, or the whole file where `from` is NULL. */
static void write_over(const char *path, const char *from, const char *to)
{
    char *old = from ? rig_read(path) : NULL, *at = from ? strstr(old, from) : NULL;
    assert_true(!from || at);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (from) {
        fprintf(file, "%.*s%s%s", (int)(at - old), old, to, at + strlen(from));
    } else {
        fputs(to, file);
    }
    assert_int_equal(fclose(file), 0);
    free(old);
}

static bool lists(const cJSON *list, const char *name)
{
    bool found = false;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        found = found || (cJSON_IsString(item) && strcmp(item->valuestring, name) == 0);
    }
    return found;
}

static const cJSON *field_of(const cJSON *object, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(object, "fields"))
    {
        if (strcmp(cJSON_GetObjectItem(item, "name")->valuestring, name) == 0) {
            return item;
        }
    }
    return NULL;
}

static void what_came_stands_beside_the_file(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    const char *path = in_folder(&w, "wdt.warehouse.query");
    cJSON *said = world_json(COMMAND(&w, 0, "api", "try", path, "--json"));
    assert_string_equal(cJSON_GetObjectItem(said, "api")->valuestring, "wdt.warehouse.query");
    assert_int_equal(rig_number(said, "records"), 30);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(said, "lacks")), 0);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(said, "missing")), 0);
    const cJSON *number = field_of(said, "warehouse_no");
    assert_non_null(number);
    assert_int_equal(rig_number(number, "filled"), 30);
    assert_true(lists(cJSON_GetObjectItem(number, "came"), "string"));
    assert_true(lists(cJSON_GetObjectItem(field_of(said, "warehouse_id"), "came"), "integer"));
    cJSON_Delete(said);
    assert_int_equal(source_number(&w, "calls"), 1);
    assert_int_equal(target_number(&w, "calls"), 0);

    write_over(path, "\"telno\":", "\"nowhere\":");
    said = world_json(COMMAND(&w, 0, "api", "try", path, "--json"));
    assert_true(lists(cJSON_GetObjectItem(said, "lacks"), "telno"));
    assert_true(lists(cJSON_GetObjectItem(said, "missing"), "nowhere"));
    cJSON_Delete(said);
    char *table = COMMAND(&w, 0, "api", "try", path);
    assert_non_null(strstr(table, "wdt.warehouse.query: 30 records in one call"));
    assert_non_null(strstr(table, "the file lacks, under \"response\": telno"));
    assert_non_null(strstr(table, "in the file, and in no record: nowhere"));
    free(table);
    rig_close(&w.rig);
}

/* Shops have credentials of their own; also where the file has forgotten to mark one. */
static void secrets_stay_where_they_are(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    rig_scheme(&w.rig, NULL, NULL);
    const char *path = in_folder(&w, "wdt.shop.query");
    write_over(path, "\"sh_secret\":", "\"another\":");
    cJSON *said = world_json(COMMAND(&w, 0, "api", "try", path, "--json"));
    const cJSON *first = cJSON_GetObjectItem(said, "first");
    static const char *const hidden[] = {"app_key", "refresh_token", "sh_secret", "pay_account_id"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        assert_string_equal(cJSON_GetObjectItem(first, hidden[i])->valuestring, "***");
    }
    assert_true(lists(cJSON_GetObjectItem(said, "lacks"), "sh_secret"));
    cJSON_Delete(said);
    rig_close(&w.rig);
}

static cJSON *read_page(struct world *w, const char *path, const char *page, const char *request)
{
    return world_json(
        COMMAND(w, 0, "api", "read", path, "--page", page, "--size", "12", request ? "--request" : NULL, request));
}

static int64_t rows_of(cJSON *page, const char *first, int64_t total)
{
    const cJSON *records = cJSON_GetObjectItem(page, "records");
    int64_t rows = cJSON_GetArraySize(records);
    if (first) {
        assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(records, 0), "shop_no")->valuestring, first);
        assert_string_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(records, 0), "app_key")->valuestring, "***");
    }
    if (total < 0) {
        assert_true(cJSON_IsNull(cJSON_GetObjectItem(page, "total")));
    } else {
        assert_int_equal(rig_number(page, "total"), total);
    }
    cJSON_Delete(page);
    return rows;
}

/* Page by page, or by a parameter that the API has; nothing else is asked. */
static void pages_come_in_one_form(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    rig_scheme(&w.rig, NULL, NULL);
    const char *path = in_folder(&w, "wdt.shop.query");
    assert_int_equal(rows_of(read_page(&w, path, "1", NULL), "S000001", 20), 12);
    assert_int_equal(rows_of(read_page(&w, path, "2", NULL), "S000013", -1), 8); /* the first page tells it */
    assert_int_equal(rows_of(read_page(&w, path, "3", NULL), NULL, -1), 0);
    assert_int_equal(rows_of(read_page(&w, path, "1", "{\"shop_no\":\"S000007\"}"), "S000007", 1), 1);
    assert_int_equal(source_number(&w, "calls"), 4);
    rig_close(&w.rig);
}

/* From a reply to a run, with one line by hand. */
static void a_file_from_a_sample_works(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    const char *path = in_folder(&w, "wdt.warehouse.query");
    cJSON *said = world_json(COMMAND(&w, 0, "api", "try", path, "--json"));
    cJSON *sample = cJSON_Parse("{\"response\":{\"flag\":\"success\",\"total_count\":1,\"warehouses\":[]}}");
    cJSON *list = cJSON_GetObjectItem(cJSON_GetObjectItem(sample, "response"), "warehouses");
    cJSON *record = cJSON_DetachItemFromObject(said, "first");
    cJSON_AddItemToArray(list, record);
    cJSON_AddItemToObject(record, "session_key", cJSON_CreateString("abc"));
    cJSON_AddItemToObject(record, "price", cJSON_CreateNumber(1.5));
    cJSON_AddItemToObject(record, "owner", cJSON_Parse("{\"name\":\"x\"}"));
    cJSON_AddItemToObject(record, "rows", cJSON_Parse("[{\"row_no\":\"1\"},{\"count\":2}]"));
    char *text = cJSON_Print(sample);
    char file[600];
    snprintf(file, sizeof file, "%s/sample.json", w.rig.folder);
    write_over(file, NULL, text);
    cJSON_free(text);
    cJSON_Delete(sample);
    cJSON_Delete(said);

    char *said_aside = COMPLAINT(&w, 0, "api", "new", "wdt.warehouse.query", file);
    assert_non_null(strstr(said_aside, "owner is an object, and left out"));
    free(said_aside);
    char *made = COMMAND(&w, 0, "api", "new", "wdt.warehouse.query", file, "--label", "查询仓库");
    assert_non_null(
        strstr(made, "\"session_key\": { \"label\": \"session_key\", \"type\": \"string\", \"secret\": true }"));
    assert_non_null(strstr(made, "\"price\": { \"label\": \"price\", \"type\": \"number\" }"));
    assert_non_null(strstr(made, "\"count\": { \"label\": \"count\", \"type\": \"integer\" }"));
    write_over(path, NULL, made);
    free(made);
    free(COMMAND(&w, 0, "lint", path));
    said = world_json(COMMAND(&w, 0, "api", "try", path, "--json"));
    assert_int_equal(rig_number(said, "records"), 30);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(said, "lacks")), 0);
    assert_true(lists(cJSON_GetObjectItem(said, "missing"), "price"));
    cJSON_Delete(said);
    /* The scheme asks by a parameter, and a sample of a reply tells none. */
    write_over(path, "\"page_no\": {", "\"is_disabled\": { \"label\": \"是否停用\" },\n    \"page_no\": {");
    free(COMMAND(&w, 0, "run"));
    assert_int_equal(target_number(&w, "stores"), 27); /* every tenth is disabled */
    rig_close(&w.rig);
}

static void wrong(struct world *w, int code, const char *words, const char *which, const char *path, const char *more)
{
    char *said = COMPLAINT(w, code, "api", which, path, more);
    if (!strstr(said, words)) {
        fail_msg("no '%s' in: %s", words, said);
    }
    free(said);
}

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    char file[600];
    snprintf(file, sizeof file, "%s/sample.json", w.rig.folder);
    write_over(file, NULL, "{\"total\":0,\"shops\":[]}");
    wrong(&w, 2, "which file?", "try", NULL, NULL);
    wrong(&w, 2, "stands in a folder api/", "try", file, NULL);
    wrong(&w, 2, "it tells of no source", "try", in_folder(&w, "jdy.basedata.store_save"), NULL);
    wrong(&w, 2, "which file?", "read", NULL, NULL);
    wrong(&w, 2, "warehouse_no?", "read", in_folder(&w, "wdt.warehouse.query"), "--request={\"warehouse_n\":1}");
    wrong(&w, 2, "is set by --page", "read", in_folder(&w, "wdt.warehouse.query"), "--request={\"page_no\":1}");
    wrong(&w, 2, "a text, a number", "read", in_folder(&w, "wdt.warehouse.query"), "--request={\"warehouse_no\":[]}");
    wrong(&w, 2, "must be a JSON object", "read", in_folder(&w, "wdt.warehouse.query"), "--request=[1]");
    wrong(&w, 2, "at most 100 records", "read", in_folder(&w, "wdt.warehouse.query"), "--size=101");
    wrong(&w, 2, "is read whole each time", "read", in_folder(&w, "wdt.warehouse.query"), "--from=2026-01-31");
    wrong(&w, 2, "no list of records with a name", "new", "a.b", file);
    wrong(&w, 2, "needs a name and a sample", "new", "a.b", NULL);
    write_over(file, NULL, "{\"total\":");
    wrong(&w, 2, "sample.json: ", "new", "a.b", file);
    assert_int_equal(source_number(&w, "calls"), 0);
    rig_set(&w.rig, "WDT_APP_SECRET", "another_secret_than_that");
    wrong(&w, 1, "check WDT_APP_SECRET", "try", in_folder(&w, "wdt.warehouse.query"), NULL);
    rig_close(&w.rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_stands_beside_the_file),
        cmocka_unit_test(secrets_stay_where_they_are),
        cmocka_unit_test(pages_come_in_one_form),
        cmocka_unit_test(a_file_from_a_sample_works),
        cmocka_unit_test(what_is_wrong_is_told),
    };
    (void)argc;
    program = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
