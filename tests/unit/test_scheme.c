#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/scheme/cast.h"
#include "common/scheme/scheme.h"
#include "tests/unit/chinese.h"
#include "tests/unit/scheme_folder.h"

/* ---- what is refused, and in which words ---- */

static const struct {
    enum folder_file file;
    const char *from, *to; /* the edit */
    const char *line;      /* the first fault, without the folder */
} faults[] = {
    {FILE_SCHEME, "\"name\": \"{{name}}\"", "\"nmae\": \"{{name}}\"",
     "scheme.json:12: /target/request/nmae: no such field of test/items; did you mean name?"},
    {FILE_SCHEME, "\"name\": \"test\"", "\"nmae\": \"test\"", "scheme.json:2: /nmae: no such key; did you mean name?"},
    {FILE_SCHEME, "\"name\": \"test\"", "\"colour\": 1, \"name\": \"test\"", "scheme.json:2: /colour: no such key"},
    {FILE_SCHEME, "\"name\": \"test\",", "", "scheme.json:1: \"name\" is missing"},
    {FILE_SCHEME, "\"name\": \"test\"", "\"name\": \"\"", "scheme.json:2: /name: must be a text that is not empty"},
    {FILE_SCHEME, "\"name\": \"test\"", "\"name\": \"1\",\n\"name\": \"2\"",
     "scheme.json:3: /name: stands twice in this object, first in line 2"},
    {FILE_SCHEME, "\"name\": \"test\"", "\"name\": \"0123456789012345678901234567890123456789012345678901234567890\"",
     "scheme.json:2: /name: longer than 60 bytes"},
    {FILE_SCHEME, "\"name\": \"test\",", "\"name\": \"test\" \"x\",",
     "scheme.json:2: column 18: a comma is missing before this"},
    {FILE_SCHEME, "{\n", "[\n", "scheme.json:2: column 9: not JSON"},
    {FILE_SCHEME, "\"api\": \"test.shops\"", "\"api\": \"test.shop\"",
     "api/test.shop.json: cannot be read: no such file; the scheme is named by --scheme or DIANCHEN_SCHEME, its API "
     "files stand in api/ beside it"},
    {FILE_SCHEME, "\"api\": \"test.shops\"", "\"api\": \"../shops\"",
     "scheme.json:3: /source/api: no name of an API: letters, digits and . _ - / only"},
    {FILE_SCHEME, "\"id\": \"no\"", "\"id\": \"nr\"",
     "scheme.json:3: /source/id: nr: no such field of test.shops; did you mean no?"},
    {FILE_SCHEME, "\"id\": \"no\", ", "", "scheme.json:3: /source: \"id\" is missing"},
    {FILE_SCHEME, "\"kind\": \"\"", "\"knid\": \"\"",
     "scheme.json:4: /source/request/knid: no such request parameter of test.shops; did you mean kind?"},
    {FILE_SCHEME, "\"kind\": \"\"", "\"kind\": null",
     "scheme.json:4: /source/request/kind: must be a text or a number"},
    {FILE_SCHEME, "\"kind\": \"\"", "\"kind\": \"a{{env.X}}\"",
     "scheme.json:4: /source/request/kind: a request parameter is a text, {{PAGINATION_PAGE_SIZE}}, "
     "{{PAGINATION_START_PAGE}} or {{env.NAME}} alone"},
    {FILE_SCHEME, "\"kind\": \"\"", "\"kind\": \"{{PAGINATION_PAGE_SIZE}}\"",
     "scheme.json:4: /source/request/kind: {{PAGINATION_PAGE_SIZE}} is for size, {{PAGINATION_START_PAGE}} for page"},
    {FILE_SCHEME, "{{PAGINATION_START_PAGE}}", "0",
     "scheme.json:4: /source/request/page: {{PAGINATION_PAGE_SIZE}} is for size, {{PAGINATION_START_PAGE}} for page"},
    {FILE_SCHEME, "\"page\": \"{{PAGINATION_START_PAGE}}\", ", "",
     "scheme.json:4: /source/request: \"page\": \"{{PAGINATION_START_PAGE}}\" is missing"},
    {FILE_SCHEME, "{ \"kind\": 2 }", "{ \"kin\": 2 }",
     "scheme.json:5: /source/slices/1/kin: no such request parameter of test.shops; did you mean kind?"},
    {FILE_SCHEME, "{ \"kind\": 2 }", "{ \"page\": 2 }",
     "scheme.json:5: /source/slices/1/page: a slice can't change the paging"},
    {FILE_SCHEME, "{ \"kind\": 2 }", "2", "scheme.json:5: /source/slices/1: must be an object: {…}"},
    {FILE_SCHEME, "[ { \"kind\": \"1\" }, { \"kind\": 2 } ]", "[]",
     "scheme.json:5: /source/slices: needs 1 to 100 slices; [{}] reads all in one"},
    {FILE_SCHEME, "\"pageSize\": 50", "\"pageSize\": 0",
     "scheme.json:6: /source/pagination/pageSize: must be a whole number from 1 to 1000"},
    {FILE_SCHEME, "\"pageSize\": 50", "\"pageSize\": 1001",
     "scheme.json:6: /source/pagination/pageSize: must be a whole number from 1 to 1000"},
    {FILE_SCHEME, "\"pageSize\": 50", "\"pageSize\": 101",
     "scheme.json:6: /source/pagination/pageSize: test.shops gives at most 100 records a page"},
    {FILE_SCHEME, "\"pageSize\": 50", "\"pagesize\": 50",
     "scheme.json:6: /source/pagination/pagesize: no such key; did you mean pageSize?"},
    {FILE_SCHEME, "\"concurrency\": 4", "\"concurrency\": 1.5",
     "scheme.json:7: /source/limits/concurrency: must be a whole number from 1 to 64"},
    {FILE_SCHEME, "\"callsPerMinute\": 60", "\"callsPerMinute\": \"60\"",
     "scheme.json:7: /source/limits/callsPerMinute: must be a whole number from 0 to 60000"},
    {FILE_SCHEME, "\"op\": \"ne\"", "\"op\": \"nee\"",
     "scheme.json:8: /filter/0/op: must be one of eq, ne, in, not_in, empty, not_empty, contains, prefix; did you mean "
     "ne?"},
    {FILE_SCHEME, "\"op\": \"ne\"", "\"op\": \"in\"",
     "scheme.json:8: /filter/0/value: op in needs a list: [\"1\", \"2\"]"},
    {FILE_SCHEME, "\"op\": \"ne\"", "\"op\": \"empty\"", "scheme.json:8: /filter/0/value: op empty takes no value"},
    {FILE_SCHEME, ", \"value\": \"1\"", "", "scheme.json:8: /filter/0: op ne needs a value"},
    {FILE_SCHEME, "\"ne\", \"value\": \"1\"", "\"prefix\", \"value\": \"\"",
     "scheme.json:8: /filter/0/value: op prefix needs a text that is not empty: every record has the empty one"},
    {FILE_SCHEME, "\"field\": \"closed\"", "\"field\": \"close\"",
     "scheme.json:8: /filter/0/field: close: no such field of test.shops; did you mean closed?"},
    {FILE_SCHEME, "\"field\": \"closed\"", "\"field\": \"token\"",
     "scheme.json:8: /filter/0/field: token (口令) is a credential of the shop and stays where it is; to send it all "
     "the same, add \"allowSecret\": [\"token\"] to /source"},
    {FILE_SCHEME, "\"batch\": 50", "\"batch\": 0",
     "scheme.json:9: /target/batch: must be a whole number from 1 to 1000"},
    {FILE_SCHEME, "\"batch\": 50", "\"batch\": 1001",
     "scheme.json:9: /target/batch: must be a whole number from 1 to 1000"},
    {FILE_SCHEME, "\"UNIT\", ", "\"WDT_SID\", ",
     "scheme.json:2: /env/0: WDT_SID is a setting of the programs: give the scheme a variable of its own"},
    {FILE_SCHEME, "\"UNIT\", ", "\"all_proxy\", ",
     "scheme.json:2: /env/0: a variable's name has capital letters, digits and _ only"},
    {FILE_SCHEME, "\"UNIT\", ", "\"ALL_PROXY\", ",
     "scheme.json:2: /env/0: ALL_PROXY is a setting of the programs: give the scheme a variable of its own"},
    {FILE_SCHEME, "\"UNIT\", ", "\"XINGCHEN_PASSWORD\", ",
     "scheme.json:2: /env/0: XINGCHEN_PASSWORD: a secret can't be the value of a field"},
    {FILE_SCHEME, "\"UNIT\", ", "\"GIT_TOKEN\", ",
     "scheme.json:2: /env/0: GIT_TOKEN: a secret can't be the value of a field"},
    {FILE_SCHEME, "\"UNIT\", ", "\"CLOUD_ACCESS_KEY_ID\", ",
     "scheme.json:2: /env/0: CLOUD_ACCESS_KEY_ID: a secret can't be the value of a field"},
    {FILE_SCHEME, "\"UNIT\", ", "\"SHOP_FILE\", ",
     "scheme.json:2: /env/0: SHOP_FILE: no file is read for a scheme: name a variable that holds the value"},
    {FILE_SCHEME, "\"flag\": true", "\"text\": \"{{env.HOME}}\"",
     "scheme.json:13: /target/request/text: env.HOME: the scheme does not list this variable: add \"env\": [\"HOME\"] "
     "to "
     "it, beside \"name\""},
    {FILE_SCHEME, "\"kind\": \"\"", "\"kind\": \"{{env.HOME}}\"",
     "scheme.json:4: /source/request/kind: env.HOME: the scheme does not list this variable: add \"env\": [\"HOME\"] "
     "to "
     "it, beside \"name\""},
    {FILE_SCHEME, "\"kind\": \"\"", "\"kind\": \"{{env.WDT_APP_SECRET}}\"",
     "scheme.json:4: /source/request/kind: env.WDT_APP_SECRET: a secret can't be the value of a field"},
    {FILE_SCHEME, "\"adopt\"", "\"update\"", "scheme.json:9: /target/existing: must be one of reject, adopt, skip"},
    {FILE_SCHEME, "\"number\": \"{{no}}\",", "",
     "scheme.json:11: /target/request: \"number\": \"{{no}}\" is missing: records are found again by it"},
    {FILE_SCHEME, "\"number\": \"{{no}}\"", "\"number\": \"S{{no}}\"",
     "scheme.json:11: /target/request/number: must be {{no}}, the field that /source/number names: records are found "
     "again by it"},
    {FILE_SCHEME, "\"number\": \"{{no}}\"", "\"number\": \"{{name}}\"",
     "scheme.json:11: /target/request/number: must be {{no}}, the field that /source/number names: records are found "
     "again by it"},
    {FILE_SCHEME, "\"name\": \"{{name}}\",", "\"nmae\" // a key, its value two lines on\n:\n\"{{name}}\",",
     "scheme.json:12: /target/request/nmae: no such field of test/items; did you mean name?"},
    {FILE_SCHEME, "\"name\": \"{{name}}\",", "",
     "scheme.json:11: /target/request: name (名称) is missing, and test/items requires it"},
    {FILE_SCHEME, "\"{{name}}\"", "\"\"",
     "scheme.json:12: /target/request/name: name (名称) is required and can't be empty"},
    {FILE_SCHEME, "\"{{name}}\"", "\"{{nam}}\"",
     "scheme.json:12: /target/request/name: nam: no such field of test.shops; did you mean name?"},
    {FILE_SCHEME, "\"{{name}}\"", "\"{{name\"", "scheme.json:12: /target/request/name: {{ without }}: {{name"},
    {FILE_SCHEME, "\"{{name}}\"", "\"a{{ }}\"", "scheme.json:12: /target/request/name: {{}} names no field"},
    {FILE_SCHEME, "\"{{name}}\"", "\"{{env.unit}}\"",
     "scheme.json:12: /target/request/name: {{env.unit}}: a variable's name has capital letters, digits and _ only, at "
     "most 64"},
    {FILE_SCHEME, "\"{{name}}\"", "\"{{token}}\"",
     "scheme.json:12: /target/request/name: token (口令) is a credential of the shop and stays where it is; to send it "
     "all the same, add \"allowSecret\": [\"token\"] to /source"},
    {FILE_SCHEME, "\"flag\": true", "\"flag\": \"yes\"",
     "scheme.json:13: /target/request/flag: yes does not become a boolean (true, false, 1 or 0), the type of flag (f)"},
    {FILE_SCHEME, "\"flag\": true", "\"count\": 1.5",
     "scheme.json:13: /target/request/count: 1.5 does not become a whole number, the type of count (c)"},
    {FILE_SCHEME, "\"flag\": true", "\"tags\": {\"a\":1}",
     "scheme.json:13: /target/request/tags: {\"a\":1} does not become an array, the type of tags (t)"},
    {FILE_SCHEME, "\"flag\": true", "\"tags\": \"{{name}}\"",
     "scheme.json:13: /target/request/tags: tags (t) takes an array: give a source field of that type, or […]"},
    {FILE_SCHEME, "\"flag\": true", "\"id\": \"{{no}}\"",
     "scheme.json:13: /target/request/id: is filled in by itself when a record is updated; leave it out"},
    {FILE_SCHEME, "\"60s\"", "\"60\"",
     "scheme.json:14: /schedule/every: must be a duration from 1s to 366d: 15s, 2m, 1h, 30d"},
    {FILE_SCHEME, "\"60s\"", "\"999ms\"",
     "scheme.json:14: /schedule/every: must be a duration from 1s to 366d: 15s, 2m, 1h, 30d"},
    {FILE_SCHEME, "\"every\": \"60s\"", "\"every\": \"60s\", \"at\": \"0 2 * * *\"",
     "scheme.json:14: /schedule: needs either \"every\" (\"60s\") or \"at\" (\"0 2 * * *\": 02:00 each day)"},
    {FILE_SCHEME, "\"every\": \"60s\"", "\"zone\": \"UTC\"",
     "scheme.json:14: /schedule: needs either \"every\" (\"60s\") or \"at\" (\"0 2 * * *\": 02:00 each day)"},
    {FILE_SCHEME, "\"every\": \"60s\"", "\"every\": \"60s\", \"zone\": \"UTC\"",
     "scheme.json:14: /schedule/zone: goes with \"at\" only"},
    {FILE_SCHEME, "\"every\": \"60s\"", "\"at\": \"0 24 * * *\"",
     "scheme.json:14: /schedule/at: hour (field 2): 24: must be from 0 to 23"},
    {FILE_SCHEME, "\"every\": \"60s\"", "\"at\": \"0 2 * * *\", \"zone\": \"Asia/Beijing\"",
     "scheme.json:14: /schedule/zone: no such time zone; write its name in the tz database: Asia/Shanghai, "
     "Europe/Berlin, UTC"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"keep\": \"10ms\"",
     "scheme.json:14: /keep: must be a duration from 1s to 3660d: 12h, 30d"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"budget\": { \"percent\": 101 }",
     "scheme.json:14: /budget/percent: must be a whole number from 0 to 100"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"vanished\": \"delete\"",
     "scheme.json:14: /vanished: must be ignore, report, or { \"disable\": { the fields that are set in the target } "
     "}"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"vanished\": { \"percent\": 5 }",
     "scheme.json:14: /vanished: \"disable\" is missing"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"vanished\": { \"disable\": { \"name\": \"x\" }, \"percent\": 0 }",
     "scheme.json:14: /vanished/percent: must be a whole number from 1 to 100"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"vanished\": { \"disable\": {} }",
     "scheme.json:14: /vanished/disable: says no field: { \"enable\": \"0\" }"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"vanished\": { \"disable\": { \"name\": \"x\", \"nuber\": 1 } }",
     "scheme.json:14: /vanished/disable/nuber: no such field of test/items; did you mean number?"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"vanished\": { \"disable\": { \"name\": \"x\", \"number\": \"1\" } }",
     "scheme.json:14: /vanished/disable/number: is filled in by itself: a record keeps its number; leave it out"},
    {FILE_SCHEME, "\"60s\" }",
     "\"60s\" }, \"vanished\": { \"disable\": { \"flag\": false } }", /* it must have a name */
     "scheme.json:12: /target/request/name: name: not known of a record that has vanished, but only no; say "
     "under /vanished/disable what the field becomes"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"vanished\": { \"disable\": { \"name\": \"=CONCAT(no, city)\" } }",
     "scheme.json:14: /vanished/disable/name: column 13: city: not known of a record that has vanished, but only no; "
     "say under /vanished/disable what the field becomes"},
    {FILE_SCHEME, "\"60s\" }", "\"60s\" }, \"budget\": { \"reject\": 1 }",
     "scheme.json:14: /budget/reject: no such key; did you mean rejects?"},
    {FILE_SCHEME, "\"title\": \"name\"", "\"allowSecret\": [\"tokn\"]",
     "scheme.json:3: /source/allowSecret/0: no such field of test.shops; did you mean token?"},
    {FILE_SCHEME, "\"title\": \"name\"", "\"allowSecret\": [\"city\"]",
     "scheme.json:3: /source/allowSecret/0: city is not secret: it needs no permission"},
    {FILE_SCHEME, "\"title\": \"name\"", "\"title\": \"token\", \"allowSecret\": [\"token\"]",
     "scheme.json:3: /source/title: a secret field can't name a record"},
    {FILE_SOURCE, "\"label\": \"k\"", "\"lable\": \"k\"",
     "api/test.shops.json:4: /request/kind/lable: no such key; did you mean label?"},
    {FILE_SOURCE, "[\"shops\"]", "[]", "api/test.shops.json:2: /list: needs 1 to 10 names"},
    {FILE_SOURCE, "\"maxSize\": 100", "\"maxSize\": 1001",
     "api/test.shops.json:3: /pagination/maxSize: must be a whole number from 1 to 1000"},
    {FILE_SOURCE, "\"number\": \"page\"", "\"number\": \"pag\"",
     "api/test.shops.json:3: /pagination/number: no such field in /request; did you mean page?"},
    {FILE_SOURCE, "\"type\": \"array\"", "\"type\": \"list\"",
     "api/test.shops.json:11: /response/tags/type: must be one of string, boolean, integer, number, array"},
    {FILE_SOURCE, "\"secret\": true", "\"secret\": 1",
     "api/test.shops.json:12: /response/token/secret: must be true or false"},
    {FILE_SOURCE, "\"test.shops\"", "\"shops\"",
     "api/test.shops.json:1: /name: is not test.shops, which the file's name and scheme.json say"},
    {FILE_TARGET, "\"number\": \"number\"", "\"number\": \"no\"",
     "api/test.items.json:2: /number: no such field in /request"},
    {FILE_TARGET, "\"save\": { \"path\": \"test/items\", \"items\": \"items\" },", "",
     "api/test.items.json:1: \"save\" is missing: tell what its records are, the paths by which they are saved, found "
     "again and listed, and the words of its refusals, as api/jdy.basedata.material_batch_save.json does"},
    {FILE_TARGET, "\"kind\": \"item\"", "\"kind\": \"an item\"",
     "api/test.items.json:2: /kind: must be a word of letters, digits, _ and -: store"},
    {FILE_TARGET, "\"driver\": \"xingchen\"", "\"driver\": \"xinchen\"",
     "api/test.items.json:2: /driver: must be one of xingchen, rest; did you mean xingchen?"},
    {FILE_TARGET, "[\"token\"]", "[7]", "api/test.items.json:5: /words/login/0: must be a text that is not empty"},
    {FILE_TARGET, "[\"token\"]", "\"token\"", "api/test.items.json:5: /words/login: must be a list: […]"},
    {FILE_TARGET, "\"one\"", "\"ones\"", "api/test.items.json:4: /find/ones: no such key; did you mean one?"},
    {FILE_TARGET, "\"test/all\"", "\"/test/all\"",
     "api/test.items.json:4: /list/path: no path: letters, digits and . _ - / only, and no / in front"},
    {FILE_TARGET, "\"rows\": \"rows\"", "\"rows\": \"rows\", \"with\": { \"a\": [1] }",
     "api/test.items.json:4: /list/with/a: must be a text, a number, true or false"},
    {FILE_TARGET, "\"items\": \"items\"", "\"items\": \"items\", \"most\": 20",
     "scheme.json:9: /target/batch: test/items takes at most 20 records a call"},
    {FILE_TARGET, "\"items\": \"items\"", "\"most\": 20",
     "api/test.items.json:3: /save/most: without items the body is one record: name the member that holds several, or "
     "leave most out"},
    {FILE_TARGET, ", \"items\": \"items\"", "",
     "scheme.json:9: /target/batch: test/items takes at most 1 record a call"},
    {FILE_TARGET, "\"units\": \"test/units\"", "\"accounts\": \"test/units\"",
     "api/test.items.json:4: /lookups/accounts: is a name of letters, digits and _ with the path of a list; accounts "
     "is "
     "taken"},
    {FILE_TARGET, "{ \"units\": \"test/units\" }", "{}",
     "api/test.items.json:14: /request/unit_id/lookup: /lookups has no path for it"},
    {FILE_TARGET, "\"lookup\": \"units\"", "\"lookup\": \"unit\"",
     "api/test.items.json:14: /request/unit_id/lookup: /lookups has no path for it; did you mean units?"},
    {FILE_TARGET, "\"lookup\": \"units\"", "\"lookup\": \"units\", \"values\": {}",
     "api/test.items.json:14: /request/unit_id/values: needs 1 to 200 values, of a field that is no array"},
    {FILE_TARGET, "\"lookup\": \"units\"", "\"lookup\": \"units\", \"values\": { \"1\": 1 }",
     "api/test.items.json:14: /request/unit_id/values/1: must be a text that says what the value means"},
    {FILE_SCHEME, "\"adopt\"", "\"adopt\", \"then\": [\"audt\"]",
     "scheme.json:9: /target/then/0: /then of api/test.items.json has no such step; did you mean audit?"},
    {FILE_SCHEME, "\"adopt\"", "\"adopt\", \"then\": [\"audit\", \"audit\"]",
     "scheme.json:9: /target/then/1: stands here twice"},
    {FILE_TARGET, "\"audit\": {", "\"the audit\": {",
     "api/test.items.json:5: /then/the audit: a step needs a name of letters, digits, _ and -: audit"},
    {FILE_TARGET, "\"test/audit\"", "\"/test/audit\"",
     "api/test.items.json:5: /then/audit/path: no path: letters, digits and . _ - / only, and no / in front"},
    {FILE_TARGET, "[\"{{id}}\"]", "[\"{{name}}\"]",
     "api/test.items.json:5: /then/audit/body: needs one value \"{{id}}\" or \"{{number}}\": of the record in the "
     "target"},
    {FILE_TARGET, "[\"{{id}}\"]", "\"{{id}}\"",
     "api/test.items.json:5: /then/audit/body: with \"most\" above 1 a call names several records, so it must stand "
     "alone in a list: [\"{{id}}\"]"},
    {FILE_TARGET, "\"value\": \"C\"", "\"values\": \"C\"",
     "api/test.items.json:5: /then/audit/done/values: no such key; did you mean value?"},
    {FILE_TARGET, "[\"done before\"]", "[\"\"]",
     "api/test.items.json:5: /then/audit/words/0: must be a text that is not empty"},
};

