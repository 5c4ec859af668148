/* Formulas in schemes: what a record becomes, what is refused and in which words, and what lint says of a scheme. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/chinese.h"
#include "tests/unit/formula_faults.h"
#include "tests/unit/scheme_folder.h"
#include "transformer/preview.h"

static const char source[] =
    "{ \"name\": \"test.shops\", \"label\": \"shops\",\n"
    "  \"list\": [\"shops\"],\n"
    "  \"pagination\": { \"size\": \"size\", \"number\": \"page\", \"first\": 0, \"maxSize\": 100 },\n"
    "  \"request\": { \"kind\": { \"label\": \"k\" }, \"size\": { \"label\": \"s\" }, \"page\": { \"label\": \"p\" } "
    "},\n"
    "  \"response\": {\n"
    "    \"no\": { \"label\": \"n\", \"type\": \"string\" },\n"
    "    \"name\": { \"label\": \"n\", \"type\": \"string\" },\n"
    "    \"city\": { \"label\": \"c\", \"type\": \"string\" },\n"
    "    \"closed\": { \"label\": \"c\", \"type\": \"string\" },\n"
    "    \"price\": { \"label\": \"p\", \"type\": \"string\" },\n"
    "    \"goods_count\": { \"label\": \"g\", \"type\": \"string\" },\n"
    "    \"order\": { \"label\": \"o\", \"type\": \"string\" },\n"
    "    \"rows\": { \"label\": \"r\", \"type\": \"array\", \"fields\": {\n"
    "      \"code\": { \"label\": \"c\", \"type\": \"string\" }, \"price\": { \"label\": \"p\", \"type\": \"string\" "
    "},\n"
    "      \"unit\": { \"label\": \"u\", \"type\": \"string\" } } },\n"
    "    \"tags\": { \"label\": \"t\", \"type\": \"array\" },\n"
    "    \"token\": { \"label\": \"口令\", \"type\": \"string\", \"secret\": true } } }\n";

static const char target[] =
    "{ \"name\": \"test/items\", \"label\": \"items\", \"driver\": \"xingchen\", \"kind\": \"item\",\n"
    "  \"id\": \"id\", \"number\": \"number\",\n"
    "  \"save\": { \"path\": \"s\", \"items\": \"items\" }, \"find\": { \"one\": \"f\" }, \"list\": { \"path\": \"l\", "
    "\"page\": \"p\", \"size\": \"s\", \"rows\": \"rows\" }, "
    "\"lookups\": { \"units\": \"u\" }, \"words\": { \"login\": [\"token\"], \"throttled\": [\"too fast\"], "
    "\"busy\": [\"busy\"], \"permission\": [], \"exists\": [\"已存在\"], \"gone\": [\"不存在\"] },\n"
    "  \"request\": {\n"
    "    \"id\": { \"label\": \"i\", \"type\": \"string\" },\n"
    "    \"name\": { \"label\": \"名称\", \"type\": \"string\", \"required\": true },\n"
    "    \"text\": { \"label\": \"t\", \"type\": \"string\" },\n"
    "    \"flag\": { \"label\": \"f\", \"type\": \"boolean\" },\n"
    "    \"count\": { \"label\": \"c\", \"type\": \"integer\" },\n"
    "    \"weight\": { \"label\": \"w\", \"type\": \"number\" },\n"
    "    \"tags\": { \"label\": \"t\", \"type\": \"array\" },\n"
    "    \"prices\": { \"label\": \"p\", \"type\": \"array\", \"fields\": {\n"
    "      \"code\": { \"label\": \"c\", \"type\": \"string\", \"required\": true },\n"
    "      \"price\": { \"label\": \"p\", \"type\": \"string\" }, \"main\": { \"label\": \"m\", \"type\": \"boolean\" "
    "} } },\n"
    "    \"number\": { \"label\": \"n\", \"type\": \"string\" } } }\n";

static const char scheme_head[] =
    "{ \"name\": \"test\", \"env\": [\"UNIT\"],\n"
    "  \"source\": { \"api\": \"test.shops\", \"id\": \"no\", \"number\": \"no\",\n"
    "    \"request\": { \"size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page\": \"{{PAGINATION_START_PAGE}}\" } },\n"
    "  \"tables\": { \"kinds\": { \"39\": \"拼多多\", \"1\": 7 }, \"tax\": \"tax.csv\" },\n";

static void write_beside(const char *name, const char *text)
{
    char path[128];
    folder_path(path, sizeof path, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static int write_folder(void **state)
{
    static const char lua[] = "function join(list) return table.concat(list, '/') end\n"
                              "function tax(price, n) return round(decimal(price) * n * decimal('0.13'), 2) end\n"
                              "function fails(city) error('no such city: ' .. city) end\n";
    static const char csv[] = "\xef\xbb\xbf"
                              "code,rate,name\r\nA,0.13,\"normal, high\"\r\nB,0.06,low\r\n";
    (void)folder_make(state);
    folder_write(FILE_SOURCE, source, sizeof source - 1);
    folder_write(FILE_TARGET, target, sizeof target - 1);
    write_beside("tax.csv", csv);
    write_beside("shop.lua", lua);
    write_beside("bad.lua", "-- no Lua\nB A\n");
    return 0;
}

static int remove_all(void **state)
{
    char path[128];
    folder_path(path, sizeof path, "tax.csv");
    unlink(path);
    folder_path(path, sizeof path, "shop.lua");
    unlink(path);
    folder_path(path, sizeof path, "bad.lua");
    unlink(path);
    return folder_remove(state);
}

/* "filter", then the request without its number. */
static void write_scheme(const char *filter, const char *request)
{
    char text[8192];
    int size = snprintf(text, sizeof text,
                        "%s%s  \"target\": { \"api\": \"test/items\", \"request\": { \"number\": \"=no\",\n%s } } }\n",
                        scheme_head, filter, request);
    assert_in_range(size, 1, sizeof text - 1);
    folder_write(FILE_SCHEME, text, (size_t)size);
}

