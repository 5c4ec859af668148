#!/usr/bin/env bash
# `make demo`: both doubles, the stages as services and the console, with a little traffic and a few refusals, until Ctrl-C:
# demo_live.sh BUILD SHOPS. Everything stands in a folder of its own and is gone afterwards; nothing real is met.
set -euo pipefail
build=$(cd "$1" && pwd)
shops=$2
# shellcheck source=tests/demo_say.sh
. "$(dirname "$0")/demo_say.sh"
case $shops in
'' | *[!0-9]*)
    say "make demo: SHOPS=$shops: a whole number is wanted" "make demo：SHOPS=$shops：应为整数" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/dianchen-demo-XXXXXX")
pids=
# shellcheck disable=SC2317,SC2086  # called by the trap; a list of process ids
finish() {
    trap - EXIT INT TERM
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 0' INT TERM

# start FIRST_LINE PROGRAM WORD...: a program in the background; its first line of stdout in $line, where one is wanted
start() {
    local wanted=$1 name
    shift
    name=$(basename "$1")
    "$@" >"$work/$name.out" 2>"$work/$name.log" &
    pids="$pids $!"
    local tries=0
    while [ "$wanted" = 1 ] && [ ! -s "$work/$name.out" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 400 ] || ! kill -0 $! 2>/dev/null; then
            say "make demo: $name did not start" "make demo：$name 没有启动" >&2
            cat "$work/$name.log" >&2
            exit 1
        fi
        sleep 0.05
    done
    line=$(head -n 1 "$work/$name.out" 2>/dev/null || true)
}

# tell URL PATH: a switch of a double, asked without curl, which a bare Debian lacks
tell() {
    local address=${1#http://}
    address=${address%%/*}
    exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
    printf 'POST /_/%s HTTP/1.0\r\nContent-Length: 0\r\n\r\n' "$2" >&3
    cat <&3 >/dev/null
    exec 3>&-
}

start 1 "$build/tests/doubles/wdt-double" --port 0 --shops "$shops" --slow_ms 20
source_url=$line
start 1 "$build/tests/doubles/xingchen-double" --port 0 --slow_ms 40 --reject_numbers S000007,S000042
target_url=$line
mkdir -p "$work/schemes"
cp -r schemes/api schemes/shop-to-material.json "$work/schemes/"
# A run each 15 s, so that there is something to see.
sed -i 's/"every": *"[^"]*"/"every": "15s"/' "$work/schemes/shop-to-material.json"
# Commands that are started in the folder read it, too. Ours go by the environment, whatever stood there before.
(umask 077 && cat >"$work/.env") <<EOF
WDT_URL='$source_url'
WDT_APP_KEY='demo_app_key'
WDT_APP_SECRET='demo_source_secret'
WDT_SID='demo_sid'
XINGCHEN_URL='$target_url'
XINGCHEN_CLIENT_ID='demo_client_id'
XINGCHEN_CLIENT_SECRET='demo_target_secret'
XINGCHEN_USERNAME='demo_user'
XINGCHEN_PASSWORD='demo_password'
XINGCHEN_ACCOUNT_ID='1234567890123456789'
XINGCHEN_UNIT_ID='1'
SOURCE_CALLS_PER_MINUTE='0'
TARGET_CALLS_PER_MINUTE='0'
DIANCHEN_STORE='sqlite:$work/demo.db'
DIANCHEN_SCHEME='$work/schemes/shop-to-material.json'
EOF
set -a
# shellcheck disable=SC1091  # written above
. "$work/.env"
set +a

start 0 "$build/bin/extractor" --env-file "$work/.env" --bind "ipc://$work/extractor" --metrics 127.0.0.1:9701
start 0 "$build/bin/transformer" --env-file "$work/.env" --upstream "ipc://$work/extractor" --bind "ipc://$work/transformer" --metrics 127.0.0.1:9702
start 0 "$build/bin/loader" --env-file "$work/.env" --upstream "ipc://$work/transformer" --metrics 127.0.0.1:9703
start 1 "$build/bin/dianchen" console --env-file "$work/.env" --metrics off --at 127.0.0.1:9701,127.0.0.1:9702,127.0.0.1:9703
if chinese; then
    cat <<EOF
演示正在运行：$shops 个店铺，两个模拟接口，三个阶段，每 15 秒运行一次，有两个店铺会被目标系统拒收。
请在本机的浏览器中打开下面的链接，它可以登录一次：

  $line

命令行也可以试用，在另一个终端里：

  cd $work
  $build/bin/dianchen top
  $build/bin/dianchen rejects list
  $build/bin/dianchen explain S000003

按 Ctrl-C 结束全部，不留下任何东西。
EOF
else
    cat <<EOF
The demo runs: $shops shops, two doubles, three stages, a run every 15 s, two shops that the target refuses.
Open this link in a browser on this host; it logs in once:

  $line

Commands work, too, in another terminal:

  cd $work
  $build/bin/dianchen top
  $build/bin/dianchen rejects list
  $build/bin/dianchen explain S000003

Ctrl-C ends everything and leaves nothing behind.
EOF
fi
turn=0
while sleep 3; do
    turn=$((turn + 1))
    for pid in $pids; do
        kill -0 "$pid" 2>/dev/null || {
            say "make demo: a program has ended; its last words:" "make demo：有一个程序结束了；它最后的话：" >&2
            tail -n 2 "$work"/*.log >&2
            exit 1
        }
    done
    number=$(printf 'S%06d' $((turn * 37 % shops + 1)))
    tell "$source_url" "edit?shop_no=$number&shop_name=%E5%BA%97%E9%93%BA%20$turn"
    [ $((turn % 5)) != 0 ] || tell "$source_url" "add?n=2&at=end"
done
