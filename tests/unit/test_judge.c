/* Every form a reply to a save may have (apis of the target: one result, or one for each row) and what it says of
 * each row. One letter a row: S saved, s saved without an id, R refused, E exists, G gone, A again, C unclear,
 * U unknown, L released. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "loader/save.h"
#include "loader/xingchen/find.h"
#include "loader/xingchen/judge.h"
#include "loader/xingchen/list.h"

enum { ROWS_MAX = 4 };

static struct target_form form; /* of the API file that ships: its words */

struct judge_case {
    const char *name;
    const char *ops; /* c create, u update (id "77<n>"), one a row; numbers are N1, N2… */
    int status;
    const char *body;
    const char *want;
    const char *ids; /* of the rows saved with an id, in order, each with a space behind */
};

#define OBJECT(success, ids, errors)                                                                                   \
    "{\"success\":true,\"data\":{\"success\":" success ",\"successPkIds\":[" ids "],\"errorInfo\":[" errors "]}}"
#define REFUSAL(message) "{\"success\":false,\"errorCode\":\"E7\",\"message\":\"" message "\",\"data\":null}"
#define LONG_ID "12345678901234567890123456789012345678901234567890123456789012345"
#define ITEM(success, ids, errors) "{\"success\":" success ",\"successPkIds\":[" ids "],\"errorInfo\":[" errors "]}"