static const char *variable(const char *name)
{
    return strcmp(name, "UNIT") == 0 ? "77" : NULL;
}

/* What the preview says of the record. */
static void map_with(const char *record, char *out, size_t size)
{
    char path[128];
    struct scheme *scheme = NULL;
    struct map *map = NULL;
    struct cause cause = {""};
    struct buffer answer;
    folder_path(path, sizeof path, folder_names[FILE_SCHEME]);
    buffer_init(&answer, 1 << 20);
    if (scheme_load(path, &scheme, &cause) != 0 || map_new(scheme, variable, &map, &cause) != 0 ||
        preview_record(map, scheme, text_of(record), &answer, &cause) != 0) {
        fail_msg("%s", cause.text);
    }
    snprintf(out, size, "%.*s", TEXT_ARG(buffer_text(&answer)));
    buffer_fini(&answer);
    map_free(&map);
    scheme_free(&scheme);
}

#define MEGABYTE "LEN(REPT(city, 1000000))+"
#define FULL                                                                                                           \
    MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE        \
        MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE MEGABYTE "0"
static const struct {
    const char *filter, *request, *record;
    const char *outcome; /* payload without the number, "filtered", or "rejected: …" */
} cases[] = {
    {"", "\"name\": \"=TRIM(name)\"", "{\"no\":\"1\",\"name\":\" a \"}", "\"name\":\"a\""},
    {"", "\"name\": \"=name\", \"weight\": \"=price\"", "{\"no\":\"1\",\"name\":\"a\",\"price\":\"1.50\"}",
     "\"name\":\"a\",\"weight\":1.50"},
    {"", "\"name\": \"'=A1\"", "{\"no\":\"1\"}", "\"name\":\"=A1\""},
    {"", "\"name\": \"=\\\"＝A1\\\"\", \"text\": \"=\\\" =\\\" & no\"", "{\"no\":\"1\"}",
     "\"name\":\"＝A1\",\"text\":\" =1\""},
    {"", "\"name\": \"=\\\"=\\\" & no\"", "{\"no\":\"1\"}", "\"name\":\"=1\""},
    {"", "\"name\": \"x\", \"text\": \"=TEXTJOIN(\\\"-\\\", TRUE, name, city)\"", "{\"no\":\"1\",\"name\":\"a\"}",
     "\"name\":\"x\",\"text\":\"a\""},
    {"", "\"name\": \"x\", \"text\": \"=city\"", "{\"no\":\"1\"}", "\"name\":\"x\""},
    {"", "\"name\": \"x\", \"text\": \"=IF(city = \\\"\\\", \\\"\\\", city)\"", "{\"no\":\"1\"}", "\"name\":\"x\""},
    {"", "\"name\": \"x\", \"flag\": \"=closed <> 1\"", "{\"no\":\"1\",\"closed\":\"0\"}",
     "\"name\":\"x\",\"flag\":true"},
    {"", "\"name\": \"x\", \"count\": \"=ROUND(price * 2, 0)\"", "{\"no\":\"1\",\"price\":1.5}",
     "\"name\":\"x\",\"count\":3"},
    {"", "\"name\": \"x\", \"weight\": \"=price * 3\"", "{\"no\":\"1\",\"price\":\"19.99\"}",
     "\"name\":\"x\",\"weight\":59.97"},
    {"", "\"name\": \"x\", \"text\": \"=price * 3\"", "{\"no\":\"1\",\"price\":19.99}",
     "\"name\":\"x\",\"text\":\"59.97\""},
    {"", "\"name\": \"=TABLE(kinds, city, \\\"其他\\\")\"", "{\"no\":\"1\",\"city\":\"39\"}", "\"name\":\"拼多多\""},
    {"", "\"name\": \"=TABLE(kinds, city)\"", "{\"no\":\"1\",\"city\":1}", "\"name\":\"7\""},
    {"", "\"name\": \"=TABLE(tax.name, city)\", \"weight\": \"=TABLE(tax.rate, city)\"",
     "{\"no\":\"1\",\"city\":\"A\"}", "\"name\":\"normal, high\",\"weight\":0.13"},
    {"", "\"name\": \"=TABLE(tax.name, city)\"", "{\"no\":\"1\",\"city\":\"C\"}",
     "rejected: field name: column 18: city is 'C': not in the table"},
    {"", "\"name\": \"=env.UNIT & name\"", "{\"no\":\"1\",\"name\":\"a\"}", "\"name\":\"77a\""},
    {"", "\"name\": \"x\", \"text\": \"=1 + 1\"", "{\"no\":\"1\"}", "\"name\":\"x\",\"text\":\"2\""},
    {"", "\"name\": \"x\", \"text\": \"=price / goods_count\"", "{\"no\":\"1\",\"price\":1,\"goods_count\":0}",
     "rejected: field text: column 10: goods_count is 0: division by zero"},
    {"", "\"name\": \"x\", \"text\": \"=env.UNIT * name\"", "{\"no\":\"1\",\"name\":\"geheim\"}",
     "rejected: field text: column 13: the value of name: a number is needed"},
    {"", "\"name\": \"x\", \"text\": \"=env.UNIT * SUM(rows.price)\"",
     "{\"no\":\"1\",\"rows\":[{\"price\":\"geheim\"}]}",
     "rejected: field text: column 17: the value of rows.price: numbers are needed"},
    {"", "\"name\": \"x\", \"text\": \"=SUM(rows.price)\"",
     "{\"no\":\"1\",\"rows\":[{\"price\":1},{\"price\":\"面议\"}]}",
     "rejected: field text: column 6: rows.price is a list: item 2 is '面议': numbers are needed"},
    {"", "\"name\": \"=TRIM(name)\"", "{\"no\":\"1\",\"name\":\" \"}",
     "rejected: field name: empty (from =TRIM(name)), and the target requires it"},
    {"", "\"name\": \"x\", \"count\": \"=price / 2\"", "{\"no\":\"1\",\"price\":3}",
     "rejected: field count: '1.5' of =price / 2 does not become a whole number"},
    {"", "\"name\": \"x\", \"tags\": \"=SPLIT(name, \\\",\\\")\"", "{\"no\":\"1\",\"name\":\"a,b\"}",
     "\"name\":\"x\",\"tags\":[\"a\",\"b\"]"},
    {"", "\"name\": \"x\", \"tags\": \"=tags\"", "{\"no\":\"1\",\"tags\":[1,2]}", "\"name\":\"x\",\"tags\":[1,2]"},
    {"", "\"name\": \"x\", \"tags\": \"=name & city\"", "{\"no\":\"1\",\"name\":\"a\"}",
     "rejected: field tags: 'a' of =name & city does not become an array"},
    {"", "\"name\": \"=rows.code\"", "{\"no\":\"1\",\"rows\":[{\"code\":\"A\"},{\"code\":\"B\"}]}",
     "\"name\":\"[\\\"A\\\",\\\"B\\\"]\""},
    {"", "\"name\": \"=TEXTJOIN(\\\"/\\\", TRUE, rows.code) & SUM(rows.price)\"",
     "{\"no\":\"1\",\"rows\":[{\"code\":\"A\",\"price\":\"0.1\"},{\"code\":\"B\",\"price\":0.2}]}",
     "\"name\":\"A/B0.3\""},
    {"", "\"name\": \"=order.buyer.name\"", "{\"no\":\"1\",\"order\":{\"buyer\":{\"name\":\"王\"}}}",
     "\"name\":\"王\""},

    /* nested */
    {"",
     "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"=code\", \"price\": \"=TEXT(price, "
     "\\\"0.00\\\")\" } }",
     "{\"no\":\"1\",\"rows\":[{\"code\":\"A\",\"price\":\"1.5\"},{\"code\":\"B\",\"price\":2}]}",
     "\"name\":\"x\",\"prices\":[{\"code\":\"A\",\"price\":\"1.50\"},{\"code\":\"B\",\"price\":\"2.00\"}]"},
    {"",
     "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"when\": \"=NUMBER(price) > 1\", \"fields\": { \"code\": "
     "\"{{code}}-{{parent.city}}\", \"main\": \"=code = parent.city\" } }",
     "{\"no\":\"1\",\"city\":\"B\",\"rows\":[{\"code\":\"A\",\"price\":\"1\"},{\"code\":\"B\",\"price\":2}]}",
     "\"name\":\"x\",\"prices\":[{\"code\":\"B-B\",\"main\":true}]"},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"=code\" } }",
     "{\"no\":\"1\",\"rows\":[]}", "\"name\":\"x\""},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"=code\" } }", "{\"no\":\"1\"}",
     "\"name\":\"x\""},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"=code\" } }",
     "{\"no\":\"1\",\"rows\":\"none\"}", "rejected: field prices: rows is no list"},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"=code\" } }",
     "{\"no\":\"1\",\"rows\":[{\"code\":\"A\"},{\"price\":1}]}",
     "rejected: field prices[2].code: empty, and the target requires it"},
    {"",
     "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"=code\", \"price\": \"=price / 0\" "
     "} }",
     "{\"no\":\"1\",\"rows\":[{\"code\":\"A\",\"price\":1}]}",
     "rejected: field prices[1].price: column 10: 0: division by zero"},
    {"",
     "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"when\": \"=price\", \"fields\": { \"code\": \"=code\" } }",
     "{\"no\":\"1\",\"rows\":[{\"code\":\"A\",\"price\":\"maybe\"}]}",
     "rejected: field prices[1]: column 2: price is 'maybe': a condition is needed: true, false, 1 or 0"},
    {"",
     "\"name\": \"x\", \"prices\": [ { \"code\": \"=no\", \"main\": true }, { \"each\": \"rows\", \"fields\": { "
     "\"code\": "
     "\"=code\" } } ]",
     "{\"no\":\"1\",\"rows\":[{\"code\":\"A\"}]}",
     "\"name\":\"x\",\"prices\":[{\"code\":\"1\",\"main\":true},{\"code\":\"A\"}]"},
    {"",
     "\"name\": \"x\", \"tags\": [ \"=no\", \"k\", \"'=k\", { \"a\": \"=price\", \"b\": { \"c\": \"=city\" } }, 5 ]",
     "{\"no\":\"1\",\"price\":1.5,\"city\":\"\"}", "\"name\":\"x\",\"tags\":[\"1\",\"k\",\"=k\",{\"a\":1.5},5]"},
    {"", "\"name\": \"x\", \"tags\": [ { \"a\": \"=city\" } ]", "{\"no\":\"1\"}", "\"name\":\"x\""},
    {"", "\"name\": \"x\", \"tags\": [1, {\"a\": null}]", "{\"no\":\"1\"}", "\"name\":\"x\",\"tags\":[1,{\"a\":null}]"},
    {"", "\"name\": \"x\", \"tags\": { \"each\": \"order.lines\", \"fields\": { \"n\": \"=n\" } }",
     "{\"no\":\"1\",\"order\":{\"lines\":[{\"n\":\"1\"},{\"n\":2}]}}",
     "\"name\":\"x\",\"tags\":[{\"n\":\"1\"},{\"n\":2}]"},
    {"", "\"name\": \"x\", \"tags\": { \"each\": \"tags\", \"fields\": { \"n\": \"=value\" } }",
     "{\"no\":\"1\",\"tags\":[\"a\",2]}", "\"name\":\"x\",\"tags\":[{\"n\":\"a\"},{\"n\":2}]"},

    /* 18 texts of 1 MB: the arena of the record's formulas is full, in a function and between two fields */
    {"", "\"name\": \"=" FULL "\"", "{\"no\":\"1\",\"city\":\"A\"}",
     "rejected: field name: column 406: the formulas of this record need more than 16 MiB"},
    {"", "\"name\": \"=IFERROR(" FULL ", no)\"", "{\"no\":\"1\",\"city\":\"A\"}", "\"name\":\"1\""},

    /* Lua and the run's day */
    {"\"script\": \"shop.lua\",\n", "\"name\": \"=lua.join(rows.code) & lua.tax(price, 3)\"",
     "{\"no\":\"1\",\"price\":19.99,\"rows\":[{\"code\":\"a\"},{\"code\":\"b\"}]}", "\"name\":\"a/b7.8\""},
    {"\"script\": \"shop.lua\",\n", "\"name\": \"x\", \"text\": \"=lua.fails(city)\"", "{\"no\":\"1\",\"city\":\"A\"}",
     "rejected: field text: column 2: shop.lua:3: no such city: A"},
    {"\"script\": \"shop.lua\",\n", "\"name\": \"=IFERROR(lua.fails(city), city)\"", "{\"no\":\"1\",\"city\":\"A\"}",
     "\"name\":\"A\""},
    {"", "\"name\": \"=TEXT(RUN_DATE(), \\\"yyyy-MM-dd\\\")\"", "{\"no\":\"1\",\"RUN_DATE()\":1732752000}",
     "\"name\":\"2024-11-28\""},

    /* look-ups: the loader answers them */
    {"\"lookups\": { \"unit\": { \"list\": \"units\" } },\n", "\"name\": \"=LOOKUP(unit, city)\"",
     "{\"no\":\"1\",\"city\":\"件\"}", "\"name\":{\"$lookup\":[\"unit\",\"件\"]}"},
    {"\"lookups\": { \"unit\": { \"list\": \"units\" } },\n", "\"name\": \"x\", \"text\": \"=LOOKUP(unit, city)\"",
     "{\"no\":\"1\",\"city\":\"\"}", "\"name\":\"x\""},
    {"\"lookups\": { \"unit\": { \"list\": \"units\" } },\n",
     "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"=LOOKUP(unit, code, 7)\" } }",
     "{\"no\":\"1\",\"rows\":[{\"code\":\"a\"}]}",
     "\"name\":\"x\",\"prices\":[{\"code\":{\"$lookup\":[\"unit\",\"a\",\"7\"]}}]"},

    /* the filter */
    {"\"filter\": \"=AND(closed <> 1, NOT(STARTSWITH(no, \\\"T\\\")))\",\n", "\"name\": \"x\"",
     "{\"no\":\"1\",\"closed\":\"0\"}", "\"name\":\"x\""},
    {"\"filter\": \"=AND(closed <> 1, NOT(STARTSWITH(no, \\\"T\\\")))\",\n", "\"name\": \"x\"",
     "{\"no\":\"T1\",\"closed\":\"0\"}", "filtered"},
    {"\"filter\": \"=price > 1\",\n", "\"name\": \"x\"", "{\"no\":\"1\",\"price\":\"abc\"}",
     "rejected: filter: column 2: price is 'abc': it is compared with a number"},
    {"\"filter\": \"=city\",\n", "\"name\": \"x\"", "{\"no\":\"1\",\"city\":\"abc\"}",
     "rejected: filter: column 2: city is 'abc': a condition is needed: true, false, 1 or 0"},
    {"\"filter\": \"=TRIM(city)\",\n", "\"name\": \"x\"", "{\"no\":\"1\",\"city\":\" 1 \"}", "\"name\":\"x\""},
    {"\"filter\": \"=TRIM(city)\",\n", "\"name\": \"x\"", "{\"no\":\"1\",\"city\":\" \"}", "filtered"},
    {"\"filter\": \"=IF(city = no, 7, 1)\",\n", "\"name\": \"x\"", "{\"no\":\"1\",\"city\":\"1\"}",
     "rejected: filter: column 2: IF(city = no, 7, 1) is 7: a condition is needed: true, false, 1 or 0"},
    {"\"filter\": \"=TRUE\",\n", "\"name\": \"x\"", "{\"no\":\"1\"}", "\"name\":\"x\""},
    {"\"filter\": \"=0\",\n", "\"name\": \"x\"", "{\"no\":\"1\"}", "filtered"},
};

