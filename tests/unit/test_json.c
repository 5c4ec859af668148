/* JSON: what is accepted, what is refused and where, which numbers keep their digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json/json.h"

#define DEEP "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" /* 32 */
#define FLAT "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"

/* Parses, writes the tree again. */
static const struct {
    struct text source;
    enum json_flags flags;
    int error;
    const char *result; /* the tree as text, or what the cause must hold */
} cases[] = {
    {TEXT("{}"), 0, 0, "{}"},
    {TEXT(" [1, 2.5,-3e2 ,true,false,null] \r\n\t"), 0, 0, "[1,2.5,-300,true,false,null]"},
    {TEXT("\"x\""), 0, 0, "\"x\""},
    {TEXT("7"), 0, 0, "7"},
    {TEXT("{\"a\":{\"b\":[{\"c\":\"店铺A\"}]}}"), 0, 0, "{\"a\":{\"b\":[{\"c\":\"店铺A\"}]}}"},
    {TEXT("\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\\u5e97\\ud83c\\udfec\""), 0, 0,
     "\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t店\xf0\x9f\x8f\xac\""},
    /* numbers that a double would damage */
    {TEXT("[999999999999999,9007199254740993,-12345678901234567890]"), 0, 0,
     "[999999999999999,\"9007199254740993\",\"-12345678901234567890\"]"},
    {TEXT("[0.1234567890123456,0.00001234567890123456,123456789.123456]"), 0, 0,
     "[\"0.1234567890123456\",\"0.00001234567890123456\",123456789.123456]"},
    {TEXT("[1e400,1E-5,1.5e+99,1e-999]"), 0, 0, "[\"1e400\",1e-05,1.5e+99,\"1e-999\"]"},
    {TEXT("{\"id\":1234567890123456789,\"n\":1}"), 0, 0, "{\"id\":\"1234567890123456789\",\"n\":1}"},
    {TEXT("[1e999,1e999,1e999,1e999]"), 0, 0, "[\"1e999\",\"1e999\",\"1e999\",\"1e999\"]"},
    {TEXT("0.00000000000000000000000000000000000000000000000000000000000000000000005"), 0, 0,
     "\"0.00000000000000000000000000000000000000000000000000000000000000000000005\""},
    /* refused */
    {TEXT(""), 0, ERR_SYNTAX, "line 1, column 1: empty"},
    {TEXT(" \n "), 0, ERR_SYNTAX, "line 2, column 2: empty"},
    {TEXT("{} x"), 0, ERR_SYNTAX, "line 1, column 4: something stands behind the end"},
    {TEXT("{}{}"), 0, ERR_SYNTAX, "behind the end"},
    {TEXT("{}\0"), 0, ERR_SYNTAX, "line 1, column 3: a control character"},
    {TEXT("[1,]"), 0, ERR_SYNTAX, "line 1, column "},
    {TEXT("{\"a\":1,}"), 0, ERR_SYNTAX, "line 1, column "},
    {TEXT("{\"a\" 1}"), 0, ERR_SYNTAX, "line 1"},
    {TEXT("{\n\"店\": nul}"), 0, ERR_SYNTAX, "line 2"},
    {TEXT("[1"), 0, ERR_SYNTAX, "ends too early"},
    {TEXT("{\"a\":\"b"), 0, ERR_SYNTAX, "line 1, column 6: the string does not end"},
    {TEXT("\"a\\"), 0, ERR_SYNTAX, "the string does not end"},
    {TEXT("\"a\\x\""), 0, ERR_SYNTAX, "line 1"},
    {TEXT("<html>502</html>"), 0, ERR_SYNTAX, "line 1, column 1"},
    {TEXT("01"), 0, ERR_SYNTAX, "that is no number"},
    {TEXT("1."), 0, ERR_SYNTAX, "that is no number"},
    {TEXT("-"), 0, ERR_SYNTAX, "that is no number"},
    {TEXT("1e"), 0, ERR_SYNTAX, "that is no number"},
    {TEXT("+1"), 0, ERR_SYNTAX, "line 1"},
    {TEXT("NaN"), 0, ERR_SYNTAX, "line 1"},
    {TEXT("1 2"), 0, ERR_SYNTAX, "behind the end"},
    {TEXT("\"a\\u0000b\""), 0, ERR_SYNTAX, "line 1, column 3: a NUL character"},
    {TEXT("\"a\0b\""), 0, ERR_SYNTAX, "a control character stands in a string"},
    {TEXT("\"a\\uZZZZ\""), 0, ERR_SYNTAX, "four hex digits"},
    {TEXT("\"a\\u12\""), 0, ERR_SYNTAX, "four hex digits"},
    {TEXT("\"\\ud800\""), 0, ERR_SYNTAX, "surrogate"},
    {TEXT("\"\\udc00\""), 0, ERR_SYNTAX, "surrogate"},
    {TEXT("\"\\ud800\\u0041\""), 0, ERR_SYNTAX, "surrogate"},
    {TEXT("\"tab\there\""), 0, ERR_SYNTAX, "a control character stands in a string"},
    {TEXT("\xef\xbb\xbf{}x"), 0, ERR_SYNTAX, "line 1"},
    {TEXT("[1] // no"), 0, ERR_SYNTAX, "line 1, column 5"},
    /* depth */
    {TEXT(DEEP FLAT), 0, 0, DEEP FLAT},
    {TEXT("[" DEEP FLAT "]"), 0, ERR_LIMIT, "line 1, column 33: nested too deep"},
    /* files that people write */
    {TEXT("\xef\xbb\xbf{ // 店\r\n \"a\": /* two\r\n lines */ 1 }\r\n// end"), JSON_RELAXED, 0, "{\"a\":1}"},
    {TEXT("{\"url\":\"http://x/*y*/\"}"), JSON_RELAXED, 0, "{\"url\":\"http://x/*y*/\"}"},
    {TEXT("// one\n{ /* */ \"a\" 1}"), JSON_RELAXED, ERR_SYNTAX, "line 2, column 13"},
    {TEXT("{ /* never"), JSON_RELAXED, ERR_SYNTAX, "line 1, column 3: the comment does not end"},
    {TEXT("[1 / 2]"), JSON_RELAXED, ERR_SYNTAX, "line 1, column 4"},
    {TEXT("// only a comment"), JSON_RELAXED, ERR_SYNTAX, "empty"},
    /* replies with raw control characters */
    {TEXT("{\"a\":\"x\x01y\x1fz\x0b\"\x02,\"b\":\"1\n2\t3\"}"), JSON_CONTROLS, 0,
     "{\"a\":\"xyz\",\"b\":\"1\\n2\\t3\"}"},
    {TEXT("\"a\0b\""), JSON_CONTROLS, 0, "\"ab\""},
    {TEXT("{\"id\":\x03"
          "1234567890123456789}\0"),
     JSON_CONTROLS, 0, "{\"id\":\"1234567890123456789\"}"},
    /* mended */
    {TEXT("\"x\\ud83d\""), JSON_MEND, 0, "\"x\uFFFD\""},
    {TEXT("[\"\\ude00\\ud83d\\ude00\",\"a\\u0000b\",\"\\ud83d\\u0041\"]"), JSON_MEND, 0,
     "[\"\uFFFD\U0001F600\",\"a\uFFFDb\",\"\uFFFDA\"]"},
    {TEXT("{\"a\\u0000\":1}"), JSON_MEND, 0, "{\"a\uFFFD\":1}"},
    {TEXT("\"a\\uZZZZ\""), JSON_MEND, ERR_SYNTAX, "four hex digits"},
    /* bytes that are no UTF-8 pass the parser; the writer shows them as U+FFFD */
    {TEXT("\"a\xff"
          "b\xe5\xba\""),
     0, 0,
     "\"a\xef\xbf\xbd"
     "b\xef\xbf\xbd\xef\xbf\xbd\""},
};

