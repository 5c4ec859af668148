/* A target's API file of the driver "rest": what is wrong with it, what calls it makes letter for letter, and what replies mean
 * for their records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/api_lint.h"
#include "common/scheme/scheme.h"
#include "loader/rest/answer.h"
#include "loader/rest/call.h"
#include "loader/rest/judge.h"
#include "loader/rest/rest.h"
#include "tests/unit/chinese.h"
#include "tests/unit/scheme_folder.h"

#define SAVE "\"save\": { \"path\": \"/a\" }, "
#define UPDATE "\"update\": { \"method\": \"PATCH\", \"path\": \"/a/{{id}}\" }, "
#define FIND "\"find\": { \"path\": \"/a\", \"query\": { \"no\": \"{{number}}\" }, \"rows\": \"/rows\" }, "
#define LIST                                                                                                           \
    "\"list\": { \"path\": \"/a\", \"query\": { \"p\": \"{{page}}\", \"n\": \"{{size}}\" }, \"rows\": \"/rows\", "     \
    "\"total\": \"/count\" }, "
#define REPLY "\"reply\": { \"success\": { \"at\": \"/ok\", \"values\": [true] }, \"message\": \"/why\" }, "
#define ROWS "\"save\": { \"path\": \"/a\", \"body\": { \"rows\": \"{{records}}\" }, \"most\": 9 }, "
#define RESULTS                                                                                                        \
    "\"reply\": { \"results\": { \"at\": \"/results\", \"success\": { \"at\": \"/ok\", \"values\": [1] }, "            \
    "\"message\": \"/why\", \"number\": \"/no\" } }, "

static void put_file(const char *calls)
{
    char text[4000];
    int size = snprintf(
        text, sizeof text,
        "{ \"name\": \"test/items\", \"label\": \"i\", \"driver\": \"rest\", \"kind\": \"item\", \"id\": \"id\",\n"
        "  \"number\": \"number\", %s\n"
        "  \"words\": { \"exists\": [\"taken\", \"409\"], \"gone\": [\"404\"], \"throttled\": [\"slowly\"], \"busy\": "
        "[\"busy\"] },\n"
        "  \"request\": { \"id\": { \"label\": \"i\", \"type\": \"integer\" }, \"flag\": { \"label\": \"f\", \"type\": "
        "\"boolean\" },\n"
        "    \"number\": { \"label\": \"n\", \"type\": \"string\" }, \"name\": { \"label\": \"n\", \"type\": "
        "\"string\" } } }\n",
        calls);
    assert_in_range(size, 1, sizeof text - 1);
    folder_write(FILE_TARGET, text, (size_t)size);
}

static void keep_first(void *user, const char *line)
{
    char *first = user;
    if (first[0] == '\0') {
        snprintf(first, 600, "%s", line);
    }
}

static void faults_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *calls, *line; /* NULL = nothing is wrong */
    } files[] = {
        {SAVE, NULL},
        {SAVE UPDATE FIND LIST REPLY, NULL},
        {ROWS FIND LIST RESULTS, NULL},
        {SAVE "\"list\": { \"path\": \"/a\" }, ", NULL},
        {SAVE FIND, "/find: needs \"list\" beside it"},
        {SAVE LIST "\"find\": { \"path\": \"/a\" }, ", "/find: must hold {{number}}"},
        {SAVE LIST "\"find\": { \"path\": \"/a/{{nubmer}}\" }, ",
         "/find/path: no parameter nubmer in /find; did you mean number?"},
        {SAVE "\"list\": { \"path\": \"/a\", \"query\": { \"p\": \"{{page}}\" } }, ", "/list: a list by pages needs"},
        {SAVE "\"list\": { \"path\": \"/a\", \"first\": 0 }, ", "/list/first: only pages with a number"},
        {"\"save\": { \"path\": \"a\" }, ", "/save/path: must begin with / and follows REST_TARGET_URL"},
        {"\"save\": { \"path\": \"/a\", \"most\": 2 }, ", "/save/most: the body is one record"},
        {"\"save\": { \"path\": \"/a\", \"body\": { \"a\": 1 } }, ", "/save: its body must hold {{record}}, or"},
        {SAVE "\"update\": { \"path\": \"/a\", \"body\": {} }, ", "/update: its body must hold {{record}}"},
        {ROWS LIST, "/save: takes several records: say in /reply/results"},
        {ROWS RESULTS, "/save: takes several records, which needs \"list\""},
        {SAVE LIST RESULTS, "/reply/results: a save takes one record"},
        {SAVE "\"lookups\": { \"units\": \"/u\" }, ", "/lookups: needs \"list\""},
        {SAVE "\"auth\": { \"kind\": \"header\" }, ", "must be the header that takes REST_TARGET_TOKEN"},
        {"\"save\": { \"method\": \"GET\", \"path\": \"/a\" }, ", "/save/method: must be one of POST, PUT, PATCH"},
    };
    char path[128];
    folder_path(path, sizeof path, "api/test.items.json");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char first[600] = "";
        put_file(files[i].calls);
        int count = scheme_lint_api(path, keep_first, first);
        if (files[i].line ? !strstr(first, files[i].line) : count != 0) {
            fail_msg("%zu: '%s', not '%s'", i, first, files[i].line ? files[i].line : "");
        }
        if (files[i].line) {
            assert_chinese(first);
        }
    }
}