static const struct judge_case cases[] = {
    /* one result, all saved */
    {"one row", "c", 200, OBJECT("true", "\"9\"", ""), "S", "9 "},
    {"one row, number id", "c", 200, OBJECT("true", "12", ""), "S", "12 "},
    {"long number id", "c", 200, OBJECT("true", "1234567890123456789", ""), "S", "1234567890123456789 "},
    {"order of ids is unknown", "ccc", 200, OBJECT("true", "\"1\",\"2\",\"3\"", ""), "sss", ""},
    {"updates are known by their ids", "uu", 200, OBJECT("true", "\"772\",\"771\"", ""), "SS", "771 772 "},
    {"update and create", "uc", 200, OBJECT("true", "\"771\",\"5\"", ""), "Ss", "771 "},
    {"success as text", "c", 200, "{\"success\":\"true\",\"data\":{\"success\":\"true\",\"successPkIds\":[\"9\"]}}",
     "S", "9 "},
    {"updates without ids", "uu", 200, OBJECT("true", "", ""), "ss", ""},
    {"create without an id", "c", 200, OBJECT("true", "", ""), "C", ""},
    {"fewer ids than creates", "ccc", 200, OBJECT("true", "\"1\",\"2\"", ""), "CCC", ""},
    {"more ids than rows", "c", 200, OBJECT("true", "\"1\",\"2\"", ""), "C", ""},
    /* one result, nothing saved */
    {"refused alone", "c", 200, OBJECT("false", "", "{\"id\":\"0\",\"msg\":\"bad unit\"}"), "R", ""},
    {"exists alone", "c", 200, OBJECT("false", "", "{\"id\":\"0\",\"msg\":\"商品编码已存在\"}"), "E", ""},
    {"gone alone", "u", 200, OBJECT("false", "", "{\"id\":\"771\",\"msg\":\"商品不存在\"}"), "G", ""},
    {"a create can't be gone", "c", 200, OBJECT("false", "", "{\"id\":\"\",\"msg\":\"计量单位不存在\"}"), "R", ""},
    {"an update can't exist", "u", 200, OBJECT("false", "", "{\"id\":\"\",\"msg\":\"名称已存在\"}"), "R", ""},
    {"refused together, by position", "ccc", 200, OBJECT("false", "", "{\"id\":\"1\",\"msg\":\"x\"}"), "AAA", ""},
    {"refused together, named", "ccc", 200, OBJECT("false", "", "{\"id\":\"N2\",\"msg\":\"x\"}"), "ARA", ""},
    {"named twice", "ccc", 200, OBJECT("false", "", "{\"id\":\"N2\",\"msg\":\"x\"},{\"id\":\"N2\",\"msg\":\"y\"}"),
     "AAA", ""},
    {"one named, one not", "ccc", 200,
     OBJECT("false", "", "{\"id\":\"N2\",\"msg\":\"x\"},{\"id\":\"Z\",\"msg\":\"y\"}"), "AAA", ""},
    {"outer refusal, null data", "cc", 200, REFUSAL("bad"), "AA", ""},
    {"outer refusal, alone", "c", 200, REFUSAL("bad"), "R", ""},
    {"outer refusal, empty list", "c", 200, "{\"success\":false,\"message\":\"no\",\"data\":[]}", "R", ""},
    {"outer refusal, empty object", "cc", 200, "{\"success\":false,\"message\":\"no\",\"data\":{}}", "AA", ""},
    {"old code for exists", "c", 200, "{\"success\":false,\"errorCode\":46001,\"message\":\"?\"}", "E", ""},
    {"a name that holds a login word: once a new login is tried", "c", 200,
     OBJECT("false", "", "{\"id\":\"0\",\"msg\":\"token店 is bad\"}"), "L", ""},
    {"HTTP 400 of the size", "cc", 400, "{\"code\":\"x\",\"message\":\"too many items\"}", "AA", ""},
    {"HTTP 400 of the frequency", "cc", 400, "{\"code\":\"x\",\"message\":\"Too Many Requests\"}", "LL", ""},
    {"HTTP 400", "cc", 400, "{\"code\":\"x\",\"message\":\"bad body\"}", "AA", ""},
    {"HTTP 413", "cc", 413, "<html>", "AA", ""},
    /* one result, in part */
    {"in part, by position", "ccc", 200, OBJECT("false", "\"1\",\"2\"", "{\"id\":\"1\",\"msg\":\"x\"}"), "CCC", ""},
    {"in part, named", "ccc", 200, OBJECT("false", "\"1\",\"2\"", "{\"id\":\"N2\",\"msg\":\"x\"}"), "sRs", ""},
    {"in part, named, one left", "cc", 200, OBJECT("false", "\"1\"", "{\"id\":\"N2\",\"msg\":\"x\"}"), "SR", "1 "},
    {"in part, named, numbers don't add up", "ccc", 200, OBJECT("false", "\"1\"", "{\"id\":\"N2\",\"msg\":\"x\"}"),
     "CRC", ""},
    {"in part, updates by id", "uuc", 200, OBJECT("false", "\"772\"", "{\"id\":\"0\",\"msg\":\"x\"}"), "CSC", "772 "},
    {"inner denies, yet all ids", "cc", 200, OBJECT("false", "\"1\",\"2\"", ""), "CC", ""},
    {"outer denies, inner agrees", "c", 200,
     "{\"success\":false,\"message\":\"?\",\"data\":{\"success\":true,\"successPkIds\":[\"1\"]}}", "C", ""},
    /* a list */
    {"list", "ccc", 200,
     "{\"success\":true,\"data\":[" ITEM("true", "\"1\"", "") "," ITEM("false", "", "{\"msg\":\"x\"}") "," ITEM(
         "true", "\"3\"", "") "]}",
     "SRS", "1 3 "},
    {"list, outer denies", "cu", 200,
     "{\"success\":false,\"data\":[" ITEM("false", "", "{\"msg\":\"已存在\"}") "," ITEM("false", "",
                                                                                        "{\"msg\":\"不存在\"}") "]}",
     "EG", ""},
    {"list, outer denies, item without id agrees", "cc", 200,
     "{\"success\":false,\"data\":[" ITEM("true", "", "") "," ITEM("true", "\"2\"", "") "]}", "CS", "2 "},
    {"list, innocent ones refused along", "cccu", 200,
     "{\"success\":true,\"data\":[" ITEM("false", "", "") "," ITEM("false", "", "{\"msg\":\"x\"}") "," ITEM(
         "false", "", "") "," ITEM("false", "", "") "]}",
     "ARAA", ""},
    {"list of one without errorInfo", "c", 200, "{\"success\":true,\"data\":[" ITEM("false", "", "") "]}", "R", ""},
    {"list, odd item", "ccc", 200,
     "{\"success\":true,\"data\":[" ITEM("true", "\"1\",\"2\"", "") ",7," ITEM("true", "", "") "]}", "CUs", ""},
    {"list of another length", "ccc", 200, "{\"success\":true,\"data\":[" ITEM("true", "\"1\"", "") "]}", "UUU", ""},
    /* ids that no target gives */
    {"an id of 65 bytes", "c", 200, OBJECT("true", "\"" LONG_ID "\"", ""), "C", ""},
    {"an id that is no ASCII, among others", "cc", 200,
     "{\"success\":true,\"data\":[" ITEM("true", "\"五\"", "") "," ITEM("true", "\"2\"", "") "]}", "CS", "2 "},
    {"an id with a blank", "c", 200, OBJECT("true", "\"1 2\"", ""), "C", ""},
    /* nobody knows */
    {"no result", "cc", 200, "{\"success\":true,\"data\":null}", "UU", ""},
    {"no data", "c", 200, "{\"success\":true}", "U", ""},
    {"result without success", "c", 200, "{\"success\":true,\"data\":{\"successPkIds\":[\"1\"]}}", "U", ""},
    {"empty list", "c", 200, "{\"success\":true,\"data\":[]}", "U", ""},
    {"text", "c", 200, "{\"success\":true,\"data\":\"ok\"}", "U", ""},
    {"neither", "c", 200, "{\"data\":{}}", "U", ""},
    {"not JSON", "cc", 200, "<html>", "UU", ""},
    {"half", "c", 200, "{\"success\":tr", "U", ""},
    {"empty", "c", 200, "", "U", ""},
    {"an array", "c", 200, "[]", "U", ""},
    {"502", "cc", 502, "<html>", "UU", ""},
    {"500 with a refusal", "c", 500, REFUSAL("bad"), "U", ""},
    {"519 busy", "c", 519, "{\"code\":\"1\",\"description_cn\":\"系统繁忙\"}", "U", ""},
    {"519 unknown", "c", 519, "{\"code\":\"1\",\"description_cn\":\"?\"}", "U", ""},
    {"302", "c", 302, "", "U", ""},
    {"busy in words", "c", 200, REFUSAL("系统繁忙,请稍后再试"), "U", ""},
    /* not executed */
    {"429", "cc", 429, "", "LL", ""},
    {"401", "cc", 401, "", "LL", ""},
    {"403", "c", 403, "{\"message\":\"no\"}", "L", ""},
    {"519 API Not Found", "c", 519, "{\"code\":\"1\",\"description_cn\":\"API Not Found\"}", "L", ""},
    /* words about the call in the place of words about rows */
    {"a dead session for every row", "cc", 200,
     OBJECT("false", "", "{\"id\":\"N1\",\"msg\":\"会话超时\"},{\"id\":\"N2\",\"msg\":\"会话超时\"}"), "LL", ""},
    {"a dead session in one errorInfo", "ccc", 200, OBJECT("false", "", "{\"id\":\"\",\"msg\":\"Session timeout\"}"),
     "LLL", ""},
    {"a dead session in the inner message", "cc", 200,
     "{\"success\":true,\"data\":{\"success\":false,\"successPkIds\":[],\"message\":\"登录已失效\"}}", "LL", ""},
    {"a dead session in a list", "cc", 200,
     "{\"success\":true,\"data\":[" ITEM("false", "", "{\"msg\":\"invalid session\"}") "," ITEM(
         "false", "", "{\"msg\":\"invalid session\"}") "]}",
     "LL", ""},
    {"too often for every row", "cc", 200,
     OBJECT("false", "", "{\"id\":\"0\",\"msg\":\"请求过快\"},{\"id\":\"1\",\"msg\":\"请求过快\"}"), "LL", ""},
    {"the session dies inside a batch: the other is sent again", "cc", 200,
     OBJECT("false", "\"5\"", "{\"id\":\"N2\",\"msg\":\"登录已失效\"}"), "SA", "5 "},
    {"the session dies inside a list", "ccc", 200,
     "{\"success\":true,\"data\":[" ITEM("true", "\"5\"", "") "," ITEM(
         "false", "", "{\"msg\":\"会话信息已丢失\"}") "," ITEM("false", "", "{\"msg\":\"请求过快\"}") "]}",
     "SAA", "5 "},
    {"a dead session, in other words for each row", "cc", 200,
     OBJECT("false", "", "{\"id\":\"0\",\"msg\":\"第1行: 会话超时\"},{\"id\":\"1\",\"msg\":\"第2行: 会话超时\"}"), "LL",
     ""},
    {"too often, in other words for each row", "cc", 200,
     OBJECT("false", "", "{\"id\":\"N1\",\"msg\":\"N1: 请求过快\"},{\"id\":\"N2\",\"msg\":\"N2: 请求过快\"}"), "LL",
     ""},
    {"words about one row of several: it may be a name", "cc", 200,
     OBJECT("false", "", "{\"id\":\"N1\",\"msg\":\"token店 bad\"},{\"id\":\"N2\",\"msg\":\"bad\"}"), "AR", ""},
    {"exists, of a shop called token, beside another", "cc", 200,
     OBJECT("false", "", "{\"id\":\"N1\",\"msg\":\"token 已存在\"},{\"id\":\"N2\",\"msg\":\"bad\"}"), "ER", ""},
    {"exists, of a shop called token", "c", 200, OBJECT("false", "", "{\"id\":\"0\",\"msg\":\"token 已存在\"}"), "E",
     ""},
    {"a number that holds a code", "c", 200, OBJECT("false", "", "{\"id\":\"0\",\"msg\":\"46001 is bad\"}"), "R", ""},
    {"token in words", "c", 200, REFUSAL("access_token已失效"), "L", ""},
    {"frequency in words", "c", 200, REFUSAL("调用频率超限"), "L", ""},
    {"permission in words", "c", 200, REFUSAL("没有权限"), "L", ""},
};

