/* API files of the driver "rest": what lint says of them, with line, path and cure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/api_lint.h"
#include "common/scheme/scheme.h"
#include "tests/unit/chinese.h"
#include "tests/unit/rest_folder.h"

#define PAGE "\"size\": \"size\", \"number\": \"page\", \"maxSize\": 100"

static const struct {
    struct rest_folder_file file;
    const char *line; /* the first fault; NULL = none */
} files[] = {
    {{.call = NULL}, NULL},
    {{.call = "{}"}, "api/test.shops.json:2: /call: \"path\" is missing"},
    {{.call = "{ \"path\": \"v1\" }"}, ":2: /call/path: must begin with / and follows REST_URL"},
    {{.call = "{ \"path\": \"/v1?a=b\" }"}, ":2: /call/path: must begin with / and follows REST_URL"},
    {{.call = "{ \"path\": \"/店\" }"}, ":2: /call/path: must begin with / and follows REST_URL"},
    {{.call = "{ \"path\": \"/{{knid}}\" }"}, ":2: /call/path: no parameter knid in /request; did you mean kind?"},
    {{.call = "{ \"path\": \"/{{kind\" }"}, ":2: /call/path: {{ without }}: {{kind"},
    {{.call = "{ \"path\": \"/a\", \"method\": \"PUT\" }"}, ":2: /call/method: must be one of GET, POST"},
    {{.call = "{ \"path\": \"/a\", \"body\": {} }"},
     ":2: /call/body: a GET has no body: write \"method\": \"POST\", or use \"query\""},
    {{.call = "{ \"path\": \"/a\", \"method\": \"POST\", \"body\": { \"a\": [\"x{{knid}}\"] } }"},
     ":2: /call/body/a/0: no parameter knid in /request; did you mean kind?"},
    {{.call = "{ \"path\": \"/a\", \"method\": \"POST\", \"body\": [1, null, \"{{kind}}\", \"a{{kind}}b\"] }"}, NULL},
    {{.call = "{ \"path\": \"/a\", \"query\": { \"a\": 1 } }"},
     ":2: /call/query/a: must be a text; {{name}} in it is a parameter of /request"},
    {{.call = "{ \"path\": \"/a\", \"headers\": { \"authorization\": \"Bearer x\" } }"},
     ":2: /call/headers/authorization: Authorization holds a credential, which no file may: name its kind in /auth"},
    {{.call = "{ \"path\": \"/a\", \"headers\": { \"Host\": \"x\" } }"},
     ":2: /call/headers/Host: Host is written by the client itself: leave it out"},
    {{.call = "{ \"path\": \"/a\", \"headers\": { \"X Y\": \"x\" } }"},
     ":2: /call/headers/X Y: no name of a header: letters, digits and - only"},
    {{.call = "{ \"path\": \"/a\", \"headers\": { \"X\": \"a\\r\\nY: b\" } }"},
     ":2: /call/headers/X: holds a control character"},
    {{.auth = "{ \"kind\": \"oauth\" }"}, ":3: /auth/kind: must be one of none, basic, bearer, header"},
    {{.auth = "{ \"kind\": \"header\" }"},
     ":3: /auth: \"name\" must be the header that takes REST_TOKEN: \"X-Api-Key\""},
    {{.auth = "{ \"kind\": \"header\", \"name\": \"X: Y\" }"}, ":3: /auth/name: \"name\" must be the header"},
    {{.auth = "{ \"kind\": \"basic\", \"name\": \"X\" }"}, ":3: /auth/name: only the kind header has a name"},
    {{.auth = "{ \"kind\": \"basic\", \"scope\": \"read\" }"}, ":3: /auth/scope: only the kind oauth2 has a scope"},
    {{.auth = "{ \"kind\": \"oauth2\", \"client\": \"query\" }"}, ":3: /auth/client: must be one of header, body"},
    {{.auth = "{ \"kind\": \"bearer\", \"token\": \"secret\" }"}, ":3: /auth/token: no such key"},
    {{.reply = "{ \"list\": \"data.items\" }"}, ":4: /reply/list: must be a JSON Pointer: /data/items"},
    {{.reply = "{ \"list\": \"/a~2\" }"}, ":4: /reply/list: must be a JSON Pointer"},
    {{.reply = "{ \"total\": \"x-total-count\" }"}, NULL},
    {{.reply = "{ \"total\": \"X-Count\" }"}, ":4: /reply/total: must be a JSON Pointer"},
    {{.reply = "{ \"success\": { \"at\": \"/code\" } }"}, ":4: /reply/success: \"values\" is missing"},
    {{.reply = "{ \"success\": { \"at\": \"/code\", \"values\": [] } }"},
     ":4: /reply/success/values: needs at least one value"},
    {{.reply = "{ \"retry\": { \"at\": \"/code\", \"values\": [{}] } }"},
     ":4: /reply/retry/values/0: must be a text, a number, true, false or null"},
    {{.reply = "{ \"retry\": { \"at\": \"/code\", \"values\": [0, \"0\", true, null] } }"}, NULL},
    {{.paging = "{ \"by\": \"cursor\", " PAGE " }"},
     ":5: /pagination: \"next\" must say where a reply names the next page"},
    {{.paging = "{ \"by\": \"cursor\", " PAGE ", \"next\": \"meta.next\" }"},
     ":5: /pagination/next: must be a JSON Pointer: /data/items"},
    {{.paging = "{ \"by\": \"cursor\", " PAGE ", \"next\": \"/next\", \"first\": 0 }"},
     ":5: /pagination/first: the first page has no cursor: leave it out"},
    {{.paging = "{ \"by\": \"cursor\", " PAGE ", \"next\": \"/next\" }", .reply = "{ \"total\": \"/n\" }"},
     ":4: /reply/total: pages by cursor end where no next one is named: leave it out"},
    {{.paging = "{ \"by\": \"page\", " PAGE ", \"first\": 1, \"next\": \"/next\" }"},
     ":5: /pagination/next: only pages by cursor have it"},
    {{.paging = "{ \"by\": \"cursor\", " PAGE ", \"next\": \"link\" }"}, NULL},
    {{.paging = "{ \"by\": \"pages\" }"},
     ":5: /pagination/by: must be one of page, offset, none, cursor; did you mean page?"},
    {{.paging = "{ \"by\": \"page\", \"size\": \"siez\", \"number\": \"page\", \"first\": 1, \"maxSize\": 100 }"},
     ":5: /pagination/size: no parameter siez in /request; did you mean size?"},
    {{.paging = "{ \"by\": \"page\", \"number\": \"page\", \"first\": 1, \"maxSize\": 100 }"},
     ":5: /pagination: \"size\" is missing"},
    {{.paging = "{ \"by\": \"page\", " PAGE " }"}, ":5: /pagination: \"first\" is missing"},
    {{.paging = "{ \"by\": \"offset\", " PAGE " }"}, NULL},
    {{.paging = "{ \"by\": \"offset\", " PAGE ", \"first\": 1 }"},
     ":5: /pagination/first: an offset counts from 0: leave it out"},
    {{.paging = "{ \"by\": \"none\", \"size\": \"size\" }"}, ":5: /pagination/size: one reply holds all: leave it out"},
    {{.more = "  \"list\": [\"shops\"],\n"}, ":7: /list: no such key"},
    {{.more = "  \"window\": { \"start\": \"from\", \"end\": \"to\", \"most\": \"30d\", \"format\": \"unix\" },\n"},
     ":7: /window/format: must be one of datetime, iso, seconds, milliseconds"},
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
        rest_folder_write(&files[i].file);
        int count = scheme_lint_api(path, keep_first, first);
        if (files[i].line ? !strstr(first, files[i].line) : count != 0) {
            fail_msg("%zu: '%s', not '%s'", i, first, files[i].line ? files[i].line : "");
        }
        if (files[i].line) {
            assert_chinese(first);
        }
    }
}

/* A scheme goes with it: its paging stands in the request, or nowhere. */
static void a_scheme_goes_with_it(void **state)
{
    (void)state;
    struct scheme *scheme = NULL;
    struct cause cause;
    char path[128];
    folder_path(path, sizeof path, "scheme.json");
    rest_folder_write(&(struct rest_folder_file){.call = NULL});
    assert_int_equal(scheme_load(path, &scheme, &cause), 0);
    assert_non_null(scheme->source.rest);
    assert_true(text_equal(scheme->source.key_param, TEXT("no")));
    scheme_free(&scheme);

    rest_folder_write(
        &(struct rest_folder_file){.paging = "{ \"by\": \"none\" }", .params = "\"kind\": { \"label\": \"k\" }"});
    assert_int_equal(scheme_load(path, &scheme, &cause), ERR_INPUT);
    assert_non_null(strstr(cause.text, "no such request parameter"));
    folder_edit(FILE_SCHEME, "\"size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page\": \"{{PAGINATION_START_PAGE}}\", ", "");
    assert_int_equal(scheme_load(path, &scheme, &cause), 0);
    assert_int_equal(scheme->source.rest->paging, REST_WHOLE);
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
