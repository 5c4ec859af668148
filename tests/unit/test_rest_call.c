/* What the driver "rest" sends: the address, the headers and the body, letter for letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/scheme.h"
#include "extractor/platform/params.h"
#include "extractor/rest/call.h"
#include "extractor/rest/settings.h"
#include "tests/unit/rest_folder.h"

#define POST "\"method\": \"POST\", \"path\": \"/a\""
#define ACCEPT "Accept: application/json\n"
#define BOTH ACCEPT "Content-Type: application/json\n"
#define WINDOW "  \"window\": { \"start\": \"from\", \"end\": \"to\", \"most\": \"30d\", \"format\": "
#define SINCE "\"id\": \"no\", \"window\": { \"since\": \"2026-01-01\" }"
/* 2026-01-31 08:00:00 to 09:00:00 in China */
#define HOUR                                                                                                           \
    {                                                                                                                  \
        INT64_C(1769817600000), INT64_C(1769821200000)                                                                 \
    }

static const struct {
    struct rest_folder_file file;
    const char *kind; /* of the scheme's request, as JSON, where it is no slice; NULL = slices */
    const char *key;
    struct source_window window;
    int64_t page, size;
    const char *url, *lines, *body;
} calls[] = {
    {{.call = NULL}, NULL, NULL, {0}, 0, 50, "http://h/api/v1/shops?size=50&page=0&kind=1", ACCEPT, ""},
    {{.call = NULL}, NULL, NULL, {0}, 7, 9, "http://h/api/v1/shops?size=9&page=7&kind=1", ACCEPT, ""},
    {{.call = NULL},
     NULL,
     "A/1 &?店",
     {0},
     0,
     1,
     "http://h/api/v1/shops?size=1&page=0&no=A%2F1%20%26%3F%E5%BA%97",
     ACCEPT,
     ""},
    {{.call = NULL}, "\"x&y=z\"", NULL, {0}, 0, 1, "http://h/api/v1/shops?size=1&page=0&kind=x%26y%3Dz", ACCEPT, ""},
    {{.call = NULL}, "\"\"", NULL, {0}, 0, 1, "http://h/api/v1/shops?size=1&page=0", ACCEPT, ""},
    /* paging */
    {{.paging = "{ \"by\": \"offset\", \"size\": \"size\", \"number\": \"page\", \"maxSize\": 100 }"},
     NULL,
     NULL,
     {0},
     3,
     20,
     "http://h/api/v1/shops?size=20&page=60&kind=1",
     ACCEPT,
     ""},
    /* templates */
    {{.call = "{ \"path\": \"/{{kind}}/x~y\", \"query\": { \"_p\": \"{{page}}\", \"a b\": \"c&{{no}}\", \"n\": "
              "\"{{no}}\" }, "
              "\"headers\": { \"X-Kind\": \"k {{kind}}\", \"X-None\": \"{{no}}\", \"accept\": \"text/json\" } }"},
     "\"a/b\\r\\nZ: 1\"",
     NULL,
     {0},
     2,
     5,
     "http://h/api/a%2Fb%0D%0AZ%3A%201/x~y?_p=2&a%20b=c%26&size=5",
     "X-Kind: k a/bZ: 1\naccept: text/json\n",
     ""},
    /* bodies */
    {{.call = "{ " POST " }"},
     "\"q\\\"\\n店\"",
     NULL,
     {0},
     2,
     5,
     "http://h/api/a",
     BOTH,
     "{\"size\":5,\"page\":2,\"kind\":\"q\\\"\\n店\"}"},
    {{.call =
          "{ " POST ", \"body\": { \"p\": { \"no\": \"{{page}}\", \"as\": \"{{kind}}\", \"text\": \"<{{kind}}\\\">\", "
          "\"on\": \"{{on}}\", \"n\": [1.50, null, true, \"x\"] } } }"},
     "\"a\\\"b\"",
     NULL,
     {0},
     2,
     5,
     "http://h/api/a?size=5",
     BOTH,
     "{\"p\":{\"no\":2,\"as\":\"a\\\"b\",\"text\":\"<a\\\"b\\\">\",\"on\":null,\"n\":[1.5,null,true,\"x\"]}}"},
    {{.call = "{ " POST ", \"body\": { \"on\": \"{{on}}\" } }"},
     "\"1\", \"on\": true",
     NULL,
     {0},
     2,
     5,
     "http://h/api/a?size=5&page=2&kind=1",
     BOTH,
     "{\"on\":true}"},
    {{.call = "{ " POST ", \"body\": { \"on\": \"{{on}}\" } }"},
     "\"1\", \"on\": \"no, thanks\"",
     NULL,
     {0},
     2,
     5,
     "http://h/api/a?size=5&page=2&kind=1",
     BOTH,
     "{\"on\":\"no, thanks\"}"},
    /* windows */
    {{.more = WINDOW "\"datetime\" },\n"},
     NULL,
     NULL,
     HOUR,
     0,
     5,
     "http://h/api/v1/shops?size=5&page=0&kind=1&from=2026-01-31%2008%3A00%3A00&to=2026-01-31%2009%3A00%3A00",
     ACCEPT,
     ""},
    {{.more = WINDOW "\"iso\" },\n"},
     NULL,
     NULL,
     HOUR,
     0,
     5,
     "http://h/api/v1/shops?size=5&page=0&kind=1&from=2026-01-31T08%3A00%3A00%2B08%3A00&to=2026-01-31T09%3A00%3A00%2B08"
     "%3A00",
     ACCEPT,
     ""},
    {{.more = WINDOW "\"seconds\" },\n"},
     NULL,
     NULL,
     HOUR,
     0,
     5,
     "http://h/api/v1/shops?size=5&page=0&kind=1&from=1769817600&to=1769821200",
     ACCEPT,
     ""},
    {{.more = WINDOW "\"milliseconds\" },\n"},
     NULL,
     NULL,
     HOUR,
     0,
     5,
     "http://h/api/v1/shops?size=5&page=0&kind=1&from=1769817600000&to=1769821200000",
     ACCEPT,
     ""},
};