/* `line` without the folder's name, wherever it stands. */
static void strip_folder(const char *line, char *out, size_t size)
{
    size_t prefix = strlen(folder), used = 0;
    while (*line && used + 1 < size) {
        if (strncmp(line, folder, prefix) == 0) {
            line += prefix + 1;
        } else {
            out[used++] = *line++;
        }
    }
    out[used] = '\0';
}

static void keep_first(void *user, const char *line)
{
    char *first = user;
    if (!*first) {
        strip_folder(line, first, sizeof(struct cause));
    }
}

static void test_faults(void **state)
{
    (void)state;
    char path[128];
    folder_path(path, sizeof path, "scheme.json");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        folder_edit(faults[i].file, faults[i].from, faults[i].to);
        char first[sizeof(struct cause)] = "";
        int count = scheme_lint(path, keep_first, first);
        assert_string_equal(first, faults[i].line);
        assert_chinese(first);
        struct scheme *scheme = NULL;
        struct cause cause;
        char loaded[sizeof cause];
        assert_int_equal(scheme_load(path, &scheme, &cause), ERR_INPUT);
        assert_null(scheme);
        strip_folder(cause.text, loaded, sizeof loaded);
        assert_memory_equal(loaded, first, strlen(first));
        assert_true((strstr(loaded, " more: `dianchen lint ") != NULL) == (count > 1));
        folder_edit(faults[i].file, NULL, NULL);
    }
}

