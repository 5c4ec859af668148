#!/usr/bin/env bash
# What a person does on the first day, with the doubles in the place of the real services: init, what it says is missing, a run that
# `top` finds by itself, the list of runs, refused records as a spreadsheet.
# shellcheck disable=SC2317,SC2154,SC2086,SC2016  # called by case_run, which makes $folder; lists of ids; text for awk
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"
dianchen=$BUILD/bin/dianchen
scheme=$PWD/schemes/shop-to-material.json

# code_of WORD...: runs it, its output in $folder/out; the exit code in $code
code_of() {
    code=0
    "$@" >"$folder/out" 2>&1 || code=$?
}

services() { # WORD... for the target
    trap 'kill $doubles 2>/dev/null || true' EXIT
    case_double wdt-double --shops 300 --slow_ms ${SLOW:-0}
    export WDT_URL=$url
    case_double xingchen-double "$@"
    export XINGCHEN_URL=$url SOURCE_CALLS_PER_MINUTE=0 TARGET_CALLS_PER_MINUTE=0
    export DIANCHEN_STORE="sqlite:$folder/d.db" DIANCHEN_SCHEME=$scheme
}

# Asked for what neither words nor environment give, in their order; the file is whole, private, and passes the check.
init_leads_to_a_check() {
    services
    cd "$folder" || return 1
    printf '%s\n' demo_app_key '' demo_source_secret demo_client_id demo_target_secret demo_user demo_password '' '' |
        "$dianchen" init WDT_SID=demo_sid XINGCHEN_ACCOUNT_ID=1234567890123456789 XINGCHEN_UNIT_ID=1 >out 2>said || {
        cat out said
        return 1
    }
    [ "$(stat -c %a .env)" = 600 ]
    grep -qx 'WDT_APP_SECRET=demo_source_secret' .env
    grep -qx 'WDT_SID=demo_sid' .env
    grep -qx 'ALERT_URL=' .env
    [ "$(grep -c '^# where from: ' .env)" -ge 9 ]
    [ "$(grep -c '^ok ' out)" -ge 4 ]
    case_lacks 'demo_.*secret' out
    case_lacks 'demo_.*secret' said
    grep -q 'where from: open.taobao.com' said
    "$dianchen" check >out
    # Called again it asks only for what is still empty, and goes on to the check.
    "$dianchen" init </dev/null >out 2>said
    [ "$(grep -c 'where from: ' said)" -eq 1 ] && grep -q 'ALERT_URL: ' said
    [ "$(grep -c '^ok ' out)" -ge 4 ]
    # What stands there stays.
    cp .env before
    code_of "$dianchen" init --no-check WDT_SID=other
    [ "$code" -eq 2 ]
    grep -q 'WDT_SID stands in .env with another value' out
    cmp .env before
    # stdin that ends before all is answered keeps what was answered, and init goes on there.
    code=0
    printf 'one\n' | "$dianchen" init --file half --no-check >out 2>&1 || code=$?
    [ "$code" -eq 2 ] && grep -q 'WDT_APP_SECRET has no answer' out
    [ "$(stat -c %a half)" = 600 ] && grep -qx 'WDT_APP_KEY=one' half
    printf '%s\n' two me a b c d '' '' '' | "$dianchen" init --file half --no-check >out 2>&1
    [ "$(grep -c '^WDT_' half)" -eq 3 ] && grep -qx 'WDT_APP_SECRET=two' half && grep -qx 'WDT_SID=me' half
    # A secret that stands in a file of its own is not asked for.
    printf 'WDT_APP_KEY=one\nWDT_APP_SECRET_FILE=secret\nWDT_SID=me\n' >apart
    printf '%s\n' a b c d '' '' '' | "$dianchen" init --file apart --no-check >out 2>&1
    grep -qx 'WDT_APP_SECRET_FILE=secret' apart && ! grep -q '^WDT_APP_SECRET=' apart
    grep -qx 'XINGCHEN_PASSWORD=d' apart
    # A script that gives all that is needed by the environment is asked nothing that it must answer.
    mkdir script
    (cd script && demo_account && "$dianchen" init --no-check >out 2>&1 </dev/null && grep -qx 'ALERT_URL=' .env)
    # A value that an env file would cut comes back whole.
    mkdir odd && cd odd
    printf '%s\n' "it's \"a\" #1 \$x" a b c d e f '' '' '' | "$dianchen" init --no-check >out 2>&1
    [ "$(sed -n 's/^WDT_APP_KEY=//p' .env)" = '"it'"'"'s \"a\" #1 $x"' ]
}