static struct scheme *load(const char *calls)
{
    struct scheme *scheme = NULL;
    struct cause cause;
    char path[128];
    put_file(calls);
    folder_path(path, sizeof path, "scheme.json");
    folder_edit(FILE_SCHEME, "\"batch\": 50, ", "");
    if (scheme_load(path, &scheme, &cause) != 0) {
        fail_msg("%s", cause.text);
    }
    folder_write(FILE_SCHEME, folder_texts[FILE_SCHEME], strlen(folder_texts[FILE_SCHEME]));
    return scheme;
}

static void expect_call(struct target_call *call, const char *method, const char *address, const char *body)
{
    buffer_add_char(&call->address, '\0');
    buffer_add_char(&call->body, '\0');
    assert_string_equal(rest_call_request(call->form, call->kind)->method, method);
    assert_string_equal(call->address.data, address);
    assert_string_equal(call->body.data, body);
    target_call_clear(call, 10000, 0);
}

static void calls_are_written(void **state)
{
    (void)state;
    struct scheme *scheme = load(SAVE UPDATE FIND LIST REPLY);
    const struct target_form *form = &scheme->target.form;
    const struct target_item create = {TEXT("{\"number\":\"A\"}"), TEXT("")}, update = {TEXT("{\"a\":1}"), TEXT("77")};
    struct target_call call = {.form = NULL};
    target_call_clear(&call, 10000, 0);
    rest_call_save(&call, form, &create, 1);
    expect_call(&call, "POST", "/a", "{\"number\":\"A\"}");
    rest_call_save(&call, form, &update, 1);
    expect_call(&call, "PATCH", "/a/77", "{\"a\":1}");
    rest_call_list(&call, form, &(struct target_ask){.path = TEXT("/a"), .no = 3, .size = 100});
    expect_call(&call, "GET", "/a?p=3&n=100", "");
    rest_call_list(&call, form,
                   &(struct target_ask){.path = TEXT("/a"), .no = 1, .size = 100, .search = TEXT("A &店")});
    expect_call(&call, "GET", "/a?no=A%20%26%E5%BA%97", "");
    rest_call_list(&call, form, &(struct target_ask){.path = TEXT("/units"), .no = 1, .size = 100, .other = true});
    expect_call(&call, "GET", "/units?p=1&n=100", "");
    scheme_free(&scheme);

    scheme = load(ROWS LIST RESULTS);
    form = &scheme->target.form;
    const struct target_item both[] = {create, update};
    rest_call_save(&call, form, both, 2);
    expect_call(&call, "POST", "/a", "{\"rows\":[{\"number\":\"A\"},{\"id\":77,\"a\":1}]}");
    scheme_free(&scheme);
    target_call_fini(&call);
}

