/* Every shape that the source's replies may take, and what leaves the extractor of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/wire.h"
#include "extractor/record.h"
#include "extractor/reply.h"

static const struct text keys[] = {{"shoplist", 8}, {"shop_list", 9}};
static const struct text fields[] = {{"shop_no", 7}, {"shop_name", 9}};
static const struct reply_form form = {keys, 2, fields, 2};

#define OK(body) 200, HTTP_ANSWERED, TEXT(body)
#define RESPONSE(inner) OK("{\"response\":{" inner "}}")
#define SAID(why) -1, -1, why

static const struct {
    const char *name;
    int status;
    enum http_reach reach;
    struct text body;
    enum reply_class class;
    int64_t rows, total; /* DONE */
    const char *why;     /* the others: what the sentence must hold */
    int64_t wait;        /* -1 = not told */
} cases[] = {
    {"as documented", RESPONSE("\"errorcode\":0,\"message\":\"ok\",\"total_count\":2,\"shoplist\":[{\"a\":1},{}]"),
     REPLY_DONE, 2, 2, NULL, -1},
    {"no total", RESPONSE("\"errorcode\":0,\"shoplist\":[{}]"), REPLY_DONE, 1, -1, NULL, -1},
    {"numbers as text", RESPONSE("\"errorcode\":\"0\",\"total_count\":\"120\",\"shoplist\":[{}]"), REPLY_DONE, 1, 120,
     NULL, -1},
    {"shop_list", RESPONSE("\"errorcode\":0,\"shop_list\":[{},{},{}]"), REPLY_DONE, 3, -1, NULL, -1},
    {"a list key nobody told us", RESPONSE("\"errorcode\":0,\"tags\":[\"x\"],\"rows\":[{},{}]"), REPLY_DONE, 2, -1,
     NULL, -1},
    {"the known key wins", RESPONSE("\"errorcode\":0,\"rows\":[{},{}],\"shoplist\":[{}]"), REPLY_DONE, 1, -1, NULL, -1},
    {"success told twice", RESPONSE("\"flag\":\"success\",\"code\":0,\"errorcode\":0,\"shoplist\":[{}]"), REPLY_DONE, 1,
     -1, NULL, -1},
    {"code in place of errorcode", RESPONSE("\"code\":\"0\",\"shoplist\":[{}]"), REPLY_DONE, 1, -1, NULL, -1},
    {"empty: array", RESPONSE("\"errorcode\":0,\"shoplist\":[]"), REPLY_DONE, 0, -1, NULL, -1},
    {"empty: absent", RESPONSE("\"errorcode\":0,\"total_count\":0"), REPLY_DONE, 0, 0, NULL, -1},
    {"empty: object", RESPONSE("\"errorcode\":0,\"shoplist\":{}"), REPLY_DONE, 0, -1, NULL, -1},
    {"empty: text", RESPONSE("\"errorcode\":0,\"shoplist\":\"\""), REPLY_DONE, 0, -1, NULL, -1},
    {"empty: null", RESPONSE("\"errorcode\":0,\"shoplist\":null"), REPLY_DONE, 0, -1, NULL, -1},
    {"raw control characters", RESPONSE("\"errorcode\":0,\x01\"shoplist\":[{\"a\":\"x\x0by\"}]"), REPLY_DONE, 1, -1,
     NULL, -1},
    {"an absurd total", RESPONSE("\"errorcode\":0,\"total_count\":-5,\"shoplist\":[{}]"), REPLY_DONE, 1, -1, NULL, -1},
    {"a list of things that are no objects", RESPONSE("\"errorcode\":0,\"shoplist\":[1,null]"), REPLY_DONE, 2, -1, NULL,
     -1},

    {"wrong signature",
     RESPONSE("\"flag\":\"failure\",\"code\":25,\"message\":\"Invalid signature\",\"sub_code\":\"isv.x\","
              "\"request_id\":\"r\""),
     REPLY_FATAL, SAID("WDT_APP_SECRET"), -1},
    {"the plain form", OK("{\"error_response\":{\"code\":\"25\",\"msg\":\"Invalid signature\",\"sub_msg\":\"s\"}}"),
     REPLY_FATAL, SAID("gateway code 25): Invalid signature (s); check WDT_APP_SECRET"), -1},
    {"wrong clock", RESPONSE("\"flag\":\"failure\",\"code\":31,\"message\":\"Invalid Timestamp\""), REPLY_FATAL,
     SAID("clock"), -1},
    {"wrong key", RESPONSE("\"flag\":\"failure\",\"code\":\"29\",\"message\":\"Invalid App Key\""), REPLY_FATAL,
     SAID("check WDT_APP_KEY"), -1},
    {"not permitted", RESPONSE("\"flag\":\"failure\",\"code\":11,\"message\":\"m\""), REPLY_FATAL, SAID("authorised"),
     -1},
    {"unknown method", RESPONSE("\"flag\":\"failure\",\"code\":22,\"message\":\"m\""), REPLY_FATAL, SAID("source.api"),
     -1},
    {"wrong sid", RESPONSE("\"flag\":\"failure\",\"code\":41,\"message\":\"Invalid Arguments:sid\""), REPLY_FATAL,
     SAID("check WDT_SID"), -1},
    {"wrong argument", RESPONSE("\"flag\":\"failure\",\"code\":41,\"message\":\"Invalid Arguments:page_no\""),
     REPLY_FATAL, SAID("source.request"), -1},
    {"a code nobody knows", RESPONSE("\"flag\":\"failure\",\"code\":99,\"message\":\"m\""), REPLY_FATAL,
     SAID("gateway code 99"), -1},
    {"failure without a code", RESPONSE("\"flag\":\"failure\",\"message\":\"m\""), REPLY_FATAL, SAID("without a code"),
     -1},
    {"a failure that also says errorcode 0", RESPONSE("\"flag\":\"failure\",\"errorcode\":0,\"code\":10"), REPLY_RETRY,
     SAID("code 10"), -1},
    {"code other than 0, no errorcode", RESPONSE("\"code\":25,\"message\":\"m\""), REPLY_FATAL, SAID("code 25"), -1},
    {"unavailable", RESPONSE("\"flag\":\"failure\",\"code\":10,\"message\":\"m\""), REPLY_RETRY, SAID("code 10"), -1},
    {"remote: isp", RESPONSE("\"flag\":\"failure\",\"code\":15,\"sub_code\":\"isp.remote-service-timeout\""),
     REPLY_RETRY, SAID("isp.remote"), -1},
    {"remote: isv", RESPONSE("\"flag\":\"failure\",\"code\":15,\"sub_code\":\"isv.invalid-permission\""), REPLY_FATAL,
     SAID("isv.invalid-permission"), -1},
    {"remote, no sub-code", RESPONSE("\"flag\":\"failure\",\"code\":15,\"message\":\"m\""), REPLY_RETRY,
     SAID("code 15"), -1},

    {"banned, in the message",
     RESPONSE("\"flag\":\"failure\",\"code\":7,\"message\":\"This ban will last for 37 more seconds\""),
     REPLY_THROTTLED, SAID("code 7"), 38000},
    {"banned, in the sub-message",
     OK("{\"error_response\":{\"code\":7,\"msg\":\"App Call "
        "Limited\",\"sub_code\":\"accesscontrol.limited-by-app-access-"
        "count\",\"sub_msg\":\"This ban will last for 1 more seconds\"}}"),
     REPLY_THROTTLED, SAID("App Call Limited"), 2000},
    {"limited, no time told", RESPONSE("\"flag\":\"failure\",\"code\":7,\"message\":\"App Call Limited\""),
     REPLY_THROTTLED, SAID("call less often"), -1},
    {"limited by sub-code alone",
     RESPONSE("\"flag\":\"failure\",\"code\":0,\"sub_code\":\"accesscontrol.limited-by-api-access-count\""),
     REPLY_THROTTLED, SAID("accesscontrol"), -1},
    {"a ban of absurd length",
     RESPONSE("\"flag\":\"failure\",\"code\":7,\"message\":\"ban will last for 99999999999999999999 more\""),
     REPLY_THROTTLED, SAID("code 7"), -1},
    {"a ban whose length overflows",
     RESPONSE("\"flag\":\"failure\",\"code\":7,\"message\":\"ban will last for 9223372036854775807 more\""),
     REPLY_THROTTLED, SAID("code 7"), -1},
    {"too frequent", RESPONSE("\"errorcode\":1012,\"message\":\"m\""), REPLY_THROTTLED, SAID("WDT code 1012"), -1},
    {"too frequent, as text", RESPONSE("\"errorcode\":\"7001\",\"message\":\"接口调用过于频繁\""), REPLY_THROTTLED,
     SAID("频繁"), -1},
    {"busy", RESPONSE("\"errorcode\":1,\"message\":\"系统繁忙\""), REPLY_RETRY, SAID("繁忙"), -1},
    {"refused by WDT", RESPONSE("\"errorcode\":2,\"message\":\"卖家不存在\""), REPLY_FATAL, SAID("WDT_SID"), -1},
    {"errorcode that is no number", RESPONSE("\"errorcode\":\"E1\",\"message\":\"m\""), REPLY_FATAL,
     SAID("WDT without a code"), -1},

    {"neither errorcode nor code", RESPONSE("\"shoplist\":[{}]"), REPLY_RETRY, SAID("neither"), -1},
    {"no response", OK("{\"ok\":1}"), REPLY_RETRY, SAID("no \"response\""), -1},
    {"response is no object", OK("{\"response\":[]}"), REPLY_RETRY, SAID("no \"response\""), -1},
    {"an array", OK("[]"), REPLY_RETRY, SAID("no \"response\""), -1},
    {"HTML with 200", OK("<html>"), REPLY_RETRY, SAID("not JSON"), -1},
    {"empty with 200", OK(""), REPLY_RETRY, SAID("not JSON"), -1},
    {"truncated", OK("{\"response\":{\"errorcode\":0,\"shoplist\":[{\"a\":\"b"), REPLY_RETRY, SAID("not JSON"), -1},
    {"NUL in a text", RESPONSE("\"errorcode\":0,\"shoplist\":[{\"a\":\"x\\u0000\"}]"), REPLY_RETRY, SAID("NUL"), -1},
    {"HTTP 502", 502, HTTP_ANSWERED, TEXT("<html>"), REPLY_RETRY, SAID("HTTP 502"), -1},
    {"HTTP 302", 302, HTTP_ANSWERED, TEXT(""), REPLY_RETRY, SAID("HTTP 302"), -1},
    {"HTTP 404", 404, HTTP_ANSWERED, TEXT("no"), REPLY_FATAL, SAID("check WDT_URL"), -1},
    {"HTTP 401", 401, HTTP_ANSWERED, TEXT("no"), REPLY_FATAL, SAID("HTTPS_PROXY"), -1},
    {"HTTP 429", 429, HTTP_ANSWERED, TEXT(""), REPLY_THROTTLED, SAID("HTTP 429"), 5000},
    {"HTTP 400 that says why", 400, HTTP_ANSWERED, TEXT("{\"error_response\":{\"code\":25,\"msg\":\"m\"}}"),
     REPLY_FATAL, SAID("WDT_APP_SECRET"), -1},
    {"refused connection", 0, HTTP_UNSENT, TEXT(""), REPLY_RETRY, SAID("why of curl"), -1},
    {"timeout", 0, HTTP_SENT, TEXT(""), REPLY_RETRY, SAID("why of curl"), -1},
};