# The account and the unit are chosen from what the target has: the lists come before the question.
init_shows_what_to_choose_from() {
    services
    cd "$folder" || return 1
    printf '%s\n' demo_app_key demo_source_secret demo_client_id demo_target_secret demo_user demo_password \
        1234567890123456789 2 '' | "$dianchen" init WDT_SID=demo_sid >out 2>&1
    awk '/1234567890123456789 .*ns-demo/ {seen = 1} /XINGCHEN_ACCOUNT_ID: / {exit !seen}' out
    awk '/^2 +02 +件/ {seen = 1} /XINGCHEN_UNIT_ID: / {exit !seen}' out
    grep -qx 'XINGCHEN_UNIT_ID=2' .env
    [ "$(grep -c '^ok ' out)" -ge 4 ]
}

all_that_is_missing_is_told_at_once() {
    cd "$folder" || return 1
    # A scheme that is not there is told once, not by each stage.
    code_of env WDT_APP_KEY=a WDT_APP_SECRET=b WDT_SID=c "$dianchen" check --scheme nowhere.json
    [ "$code" -eq 2 ]
    [ "$(grep -c 'nowhere.json: cannot be read: no such file' out)" -eq 1 ]
    mkdir env.folder
    code_of "$dianchen" status --env-file env.folder
    [ "$code" -eq 2 ]
    grep -q 'env.folder: is a folder, not a file; name a file' out
    code_of env -u WDT_APP_KEY -u WDT_APP_SECRET -u WDT_SID "$BUILD/bin/extractor" --once --scheme "$scheme"
    [ "$code" -eq 2 ]
    grep -q 'WDT_APP_KEY, WDT_APP_SECRET, WDT_SID are not set' out
    code_of env -u WDT_SID WDT_APP_KEY=a WDT_APP_SECRET=b "$BUILD/bin/extractor" --once --scheme "$scheme"
    grep -q 'WDT_SID is not set' out
}

demo_account() {
    export WDT_APP_KEY=demo_app_key WDT_APP_SECRET=demo_source_secret WDT_SID=demo_sid
    export XINGCHEN_CLIENT_ID=demo_client_id XINGCHEN_CLIENT_SECRET=demo_target_secret
    export XINGCHEN_USERNAME=demo_user XINGCHEN_PASSWORD=demo_password XINGCHEN_ACCOUNT_ID=1234567890123456789 XINGCHEN_UNIT_ID=1
}

top_finds_a_run() {
    SLOW=4000 services
    demo_account
    "$dianchen" run >"$folder/run" 2>&1 &
    local run=$! tries=0
    until "$dianchen" top --once --json --every 200ms >"$folder/top" 2>/dev/null && grep -q '"stage":"loader","up":[1-9]' "$folder/top"; do
        tries=$((tries + 1))
        [ "$tries" -lt 40 ]
        sleep 0.1
    done
    grep -q '"stage":"extractor","up":[1-9]' "$folder/top" # other tests may have some on this machine, too
    grep -q '"unknown":\[\]' "$folder/top"
    NO_COLOR=1 "$dianchen" top --once --every 200ms >"$folder/board"
    case_lacks $'\033' "$folder/board"
    wait "$run"
}

# On a terminal of 80 columns: colours unless NO_COLOR is set, keys, no line that is cut or too wide in either language.
top_fits_a_terminal() {
    case_need script bsdutils
    SLOW=8000 services
    demo_account
    "$dianchen" run >"$folder/run" 2>&1 &
    local run=$! lang tries=0
    until "$dianchen" top --once --json --every 200ms >"$folder/top" 2>/dev/null && grep -q '"stage":"loader","up":[1-9]' "$folder/top"; do
        tries=$((tries + 1))
        [ "$tries" -lt 40 ]
        sleep 0.1
    done
    local once="stty cols 80 rows 24; '$dianchen' top --once --every 300ms"
    script -qec "$once" "$folder/colours" >/dev/null </dev/null
    grep -q $'\033\\[[0-9;]*m' "$folder/colours"
    NO_COLOR=1 script -qec "$once" "$folder/plain" >/dev/null </dev/null
    case_lacks $'\033\\[[0-9;]*m' "$folder/plain"
    for lang in en zh; do
        (
            sleep 1
            printf '?'
            sleep 1
            printf 'q'
        ) | script -qec "stty cols 80 rows 24; '$dianchen' top --every 300ms --lang $lang" "$folder/top.$lang" >/dev/null
        grep -q $'\033\\[?1049h' "$folder/top.$lang"
        python3 - "$folder/top.$lang" "$lang" <<'END'
import re, sys, unicodedata
screens = open(sys.argv[1], encoding="utf-8").read().split("\x1b[?1049l")
assert len(screens) == 2, "the screen of before is not back"
words = {"en": ("extractor", "flight: records in hand"), "zh": ("瓶颈", "在途：手中的记录。")}[sys.argv[2]]
assert words[0] in screens[1], "the last look is not kept"
assert words[1] in screens[0] + screens[1], "? tells nothing"
widest = 0
for line in "".join(screens).splitlines():
    line = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line)
    if line.startswith("Script "):
        continue
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line.rstrip())
    widest = max(widest, width)
    assert width <= 80, line
