#include "common/scheme/formula/function.h"
#include "common/base/language.h"

const char *const formula_kind_zh[FORMULA_KINDS] = {"逻辑", "文本", "数字", "日期", "数据"};
const char *const formula_kind_en[FORMULA_KINDS] = {"Logic", "Text", "Numbers", "Dates", "Data"};

const char formula_sample[] =
    "{\"shop_no\":\"S01\",\"shop_name\":\" 旗舰店　\",\"platform_id\":\"39\",\"province\":\"浙江\",\"city\":\"\","
    "\"address\":\"文一路 1 号\",\"price\":\"12.50\",\"goods_count\":\"3\",\"unit\":\"件\",\"is_disabled\":\"0\","
    "\"modified\":\"2024-02-29 08:05:09\",\"closed\":\"0000-00-00 00:00:00\","
    "\"spec_list\":[{\"no\":\"A\",\"price\":\"1.5\"},{\"no\":\"B\",\"price\":\"2\"}]}";
const char formula_sample_tables[] = "{\"platform\":{\"39\":\"拼多多\",\"69\":\"抖店\"}}";

#define ANY 100 /* arguments */
#define FUNCTION(name, kind, takes, least, most, run, arguments, zh, en, example, result)                              \
    {name, KIND_##kind, takes, least, most, run, NULL, arguments, zh, en, example, result},
#define SPECIAL(name, kind, takes, least, most, emit, arguments, zh, en, example, result)                              \
    {name, KIND_##kind, takes, least, most, NULL, emit, arguments, zh, en, example, result},
const struct formula_function formula_functions[] = {
#include "common/scheme/formula/functions.h"
};
#undef FUNCTION
#undef SPECIAL
const size_t formula_function_count = sizeof formula_functions / sizeof *formula_functions;

int formula_function_find(struct text name)
{
    for (size_t i = 0; i < formula_function_count; i++) {
        if (text_equal_nocase(name, text_of(formula_functions[i].name))) {
            return (int)i;
        }
    }
    return -1;
}

#define BY_SCRIPT N_("lua.NAME(…): a function of the script")

const char *formula_function_instead(struct text name)
{
    static const struct {
        const char *name, *instead;
    } others[] = {
        {"CONCATENATE", "CONCAT(a, b)"},
        {"VALUE", "NUMBER(text)"},
        {"NUMBERVALUE", "NUMBER(text)"},
        {"ISBLANK", "ISEMPTY(x)"},
        {"ISNULL", "ISEMPTY(x)"},
        {"IFNULL", "IFEMPTY(x, y)"},
        {"NVL", "IFEMPTY(x, y)"},
        {"COALESCE", "IFEMPTY(x, y)"},
        {"IFBLANK", "IFEMPTY(x, y)"},
        {"IFNA", "IFERROR(x, y)"},
        {"ISERROR", "IFERROR(x, y)"},
        {"ISERR", "IFERROR(x, y)"},
        {"ISNA", "IFERROR(x, y)"},
        {"VLOOKUP", "TABLE(name, key, default)"},
        {"HLOOKUP", "TABLE(name, key, default)"},
        {"XLOOKUP", "TABLE(name, key, default)"},
        {"MATCH", N_("TABLE(name, key, default), or MATCHES(text, pattern)")},
        {"CHOOSE", "SWITCH(x, 1, a, 2, b)"},
        {"CASE", "SWITCH(x, k1, a1, …, default)"},
        {"SEARCH", "FIND(LOWER(needle), LOWER(text))"},
        {"INSTR", "FIND(needle, text)"},
        {"REPLACE", N_("LEFT(t, 3) & \"****\" & MID(t, 8, 99) for places 4 to 7, or SUBSTITUTE(text, old, new)")},
        {"LENGTH", "LEN(text)"},
        {"LENB", N_("LEN(text): characters are counted")},
        {"LEFTB", N_("LEFT(text, n): characters are counted")},
        {"RIGHTB", N_("RIGHT(text, n): characters are counted")},
        {"MIDB", N_("MID(text, from, n): characters are counted")},
        {"SUBSTR", "MID(text, from, n)"},
        {"SUBSTRING", "MID(text, from, n)"},
        {"TEXTSPLIT", "SPLIT(text, separator)"},
        {"JOIN", "TEXTJOIN(separator, TRUE, x, …)"},
        {"REPEAT", "REPT(text, n)"},
        {"LPAD", "PADLEFT(text, n, \"0\")"},
        {"ASC", "HALFWIDTH(text)"},
        {"REGEXMATCH", "MATCHES(text, pattern)"},
        {"REGEXTEST", "MATCHES(text, pattern)"},
        {"CEILING", "-INT(-x / s) * s"},
        {"CEIL", "-INT(-x)"},
        {"FLOOR", N_("INT(x), or INT(x / s) * s")},
        {"TRUNC", "ROUNDDOWN(x, n)"},
        {"FIXED", "TEXT(x, \"#,##0.00\")"},
        {"AVG", "AVERAGE(x, …)"},
        {"COUNTA", "COUNT(x, …)"},
        {"TODAY", N_("RUN_DATE(): there is no clock, a value that changes would be sent again every run")},
        {"NOW", N_("RUN_DATE(): there is no clock, a value that changes would be sent again every run")},
        {"EDATE", "DATEADD(date, n, \"month\")"},
        {"EOMONTH", "DATEADD(DATEADD(DATE(YEAR(d), MONTH(d), 1), n + 1, \"month\"), -1, \"day\")"},
        {"DATEDIFF", "DATEDIF(start, end, \"day\")"},
        {"DAYS", "DATEDIF(start, end, \"day\")"},
        {"TIMESTAMP", "TOUNIX(date)"},
        {"DATEFORMAT", "TEXT(date, \"yyyy-MM-dd\")"},
        {"DATE_FORMAT", "TEXT(date, \"yyyy-MM-dd\")"},
        {"MD5", "HASH(x, …)"},
        {"EXACT", "a = b"},
        {"XOR", "a <> b"},
        {"TRUE", N_("TRUE, without brackets")},
        {"FALSE", N_("FALSE, without brackets")},
        {"CHAR", N_("the character itself, in quotes; a line end is \\n in JSON")},
        {"UNICHAR", N_("the character itself, in quotes")},
        {"ISNUMBER", N_("MATCHES(text, \"^-?[0-9]+([.][0-9]+)?$\"); ISNUMBER(FIND(…)) is CONTAINS(text, needle)")},
        {"ISTEXT", "AND(NOT(ISEMPTY(x)), NOT(MATCHES(x, \"^-?[0-9]+([.][0-9]+)?$\")))"},
        {"WEEKDAY", N_("MOD(DATEDIF(DATE(1900, 1, 1), d, \"day\"), 7): 0 is a Monday")},
        {"HOUR", "TEXT(d, \"H\")"},
        {"MINUTE", "MID(TEXT(d, \"HH:mm\"), 4, 2)"},
        {"SECOND", "TEXT(d, \"s\")"},
        {"TIME", N_("DATEADD(date, n, \"hour\"): a time has its day; \"minute\" and \"second\" as well")},
        {"COUNTIF", N_("lua.NAME(…): COUNT takes no condition, a function of the script does")},
        {"COUNTIFS", N_("lua.NAME(…): COUNT takes no condition, a function of the script does")},
        {"AVERAGEIF", N_("lua.NAME(…): AVERAGE takes no condition, a function of the script does")},
        {"AVERAGEIFS", N_("lua.NAME(…): AVERAGE takes no condition, a function of the script does")},
        {"MAXIFS", N_("lua.NAME(…): MAX takes no condition, a function of the script does")},
        {"MINIFS", N_("lua.NAME(…): MIN takes no condition, a function of the script does")},
        {"COUNTBLANK", BY_SCRIPT},
        {"SUMPRODUCT", BY_SCRIPT},
        {"SQRT", BY_SCRIPT},
        {"LET", N_("each part where it is needed, or lua.NAME(…)")},
        {"SIGN", "IF(x > 0, 1, IF(x < 0, -1, 0))"},
        {"SUMIF", N_("lua.NAME(…): SUM takes no condition, a function of the script does")},
        {"SUMIFS", N_("lua.NAME(…): SUM takes no condition, a function of the script does")},
        {"PRODUCT", "a * b"},
        {"QUOTIENT", "ROUNDDOWN(a / b)"},
        {"IIF", "IF(c, a, b)"},
        {"CONCAT_WS", "TEXTJOIN(separator, TRUE, x, …)"},
        {"TOSTRING", "x & \"\""},
        {"POWER", N_("a product")},
        {"RAND", N_("HASH(x, …): the same record gives the same value")},
        {"UUID", N_("HASH(x, …): the same record gives the same value")},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (text_equal_nocase(name, text_of(others[i].name))) {
            return others[i].instead;
        }
    }
    return NULL;
}