static void parses(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out;
        buffer_init(&out, 1 << 16);
        struct cause cause = {""};
        const cJSON *tree = NULL;
        /* exactly as long as the text: a sanitizer sees every byte read past it */
        char *exact = test_malloc(cases[i].source.size + 1);
        memcpy(exact + 1, cases[i].source.data, cases[i].source.size);
        struct text source = {exact + 1, cases[i].source.size};
        int error = json_parse(&arena, source, 1 << 16, cases[i].flags, &tree, &cause);
        assert_memory_equal(exact + 1, cases[i].source.data, cases[i].source.size);
        test_free(exact);
        if (error != cases[i].error || (error && !strstr(cause.text, cases[i].result))) {
            fail_msg("case %zu: %s: error %d '%s'", i, cases[i].source.data, error, cause.text);
        }
        if (!error) {
            json_put_tree(&out, tree);
            buffer_add_char(&out, '\0');
            assert_false(out.failed);
            assert_string_equal(out.data, cases[i].result);
        } else {
            assert_null(tree);
        }
        buffer_fini(&out);
        arena_reset(&arena, 1 << 16);
    }
    arena_fini(&arena);
}

static void caps(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 16384);
    const cJSON *tree = NULL;
    struct cause cause;
    assert_int_equal(json_parse(&arena, TEXT("[1,2]"), 4, 0, &tree, &cause), ERR_LIMIT);
    struct buffer many;
    buffer_init(&many, 1 << 16);
    buffer_add_char(&many, '[');
    for (int i = 0; i < 1000; i++) {
        buffer_add_text(&many, TEXT("1,"));
    }
    buffer_add_text(&many, TEXT("1]"));
    assert_int_equal(json_parse(&arena, buffer_text(&many), 1 << 16, 0, &tree, &cause), ERR_MEMORY);
    assert_null(tree);
    buffer_fini(&many);
    arena_fini(&arena);
    /* outside a parse cJSON allocates as ever */
    cJSON *own = cJSON_CreateString("x");
    assert_non_null(own);
    cJSON_Delete(own);
}