static void count_line(void *user, const char *line)
{
    assert_true(line[0] != '\0');
    (*(int *)user)++;
}

static void test_lint_tells_all(void **state)
{
    (void)state;
    char path[128];
    folder_path(path, sizeof path, "scheme.json");
    static const char text[] =
        "{ \"name\": 7, \"source\": { \"api\": \"test.shops\", \"id\": \"x\", \"number\": \"no\",\n"
        "\"request\": {} }, \"target\": { \"api\": \"test/items\", \"request\": {} }, \"every\": 1 }";
    folder_write(FILE_SCHEME, text, sizeof text - 1);
    int told = 0;
    assert_int_equal(scheme_lint(path, count_line, &told), 7);
    assert_int_equal(told, 7);
    folder_edit(FILE_SCHEME, NULL, NULL);
}

/* Any cut of a good file, and any bytes, end in a fault and not in a crash. */
static void test_cut_files(void **state)
{
    (void)state;
    char path[128];
    folder_path(path, sizeof path, "scheme.json");
    for (size_t size = 0; size + 2 < strlen(folder_texts[FILE_SCHEME]); size += 7) {
        int told = 0;
        folder_write(FILE_SCHEME, folder_texts[FILE_SCHEME], size);
        assert_true(scheme_lint(path, count_line, &told) > 0);
    }
    folder_edit(FILE_SCHEME, NULL, NULL);
    int told = 0;
    assert_int_equal(scheme_lint(folder, count_line, &told), 1);
}

