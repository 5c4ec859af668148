/* The functions of formulas: one row each, in the order in which they are listed. function.h makes the prototypes of
 * them, function.c the table; help, docs (`make docs`) and a test of every example come from it.
 * FUNCTION(name, kind, takes, least, most, run, arguments, help in Chinese, in English, an example, its result): `run`
 * computes the value from its arguments, for each record. SPECIAL: `emit` writes code when the formula is compiled, for
 * a function whose arguments are not all evaluated. For `takes` and the rest: struct formula_function. The examples are
 * about formula_sample. */
SPECIAL("IF", LOGIC, "cxx", 2, 3, formula_emit_if, "condition, a[, b]", "条件成立得 a，否则得 b（省略为空）",
        "a where the condition holds, else b (left out: empty)", "=IF(is_disabled = \"1\", \"停用\", \"启用\")", "启用")
SPECIAL("IFS", LOGIC, "cx", 2, ANY, formula_emit_ifs, "condition1, a1, …", "第一个成立的条件所对应的值；都不成立为空",
        "the value behind the first condition that holds; empty where none does",
        "=IFS(price > 100, \"贵\", price > 10, \"中\")", "中")
SPECIAL("SWITCH", LOGIC, "x", 3, ANY, formula_emit_switch, "x, k1, a1, …[, default]",
        "x 等于哪个 k 就得其后的 a；都不等得默认值（省略为空）",
        "the a behind the k that x equals, else the default (left out: empty)",
        "=SWITCH(platform_id, \"39\", \"拼多多\", \"69\", \"抖店\", \"其他\")", "拼多多")
SPECIAL("AND", LOGIC, "c", 1, ANY, formula_emit_and, "condition, …", "全部成立才成立", "true where all hold",
        "=AND(price > 0, goods_count > 0)", "true")
SPECIAL("OR", LOGIC, "c", 1, ANY, formula_emit_or, "condition, …", "有一个成立就成立", "true where one holds",
        "=OR(price < 0, goods_count = 3)", "true")
FUNCTION("NOT", LOGIC, "c", 1, 1, formula_not, "condition", "取反", "the contrary", "=NOT(STARTSWITH(shop_no, \"T\"))",
         "true")
FUNCTION("ISEMPTY", LOGIC, "x", 1, 1, formula_is_empty_fn, "x", "是否为空（没有、\"\"、空列表）",
         "true for nothing, \"\" and a list of nothing", "=ISEMPTY(city)", "true")
SPECIAL("IFEMPTY", LOGIC, "xx", 2, 2, formula_emit_ifempty, "x, y", "x 为空时得 y", "x, or y where x is empty",
        "=IFEMPTY(TRIM(city), province)", "浙江")
SPECIAL("IFERROR", LOGIC, "xx", 2, 2, formula_emit_iferror, "x, y", "x 出错时得 y", "x, or y where x fails",
        "=IFERROR(price / 0, 0)", "0")

FUNCTION("LEFT", TEXT, "tn", 1, 2, formula_left, "text[, n=1]", "前 n 个字符", "the first n characters",
         "=LEFT(address, 3)", "文一路")
FUNCTION("RIGHT", TEXT, "tn", 1, 2, formula_right, "text[, n=1]", "后 n 个字符", "the last n characters",
         "=RIGHT(shop_no, 2)", "01")
FUNCTION("MID", TEXT, "tnn", 3, 3, formula_mid, "text, from, n", "从第 from 个字符（从 1 数起）取 n 个",
         "n characters from place `from` on, counted from 1", "=MID(modified, 6, 2)", "02")
FUNCTION("LEN", TEXT, "t", 1, 1, formula_len, "text", "字符数（不是字节数）", "how many characters (not bytes)",
         "=LEN(province)", "2")
FUNCTION("TRIM", TEXT, "t", 1, 1, formula_trim, "text", "去掉首尾空白，全角空格也去掉",
         "without blanks at both ends, the full-width one too", "=TRIM(shop_name)", "旗舰店")