static struct http_reply reply_of(int status, const char *body)
{
    return (struct http_reply){.reach = HTTP_ANSWERED, .status = status, .body = text_of(body), .retry_after = -1};
}

static char letter(const struct judge_row *row)
{
    return row->judgement == JUDGE_SAVED && row->id.size == 0 ? 's' : "ULASREGC"[row->judgement];
}

static void judges_every_form(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 22);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct judge_case *c = &cases[i];
        struct judge_row rows[ROWS_MAX];
        char numbers[ROWS_MAX][24], targets[ROWS_MAX][24], got[ROWS_MAX + 1] = "", ids[120] = "";
        size_t count = strlen(c->ops);
        for (size_t k = 0; k < count; k++) {
            (void)snprintf(numbers[k], sizeof numbers[k], "N%zu", k + 1);
            (void)snprintf(targets[k], sizeof targets[k], "77%zu", k + 1);
            bool update = c->ops[k] == 'u';
            rows[k] = (struct judge_row){.op = update ? OP_UPDATE : OP_CREATE,
                                         .number = text_of(numbers[k]),
                                         .target_id = text_of(update ? targets[k] : "")};
        }
        struct http_reply reply = reply_of(c->status, c->body);
        struct answer answer;
        answer_read(&arena, &form, &reply, true, &answer);
        judge_save(&arena, &form, &answer, rows, count);
        for (size_t k = 0; k < count; k++) {
            got[k] = letter(&rows[k]);
            if (rows[k].judgement == JUDGE_SAVED && rows[k].id.size > 0) {
                size_t used = strlen(ids);
                (void)snprintf(ids + used, sizeof ids - used, "%.*s ", TEXT_ARG(rows[k].id));
            }
        }
        if (strcmp(got, c->want) != 0 || strcmp(ids, c->ids) != 0) {
            fail_msg("%s: %s [%s], wanted %s [%s]", c->name, got, ids, c->want, c->ids);
        }
        arena_reset(&arena, 1 << 16);
    }
    arena_fini(&arena);
}

