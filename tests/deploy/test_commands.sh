#!/usr/bin/env bash
# Every command of dianchen that README and docs show is run against the doubles, as it stands there: in blocks of shell, and
# between backquotes. Words in capitals stand for something of the person: they are filled in.
# shellcheck disable=SC2016,SC2317,SC2154,SC2086  # backquotes; called by case_run, which makes $folder; lists of ids
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"
bin=$(realpath "$BUILD/bin")

# One command a line, each once: as it stands in the documents, without what is said about it.
shown() {
    {
        awk 'FNR == 1 { code = 0 } /^```/ { code = /^```sh/; next } code' README.md README.zh-CN.md docs/*.md
        grep -oh '`[^`]*`' README.md README.zh-CN.md docs/*.md | tr -d '`'
    } | sed -E 's/(^|\()build\/bin\//\1/; s/ +# .*//; s/ +$//' |
        grep -E '^(TOKEN=\$\()?(dianchen|extractor|transformer|loader) ' | sort -u
}

# Whatever is run elsewhere, and where; names of commands, which say nothing without an operand.
left_out() {
    case $1 in
    *' & '* | 'extractor --once'*) echo "stages that need each other: tests/integration" ;;
    'dianchen explain' | 'dianchen lint' | 'dianchen test' | 'dianchen lookup' | 'dianchen rejects show' | 'dianchen rejects replay' | 'dianchen rejects close'*) echo "a name" ;;
    'dianchen rejects settle'*) echo "a reject that only a lost reply makes: tests/integration" ;;
    'dianchen api new'* | 'dianchen api try' | 'dianchen api read'*) echo "a sample: tests/integration" ;;
    'dianchen console password'* | 'dianchen console --bind 0.0.0.0'*) echo "a password and a certificate: tests/web/open.mjs" ;;
    'dianchen store backup' | 'dianchen store copy') echo "a name" ;;
    'dianchen store copy sqlite:'*) echo "a database: tests/integration/test_postgres.c" ;;
    esac
}

filled_in() {
    sed -E -e "s|sqlite:/var/lib/dianchen/main/dianchen.db|$DIANCHEN_STORE|" -e 's/ \[RUN\]| RUN$/ 1/' -e 's/\bKEY\b/S000042/' \
        -e 's/\bFILE\b/file.html/' -e 's/\bDIR\b/dir/' -e 's/lookup NAME/lookup units/' -e 's/test (SCHEME|方案)/test schemes\/mine.json/' \
        -e 's/console$/console --bind 127.0.0.1:0/' -e 's/run --from/run --scheme schemes\/goods-to-material.json --from/' -e "s/HOST:PORT/$metrics/" -e "s/extractor:9701,transformer:9702,loader:9703/$metrics/" <<<"$1"
}

# Programs that go on until they are told to stop: told after a moment, they end well.
goes_on() {
    case $1 in
    'dianchen console --bind'*) ;;
    'dianchen top'*--once*) return 1 ;;
    'dianchen top'*) ;;
    *) return 1 ;;
    esac
}

world() {
    trap 'kill $doubles 2>/dev/null || true' EXIT
    case_double wdt-double --shops 120
    export WDT_URL=$url
    local host=${WDT_URL#http://}
    host=${host%%/*}
    exec 3<>"/dev/tcp/${host%:*}/${host#*:}" # a shop without a name: it can't be mapped
    printf 'POST /_/edit?shop_no=S000010&shop_name= HTTP/1.0\r\nContent-Length: 0\r\n\r\n' >&3
    cat <&3 >"$folder/edited"
    exec 3>&-
    grep -q '200 OK' "$folder/edited"
    case_double xingchen-double --reject_numbers S000042,S000077
    export XINGCHEN_URL=$url
    case_double robot-double --form dingtalk
    export ALERT_URL="$url/robot/send?access_token=demo_robot_key" ALERT_FORM=dingtalk PLAIN_HTTP=allow
    export WDT_APP_KEY=demo_app_key WDT_APP_SECRET=demo_source_secret WDT_SID=demo_sid
    export XINGCHEN_CLIENT_ID=demo_client_id XINGCHEN_CLIENT_SECRET=demo_target_secret
    export XINGCHEN_USERNAME=demo_user XINGCHEN_PASSWORD=demo_password XINGCHEN_ACCOUNT_ID=1234567890123456789
    export XINGCHEN_UNIT_ID=1 SOURCE_CALLS_PER_MINUTE=0 TARGET_CALLS_PER_MINUTE=0
    export DIANCHEN_STORE=sqlite:$folder/d.db METRICS_BIND=off PATH=$bin:$PATH
    cp -r schemes "$folder/schemes"
    sed "s/\"name\": \"shop-to-material\"/\"name\": \"mine\"/" schemes/shop-to-material.json >"$folder/schemes/mine.json"
    cd "$folder" || return 1
    mkdir -p deploy/kubernetes/secrets
}

# A transformer alone, for those that ask a stage.
stage() {
    transformer --upstream "ipc://$folder/nobody" --bind "ipc://$folder/t" --metrics 127.0.0.1:0 2>t.log &
    doubles="$doubles $!"
    local tries=0
    until metrics=$(sed -n 's/.*http:\/\/\(127.0.0.1:[0-9]*\)\/metrics.*/\1/p' t.log | head -n 1) && [ -n "$metrics" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ]
        sleep 0.05
    done
}

all_are_run() {
    shown >"$folder/commands"
    [ "$(wc -l <"$folder/commands")" -gt 50 ]
    world
    stage
    "$bin/dianchen" run >run.log 2>&1 || [ $? -eq 3 ]
    local command code ran=0
    while read -r command; do
        [ -z "$(left_out "$command")" ] || continue
        command=$(filled_in "$command")
        rm -f .env file.html
        code=0
        if goes_on "$command"; then
            timeout -s INT -k 20 2 sh -c "exec $command" >said 2>&1 </dev/null || code=$?
            [ "$code" -ne 124 ] || code=0 # it was told, and ended
        else
            timeout 60 sh -c "$command" >said 2>&1 </dev/null || code=$?
        fi
        ran=$((ran + 1))
        case $code in
        0 | 3) ;;
        *)
            echo "exit code $code: $command"
            cat said
            echo "$command" >>bad
            ;;
        esac
    done <commands
    [ ! -e bad ]
    [ "$ran" -gt 45 ]
}

case_run "every command that the documents show does what it should" all_are_run
case_end
