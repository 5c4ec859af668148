/* What the driver "rest" reads in replies, and JSON Pointer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/base/secret.h"
#include "common/json/pointer.h"
#include "extractor/rest/reply.h"

static const struct text ok_values[] = {{"0", 1}, {"OK", 2}}, fast_values[] = {{"429", 3}},
                         busy_values[] = {{"BUSY", 4}};
static const char *const names[] = {"data", "code", NULL}, *const no_names[] = {NULL};
#define AT_CODE                                                                                                        \
    {                                                                                                                  \
        "/code", 5                                                                                                     \
    }
static const struct rest_form body_form = {.names = no_names, .total_header = true};
static const struct rest_form key_form = {
    .list = {"/data/items", 11},
    .total = {"/data/total", 11},
    .success = {AT_CODE, ok_values, 2},
    .throttled = {AT_CODE, fast_values, 1},
    .retry = {AT_CODE, busy_values, 1},
    .message = {"/msg", 4},
    .names = names,
};
static const struct rest_form whole_form = {.list = {"/data", 5}, .names = names, .paging = REST_WHOLE};

enum { WHOLE_PAGE = 2, WHOLE_SIZE = 3 };

static const struct {
    const char *name;
    const struct rest_form *form;
    int status;
    const char *body;
    enum reply_class class;
    int64_t rows, total; /* DONE */
    const char *why;     /* the others: what the sentence must hold */
} cases[] = {
    {"a body that is the list", &body_form, 200, "[{\"id\":1},{}]", REPLY_DONE, 2, 77, NULL},
    {"an empty one", &body_form, 200, " [] ", REPLY_DONE, 0, 77, NULL},
    {"HTTP 206", &body_form, 206, "[{}]", REPLY_DONE, 1, 77, NULL},
    {"HTTP 204", &body_form, 204, "", REPLY_DONE, 0, -1, NULL},
    {"one record without a list", &body_form, 200, "{\"id\":1,\"a\":2}", REPLY_DONE, 1, 77, NULL},
    {"an object in place of the list", &body_form, 200, "{\"error\":\"no\",\"n\":1}", REPLY_FATAL, 0, 0,
     "its members: error=\"no\", n=1."},
    {"an empty object", &body_form, 200, "{}", REPLY_FATAL, 0, 0, "holds no list"},
    {"objects by name", &body_form, 200, "{\"a\":{\"id\":1},\"b\":{\"id\":2}}", REPLY_FATAL, 0, 0, "holds no list"},
    {"a list of numbers", &body_form, 200, "[1,2]", REPLY_FATAL, 0, 0, "holds no list"},
    {"below keys", &key_form, 200, "{\"code\":0,\"data\":{\"items\":[{},{}],\"total\":\"12\"}}", REPLY_DONE, 2, 12,
     NULL},
    {"a code as text", &key_form, 200, "{\"code\":\"OK\",\"data\":{\"items\":[{}]}}", REPLY_DONE, 1, -1, NULL},
    {"a code with an exponent", &key_form, 200, "{\"code\":0.0,\"data\":{\"items\":[{}]}}", REPLY_DONE, 1, -1, NULL},
    {"a total that is none", &key_form, 200, "{\"code\":0,\"data\":{\"items\":[{}],\"total\":-1}}", REPLY_DONE, 1, -1,
     NULL},
    {"null in place of the list", &key_form, 200, "{\"code\":0,\"data\":{\"items\":null,\"total\":0}}", REPLY_DONE, 0,
     0, NULL},
    {"the list is not there", &key_form, 200, "{\"code\":0,\"data\":{\"rows\":[{}]}}", REPLY_FATAL, 0, 0,
     "its members: code=0, data"},
    {"the list is a word", &key_form, 200, "{\"code\":0,\"data\":{\"items\":true}}", REPLY_FATAL, 0, 0,
     "holds no list"},
    {"refused", &key_form, 200, "{\"code\":5,\"msg\":\"the licence ended\"}", REPLY_FATAL, 0, 0,
     "refuses (/code = 5): the licence ended"},
    {"refused, with a secret", &key_form, 200, "{\"code\":5,\"msg\":\"not secret-of-rest\"}", REPLY_FATAL, 0, 0,
     "(/code = 5): not ***"},
    {"too fast", &key_form, 200, "{\"code\":429,\"msg\":\"slowly\"}", REPLY_THROTTLED, 0, 0, "slowly"},
    {"too fast, with another status", &key_form, 400, "{\"code\":429}", REPLY_THROTTLED, 0, 0, "/code = 429"},
    {"busy", &key_form, 200, "{\"code\":\"BUSY\"}", REPLY_RETRY, 0, 0, "/code = BUSY"},
    {"no code", &key_form, 200, "{\"data\":{\"items\":[{}]}}", REPLY_RETRY, 0, 0, "holds no /code"},
    {"HTTP 429", &key_form, 429, "slowly", REPLY_THROTTLED, 0, 0, "HTTP 429"},
    {"HTTP 503", &key_form, 503, "", REPLY_RETRY, 0, 0, "HTTP 503"},
    {"HTTP 401", &key_form, 401, "{\"msg\":\"who?\"}", REPLY_FATAL, 0, 0, "HTTP 401 (who?): check \"auth\""},
    {"HTTP 404", &key_form, 404, "<html>", REPLY_FATAL, 0, 0, "HTTP 404: check REST_URL"},
    {"HTML", &key_form, 200, "<!DOCTYPE html>", REPLY_RETRY, 0, 0, "HTML, not JSON"},
    {"half", &key_form, 200, "{\"code\":0,\"data\":{\"items\":[{},{", REPLY_RETRY, 0, 0, "JSON"},
    {"nothing", &key_form, 200, "", REPLY_RETRY, 0, 0, "empty"},
    {"something around it", &key_form, 200, "cb({\"code\":0,\"data\":{\"items\":[{}]}});", REPLY_DONE, 1, -1, NULL},
    {"one reply for all: its third page", &whole_form, 200, "{\"data\":[{},{},{},{},{},{},{},{}]}", REPLY_DONE, 2, 8,
     NULL},
    {"one reply for all: behind the end", &whole_form, 200, "{\"data\":[{},{},{}]}", REPLY_DONE, 0, 3, NULL},
    {"one reply for all: none", &whole_form, 200, "{\"data\":[]}", REPLY_DONE, 0, 0, NULL},
};

