/* Schemes that are refused, and what is said of them; for test_formula_scheme.c. */
#ifndef DIANCHEN_TESTS_UNIT_FORMULA_FAULTS_H
#define DIANCHEN_TESTS_UNIT_FORMULA_FAULTS_H

#define NEARLY                                                                                                         \
    "a formula begins with =, in half width and without a blank before it; a text that begins so is itself written "   \
    "as a formula: =\"＝…\""

static const struct {
    const char *filter, *request;
    const char *line; /* the first one, without the folder */
} faults[] = {
    {"", "\"name\": \"=TRMI(name)\"",
     "scheme.json:6: /target/request/name: column 2: TRMI: no such function; did you mean TRIM?"},
    {"", "\"name\": \"x\",\n\"text\": \"=nmae\"",
     "scheme.json:7: /target/request/text: column 2: nmae: no such field of test.shops; did you mean name?"},
    {"", "\"name\": \"=token\"",
     "scheme.json:6: /target/request/name: column 2: token: token (口令) is a credential of the shop and stays where "
     "it is; "
     "to send it all the same, add \"allowSecret\": [\"token\"] to /source"},
    {"", "\"name\": \"=IF（name，1）\"", "scheme.json:6: /target/request/name: column 4: full-width （: write ("},
    {"", "\"name\": \"＝name\"", "scheme.json:6: /target/request/name: " NEARLY},
    {"", "\"name\": \" =name\"", "scheme.json:6: /target/request/name: " NEARLY},
    {"", "\"name\": \"　\\t＝name\"", "scheme.json:6: /target/request/name: " NEARLY},
    {"", "\"name\": \"＝{{name}}\"", "scheme.json:6: /target/request/name: " NEARLY},
    {"", "\"name\": \"x\", \"tags\": [ \"＝name\" ]", "scheme.json:6: /target/request/tags/0: " NEARLY},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"\\u00a0=code\" } }",
     "scheme.json:6: /target/request/prices/fields/code: " NEARLY},
    {"\"filter\": \"＝closed = 1\",\n", "\"name\": \"x\"",
     "scheme.json:5: /filter: must be a list of conditions, or a formula: \"=…\""},
    {"", "\"name\": \"=env.HOME\"",
     "scheme.json:6: /target/request/name: column 2: env.HOME: the scheme does not list this variable: add \"env\": "
     "[\"HOME\"] to it, beside \"name\""},
    {"", "\"name\": \"=env.WDT_APP_SECRET\"",
     "scheme.json:6: /target/request/name: column 2: env.WDT_APP_SECRET: a secret can't be the value of a field"},
    {"", "\"name\": \"{{env.WDT_APP_SECRET}}\"",
     "scheme.json:6: /target/request/name: env.WDT_APP_SECRET: a secret can't be the value of a field"},
    {"", "\"name\": \"=env.unit\"",
     "scheme.json:6: /target/request/name: column 2: env.unit: a variable's name has capital letters, digits and _ "
     "only"},
    {"", "\"name\": \"=TABLE(kind, no)\"",
     "scheme.json:6: /target/request/name: column 8: kind: no such table in /tables; did you mean kinds?"},
    {"", "\"name\": \"=TABLE(tax, no)\"",
     "scheme.json:6: /target/request/name: column 8: tax: has 2 columns, and one of them must be named: tax.rate"},
    {"", "\"name\": \"=TABLE(tax.rat, no)\"",
     "scheme.json:6: /target/request/name: column 8: tax.rat: the table has no column rat; its first is rate"},
    {"", "\"name\": \"=\\\"\\\"\"", "scheme.json:6: /target/request/name: name (名称) is required and can't be empty"},
    {"", "\"name\": \"x\", \"count\": \"=1.5\"",
     "scheme.json:6: /target/request/count: what the formula gives can't be a whole number, the type of count "
     "(c)"},
    {"", "\"name\": \"x\", \"text\": { \"a\": \"=no\" }",
     "scheme.json:6: /target/request/text: text (t) is no array: formulas inside of it are not possible"},
    {"", "\"name\": \"x\", \"tags\": { \"a\": \"=no\" }",
     "scheme.json:6: /target/request/tags: tags (t) takes an array: write [{…}], or { \"each\": …, \"fields\": {…} }"},
    {"", "\"name\": \"x\", \"prices\": [ { \"code\": \"=no\", \"prise\": 1 } ]",
     "scheme.json:6: /target/request/prices/0/prise: the rows of prices have no such field; did you mean price?"},
    {"", "\"name\": \"x\", \"prices\": [ { \"price\": \"=price\" } ]",
     "scheme.json:6: /target/request/prices/0: code (c) is missing, and a row of prices requires it"},
    {"", "\"name\": \"x\", \"prices\": [ { \"code\": \"\" } ]",
     "scheme.json:6: /target/request/prices/0/code: code (c) is required and can't be empty"},
    {"", "\"name\": \"x\", \"prices\": [ { \"code\": 1, \"main\": \"maybe\" } ]",
     "scheme.json:6: /target/request/prices/0/main: maybe does not become a boolean (true, false, 1 or 0), the type of "
     "main "
     "(m)"},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"city\", \"fields\": { \"code\": \"=code\" } }",
     "scheme.json:6: /target/request/prices/each: city (c) is no array, so it has no rows"},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"row\", \"fields\": { \"code\": \"=code\" } }",
     "scheme.json:6: /target/request/prices/each: row: no such field of test.shops; did you mean rows?"},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"=name\" } }",
     "scheme.json:6: /target/request/prices/fields/code: column 2: name: the rows of rows have no such field; fields "
     "outside "
     "them are parent.NAME"},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"fields\": { \"code\": \"=parent.nam\" } }",
     "scheme.json:6: /target/request/prices/fields/code: column 2: parent.nam: no such field of test.shops; did you "
     "mean name?"},
    {"",
     "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"when\": \"price\", \"fields\": { \"code\": \"=code\" } }",
     "scheme.json:6: /target/request/prices/when: must be a formula: \"=…\""},
    {"", "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"field\": {} }",
     "scheme.json:6: /target/request/prices/field: no such key; did you mean fields?"},
    {"\"filter\": \"closed\",\n", "\"name\": \"x\"",
     "scheme.json:5: /filter: must be a list of conditions, or a formula: \"=…\""},
    {"\"filter\": \"=\\\"closed\\\"\",\n", "\"name\": \"x\"",
     "scheme.json:5: /filter: column 2: 'closed' stands where a condition: true, false, 1 or 0 is needed"},
    {"\"filter\": \"=clsed\",\n", "\"name\": \"x\"",
     "scheme.json:5: /filter: column 2: clsed: no such field of test.shops; did you mean closed?"},
    {"\"lookups\": { \"unit\": { \"list\": \"unit\" } },\n", "\"name\": \"x\"",
     "scheme.json:5: /lookups/unit/list: test/items has no such list under /lookups; did you mean units?"},
    {"\"lookups\": { \"unit\": { \"list\": \"units\", \"by\": \"nam\" } },\n", "\"name\": \"x\"",
     "scheme.json:5: /lookups/unit/by: must be one of name, number; did you mean name?"},
    {"\"lookups\": { \"unit\": { \"by\": \"name\" } },\n", "\"name\": \"x\"",
     "scheme.json:5: /lookups/unit: needs \"list\" (a list of the target) or \"scheme\" (records that another scheme "
     "has "
     "written)"},
    {"\"lookups\": { \"goods\": { \"scheme\": \"../goods\" } },\n", "\"name\": \"x\"",
     "scheme.json:5: /lookups/goods/scheme: no name of a scheme: its file NAME.json stands beside this one"},
    {"\"lookups\": { \"goods\": { \"scheme\": \"absent\" } },\n", "\"name\": \"x\"",
     "scheme.json:5: /lookups/goods/scheme: there is no absent.json: it stands beside this file"},
    {"\"lookups\": { \"goods\": { \"scheme\": \"goods\", \"by\": \"name\" } },\n", "\"name\": \"x\"",
     "scheme.json:5: /lookups/goods/by: the key is that of the other scheme's records"},
    {"\"lookups\": { \"unit\": { \"list\": \"units\" } },\n", "\"name\": \"=LOOKUP(units, city)\"",
     "scheme.json:7: /target/request/name: column 9: units: no such look-up in /lookups; did you mean unit?"},
    {"\"lookups\": { \"unit\": { \"list\": \"units\" } },\n",
     "\"name\": \"x\", \"prices\": { \"each\": \"rows\", \"when\": \"=LOOKUP(unit, code)\", \"fields\": { \"code\": "
     "\"=code\" } }",
     "scheme.json:7: /target/request/prices/when: a LOOKUP can't decide: its id is known only when the record is "
     "written"},
    {"\"tests\": [ { \"name\": \"a\", \"record\": { \"citty\": \"x\" }, \"filtered\": true } ],\n", "\"name\": \"x\"",
     "scheme.json:5: /tests/0/record/citty: no such field of test.shops; did you mean city?"},
    {"\"tests\": [ { \"name\": \"a\", \"record\": {} } ],\n", "\"name\": \"x\"",
     "scheme.json:5: /tests/0: needs one of \"expect\", \"filtered\" and \"reject\""},
    {"", "\"name\": \"=lua.tax(1)\"",
     "scheme.json:6: /target/request/name: column 2: lua.tax: the scheme names no \"script\""},
    {"\"script\": \"shop.lua\",\n", "\"name\": \"=lua.tex(1)\"",
     "scheme.json:7: /target/request/name: column 2: lua.tex: no such function in the script; did you mean tax?"},
    {"\"script\": \"none.lua\",\n", "\"name\": \"x\"",
     "none.lua: cannot be read: no such file; /script names it, and it stands beside the scheme"},
    {"\"script\": \"../shop.lua\",\n", "\"name\": \"x\"",
     "scheme.json:5: /script: names a file beside the scheme: \"shop.lua\""},
    {"\"script\": \"bad.lua\",\n", "\"name\": \"x\"", "scheme.json:5: /script: bad.lua:2: syntax error near 'A'"},
    {"", "\"name\": \"=RUN_DATE()\"",
     "warning: scheme.json:6: /target/request/name: column 1: RUN_DATE(): a value that changes by itself: every record "
     "is sent "
     "again each day"},
    {"", "\"name\": \"x\", \"text\": \"=price / 0\"", ""},
    {"", "\"name\": \"x\", \"text\": \"=price + 1 / 0\"",
     "warning: scheme.json:6: /target/request/text: column 14: 0: division by zero: this fails for every record"},
};

#endif
