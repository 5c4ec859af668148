/* XML of a SOAP reply as JSON: what a record becomes, and what hostile XML meets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/json/json.h"
#include "extractor/soap/value.h"

#define S11 "http://schemas.xmlsoap.org/soap/envelope/"
#define S12 "http://www.w3.org/2003/05/soap-envelope"
#define XSI "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
#define BODY(inner) "<s:Envelope xmlns:s='" S11 "' " XSI "><s:Body>" inner "</s:Body></s:Envelope>"
#define ROWS(inner) BODY("<r:R xmlns:r='urn:r'><l>" inner "</l><n>2</n></r:R>")
#define AS_ROWS(json) "{\"R\":{\"l\":{\"i\":" json "},\"n\":\"2\"}}"

static const struct soap_array lots[] = {{.name = {"lot", 3}}};
static const struct soap_array arrays[] = {
    {.name = {"tag", 3}},
    {.name = {"rows", 4}, .item = {"row", 3}, .inner = lots, .inner_count = 1},
};
static const struct soap_form form = {
    .rest = {.list = {"/R/l/i", 6}, .total = {"/R/n", 4}, .message = {"/R/l/note", 9}},
    .arrays = arrays,
    .array_count = 2,
};

static const struct {
    const char *xml, *json;
} bodies[] = {
    /* lists */
    {ROWS("<i><a>1</a></i><i><a>2</a></i>"), AS_ROWS("[{\"a\":\"1\"},{\"a\":\"2\"}]")},
    {ROWS("<i><a>1</a></i>"), AS_ROWS("[{\"a\":\"1\"}]")},
    {ROWS(""), AS_ROWS("[]")},
    {ROWS(" \n "), AS_ROWS("[]")},
    {ROWS("<note/>"), "{\"R\":{\"l\":{\"note\":\"\",\"i\":[]},\"n\":\"2\"}}"},
    {BODY("<R><l xsi:nil='true'/></R>"), "{\"R\":{\"l\":{\"i\":[]}}}"},
    {BODY("<R><l count='0'/></R>"), "{\"R\":{\"l\":{\"@count\":\"0\",\"i\":[]}}}"},
    /* never taken for empty */
    {ROWS("<row><a>1</a></row>"), "{\"R\":{\"l\":{\"row\":{\"a\":\"1\"}},\"n\":\"2\"}}"},
    {ROWS("no rights"), "{\"R\":{\"l\":{\"#text\":\"no rights\"},\"n\":\"2\"}}"},
    {BODY("<R/>"), "{\"R\":{}}"},
    {BODY("<R><n>0</n></R>"), "{\"R\":{\"n\":\"0\"}}"},
    {BODY(""), "{}"},
    {BODY("<R><l/><l/></R>"), "{\"R\":{\"l\":[{\"i\":[]},{\"i\":[]}]}}"},
    {BODY("<Q><i><a>1</a></i></Q>"), "{\"Q\":{\"i\":{\"a\":\"1\"}}}"},
    /* values: digit for digit, text as it stands */
    {ROWS("<i><p>0012.500</p><q> 1 </q><r/><s></s></i>"),
     AS_ROWS("[{\"p\":\"0012.500\",\"q\":\" 1 \",\"r\":\"\",\"s\":\"\"}]")},
    {ROWS("<i><p>9007199254740993.10</p></i>"), AS_ROWS("[{\"p\":\"9007199254740993.10\"}]")},
    {ROWS("<i><p>&lt;b&gt; &amp;amp; &#x5e97;&#128512; \"\\</p></i>"), AS_ROWS("[{\"p\":\"<b> &amp; 店😀 \\\"\\\\\"}]")},
    {ROWS("<i><p><![CDATA[<x>&y;]]> z</p></i>"), AS_ROWS("[{\"p\":\"<x>&y; z\"}]")},
    {ROWS("<i><p>a<!-- no -->b<?pi no?>c</p></i>"), AS_ROWS("[{\"p\":\"abc\"}]")},
    {ROWS("<i><p xsi:nil='true'/><q xsi:nil='1'/><r xsi:nil='false'>x</r></i>"),
     AS_ROWS("[{\"p\":null,\"q\":null,\"r\":\"x\"}]")},
    {ROWS("<i><o><a>1</a><b><c>2</c></b></o></i>"), AS_ROWS("[{\"o\":{\"a\":\"1\",\"b\":{\"c\":\"2\"}}}]")},
    {ROWS("<i><a>1</a><a>2</a><a/></i>"), AS_ROWS("[{\"a\":[\"1\",\"2\",\"\"]}]")},
    {ROWS("<i>one <b>2</b> three</i>"), AS_ROWS("[{\"b\":\"2\",\"#text\":\"one  three\"}]")},
    {ROWS("<x:i xmlns:x='urn:x'><x:a>1</x:a><a>2</a></x:i>"), AS_ROWS("[{\"a\":[\"1\",\"2\"]}]")},
    {ROWS("<i><店名>北</店名></i>"), AS_ROWS("[{\"店名\":\"北\"}]")},
    /* attributes */
    {ROWS("<i id='7' k='&quot;&amp;'><a>1</a></i>"), AS_ROWS("[{\"@id\":\"7\",\"@k\":\"\\\"&\",\"a\":\"1\"}]")},
    {ROWS("<i id='7'/>"), AS_ROWS("[{\"@id\":\"7\"}]")},
    {ROWS("<i><p currency='CNY'>1.50</p></i>"), AS_ROWS("[{\"p\":\"1.50\",\"p@currency\":\"CNY\"}]")},
    {ROWS("<i><p xsi:type='xsd:int' xmlns:xsd='urn:d' s:mustUnderstand='1'>1</p></i>"), AS_ROWS("[{\"p\":\"1\"}]")},
    {ROWS("<i><p xsi:nil='true' why='lost'/></i>"), AS_ROWS("[{\"p\":null,\"p@why\":\"lost\"}]")},
    {ROWS("<i><t k='a'>x</t><t>y</t></i>"), AS_ROWS("[{\"t\":[{\"@k\":\"a\",\"#text\":\"x\"},\"y\"]}]")},
    {ROWS("<i xmlns:y='urn:y' y:id='1' id='2'/>"), AS_ROWS("[{\"@id\":\"1\"}]")},
    /* arrays of the API file */
    {ROWS("<i><tag>x</tag></i>"), AS_ROWS("[{\"tag\":[\"x\"]}]")},
    {ROWS("<i><tag><a>1</a></tag></i>"), AS_ROWS("[{\"tag\":[{\"a\":\"1\"}]}]")},
    {ROWS("<i><tag xsi:nil='true'/></i>"), AS_ROWS("[{\"tag\":null}]")},
    {ROWS("<i><rows><row><a>1</a></row></rows></i>"), AS_ROWS("[{\"rows\":[{\"a\":\"1\"}]}]")},
    {ROWS("<i><rows><row><a>1</a></row><row><a>2</a><lot>3</lot></row></rows></i>"),
     AS_ROWS("[{\"rows\":[{\"a\":\"1\"},{\"a\":\"2\",\"lot\":[\"3\"]}]}]")},
    {ROWS("<i><rows/></i>"), AS_ROWS("[{\"rows\":[]}]")},
    {ROWS("<i><rows xsi:nil='true'/></i>"), AS_ROWS("[{\"rows\":null}]")},
    {ROWS("<i><rows><line><a>1</a></line></rows></i>"), AS_ROWS("[{\"rows\":{\"line\":{\"a\":\"1\"}}}]")},
    {ROWS("<i><rows><row/><more/></rows></i>"), AS_ROWS("[{\"rows\":{\"row\":\"\",\"more\":\"\"}}]")},
    {ROWS("<i><rows>text</rows></i>"), AS_ROWS("[{\"rows\":\"text\"}]")},
    {ROWS("<i><o><tag>x</tag></o></i>"), AS_ROWS("[{\"o\":{\"tag\":\"x\"}}]")}, /* of the record alone */
    /* envelopes */
    {"\xef\xbb\xbf<?xml version='1.0' encoding='GBK'?>\n<e:Envelope xmlns:e='" S12
     "'><e:Header><x/></e:Header><e:Body><R><l><i><a>店</a></i></l></R></e:Body></e:Envelope>\n",
     "{\"R\":{\"l\":{\"i\":[{\"a\":\"店\"}]}}}"},
    {"<Envelope xmlns='" S11 "'><Body><R xmlns=''><l/></R></Body></Envelope>", "{\"R\":{\"l\":{\"i\":[]}}}"},
};