/* ---- what is accepted ---- */

static void load(struct scheme **scheme)
{
    char path[128];
    struct cause cause = {""};
    folder_path(path, sizeof path, "scheme.json");
    if (scheme_load(path, scheme, &cause) != 0) {
        fail_msg("%s", cause.text);
    }
}

static bool says(struct text t, const char *expected)
{
    return text_equal(t, text_of(expected));
}

static void test_compiled(void **state)
{
    (void)state;
    struct scheme *s = NULL;
    load(&s);
    assert_true(says(s->name, "test"));
    assert_true(says(s->source.api, "test.shops"));
    assert_true(says(s->target.api, "test/items"));
    assert_int_equal(s->slot_count, 3);
    assert_int_equal(s->source.id_slot, scheme_slot(s, TEXT("no")));
    assert_int_equal(s->source.title_slot, scheme_slot(s, TEXT("name")));
    assert_int_equal(scheme_slot(s, TEXT("closed")), 2);
    assert_int_equal(scheme_slot(s, TEXT("city")), -1);
    assert_int_equal(s->source.page_size, 50);
    assert_int_equal(s->source.calls_per_minute, 60);
    assert_int_equal(s->target.calls_per_minute, 0);
    assert_int_equal(s->target.concurrency, 2);
    assert_int_equal(s->target.existing, EXISTING_ADOPT);
    assert_int_equal(s->every, 60000);
    assert_int_equal(s->source.list_key_count, 1);
    assert_true(says(s->source.list_keys[0], "shops"));
    assert_int_equal(s->source.request_count, 3);
    assert_int_equal(s->source.request[0].kind, PARAM_PAGE_SIZE);
    assert_int_equal(s->source.request[1].kind, PARAM_PAGE_NO);
    assert_int_equal(s->source.request[2].kind, PARAM_CONSTANT);
    assert_int_equal(s->source.slice_count, 2);
    assert_true(says(s->source.slices[0].params[0].value, "1"));
    assert_true(says(s->source.slices[1].params[0].value, "2"));
    assert_int_equal(s->filter_count, 1);
    assert_int_equal(s->filters[0].op, FILTER_NE);
    assert_int_equal(s->target.field_count, 3); /* in the order of the API file */
    assert_true(says(s->target.fields[0].name, "name"));
    assert_true(s->target.fields[0].required);
    assert_true(says(s->target.fields[1].json, "true"));
    assert_true(says(s->target.fields[2].member, "\"number\":"));
    assert_int_equal(strlen(s->hash), 32);
    scheme_free(&s);
    assert_null(s);
}

