/* What the driver "soap" reads in replies: lists, faults, and what is neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/base/secret.h"
#include "extractor/soap/reply.h"

#define S11 "http://schemas.xmlsoap.org/soap/envelope/"
#define S12 "http://www.w3.org/2003/05/soap-envelope"
#define BODY(inner) "<s:Envelope xmlns:s='" S11 "'><s:Body>" inner "</s:Body></s:Envelope>"
#define R(inner) BODY("<R><code>0</code>" inner "</R>")
#define FAULT(code, text) BODY("<s:Fault><faultcode>" code "</faultcode><faultstring>" text "</faultstring></s:Fault>")
#define FAULT_12(code, text)                                                                                           \
    "<s:Envelope xmlns:s='" S12 "'><s:Body><s:Fault><s:Code><s:Value>" code                                            \
    "</s:Value><s:Subcode><s:Value>m:Sub</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang='en'>" text          \
    "</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"

static const struct text ok[] = {{"0", 1}}, fast[] = {{"429", 3}}, busy[] = {{"9", 1}};
static const struct text fast_words[] = {{"too many", 8}}, busy_words[] = {{"m:Busy", 6}, {"timeout", 7}},
                         fatal_words[] = {{"licence", 7}};
#define AT_CODE                                                                                                        \
    {                                                                                                                  \
        "/R/code", 7                                                                                                   \
    }
static const struct soap_form form = {
    .rest = {.list = {"/R/items/item", 13},
             .total = {"/R/total", 8},
             .success = {AT_CODE, ok, 1},
             .throttled = {AT_CODE, fast, 1},
             .retry = {AT_CODE, busy, 1},
             .message = {"/R/message", 10}},
    .throttled = {fast_words, 1},
    .retry = {busy_words, 2},
    .fatal = {fatal_words, 1},
};
static const struct soap_form flat = {.rest = {.list = {"/R/item", 7}, .message = {"/R/code", 7}}};
static const struct soap_form whole = {.rest = {.list = {"/R/item", 7}, .paging = REST_WHOLE}};

enum { WHOLE_PAGE = 2, WHOLE_SIZE = 3 };

static const struct {
    const char *name;
    const struct soap_form *form;
    int status;
    const char *body;
    enum reply_class class;
    int64_t rows, total; /* DONE */
    const char *why;     /* the others: what the sentence must hold */
} cases[] = {
    {"a list", &form, 200, R("<total>12</total><items><item><id>1</id></item><item/></items>"), REPLY_DONE, 2, 12,
     NULL},
    {"one record", &form, 200, R("<items><item><id>1</id></item></items>"), REPLY_DONE, 1, -1, NULL},
    {"an empty list", &form, 200, R("<total>12</total><items/>"), REPLY_DONE, 0, 12, NULL},
    {"none, and no list", &form, 200, R("<total>0</total>"), REPLY_DONE, 0, 0, NULL},
    {"no list, and no total", &form, 200, R(""), REPLY_FATAL, 0, 0, "its members: /R: code=\"0\""},
    {"no list, but a total", &form, 200, R("<total>7</total>"), REPLY_FATAL, 0, 0, "total=\"7\""},
    {"another list", &form, 200, R("<total>1</total><items><row><id>1</id></row></items>"), REPLY_FATAL, 0, 0,
     "its members: /R/items: row"},
    {"another reply", &form, 200, BODY("<Other><code>0</code></Other>"), REPLY_RETRY, 0, 0, "holds no /R/code"},
    {"an empty body", &form, 200, BODY(""), REPLY_RETRY, 0, 0, "holds no /R/code"},
    {"texts in place of records", &form, 200, R("<items><item>no</item></items>"), REPLY_FATAL, 0, 0, "holds no list"},
    {"flat, empty", &flat, 200, BODY("<R/>"), REPLY_DONE, 0, -1, NULL},
    {"flat, with what the file names", &flat, 200, BODY("<R><code>0</code></R>"), REPLY_DONE, 0, -1, NULL},
    {"flat, with something else", &flat, 200, BODY("<R><error>no</error></R>"), REPLY_FATAL, 0, 0,
     "its members: /R: error=\"no\""},
    {"flat, refused in words", &flat, 200, BODY("<R>no</R>"), REPLY_FATAL, 0, 0, "#text=\"no\""},
    {"no reply element", &flat, 200, BODY(""), REPLY_FATAL, 0, 0, "its members: none"},
    /* signs */
    {"refused", &form, 200, BODY("<R><code>5</code><message>the licence ended</message></R>"), REPLY_FATAL, 0, 0,
     "refuses (/R/code = 5): the licence ended"},
    {"refused, with a secret", &form, 200, BODY("<R><code>5</code><message>no &lt;secret-of-soap</message></R>"),
     REPLY_FATAL, 0, 0, "refuses (/R/code = 5): no <***"},
    {"too fast", &form, 200, BODY("<R><code>429</code></R>"), REPLY_THROTTLED, 0, 0, "/R/code = 429"},
    {"busy", &form, 200, BODY("<R><code>9</code></R>"), REPLY_RETRY, 0, 0, "/R/code = 9"},
    /* faults */
    {"of the server", &form, 500, FAULT("s:Server", "the database sleeps"), REPLY_RETRY, 0, 0,
     "a fault (s:Server): the database sleeps"},
    {"of the client", &form, 500, FAULT("s:Client", "unknown\n operation"), REPLY_FATAL, 0, 0,
     "a fault (s:Client): unknown operation; check \"call\""},
    {"of the client, finer", &form, 500, FAULT("s:Client.Authentication", "who?"), REPLY_FATAL, 0, 0, "who?"},
    {"of nobody known", &form, 500, FAULT("m:Strange", "no"), REPLY_RETRY, 0, 0, "(m:Strange): no"},
    {"by a word: busy", &form, 500, FAULT("s:Client", "Timeout of the session"), REPLY_RETRY, 0, 0, "Timeout"},
    {"by a word in the code", &form, 500, FAULT("m:BUSY", "no"), REPLY_RETRY, 0, 0, "BUSY"},
    {"by a word: too fast", &form, 500, FAULT("s:Client", "Too Many calls"), REPLY_THROTTLED, 0, 0, "Too Many"},
    {"by a word: fatal", &form, 500, FAULT("s:Server", "no licence"), REPLY_FATAL, 0, 0, "no licence"},
    {"with HTTP 200", &form, 200, FAULT("s:Client", "no"), REPLY_FATAL, 0, 0, "(s:Client): no"},
    {"with HTTP 429", &form, 429, FAULT("s:Server", "no"), REPLY_THROTTLED, 0, 0, "(s:Server): no"},
    {"without code and text", &form, 500, BODY("<s:Fault/>"), REPLY_RETRY, 0, 0, "a fault ()"},
    {"of 1.2", &form, 400, FAULT_12("s:Sender", "no <![CDATA[<b>]]>"), REPLY_FATAL, 0, 0,
     "a fault (s:Sender m:Sub): no <b>"},
    {"of 1.2, the server's", &form, 500, FAULT_12("s:Receiver", "later"), REPLY_RETRY, 0, 0, "later"},
    {"with a secret", &form, 500, FAULT("s:Client", "not secret-of-soap"), REPLY_FATAL, 0, 0, "not ***"},
    {"a record of that name", &flat, 200, BODY("<R><item><Fault>1</Fault></item></R>"), REPLY_DONE, 1, -1, NULL},
    /* what is no reply */
    {"HTML", &form, 200, "<!DOCTYPE html><html><body>no<br></body></html>", REPLY_RETRY, 0, 0, "HTML, not XML: <!DOC"},
    {"XHTML", &form, 200, "<html xmlns='http://www.w3.org/1999/xhtml'/>", REPLY_RETRY, 0, 0, "its root is html"},
    {"half", &form, 200, "<s:Envelope xmlns:s='" S11 "'><s:Body><R><code>0</code><items><item>", REPLY_RETRY, 0, 0,
     "not well-formed (line 1: "},
    {"other XML", &form, 200, "<error>no</error>", REPLY_RETRY, 0, 0, "no SOAP envelope: its root is error"},
    {"an envelope of another namespace", &form, 200, "<Envelope xmlns='urn:x'><Body/></Envelope>", REPLY_RETRY, 0, 0,
     "its root is Envelope"},
    {"other XML, half", &form, 200, "<?xml version='1.0'?><error>no", REPLY_RETRY, 0, 0, "not well-formed"},
    {"JSON", &form, 200, "{\"id\":1}", REPLY_RETRY, 0, 0, "the reply is JSON, not XML"},
    {"nothing", &form, 200, "", REPLY_RETRY, 0, 0, "empty"},
    {"nothing, accepted", &form, 202, "", REPLY_RETRY, 0, 0, "empty"},
    {"nothing, no content", &form, 204, "", REPLY_RETRY, 0, 0, "empty"},
    {"text", &form, 200, "come back later", REPLY_RETRY, 0, 0, "text, not XML: come back"},
    {"a document type", &form, 200, "<!DOCTYPE x [<!ENTITY e 'x'>]>" R("<items><item><a>&e;</a></item></items>"),
     REPLY_FATAL, 0, 0, "a document type, which SOAP forbids (line 1: <!DOCTYPE x"},
    {"HTTP 503", &form, 503, "<html>", REPLY_RETRY, 0, 0, "HTTP 503"},
    {"HTTP 401", &form, 401, "", REPLY_FATAL, 0, 0, "HTTP 401: check \"auth\" of the API file, and SOAP_TOKEN"},
    {"HTTP 404", &form, 404, "<html>", REPLY_FATAL, 0, 0, "HTTP 404: check SOAP_URL"},
    {"HTTP 500 with a reply", &form, 500, R("<message>why</message>"), REPLY_RETRY, 0, 0, "HTTP 500 (why)"},
    /* one reply for all */
    {"its third page", &whole, 200,
     BODY("<R><item><a>1</a></item><item/><item/><item/><item/><item/><item/><item/></R>"), REPLY_DONE, 2, 8, NULL},
    {"behind the end", &whole, 200, BODY("<R/>"), REPLY_DONE, 0, 0, NULL},
};