static void bodies_become_json(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 16 << 20);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct xml_document document;
        struct buffer out;
        struct cause cause;
        const cJSON *tree;
        buffer_init(&out, VALUE_JSON_MAX);
        int error = xml_read(text_of(bodies[i].xml), &arena, &document);
        const struct xml_element *body = error ? NULL : value_body(document.root);
        if (!body) {
            fail_msg("%zu: %d %s", i, error, document.why);
        }
        value_put(&out, body, &form);
        if (!text_equal(buffer_text(&out), text_of(bodies[i].json))) {
            fail_msg("%zu: %.*s\n   not %s", i, TEXT_ARG(buffer_text(&out)), bodies[i].json);
        }
        assert_int_equal(json_parse(&arena, buffer_text(&out), 1 << 20, JSON_STRICT, &tree, &cause), 0);
        buffer_fini(&out);
        arena_reset(&arena, 0);
    }
    arena_fini(&arena);
}

static const struct {
    const char *xml;
    int error;
    const char *why; /* what it must say */
} refusals[] = {
    {"", ERR_SYNTAX, "empty"},
    {"no xml", ERR_SYNTAX, "line 1: Start tag expected"},
    {"<a><b></a></b>", ERR_SYNTAX, "line 1: Opening and ending tag mismatch: b"},
    {"<a>\n<b>1", ERR_SYNTAX, "line 2: "},
    {"<a/><b/>", ERR_SYNTAX, "line 1: Extra content"},
    {"<a>&nbsp;</a>", ERR_SYNTAX, "line 1: Entity 'nbsp' not defined"},
    {"<a>&#0;</a>", ERR_SYNTAX, "line 1: "},
    {"<a>\x01</a>", ERR_SYNTAX, "line 1: "},
    {"<a>secret \xff\xff</a>", ERR_SYNTAX, "line 1: "},
    {"<a b='1' b='2'/>", ERR_SYNTAX, "line 1: Attribute b redefined"},
    {"<a b='<'/>", ERR_SYNTAX, "line 1: "},
    {"<!DOCTYPE html><html><body><br></body></html>", ERR_REFUSED, "line 1: <!DOCTYPE html"},
    {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", ERR_REFUSED, "line 1: <!DOCTYPE a"},
    {"<!DOCTYPE a [<!ENTITY a0 \"lol\"><!ENTITY a1 \"&a0;&a0;&a0;&a0;&a0;&a0;\"><!ENTITY a2 "
     "\"&a1;&a1;&a1;&a1;&a1;&a1;&a1;\">]><a>&a2;</a>",
     ERR_REFUSED, "<!DOCTYPE a"},
    {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", ERR_REFUSED, "<!DOCTYPE a"},
    {"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/x\">%p;]><a/>", ERR_REFUSED,
     "<!DOCTYPE a"},
    {"<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file:///etc/passwd'/></a>", 0, ""},
};

static void hostile_xml_is_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 16 << 20);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct xml_document document;
        int error = xml_read(text_of(refusals[i].xml), &arena, &document);
        if (error != refusals[i].error || !strstr(document.why, refusals[i].why) || strchr(document.why, '\n') ||
            strstr(document.why, "secret")) {
            fail_msg("%zu: %d '%s'", i, error, document.why);
        }
        assert_true(error == 0 || !document.root);
    }
    arena_fini(&arena);
}

