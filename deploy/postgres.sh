#!/bin/sh
# Runs PostgreSQL in a container. The first start creates the cluster, with the user dianchen and POSTGRES_PASSWORD.
set -eu
bin=/usr/lib/postgresql/15/bin
data=/var/lib/postgresql/data/cluster
if [ ! -s "$data/PG_VERSION" ]; then
    if [ -z "${POSTGRES_PASSWORD:-}" ]; then
        echo "POSTGRES_PASSWORD is not set: choose a password for the store, and put it into DIANCHEN_STORE of the stages too" >&2
        exit 2
    fi
    umask 077
    # Created under another name first, so that an interrupted start leaves no half cluster.
    rm -rf "$data.new"
    printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
    "$bin/initdb" -D "$data.new" -U dianchen --pwfile=/tmp/password -A scram-sha-256 -E UTF8 --locale=C >/dev/null
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$data.new/pg_hba.conf"
    mv "$data.new" "$data"
fi
unset POSTGRES_PASSWORD
exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c log_min_messages=warning