/* What may be left out has a default. */
static void test_defaults(void **state)
{
    (void)state;
    static const char text[] =
        "{ \"name\": \"test\", \"source\": { \"api\": \"test.shops\", \"id\": \"no\", \"number\": \"no\",\n"
        "\"request\": { \"size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page\": \"{{PAGINATION_START_PAGE}}\" } },\n"
        "\"target\": { \"api\": \"test/items\", \"request\": { \"number\": \"{{no}}\", \"name\": \"x\", \"text\": \"\" "
        "} } }";
    folder_write(FILE_SCHEME, text, sizeof text - 1);
    struct scheme *s = NULL;
    load(&s);
    assert_int_equal(s->source.page_size, 100);
    assert_int_equal(s->source.first_page, 0);
    assert_int_equal(s->source.slice_count, 1);
    assert_int_equal(s->source.slices[0].count, 0);
    assert_int_equal(s->source.title_slot, -1);
    assert_int_equal(s->source.calls_per_minute, 60);
    assert_int_equal(s->target.batch, 50);
    assert_int_equal(s->target.calls_per_minute, 300);
    assert_int_equal(s->target.existing, EXISTING_REJECT);
    assert_int_equal(s->every, 0);
    assert_int_equal(s->keep, 30 * 86400000LL);
    assert_true(s->budget.rejects == 0 && s->budget.percent == 0 && s->budget.consecutive == 100);
    assert_int_equal(s->source.key_param.size, 0); /* no parameter has the name of its key */
    assert_int_equal(s->target.field_count, 2);    /* an empty constant is not sent */
    scheme_free(&s);
    folder_edit(FILE_SCHEME, NULL, NULL);
}