static void unsent_is_released_and_sent_is_unknown(void **state)
{
    (void)state;
    static const struct {
        struct http_reply reply;
        enum judgement want;
    } table[] = {
        {{.reach = HTTP_UNSENT, .unsent = true}, JUDGE_RELEASED},
        {{.reach = HTTP_SENT}, JUDGE_UNKNOWN},
        {{.reach = HTTP_SENT, .status = 200, .body = {"{\"success\":true}", 16}}, JUDGE_UNKNOWN},
        {{.reach = HTTP_CANCELLED, .unsent = true}, JUDGE_RELEASED},
        {{.reach = HTTP_CANCELLED}, JUDGE_UNKNOWN},
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct judge_row row = {.op = OP_CREATE, .number = TEXT("N1")};
        struct answer answer;
        answer_read(&arena, &form, &table[i].reply, true, &answer);
        judge_save(&arena, &form, &answer, &row, 1);
        assert_int_equal(row.judgement, table[i].want);
        assert_int_equal(answer.class, REPLY_RETRY);
    }
    arena_fini(&arena);
}

/* Nobody tries it again. Only what a gateway refused, or never left, was certainly not executed. */
static void a_person_must_mend_it(void **state)
{
    (void)state;
    static const struct {
        struct http_reply reply;
        enum judgement want;
        const char *cure;
    } table[] = {
        {{.reach = HTTP_ANSWERED, .status = 301, .location = TEXT("https://new.example.com/x")},
         JUDGE_RELEASED,
         "https://new.example.com/x"},
        {{.reach = HTTP_ANSWERED, .status = 308}, JUDGE_RELEASED, "XINGCHEN_URL"},
        {{.reach = HTTP_ANSWERED, .status = 407}, JUDGE_RELEASED, "HTTPS_PROXY"},
        {{.reach = HTTP_UNSENT, .unsent = true, .proxy_status = 407}, JUDGE_RELEASED, "HTTPS_PROXY"},
        {{.reach = HTTP_UNSENT, .unsent = true, .certificate = true}, JUDGE_RELEASED, "DIANCHEN_CA_FILE"},
        {{.reach = HTTP_SENT, .encoding = true}, JUDGE_UNKNOWN, "Content-Encoding"},
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct judge_row row = {.op = OP_CREATE, .number = TEXT("N1")};
        struct answer answer;
        answer_read(&arena, &form, &table[i].reply, true, &answer);
        judge_save(&arena, &form, &answer, &row, 1);
        assert_int_equal(answer.class, REPLY_FATAL);
        assert_int_equal(row.judgement, table[i].want);
        assert_non_null(strstr(answer.cure, table[i].cure));
    }
    arena_fini(&arena);
}

