/* Every shape that the source's replies may take, and what leaves the extractor of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/wire/wire.h"
#include "extractor/qimen/reply.h"
#include "extractor/record.h"

static size_t packed; /* of the last record_pack */
static const struct text keys[] = {{"shoplist", 8}, {"shop_list", 9}};
static const struct reply_form form = {keys, 2, {"shop_no", 7}};

#define OK(body) 200, HTTP_ANSWERED, TEXT(body)
#define RESPONSE(inner) OK("{\"response\":{" inner "}}")
#define SAID(why) -1, -1, why
#define DEEP8(inner) "[[[[[[[[" inner "]]]]]]]]"
#define DEEP DEEP8(DEEP8(DEEP8(DEEP8(DEEP8("1")))))

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
    {"a total that no slice can have",
     RESPONSE("\"errorcode\":0,\"total_count\":9223372036854775807,\"shoplist\":[{}]"), REPLY_DONE, 1, -1, NULL, -1},
    {"a list of things that are no objects", RESPONSE("\"errorcode\":0,\"shoplist\":[1,null]"), REPLY_FATAL,
     SAID("no list of records"), -1},

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
    {"empty with 200", OK(""), REPLY_RETRY, SAID("the reply is empty"), -1},
    {"JSONP", OK("cb({\"response\":{\"errorcode\":0,\"total_count\":2,\"shoplist\":[{},{}]}});"), REPLY_DONE, 2, 2,
     NULL, -1},
    {"a warning before it", OK("<b>Warning</b> {x}\n{\"response\":{\"errorcode\":0,\"shoplist\":[{}]}}"), REPLY_DONE, 1,
     -1, NULL, -1},
    {"wrapped by a gateway of one's own",
     OK("{\"code\":200,\"data\":{\"response\":{\"errorcode\":0,\"shoplist\":[{}]}}}"), REPLY_DONE, 1, -1, NULL, -1},
    {"wrapped as a text", OK("{\"result\":\"{\\\"response\\\":{\\\"errorcode\\\":0,\\\"shoplist\\\":[{}]}}\"}"),
     REPLY_DONE, 1, -1, NULL, -1},
    {"without the outer object", OK("{\"errorcode\":0,\"shoplist\":[{},{}]}"), REPLY_DONE, 2, -1, NULL, -1},
    {"named after the call", OK("{\"wdt_shop_query_response\":{\"errorcode\":0,\"shoplist\":[{}]}}"), REPLY_DONE, 1, -1,
     NULL, -1},
    {"a refusal inside a wrapper", OK("{\"data\":{\"error_response\":{\"code\":25,\"msg\":\"Invalid signature\"}}}"),
     REPLY_FATAL, SAID("WDT_APP_SECRET"), -1},
    {"the gateway's error as XML",
     OK("<?xml version=\"1.0\"?><error_response><code>25</code><msg>Invalid signature</msg></error_response>"),
     REPLY_FATAL, SAID("WDT_APP_SECRET"), -1},
    {"other XML", OK("<?xml version=\"1.0\"?><busy>later</busy>"), REPLY_RETRY, SAID("XML, not JSON: <?xml"), -1},
    {"a wrapper's own refusal", OK("{\"code\":500,\"msg\":\"no route\"}"), REPLY_RETRY, SAID("no route"), -1},
    {"a portal", 302, HTTP_ANSWERED, TEXT("<html>"), REPLY_RETRY, SAID("HTTP 302 (to https://portal.example.com/)"),
     -1},
    {"two replies in one", OK("{\"response\":{\"errorcode\":0}}{\"response\":{\"errorcode\":0}}"), REPLY_RETRY,
     SAID("not JSON"), -1},
    {"truncated", OK("{\"response\":{\"errorcode\":0,\"shoplist\":[{\"a\":\"b"), REPLY_RETRY, SAID("not JSON"), -1},
    {"NUL in a text", RESPONSE("\"errorcode\":0,\"shoplist\":[{\"a\":\"x\\u0000\"}]"), REPLY_DONE, 1, -1, NULL, -1},
    {"a list as object, as PHP writes it", RESPONSE("\"errorcode\":0,\"shoplist\":{\"1\":{\"a\":1},\"7\":{}}"),
     REPLY_DONE, 2, -1, NULL, -1},
    {"such a list of one", RESPONSE("\"errorcode\":0,\"shoplist\":{\"3\":{\"shop_no\":\"S\",\"b\":2}}"), REPLY_DONE, 1,
     -1, NULL, -1},
    {"nested", RESPONSE("\"errorcode\":0,\"shops\":{\"shop\":[{},{}]}"), REPLY_DONE, 2, -1, NULL, -1},
    {"nested under the known key", RESPONSE("\"errorcode\":0,\"shoplist\":{\"shop\":[{},{}]}"), REPLY_DONE, 2, -1, NULL,
     -1},
    {"nested and empty", RESPONSE("\"errorcode\":0,\"shoplist\":{\"shop\":[]}"), REPLY_DONE, 0, -1, NULL, -1},
    {"nested, one record", RESPONSE("\"errorcode\":0,\"shoplist\":{\"shop\":{\"shop_no\":\"S\",\"b\":[1]}}"),
     REPLY_DONE, 1, -1, NULL, -1},
    {"JSON in a text", RESPONSE("\"errorcode\":0,\"shoplist\":\"[{\\\"shop_no\\\":\\\"S\\\"},{}]\""), REPLY_DONE, 2, -1,
     NULL, -1},
    {"JSON in a text, empty", RESPONSE("\"errorcode\":0,\"shoplist\":\"[]\""), REPLY_DONE, 0, -1, NULL, -1},
    {"a record without a list", RESPONSE("\"errorcode\":0,\"shoplist\":{\"shop_no\":\"S\",\"b\":2}"), REPLY_DONE, 1, -1,
     NULL, -1},
    {"some elements are no objects", RESPONSE("\"errorcode\":0,\"shoplist\":[{},null,1]"), REPLY_DONE, 3, -1, NULL, -1},
    {"a number of rows", RESPONSE("\"errorcode\":0,\"shoplist\":30"), REPLY_FATAL,
     SAID("its members: errorcode, shoplist. Name"), -1},
    {"columns", RESPONSE("\"errorcode\":0,\"shoplist\":{\"shop_no\":[\"S\"],\"shop_name\":[\"n\"]}"), REPLY_FATAL,
     SAID("shoplist {…}"), -1},
    {"rows as lists", RESPONSE("\"errorcode\":0,\"shoplist\":[[\"S\",\"n\"]]"), REPLY_FATAL, SAID("shoplist […]"), -1},
    {"text that is no JSON", RESPONSE("\"errorcode\":0,\"shoplist\":\"none\""), REPLY_FATAL, SAID("shoplist"), -1},
    {"two lists that nobody told us", RESPONSE("\"errorcode\":0,\"a\":[{}],\"b\":[{}]"), REPLY_FATAL,
     SAID("a […], b […]"), -1},
    {"something that is no list", RESPONSE("\"errorcode\":0,\"data\":{\"x\":1,\"y\":2}"), REPLY_FATAL, SAID("data {…}"),
     -1},
    {"a total without a list", RESPONSE("\"errorcode\":0,\"total_count\":3"), REPLY_FATAL, SAID("tells 3 records"), -1},
    {"a member that nobody uses is deep", RESPONSE("\"errorcode\":0,\"shoplist\":[{\"x\":" DEEP "}]"), REPLY_DONE, 1,
     -1, NULL, -1},
    {"a member that nobody uses is broken", RESPONSE("\"errorcode\":0,\"shoplist\":[{\"x\":{no \\q json}}]"),
     REPLY_DONE, 1, -1, NULL, -1},
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
                                  .location = cases[i].status == 302 ? TEXT("https://portal.example.com/") : TEXT(""),
                                  .retry_after = cases[i].status == 429 ? 5000 : -1,
                                  .why = "why of curl"};
        struct source_answer answer;
        qimen_reply_read(&http, &form, &arena, &answer);
        bool right = answer.class == cases[i].class && answer.heard == (cases[i].reach == HTTP_ANSWERED);
        if (cases[i].class == REPLY_DONE) {
            right = right && (int64_t)answer.rows == cases[i].rows && answer.total == cases[i].total;
        } else {
            right = right && strstr(answer.why, cases[i].why) && answer.wait == cases[i].wait;
        }
        if (!right) {
            fail_msg("%s: class %s rows %zu total %lld wait %lld '%s'", cases[i].name, reply_class_text(answer.class),
                     answer.rows, (long long)answer.total, (long long)answer.wait, answer.why);
        }
        arena_reset(&arena, 0);
    }
    struct http_reply untrusted = {.reach = HTTP_UNSENT, .certificate = true, .why = "self-signed"};
    struct source_answer answer;
    qimen_reply_read(&untrusted, &form, &arena, &answer);
    assert_int_equal(answer.class, REPLY_FATAL);
    assert_non_null(strstr(answer.why, "DIANCHEN_CA_FILE"));
    arena_fini(&arena);
}