/* ---- replies ---- */

#define SAVES REST_CALL_SAVE
#define UPDATES REST_CALL_UPDATE
struct reply_row {
    enum rest_call_kind kind;
    int status;
    const char *body;
    enum reply_class class;
    enum judgement judgement; /* of a save */
    const char *id;           /* SAVED; NULL = none */
};

static void judge_rows(const char *calls, const struct reply_row *rows, size_t count)
{
    struct scheme *scheme = load(calls);
    const struct target_form *form = &scheme->target.form;
    for (size_t i = 0; i < count; i++) {
        const struct reply_row *row = &rows[i];
        struct arena arena;
        struct answer answer;
        const struct target_call call = {.form = form, .kind = row->kind};
        const struct http_reply reply = {.reach = HTTP_ANSWERED,
                                         .status = row->status,
                                         .body = text_of(row->body),
                                         .retry_after = -1,
                                         .total_count = -1};
        arena_init(&arena, ANSWER_ARENA_MAX);
        rest_answer_read(&arena, form, &call, &reply, true, &answer);
        if (answer.class != row->class) {
            fail_msg("%zu: %d %s is %s", i, row->status, row->body, reply_class_text(answer.class));
        }
        bool update = row->kind == REST_CALL_UPDATE;
        struct judge_row judged = {
            .number = TEXT("A"), .target_id = update ? TEXT("77") : TEXT(""), .op = update ? OP_UPDATE : OP_CREATE};
        rest_judge(&arena, form, &answer, &judged, 1);
        if (judged.judgement != row->judgement ||
            (row->id ? !text_equal(judged.id, text_of(row->id)) : judged.id.size > 0)) {
            fail_msg("%zu: %d %s is judged %d, id %.*s", i, row->status, row->body, judged.judgement,
                     TEXT_ARG(judged.id));
        }
        arena_fini(&arena);
    }
    scheme_free(&scheme);
}

static void replies_are_judged(void **state)
{
    (void)state;
    static const struct reply_row plain[] = {
        {SAVES, 201, "{\"id\":7,\"number\":\"A\"}", REPLY_DONE, JUDGE_SAVED, "7"},
        {SAVES, 200, "{\"id\":9007199254740993}", REPLY_DONE, JUDGE_SAVED, "9007199254740993"},
        {SAVES, 201, "{\"id\":7,\"name\":\"x\\ud83d\",\"a\":NaN}", REPLY_DONE, JUDGE_SAVED, "7"},
        {SAVES, 201, "{\"id\":NaN}", REPLY_DONE, JUDGE_SAVED, NULL},
        {SAVES, 422, "{\"why\":\"cut in \\ud83d\"}", REPLY_REJECT, JUDGE_REFUSED, NULL},
        {SAVES, 204, "", REPLY_DONE, JUDGE_SAVED, NULL},
        {UPDATES, 200, "{\"id\":5}", REPLY_DONE, JUDGE_SAVED, "77"},
        {SAVES, 409, "{\"why\":\"x\"}", REPLY_REJECT, JUDGE_EXISTS, NULL},
        {SAVES, 422, "{\"why\":\"no name\"}", REPLY_REJECT, JUDGE_REFUSED, NULL},
        {SAVES, 400, "no", REPLY_REJECT, JUDGE_REFUSED, NULL},
        {SAVES, 500, "Insert failed: taken", REPLY_REJECT, JUDGE_EXISTS, NULL},
        {UPDATES, 404, "", REPLY_REJECT, JUDGE_GONE, NULL},
        {SAVES, 429, "", REPLY_THROTTLED, JUDGE_RELEASED, NULL},
        {SAVES, 500, "{}", REPLY_RETRY, JUDGE_UNKNOWN, NULL},
        {SAVES, 503, "", REPLY_RETRY, JUDGE_UNKNOWN, NULL},
        {SAVES, 408, "", REPLY_RETRY, JUDGE_UNKNOWN, NULL},
        {SAVES, 401, "{}", REPLY_FATAL, JUDGE_RELEASED, NULL},
        {SAVES, 405, "{}", REPLY_FATAL, JUDGE_RELEASED, NULL},
        {SAVES, 200, "<html>login</html>", REPLY_RETRY, JUDGE_UNKNOWN, NULL},
        {SAVES, 201, "{\"id\":", REPLY_RETRY, JUDGE_UNKNOWN, NULL},
    };
    static const struct reply_row signs[] = {
        {SAVES, 200, "{\"ok\":true,\"id\":\"x-7\"}", REPLY_DONE, JUDGE_SAVED, "x-7"},
        {SAVES, 200, "{\"ok\":false,\"why\":\"no name\"}", REPLY_REJECT, JUDGE_REFUSED, NULL},
        {SAVES, 200, "{\"ok\":false,\"why\":\"the number is TAKEN\"}", REPLY_REJECT, JUDGE_EXISTS, NULL},
        {SAVES, 200, "{\"ok\":false,\"why\":\"slowly\"}", REPLY_THROTTLED, JUDGE_RELEASED, NULL},
        {SAVES, 200, "{\"ok\":false,\"why\":\"busy\"}", REPLY_RETRY, JUDGE_UNKNOWN, NULL},
        {SAVES, 200, "{\"id\":7}", REPLY_RETRY, JUDGE_UNKNOWN, NULL},
        {SAVES, 200, "", REPLY_RETRY, JUDGE_UNKNOWN, NULL},
    };
    static const struct reply_row no_list[] = {{SAVES, 201, "{}", REPLY_DONE, JUDGE_UNCLEAR, NULL}};
    judge_rows(SAVE UPDATE LIST, plain, sizeof plain / sizeof *plain);
    judge_rows(SAVE UPDATE LIST REPLY, signs, sizeof signs / sizeof *signs);
    judge_rows(SAVE, no_list, 1);
}