static void a_redirect_is_a_dead_login_or_a_page(void **state)
{
    (void)state;
    static const struct {
        const char *location, *body;
        bool words;
        enum reply_class want;
    } table[] = {
        {"https://x.example.com/SSO/Login", "", true, REPLY_LOGIN},
        {"/signin", "", true, REPLY_LOGIN},
        {"", "<html><title>请登录</title></html>", true, REPLY_LOGIN},
        {"/signin", "", false, REPLY_RETRY},
        {"https://x.example.com/maintenance", "<html>", true, REPLY_RETRY},
        {"", "{\"success\":true}", true, REPLY_RETRY},
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct judge_row row = {.op = OP_CREATE, .number = TEXT("N1")};
        struct http_reply reply = reply_of(302, table[i].body);
        struct answer answer;
        reply.location = text_of(table[i].location);
        answer_read(&arena, &form, &reply, table[i].words, &answer);
        judge_save(&arena, &form, &answer, &row, 1);
        assert_int_equal(answer.class, table[i].want);
        assert_int_equal(row.judgement, JUDGE_UNKNOWN);
        assert_true(answer.strange);
    }
    arena_fini(&arena);
}

static void words_can_be_switched_off(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct http_reply reply = reply_of(200, REFUSAL("频率 token 没有权限"));
    struct answer answer;
    answer_read(&arena, &form, &reply, false, &answer);
    assert_int_equal(answer.class, REPLY_REJECT);
    struct judge_row row = {.op = OP_CREATE, .number = TEXT("N1")};
    judge_save(&arena, &form, &answer, &row, 1);
    assert_int_equal(row.judgement, JUDGE_REFUSED);
    assert_true(text_equal(row.code, TEXT("E7")));
    assert_true(text_find(row.message, TEXT("token")) >= 0);
    arena_fini(&arena);
}

