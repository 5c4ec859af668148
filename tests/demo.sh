#!/usr/bin/env bash
# `make run`: shops travel from the bundled double of 旺店通 into the bundled double of 星辰: demo.sh BUILD SHOPS
# A store of its own, BUILD/demo/dianchen.db: it stays to be looked at, and the next `make run` begins a new one, as the doubles
# begin with an empty target.
set -euo pipefail
build=$1
shops=$2
# shellcheck source=tests/demo_say.sh
. "$(dirname "$0")/demo_say.sh"
case $shops in
'' | *[!0-9]*)
    say "make run: SHOPS=$shops: a whole number is wanted" "make run：SHOPS=$shops：应为整数" >&2
    exit 2
    ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/dianchen-demo-XXXXXX")
pids=
# shellcheck disable=SC2317,SC2086  # called by the trap; a list of process ids
finish() {
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 4' INT TERM

# start NAME WORD...: a double in the background; its URL, once it listens, in $url
start() {
    name=$1
    shift
    "$build/tests/doubles/$name" --port 0 "$@" >"$work/$name.url" &
    pids="$pids $!"
    tries=0
    while [ ! -s "$work/$name.url" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 200 ] || ! kill -0 $! 2>/dev/null; then
            say "make run: $name did not start" "make run：$name 没有启动" >&2
            exit 1
        fi
        sleep 0.05
    done
    url=$(head -n 1 "$work/$name.url")
}

start wdt-double --shops "$shops"
WDT_URL=$url
start xingchen-double
XINGCHEN_URL=$url
export WDT_URL XINGCHEN_URL
export WDT_APP_KEY=demo_app_key WDT_APP_SECRET=demo_source_secret WDT_SID=demo_sid
export XINGCHEN_CLIENT_ID=demo_client_id XINGCHEN_CLIENT_SECRET=demo_target_secret
export XINGCHEN_USERNAME=demo_user XINGCHEN_PASSWORD=demo_password XINGCHEN_ACCOUNT_ID=1234567890123456789
export XINGCHEN_UNIT_ID=1 SOURCE_CALLS_PER_MINUTE=0 TARGET_CALLS_PER_MINUTE=0
store=$build/demo/dianchen.db
mkdir -p "$build/demo"
rm -f "$store" "$store"-wal "$store"-shm "$store"-life
export DIANCHEN_STORE="sqlite:$store" DIANCHEN_SCHEME=schemes/shop-to-material.json

way='wdt-double -> extractor -> transformer -> loader -> xingchen-double'
say "copying $shops shops: $way" "搬运 $shops 个店铺：$way" >&2
code=0
"$build/bin/dianchen" run --env-file /dev/null || code=$?
# Asked without curl, which a bare Debian lacks.
address=${XINGCHEN_URL#http://}
exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'GET /_/report HTTP/1.0\r\n\r\n' >&3
materials=$(tr ',' '\n' <&3 | sed -n 's/.*"materials": *\([0-9]*\).*/\1/p' || true)
exec 3>&-
[ -z "$materials" ] || say "  the target now holds $materials materials" "  目标系统现有 $materials 个商品"
if chinese; then
    cat <<EOF

所做的一切记录在 $store。查看：
  export DIANCHEN_STORE=sqlite:$store
  $build/bin/dianchen report --html $build/demo/report.html
  $build/bin/dianchen explain S000001

在浏览器中查看，有持续的数据与拒收：
  make demo

使用自己的账号（docs/credentials.zh-CN.md 说明每个值从哪里来）：
  unset DIANCHEN_STORE
  $build/bin/dianchen init         # 逐项询问，写好 .env 并检查
  $build/bin/dianchen preview      # 前几条记录，以及将要写入的内容
  $build/bin/dianchen run --limit 10
  $build/bin/dianchen run
EOF
else
    cat <<EOF

What it did is kept in $store. To look at it:
  export DIANCHEN_STORE=sqlite:$store
  $build/bin/dianchen report --html $build/demo/report.html
  $build/bin/dianchen explain S000001

See it in a browser, with traffic and refusals:
  make demo

With your own credentials (docs/credentials.md says where each comes from):
  unset DIANCHEN_STORE
  $build/bin/dianchen init         # asks for what is needed, writes .env, and checks it
  $build/bin/dianchen preview      # the first records and what would be written
  $build/bin/dianchen run --limit 10
  $build/bin/dianchen run
EOF
fi
exit "$code"