/* Of several, each is what its own result says; where that is missing, it is asked for. */
static void results_are_judged(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum judgement judgements[2];
    } rows[] = {
        {200, "{\"results\":[{\"no\":\"B\",\"ok\":1},{\"no\":\"A\",\"ok\":1,\"id\":3}]}", {JUDGE_SAVED, JUDGE_SAVED}},
        {200, "{\"results\":[{\"no\":\"A\",\"ok\":0,\"why\":\"taken\"}]}", {JUDGE_EXISTS, JUDGE_UNCLEAR}},
        {200, "{\"results\":[{\"no\":\"A\",\"ok\":1},{\"no\":\"A\",\"ok\":0}]}", {JUDGE_UNCLEAR, JUDGE_UNCLEAR}},
        {200, "{\"results\":[{\"no\":\"A\"},{\"no\":\"B\",\"ok\":0}]}", {JUDGE_UNCLEAR, JUDGE_REFUSED}},
        {200,
         "{\"results\":[{\"no\":\"A\",\"ok\":0,\"why\":\"slowly\"},{\"no\":\"B\",\"ok\":1,\"id\":3}]}",
         {JUDGE_AGAIN, JUDGE_SAVED}},
        {200,
         "{\"results\":[{\"no\":\"A\",\"ok\":0,\"why\":\"slowly\"},{\"no\":\"B\",\"ok\":0,\"why\":\"slowly\"}]}",
         {JUDGE_RELEASED, JUDGE_RELEASED}},
        {200,
         "{\"results\":[{\"no\":\"A\",\"ok\":0,\"why\":\"busy\"},{\"no\":\"B\",\"ok\":0,\"why\":\"slowly\"}]}",
         {JUDGE_UNKNOWN, JUDGE_UNKNOWN}},
        {200, "{}", {JUDGE_UNCLEAR, JUDGE_UNCLEAR}},
        {400, "{}", {JUDGE_UNCLEAR, JUDGE_UNCLEAR}},
    };
    struct scheme *scheme = load(ROWS LIST RESULTS);
    const struct target_form *form = &scheme->target.form;
    const struct target_call call = {.form = form, .kind = REST_CALL_SAVE};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena;
        struct answer answer;
        const struct http_reply reply = {
            .reach = HTTP_ANSWERED, .status = rows[i].status, .body = text_of(rows[i].body), .retry_after = -1};
        struct judge_row judged[] = {{.number = TEXT("A"), .op = OP_CREATE}, {.number = TEXT("B"), .op = OP_CREATE}};
        arena_init(&arena, ANSWER_ARENA_MAX);
        rest_answer_read(&arena, form, &call, &reply, true, &answer);
        rest_judge(&arena, form, &answer, judged, 2);
        if (judged[0].judgement != rows[i].judgements[0] || judged[1].judgement != rows[i].judgements[1]) {
            fail_msg("%zu: %d, %d", i, judged[0].judgement, judged[1].judgement);
        }
        arena_fini(&arena);
    }
    scheme_free(&scheme);
}