assert widest > 60, "no board is there"
END
    done
    wait "$run"
}

runs_and_rejects_are_listed() {
    services --reject_numbers S000003,S000110
    demo_account
    code_of "$dianchen" run --dry-run
    grep -q '^dry run of shop-to-material' "$folder/out"
    code_of "$dianchen" run
    [ "$code" -eq 3 ]
    grep -qE '^  began +20[0-9-]+ [0-9:]+ [+-][0-9]{4}$' "$folder/out"
    "$dianchen" runs >"$folder/out"
    [ "$(wc -l <"$folder/out")" -eq 2 ] # a title, and one run: the dry one is none
    grep -q ' complete .* 300 ' "$folder/out"
    "$dianchen" runs --json | grep -q '"began":"20[0-9-]*T[0-9:]*[+-][0-9]*"'
    "$dianchen" rejects list --csv >"$folder/r.csv"
    [ "$(head -c 3 "$folder/r.csv" | od -An -tx1 | tr -d ' ')" = efbbbf ]
    [ "$(wc -l <"$folder/r.csv")" -eq 3 ]
    "$dianchen" rejects list --like S000110 >"$folder/out"
    [ "$(wc -l <"$folder/out")" -eq 1 ]
    "$dianchen" rejects list --class mapping | grep -q 'nothing refused is like that'
    "$dianchen" rejects list --since 1h --limit 1 >"$folder/out"
    [ "$(wc -l <"$folder/out")" -eq 1 ]
    "$dianchen" explain S000003 >"$folder/out"
    grep -q 'it stands refused' "$folder/out"
    grep -q 'rejects replay S000003' "$folder/out"
    # The platform tells accounts by group and service: they have no other names.
    "$dianchen" lookup accounts >"$folder/out"
    grep -qE '^ID +SERVICE +GROUP$' "$folder/out"
    grep -qE '^1234567890123456789 +3 +ns-demo$' "$folder/out"
    "$dianchen" lookup units | grep -qE '^1 +01 +个$'
    "$dianchen" lint "$scheme" --json | grep -q '"ok":true'
    "$dianchen" check --json | grep -q '"ok":true,"checks":\[{"ok":true,"part":"store"'
}

# Begin, end and cause of the newest run; what services do next, and that a person stopped them.
status_tells_when() {
    services
    demo_account
    local said='20[0-9-]+ [0-9:]+ [+-][0-9]{4}'
    "$dianchen" run >"$folder/out" 2>&1
    "$dianchen" status >"$folder/out"
    grep -qE "^  began    $said$" "$folder/out"
    grep -qE "^  ended    $said, after [0-9.]+ s$" "$folder/out"
    case_lacks 'next' "$folder/out" # no service has begun a run
    "$BUILD/bin/extractor" --bind "ipc://$folder/e" --metrics off 2>"$folder/e.log" &
    doubles="$doubles $!"
    "$BUILD/bin/transformer" --upstream "ipc://$folder/e" --bind "ipc://$folder/t" --metrics off 2>"$folder/t.log" &
    doubles="$doubles $!"
    "$BUILD/bin/loader" --upstream "ipc://$folder/t" --metrics off 2>"$folder/l.log" &
    doubles="$doubles $!"
    local tries=0
    until "$dianchen" status >"$folder/out" && grep -qE "^  next     run at $said \(every 1 min\)$" "$folder/out"; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ]
        sleep 0.1
    done
    grep -q '^run 2: finished' "$folder/out"
    "$dianchen" status --json | grep -qE '"ended":"20[^"]*","next_run":"20[^"]*","stopped":false'
    "$dianchen" stop >"$folder/out"
    "$dianchen" status | grep -q '^  next     stopped by the command line: dianchen start goes on'
    "$dianchen" status --json | grep -q '"next_run":null,"stopped":true'
    "$dianchen" report --html "$folder/page.html"
    grep -q 'source demo_sid → target 1234567890123456789' "$folder/page.html"
}