/* ---- records ---- */

static const struct text slots[] = {{"no", 2}, {"name", 4}, {"extra", 5}};
static const bool secret[] = {false, false, true};
static const struct scheme scheme = {
    .slots = slots, .slot_secret = secret, .slot_count = 3, .source = {.id_slot = 0, .number_slot = 0}};

enum { ROWS_MAX = 20 };

/* Texts of the values may point into `arena`. */
static struct arena arena;

static size_t pack(const char *json, size_t most, struct buffer *out, uint8_t digest[RECORD_DIGEST])
{
    struct text records[ROWS_MAX], name;
    struct json_walk walk;
    size_t rows = 0;
    buffer_clear(out, 0);
    assert_int_equal(json_walk_begin(&walk, text_of(json)), 0);
    while (rows < ROWS_MAX && json_walk_next(&walk, &name, &records[rows]) == 1) {
        rows++;
    }
    rows = rows < most ? rows : most;
    assert_int_equal(record_pack(&scheme, records, rows, 0, out, &arena, digest, &packed), 0);
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
        {{VALUE_INT, NULL, 7}, {VALUE_NIL, NULL, 0}, {VALUE_NUMBER, "1.5", 0}},
        {{VALUE_NUMBER, "12345678901234567890", 0}, {VALUE_BOOL, NULL, 1}, {VALUE_NIL, NULL, 0}},
        {{VALUE_BROKEN, "\"no object\"", 0}, {VALUE_NIL, NULL, 0}, {VALUE_NIL, NULL, 0}},
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
        }
    }
    assert_int_equal(records.size, 0);
    buffer_fini(&out);
}