static void judges(void **state)
{
    (void)state;
    struct arena arena;
    const struct source_asked asked = {WHOLE_PAGE, WHOLE_SIZE};
    arena_init(&arena, 16 << 20);
    secret_add(TEXT("secret-of-soap"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_reply http = {.reach = HTTP_ANSWERED,
                                  .status = cases[i].status,
                                  .body = text_of(cases[i].body),
                                  .raw = text_of(cases[i].body),
                                  .retry_after = 5000,
                                  .total_count = -1};
        struct source_answer answer;
        soap_reply_read(&http, cases[i].form, TEXT("id"), &asked, 0, &arena, &answer);
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

/* Some servers leave a list out behind the end: it is believed as far as the total goes. */
static void lists_end(void **state)
{
    (void)state;
    static const struct {
        int64_t no;
        enum reply_class class;
    } rows[] = {{1, REPLY_FATAL}, {2, REPLY_FATAL}, {3, REPLY_DONE}, {9, REPLY_DONE}};
    struct arena arena;
    const char *body = R("<total>20</total>");
    const struct http_reply http = {.reach = HTTP_ANSWERED, .status = 200, .body = text_of(body), .raw = text_of(body)};
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct source_answer answer;
        soap_reply_read(&http, &form, TEXT("id"), &(struct source_asked){rows[i].no, 10}, 1, &arena, &answer);
        assert_int_equal(answer.class, rows[i].class);
        assert_int_equal(answer.rows, 0);
    }
    arena_fini(&arena);
}

/* A page that is torn is divided, one that is not of this API is not; one that holds all can't be asked for in parts. */
static void kinds_are_told(void **state)
{
    (void)state;
    struct arena arena;
    struct source_answer answer;
    const struct source_asked asked = {0, 100};
    const struct http_reply large = {.reach = HTTP_SENT, .too_large = true};
    struct http_reply torn = {.reach = HTTP_ANSWERED, .status = 200, .retry_after = -1};
    torn.body = torn.raw = TEXT("<s:Envelope xmlns:s='" S11 "'><s:Body><R>\xff");
    arena_init(&arena, 16 << 20);
    soap_reply_read(&torn, &form, TEXT("id"), &asked, 0, &arena, &answer);
    assert_true(answer.class == REPLY_RETRY && answer.unreadable && !answer.strange);
    soap_reply_read(&torn, &whole, TEXT("id"), &asked, 0, &arena, &answer);
    assert_true(answer.class == REPLY_RETRY && !answer.unreadable);
    soap_reply_read(&large, &form, TEXT("id"), &asked, 0, &arena, &answer);
    assert_true(answer.class == REPLY_FATAL && answer.too_large);
    soap_reply_read(&large, &whole, TEXT("id"), &asked, 0, &arena, &answer);
    assert_true(answer.class == REPLY_FATAL && !answer.too_large && strstr(answer.why, "needs paging"));
    torn.body = torn.raw = TEXT("<html><body>later");
    soap_reply_read(&torn, &form, TEXT("id"), &asked, 0, &arena, &answer);
    assert_true(answer.class == REPLY_RETRY && !answer.unreadable && answer.strange && answer.kind == WRAP_HTML);
    arena_fini(&arena);
}

#define NAMED(encoding, name)                                                                                          \
    "<?xml version='1.0' encoding='" encoding "'?><s:Envelope xmlns:s='" S11 "'><s:Body><R><item><a>" name             \
    "</a></item></R></s:Body></s:Envelope>"

/* By Content-Type, else by the declaration; what can't be decoded is not guessed at. */
static void encodings_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool told; /* UTF-8, by Content-Type */
        const char *record, *why;
    } rows[] = {
        {NAMED("UTF-8", "店"), false, "{\"a\":\"店\"}", NULL},
        {NAMED("GBK", "\xb5\xea"), false, "{\"a\":\"店\"}", NULL},
        {NAMED("gb2312", "\xb5\xea\x96\x7c"), false, "{\"a\":\"店東\"}", NULL},
        {NAMED("GBK", "店"), true, "{\"a\":\"店\"}", NULL},
        {NAMED("ISO-8859-1", "caf\xe9"), false, "{\"a\":\"café\"}", NULL},
        {NAMED("ISO-8859-1", "店"), false, "{\"a\":\"店\"}", NULL},
        {NAMED("UTF-8", "\xb5\xea"), false, NULL, "not well-formed"},
        {NAMED("GBK", "\xff"), false, NULL, "not well-formed"},
        {NAMED("klingon", "\xb5\xea"), false, NULL, "does not know its charset klingon"},
    };
    struct arena arena;
    const struct source_asked asked = {0, 100};
    arena_init(&arena, 16 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct http_reply http = {.reach = HTTP_ANSWERED,
                                        .status = 200,
                                        .body = text_of(rows[i].body),
                                        .raw = text_of(rows[i].body),
                                        .charset_told = rows[i].told,
                                        .retry_after = -1};
        struct source_answer answer;
        soap_reply_read(&http, &flat, TEXT("a"), &asked, 0, &arena, &answer);
        bool done = answer.class == REPLY_DONE && answer.rows == 1;
        if (rows[i].record ? !done || !text_equal(answer.records[0], text_of(rows[i].record))
                           : done || !strstr(answer.why, rows[i].why)) {
            fail_msg("%zu: %s %.*s", i, answer.why, done ? (int)answer.records[0].size : 0,
                     done ? answer.records[0].data : "");
        }
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(lists_end),
        cmocka_unit_test(kinds_are_told),
        cmocka_unit_test(encodings_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