FUNCTION("CLEAN", TEXT, "t", 1, 1, formula_clean, "text", "去掉控制字符", "without control characters",
         "=CLEAN(shop_no)", "S01")
FUNCTION("UPPER", TEXT, "t", 1, 1, formula_upper, "text", "英文字母变大写", "ASCII letters as capitals",
         "=UPPER(\"a1b\")", "A1B")
FUNCTION("LOWER", TEXT, "t", 1, 1, formula_lower, "text", "英文字母变小写", "ASCII letters as small ones",
         "=LOWER(shop_no)", "s01")
FUNCTION("PROPER", TEXT, "t", 1, 1, formula_proper, "text", "每个英文单词首字母大写", "each ASCII word with a capital",
         "=PROPER(\"new york\")", "New York")
FUNCTION("SUBSTITUTE", TEXT, "ttt", 3, 3, formula_substitute, "text, old, new", "把 old 全部换成 new",
         "with every `old` replaced by `new`", "=SUBSTITUTE(address, \" \", \"\")", "文一路1号")
FUNCTION("FIND", TEXT, "tt", 2, 2, formula_find, "needle, text", "needle 在第几个字符，没有得 0",
         "where the needle begins, 0 where it is not there", "=FIND(\"路\", address)", "3")
FUNCTION("CONTAINS", TEXT, "tt", 2, 2, formula_contains, "text, needle", "是否含有 needle",
         "true where the needle is in it", "=CONTAINS(address, \"路\")", "true")
FUNCTION("STARTSWITH", TEXT, "tt", 2, 2, formula_startswith, "text, start", "是否以 start 开头",
         "true where it begins so", "=STARTSWITH(shop_no, \"S\")", "true")
FUNCTION("ENDSWITH", TEXT, "tt", 2, 2, formula_endswith, "text, end", "是否以 end 结尾", "true where it ends so",
         "=ENDSWITH(address, \"号\")", "true")
FUNCTION("TEXTBEFORE", TEXT, "tt", 2, 2, formula_textbefore, "text, delimiter", "分隔符之前的部分；没有分隔符得全文",
         "what stands before the delimiter; all of it where there is none", "=TEXTBEFORE(modified, \" \")",
         "2024-02-29")
FUNCTION("TEXTAFTER", TEXT, "tt", 2, 2, formula_textafter, "text, delimiter", "分隔符之后的部分；没有分隔符为空",
         "what stands behind the delimiter; empty where there is none", "=TEXTAFTER(modified, \" \")", "08:05:09")
FUNCTION("TEXTJOIN", TEXT, "tcx", 3, ANY, formula_textjoin, "separator, skip_empty, x, …",
         "用分隔符连接；skip_empty 为 TRUE 时跳过空值；列表逐项展开",
         "joined by the separator; TRUE leaves empty ones out; lists are spread",
         "=TEXTJOIN(\"-\", TRUE, province, city, address)", "浙江-文一路 1 号")
FUNCTION("CONCAT", TEXT, "x", 1, ANY, formula_concat, "x, …", "连接；列表逐项展开", "joined; lists are spread",
         "=CONCAT(province, city, address)", "浙江文一路 1 号")
FUNCTION("SPLIT", TEXT, "tt", 2, 2, formula_split, "text, separator", "按分隔符拆成列表", "the list of the pieces",
         "=INDEX(SPLIT(\"红,大,棉\", \",\"), 2)", "大")
FUNCTION("INDEX", TEXT, "xn", 2, 2, formula_index, "list, n", "列表的第 n 项（从 1 数起）；没有则为空",
         "item n of a list, counted from 1; empty where there is none", "=INDEX(spec_list.no, 1)", "A")
