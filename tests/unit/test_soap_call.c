/* What the driver "soap" sends: the address, the headers and the envelope, letter for letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/secret.h"
#include "common/scheme/scheme.h"
#include "extractor/platform/params.h"
#include "extractor/soap/call.h"
#include "extractor/soap/settings.h"
#include "tests/unit/soap_folder.h"

#define S11 "http://schemas.xmlsoap.org/soap/envelope/"
#define S12 "http://www.w3.org/2003/05/soap-envelope"
#define OASIS "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
#define XML "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<soap:Envelope xmlns:soap=\""
#define ENVELOPE(inner) XML S11 "\" xmlns:q=\"urn:q\"><soap:Body>" inner "</soap:Body></soap:Envelope>"
#define ENVELOPE_12(inner) XML S12 "\" xmlns:q=\"urn:q\"><soap:Body>" inner "</soap:Body></soap:Envelope>"
#define HEADED XML S11 "\" xmlns:q=\"urn:q\"><soap:Header>"
#define BETWEEN "</soap:Header><soap:Body>"
#define WITH_HEADER(header, inner) HEADED header BETWEEN inner "</soap:Body></soap:Envelope>"
#define LINES_11(action) "Accept: text/xml\nSOAPAction: \"" action "\"\nContent-Type: text/xml; charset=utf-8\n"
#define LINES_12(action) "Accept: application/soap+xml\nContent-Type: application/soap+xml; charset=utf-8" action "\n"
#define CALL(more) "{ " SOAP_FOLDER_CALL ", " more ", " SOAP_FOLDER_BODY " }"
#define BODY(inner) "{ " SOAP_FOLDER_CALL ", \"body\": { \"q:Q\": " inner " } }"
#define REST "\"z\": \"{{size}} {{page}} {{no}}\""
#define SENT "<z>5 2 </z></q:Q>"
#define PAGE "<q:Query><q:size>5</q:size><q:page>2</q:page></q:Query>"
#define TOKEN(type, password)                                                                                          \
    "<wsse:Security xmlns:wsse=\"" OASIS "wssecurity-secext-1.0.xsd\" xmlns:wsu=\"" OASIS                              \
    "wssecurity-utility-1.0.xsd\" soap:mustUnderstand=\"1\"><wsse:UsernameToken><wsse:Username>me</wsse:Username>"     \
    "<wsse:Password Type=\"" OASIS "username-token-profile-1.0#Password" type "\">" password                           \
    "</wsse:Password><wsse:Nonce EncodingType=\"" OASIS                                                                \
    "soap-message-security-1.0#Base64Binary\">AAECAwQFBgcICQoLDA0ODw==</wsse:Nonce><wsu:Created>2026-01-31T00:00:00Z"  \
    "</wsu:Created></wsse:UsernameToken></wsse:Security>"

static const struct {
    struct soap_folder_file file;
    const char *kind; /* of the scheme's request; NULL = "" */
    const char *key;
    const char *url, *lines, *body;
} calls[] = {
    {{.call = NULL}, NULL, NULL, "http://h/api/ws", LINES_11(""), ENVELOPE(PAGE)},
    {{.call = NULL},
     "1",
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     ENVELOPE("<q:Query><q:size>5</q:size><q:page>2</q:page><q:kind>1</q:kind></q:Query>")},
    /* values can't become markup */
    {{.call = NULL},
     "</q:kind><q:no>&\\\"'店\\n\\u0001]]>",
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     ENVELOPE(
         "<q:Query><q:size>5</q:size><q:page>2</q:page><q:kind>&lt;/q:kind&gt;&lt;q:no&gt;&amp;&quot;'店&#10;]]&gt;"
         "</q:kind></q:Query>")},
    {{.call = NULL},
     NULL,
     "A<1",
     "http://h/api/ws",
     LINES_11(""),
     ENVELOPE("<q:Query><q:size>5</q:size><q:page>2</q:page><q:no>A&lt;1</q:no></q:Query>")},
    {{.call = NULL, .paging = "{ \"by\": \"offset\", \"size\": \"size\", \"number\": \"page\", \"maxSize\": 100 }"},
     NULL,
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     ENVELOPE("<q:Query><q:size>5</q:size><q:page>10</q:page></q:Query>")},
    /* versions, actions, the address */
    {{.call =
          CALL("\"action\": \"urn:q#Query\", \"query\": { \"client\": \"1&0\" }, \"headers\": { \"X-T\": \"t{{kind}}\" "
               "}")},
     NULL,
     NULL,
     "http://h/api/ws?client=1%260",
     "X-T: t\n" LINES_11("urn:q#Query"),
     ENVELOPE(PAGE)},
    {{.call = CALL("\"version\": \"1.2\"")}, NULL, NULL, "http://h/api/ws", LINES_12(""), ENVELOPE_12(PAGE)},
    {{.call = CALL("\"version\": \"1.2\", \"action\": \"urn:a\"")},
     NULL,
     NULL,
     "http://h/api/ws",
     LINES_12("; action=\"urn:a\""),
     ENVELOPE_12(PAGE)},
    /* elements */
    {{.call = BODY("{ \"@xmlns\": \"urn:d\", \"a\": \"\", \"b\": [1, true, \"<\"], " REST ", \"k\": \"{{kind}}\" }")},
     NULL,
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     ENVELOPE("<q:Q xmlns=\"urn:d\"><a></a><b>1</b><b>true</b><b>&lt;</b>" SENT)},
    {{.call =
          BODY("{ \"a\": { \"@x\": \"<{{kind}}\\\">\", \"@y\": \"{{kind}}\", \"@z\": \"{{no}}\", \"@n\": 1, \"#text\": "
               "\"t {{kind}}\" }, " REST " }")},
     "k&k",
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     ENVELOPE("<q:Q><a x=\"&lt;k&amp;k&quot;&gt;\" y=\"k&amp;k\" n=\"1\">t k&amp;k</a>" SENT)},
    {{.call = BODY("{ \"f\": { \"g\": \"{{kind}}\", \"h\": [\"{{kind}}\", \"x\"] }, " REST " }")},
     NULL,
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     ENVELOPE("<q:Q><f><h>x</h></f>" SENT)},
    {{.call = BODY("{ \"n\": null, " REST ", \"k\": \"{{kind}}\" }")},
     NULL,
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     XML S11 "\" xmlns:q=\"urn:q\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soap:Body><q:Q><n "
             "xsi:nil=\"true\"/>" SENT "</soap:Body></soap:Envelope>"},
    /* credentials */
    {{.call = CALL("\"header\": { \"q:Login\": { \"@soap:mustUnderstand\": \"1\", \"q:u\": \"{{SOAP_USER}}\", \"q:p\": "
                   "\"{{SOAP_PASSWORD}}\", \"q:t\": \"{{SOAP_TOKEN}}\" } }")},
     NULL,
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     WITH_HEADER("<q:Login soap:mustUnderstand=\"1\"><q:u>me</q:u><q:p>p&lt;w&amp;rd</q:p><q:t>token-1</q:t></q:Login>",
                 PAGE)},
    {{.auth = "{ \"kind\": \"wsse\" }"},
     NULL,
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     WITH_HEADER(TOKEN("Text", "p&lt;w&amp;rd"), PAGE)},
    /* printf '\0\1…\17' + 2026-01-31T00:00:00Z + p<w&rd | openssl sha1 -binary | base64 */
    {{.auth = "{ \"kind\": \"wsse\", \"password\": \"digest\" }"},
     NULL,
     NULL,
     "http://h/api/ws",
     LINES_11(""),
     WITH_HEADER(TOKEN("Digest", "M2xrVsPiwXQ/iWetpCMbbh/4+B4="), PAGE)},
};

