/* API files of the driver "soap": what lint says of them, with line, path and cure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/api_lint.h"
#include "common/scheme/scheme.h"
#include "tests/unit/soap_folder.h"

#define CALL(more) "{ " SOAP_FOLDER_CALL ", " more ", " SOAP_FOLDER_BODY " }"
#define BODY(inner) "{ " SOAP_FOLDER_CALL ", \"body\": " inner " }"
#define ALL "\"q:x\": \"{{size}}{{page}}{{kind}}{{no}}\""

static const struct {
    struct soap_folder_file file;
    const char *line; /* the first fault; NULL = none */
} files[] = {
    {{.call = NULL}, NULL},
    {{.call = "{}"}, "api/test.shops.json:2: /call: \"path\" is missing"},
    {{.call = "{ \"path\": \"ws\", " SOAP_FOLDER_BODY " }"}, ":2: /call/path: must begin with / and follows SOAP_URL"},
    {{.call = CALL("\"version\": \"1.3\"")}, ":2: /call/version: must be one of 1.1, 1.2"},
    {{.call = CALL("\"action\": \"a b\"")}, ":2: /call/action: must be ASCII without blanks and quotes"},
    {{.call = CALL("\"action\": \"a\\\"b\"")}, ":2: /call/action: must be ASCII"},
    {{.call = CALL("\"method\": \"GET\"")}, ":2: /call/method: no such key"},
    {{.call = CALL("\"query\": { \"client\": \"100\" }")}, NULL},
    {{.call = CALL("\"headers\": { \"SOAPaction\": \"x\" }")},
     ":2: /call/headers: SOAPAction is written by the client itself"},
    {{.call = CALL("\"headers\": { \"Cookie\": \"x\" }")}, ":2: /call/headers/Cookie: Cookie holds a credential"},
    {{.call = CALL("\"headers\": { \"X\": \"{{SOAP_TOKEN}}\" }")},
     ":2: /call/headers/X: no parameter SOAP_TOKEN in /request"},
    /* namespaces */
    {{.call = "{ \"path\": \"/ws\", " SOAP_FOLDER_BODY " }"}, ":2: /call/body/q:Query: /call/namespaces has no q"},
    {{.call = "{ \"path\": \"/ws\", \"namespaces\": { \"q\": \"a b\" }, " SOAP_FOLDER_BODY " }"},
     ":2: /call/namespaces/q: must be the namespace of this prefix"},
    {{.call = "{ \"path\": \"/ws\", \"namespaces\": { \"q\": \"urn:q\", \"soap\": \"urn:s\" }, " SOAP_FOLDER_BODY " }"},
     ":2: /call/namespaces/soap: no prefix"},
    {{.call = "{ \"path\": \"/ws\", \"namespaces\": { \"q\": \"urn:q\", \"1\": \"urn:s\" }, " SOAP_FOLDER_BODY " }"},
     ":2: /call/namespaces/1: no prefix"},
    /* elements */
    {{.call = BODY("{}")}, ":2: /call/body: needs one element, that of the operation"},
    {{.call = BODY("{ " ALL ", \"q:y\": 1 }")}, ":2: /call/body: needs one element"},
    {{.call = BODY("\"<q:Query/>\"")}, ":2: /call/body: must be an object"},
    {{.call = BODY("{ " ALL " }")}, NULL},
    {{.call = BODY("{ \"q:Q\": { \"@xmlns\": \"urn:x\", \"@q:a\": \"{{no}}\", \"b\": [1, null, { \"c\": true }], " ALL
                   " } }")},
     NULL},
    {{.call = BODY("{ \"q:Q\": { \"a b\": 1, " ALL " } }")}, ":2: /call/body/q:Q/a b: no name of XML: a b"},
    {{.call = BODY("{ \"q:Q\": { \"a><x\": 1, " ALL " } }")}, ": no name of XML: a><x"},
    {{.call = BODY("{ \"q:Q\": { \"1a\": 1, " ALL " } }")}, ": no name of XML: 1a"},
    {{.call = BODY("{ \"q:Q\": { \"q:a:b\": 1, " ALL " } }")}, ": no name of XML: q:a:b"},
    {{.call = BODY("{ \"q:Q\": { \"@xmlns:z\": \"urn:z\", " ALL " } }")}, ": /call/namespaces has no xmlns"},
    {{.call = BODY("{ \"q:Q\": { \"@a\": {}, " ALL " } }")},
     ":2: /call/body/q:Q/@a: must be a text, a number, true or false"},
    {{.call = BODY("{ \"q:Q\": { \"a\": [[1]], " ALL " } }")}, ":2: /call/body/q:Q/a/0: is a list in a list"},
    {{.call = BODY("{ \"q:Q\": { \"a\": \"{{knid}}\", " ALL " } }")},
     ":2: /call/body/q:Q/a: no parameter knid in /request; did you mean kind?"},
    {{.call = BODY("{ \"q:Q\": { \"a\": \"{{no\", " ALL " } }")}, ":2: /call/body/q:Q/a: {{ without }}"},
    {{.call = BODY("{ \"q:Q\": { \"a\": \"{{SOAP_USER}} {{SOAP_PASSWORD}}\", " ALL " } }")}, NULL},
    /* what would never be sent */
    {{.call = BODY("{ \"q:Q\": { \"a\": \"{{size}}{{page}}{{kind}}\" } }")},
     ":6: /request/no: nothing in /call holds {{no}}, so it would never be sent"},
    {{.params = "\"size\": { \"label\": \"s\" }, \"page\": { \"label\": \"p\" }, \"kind\": { \"label\": \"k\" }, "
                "\"no\": { \"label\": \"n\" }, \"SOAP_TOKEN\": { \"label\": \"t\" }"},
     ":6: /request/SOAP_TOKEN: is the name of a setting"},
    {{.params = "\"size\": { \"label\": \"s\", \"type\": \"integer\" }"}, ":6: /request/size/type: no such key"},
    /* credentials */
    {{.auth = "{ \"kind\": \"wsse\" }"}, NULL},
    {{.auth = "{ \"kind\": \"wsse\", \"password\": \"digest\" }"}, NULL},
    {{.auth = "{ \"kind\": \"wsse\", \"password\": \"secret\" }"}, ":3: /auth/password: must be one of text, digest"},
    {{.auth = "{ \"kind\": \"basic\", \"password\": \"text\" }"},
     ":3: /auth/password: only the kind wsse has a password"},
    {{.auth = "{ \"kind\": \"header\" }"}, ":3: /auth: \"name\" must be the header that takes SOAP_TOKEN"},
    {{.auth = "{ \"kind\": \"token\" }"}, ":3: /auth/kind: must be one of none, basic, bearer, header, wsse"},
    /* replies */
    {{.reply = "{}"}, ":4: /reply: \"list\" is missing"},
    {{.reply = "{ \"list\": \"R/shops\" }"}, ":4: /reply/list: must be a JSON Pointer"},
    {{.reply = "{ \"list\": \"/shop\" }"}, ":4: /reply/list: must lead from the reply's element to that of a record"},
    {{.reply = "{ \"list\": \"/R/shop\", \"faults\": { \"retry\": [\"\"] } }"},
     ":4: /reply/faults/retry/0: must be a text that is not empty"},
    {{.reply = "{ \"list\": \"/R/shop\", \"faults\": { \"busy\": [] } }"}, ":4: /reply/faults/busy: no such key"},
    {{.reply =
          "{ \"list\": \"/R/shop\", \"faults\": { \"retry\": [\"busy\"], \"throttled\": [], \"fatal\": [\"no\"] } }"},
     NULL},
    {{.tag = "{ \"label\": \"t\", \"type\": \"array\", \"item\": \"row\" }"}, NULL},
    {{.tag = "{ \"label\": \"t\", \"type\": \"string\", \"item\": \"row\" }"},
     ":9: /response/tag/item: must be the name of the elements inside a field of type array"},
    {{.tag = "{ \"label\": \"t\", \"type\": \"array\", \"item\": \"a b\" }"},
     ":9: /response/tag/item: must be the name"},
    {{.paging = "{ \"by\": \"cursor\" }"}, ":5: /pagination/by: a cursor is followed in the driver rest alone"},
};

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
    char path[128];
    folder_path(path, sizeof path, "api/test.shops.json");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char first[600] = "";
        soap_folder_write(&files[i].file);
        int count = scheme_lint_api(path, keep_first, first);
        if (files[i].line ? !strstr(first, files[i].line) : count != 0) {
            fail_msg("%zu: '%s', not '%s'", i, first, files[i].line ? files[i].line : "");
        }
    }
}

static void a_scheme_goes_with_it(void **state)
{
    (void)state;
    struct scheme *scheme = NULL;
    struct cause cause;
    char path[128];
    folder_path(path, sizeof path, "scheme.json");
    soap_folder_write(
        &(struct soap_folder_file){.tag = "{ \"label\": \"t\", \"type\": \"array\", \"item\": \"row\" }"});
    if (scheme_load(path, &scheme, &cause)) {
        fail_msg("%s", cause.text);
    }
    assert_non_null(scheme->source.soap);
    assert_null(scheme->source.rest);
    assert_true(text_equal(scheme->source.driver, TEXT("soap")));
    assert_true(text_equal(scheme->source.key_param, TEXT("no")));
    assert_int_equal(scheme->source.soap->array_count, 1);
    assert_true(text_equal(scheme->source.soap->arrays[0].item, TEXT("row")));
    scheme_free(&scheme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_told),
        cmocka_unit_test(a_scheme_goes_with_it),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