static void maps(void **state)
{
    (void)state;
    static const char head[] = "\"payload\":{", tail[] = ",\"number\":\"1\"},\"message\":null}";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char answer[4096], expected[4096];
        write_scheme(cases[i].filter, cases[i].request);
        map_with(cases[i].record, answer, sizeof answer);
        const char *outcome = cases[i].outcome, *payload = strstr(answer, head);
        if (strncmp(outcome, "rejected: ", 10) == 0) {
            snprintf(expected, sizeof expected, "\"message\":\"%s\"}", outcome + 10);
            payload = strstr(answer, "\"message\"");
        } else if (strcmp(outcome, "filtered") == 0) {
            snprintf(expected, sizeof expected, "{\"outcome\":\"filtered\"");
            answer[strlen(expected)] = '\0';
            payload = answer;
        } else {
            snprintf(expected, sizeof expected, "%s%s%s", head, outcome, tail);
        }
        if (!payload || strcmp(payload, expected) != 0) {
            fail_msg("%s\n%s\nexpected %s\nbut is %s", cases[i].request, cases[i].record, expected, answer);
        }
    }
}

struct told {
    char first[600];
    int count;
};

static void on_line(void *user, const char *line)
{
    struct told *told = user;
    if (told->count++ == 0) {
        const char *at = strstr(line, folder);
        assert_non_null(at);
        snprintf(told->first, sizeof told->first, "%.*s%s", (int)(at - line), line, at + strlen(folder) + 1);
    }
}