static void reads_values(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int integer_error;
        int64_t integer;
        int flag_error;
        bool flag;
    } rows[] = {
        {"1", 0, 1, 0, true},
        {"0", 0, 0, 0, false},
        {"\"1\"", 0, 1, 0, true},
        {"\"0\"", 0, 0, 0, false},
        {"true", ERR_SYNTAX, 0, 0, true},
        {"\"true\"", ERR_SYNTAX, 0, 0, true},
        {"\"false\"", ERR_SYNTAX, 0, 0, false},
        {"\"\"", ERR_SYNTAX, 0, 0, false},
        {"null", ERR_SYNTAX, 0, 0, false},
        {"1.5", ERR_SYNTAX, 0, ERR_SYNTAX, false},
        {"\"yes\"", ERR_SYNTAX, 0, ERR_SYNTAX, false},
        {"[]", ERR_SYNTAX, 0, ERR_SYNTAX, false},
        {"9223372036854775807", 0, INT64_MAX, ERR_SYNTAX, false},
        {"99999999999999999999", ERR_SYNTAX, 0, ERR_SYNTAX, false},
        {"-3e2", 0, -300, ERR_SYNTAX, false},
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const cJSON *tree = NULL;
        assert_int_equal(json_parse(&arena, text_of(rows[i].json), 100, 0, &tree, NULL), 0);
        int64_t integer = 0;
        bool flag = false;
        assert_int_equal(json_integer(tree, &integer), rows[i].integer_error);
        assert_int_equal(integer, rows[i].integer);
        assert_int_equal(json_flag(tree, &flag), rows[i].flag_error);
        assert_int_equal(flag, rows[i].flag);
    }
    const cJSON *tree = NULL;
    assert_int_equal(json_parse(&arena, TEXT("{\"A\":1,\"a\":\"x\"}"), 100, 0, &tree, NULL), 0);
    assert_true(text_equal(json_text(json_get(tree, "a")), TEXT("x")));
    assert_null(json_get(tree, "b"));
    assert_null(json_get(NULL, "b"));
    assert_null(json_text(json_get(tree, "A")).data);
    int64_t none;
    assert_int_equal(json_integer(NULL, &none), ERR_SYNTAX);
    arena_fini(&arena);
}