/* A list that is not where the file says is never an empty one. */
static void lists_are_read(void **state)
{
    (void)state;
    static const struct {
        enum rest_call_kind kind;
        int status;
        const char *body;
        int error;
        size_t count;
        int64_t total;
    } rows[] = {
        {REST_CALL_LIST, 200, "{\"rows\":[{\"id\":1,\"number\":\"A\"},{\"id\":2}],\"count\":9}", 0, 2, 9},
        {REST_CALL_LIST, 200, "{\"rows\":[{\"id\":1,\"number\":\"\\u0000\\ud83d\"}],\"count\":NaN}", 0, 1, -1},
        {REST_CALL_LIST, 200, "{\"rows\":[],\"count\":0}", 0, 0, 0},
        {REST_CALL_LIST, 200, "{\"rows\":[{\"number\":\"A\"}]}", ERR_SYNTAX, 0, 0},
        {REST_CALL_LIST, 200, "{\"rows\":null}", ERR_SYNTAX, 0, 0},
        {REST_CALL_LIST, 200, "{\"items\":[]}", ERR_SYNTAX, 0, 0},
        {REST_CALL_LIST, 204, "", ERR_SYNTAX, 0, 0},
        {REST_CALL_FIND, 200, "{\"rows\":[{\"id\":1,\"number\":\"A\"}]}", 0, 1, 1},
        {REST_CALL_FIND, 200, "{\"rows\":{\"id\":1,\"number\":\"A\"}}", 0, 1, 1},
        {REST_CALL_FIND, 200, "{\"rows\":null}", 0, 0, 0},
        {REST_CALL_FIND, 204, "", 0, 0, 0},
        {REST_CALL_FIND, 200, "{\"items\":[]}", ERR_SYNTAX, 0, 0},
    };
    struct scheme *scheme = load(SAVE FIND LIST);
    const struct target_form *form = &scheme->target.form;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena;
        struct answer answer;
        struct target_page page = {.count = 0};
        const struct target_call call = {.form = form, .kind = rows[i].kind};
        const struct http_reply reply = {
            .reach = HTTP_ANSWERED, .status = rows[i].status, .body = text_of(rows[i].body), .retry_after = -1};
        arena_init(&arena, ANSWER_ARENA_MAX);
        rest_answer_read(&arena, form, &call, &reply, true, &answer);
        assert_int_equal(answer.class, REPLY_DONE);
        int error = rest_list_read(&arena, form, &answer, &page);
        if (error != rows[i].error || (!error && (page.count != rows[i].count || page.total != rows[i].total))) {
            fail_msg("%zu: %s: %d, %zu of %lld", i, rows[i].body, error, page.count, (long long)page.total);
        }
        arena_fini(&arena);
    }
    scheme_free(&scheme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_told),    cmocka_unit_test(calls_are_written), cmocka_unit_test(replies_are_judged),
        cmocka_unit_test(results_are_judged), cmocka_unit_test(lists_are_read),
    };
    return cmocka_run_group_tests_name("rest target", tests, folder_make, folder_remove);
}