static void lints(void **state)
{
    (void)state;
    char path[128];
    folder_path(path, sizeof path, folder_names[FILE_SCHEME]);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct told told = {"", 0};
        write_scheme(faults[i].filter, faults[i].request);
        int count = scheme_lint(path, on_line, &told);
        assert_string_equal(told.first, faults[i].line);
        if (told.first[0] && !strstr(told.first, ".lua:")) { /* Lua speaks for itself */
            assert_chinese(told.first);
        }
        bool harmless = !faults[i].line[0] || strncmp(faults[i].line, "warning", 7) == 0;
        assert_int_equal(count > 0, !harmless);
    }
}

static void lint_tables(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *line;
    } rows[] = {
        {"code,rate\nA,1\nA,2\n", "tax.csv: line 3: the key A stands twice"},
        {"code,rate\nA\n", "tax.csv: line 2: 1 columns, but the first line names 2"},
        {"code\nA\n", "tax.csv: line 1: one column only: the first is the key, the second the value"},
        {"code,rate,rate\nA,1,2\n", "tax.csv: line 1: the column rate stands twice"},
        {"code,rate\n\"A,1\n", "tax.csv: line 2: a quote stands in the wrong place or has no end"},
        {"code,rate\n\xc4\xe3,1\n", "tax.csv: not UTF-8; save it as \"CSV UTF-8\""},
        {"code,rate\n\"A\nB\",1\n\nC,2\nC,3\n", "tax.csv: line 6: the key C stands twice"},
        {"code,rate\nA,1\n\n", ""},
        {"code,rate\rA,1\rB,2", ""},
    };
    char path[128], csv[128];
    folder_path(path, sizeof path, folder_names[FILE_SCHEME]);
    folder_path(csv, sizeof csv, "tax.csv");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct told told = {"", 0};
        FILE *out = fopen(csv, "w");
        assert_non_null(out);
        fputs(rows[i].csv, out);
        fclose(out);
        write_scheme("", "\"name\": \"=TABLE(tax, no, 1)\"");
        (void)scheme_lint(path, on_line, &told);
        assert_string_equal(told.first, rows[i].line);
        if (told.first[0]) {
            assert_chinese(told.first);
        }
    }
    unlink(csv);
    struct told told = {"", 0};
    assert_int_equal(scheme_lint(path, on_line, &told), 1);
    assert_string_equal(told.first,
                        "tax.csv: cannot be read: no such file; /tables names it, and it stands beside the scheme");
}