FUNCTION("PADLEFT", TEXT, "tnt", 3, 3, formula_padleft, "text, n, character", "在前面补字符到 n 个",
         "filled up in front to n characters", "=PADLEFT(goods_count, 4, \"0\")", "0003")
FUNCTION("REPT", TEXT, "tn", 2, 2, formula_rept, "text, n", "重复 n 次", "repeated n times", "=REPT(\"*\", 3)", "***")
FUNCTION("DIGITS", TEXT, "t", 1, 1, formula_digits, "text", "只留数字", "its digits only", "=DIGITS(\"电话 0571-88\")",
         "057188")
FUNCTION("HALFWIDTH", TEXT, "t", 1, 1, formula_halfwidth, "text", "全角变半角", "full-width characters as plain ones",
         "=HALFWIDTH(\"ＡＢ１２\")", "AB12")
SPECIAL("MATCHES", TEXT, "tp", 2, 2, formula_emit_matches, "text, pattern",
        "是否有一段符合模式（POSIX 扩展正则；整段写 ^…$）",
        "true where the pattern (POSIX extended) is in it; ^…$ for all of it", "=MATCHES(shop_no, \"^S[0-9]+$\")",
        "true")

FUNCTION("NUMBER", NUMBER, "x", 1, 1, formula_number_fn, "text",
         "把人写的数字变成数：首尾空白、千分位逗号、全角数字、开头的 ¥ 都行",
         "a number as people write it: blanks, thousands commas, full-width digits, a leading ¥",
         "=NUMBER(\"￥1,234.50\")", "1234.5")
FUNCTION("ROUND", NUMBER, "nn", 1, 2, formula_round, "x[, n=0]", "四舍五入到 n 位小数",
         "rounded to n digits, half away from zero", "=ROUND(price / goods_count, 2)", "4.17")
FUNCTION("ROUNDUP", NUMBER, "nn", 1, 2, formula_roundup, "x[, n=0]", "向远离 0 的方向舍入", "rounded away from zero",
         "=ROUNDUP(price / goods_count, 2)", "4.17")
FUNCTION("ROUNDDOWN", NUMBER, "nn", 1, 2, formula_rounddown, "x[, n=0]", "向 0 的方向舍去", "rounded towards zero",
         "=ROUNDDOWN(price / goods_count, 2)", "4.16")
FUNCTION("INT", NUMBER, "n", 1, 1, formula_int, "x", "向下取整", "rounded down to a whole number", "=INT(-1.5)", "-2")
FUNCTION("ABS", NUMBER, "n", 1, 1, formula_abs, "x", "绝对值", "without its sign", "=ABS(-3)", "3")
FUNCTION("MOD", NUMBER, "nn", 2, 2, formula_mod, "a, b", "a 除以 b 的余数，符号同 b",
         "what is left of a / b, with the sign of b", "=MOD(-7, 3)", "2")
FUNCTION("MIN", NUMBER, "x", 1, ANY, formula_min, "x, …", "最小值；列表展开，空值跳过",
         "the least; lists are spread, empties skipped", "=MIN(spec_list.price)", "1.5")
FUNCTION("MAX", NUMBER, "x", 1, ANY, formula_max, "x, …", "最大值；列表展开，空值跳过",
         "the greatest; lists are spread, empties skipped", "=MAX(spec_list.price)", "2")
FUNCTION("SUM", NUMBER, "x", 1, ANY, formula_sum, "x, …", "合计；列表展开，空值跳过",
         "the sum; lists are spread, empties skipped", "=SUM(spec_list.price)", "3.5")
FUNCTION("AVERAGE", NUMBER, "x", 1, ANY, formula_average, "x, …", "平均；列表展开，空值跳过",
         "the mean; lists are spread, empties skipped", "=AVERAGE(spec_list.price)", "1.75")
FUNCTION("COUNT", NUMBER, "x", 1, ANY, formula_count, "x, …", "不为空的个数；列表展开",
         "how many are not empty; lists are spread", "=COUNT(spec_list.no)", "2")