static void positions_never_name_a_row(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct http_reply reply = reply_of(200, OBJECT("false", "", "{\"id\":\"2\",\"msg\":\"x\"}"));
    struct answer answer;
    answer_read(&arena, &form, &reply, true, &answer);
    struct judge_row rows[] = {{.op = OP_CREATE, .number = TEXT("1")}, {.op = OP_CREATE, .number = TEXT("2")}};
    judge_save(&arena, &form, &answer, rows, 2);
    assert_int_equal(rows[0].judgement, JUDGE_AGAIN);
    assert_int_equal(rows[1].judgement, JUDGE_AGAIN);
    arena_fini(&arena);
}

static void a_look_up_understands_only_its_own_number(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum target_told want;
        const char *body;
    } table[] = {
        {200, TOLD_FOUND, "{\"success\":true,\"data\":{\"id\":\"5\",\"number\":\"N1\"}}"},
        {200, TOLD_FOUND,
         "{\"success\":true,\"data\":[{\"id\":\"4\",\"number\":\"N0\"},{\"id\":\"5\",\"number\":\"N1\"}]}"},
        {200, TOLD_FOUND, "{\"success\":true,\"data\":{\"rows\":[{\"id\":5,\"number\":\"N1\"}]}}"},
        {200, TOLD_NOTHING, "{\"success\":true,\"data\":{\"id\":\"5\",\"number\":\"N2\"}}"},
        {200, TOLD_ALIKE, "{\"success\":true,\"data\":{\"id\":\"5\",\"number\":\"n1\"}}"},
        {200, TOLD_ALIKE, "{\"success\":true,\"data\":{\"id\":\"5\",\"number\":\" N1\\t\"}}"},
        {200, TOLD_ALIKE, "{\"success\":true,\"data\":[{\"id\":\"5\",\"number\":\"Ｎ１　\"}]}"},
        {200, TOLD_SEVERAL,
         "{\"success\":true,\"data\":[{\"id\":\"5\",\"number\":\"n1\"},{\"id\":\"6\",\"number\":\"N1 \"}]}"},
        {200, TOLD_NOTHING, "{\"success\":true,\"data\":{\"id\":\"5\",\"number\":\"N 1\"}}"},
        {200, TOLD_ABSENT, "{\"success\":true,\"data\":null}"},
        {200, TOLD_ABSENT, "{\"success\":true,\"data\":{}}"},
        {200, TOLD_ABSENT, "{\"success\":true,\"data\":[]}"},
        {200, TOLD_ABSENT, "{\"success\":true,\"data\":{\"rows\":[],\"count\":0}}"},
        {200, TOLD_ABSENT, "{\"success\":false,\"message\":\"商品不存在\"}"},
        {200, TOLD_NOTHING, "{\"success\":false,\"message\":\"bad argument\"}"},
        {502, TOLD_NOTHING, ""},
        /* an id that no target gives: unclear */
        {200, TOLD_NOTHING, "{\"success\":true,\"data\":{\"id\":\"" LONG_ID "\",\"number\":\"N1\"}}"},
        {200, TOLD_NOTHING, "{\"success\":true,\"data\":{\"id\":\"五\",\"number\":\"N1\"}}"},
        {200, TOLD_NOTHING, "{\"success\":true,\"data\":{\"id\":\"5 \",\"number\":\"N1\"}}"},
        {200, TOLD_NOTHING, "{\"success\":true,\"data\":{\"id\":\"5\\n\",\"number\":\"N1\"}}"},
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct http_reply reply = reply_of(table[i].status, table[i].body);
        struct answer answer;
        struct text id = {NULL, 0};
        answer_read(&arena, &form, &reply, true, &answer);
        enum target_told told = find_read(&arena, &form, &answer, TEXT("N1"), &id, NULL);
        if (told != table[i].want || (told == TOLD_FOUND || told == TOLD_ALIKE) != text_equal(id, TEXT("5"))) {
            fail_msg("%s: told %d", table[i].body, (int)told);
        }
    }
    arena_fini(&arena);
}