/* The scheme with its `kind` as the case says: of slices, or of the request. */
static struct scheme *scheme_of(size_t i)
{
    char path[128], request[400], text[8192];
    struct scheme *scheme = NULL;
    struct cause cause;
    const char *kind = calls[i].kind ? calls[i].kind : "\"\"";
    const char *slices = "[ { \"kind\": \"1\" }, { \"kind\": 2 } ]";
    rest_folder_write(&calls[i].file);
    snprintf(request, sizeof request, "\"kind\": %s },\n    \"slices\": %s,\n    \"pagination\"", kind,
             calls[i].kind ? "[{}]" : slices);
    const char *whole = folder_texts[FILE_SCHEME], *at = strstr(whole, "\"kind\": \"\" },");
    const char *rest = strstr(whole, "\"pagination\"") + sizeof "\"pagination\"" - 1;
    int size = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, request, rest);
    assert_in_range(size, 1, sizeof text - 1);
    if (calls[i].window.to > 0) { /* behind the id */
        char *id = strstr(text, "\"id\": \"no\"");
        memmove(id + sizeof SINCE - 1, id + sizeof "\"id\": \"no\"" - 1, strlen(id) - sizeof "\"id\": \"no\"" + 2);
        memcpy(id, SINCE, sizeof SINCE - 1);
        size = (int)strlen(text);
    }
    folder_write(FILE_SCHEME, text, (size_t)size);
    folder_path(path, sizeof path, "scheme.json");
    if (scheme_load(path, &scheme, &cause)) {
        fail_msg("%zu: %s", i, cause.text);
    }
    return scheme;
}

static void lines_join(struct buffer *lines)
{
    for (size_t i = 0; i < lines->size; i++) {
        lines->data[i] = lines->data[i] == '\0' ? '\n' : lines->data[i];
    }
    buffer_add_char(lines, '\0');
}