/* How the files are written changes neither hash nor line numbers; what they say does. */
static void test_hash(void **state)
{
    (void)state;
    struct scheme *plain = NULL, *other = NULL;
    load(&plain);
    char text[8192] = "\xEF\xBB\xBF// a comment with \" and {\r\n/* another,\r\n two lines */ ";
    size_t used = strlen(text);
    for (const char *c = folder_texts[FILE_SCHEME]; *c; c++) {
        used += (size_t)snprintf(text + used, sizeof text - used, *c == '\n' ? "\r\n" : "%c", *c);
    }
    folder_write(FILE_SCHEME, text, used);
    load(&other);
    assert_string_equal(plain->hash, other->hash);
    char *op = strstr(text, "\"ne\"");
    assert_non_null(op);
    memcpy(op, "\"no\"", 4);
    folder_write(FILE_SCHEME, text, used);
    char path[128], first[sizeof(struct cause)] = "";
    folder_path(path, sizeof path, "scheme.json");
    assert_int_equal(scheme_lint(path, keep_first, first), 1);
    assert_memory_equal(first, "scheme.json:10: /filter/0/op", 28);
    scheme_free(&other);

    static const struct {
        enum folder_file file;
        const char *from, *to;
    } changes[] = {{FILE_SCHEME, "\"batch\": 50", "\"batch\": 51"},
                   {FILE_SOURCE, "[\"shops\"]", "[\"shop_list\"]"},
                   {FILE_TARGET, "\"type\": \"integer\"", "\"type\": \"string\""}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        folder_edit(FILE_SCHEME, NULL, NULL);
        folder_edit(changes[i].file, changes[i].from, changes[i].to);
        load(&other);
        assert_string_not_equal(plain->hash, other->hash);
        scheme_free(&other);
        folder_edit(changes[i].file, NULL, NULL);
    }
    scheme_free(&plain);
}