static void reads_pages_of_lists(void **state)
{
    (void)state;
#define ONE "{\"id\":\"5\",\"number\":\"N1\"}"
    static const struct {
        const char *body;
        size_t count;
        int error;
        int64_t total, pages;
    } table[] = {
        {"{\"success\":true,\"data\":{\"rows\":[" ONE "],\"totalpage\":1,\"count\":1}}", 1, 0, 1, 1},
        {"{\"success\":true,\"data\":{\"rows\":[" ONE "," ONE "],\"totalpage\":\"3\",\"count\":5}}", 2, 0, 5, 3},
        {"{\"success\":true,\"data\":[" ONE "]}", 1, 0, -1, -1},
        {"{\"success\":true,\"data\":{\"rows\":[],\"totalpage\":3}}", 0, 0, -1, 3},
        {"{\"success\":true,\"data\":{\"rows\":null,\"count\":0}}", 0, 0, 0, -1},
        {"{\"success\":true,\"data\":{\"rows\":[{\"id\":\"6\"}],\"totalpage\":1}}", 1, 0, -1, 1},
        {"{\"success\":true,\"data\":{\"rows\":[{\"number\":\"N1\"}],\"totalpage\":1}}", 0, ERR_SYNTAX, 0, 0},
        {"{\"success\":true,\"data\":{\"rows\":[{\"id\":\"" LONG_ID "\",\"number\":\"N1\"}],\"count\":1}}", 0,
         ERR_SYNTAX, 0, 0},
        {"{\"success\":true,\"data\":{\"rows\":7}}", 0, ERR_SYNTAX, 0, 0},
        {"{\"success\":true,\"data\":null}", 0, ERR_SYNTAX, 0, 0},
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct http_reply reply = reply_of(200, table[i].body);
        struct answer answer;
        struct target_page page = {0};
        answer_read(&arena, &form, &reply, true, &answer);
        int error = list_read(&arena, &form, &answer, &page);
        if (error != table[i].error || page.count != table[i].count || page.total != table[i].total ||
            page.pages != table[i].pages) {
            fail_msg("%s: error %d, %zu materials", table[i].body, error, page.count);
        }
    }
    arena_fini(&arena);
}

static void sends_are_bounded(void **state)
{
    (void)state;
    static const int table[][2] = {{1, 2}, {2, 3}, {3, 4}, {50, 8}, {64, 8}, {65, 9}, {200, 10}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(save_sends(table[i][0]), table[i][1]);
    }
}

static struct scheme *scheme;

static int form_load(void **state)
{
    (void)state;
    struct cause cause;
    if (scheme_load("schemes/shop-to-material.json", &scheme, &cause) != 0) {
        print_error("%s\n", cause.text);
        return -1;
    }
    form = scheme->target.form;
    return 0;
}

static int form_free(void **state)
{
    (void)state;
    scheme_free(&scheme);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_every_form),
        cmocka_unit_test(unsent_is_released_and_sent_is_unknown),
        cmocka_unit_test(a_person_must_mend_it),
        cmocka_unit_test(a_redirect_is_a_dead_login_or_a_page),
        cmocka_unit_test(words_can_be_switched_off),
        cmocka_unit_test(positions_never_name_a_row),
        cmocka_unit_test(a_look_up_understands_only_its_own_number),
        cmocka_unit_test(reads_pages_of_lists),
        cmocka_unit_test(sends_are_bounded),
    };
    return cmocka_run_group_tests(tests, form_load, form_free);
}
