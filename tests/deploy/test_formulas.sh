#!/usr/bin/env bash
# What a person types: `dianchen eval`, `functions` and `test`, with their exit codes; the tests of the schemes that are
# shipped; the ten first tries of somebody who knows a spreadsheet and not this program.
# shellcheck disable=SC2317,SC2016  # cases are called through case_run; dollars and backquotes stand for themselves
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"

# is CODE OUTPUT WORD...: what dianchen prints and how it ends
is() {
    local code=$1 wanted=$2 given status=0
    shift 2
    given=$("$BUILD/bin/dianchen" "$@" 2>&1) || status=$?
    [ "$status $given" = "$code $wanted" ] && return 0
    echo "dianchen $*"
    echo "wanted $code: $wanted"
    echo "given  $status: $given"
    return 1
}

evaluates() {
    is 0 3.33 eval '=ROUND(10/3, 2)'
    is 0 '{"type":"number","value":"3.33"}' eval '=ROUND(10/3, 2)' --json
    is 0 '{"type":"empty","value":""}' eval '=IF(FALSE, 1)' --json
    is 0 AB eval '=TRIM(a) & b' --record '{"a":" A ","b":"B"}'
    echo '{"a": 5} // a comment' >"$folder/record.json"
    is 0 15 eval '=a * 3' --record "@$folder/record.json"
    is 0 15 eval '=a * 3' --record - <"$folder/record.json"
    is 1 'formula.divide: column 5: a is 0: division by zero' eval '=1 /a' --record '{"a":0}'
    is 1 '{"error":"formula.divide","message":"column 5: a is 0: division by zero","column":5}' eval '=1 /a' --record '{"a":0}' --json
    is 2 'lint: column 2: TRMI: no such function; did you mean TRIM?' eval '=TRMI(a)'
    is 2 '{"error":"lint","message":"column 2: b: no such field","column":2}' eval '=b' --json
    is 0 拼多多 eval '=TABLE(platform, platform_id)' --scheme schemes/shop-to-material.json --record '{"platform_id":39}'
    is 2 'lint: column 2: shop_nmae: no such field of wdt.shop.query; did you mean shop_name?' \
        eval '=shop_nmae' --scheme schemes/shop-to-material.json
    "$BUILD/bin/dianchen" eval 'ROUND(1)' >"$folder/out" 2>&1 && return 1
    grep -q 'begins with =' "$folder/out"
    "$BUILD/bin/dianchen" eval '=1' --record '[1]' >"$folder/out" 2>&1 && return 1
    grep -q 'no JSON object' "$folder/out"
}

lists_functions() {
    "$BUILD/bin/dianchen" functions >"$folder/out"
    [ "$(grep -c '^  [A-Z_]*(' "$folder/out")" -gt 55 ]
    "$BUILD/bin/dianchen" functions left | grep -q '^LEFT(text'
    "$BUILD/bin/dianchen" functions VLOOKUP >"$folder/out" 2>&1 && return 1
    grep -q 'write TABLE' "$folder/out"
    "$BUILD/bin/dianchen" functions --json | python3 -c '
import json, sys
functions = json.load(sys.stdin)["functions"]
assert len(functions) > 55 and all(f["zh"] and f["en"] and f["example"].startswith("=") for f in functions)'
}

shipped_schemes_pass_their_tests() {
    local scheme
    for scheme in schemes/*.json; do
        case $scheme in *.schema.json) continue ;; esac
        "$BUILD/bin/dianchen" test "$scheme"
        "$BUILD/bin/dianchen" lint "$scheme" | grep -q ': ok$'
    done
}

failing_tests_are_told() {
    cp -r schemes "$folder/schemes"
    sed -i 's/"model": "拼多多"/"model": "淘宝"/; s/field name: empty/field name: full/; s/"filtered": true/"filtered": false/' \
        "$folder/schemes/shop-to-material.json"
    is 1 'FAIL  店铺: model: expected "淘宝", but is "拼多多"
ok    对照表里没有的平台
ok    没有平台与地址
FAIL  已停用的店铺: expected to be sent, but is filtered
FAIL  没有名称的店铺: expected a reason with '"'field name: full', but it is 'field name: empty (from =TRIM(shop_name)), and the target requires it'"'
2 passed, 3 failed' test "$folder/schemes/shop-to-material.json"
    "$BUILD/bin/dianchen" test "$folder/schemes/shop-to-material.json" --json >"$folder/out" && return 1
    grep -q '^{"passed":2,"failed":3,"failures":\[{"name":"店铺"' "$folder/out"
}

# Each works, or says what to write instead.
first_tries() {
    local record='{"shop_name":" 甲 ","shop_no":"S1","price":"12.5","count":"4","platform":"39","created":"2024-02-29 08:05:09"}'
    try() { is "$1" "$2" eval "$3" --record "$record"; }
    try 0 '甲-S1' '=CONCAT(TRIM(shop_name), "-", shop_no)'
    try 0 50 '=price * count'
    try 0 大 '=IF(price > 10, "大", "小")'
    try 0 2024-02-29 '=TEXT(created, "yyyy-MM-dd")'
    try 2 'lint: column 15: in a format months are MM, in capitals; mm are minutes, beside HH or ss' '=TEXT(created,"yyyy-mm-dd")'
    try 2 'lint: column 2: VLOOKUP: no such function; write TABLE(name, key, default)' '=VLOOKUP(platform, t, 2, FALSE)'
    try 2 'lint: column 4: full-width （: write (' '=IF（price>10,1,2）'
    try 2 'lint: column 2: TODAY: no such function; write RUN_DATE(): there is no clock, a value that changes would be sent again every run' '=TODAY()'
    try 2 "lint: column 12: ': write \"" "=shop_no = 'S1'"
    try 2 'lint: column 12: AND is a function: AND(a, b)' '=price > 1 AND count > 1'
    try 0 S1 '={{shop_no}}'
    try 1 'formula.number: column 2: created is '"'2024-02-29 08:05:09'"': a number is needed; DATEADD and DATEDIF calculate with dates' '=created + 1'
}

case_run "eval prints values, failures and faults, with their exit codes" evaluates
case_run "functions lists the table, finds one, says what to write instead" lists_functions
case_run "the shipped schemes pass lint and their own tests" shipped_schemes_pass_their_tests
case_run "tests that fail are told one by one" failing_tests_are_told
case_run "the first tries of a spreadsheet's user work, or say what to write" first_tries
case_end