static struct scheme *scheme_of(size_t i)
{
    char path[128], text[8192];
    struct scheme *scheme = NULL;
    struct cause cause;
    soap_folder_write(&calls[i].file);
    const char *whole = folder_texts[FILE_SCHEME], *at = strstr(whole, "\"kind\": \"\" },");
    const char *rest = strstr(whole, "\"pagination\"");
    int size = snprintf(text, sizeof text, "%.*s\"kind\": \"%s\" },\n    \"slices\": [{}],\n    %s", (int)(at - whole),
                        whole, calls[i].kind ? calls[i].kind : "", rest);
    assert_in_range(size, 1, sizeof text - 1);
    folder_write(FILE_SCHEME, text, (size_t)size);
    folder_path(path, sizeof path, "scheme.json");
    if (scheme_load(path, &scheme, &cause)) {
        fail_msg("%zu: %s", i, cause.text);
    }
    return scheme;
}

static void requests_are_written(void **state)
{
    (void)state;
    static const struct rest_settings settings = {
        .url = "http://h/api/", .user = "me", .password = "p<w&rd", .token = "token-1"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct scheme *scheme = scheme_of(i);
        struct buffer url, lines, body;
        const char **env = NULL;
        struct cause cause;
        buffer_init(&url, 4000);
        buffer_init(&lines, 4000);
        buffer_init(&body, 8000);
        assert_int_equal(params_open(scheme, &env, &cause), 0);
        struct soap_call call = {
            .values = {.scheme = scheme, .env = env, .key = calls[i].key, .page = 2, .page_size = 5},
            .settings = &settings,
            .now = INT64_C(1769817600000)};
        for (int k = 0; k < SOAP_NONCE; k++) {
            call.nonce[k] = (unsigned char)k;
        }
        assert_int_equal(soap_call_write(&call, &url, &lines, &body), 0);
        for (size_t k = 0; k < lines.size; k++) {
            lines.data[k] = lines.data[k] == '\0' ? '\n' : lines.data[k];
        }
        buffer_add_char(&lines, '\0');
        buffer_add_char(&body, '\0');
        if (strcmp(url.data, calls[i].url) != 0 || strcmp(lines.data, calls[i].lines) != 0 ||
            strcmp(body.data, calls[i].body) != 0) {
            fail_msg("%zu: %s\n%s\n%s\nnot\n%s", i, url.data, lines.data, body.data, calls[i].body);
        }
        buffer_fini(&body);
        buffer_init(&body, 10);
        assert_int_equal(soap_call_write(&call, &url, &lines, &body), ERR_LIMIT);
        buffer_fini(&url);
        buffer_fini(&lines);
        buffer_fini(&body);
        free(env);
        scheme_free(&scheme);
    }
}

