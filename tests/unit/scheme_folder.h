/* A folder with a small scheme and its two API files, for the tests of scheme and map: every type, one secret. */
#ifndef DIANCHEN_TESTS_UNIT_SCHEME_FOLDER_H
#define DIANCHEN_TESTS_UNIT_SCHEME_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum folder_file { FILE_SCHEME, FILE_SOURCE, FILE_TARGET, FOLDER_FILES };
static const char *const folder_names[FOLDER_FILES] = {"scheme.json", "api/test.shops.json", "api/test.items.json"};
static const char *const folder_texts[FOLDER_FILES] = {
    "{\n"
    "  \"name\": \"test\", \"env\": [\"UNIT\", \"OTHER\", \"X\"],\n"
    "  \"source\": { \"api\": \"test.shops\", \"id\": \"no\", \"number\": \"no\", \"title\": \"name\",\n"
    "    \"request\": { \"size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page\": \"{{PAGINATION_START_PAGE}}\", \"kind\": "
    "\"\" },\n"
    "    \"slices\": [ { \"kind\": \"1\" }, { \"kind\": 2 } ],\n"
    "    \"pagination\": { \"pageSize\": 50, \"startPage\": 0 },\n"
    "    \"limits\": { \"callsPerMinute\": 60, \"concurrency\": 4 } },\n"
    "  \"filter\": [ { \"field\": \"closed\", \"op\": \"ne\", \"value\": \"1\" } ], // all must hold\n"
    "  \"target\": { \"api\": \"test/items\", \"batch\": 50, \"existing\": \"adopt\",\n"
    "    \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 2 },\n"
    "    \"request\": { \"number\": \"{{no}}\",\n"
    "      \"name\": \"{{name}}\",\n"
    "      \"flag\": true } },\n"
    "  \"schedule\": { \"every\": \"60s\" } }\n",

    "{ \"name\": \"test.shops\", \"label\": \"shops\",\n"
    "  \"list\": [\"shops\"],\n"
    "  \"pagination\": { \"size\": \"size\", \"number\": \"page\", \"first\": 0, \"maxSize\": 100 },\n"
    "  \"request\": { \"kind\": { \"label\": \"k\" }, \"size\": { \"label\": \"s\" }, \"page\": { \"label\": \"p\" } "
    "},\n"
    "  \"response\": {\n"
    "    \"no\": { \"label\": \"n\", \"type\": \"string\" },\n"
    "    \"name\": { \"label\": \"n\", \"type\": \"string\" },\n"
    "    \"city\": { \"label\": \"c\", \"type\": \"string\" },\n"
    "    \"closed\": { \"label\": \"c\", \"type\": \"string\" },\n"
    "    \"any\": { \"label\": \"a\", \"type\": \"string\" },\n"
    "    \"tags\": { \"label\": \"t\", \"type\": \"array\" },\n"
    "    \"token\": { \"label\": \"口令\", \"type\": \"string\", \"secret\": true } } }\n",

    "{ \"name\": \"test/items\", \"label\": \"items\",\n"
    "  \"driver\": \"xingchen\", \"kind\": \"item\", \"id\": \"id\", \"number\": \"number\",\n"
    "  \"save\": { \"path\": \"test/items\", \"items\": \"items\" },\n"
    "  \"find\": { \"one\": \"test/item\" }, \"list\": { \"path\": \"test/all\", \"page\": \"page\", \"size\": "
    "\"size\", "
    "\"rows\": \"rows\" }, \"lookups\": { \"units\": \"test/units\" },\n"
    "  \"words\": { \"login\": [\"token\"], \"throttled\": [\"too fast\"], \"busy\": [\"busy\"], \"permission\": [], "
    "\"exists\": [\"已存在\"], \"gone\": [\"不存在\"] }, "
    "\"then\": { \"audit\": { \"label\": \"审核\", \"path\": \"test/audit\", \"body\": { \"ids\": [\"{{id}}\"] }, "
    "\"most\": 2, \"done\": { \"field\": \"state\", \"value\": \"C\" }, \"words\": [\"done before\"] } },\n"
    "  \"request\": {\n"
    "    \"id\": { \"label\": \"i\", \"type\": \"string\" },\n"
    "    \"name\": { \"label\": \"名称\", \"type\": \"string\", \"required\": true },\n"
    "    \"text\": { \"label\": \"t\", \"type\": \"string\" },\n"
    "    \"flag\": { \"label\": \"f\", \"type\": \"boolean\" },\n"
    "    \"count\": { \"label\": \"c\", \"type\": \"integer\" },\n"
    "    \"weight\": { \"label\": \"w\", \"type\": \"number\" },\n"
    "    \"tags\": { \"label\": \"t\", \"type\": \"array\" },\n"
    "    \"unit_id\": { \"label\": \"u\", \"type\": \"string\", \"lookup\": \"units\" },\n"
    "    \"number\": { \"label\": \"n\", \"type\": \"string\" } } }\n",
};

static char folder[64];

static inline void folder_path(char *out, size_t size, const char *name)
{
    snprintf(out, size, "%s/%s", folder, name);
}

static inline void folder_write(enum folder_file file, const char *text, size_t size)
{
    char path[128];
    folder_path(path, sizeof path, folder_names[file]);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

/* The file's text with `from`, which must stand in it, replaced by `to`; both NULL = as it is. */
static inline void folder_edit(enum folder_file file, const char *from, const char *to)
{
    char text[8192];
    const char *whole = folder_texts[file];
    const char *at = from ? strstr(whole, from) : whole;
    assert_non_null(at);
    size_t cut = from ? strlen(from) : 0;
    int size = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, to ? to : "", at + cut);
    assert_in_range(size, 1, sizeof text - 1);
    folder_write(file, text, (size_t)size);
}

static inline int folder_make(void **state)
{
    (void)state;
    char path[128];
    snprintf(folder, sizeof folder, "/tmp/dianchen-scheme-XXXXXX");
    assert_non_null(mkdtemp(folder));
    folder_path(path, sizeof path, "api");
    assert_int_equal(mkdir(path, 0700), 0);
    for (enum folder_file file = 0; file < FOLDER_FILES; file++) {
        folder_edit(file, NULL, NULL);
    }
    return 0;
}

static inline int folder_remove(void **state)
{
    (void)state;
    char path[128];
    for (enum folder_file file = 0; file < FOLDER_FILES; file++) {
        folder_path(path, sizeof path, folder_names[file]);
        unlink(path);
    }
    folder_path(path, sizeof path, "api");
    rmdir(path);
    return rmdir(folder);
}

#endif