static void judges(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_reply http = {.reach = cases[i].reach,
                                  .status = cases[i].status,
                                  .body = cases[i].body,
                                  .retry_after = cases[i].status == 429 ? 5000 : -1,
                                  .why = "why of curl"};
        struct reply reply;
        reply_judge(&http, &form, &arena, &reply);
        bool right = reply.class == cases[i].class && reply.heard == (cases[i].reach == HTTP_ANSWERED);
        if (cases[i].class == REPLY_DONE) {
            right = right && (int64_t)reply.rows == cases[i].rows && reply.total == cases[i].total;
        } else {
            right = right && strstr(reply.why, cases[i].why) && reply.wait == cases[i].wait;
        }
        if (!right) {
            fail_msg("%s: class %s rows %zu total %lld wait %lld '%s'", cases[i].name, reply_class_text(reply.class),
                     reply.rows, (long long)reply.total, (long long)reply.wait, reply.why);
        }
        arena_reset(&arena, 0);
    }
    struct http_reply untrusted = {.reach = HTTP_UNSENT, .certificate = true, .why = "self-signed"};
    struct reply reply;
    reply_judge(&untrusted, &form, &arena, &reply);
    assert_int_equal(reply.class, REPLY_FATAL);
    assert_non_null(strstr(reply.why, "DIANCHEN_CA_FILE"));
    arena_fini(&arena);
}