FUNCTION("DATE", DATE, "nnn", 3, 3, formula_date_fn, "year, month, day",
         "由年月日得日期；13 月是次年 1 月，0 日是上月最后一天",
         "the day; month 13 is January of the next year, day 0 the last of the month before", "=DATE(2024, 2, 29)",
         "2024-02-29 00:00:00")
FUNCTION("DATEVALUE", DATE, "xt", 1, 2, formula_datevalue, "text[, format]",
         "把文本变成日期；0000-00-00 00:00:00 和 \"\" 为空",
         "the date that a text means; 0000-00-00 00:00:00 and \"\" are empty",
         "=DATEVALUE(\"2024年3月1日\", \"yyyy年M月d日\")", "2024-03-01 00:00:00")
FUNCTION("TEXT", DATE, "xt", 2, 2, formula_text_fn, "x, format",
         "按格式显示：0 0.00 #,##0.00 000000 0%，yyyy-MM-dd HH:mm:ss",
         "as the format says: 0 0.00 #,##0.00 000000 0%, yyyy-MM-dd HH:mm:ss", "=TEXT(modified, \"yyyyMMdd\")",
         "20240229")
FUNCTION("DATEADD", DATE, "dnu", 3, 3, formula_dateadd, "date, n, unit", "加 n 个单位；月末不越月",
         "n units later; 31 January + 1 month is the last of February", "=DATEADD(\"2024-01-31\", 1, \"month\")",
         "2024-02-29 00:00:00")
FUNCTION("DATEDIF", DATE, "ddu", 3, 3, formula_datedif, "a, b, unit", "从 a 到 b 的整单位数", "whole units from a to b",
         "=DATEDIF(\"2024-01-01\", modified, \"day\")", "59")
FUNCTION("YEAR", DATE, "d", 1, 1, formula_year, "date", "年", "its year", "=YEAR(modified)", "2024")
FUNCTION("MONTH", DATE, "d", 1, 1, formula_month, "date", "月", "its month", "=MONTH(modified)", "2")
FUNCTION("DAY", DATE, "d", 1, 1, formula_day, "date", "日", "its day of the month", "=DAY(modified)", "29")
FUNCTION("FROMUNIX", DATE, "n", 1, 1, formula_fromunix, "n", "由 Unix 时间（秒，10¹¹ 起为毫秒）得日期",
         "the date of Unix seconds, or milliseconds from 10¹¹ up", "=FROMUNIX(1709165109)", "2024-02-29 08:05:09")
FUNCTION("TOUNIX", DATE, "d", 1, 1, formula_tounix, "date", "Unix 时间（秒）", "its Unix seconds", "=TOUNIX(modified)",
         "1709165109")

SPECIAL("TABLE", DATA, "wtx", 2, 3, formula_emit_table, "name[.column], key[, default]",
        "查对照表；没有且无默认值则出错",
        "the value of a key in a table; an error where it lacks the key and there is no default",
        "=TABLE(platform, platform_id, \"其他\")", "拼多多")
SPECIAL("LOOKUP", DATA, "wtt", 2, 3, formula_emit_lookup, "name, key[, default]", "写入时按名称或编码查目标系统的 id",
        "the id in the target by name or number, looked up when the record is written", "=LOOKUP(unit, unit)",
        "{\"$lookup\":[\"unit\",\"件\"]}")
FUNCTION("HASH", DATA, "x", 1, ANY, formula_hash, "x, …", "16 位十六进制指纹", "a fingerprint of 16 hex digits",
         "=HASH(\"a\", \"b\")", "facdde7abf1eac5b")
SPECIAL("RUN_DATE", DATA, "", 0, 0, formula_emit_run_date, "", "本次运行开始的那一天（值会变，记录会重发）",
        "the day on which the run began; a value that changes is sent again", "=TEXT(RUN_DATE(), \"yyyy\")", "2024")