/* As spreadsheets write them that quote every cell. */
static void a_large_table_in_quotes(void **state)
{
    enum { ROWS = 100000 };
    (void)state;
    char path[128], csv[128];
    struct told told = {"", 0};
    folder_path(path, sizeof path, folder_names[FILE_SCHEME]);
    folder_path(csv, sizeof csv, "tax.csv");
    FILE *out = fopen(csv, "w");
    assert_non_null(out);
    fputs("\"code\",\"rate\"\r\n", out);
    for (int i = 0; i < ROWS; i++) {
        fprintf(out, "\"S%d\",\"%d \"\"percent\"\"\"\r\n", i, i);
    }
    assert_int_equal(fclose(out), 0);
    write_scheme("", "\"name\": \"=TABLE(tax, no, 1)\"");
    (void)scheme_lint(path, on_line, &told);
    assert_string_equal(told.first, "");
    unlink(csv);
}

/* What a fault tells would quote the file: credentials that lie beside the scheme are no tables and no scripts. */
static void files_named_by_schemes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool script, read;
    } rows[] = {
        {"tax.csv", false, true},        {"tax.TXT", false, true},      {"shop.lua", true, true},
        {"/tmp/tax.csv", false, false},  {"../tax.csv", false, false},  {"a/../tax.csv", false, false},
        {".env", false, false},          {".env.csv", false, false},    {"a/.keys/tax.csv", false, false},
        {"server.secret", false, false}, {"dianchen.db", false, false}, {".csv", false, false},
        {".env", true, false},           {"/etc/passwd", true, false},  {"a/.lua", true, false},
        {"server.secret", true, false},  {"tax.csv", true, false},
    };
    char path[128], upper[128], text[2048], wanted[128];
    folder_path(path, sizeof path, folder_names[FILE_SCHEME]);
    folder_path(upper, sizeof upper, "tax.TXT");
    write_beside("tax.csv", "code,rate\nA,1\n");
    write_beside("tax.TXT", "code,rate\nA,1\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct told told = {"", 0};
        const char *table = rows[i].script ? "tax.csv" : rows[i].name, *place = strstr(scheme_head, "tax.csv");
        assert_non_null(place);
        int size = snprintf(text, sizeof text,
                            "%.*s%s%s \"script\": \"%s\",\n \"target\": { \"api\": \"test/items\", \"request\": { "
                            "\"number\": \"=no\", \"name\": \"x\" } } }\n",
                            (int)(place - scheme_head), scheme_head, table, place + strlen("tax.csv"),
                            rows[i].script ? rows[i].name : "shop.lua");
        folder_write(FILE_SCHEME, text, (size_t)size);
        (void)scheme_lint(path, on_line, &told);
        (void)snprintf(wanted, sizeof wanted, "scheme.json:%d: %s: names a file beside the scheme: \"%s\"",
                       rows[i].script ? 5 : 4, rows[i].script ? "/script" : "/tables/tax",
                       rows[i].script ? "shop.lua" : "tax.csv");
        assert_string_equal(told.first, rows[i].read ? "" : wanted);
    }
    (void)unlink(upper);
}