/* What an envelope needs is missed before the first call, and shows nowhere as it stands in the envelope. */
static void credentials_are_checked(void **state)
{
    (void)state;
    static const struct {
        struct soap_form form;
        struct rest_settings settings;
        const char *missing; /* NULL = none */
    } rows[] = {
        {{.has_user = false}, {.url = NULL}, NULL},
        {{.has_user = true}, {.url = NULL}, "SOAP_USER"},
        {{.has_password = true}, {.user = "me"}, "SOAP_PASSWORD"},
        {{.has_token = true}, {.user = "me"}, "SOAP_TOKEN"},
        {{.security = SOAP_PASSWORD_TEXT}, {.user = "me"}, "SOAP_PASSWORD"},
        {{.security = SOAP_PASSWORD_DIGEST}, {.password = "secret"}, "SOAP_USER"},
        {{.security = SOAP_PASSWORD_TEXT}, {.user = "me", .password = "open<sesame>"}, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cause cause = {.text = ""};
        soap_settings = rows[i].settings;
        int error = soap_credentials_check(&rows[i].form, &cause);
        if (rows[i].missing ? error != ERR_INPUT || !strstr(cause.text, rows[i].missing) : error != 0) {
            fail_msg("%zu: %d %s", i, error, cause.text);
        }
    }
    char line[] = "<p>open&lt;sesame&gt;</p>";
    secret_wipe(line);
    assert_string_equal(line, "<p>***</p>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_written),
        cmocka_unit_test(credentials_are_checked),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