/* The rows of a list are the records; what is around them is in each. */
static void splits_records_into_their_rows(void **state)
{
    (void)state;
    static const struct text names[] = {{"code", 4}, {"parent.no", 9}, {"price", 5}, {"parent.name", 11}};
    static const bool open[4] = {false}, outer[4] = {false, true, false, true};
    const struct scheme split = {.slots = names,
                                 .slot_secret = open,
                                 .slot_count = 4,
                                 .source = {.id_slot = 0, .split = TEXT("rows"), .outer = outer}};
    static const struct {
        const char *record;
        size_t count;
        const char *wanted; /* of each row the four values, nil as - */
    } table[] = {
        {"{\"no\":\"G1\",\"code\":\"outer\",\"rows\":[{\"code\":\"a\",\"price\":1},{\"price\":2,\"code\":\"b\",\"no\":"
         "9}],\"name\":"
         "\"x\"}",
         2, "a G1 1 x;b G1 2 x;"},
        {"{\"no\":\"G2\",\"rows\":[]}", 1, "- G2 - -;"},
        {"{\"no\":\"G3\"}", 1, "- G3 - -;"},
        {"{\"no\":\"G4\",\"rows\":null}", 1, "- G4 - -;"},
        {"{\"no\":\"G5\",\"rows\":\"\"}", 1, "- G5 - -;"},
        {"{\"no\":\"G6\",\"rows\":{\"1\":{\"code\":\"a\"},\"3\":{\"code\":\"c\"}}}", 2, "a G6 - -;c G6 - -;"},
        {"{\"no\":\"G7\",\"rows\":[7,{\"code\":\"b\"}]}", 2, "!7 - - -;b G7 - -;"},
        {"{\"no\":\"G8\",\"rows\":\"seven\"}", 1, "!\"seven\" - - -;"},
        {"{\"no\":\"G9\",\"rows\":[{\"code\":\"a\"} 5]}", 2, "a G9 - -;![{\"code\":\"a\"} 5] - - -;"},
    };
    struct buffer out, shown;
    uint8_t digest[RECORD_DIGEST];
    buffer_init(&out, 10000);
    buffer_init(&shown, 10000);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct text record = text_of(table[i].record), rest, raw;
        struct value values[4];
        char room[SCHEME_NUMBER_ROOM];
        buffer_clear(&out, 0);
        buffer_clear(&shown, 0);
        assert_int_equal(record_pack(&split, &record, 1, 0, &out, &arena, digest, &packed), 0);
        assert_int_equal(packed, table[i].count);
        for (rest = buffer_text(&out); rest.size > 0;) {
            assert_int_equal(wire_take_source(&rest, 4, values, &raw), 0);
            for (size_t slot = 0; slot < 4; slot++) {
                struct text text = values[slot].kind == VALUE_BROKEN ? values[slot].text
                                   : values[slot].kind == VALUE_NIL  ? TEXT("-")
                                                                     : scheme_value_text(&values[slot], room);
                buffer_format(&shown, "%s%.*s%s", values[slot].kind == VALUE_BROKEN ? "!" : "", TEXT_ARG(text),
                              slot < 3 ? " " : ";");
            }
        }
        if (!text_equal(buffer_text(&shown), text_of(table[i].wanted))) {
            fail_msg("%s: %.*s", table[i].record, TEXT_ARG(buffer_text(&shown)));
        }
    }
    buffer_clear(&shown, 0);
    assert_int_equal(record_show(&split, text_of(table[0].record), 9, &arena, &shown), 2);
    assert_true(text_equal(buffer_text(&shown),
                           TEXT("{\"code\":\"a\",\"parent.no\":\"G1\",\"price\":1,\"parent.name\":\"x\"}\n"
                                "{\"code\":\"b\",\"parent.no\":\"G1\",\"price\":2,\"parent.name\":\"x\"}")));
    assert_int_equal(record_show(&split, text_of(table[1].record), 9, &arena, &shown), 0);
    buffer_fini(&out);
    buffer_fini(&shown);
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
    struct buffer out;
    buffer_init(&out, 1000);
    record_show(&scheme, TEXT("{\"extra\":\"token\",\"x\":2,\"no\":1,\"name\":\"a\\\"\"}"), 1, &arena, &out);
    assert_true(text_equal(buffer_text(&out), TEXT("{\"no\":1,\"name\":\"a\\\"\",\"extra\":\"***\"}")));
    buffer_clear(&out, 1000);
    record_show(&scheme, TEXT("{\"no\":1.0E18,\"name\":nope}"), 1, &arena, &out);
    assert_true(text_equal(buffer_text(&out), TEXT("{\"no\":1000000000000000000,\"name\":\"nope\"}")));
    buffer_fini(&out);
}