static void hash_of(const char *csv, const char *request, char out[33])
{
    char path[128], table[128];
    struct scheme *scheme = NULL;
    struct cause cause = {""};
    folder_path(path, sizeof path, folder_names[FILE_SCHEME]);
    folder_path(table, sizeof table, "tax.csv");
    FILE *file = fopen(table, "w");
    assert_non_null(file);
    fputs(csv, file);
    fclose(file);
    write_scheme("", request);
    assert_int_equal(scheme_load(path, &scheme, &cause), 0);
    memcpy(out, scheme->hash, 33);
    scheme_free(&scheme);
}

/* Stages with another table make other payloads: they must not work together. */
static void hash_covers_tables(void **state)
{
    (void)state;
    char first[33], same[33], table[33], formula[33];
    hash_of("code,rate\nA,1\n", "\"name\": \"=TABLE(tax, no, 1)\"", first);
    hash_of("code,rate\nA,1\n", "\"name\": \"=TABLE(tax, no, 1)\"", same);
    hash_of("code,rate\nA,2\n", "\"name\": \"=TABLE(tax, no, 1)\"", table);
    hash_of("code,rate\nA,1\n", "\"name\": \"=TABLE(tax, no, 2)\"", formula);
    assert_string_equal(first, same);
    assert_string_not_equal(first, table);
    assert_string_not_equal(first, formula);
}

