#!/usr/bin/env bash
# `make test-deb`: the package on a fresh Debian 12: installed, does its work, is taken away and purged; the store stays.
# deb.sh BUILD, where make deb and the test servers stand.
set -euo pipefail
# shellcheck source=tests/fresh/root.sh
. "$(dirname "$0")/root.sh"
build=$1
fresh_make
mkdir "$fresh_root/root/bring"
cp "$build"/deb/dianchen_*.deb "$build"/tests/doubles/{wdt,xingchen}-double "$fresh_root/root/bring"
cat >"$fresh_root/root/bring/env" <<'END'
WDT_APP_KEY=demo_app_key
WDT_APP_SECRET=demo_source_secret
WDT_SID=demo_sid
XINGCHEN_CLIENT_ID=demo_client_id
XINGCHEN_CLIENT_SECRET=demo_target_secret
XINGCHEN_USERNAME=demo_user
XINGCHEN_PASSWORD=demo_password
XINGCHEN_ACCOUNT_ID=1234567890123456789
XINGCHEN_UNIT_ID=1
SOURCE_CALLS_PER_MINUTE=0
TARGET_CALLS_PER_MINUTE=0
WDT_URL=http://127.0.0.1:18081/router/qm
XINGCHEN_URL=http://127.0.0.1:18082
END
cat >"$fresh_root/root/bring/work" <<'END'
set -eu
cd /root/bring
say() { echo "deb: $1" >&2; }
say 'installs with what it depends on, and asks nothing'
apt-get update -qq
apt-get install -y -qq --no-install-recommends ./dianchen_*.deb </dev/null >installed.log 2>&1 || { cat installed.log; exit 1; }
dianchen --version
[ -e /lib/systemd/system/dianchen@.target ]
[ -s /usr/share/man/man1/dianchen.1.gz ]
[ "$(stat -c '%a %U' /etc/dianchen/main.env)" = '600 root' ]
[ "$(stat -c '%a %U' /var/lib/dianchen/hand)" = '700 dianchen' ]

say 'does a run as the user dianchen, in its home, with the installed scheme'
./wdt-double --port 18081 --shops 300 >wdt.url 2>wdt.log &
doubles=$!
./xingchen-double --port 18082 >xingchen.url 2>xingchen.log &
doubles="$doubles $!"
trap 'kill $doubles 2>/dev/null' EXIT
install -m 600 -o dianchen -g dianchen env /var/lib/dianchen/hand/.env
by_hand() { runuser -u dianchen -- sh -euc "cd /var/lib/dianchen/hand && $1"; }
by_hand 'dianchen check'
by_hand 'dianchen run --json' >report.json 2>run.log || { cat run.log; exit 1; }
grep -q '"complete": *true' report.json
grep -q '"created": *300' report.json

say 'is installed anew over itself: what was done is known'
apt-get install -y -qq --reinstall ./dianchen_*.deb </dev/null >again.log 2>&1 || { cat again.log; exit 1; }
by_hand 'dianchen run --json' >report.json 2>run.log
grep -q '"unchanged": *300' report.json

say 'goes: its programs are away, its settings stay'
echo 'WDT_SID=mine' >>/etc/dianchen/main.env
apt-get remove -y -qq dianchen </dev/null >removed.log 2>&1
[ ! -e /usr/bin/dianchen ]
[ ! -e /usr/bin/extractor ]
grep -q 'WDT_SID=mine' /etc/dianchen/main.env
say 'is purged: asks nothing, leaves nothing but the stores and their user'
apt-get purge -y -qq dianchen </dev/null >purged.log 2>&1 || { cat purged.log; exit 1; }
grep -q 'the stores in /var/lib/dianchen stay' purged.log
[ ! -e /etc/dianchen ]
[ "$(stat -c '%U' /var/lib/dianchen/hand/var/dianchen.db)" = dianchen ]
[ -z "$(dpkg-query -W -f '${db:Status-Status}' dianchen 2>/dev/null)" ]
left=$(find /etc /usr /lib -name '*dianchen*')
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
say 'passed'
END
fresh_run 'sh /root/bring/work'