/* ---- limits ---- */

static char *repeated(const char *before, const char *piece, size_t times, const char *after)
{
    struct buffer out;
    buffer_init(&out, 64 << 20);
    buffer_add_text(&out, text_of(before));
    for (size_t i = 0; i < times; i++) {
        buffer_add_text(&out, text_of(piece));
    }
    buffer_add_text(&out, text_of(after));
    buffer_add_char(&out, '\0');
    assert_false(out.failed);
    return out.data;
}

static int read_error(char *xml, const char *why)
{
    struct arena arena;
    struct xml_document document;
    arena_init(&arena, (size_t)256 << 20);
    int error = xml_read(text_of(xml), &arena, &document);
    if (error && !strstr(document.why, why)) {
        fail_msg("'%s', not '%s'", document.why, why);
    }
    arena_fini(&arena);
    free(xml);
    return error;
}

static void limits_hold(void **state)
{
    (void)state;
    struct buffer names;
    char nested[20 * XML_DEPTH] = "";
    for (int i = 0; i < XML_DEPTH; i++) {
        memcpy(nested + (size_t)i * 4, "</a>", 5);
    }
    assert_int_equal(read_error(repeated("", "<a>", XML_DEPTH, nested), ""), 0);
    assert_int_equal(read_error(repeated("", "<a>", XML_DEPTH + 1, ""), "nested too deep"), ERR_LIMIT);
    assert_int_equal(read_error(repeated("<a>", "<b/>", XML_ELEMENTS_MAX - 1, "</a>"), ""), 0);
    assert_int_equal(read_error(repeated("<a>", "<b/>", XML_ELEMENTS_MAX, "</a>"), "too many elements"), ERR_LIMIT);
    assert_int_equal(read_error(repeated("<", "n", XML_NAME_MAX, "/>"), ""), 0);
    assert_int_equal(read_error(repeated("<", "n", XML_NAME_MAX + 1, "/>"), "a name is too long"), ERR_LIMIT);
    assert_int_equal(read_error(repeated("<a>", "x", 11000000, "</a>"), ""), ERR_LIMIT);

    buffer_init(&names, 1 << 20);
    buffer_add_text(&names, TEXT("<a>"));
    for (int i = 0; i <= XML_MEMBERS_MAX; i++) {
        buffer_format(&names, "<n%d/>", i);
    }
    buffer_add_char(&names, '\0');
    assert_int_equal(read_error(names.data, "too many names"), ERR_LIMIT);
}

