/* The scheme and API files that are shipped, and the JSON Schemas: they say what the compiler does. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/scheme/keys.h"
#include "common/scheme/scheme.h"

static bool says(struct text t, const char *expected)
{
    return text_equal(t, text_of(expected));
}

/* ---- the files that are shipped ---- */

enum { SHIPPED_MAX = 1 << 20 };

static const cJSON *shipped(struct arena *arena, const char *path)
{
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    char *text = arena_take(arena, SHIPPED_MAX);
    size_t size = fread(text, 1, SHIPPED_MAX, in);
    fclose(in);
    const cJSON *root = NULL;
    struct cause cause = {""};
    if (json_parse(arena, (struct text){text, size}, SHIPPED_MAX, JSON_RELAXED, &root, &cause) != 0) {
        fail_msg("%s: %s", path, cause.text);
    }
    return root;
}

static int members_with(const cJSON *object, const char *key, const char *value)
{
    int count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        const cJSON *member = json_get(item, key);
        count += value ? says(json_text(member), value) : cJSON_IsTrue(member);
    }
    return count;
}

static void test_shipped(void **state)
{
    (void)state;
    struct scheme *s = NULL;
    struct cause cause = {""};
    if (scheme_load("schemes/shop-to-material.json", &s, &cause) != 0) {
        fail_msg("%s", cause.text);
    }
    assert_true(says(s->name, "shop-to-material"));
    assert_int_equal(s->slot_count, 8);
    assert_int_equal(s->target.field_count, 13);
    scheme_free(&s);

    struct arena arena;
    arena_init(&arena, 16 << 20);
    const cJSON *source = shipped(&arena, "schemes/api/wdt.shop.query.json");
    assert_int_equal(cJSON_GetArraySize(json_get(source, "request")), 4);
    assert_int_equal(cJSON_GetArraySize(json_get(source, "response")), 60);
    static const char *const secrets[] = {"app_key",   "refresh_token", "sh_secret",      "pay_account_id",
                                          "auth_time", "expire_time",   "re_expire_time", "freeze_auth_to"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        assert_true(cJSON_IsTrue(json_get(json_get(json_get(source, "response"), secrets[i]), "secret")));
    }
    assert_int_equal(members_with(json_get(source, "response"), "secret", NULL), sizeof secrets / sizeof *secrets);
    const cJSON *fields = json_get(shipped(&arena, "schemes/api/jdy.basedata.material_batch_save.json"), "request");
    assert_int_equal(cJSON_GetArraySize(fields), 65);
    assert_int_equal(members_with(fields, "required", NULL), 7);
    assert_int_equal(members_with(fields, "type", "boolean"), 11);
    assert_int_equal(members_with(fields, "type", "integer"), 3);
    assert_int_equal(members_with(fields, "type", "array"), 5);
    assert_int_equal(members_with(fields, "type", "string"), 46);
    arena_fini(&arena);
}

/* Every scheme that ships compiles, with its API files, and what its tests say comes true is for `dianchen test`. */
static void test_all_shipped(void **state)
{
    (void)state;
    glob_t found;
    assert_int_equal(glob("schemes/*-to-*.json", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 3);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct scheme *s = NULL;
        struct cause cause = {""};
        if (scheme_load(found.gl_pathv[i], &s, &cause) != 0) {
            fail_msg("%s: %s", found.gl_pathv[i], cause.text);
        }
        assert_true(text_find(text_of(found.gl_pathv[i]), s->name) > 0);
        assert_int_equal(s->target.batch, s->target.form.save_items.size > 0 ? 50 : 1);
        scheme_free(&s);
    }
    globfree(&found);
}

/* ---- the JSON Schemas say what the compiler does ---- */

static bool list_has(const cJSON *list, const char *word)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (says(json_text(item), word)) {
            return true;
        }
    }
    return false;
}

