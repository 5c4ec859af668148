/* A scheme's text after one field was set, added or taken away, and how texts differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/json/json.h"
#include "console/work/difference.h"
#include "console/work/edit.h"

static const char *const path[] = {"target", "request", NULL};

struct row {
    const char *before, *name, *value, *after;
};

static const struct row rows[] = {
    /* Set: comments and order stay. */
    {"{\"target\": {\"request\": {\"a\": 1, // one\n \"b\": \"x\"}}}", "b", "\"=TRIM(y)\"",
     "{\"target\": {\"request\": {\"a\": 1, // one\n \"b\": \"=TRIM(y)\"}}}"},
    {"{\"target\":{\"request\":{\"a\":{\"in\":[1,{\"}\":\"]\"}]},\"b\":2}}}", "a", "3",
     "{\"target\":{\"request\":{\"a\":3,\"b\":2}}}"},
    /* Only at the path, and only the key: not in comments, strings, or objects beside it. */
    {"/* \"target\": {} */ {\"source\":{\"request\":{\"a\":1}},\"target\":{\"x\":\"\\\"request\\\": "
     "{\",\"request\":{\"a\":1}}}",
     "a", "2",
     "/* \"target\": {} */ {\"source\":{\"request\":{\"a\":1}},\"target\":{\"x\":\"\\\"request\\\": "
     "{\",\"request\":{\"a\":2}}}"},
    /* Added: on a line of its own where the last one has that; behind the comment. */
    {"{\"target\": {\n  \"request\": {\n    \"a\": 1 // one\n  }\n}}", "b", "true",
     "{\"target\": {\n  \"request\": {\n    \"a\": 1, // one\n    \"b\": true\n  }\n}}"},
    {"{\"target\":{\"request\":{\"a\":1}}}", "b", "2", "{\"target\":{\"request\":{\"a\":1, \"b\": 2}}}"},
    {"{\"target\":{\"request\":{}}}", "b", "2", "{\"target\":{\"request\":{ \"b\": 2 }}}"},
    /* Taken away: with its line and one comma. */
    {"{\"target\": {\"request\": {\n  \"a\": 1,\n  \"b\": 2, // two\n  \"c\": 3\n}}}", "b", NULL,
     "{\"target\": {\"request\": {\n  \"a\": 1,\n  \"c\": 3\n}}}"},
    {"{\"target\": {\"request\": {\n  \"a\": 1,\n  \"b\": 2\n}}}", "b", NULL,
     "{\"target\": {\"request\": {\n  \"a\": 1\n}}}"},
    {"{\"target\":{\"request\":{\"a\":1,\"b\":2}}}", "a", NULL, "{\"target\":{\"request\":{\"b\":2}}}"},
    {"{\"target\":{\"request\":{\"a\":1}}}", "b", NULL, "{\"target\":{\"request\":{\"a\":1}}}"},
};

/* Lists: an element is put behind the last, set or taken away by its place. */
static const struct row list_rows[] = {
    {"{\"tests\": [\n  {\"a\": [1, 2]}, // one\n  {\"b\": \"]\"} // two\n]}", "-", "{\"c\":3}",
     "{\"tests\": [\n  {\"a\": [1, 2]}, // one\n  {\"b\": \"]\"}, // two\n  {\"c\":3}\n]}"},
    {"{\"tests\":[]}", "-", "1", "{\"tests\":[ 1 ]}"},
    {"{\"tests\":[1,2]}", "-", "3", "{\"tests\":[1,2, 3]}"},
    {"{\"tests\": [\n  {\"a\": 1},\n  {\"b\": 2},\n  {\"c\": 3}\n]}", "1", NULL,
     "{\"tests\": [\n  {\"a\": 1},\n  {\"c\": 3}\n]}"},
    {"{\"tests\":[1,2]}", "1", NULL, "{\"tests\":[1]}"},
    {"{\"tests\":[1, [2], 3]}", "1", "{}", "{\"tests\":[1, {}, 3]}"},
};

static void lists_are_edited(void **state)
{
    (void)state;
    static const char *const tests[] = {"tests", NULL};
    struct buffer out;
    for (size_t i = 0; i < sizeof list_rows / sizeof *list_rows; i++) {
        buffer_init(&out, 10000);
        assert_int_equal(text_edit(text_of(list_rows[i].before), tests, text_of(list_rows[i].name),
                                   text_of(list_rows[i].value), &out),
                         0);
        if (!text_equal(buffer_text(&out), text_of(list_rows[i].after))) {
            fail_msg("row %zu: %.*s", i, TEXT_ARG(buffer_text(&out)));
        }
        buffer_fini(&out);
    }
    /* What is not there is neither set nor taken away, whatever it is called. */
    static const char *const names[] = {"2", "-1", "x", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        buffer_init(&out, 10000);
        assert_int_equal(text_edit(TEXT("{\"tests\":[1,2]}"), tests, text_of(names[i]), TEXT("3"), &out), ERR_SYNTAX);
        assert_int_not_equal(
            text_edit(TEXT("{\"tests\":[1,2]}"), tests, text_of(names[i]), (struct text){NULL, 0}, &out), 0);
        buffer_fini(&out);
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer out;
        struct arena arena;
        const cJSON *tree = NULL;
        buffer_init(&out, 10000);
        arena_init(&arena, 1 << 20);
        assert_int_equal(text_edit(text_of(rows[i].before), path, text_of(rows[i].name), text_of(rows[i].value), &out),
                         0);
        if (!text_equal(buffer_text(&out), text_of(rows[i].after))) {
            fail_msg("row %zu: %.*s", i, TEXT_ARG(buffer_text(&out)));
        }
        assert_int_equal(json_parse(&arena, buffer_text(&out), 10000, JSON_RELAXED, &tree, NULL), 0);
        buffer_fini(&out);
        arena_fini(&arena);
    }
}