/* ---- records ---- */

static const struct text slots[] = {{"no", 2}, {"name", 4}, {"extra", 5}};
static const bool secret[] = {false, false, true};
static const struct scheme scheme = {
    .slots = slots, .slot_secret = secret, .slot_count = 3, .source = {.id_slot = 0, .number_slot = 0}};

static size_t pack(const char *json, size_t most, struct buffer *out, uint8_t digest[RECORD_DIGEST])
{
    struct arena arena;
    struct buffer scratch;
    const cJSON *list = NULL;
    size_t rows = 999;
    arena_init(&arena, 1 << 20);
    buffer_init(&scratch, 1000);
    buffer_clear(out, 0);
    assert_int_equal(json_parse(&arena, text_of(json), 10000, JSON_CONTROLS, &list, NULL), 0);
    assert_int_equal(record_pack(&scheme, list, most, out, &scratch, digest, &rows), 0);
    buffer_fini(&scratch);
    arena_fini(&arena);
    return rows;
}

static void packs_what_the_scheme_uses(void **state)
{
    (void)state;
    struct buffer out;
    uint8_t digest[RECORD_DIGEST];
    buffer_init(&out, 10000);
    size_t rows = pack("[{\"x\":1,\"no\":\"S1\",\"name\":\"店\",\"extra\":[1,{\"y\":\"z\"}]},"
                       "{\"no\":7,\"x\":1,\"extra\":1.5},"
                       "{\"name\":true,\"no\":12345678901234567890,\"extra\":null},"
                       "\"no object\",{\"no\":\"S5\"}]",
                       4, &out, digest);
    assert_int_equal(rows, 4);
    static const struct {
        enum value_kind kind;
        const char *text;
        double number;
    } wanted[4][3] = {
        {{VALUE_TEXT, "S1", 0}, {VALUE_TEXT, "店", 0}, {VALUE_JSON, "[1,{\"y\":\"z\"}]", 0}},
        {{VALUE_INT, NULL, 7}, {VALUE_NIL, NULL, 0}, {VALUE_REAL, NULL, 1.5}},
        {{VALUE_TEXT, "12345678901234567890", 0}, {VALUE_BOOL, NULL, 1}, {VALUE_NIL, NULL, 0}},
        {{VALUE_NIL, NULL, 0}, {VALUE_NIL, NULL, 0}, {VALUE_NIL, NULL, 0}},
    };
    char room[SCHEME_NUMBER_ROOM];
    assert_true(text_equal(record_key(&scheme, buffer_text(&out), room), TEXT("S1")));
    struct text records = buffer_text(&out), first = record_first(&scheme, records), raw;
    struct value values[3];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(wire_take_source(&records, 3, values, &raw), 0);
        assert_true(i > 0 || text_equal(raw, first));
        for (size_t slot = 0; slot < 3; slot++) {
            assert_int_equal(values[slot].kind, wanted[i][slot].kind);
            if (wanted[i][slot].text) {
                assert_true(text_equal(values[slot].text, text_of(wanted[i][slot].text)));
            }
            assert_true(values[slot].kind != VALUE_INT || values[slot].integer == (int64_t)wanted[i][slot].number);
            assert_true(values[slot].kind != VALUE_REAL || values[slot].real == wanted[i][slot].number);
        }
    }
    assert_int_equal(records.size, 0);
    buffer_fini(&out);
}

