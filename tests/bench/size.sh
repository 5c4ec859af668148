#!/usr/bin/env bash
# make bench-size: size.sh TREE RECORDS: a large ledger, 20 runs old. Four loaders and a reader on PostgreSQL, then on one file;
# each time the end of a run, and the size after them. A backup of the file while nobody writes, and the copy of that into
# PostgreSQL, which must then hold every record.
set -euo pipefail
tree=$1 records=$2
if [ -z "${TEST_POSTGRES:-}" ]; then
    exec ./tests/postgres.sh "$0" "$@"
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
createdb --maintenance-db="$TEST_POSTGRES" bench
echo "PostgreSQL:"
bench=${TEST_POSTGRES/\/postgres\?//bench?}
"$tree/tests/bench/ledger" "$records" "$bench" 4 read
sleep 1 # statistics come late
psql -At "$bench" -c "select 'the ledger takes ' || pg_total_relation_size('record') / 1048576 || ' MiB; ' || n_tup_upd ||
    ' updates, of which ' || 100 * n_tup_hot_upd / greatest(n_tup_upd, 1) || ' % HOT' from pg_stat_user_tables where relname = 'record'"
dropdb --maintenance-db="$TEST_POSTGRES" bench
echo "a file:"
"$tree/tests/bench/ledger" "$records" "sqlite:$folder/store.db" 4 read
echo "the file takes $(($(stat -c %s "$folder/store.db") / 1048576)) MiB"
TIMEFORMAT='the backup takes %1R s'
time "$tree/bin/dianchen" store backup "$folder/backup.db" --store "sqlite:$folder/store.db"
TIMEFORMAT='the copy of the backup to PostgreSQL takes %1R s'
time "$tree/bin/dianchen" store copy "sqlite:$folder/backup.db" "$TEST_POSTGRES"
held=$(psql -At "$TEST_POSTGRES" -c "select count(*) from record where held = 1 and claim = 0")
[ "$held" = "$records" ] || { echo "bench-size: $held of $records records are there" >&2; exit 1; }
echo "PostgreSQL holds all $held records"