# Slips of people who write schemes by hand, each with the way out.
lint_knows_slips() {
    cp -r schemes "$folder/s"
    local change wanted
    while IFS='|' read -r change wanted; do
        sed "$change" "$scheme" >"$folder/s/x.json"
        if cmp -s "$scheme" "$folder/s/x.json"; then
            echo "$change changes nothing"
            return 1
        fi
        code_of "$dianchen" lint "$folder/s/x.json"
        [ "$code" -eq 2 ]
        grep -qF "$wanted" "$folder/out" || {
            echo "$change: $wanted is not in:"
            cat "$folder/out"
            return 1
        }
    done <<'END'
s/{{shop_no}}/｛｛shop_no｝｝/|full-width braces are plain text
s/{{shop_no}}/{{店铺编号}}/|did you mean shop_no?
s/"title": "shop_name"/"title": "店铺名称"/|did you mean shop_name?
s/"costmethod": "1"/"costmethod": "9"/|'9' is no value of costmethod (成本计算方法); it takes 1 (移动平均), 2 (加权平均), 3 (先进先出)
s/"costmethod": "1"/"costmethod": "=2+3"/|'5' is no value of costmethod
s/^\(.*"id": "shop_no"\),/\1/|x.json:9: column 5: a comma is missing before this
END
    # API files by themselves.
    local file
    for file in schemes/api/*.json; do
        "$dianchen" lint "$file" >"$folder/out"
        grep -q ': ok$' "$folder/out"
    done
    sed 's/"type": "string"/"typ": "string"/' schemes/api/wdt.shop.query.json >"$folder/s/api/wdt.shop.query.json"
    code_of "$dianchen" lint "$folder/s/api/wdt.shop.query.json"
    [ "$code" -eq 2 ]
    grep -q 'did you mean type?' "$folder/out"
    code_of "$dianchen" lint "$folder/s/api/none.json"
    [ "$code" -eq 2 ]
}

case_run "slips in a scheme are told with the way out" lint_knows_slips
case_run "init shows what to choose from" init_shows_what_to_choose_from
case_run "init asks, writes a private file, and ends with the check" init_leads_to_a_check
case_run "all missing variables are told at once" all_that_is_missing_is_told_at_once
case_run "top finds the workers of a run by itself" top_finds_a_run
case_run "top fits a terminal of 80 columns, takes keys, and heeds NO_COLOR" top_fits_a_terminal
# What `make run` did stays to be looked at; the next one begins anew, and a store of one's own is never touched.
the_demo_keeps_its_store() {
    local tree=$folder/tree out=$folder/out
    mkdir "$tree"
    ln -s "$(realpath "$BUILD")"/* "$tree"
    rm -f "$tree/demo"
    local again
    for again in 1 2; do
        DIANCHEN_STORE=sqlite:$folder/mine.db tests/demo.sh "$tree" 150 >"$out" 2>&1 || {
            cat "$out"
            return 1
        }
        grep -qE '^  created +150$' "$out"
        echo "$again" >"$folder/rounds"
    done
    [ ! -e "$folder/mine.db" ]
    # As it says.
    grep -E '^  (export|unset|.*/dianchen (report|explain)) ?' "$out" | grep -v unset >"$folder/said"
    [ "$(wc -l <"$folder/said")" -eq 3 ]
    sh -eu "$folder/said" >"$folder/looked"
    grep -q '<html' "$tree/demo/report.html"
    grep -q 'dianchen made it in the target' "$folder/looked"
    DIANCHEN_STORE=sqlite:$tree/demo/dianchen.db "$dianchen" runs >"$out"
    [ "$(wc -l <"$out")" -eq 2 ] # a title, and one run
}

case_run "make run keeps its store, and says how to look at it" the_demo_keeps_its_store
case_run "status tells begin, end, and what services do next" status_tells_when
case_run "runs, refused records and their story are listed" runs_and_rejects_are_listed
case_end