/* Whatever the text is, it ends. */
static void test_broken(void **state)
{
    (void)state;
    static const char whole[] = "{\"target\": {\"request\": {\"a\": [1, {\"b\": \"\\\"\"}], /* x */ \"c\": 2}}}";
    for (size_t size = 0; size < sizeof whole; size++) {
        struct buffer out;
        buffer_init(&out, 10000);
        int error = text_edit((struct text){whole, size}, path, TEXT("c"), TEXT("3"), &out);
        assert_true(error == 0 || error == ERR_SYNTAX || error == ERR_NOT_FOUND);
        buffer_fini(&out);
    }
}

/* "same 2 b": kind, line and text of each line told. */
static void differs(const char *old, const char *new, size_t added, size_t removed, const char *wanted)
{
    struct buffer out, told;
    struct arena arena;
    struct difference count;
    const cJSON *list = NULL, *line;
    buffer_init(&out, 1 << 20);
    buffer_init(&told, 1 << 20);
    arena_init(&arena, DIFFERENCE_ROOM);
    assert_int_equal(difference_put(text_of(old), text_of(new), &arena, &out, &count), 0);
    assert_int_equal(json_parse(&arena, buffer_text(&out), 1 << 20, JSON_STRICT, &list, NULL), 0);
    cJSON_ArrayForEach(line, list)
    {
        buffer_format(&told, "%s %d %s\n", json_get(line, "kind")->valuestring, json_get(line, "line")->valueint,
                      json_get(line, "text")->valuestring);
    }
    buffer_add_char(&told, '\0');
    assert_string_equal(told.data, wanted);
    assert_int_equal(count.added, added);
    assert_int_equal(count.removed, removed);
    buffer_fini(&out);
    buffer_fini(&told);
    arena_fini(&arena);
}

static void test_difference(void **state)
{
    (void)state;
    differs("a\nb\n", "a\nb\n", 0, 0, "");
    differs("", "a\n", 1, 0, "added 1 a\n");
    differs("a", "", 0, 1, "removed 1 a\n");
    differs("a\nb\nc\n", "a\nx\nc\n", 1, 1, "same 1 a\nremoved 2 b\nadded 2 x\nsame 3 c\n");
    differs("a\nb\nc\n", "b\nc\na\n", 1, 1, "removed 1 a\nsame 1 b\nsame 2 c\nadded 3 a\n");
    differs("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n2\n3\n4\n5\n6\n7\n8\n0\n", 2, 2,
            "removed 1 1\nadded 1 0\nsame 2 2\nsame 3 3\nsame 4 4\ngap 6 \nsame 6 6\nsame 7 7\nsame 8 8\nremoved 9 "
            "9\nadded 9 0\n");
    differs(
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "0\n2\n3\n4\n5\n6\n7\n8\n9\n0\n", 2, 2,
        "removed 1 1\nadded 1 0\nsame 2 2\nsame 3 3\nsame 4 4\ngap 7 \nsame 7 7\nsame 8 8\nsame 9 9\nremoved 10 10\n"
        "added 10 0\n");
}

/* Texts of which everything differs, and very much of it, end as one replaced by the other. */
static void test_difference_large(void **state)
{
    (void)state;
    enum { LINES = 3000 };
    struct buffer old, new;
    struct arena arena;
    struct difference count;
    buffer_init(&old, 1 << 20);
    buffer_init(&new, 1 << 20);
    for (int i = 0; i < LINES; i++) {
        buffer_format(&old, "a%d\n", i);
        buffer_format(&new, "b%d\n", i);
    }
    arena_init(&arena, DIFFERENCE_ROOM);
    assert_int_equal(difference_put(buffer_text(&old), buffer_text(&new), &arena, NULL, &count), 0);
    assert_int_equal(count.added, LINES);
    assert_int_equal(count.removed, LINES);
    arena_fini(&arena);
    buffer_fini(&old);
    buffer_fini(&new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(lists_are_edited),
                                       cmocka_unit_test(test_broken), cmocka_unit_test(test_difference),
                                       cmocka_unit_test(test_difference_large)};
    return cmocka_run_group_tests_name("console_edit", tests, NULL, NULL);
}