/* One record can't be read: the others are as they were, and it keeps its bytes. */
static void what_is_broken_stays_where_it_is(void **state)
{
    static const struct {
        const char *record;
        enum value_kind no, name;
        const char *name_text;
    } rows[] = {
        {"{\"no\":1,\"name\":\"x\\ud83d\"}", VALUE_INT, VALUE_TEXT, "x\xef\xbf\xbd"},
        {"{\"no\":1,\"name\":\"ab\\u0000\"}", VALUE_INT, VALUE_TEXT, "ab\xef\xbf\xbd"},
        {"{\"no\":1,\"name\":\"a\xff\"}", VALUE_INT, VALUE_BROKEN, "\"a\\xff\""},
        {"{\"no\":1,\"name\":\"\\x\"}", VALUE_INT, VALUE_BROKEN, "\"\\x\""},
        {"{\"no\":1,\"name\":nope}", VALUE_INT, VALUE_BROKEN, "nope"},
        {"{\"no\":01,\"name\":\"n\"}", VALUE_BROKEN, VALUE_TEXT, "n"},
        {"{\"no\":1.0E18,\"name\":1e-3}", VALUE_INT, VALUE_NUMBER, "0.001"},
        {"{\"no\":1,\"name\":[1,}", VALUE_INT, VALUE_BROKEN, "{\"no\":1,\"name\":[1,}"},
        {"{\"no\":1,\"name\":[1,\"\\q\"]}", VALUE_INT, VALUE_BROKEN, "[1,\"\\q\"]"},
        {"{\"no\":1 \"name\":2}", VALUE_INT, VALUE_BROKEN, "{\"no\":1 \"name\":2}"},
        {"(record 7) {\"no\":\"a\",\"name\":\"", VALUE_TEXT, VALUE_BROKEN, "(record 7) {\"no\":\"a\",\"name\":\""},
        {"{\"x\":\"no\",\"name\":1 2}", VALUE_BROKEN, VALUE_NIL, NULL}, /* shows no key */
        {"{\"no\":[1],\"name\":1 2}", VALUE_BROKEN, VALUE_NIL, NULL},
        {"{\"n\\u006f\":1,\"name\":null}", VALUE_INT, VALUE_NIL, NULL},
    };
    (void)state;
    struct buffer out;
    uint8_t digest[RECORD_DIGEST];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct text records[] = {text_of("{\"no\":\"before\"}"), text_of(rows[i].record),
                                       text_of("{\"no\":\"behind\"}")};
        struct value values[3];
        buffer_init(&out, 10000);
        assert_int_equal(record_pack(&scheme, records, 3, 0, &out, &arena, digest, &packed), 0);
        struct text rest = buffer_text(&out), raw;
        assert_int_equal(wire_take_source(&rest, 3, values, &raw), 0);
        assert_int_equal(wire_take_source(&rest, 3, values, &raw), 0);
        if (values[0].kind != rows[i].no || values[1].kind != rows[i].name ||
            (rows[i].name_text && !text_equal(values[1].text, text_of(rows[i].name_text)))) {
            fail_msg("%s: kinds %d %d", rows[i].record, (int)values[0].kind, (int)values[1].kind);
        }
        assert_int_equal(wire_take_source(&rest, 3, values, &raw), 0);
        assert_true(text_equal(values[0].text, TEXT("behind")));
        buffer_fini(&out);
    }
}

