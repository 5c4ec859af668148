#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own: postgres.sh COMMAND [WORD...]
# The server listens on a socket in a temp folder only; the command finds its URL in TEST_POSTGRES and the folder in
# TEST_POSTGRES_FOLDER. A server that ends is started again, as soon as FOLDER/hold is not there: so a test can stop it
# (its process id is the first line of FOLDER/data/postmaster.pid). However this script ends, the server ends with it.
set -euo pipefail
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
if [ ! -x "${bin:-}/initdb" ]; then
    echo "postgres.sh: no PostgreSQL server here: apt-get install postgresql" >&2
    exit 1
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/dianchen-postgres-XXXXXX")
server=
command=
# shellcheck disable=SC2317  # called by the trap
finish() {
    [ -z "$command" ] || kill "$command" 2>/dev/null || true
    if [ -n "$server" ]; then
        kill -INT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
# initdb and postgres refuse to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
chmod 755 "$folder"
here=$PWD
cd "$folder"
"${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >initdb.log 2>&1 || {
    cat initdb.log >&2
    exit 1
}
start() {
    "${as[@]}" setpriv --pdeathsig INT "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= \
        -c max_connections=100 >>"$folder/server.log" 2>&1 &
    server=$!
}
start
turns=0
until "$bin/pg_isready" -q -h "$folder" -U postgres; do
    turns=$((turns + 1))
    if [ "$turns" -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then
        cat "$folder/server.log" >&2
        exit 1
    fi
    sleep 0.1
done
cd "$here"
export TEST_POSTGRES="postgresql://postgres@/postgres?host=$folder" TEST_POSTGRES_FOLDER=$folder
"$@" &
command=$!
while true; do
    code=0
    wait -n "$command" "$server" 2>/dev/null || code=$?
    if ! kill -0 "$command" 2>/dev/null; then
        code=0
        wait "$command" || code=$?
        command=
        exit "$code"
    fi
    sleep 0.1
    [ -e "$folder/hold" ] || start
done