static void test_allowed_secret(void **state)
{
    (void)state;
    folder_edit(FILE_SCHEME, "\"title\": \"name\",", "\"allowSecret\": [\"token\"], \"title\": \"name\",");
    struct scheme *s = NULL;
    load(&s);
    assert_int_equal(scheme_slot(s, TEXT("token")),
                     -1); /* allowed, but nothing uses it: it does not leave the source */
    scheme_free(&s);
    folder_edit(FILE_SCHEME, NULL, NULL);
}

/* ---- casts ---- */

static const struct {
    enum scheme_type type;
    const char *value; /* JSON */
    const char *json;  /* NULL: does not cast; "": empty, left out */
} casts[] = {
    {TYPE_STRING, "\"a\\\"\\n店\"", "\"a\\\"\\n店\""},
    {TYPE_STRING, "12", "\"12\""},
    {TYPE_STRING, "-0.25", "\"-0.25\""},
    {TYPE_STRING, "1.0", "\"1\""},
    {TYPE_STRING, "9007199254740993", "\"9007199254740993\""},
    {TYPE_STRING, "1234567890123456789012345678901", "\"1234567890123456789012345678901\""},
    {TYPE_STRING, "0.1", "\"0.1\""},
    {TYPE_STRING, "true", "\"true\""},
    {TYPE_STRING, "false", "\"false\""},
    {TYPE_STRING, "[1,\"b\"]", "\"[1,\\\"b\\\"]\""},
    {TYPE_STRING, "null", ""},
    {TYPE_STRING, "\"\"", ""},
    {TYPE_STRING, "{}", ""},
    {TYPE_STRING, "[]", ""},
    {TYPE_STRING, "\" \"", "\" \""},
    {TYPE_BOOLEAN, "true", "true"},
    {TYPE_BOOLEAN, "false", "false"},
    {TYPE_BOOLEAN, "1", "true"},
    {TYPE_BOOLEAN, "0", "false"},
    {TYPE_BOOLEAN, "\"1\"", "true"},
    {TYPE_BOOLEAN, "\"0\"", "false"},
    {TYPE_BOOLEAN, "\"true\"", "true"},
    {TYPE_BOOLEAN, "\"false\"", "false"},
    {TYPE_BOOLEAN, "\"\"", ""},
    {TYPE_BOOLEAN, "2", NULL},
    {TYPE_BOOLEAN, "\"TRUE\"", NULL},
    {TYPE_BOOLEAN, "\"是\"", NULL},
    {TYPE_BOOLEAN, "[true]", NULL},
    {TYPE_INTEGER, "7", "7"},
    {TYPE_INTEGER, "7.0", "7"},
    {TYPE_INTEGER, "\"-7\"", "-7"},
    {TYPE_INTEGER, "9007199254740993", "9007199254740993"},
    {TYPE_INTEGER, "\"\"", ""},
    {TYPE_INTEGER, "7.5", NULL},
    {TYPE_INTEGER, "\"7.0\"", NULL},
    {TYPE_INTEGER, "\" 7\"", NULL},
    {TYPE_INTEGER, "\"99999999999999999999\"", NULL},
    {TYPE_INTEGER, "true", NULL},
    {TYPE_NUMBER, "7.5", "7.5"},
    {TYPE_NUMBER, "7", "7"},
    {TYPE_NUMBER, "\"0.10\"", "0.10"},
    {TYPE_NUMBER, "\"-1e5\"", "-1e5"},
    {TYPE_NUMBER, "\"01\"", NULL},
    {TYPE_NUMBER, "\".5\"", NULL},
    {TYPE_NUMBER, "\"1.\"", NULL},
    {TYPE_NUMBER, "\"1e\"", NULL},
    {TYPE_NUMBER, "\"NaN\"", NULL},
    {TYPE_NUMBER, "true", NULL},
    {TYPE_ARRAY, "[1,{\"a\":\"b\"}]", "[1,{\"a\":\"b\"}]"},
    {TYPE_ARRAY, "[]", "[]"},
    {TYPE_ARRAY, "null", ""},
    {TYPE_ARRAY, "\"\"", ""},
    {TYPE_ARRAY, "\"[]\"", NULL},
    {TYPE_ARRAY, "{\"a\":1}", NULL},
    {TYPE_ARRAY, "1", NULL},
};