static void digests_tell_pages_apart(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"[{\"no\":\"1\",\"name\":\"a\"}]", "[{\"name\":\"b\",\"no\":\"1\"}]", true},
        {"[{\"no\":\"1\"},{\"no\":\"2\"}]", "[{\"no\":\"2\"},{\"no\":\"1\"}]", false},
        {"[{\"no\":\"1\"},{\"no\":\"2\"}]", "[{\"no\":\"12\"}]", false},
        {"[{\"no\":1},{\"no\":2}]", "[{\"no\":1},{\"no\":2}]", true},
        {"[{\"no\":1}]", "[{\"no\":2}]", false},
        {"[{\"name\":\"a\"}]", "[{\"name\":\"b\"}]", false},
        {"[{\"name\":\"a\"}]", "[{\"name\":\"a\"}]", true},
    };
    static const uint8_t zero[RECORD_DIGEST];
    struct buffer out;
    uint8_t a[RECORD_DIGEST], b[RECORD_DIGEST];
    buffer_init(&out, 10000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)pack(rows[i].a, 100, &out, a);
        (void)pack(rows[i].b, 100, &out, b);
        assert_int_equal(memcmp(a, b, RECORD_DIGEST) == 0, rows[i].same);
        assert_memory_not_equal(a, zero, RECORD_DIGEST);
    }
    assert_int_equal(pack("[]", 100, &out, a), 0);
    assert_memory_equal(a, zero, RECORD_DIGEST);
    assert_int_equal(pack("[{\"no\":1}]", 0, &out, a), 0);
    assert_memory_equal(a, zero, RECORD_DIGEST);
    buffer_fini(&out);
}