static void judges(void **state)
{
    (void)state;
    struct arena arena;
    const struct source_asked asked = {WHOLE_PAGE, WHOLE_SIZE};
    arena_init(&arena, 1 << 20);
    secret_add(TEXT("secret-of-rest"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_reply http = {.reach = HTTP_ANSWERED,
                                  .status = cases[i].status,
                                  .body = text_of(cases[i].body),
                                  .retry_after = 5000,
                                  .total_count = 77};
        struct source_answer answer;
        rest_reply_read(&http, cases[i].form, TEXT("id"), &asked, 0, &arena, &answer);
        bool right = answer.class == cases[i].class && answer.heard;
        if (cases[i].class == REPLY_DONE) {
            right = right && (int64_t)answer.rows == cases[i].rows && answer.total == cases[i].total;
        } else {
            right = right && strstr(answer.why, cases[i].why);
            right = right && (cases[i].class != REPLY_THROTTLED || answer.wait == 5000);
        }
        if (!right) {
            fail_msg("%s: class %s rows %zu total %lld wait %lld '%s'", cases[i].name, reply_class_text(answer.class),
                     answer.rows, (long long)answer.total, (long long)answer.wait, answer.why);
        }
        arena_reset(&arena, 0);
    }
    arena_fini(&arena);
}

/* One reply that holds all can't be asked for in parts. */
static void whole_replies_are_not_cut(void **state)
{
    (void)state;
    struct arena arena;
    struct source_answer answer;
    const struct source_asked asked = {0, 100};
    const struct http_reply large = {.reach = HTTP_SENT, .too_large = true};
    const struct http_reply torn = {
        .reach = HTTP_ANSWERED, .status = 200, .body = TEXT("{\"data\":[{},"), .retry_after = -1};
    arena_init(&arena, 1 << 20);
    rest_reply_read(&large, &whole_form, TEXT("id"), &asked, 0, &arena, &answer);
    assert_true(answer.class == REPLY_FATAL && !answer.too_large && strstr(answer.why, "needs paging"));
    rest_reply_read(&torn, &whole_form, TEXT("id"), &asked, 0, &arena, &answer);
    assert_true(answer.class == REPLY_RETRY && !answer.unreadable);
    rest_reply_read(&large, &key_form, TEXT("id"), &asked, 0, &arena, &answer);
    assert_true(answer.class == REPLY_FATAL && answer.too_large);
    rest_reply_read(&torn, &key_form, TEXT("id"), &asked, 0, &arena, &answer);
    assert_true(answer.class == REPLY_RETRY && answer.unreadable);
    arena_fini(&arena);
}

static void points(void **state)
{
    (void)state;
    static const char json[] = "{\"a\":{\"b\":[1,{\"c\":2}],\"\":3},\"x/y\":4,\"m~n\":5,\"\\u5e97\":6,\"q\\\"\":7}";
    static const struct {
        const char *pointer, *value; /* NULL = not there */
    } rows[] = {
        {"", json},        {"/a/b", "[1,{\"c\":2}]"},
        {"/a/b/0", "1"},   {"/a/b/1/c", "2"},
        {"/a/", "3"},      {"/x~1y", "4"},
        {"/m~0n", "5"},    {"/店", "6"},
        {"/q\"", "7"},     {"/a/b/2", NULL},
        {"/a/b/x", NULL},  {"/a/b/0/c", NULL},
        {"/b", NULL},      {"/A", NULL},
        {"/a/b/-1", NULL}, {"/x/y", NULL},
    };
    struct arena arena;
    arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text value;
        int error = json_pointer_find(text_of(json), text_of(rows[i].pointer), NULL, &arena, &value);
        if (rows[i].value ? error || !text_equal(value, text_of(rows[i].value)) : error != ERR_NOT_FOUND) {
            fail_msg("%s: %d", rows[i].pointer, error);
        }
    }
    assert_true(json_pointer_good(TEXT("")) && json_pointer_good(TEXT("/a~1b/~0")));
    assert_false(json_pointer_good(TEXT("a")) || json_pointer_good(TEXT("/~")) || json_pointer_good(TEXT("/~2")));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(whole_replies_are_not_cut),
        cmocka_unit_test(points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
