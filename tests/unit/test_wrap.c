/* What stands around the JSON of a reply is left out where it is beyond doubt; else a sentence says what came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/secret.h"
#include "common/http/wrap.h"

static const char *const names[] = {"response", "error_response", NULL};

static const struct opened {
    const char *body, *json; /* NULL: not beyond doubt */
    bool around;
} opened[] = {
    {"{\"response\":{}}", "{\"response\":{}}", false},
    {" [1]\r\n", "[1]", false},
    {"\xef\xbb\xbf\xef\xbb\xbf\r\n{\"response\":1}\n", "{\"response\":1}", false},
    {"callback({\"response\":{\"a\":\")};\"}});", "{\"response\":{\"a\":\")};\"}}", true},
    {"/**/a.b && a.b( {\"response\":1} )\n", "{\"response\":1}", true},
    {")]}',\n{\"response\":1}", "{\"response\":1}", true},
    {"Warning: x {0} in a.php {\n{\"response\":1}", "{\"response\":1}", true},
    {"<pre>{\"response\":1}</pre>", "{\"response\":1}", true},
    {"{\"response\":1}<!-- {\"response\":2} -->", "{\"response\":1}", true},
    {"\"{\\\"response\\\":1}\"", "{\"response\":1}", true},
    /* two replies, a torn one, and pages that only hold some object */
    {"{\"response\":1}{\"response\":2}", NULL, false},
    {"cb({\"response\":1},{\"response\":2})", NULL, false},
    {"{\"response\":{\"list\":[{\"no\":\"a\"b\"},{\"response\":1}", NULL, false},
    {"<html><script>var a={\"b\":1};</script></html>", NULL, false},
    {"<html><body>{\"response\":1} and more</body></html>", NULL, false},
    {"cb({\"other\":1})", NULL, false},
    {"\"{\\\"other\\\":1}\"", NULL, false},
    {"", NULL, false},
    {"\xef\xbb\xbf", NULL, false},
    {"oops", NULL, false},
};

static void the_json_is_taken_out_where_it_is_beyond_doubt(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof opened / sizeof *opened; i++) {
        struct text json = TEXT("");
        bool around = false;
        int error = wrap_open(text_of(opened[i].body), names, &arena, &json, NULL, &around);
        if ((error == 0) != (opened[i].json != NULL) || (error == 0 && !text_equal(json, text_of(opened[i].json))) ||
            (error == 0 && around != opened[i].around)) {
            print_error("%s: %d, %.*s, around %d\n", opened[i].body, error, TEXT_ARG(json), around);
            fail();
        }
    }
    arena_fini(&arena);
}

static void what_came_is_said_and_harmless(void **state)
{
    (void)state;
    static const struct {
        const char *body, *said;
    } cases[] = {
        {" \n", "the reply is empty"},
        {"<?xml version=\"1.0\"?>\n<a>\x1b[2J\x07\xe2\x80\x8b</a>",
         "the reply is XML, not JSON: <?xml version=\"1.0\"?> <a> [2J"},
        {"<!DOCTYPE html>\r\n<title>登录</title><body>",
         "the reply is HTML, not JSON: <!DOCTYPE html> <title>登录</title>"},
        {"upstream SECRET-key-1 error", "the reply is text, not JSON: upstream *** error"},
        {"\x1f\x8b\x08\x01\x02",
         "the reply is neither JSON nor text: 5 bytes of gzip, which no Content-Encoding tells"},
        {"{\"response\":{\"name\":\"店", "the reply is not JSON that can be read"},
        {"bad \xff\xfe byte", "the reply is text, not JSON: bad ?? byte"},
    };
    secret_add(TEXT("SECRET-key-1"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char said[WRAP_SAID_ROOM];
        (void)wrap_say(text_of(cases[i].body), "JSON", said);
        if (strncmp(said, cases[i].said, strlen(cases[i].said)) != 0 || strpbrk(said, "\x1b\x07\r\n") ||
            !text_is_utf8(text_of(said))) {
            print_error("%s\n  for %s\n", said, cases[i].said);
            fail();
        }
    }
    char long_one[4000], said[WRAP_SAID_ROOM];
    memset(long_one, 'x', sizeof long_one);
    assert_int_equal(wrap_say((struct text){long_one, sizeof long_one}, "JSON", said), WRAP_TEXT);
    assert_in_range(strlen(said), 20, WRAP_SAID_ROOM - 1);
}

static void patience_is_short_where_more_of_the_same_is_likely(void **state)
{
    (void)state;
    const int64_t most = 900000;
    assert_in_range(wrap_patience(WRAP_XML, false, most), 1, 30000);
    assert_in_range(wrap_patience(WRAP_HTML, false, most), 60000, 120000);
    assert_in_range(wrap_patience(WRAP_XML, true, most), 60000, 120000);
    assert_int_equal(wrap_patience(WRAP_HTML, true, most), most); /* a page of maintenance is an outage */
    assert_int_equal(wrap_patience(WRAP_XML, false, 0), 0);
}

static void elements_of_xml(void **state)
{
    (void)state;
    struct text xml = TEXT("<error_response><code> 25 </code><msg>Invalid signature</msg><sub_code/></error_response>");
    assert_true(text_equal(wrap_element(xml, "code"), TEXT("25")));
    assert_true(text_equal(wrap_element(xml, "msg"), TEXT("Invalid signature")));
    assert_int_equal(wrap_element(xml, "sub_code").size, 0);
    assert_int_equal(wrap_element(xml, "error_response").size, 0);
    assert_int_equal(wrap_element(TEXT("<code>"), "code").size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_json_is_taken_out_where_it_is_beyond_doubt),
        cmocka_unit_test(what_came_is_said_and_harmless),
        cmocka_unit_test(patience_is_short_where_more_of_the_same_is_likely),
        cmocka_unit_test(elements_of_xml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
