#!/bin/sh
# Installs the Debian packages that one purpose needs, where any is missing: packages.sh build|run|postgres|monitoring|site|test|fuzz|lint|engine|fresh|deb
# Without root it prints the exact line to run, and fails.
set -eu
build="gcc libc6-dev make pkg-config libzmq3-dev libcurl4-openssl-dev libmsgpack-dev libcjson-dev libssl-dev libsqlite3-dev libpq-dev libmicrohttpd-dev liblua5.4-dev libxml2-dev gettext ca-certificates"
case ${1:-} in
build) wanted=$build ;;
run) wanted="libzmq5 libcurl4 libmsgpackc2 libcjson1 libssl3 libsqlite3-0 libpq5 libmicrohttpd12 liblua5.4-0 libxml2 ca-certificates" ;;
postgres) wanted="postgresql-15" ;;
test)
    wanted="$build libcmocka-dev valgrind libtsan2 iproute2 systemd postgresql pgbouncer prometheus bc chromium fonts-noto-cjk groff-base zsh pandoc python3"
    # Others' packages of Node.js hold npm, and conflict with Debian's.
    command -v npm >/dev/null || wanted="$wanted nodejs npm"
    command -v kubectl >/dev/null || wanted="$wanted kubernetes-client"
    ;;
monitoring) wanted="prometheus" ;;
site) wanted="pandoc" ;;
fuzz) wanted="$build libcmocka-dev clang libclang-rt-14-dev" ;;
engine) wanted="docker.io docker-compose iptables debootstrap" ;;
deb) wanted="$build debhelper dpkg-dev fakeroot lintian" ;;
fresh) wanted="debootstrap util-linux git" ;;
lint) wanted="$build libcmocka-dev git clang clang-format clang-tidy cppcheck shellcheck" ;;
*)
    echo "usage: packages.sh build|run|postgres|monitoring|site|test|fuzz|lint|engine|fresh|deb" >&2
    exit 2
    ;;
esac
missing=
for package in $wanted; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
    root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    root=sudo
else
    echo "missing packages; as root, run:" >&2
    echo "    apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
echo "installing$missing" >&2
# A machine that has just booted may be upgrading itself, and hold apt's lock.
wait="-o DPkg::Lock::Timeout=300"
# shellcheck disable=SC2086  # lists of words
{
    $root apt-get $wait update -qq
    DEBIAN_FRONTEND=noninteractive $root apt-get $wait install -y -qq --no-install-recommends $missing >/dev/null
}
