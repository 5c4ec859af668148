#!/usr/bin/env bash
# Everything that dianchen says to a person is Chinese where the person's language is: every command's help, every message of
# a run with refusals, of lint, of wrong words, of a page of a report. The locale itself is not installed here.
# shellcheck disable=SC2016,SC2317,SC2154,SC2086  # backquotes; called by case_run, which makes $folder; lists of ids
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"
unset DIANCHEN_LANG LANGUAGE
export LC_ALL=zh_CN.UTF-8 2>/dev/null
dianchen=$BUILD/bin/dianchen
# english FILE: lines that hold an English sentence, four words or more side by side. Commands, file names, what stands in quotes or
# backquotes, names of fields and of settings are no sentences.
english() {
    [ -r "$1" ] || return 2
    env LC_ALL=C.UTF-8 sed -E -e 's/`[^`]*`|"[^"]*"|“[^”]*”|\[[^]]*\]|<[^>]*>|\{[^}]*\}//g' \
        -e 's/(build\/bin\/)?dianchen( (--)?[a-z|-]+)+( (NAME|RUN|FILE|KEY|COMMAND))?//g' \
        -e 's/[a-z_]+(, [a-z_]+)* or [a-z_]+//g' -e 's/[A-Za-z0-9_.-]*[\/_.=:|-][A-Za-z0-9_.\/=:|-]*//g' "$1" |
        env LC_ALL=C.UTF-8 grep -nE "(^|[^A-Za-z])[A-Za-z]+'?[a-z]*,? [a-z]+'?[a-z]*,? [a-z]+'?[a-z]*,? [a-z]+" || [ $? -eq 1 ]
}

# The search itself: it finds a sentence beside Chinese, and none in Chinese with names and commands.
english_is_found() {
    printf '%s\n' '店铺 the record was refused by the target' >"$folder/mixed"
    [ -n "$(english "$folder/mixed")" ]
    printf '%s\n' '店铺 `the record was refused` dianchen rejects list，见 docs/rows.md' >"$folder/pure"
    [ -z "$(english "$folder/pure")" ]
    if (english "$folder/nowhere") >"$folder/why" 2>&1; then
        echo "a file that is not there passes for Chinese"
        return 1
    fi
}

# chinese FILE: it is not empty, holds Chinese, and no English sentence.
chinese() {
    local found
    env LC_ALL=C.UTF-8 grep -qP '\p{Han}' "$1" || {
        echo "no Chinese in it:"
        head -n 5 "$1"
        return 1
    }
    found=$(english "$1")
    [ -z "$found" ] || {
        echo "English is left in $1: $found"
        return 1
    }
}

commands() {
    LC_ALL=C "$dianchen" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[^ ].*/\1/p'
}

help_is_chinese() {
    "$dianchen" --help >"$folder/help"
    chinese "$folder/help"
    [ "$(commands | wc -l)" -gt 18 ]
    local command stage
    commands >"$folder/commands"
    while read -r command; do
        # shellcheck disable=SC2086  # two words
        "$dianchen" $command --help >"$folder/help" </dev/null
        chinese "$folder/help" || {
            echo "dianchen $command --help"
            return 1
        }
    done <"$folder/commands"
    for stage in extractor transformer loader console; do
        "$BUILD/bin/$stage" --help >"$folder/help"
        chinese "$folder/help"
    done
    "$dianchen" settings >"$folder/help"
    chinese "$folder/help"
    "$dianchen" functions >"$folder/help"
    chinese "$folder/help"
}

# By the flag, by the variable, by the locale; English by each, too; the flag beats the variable beats the locale.
language_is_chosen() {
    "$dianchen" run --help --lang en | grep -q '^usage: '
    DIANCHEN_LANG=en "$dianchen" run --help | grep -q '^usage: '
    LC_ALL=C "$dianchen" run --help --lang zh | grep -q '^用法'
    LC_ALL=C LANG=zh_CN.UTF-8 "$dianchen" run --help | grep -q '^usage: '
    env -u LC_ALL LANG=zh_CN.UTF-8 "$dianchen" run --help | grep -q '^用法'
    # Before the command, too, and however it is spelt.
    LC_ALL=C "$dianchen" --lang zh --help | grep -q '^用法'
    LC_ALL=C "$dianchen" --lang=zh rejects replay --help | grep -q '^用法：dianchen rejects replay'
    LC_ALL=C "$dianchen" --lang zh help rejects replay | grep -q '^用法：dianchen rejects replay'
    "$dianchen" --lang en run --help | grep -q '^usage: dianchen run'
    complain 2 env LC_ALL=C "$dianchen" --lang zh rejects list --limit x
    complain 2 "$dianchen" --json status
    complain 2 "$dianchen" repot
    grep -q 'report' "$folder/said"
    local code=0
    "$dianchen" run --lang fr 2>"$folder/err" || code=$?
    [ "$code" -eq 2 ]
    grep -q 'en' "$folder/err"
    cd "$folder" || return 1
    echo 'DIANCHEN_LANG=zh' >.env
    complain 2 env LC_ALL=C "$dianchen" explain
}