static void shows_no_secret(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer out;
    const cJSON *element = NULL;
    arena_init(&arena, 1 << 20);
    buffer_init(&out, 1000);
    assert_int_equal(
        json_parse(&arena, TEXT("{\"extra\":\"token\",\"x\":2,\"no\":1,\"name\":\"a\\\"\"}"), 1000, 0, &element, NULL),
        0);
    record_show(&scheme, element, &out);
    assert_true(text_equal(buffer_text(&out), TEXT("{\"no\":1,\"name\":\"a\\\"\",\"extra\":\"***\"}")));
    buffer_fini(&out);
    arena_fini(&arena);
}

static void packing_is_capped(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer out, scratch;
    const cJSON *list = NULL;
    uint8_t digest[RECORD_DIGEST];
    size_t rows;
    arena_init(&arena, 1 << 20);
    buffer_init(&out, 20);
    buffer_init(&scratch, 10);
    assert_int_equal(
        json_parse(&arena, TEXT("[{\"no\":\"0123456789\",\"name\":\"0123456789\"}]"), 1000, 0, &list, NULL), 0);
    assert_int_equal(record_pack(&scheme, list, 1, &out, &scratch, digest, &rows), ERR_LIMIT);
    buffer_fini(&out);
    buffer_init(&out, 1000);
    assert_int_equal(json_parse(&arena, TEXT("[{\"extra\":[\"0123456789\"]}]"), 1000, 0, &list, NULL), 0);
    assert_int_equal(record_pack(&scheme, list, 1, &out, &scratch, digest, &rows), ERR_LIMIT);
    buffer_fini(&out);
    buffer_fini(&scratch);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(packs_what_the_scheme_uses),
        cmocka_unit_test(digests_tell_pages_apart),
        cmocka_unit_test(shows_no_secret),
        cmocka_unit_test(packing_is_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
