#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/cast.h"
#include "tests/unit/scheme_folder.h"
#include "transformer/map.h"
#include "transformer/preview.h"

#define FLAG "\"flag\": true"

/* A record under a scheme (the folder's, with one edit), and what becomes of it. */
static const struct {
    const char *from, *to; /* NULL: no edit */
    const char *record;
    const char *answer; /* of preview_record */
} records[] = {
    {NULL, NULL, "{\"no\":\"S1\",\"name\":\"店铺\",\"closed\":\"0\"}",
     "{\"outcome\":\"payload\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":{\"name\":\"店铺\",\"flag\":true,"
     "\"number\":\"S1\"},\"message\":null}"},
    {NULL, NULL, "{\"no\":17,\"name\":\"a\\\"b\"}",
     "{\"outcome\":\"payload\",\"key\":\"17\",\"number\":\"17\",\"payload\":{\"name\":\"a\\\"b\",\"flag\":true,"
     "\"number\":\"17\"},\"message\":null}"},
    {NULL, NULL, "{\"no\":1234567890123456789,\"name\":3.5}",
     "{\"outcome\":\"payload\",\"key\":\"1234567890123456789\",\"number\":\"1234567890123456789\",\"payload\":{"
     "\"name\":\"3.5\",\"flag\":true,\"number\":\"1234567890123456789\"},\"message\":null}"},
    {NULL, NULL, "{\"no\":\" S1 \",\"name\":\"n\"}",
     "{\"outcome\":\"payload\",\"key\":\" S1 \",\"number\":\"S1\",\"payload\":{\"name\":\"n\",\"flag\":true,"
     "\"number\":\"S1\"},\"message\":null}"},
    {"\"schedule\":", "\"trim\": false, \"schedule\":", "{\"no\":\" S1 \",\"name\":\"n\"}",
     "{\"outcome\":\"payload\",\"key\":\" S1 \",\"number\":\" S1 \",\"payload\":{\"name\":\"n\",\"flag\":true,"
     "\"number\":\" S1 \"},\"message\":null}"},
    {NULL, NULL, "{\"no\":\"　 \",\"name\":\"n\"}",
     "{\"outcome\":\"rejected\",\"key\":\"　 \",\"number\":\"　 \",\"payload\":null,\"message\":\"source field no is "
     "empty: the "
     "record has no number\"}"},
    {NULL, NULL, "{\"no\":\"S1\",\"name\":\"n\",\"closed\":\"1\"}",
     "{\"outcome\":\"filtered\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":null}"},
    {NULL, NULL, "{\"no\":\"S1\",\"name\":\"n\",\"closed\":1}",
     "{\"outcome\":\"filtered\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":null}"},
    {NULL, NULL, "{\"no\":\"S1\",\"name\":\"\"}",
     "{\"outcome\":\"rejected\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":"
     "\"field name: empty (from name), and the target requires it\"}"},
    {NULL, NULL, "{\"no\":\"S1\"}",
     "{\"outcome\":\"rejected\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":"
     "\"field name: empty (from name), and the target requires it\"}"},
    /* empty and optional: left out */
    {FLAG, "\"text\": \"{{city}}\"", "{\"no\":\"S1\",\"name\":\"n\",\"city\":\"\"}",
     "{\"outcome\":\"payload\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":{\"name\":\"n\",\"number\":\"S1\"},"
     "\"message\":null}"},
    {FLAG, "\"text\": \"{{city}}{{any}}\"", "{\"no\":\"S1\",\"name\":\"n\",\"city\":\"\",\"any\":[]}",
     "{\"outcome\":\"payload\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":{\"name\":\"n\",\"number\":\"S1\"},"
     "\"message\":null}"},
    /* mixes */
    {FLAG, "\"text\": \"{{city}}路{{ any }}号\"", "{\"no\":\"S1\",\"name\":\"n\",\"city\":\"上海\",\"any\":5}",
     "{\"outcome\":\"payload\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":{\"name\":\"n\",\"text\":\"上海路5号\","
     "\"number\":\"S1\"},\"message\":null}"},
    {FLAG, "\"count\": \"{{city}}{{any}}\"", "{\"no\":\"S1\",\"name\":\"n\",\"city\":\"4\",\"any\":2}",
     "{\"outcome\":\"payload\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":{\"name\":\"n\",\"count\":42,"
     "\"number\":\"S1\"},\"message\":null}"},
    {FLAG, "\"text\": \"{{env.UNIT}}-{{city}}\"", "{\"no\":\"S1\",\"name\":\"n\",\"city\":\"x\"}",
     "{\"outcome\":\"payload\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":{\"name\":\"n\",\"text\":\"7-x\","
     "\"number\":\"S1\"},\"message\":null}"},
    /* variables and constants */
    {FLAG, "\"unit_id\": \"{{env.UNIT}}\", \"count\": \"{{env.UNIT}}\", \"weight\": 1.5, \"tags\": [1, {\"a\": []}]",
     "{\"no\":\"S1\",\"name\":\"n\"}",
     "{\"outcome\":\"payload\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":{\"name\":\"n\",\"count\":7,\"weight\":1.5,"
     "\"tags\":[1,{\"a\":[]}],\"unit_id\":\"7\",\"number\":\"S1\"},\"message\":null}"},
    /* casts */
    {FLAG, "\"flag\": \"{{any}}\", \"tags\": \"{{tags}}\"",
     "{\"no\":\"S1\",\"name\":\"n\",\"any\":\"0\",\"tags\":[\"a\"]}",
     "{\"outcome\":\"payload\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":{\"name\":\"n\",\"flag\":false,\"tags\":["
     "\"a\"],\"number\":\"S1\"},\"message\":null}"},
    {FLAG, "\"count\": \"{{any}}\"", "{\"no\":\"S1\",\"name\":\"n\",\"any\":\"12x\"}",
     "{\"outcome\":\"rejected\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":"
     "\"field count: '12x' of any does not become a whole number\"}"},
    {FLAG, "\"flag\": \"{{any}}\"", "{\"no\":\"S1\",\"name\":\"n\",\"any\":\"是\"}",
     "{\"outcome\":\"rejected\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":"
     "\"field flag: '是' of any does not become a boolean (true, false, 1 or 0)\"}"},
    {FLAG, "\"tags\": \"{{tags}}\"", "{\"no\":\"S1\",\"name\":\"n\",\"tags\":\"a\"}",
     "{\"outcome\":\"rejected\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":"
     "\"field tags: 'a' of tags does not become an array\"}"},
    {FLAG, "\"count\": \"{{city}}{{any}}\"", "{\"no\":\"S1\",\"name\":\"n\",\"city\":\"x\",\"any\":1}",
     "{\"outcome\":\"rejected\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":"
     "\"field count: 'x1' of city, any does not become a whole number\"}"},
    /* the value is cut to 80 bytes, between characters (27 of three bytes would be 81) */
    {FLAG, "\"count\": \"{{any}}\"",
     "{\"no\":\"S1\",\"name\":\"n\",\"any\":\"店店店店店店店店店店店店店店店店店店店店店店店店店店店店店店\"}",
     "{\"outcome\":\"rejected\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":"
     "\"field count: '店店店店店店店店店店店店店店店店店店店店店店店店店店' of any does not become a whole number\"}"},
    /* what a variable holds may be a secret: not shown */
    {FLAG, "\"count\": \"{{env.UNIT}}{{any}}\"", "{\"no\":\"S1\",\"name\":\"n\",\"any\":\"x\"}",
     "{\"outcome\":\"rejected\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":null,\"message\":"
     "\"field count: the value of any does not become a whole number\"}"},
    {"\"op\": \"ne\", \"value\": \"1\"", "\"op\": \"in\", \"value\": [1, \"x\"]",
     "{\"no\":\"S1\",\"name\":\"n\",\"closed\":\"1\"}",
     "{\"outcome\":\"payload\",\"key\":\"S1\",\"number\":\"S1\",\"payload\":{\"name\":\"n\",\"flag\":true,"
     "\"number\":\"S1\"},\"message\":null}"},
};

static const char *unit = "7";
static const char *variable(const char *name)
{
    return strcmp(name, "UNIT") == 0 ? unit : NULL;
}

struct fixture {
    struct scheme *scheme;
    struct map *map;
};

static void open_fixture(struct fixture *f, const char *from, const char *to)
{
    char path[128];
    struct cause cause = {""};
    folder_edit(FILE_SCHEME, from, to);
    folder_path(path, sizeof path, "scheme.json");
    if (scheme_load(path, &f->scheme, &cause) != 0 || map_new(f->scheme, variable, &f->map, &cause) != 0) {
        fail_msg("%s: %s", to ? to : "as it is", cause.text);
    }
}

static void close_fixture(struct fixture *f)
{
    map_free(&f->map);
    scheme_free(&f->scheme);
    assert_null(f->map);
}

static void test_records(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct fixture f = {0};
        struct cause cause = {""};
        open_fixture(&f, records[i].from, records[i].to);
        buffer_clear(&out, 1 << 20);
        assert_int_equal(preview_record(f.map, f.scheme, text_of(records[i].record), &out, &cause), 0);
        buffer_add_char(&out, '\0');
        assert_string_equal(out.data, records[i].answer);
        close_fixture(&f);
    }
    buffer_fini(&out);
}

/* ---- filter ---- */

static const struct {
    const char *condition; /* behind "field": "closed", */
    const char *value;     /* of closed */
    bool holds;
} conditions[] = {
    {"\"op\": \"eq\", \"value\": \"1\"", "\"1\"", true},
    {"\"op\": \"eq\", \"value\": 1", "\"1\"", true},
    {"\"op\": \"eq\", \"value\": \"1\"", "1", true},
    {"\"op\": \"eq\", \"value\": \"1\"", "\"01\"", false},
    {"\"op\": \"eq\", \"value\": true", "true", true},
    {"\"op\": \"eq\", \"value\": \"\"", "null", true},
    {"\"op\": \"ne\", \"value\": \"1\"", "null", true},
    {"\"op\": \"ne\", \"value\": \"1\"", "1.0", false},
    {"\"op\": \"in\", \"value\": [\"1\", \"2\"]", "2", true},
    {"\"op\": \"in\", \"value\": [\"1\", \"2\"]", "3", false},
    {"\"op\": \"not_in\", \"value\": [\"1\", \"2\"]", "3", true},
    {"\"op\": \"not_in\", \"value\": [\"1\", \"2\"]", "\"1\"", false},
    {"\"op\": \"empty\"", "\"\"", true},
    {"\"op\": \"empty\"", "[]", true},
    {"\"op\": \"empty\"", "0", false},
    {"\"op\": \"not_empty\"", "0", true},
    {"\"op\": \"not_empty\"", "null", false},
    {"\"op\": \"contains\", \"value\": \"店\"", "\"老店铺\"", true},
    {"\"op\": \"contains\", \"value\": \"店\"", "\"铺\"", false},
    {"\"op\": \"prefix\", \"value\": \"S\"", "\"S1\"", true},
    {"\"op\": \"prefix\", \"value\": \"S\"", "\"1S\"", false},
};

static void test_filter(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        struct fixture f = {0};
        char record[200];
        snprintf(record, sizeof record, "{\"no\":\"S1\",\"name\":\"n\",\"closed\":%s}", conditions[i].value);
        open_fixture(&f, "\"op\": \"ne\", \"value\": \"1\"", conditions[i].condition);
        buffer_clear(&out, 1 << 20);
        assert_int_equal(preview_record(f.map, f.scheme, text_of(record), &out, NULL), 0);
        if (text_starts(buffer_text(&out), TEXT("{\"outcome\":\"payload\"")) != conditions[i].holds) {
            fail_msg("%s of %s: %.*s", conditions[i].condition, conditions[i].value, TEXT_ARG(buffer_text(&out)));
        }
        close_fixture(&f);
    }
    buffer_fini(&out);
}

/* ---- keys, numbers, hashes ---- */

static struct value text_value(const char *text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text_of(text)};
}

/* The folder's scheme, with "any" as its key: slots any, no, name, closed. */
static void map_four(struct map *map, const char *key, const char *number, const char *name, const char *closed,
                     const char *raw, struct mapped *row)
{
    const struct value values[] = {text_value(key), text_value(number), text_value(name), text_value(closed)};
    assert_int_equal(map_record(map, values, text_of(raw), row), 0);
}

static void test_keys(void **state)
{
    (void)state;
    char most[KEY_MAX + 1], more[KEY_MAX + 2];
    memset(most, 'k', sizeof most);
    memset(more, 'k', sizeof more);
    most[KEY_MAX] = more[KEY_MAX + 1] = '\0';
    const struct {
        const char *key, *number, *closed;
        enum record_kind kind;
        const char *class, *made_key, *made_number; /* NULL: as given */
        const char *message;
    } cases[] = {
        {"K", "N", "0", RECORD_PAYLOAD, NULL, NULL, NULL, NULL},
        {most, most, "0", RECORD_PAYLOAD, NULL, NULL, NULL, NULL},
        /* sha256("raw") begins d7439bee24773bcb */
        {"", "N", "0", RECORD_UNMAPPABLE, "keyless", "(no key) d7439bee24773bcb", NULL,
         "source field any is empty: the record has no key"},
        {"", "", "0", RECORD_UNMAPPABLE, "keyless", "(no key) d7439bee24773bcb", "(no key) d7439bee24773bcb",
         "source field any is empty: the record has no key"},
        {more, "N", "0", RECORD_UNMAPPABLE, "mapping", "(long key) d7439bee24773bcb", NULL,
         "source field any is the key and longer than 200 bytes: "
         "'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…'"},
        {"K", "", "0", RECORD_UNMAPPABLE, "mapping", NULL, "K", "source field no is empty: the record has no number"},
        {"K", more, "0", RECORD_UNMAPPABLE, "mapping", NULL, "K",
         "source field no is the number and longer than 200 bytes: "
         "'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…'"},
        {"", "", "1", RECORD_FILTERED, NULL, "(no key) d7439bee24773bcb", "(no key) d7439bee24773bcb", NULL},
        {"K", "", "1", RECORD_FILTERED, NULL, NULL, "K", NULL},
    };
    struct fixture f = {0};
    open_fixture(&f, "\"id\": \"no\"", "\"id\": \"any\"");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mapped row;
        map_four(f.map, cases[i].key, cases[i].number, "name", cases[i].closed, "raw", &row);
        assert_int_equal(row.kind, cases[i].kind);
        assert_true(text_equal(row.key, text_of(cases[i].made_key ? cases[i].made_key : cases[i].key)));
        assert_true(text_equal(row.number, text_of(cases[i].made_number ? cases[i].made_number : cases[i].number)));
        assert_true(text_equal(row.refusal.class, text_of(cases[i].class)));
        assert_true(text_equal(row.refusal.message, text_of(cases[i].message)));
        assert_int_equal(row.payload.size == 0, row.kind != RECORD_PAYLOAD);
        assert_true(text_equal(row.source, TEXT("raw")));
    }
    close_fixture(&f);
}

static void test_hashes(void **state)
{
    (void)state;
    struct fixture f = {0};
    open_fixture(&f, "\"id\": \"no\"", "\"id\": \"any\"");
    struct mapped one, other;
    map_four(f.map, "K", "N", "name", "0", "raw", &one);
    map_four(f.map, "K2", "N", "name", "0", "other bytes", &other); /* neither key nor raw bytes count */
    assert_memory_equal(one.hash, other.hash, HASH_SIZE);
    map_four(f.map, "K", "N2", "name", "0", "raw", &other);
    assert_memory_not_equal(one.hash, other.hash, HASH_SIZE);
    map_four(f.map, "K", "N", "name2", "0", "raw", &other);
    assert_memory_not_equal(one.hash, other.hash, HASH_SIZE);
    map_four(f.map, "K", "N", "", "0", "raw", &one); /* stubs: the source counts */
    map_four(f.map, "K", "N", "", "1", "raw", &other);
    assert_memory_equal(one.hash, other.hash, HASH_SIZE);
    map_four(f.map, "K", "N", "", "0", "raw2", &other);
    assert_memory_not_equal(one.hash, other.hash, HASH_SIZE);
    close_fixture(&f);
}

/* A payload that is too large is refused, and the next record is mapped as if nothing had been. */
static void test_large(void **state)
{
    (void)state;
    struct fixture f = {0};
    open_fixture(&f, "\"id\": \"no\"", "\"id\": \"any\"");
    char *name = malloc(MAP_PAYLOAD_MAX + 1);
    memset(name, 'n', MAP_PAYLOAD_MAX);
    name[MAP_PAYLOAD_MAX] = '\0';
    struct mapped row;
    map_four(f.map, "K", "N", name, "0", "raw", &row);
    assert_int_equal(row.kind, RECORD_UNMAPPABLE);
    assert_true(text_equal(row.refusal.message, TEXT("the payload is larger than 1048576 bytes")));
    map_four(f.map, "K", "N", "n", "0", "raw", &row);
    assert_true(text_equal(row.payload, TEXT("{\"name\":\"n\",\"flag\":true,\"number\":\"N\"}")));
    free(name);
    close_fixture(&f);
}

/* Whatever it holds, nothing of it is mapped; it has the key, number and hash of its other stubs. */
static void test_apart(void **state)
{
    (void)state;
    struct fixture f = {0};
    open_fixture(&f, "\"id\": \"no\"", "\"id\": \"any\"");
    const struct value good[] = {text_value("K"), text_value("N"), text_value("n"), text_value("0")};
    const struct value none[] = {text_value(""), text_value(""), text_value(""), text_value("1")};
    struct mapped row, stub;
    assert_int_equal(map_apart(f.map, good, TEXT("raw"), &row), 0);
    assert_int_equal(row.kind, RECORD_UNMAPPABLE);
    assert_true(text_equal(row.refusal.class, TEXT("poison")) && row.refusal.message.size > 0);
    assert_true(text_equal(row.key, TEXT("K")) && text_equal(row.number, TEXT("N")));
    assert_true(text_equal(row.source, TEXT("raw")) && row.payload.size == 0);
    map_four(f.map, "K", "N", "n", "1", "raw", &stub);
    assert_int_equal(stub.kind, RECORD_FILTERED);
    assert_memory_equal(row.hash, stub.hash, HASH_SIZE);
    assert_int_equal(map_apart(f.map, none, TEXT("raw"), &row), 0);
    assert_true(text_equal(row.key, TEXT("(no key) d7439bee24773bcb")) && text_equal(row.number, row.key));
    close_fixture(&f);
}

/* A secret field that the scheme allows is sent, and stands in no message. */
static void test_secret(void **state)
{
    (void)state;
    static const char text[] =
        "{ \"name\": \"test\", \"source\": { \"api\": \"test.shops\", \"id\": \"no\", \"number\": \"no\",\n"
        "\"allowSecret\": [\"token\"],\n"
        "\"request\": { \"size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page\": \"{{PAGINATION_START_PAGE}}\" } },\n"
        "\"target\": { \"api\": \"test/items\", \"request\": { \"number\": \"{{no}}\", \"name\": \"x\",\n"
        "\"count\": \"{{token}}\" } } }";
    char path[128];
    folder_path(path, sizeof path, "scheme.json");
    folder_write(FILE_SCHEME, text, sizeof text - 1);
    struct fixture f = {0};
    assert_int_equal(scheme_load(path, &f.scheme, NULL), 0);
    assert_int_equal(map_new(f.scheme, variable, &f.map, NULL), 0);
    const struct value good[] = {text_value("S1"), text_value("12")}, bad[] = {text_value("S1"), text_value("hush")};
    struct mapped row;
    assert_int_equal(map_record(f.map, good, TEXT("raw"), &row), 0);
    assert_true(text_equal(row.payload, TEXT("{\"name\":\"x\",\"count\":12,\"number\":\"S1\"}")));
    assert_int_equal(map_record(f.map, bad, TEXT("raw"), &row), 0);
    assert_true(
        text_equal(row.refusal.message, TEXT("field count: the value of token does not become a whole number")));
    close_fixture(&f);
    folder_edit(FILE_SCHEME, NULL, NULL);
}

/* ---- variables ---- */

static const struct {
    const char *to, *unit;
    const char *message; /* behind the folder's name, which stands at %s */
} variables[] = {
    {"\"unit_id\": \"{{env.UNIT}}\"", NULL,
     "UNIT: the scheme needs it (%s/scheme.json:13 /target/request/unit_id); set it in the environment or .env; "
     "`dianchen lookup units` lists the ids"},
    {"\"text\": \"a{{env.UNIT}}\"", "",
     "UNIT: the scheme needs it (%s/scheme.json:13 /target/request/text); set it in the environment or .env"},
    {"\"text\": \"{{city}}{{env.OTHER}}\"", "7",
     "OTHER: the scheme needs it (%s/scheme.json:13 /target/request/text); set it in the environment or .env"},
    {"\"count\": \"{{env.UNIT}}\"", "hush",
     "the variable of count (%s/scheme.json:13 /target/request/count) must become a whole number"},
};

static void test_variables(void **state)
{
    (void)state;
    char path[128], expected[sizeof(struct cause)];
    folder_path(path, sizeof path, "scheme.json");
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        struct scheme *scheme = NULL;
        struct map *map = NULL;
        struct cause cause;
        folder_edit(FILE_SCHEME, FLAG, variables[i].to);
        assert_int_equal(scheme_load(path, &scheme, &cause), 0);
        unit = variables[i].unit;
        assert_int_equal(map_new(scheme, variable, &map, &cause), ERR_INPUT);
        assert_null(map);
        const char *at = strstr(variables[i].message, "%s");
        snprintf(expected, sizeof expected, "%.*s%s%s", (int)(at - variables[i].message), variables[i].message, folder,
                 at + 2);
        assert_string_equal(cause.text, expected);
        scheme_free(&scheme);
    }
    unit = "7";
    folder_edit(FILE_SCHEME, NULL, NULL);
}

/* ---- the preview's lines ---- */

static int preview_lines(struct fixture *f, const char *lines, char *out, size_t size, struct cause *cause)
{
    char copy[200];
    snprintf(copy, sizeof copy, "%s", lines);
    FILE *in = fmemopen(copy, strlen(copy), "r");
    memset(out, 0, size);
    FILE *to = fmemopen(out, size, "w");
    assert_non_null(in);
    assert_non_null(to);
    int result = preview_run(f->map, f->scheme, in, to, cause);
    fclose(in);
    fclose(to);
    return result;
}

static void test_preview(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct cause cause = {""};
    char out[2000];
    open_fixture(&f, NULL, NULL);
    assert_int_equal(
        preview_lines(&f, "{\"no\":1,\"name\":\"n\"}\r\n\n{\"no\":2,\"closed\":1}", out, sizeof out, &cause), 0);
    assert_string_equal(
        out, "{\"outcome\":\"payload\",\"key\":\"1\",\"number\":\"1\",\"payload\":{\"name\":\"n\","
             "\"flag\":true,\"number\":\"1\"},\"message\":null}\n"
             "{\"outcome\":\"filtered\",\"key\":\"2\",\"number\":\"2\",\"payload\":null,\"message\":null}\n");
    assert_int_equal(preview_lines(&f, "{\"no\":1,\"name\":\"n\"}\n[1]\n", out, sizeof out, &cause), ERR_INPUT);
    assert_string_equal(cause.text, "line 2 is no record: not a JSON object");
    assert_int_equal(preview_lines(&f, "{\"no\":\n", out, sizeof out, &cause), ERR_INPUT);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),   cmocka_unit_test(test_filter),  cmocka_unit_test(test_keys),
        cmocka_unit_test(test_hashes),    cmocka_unit_test(test_large),   cmocka_unit_test(test_secret),
        cmocka_unit_test(test_variables), cmocka_unit_test(test_preview), cmocka_unit_test(test_apart),
    };
    return cmocka_run_group_tests_name("map", tests, folder_make, folder_remove);
}