# complain CODE WORD...: ends with that code, and what it says is Chinese.
complain() {
    local want=$1 code=0
    shift
    "$@" >"$folder/said" 2>&1 </dev/null || code=$?
    [ "$code" -eq "$want" ] || {
        echo "exit code $code, not $want: $*"
        cat "$folder/said"
        return 1
    }
    chinese "$folder/said" || {
        echo "$*"
        return 1
    }
}

mistakes_are_told_in_chinese() {
    local words
    for words in nonsense 'run --nonsense' 'run --limit x' 'run --limit' explain rejects 'rejects list --since x' 'rejects replay' \
        'rejects list --csv --json' 'store copy a' 'settings --env --markdown' keys lint 'lookup' eval test 'report x y z' \
        api 'api try' 'api try NOSUCH' 'api new' 'api new x /nowhere' 'rejects settle' 'rejects settle X' 'rejects settle X --absent --found 1' \
        'health --metrics nowhere' 'store backup' 'console token remove X' 'console nonsense' 'runs x' 'stop x' 'explain a b' \
        'init NONSENSE=1' 'init WDT_APP_SECRET=x' 'functions NOSUCH' 'top --at nowhere' 'run --env-file /nowhere/x'; do
        # shellcheck disable=SC2086  # words
        (cd "$folder" && complain 2 env -u WDT_SID "$dianchen" $words)
    done
    (cd "$folder" && complain 2 "$dianchen" api)
    grep -q 'api try, dianchen api new' "$folder/said"
    # A command stays as it is typed.
    local code=0
    "$dianchen" store copy x >"$folder/said" 2>&1 || code=$?
    [ "$code" -eq 2 ]
    grep -q '用法：dianchen store copy ' "$folder/said"
    local formula
    for formula in '=1+' '=A(1)' '=1=1&&2' '="a' '=shop_nr' '=TODAY()' '=VLOOKUP(a, t, 2)' '=COUNTIF(a, 1)' '=LENB(a)' '=CHAR(10)' '=a[1]' '=IF（1,2,3）'; do
        complain 2 "$dianchen" eval "$formula" --scheme schemes/shop-to-material.json
    done
    for formula in '=created + 1' '=1 / 0' '=a + 1' '=DATEADD(a, 1, "day")' '=a > 1' '=thousand + 1' '=percent + 1'; do
        complain 1 "$dianchen" eval "$formula" --record '{"created": "2024-02-29 08:05:09", "a": "x", "thousand": "1,000", "percent": "5%"}'
    done
    complain 2 "$dianchen" console token
    complain 2 "$dianchen" console token new
    complain 2 "$dianchen" console --bind 0.0.0.0:1 --metrics off
    (cd "$folder" && complain 2 "$BUILD/bin/extractor" --once --scheme "$OLDPWD/schemes/shop-to-material.json")
    (cd "$folder" && complain 2 "$dianchen" status)
    (cd "$folder" && complain 2 "$dianchen" runs)
}

# Faults of schemes, one after the other.
lint_is_chinese() {
    local shipped
    for shipped in schemes/*-to-*.json; do
        "$dianchen" lint "$shipped" >"$folder/said"
        chinese "$folder/said"
        "$dianchen" test "$shipped" >"$folder/said"
        chinese "$folder/said"
        case_lacks '^ok|FAIL' "$folder/said"
    done
    cp -r schemes "$folder/s"
    local scheme=$folder/s/shop-to-material.json change
    "$dianchen" lint "$scheme" >"$folder/said"
    for change in 's/"shop_no"/"shop_nr"/' 's/"costmethod": "1"/"costmethod": "9"/' 's/"number":/"nmuber":/' 's/"every": "60s"/"every": "soon"/' 's/{{shop_no}}/{{shop_no/' \
        's/"existing": "reject"/"existing": "maybe"/' 's/"batch": [0-9]*/"batch": 0/' 's/"costmethod": "1"/"costmethod": "=IF("/' \
        's/=TRIM(shop_name)/=NOSUCH(shop_name)/' 's/=TRIM(shop_name)/=LEFT(shop_name, \\"a\\")/' 's/=TRIM(shop_name)/=TABLE(no, shop_no)/' \
        's/"name": "=TRIM(shop_name)",//' 's/}$/}}/' 's/"target"/"taget"/' 's/"filter": \[/"filter": [ 1,/' 's/"id": "shop_no"/"id": 1/'; do
        sed "$change" schemes/shop-to-material.json >"$scheme"
        if cmp -s "$scheme" schemes/shop-to-material.json; then
            echo "changes nothing: $change"
            return 1
        fi
        local code=0
        "$dianchen" lint "$scheme" >"$folder/said" 2>&1 || code=$?
        [ "$code" -eq 2 ] || [ "$code" -eq 0 ]
        chinese "$folder/said" || {
            echo "after $change"
            return 1
        }
    done
}

