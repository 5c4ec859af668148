/* Look-ups in payloads: which are answered, which are not, and texts that only look like a look-up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "common/scheme/formula/question.h"

static int find(void *user, const struct question *question, struct text *id)
{
    (void)user;
    if (text_equal(question->key, TEXT("later"))) {
        return ERR_BUSY;
    }
    if (text_equal(question->key, TEXT("twice"))) {
        return ERR_REFUSED;
    }
    if (text_equal(question->name, TEXT("unit")) && text_equal(question->key, TEXT("a\"b"))) {
        *id = TEXT("9\"9");
        return 0;
    }
    if (text_equal(question->name, TEXT("unit")) && text_equal(question->key, TEXT("件"))) {
        *id = TEXT("2");
        return 0;
    }
    return ERR_NOT_FOUND;
}

static const struct {
    const char *payload;
    int error;
    const char *outcome; /* the payload, or "name/key" of what is missing */
} cases[] = {
    {"{}", 0, "{}"},
    {"{\"a\":\"x\"}", 0, "{\"a\":\"x\"}"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"件\"]}}", 0, "{\"a\":\"2\"}"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"件\"]},\"b\":[{\"c\":{\"$lookup\":[\"unit\",\"件\"]}}]}", 0,
     "{\"a\":\"2\",\"b\":[{\"c\":\"2\"}]}"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"a\\\"b\"]}}", 0, "{\"a\":\"9\\\"9\"}"},
    {"{\"a\":\"{\\\"$lookup\\\":[\\\"unit\\\"]}\"}", 0, "{\"a\":\"{\\\"$lookup\\\":[\\\"unit\\\"]}\"}"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"箱\",\"7\"]}}", 0, "{\"a\":\"7\"}"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"件\",\"7\"]}}", 0, "{\"a\":\"2\"}"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"箱\",{\"$lookup\":[\"unit\",\"件\"]}]}}", 0, "{\"a\":\"2\"}"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"箱\",{\"$lookup\":[\"unit\",\"袋\",\"1\"]}]}}", 0, "{\"a\":\"1\"}"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"箱\"]}}", ERR_NOT_FOUND, "unit/箱"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"箱\",{\"$lookup\":[\"unit\",\"袋\"]}]}}", ERR_NOT_FOUND, "unit/箱"},
    {"{\"a\":{\"$lookup\":[\"unit\",\"later\"]}}", ERR_BUSY, NULL},
    {"{\"a\":{\"$lookup\":[\"unit\",\"箱\",{\"$lookup\":[\"unit\",\"later\"]}]}}", ERR_BUSY, NULL},
    {"{\"a\":{\"$lookup\":[\"unit\",\"twice\",\"1\"]}}", ERR_REFUSED, "unit/twice"},
    {"{\"a\":{\"$lookup\":[\"unit\"]}}", ERR_SYNTAX, NULL},
    {"{\"a\":{\"$lookup\":[1,2]}}", ERR_SYNTAX, NULL},
    {"{\"a\":{\"$lookup\":[\"unit\",\"箱\",5]}}", ERR_SYNTAX, NULL},
    {"{\"a\":{\"$lookup\":[\"unit\",\"箱\"", ERR_SYNTAX, NULL},
};

static void resolves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena;
        struct buffer out;
        struct question missing = {TEXT(""), TEXT("")};
        char told[100];
        arena_init(&arena, 1 << 20);
        buffer_init(&out, 1 << 16);
        int error = question_resolve(text_of(cases[i].payload), find, NULL, &arena, &out, &missing);
        assert_int_equal(error, cases[i].error);
        if (!error) {
            assert_true(text_equal(buffer_text(&out), text_of(cases[i].outcome)));
        } else if (cases[i].outcome) {
            snprintf(told, sizeof told, "%.*s/%.*s", TEXT_ARG(missing.name), TEXT_ARG(missing.key));
            assert_string_equal(told, cases[i].outcome);
        }
        buffer_fini(&out);
        arena_fini(&arena);
    }
    assert_true(question_stands(TEXT("{\"a\":{\"$lookup\":[\"unit\",\"x\"]}}")));
    assert_false(question_stands(TEXT("{\"a\":\"{\\\"$lookup\\\":[\"}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(resolves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