static void writes_numbers(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-1, "-1"},
        {0.1, "0.1"},
        {1e15, "1e+15"},
        {123456789012345.0, "123456789012345"},
        {1.0 / 3, "0.3333333333333333"},
        {1e300 * 1e300, "null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out;
        buffer_init(&out, 100);
        json_put_number(&out, rows[i].number);
        buffer_add_char(&out, '\0');
        assert_string_equal(out.data, rows[i].text);
        buffer_fini(&out);
    }
    struct buffer out;
    buffer_init(&out, 100);
    bool first = true;
    json_put_member(&out, &first, TEXT("a\""));
    json_put_member(&out, &first, TEXT("\x01"));
    json_put_text(&out, (struct text){NULL, 0});
    assert_true(text_equal(buffer_text(&out), TEXT("\"a\\\"\":,\"\\u0001\":\"\"")));
    buffer_fini(&out);
}

/* Of objects at depth 2 only a, bb and "long name" are read. */
static const struct {
    const char *source;
    const char *result; /* NULL = refused */
} picks[] = {
    {"[{\"a\":1,\"bb\":2}]", "[{\"a\":1,\"bb\":2}]"},
    {"[{\"a\":1,\"x\":9,\"bb\":2}]", "[{\"a\":1,\"bb\":2}]"},
    {"[{\"x\":9,\"y\":8,\"a\":1}]", "[{\"a\":1}]"},
    {"[{\"a\":1,\"x\":9}]", "[{\"a\":1}]"},
    {"[{\"a\":1,\"x\":9,\"y\":[1,{\"a\":2}]}, {\"x\":{\"a\":3}, \"bb\":4 }]", "[{\"a\":1},{\"bb\":4}]"},
    {"[{\"x\":1},{\"y\":2},{}]", "[{},{},{}]"},
    {"[ { \"x\" : \"}],\\\"{\" , \"long name\" : { \"x\" : 1 } } ]", "[{\"long name\":{\"x\":1}}]"},
    {"[{\"x\":1234567890123456789,\"a\":1234567890123456789,\"y\":1234567890123456789}]",
     "[{\"a\":\"1234567890123456789\"}]"},
    {"[{\"x\":\"\001\",\"a\":\"q\001r\",\"y\":\"\001\",\"bb\":1}]", "[{\"a\":\"qr\",\"bb\":1}]"},
    {"[{\"x\\u0061\":1,\"\\u0061\":2}]", "[{\"xa\":1,\"a\":2}]"},
    {"{\"x\":{\"x\":1,\"a\":2},\"a\":[5]}", "{\"x\":{\"a\":2},\"a\":[5]}"},
    {"[{\"x\":\"\\u0000\"}]", NULL},
    {"[{\"a\":1,\"x\":", NULL},
    {"[{\"a\":1,\"x\":[1}]", NULL},
    {"[{\"a\":1,}]", NULL},
    {"[{\"x\":01}]", NULL},
};

static void picks_fields(void **state)
{
    (void)state;
    static const struct text names[] = {TEXT("a"), TEXT("bb"), TEXT("long name")};
    const struct json_fields fields = {2, names, 3};
    for (size_t i = 0; i < sizeof picks / sizeof *picks; i++) {
        struct arena arena;
        arena_init(&arena, 1 << 20);
        const cJSON *tree = NULL;
        struct cause cause;
        int error = json_parse_fields(&arena, text_of(picks[i].source), 1 << 20, JSON_CONTROLS, &fields, &tree, &cause);
        struct buffer out;
        buffer_init(&out, 1 << 20);
        if (error == 0) {
            json_put_tree(&out, tree);
        }
        if ((error == 0) != (picks[i].result != NULL) ||
            (error == 0 && !text_equal(buffer_text(&out), text_of(picks[i].result)))) {
            print_error("%s: %.*s\n", picks[i].source, TEXT_ARG(buffer_text(&out)));
            fail();
        }
        buffer_fini(&out);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),       cmocka_unit_test(picks_fields),   cmocka_unit_test(caps),
        cmocka_unit_test(reads_values), cmocka_unit_test(writes_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