# A whole day of work against the doubles, with refusals of several kinds.
work_is_chinese() {
    trap 'kill $doubles 2>/dev/null || true' EXIT
    case_double wdt-double --shops 250
    export WDT_URL=$url
    case_double xingchen-double --reject_numbers S000003,S000110
    export XINGCHEN_URL=$url
    export WDT_APP_KEY=demo_app_key WDT_APP_SECRET=demo_source_secret WDT_SID=demo_sid
    export XINGCHEN_CLIENT_ID=demo_client_id XINGCHEN_CLIENT_SECRET=demo_target_secret
    export XINGCHEN_USERNAME=demo_user XINGCHEN_PASSWORD=demo_password XINGCHEN_ACCOUNT_ID=1234567890123456789
    export XINGCHEN_UNIT_ID=1 SOURCE_CALLS_PER_MINUTE=0 TARGET_CALLS_PER_MINUTE=0
    export DIANCHEN_STORE="sqlite:$folder/d.db" DIANCHEN_SCHEME=$PWD/schemes/shop-to-material.json
    complain 0 "$dianchen" check
    complain 0 "$dianchen" preview -n 2
    complain 0 "$dianchen" run --dry-run --limit 3
    complain 3 "$dianchen" run
    complain 3 "$dianchen" report
    complain 0 "$dianchen" status
    complain 0 "$dianchen" runs
    complain 0 "$dianchen" rejects list
    complain 0 "$dianchen" rejects list --like S000110
    complain 0 "$dianchen" rejects show S000003
    complain 0 "$dianchen" explain S000003
    complain 0 "$dianchen" explain S000001
    complain 2 "$dianchen" explain NOSUCH
    complain 0 "$dianchen" stop
    complain 0 "$dianchen" start
    complain 0 "$dianchen" lookup units
    complain 0 "$dianchen" lookup accounts
    complain 3 "$dianchen" rejects replay --all
    local code=0
    "$dianchen" report --html "$folder/page.html" >"$folder/said" || code=$?
    [ "$code" -eq 3 ]
    chinese "$folder/said"
    sed -e 's/<style>.*<\/style>//' -e 's/<[^>]*>/ /g' "$folder/page.html" >"$folder/page"
    chinese "$folder/page"
    grep -q '<html lang="zh-CN">' "$folder/page.html"
    # Somebody must act: it says so at the top, and what was refused stands before the charts.
    grep -q '已完成，有拒收' "$folder/page.html"
    awk '/最近的拒收/ && !refused { refused = NR } /各阶段吞吐/ && !charts { charts = NR } END { exit !(refused && refused < charts) }' \
        "$folder/page.html"
    case_lacks '重复 0<' "$folder/page.html"
    # What programs read stays as it is.
    code=0
    "$dianchen" report --json >"$folder/said" || code=$?
    [ "$code" -eq 3 ]
    grep -q '"state":"complete"' "$folder/said"
    "$dianchen" rejects list --json | grep -q '"class":"target"'
    "$dianchen" check --json | grep -q '"part":"store"'
    kill $doubles
    wait $doubles 2>/dev/null || true
    doubles=
    complain 4 "$dianchen" check
    # Log events are for programs, and stay English as a whole.
    : >"$folder/err"
    "$dianchen" run --new >"$folder/said" 2>"$folder/err" &
    local run=$! tries=0
    until grep -q '"event":"source.down"' "$folder/err"; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ]
        sleep 0.1
    done
    kill "$run"
    code=0
    wait "$run" || code=$?
    [ "$code" -eq 4 ] # told to stop: unfinished
    grep '^{' "$folder/err" >"$folder/events"
    if env LC_ALL=C.UTF-8 grep -P '\p{Han}' "$folder/events"; then
        return 1
    fi
}

# What `make run` and `make demo` print, too.
demo_is_chinese() {
    local tree=$folder/tree
    mkdir "$tree"
    ln -s "$(realpath "$BUILD")"/* "$tree"
    rm -f "$tree/demo"
    complain 0 ./tests/demo.sh "$tree" 20
    grep -q '目标系统现有 20 个商品' "$folder/said"
    complain 2 ./tests/demo.sh "$BUILD" many
    complain 2 ./tests/demo_live.sh "$BUILD" many
    LC_ALL=C ./tests/demo.sh "$tree" 20 >"$folder/said" 2>&1
    grep -q 'the target now holds 20 materials' "$folder/said"
}

case_run "an English sentence is found" english_is_found
case_run "every help is Chinese" help_is_chinese
case_run "--lang, DIANCHEN_LANG and the locale choose" language_is_chosen
case_run "mistakes are told in Chinese" mistakes_are_told_in_chinese
case_run "faults of a scheme are told in Chinese" lint_is_chinese
case_run "a day of work is Chinese to the last word" work_is_chinese
case_run "make run and make demo speak Chinese" demo_is_chinese
case_end