/* The schema of the objects that stand at `path`. */
static const cJSON *schema_at(const cJSON *schema, const char *path)
{
    while (*path == '/') {
        char name[64];
        size_t size = strcspn(++path, "/");
        assert_in_range(size, 1, sizeof name - 1);
        memcpy(name, path, size);
        name[size] = '\0';
        path += size;
        if (strcmp(name, "*") == 0) {
            const cJSON *items = json_get(schema, "items");
            schema = items ? items : json_get(schema, "additionalProperties");
        } else {
            schema = json_get(json_get(schema, "properties"), name);
        }
    }
    return schema;
}

static void compare_key(const struct scheme_key *key, const cJSON *schema)
{
    struct text type = json_text(json_get(schema, "type"));
    switch (key->kind) {
    case KEY_TEXT:
        assert_true(says(type, "string"));
        assert_non_null(json_get(schema, "minLength"));
        break;
    case KEY_INTEGER:
        assert_true(says(type, "integer"));
        assert_int_equal(json_get(schema, "minimum")->valuedouble, key->minimum);
        assert_int_equal(json_get(schema, "maximum")->valuedouble, key->maximum);
        break;
    case KEY_SWITCH:
        assert_true(says(type, "boolean"));
        break;
    case KEY_WORD: {
        int words = 0;
        for (; key->words[words]; words++) {
            assert_true(list_has(json_get(schema, "enum"), key->words[words]));
        }
        assert_int_equal(cJSON_GetArraySize(json_get(schema, "enum")), words);
        break;
    }
    case KEY_OBJECT:
        assert_true(says(type, "object"));
        break;
    case KEY_LIST:
        assert_true(says(type, "array"));
        break;
    case KEY_ANY:
        assert_null(json_get(schema, "type"));
        break;
    }
}

static int count_shapes(const cJSON *schema)
{
    int count = cJSON_IsObject(json_get(schema, "properties")) && json_get(schema, "required");
    const cJSON *item;
    cJSON_ArrayForEach(item, schema)
    {
        count += count_shapes(item);
    }
    return count;
}

static void test_schemas(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 16 << 20);
    const cJSON *scheme = shipped(&arena, "schemes/scheme.schema.json");
    const cJSON *api = shipped(&arena, "schemes/api.schema.json");
    const cJSON *defs = json_get(api, "$defs");
    const cJSON *const documents[] = {
        [DOCUMENT_SCHEME] = scheme,
        [DOCUMENT_SOURCE_API] = json_get(defs, "source"),
        [DOCUMENT_TARGET_API] = json_get(defs, "target"),
        [DOCUMENT_REST_API] = json_get(defs, "rest"),
        [DOCUMENT_REST_TARGET] = json_get(defs, "restTarget"),
        [DOCUMENT_SOAP_API] = json_get(defs, "soap"),
    };
    for (size_t i = 0; i < scheme_shape_count; i++) {
        const struct scheme_shape *shape = &scheme_shapes[i];
        const cJSON *schema = schema_at(documents[shape->document], shape->path);
        assert_non_null(schema);
        assert_true(cJSON_IsFalse(json_get(schema, "additionalProperties")));
        const cJSON *properties = json_get(schema, "properties"), *required = json_get(schema, "required");
        int must = 0;
        for (size_t k = 0; k < shape->count; k++) {
            const struct scheme_key *key = &shape->keys[k];
            if (!json_get(properties, key->name)) {
                fail_msg("%s/%s is not in the schema", shape->path, key->name);
            }
            compare_key(key, json_get(properties, key->name));
            assert_int_equal(list_has(required, key->name), key->required);
            must += key->required;
        }
        assert_int_equal(cJSON_GetArraySize(properties), shape->count);
        assert_int_equal(cJSON_GetArraySize(required), must);
    }
    assert_int_equal(count_shapes(scheme) + count_shapes(api), scheme_shape_count);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shipped), cmocka_unit_test(test_all_shipped),
                                       cmocka_unit_test(test_schemas)};
    return cmocka_run_group_tests_name("scheme files", tests, NULL, NULL);
}