/* What is shown beside a value is what stands in the scheme, whatever it was compiled to. */
static void keeps_what_was_written(void **state)
{
    static const struct {
        const char *name, *value, *written;
    } rows[] = {
        {"text", "\"=city\"", "=city"},
        {"text", "\"=1 + 1\"", "=1 + 1"},
        {"text", "\"= TRIM( city )\"", "= TRIM( city )"},
        {"text", "\"{{city}}\"", ""},
        {"text", "\"'=A1\"", ""},
        {"count", "7", ""},
        {"tags", "[ \"=city\", 1 ]", "[\"=city\",1]"},
        {"tags", "[ 1, 2 ]", ""},
        {"prices", "[ { \"code\": \"=no\", \"main\": true } ]", "[{\"code\":\"=no\",\"main\":true}]"},
        {"prices", "{ \"each\": \"rows\", \"when\": \"=price > 1\", \"fields\": { \"code\": \"=code\" } }",
         "{\"each\":\"rows\",\"when\":\"=price > 1\",\"fields\":{\"code\":\"=code\"}}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char request[400], path[128];
        struct scheme *scheme = NULL;
        struct cause cause = {""};
        struct text written = TEXT("no such field");
        snprintf(request, sizeof request, "\"name\": \"x\", \"%s\": %s", rows[i].name, rows[i].value);
        write_scheme("", request);
        folder_path(path, sizeof path, folder_names[FILE_SCHEME]);
        if (scheme_load(path, &scheme, &cause) != 0) {
            fail_msg("%s", cause.text);
        }
        for (size_t j = 0; j < scheme->target.field_count; j++) {
            bool found = text_equal(scheme->target.fields[j].name, text_of(rows[i].name));
            written = found ? scheme->target.fields[j].written : written;
        }
        if (!text_equal(written, text_of(rows[i].written))) {
            fail_msg("%s: %.*s", request, TEXT_ARG(written));
        }
        scheme_free(&scheme);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(maps),
                                       cmocka_unit_test(lints),
                                       cmocka_unit_test(lint_tables),
                                       cmocka_unit_test(a_large_table_in_quotes),
                                       cmocka_unit_test(files_named_by_schemes),
                                       cmocka_unit_test(hash_covers_tables),
                                       cmocka_unit_test(keeps_what_was_written)};
    return cmocka_run_group_tests_name("formulas in schemes", tests, write_folder, remove_all);
}