static void encodings_are_told(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"<?xml version=\"1.0\" encoding=\"GBK\"?><a/>", "gbk"},
        {" <?xml version='1.0' encoding = 'utf-8' standalone='yes'?><a/>", "utf-8"},
        {"<?xml version='1.0'?><a encoding='GBK'/>", ""},
        {"<a encoding='GBK'/>", ""},
        {"<?xml encoding='GBK", ""},
        {"<?xml encoding?>", ""},
        {"<?xml encoding=?>", ""},
        {"<?xml encoding='?>", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char encoding[XML_ENCODING_ROOM];
        xml_encoding(text_of(rows[i][0]), encoding);
        assert_string_equal(encoding, rows[i][1]);
    }
}

static void envelopes_are_known(void **state)
{
    (void)state;
    static const char *const others[] = {
        "<Envelope><Body/></Envelope>",
        "<s:Envelope xmlns:s='" S11 "'/>",
        "<s:Envelope xmlns:s='" S11 "'><Body/></s:Envelope>",
        "<s:Body xmlns:s='" S11 "'/>",
        "<s:Envelope xmlns:s='" S11 "' xmlns:t='" S12 "'><t:Body/></s:Envelope>",
    };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct xml_document document;
        assert_int_equal(xml_read(text_of(others[i]), &arena, &document), 0);
        assert_null(value_body(document.root));
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_become_json), cmocka_unit_test(hostile_xml_is_refused), cmocka_unit_test(limits_hold),
        cmocka_unit_test(encodings_are_told), cmocka_unit_test(envelopes_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