static void requests_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct scheme *scheme = scheme_of(i);
        struct buffer url, lines, body;
        const char **env = NULL;
        struct cause cause;
        buffer_init(&url, 4000);
        buffer_init(&lines, 4000);
        buffer_init(&body, 4000);
        assert_int_equal(params_open(scheme, &env, &cause), 0);
        const struct rest_call call = {.scheme = scheme,
                                       .base = i % 2 ? "http://h/api" : "http://h/api//",
                                       .env = env,
                                       .key = calls[i].key,
                                       .window = calls[i].window,
                                       .page = calls[i].page,
                                       .page_size = calls[i].size};
        assert_int_equal(rest_call_write(&call, &url, &lines, &body), 0);
        lines_join(&lines);
        buffer_add_char(&body, '\0');
        if (strcmp(url.data, calls[i].url) != 0 || strcmp(lines.data, calls[i].lines) != 0 ||
            strcmp(body.data, calls[i].body) != 0) {
            fail_msg("%zu: %s\n%s\n%s", i, url.data, lines.data, body.data);
        }
        buffer_fini(&url);
        buffer_init(&url, 10);
        assert_int_equal(rest_call_write(&call, &url, &lines, &body), ERR_LIMIT);
        buffer_fini(&url);
        buffer_fini(&lines);
        buffer_fini(&body);
        free(env);
        scheme_free(&scheme);
    }
}

static void credentials_are_written(void **state)
{
    (void)state;
    static const struct {
        struct rest_auth_form form;
        struct rest_settings settings;
        const char *line; /* NULL: it is refused */
    } rows[] = {
        {{.kind = REST_AUTH_NONE}, {.token = "t"}, ""},
        {{.kind = REST_AUTH_BASIC},
         {.user = "Aladdin", .password = "open sesame"},
         "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {{.kind = REST_AUTH_BASIC}, {.user = "a:b", .password = "x"}, NULL},
        {{.kind = REST_AUTH_BASIC}, {.user = "a"}, NULL},
        {{.kind = REST_AUTH_BEARER}, {.token = "abc"}, "Authorization: Bearer abc"},
        {{.kind = REST_AUTH_BEARER}, {.token = "abc\r\nX: y"}, NULL},
        {{.kind = REST_AUTH_BEARER}, {.user = "a"}, NULL},
        {{.kind = REST_AUTH_HEADER, .header = {"X-Api-Key", 9}}, {.token = "abc"}, "X-Api-Key: abc"},
        {{.kind = REST_AUTH_OAUTH2}, {.token_url = "https://id.example.com/token", .user = "a:b", .password = "x"}, ""},
        {{.kind = REST_AUTH_OAUTH2}, {.user = "a", .password = "x"}, NULL},
        {{.kind = REST_AUTH_OAUTH2}, {.token_url = "https://id.example.com/token", .user = "a"}, NULL},
        {{.kind = REST_AUTH_OAUTH2}, {.token_url = "http://id.example.com/token", .user = "a", .password = "x"}, NULL},
        {{.kind = REST_AUTH_OAUTH2}, {.token_url = "id.example.com/token", .user = "a", .password = "x"}, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer line;
        struct cause cause;
        int error = rest_credential(&rows[i].form, &rows[i].settings, &rest_source_ids, &line, &cause);
        assert_int_equal(error, rows[i].line ? 0 : ERR_INPUT);
        if (rows[i].line && rows[i].line[0]) {
            assert_string_equal(line.data, rows[i].line);
        }
        buffer_fini(&line);
    }
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool good;
    } rows[] = {{"https://erp.example.com/api", true},
                {"http://127.0.0.1:3000", true},
                {"http://localhost/", true},
                {"http://erp.example.com/api", false},
                {"erp.example.com", false},
                {"https://", false},
                {"https://u:p@erp.example.com", false},
                {"https://erp.example.com?x=1", false},
                {"https://erp.example.com/a b", false},
                {NULL, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause cause;
        rest_source_settings = (struct rest_settings){.url = rows[i].url};
        if ((rest_settings_check(&cause) == 0) != rows[i].good) {
            fail_msg("%s", rows[i].url ? rows[i].url : "none");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_written),
        cmocka_unit_test(credentials_are_written),
        cmocka_unit_test(addresses_are_checked),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