static void test_casts(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer out;
    arena_init(&arena, 1 << 20);
    buffer_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
        const cJSON *item = NULL;
        struct value value;
        buffer_clear(&out, 1 << 20);
        assert_int_equal(json_parse(&arena, text_of(casts[i].value), 1000, JSON_STRICT, &item, NULL), 0);
        assert_int_equal(scheme_value_of(item, &arena, &value), 0);
        int result = scheme_cast(casts[i].type, &value, &out);
        int expected = !casts[i].json ? ERR_SYNTAX : casts[i].json[0] ? 0 : ERR_NOT_FOUND;
        if (result != expected || !says(buffer_text(&out), casts[i].json ? casts[i].json : "")) {
            fail_msg("%s as type %d: %d, %.*s", casts[i].value, (int)casts[i].type, result,
                     TEXT_ARG(buffer_text(&out)));
        }
    }
    buffer_fini(&out);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),         cmocka_unit_test(test_lint_tells_all), cmocka_unit_test(test_cut_files),
        cmocka_unit_test(test_compiled),       cmocka_unit_test(test_defaults),       cmocka_unit_test(test_hash),
        cmocka_unit_test(test_allowed_secret), cmocka_unit_test(test_casts),
    };
    return cmocka_run_group_tests_name("scheme", tests, folder_make, folder_remove);
}