/* The day on which the run began stands where the scheme has a slot for it, whatever the record says. */
static void packs_the_day_of_the_run(void **state)
{
    (void)state;
    static const struct text names[] = {{"no", 2}, {SCHEME_RUN_DATE, sizeof SCHEME_RUN_DATE - 1}};
    static const struct scheme dated = {.slots = names, .slot_secret = secret, .slot_count = 2, .run_date_place = 2};
    const struct text record = TEXT("{\"no\":\"1\",\"RUN_DATE()\":5}");
    struct buffer out;
    struct value values[2];
    struct text raw;
    uint8_t digest[RECORD_DIGEST];
    buffer_init(&out, 1000);
    assert_int_equal(record_pack(&dated, &record, 1, 1732752000, &out, &arena, digest, &packed), 0);
    struct text rest = buffer_text(&out);
    assert_int_equal(wire_take_source(&rest, 2, values, &raw), 0);
    assert_int_equal(values[1].kind, VALUE_INT);
    assert_int_equal(values[1].integer, 1732752000);
    buffer_fini(&out);
}

static void packing_is_capped(void **state)
{
    (void)state;
    struct buffer out;
    uint8_t digest[RECORD_DIGEST];
    const struct text record = TEXT("{\"no\":\"0123456789\",\"name\":\"0123456789\"}");
    buffer_init(&out, 20);
    assert_int_equal(record_pack(&scheme, &record, 1, 0, &out, &arena, digest, &packed), ERR_LIMIT);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(packs_what_the_scheme_uses),
        cmocka_unit_test(splits_records_into_their_rows),
        cmocka_unit_test(digests_tell_pages_apart),
        cmocka_unit_test(shows_no_secret),
        cmocka_unit_test(what_is_broken_stays_where_it_is),
        cmocka_unit_test(packs_the_day_of_the_run),
        cmocka_unit_test(packing_is_capped),
    };
    arena_init(&arena, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
