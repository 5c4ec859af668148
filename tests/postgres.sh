#!/bin/sh
# Runs a command beside a PostgreSQL server of its own: postgres.sh COMMAND [WORD...]
# The server listens on a socket in a temp folder only; the command finds its URL in TEST_POSTGRES and its process id in
# FOLDER/data/postmaster.pid, FOLDER being TEST_POSTGRES_FOLDER. However this script ends, the server ends with it.
set -eu
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
if [ ! -x "${bin:-}/initdb" ]; then
    echo "postgres.sh: no PostgreSQL server here: apt-get install postgresql" >&2
    exit 1
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/dianchen-postgres-XXXXXX")
server=
finish() {
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
as=
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
chmod 755 "$folder"
cd "$folder"
$as "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >initdb.log 2>&1 || {
    cat initdb.log >&2
    exit 1
}
cat >start.sh <<END
#!/bin/sh
exec setpriv --pdeathsig INT "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=100 \
    -c log_min_messages=warning -c log_statement=none
END
chmod 755 start.sh
$as ./start.sh >server.log 2>&1 &
server=$!
cd - >/dev/null
TEST_POSTGRES="postgresql://postgres@/postgres?host=$folder"
TEST_POSTGRES_FOLDER=$folder
export TEST_POSTGRES TEST_POSTGRES_FOLDER
turns=0
until "$bin/pg_isready" -q -h "$folder" -U postgres; do
    turns=$((turns + 1))
    if [ "$turns" -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then
        cat "$folder/server.log" >&2
        exit 1
    fi
    sleep 0.1
done
"$@"
