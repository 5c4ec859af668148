#!/usr/bin/env bash
# Runs every test program of one or more build trees, JOBS at a time, and checks that the sanitizers of each work;
# then, on the first tree: unit tests under valgrind, and the scripts of tests/deploy. Counts the cases:
# run.sh BUILD... (ONLY=unit, integration, valgrind, deploy… for a part; ONLY=compose: tests/compose;
# NAMES="test_a test_b" for these programs alone, whatever their part; SECONDS_MOST=n: more than that is a failure;
# RELEASED="a b": on the first tree these integration tests alone, without test_ before their names;
# AGAIN=1: a program that fails runs once more; one that passes then is listed as FLAKY, with what it said first)
set -u
# What programs say is looked at in English; tests of other languages ask for them.
export LC_ALL=C.UTF-8 DIANCHEN_LANG=en
part=${ONLY:-*}
[ -z "${NAMES:-}" ] || part=named
tests=$(cd "$(dirname "$0")" && pwd)
jobs=${JOBS:-$(($(nproc) * 2))} # they wait more than they work
[ "$part" = compose ] && jobs=1
# The store is tested on every kind: programs run beside a PostgreSQL server.
case $part in
deploy | compose) ;;
*) [ -n "${TEST_POSTGRES:-}" ] || exec "$tests/postgres.sh" "$0" "$@" ;;
esac
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
broken=0

# one NAME LOG COMMAND...: runs a test program, counts its cases, shows the end of its log if it failed
one() {
    local name=$1 log=$2 start verdict cases bad=0 shown='' round
    shift 2
    start=$(date +%s)
    for round in first ${AGAIN:+second}; do
        verdict=ok
        timeout -k 10 "${TEST_SECONDS:-900}" "$@" >"$log" 2>&1 || verdict="FAILED ($?)"
        [ "$verdict" != ok ] || break
        shown=$(tail -n 60 "$log")$'\n'
    done
    cases=$(grep -c '^\[       OK \]' "$log")
    if [ "$verdict" = ok ] && [ "$cases" -eq 0 ]; then
        verdict="FAILED (it ran no case)"
        shown=$(tail -n 60 "$log")$'\n'
    fi
    if [ "$verdict" != ok ]; then
        bad=$(grep '^\[  FAILED  \] .*[a-z]$' "$log" | sort -u | wc -l) # each is told twice
        [ "$bad" -gt 0 ] || bad=1
    elif [ "$round" = second ]; then
        verdict="FLAKY: ok the second time"
        echo "$name" >"$(mktemp "$results/flaky.XXXXXXXX")"
    fi
    echo "$cases $bad" >"$(mktemp "$results/cases.XXXXXXXX")"
    printf '%s%-64s %3d cases  %3d s  %s\n' "$shown" "$name" "$cases" $(($(date +%s) - start)) "$verdict"
}

# begin NAME LOG COMMAND...: the same as soon as there is a place
begin() {
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
        wait -n
    done
    one "$@" &
}

first=$1
scripts=$part
case $part in
"*") scripts=deploy ;;
deploy | compose | valgrind) set -- ;;
*) scripts= ;;
esac
# What a sanitizer says of any process fails the run, also of programs that a test starts.
reports_of() { echo "$(cd "$1" && pwd)/log/sanitizer"; }
# One queue for all trees: the longest single test, that of the rules, comes first.
for build in $(printf '%s\n' "$@" | grep '/rules$') $(printf '%s\n' "$@" | grep -v '/rules$'); do
    mkdir -p "$build/log"
    reports=$(reports_of "$build")
    rm -f "$reports".*
    export ASAN_OPTIONS="detect_leaks=1:log_path='$reports'" UBSAN_OPTIONS="print_stacktrace=1:log_path='$reports'"
    export TSAN_OPTIONS="suppressions='$tests/tsan.supp':log_path='$reports'"
    # The tree whose rules can be taken out holds programs that must fail: its simulation runs them.
    of=$part
    [ "$(basename "$build")" = rules ] && of=simulation
    [ "$part" = named ] && of='*'
    # shellcheck disable=SC2231  # a pattern
    for test in "$build"/tests/$of/test_*; do
        if [ ! -x "$test" ]; then
            echo "run.sh: no test programs in $build/tests: run make test" >&2
            exit 1
        fi
        name=$(basename "$test")
        [ "$part" != named ] || [[ " $NAMES " == *" $name "* ]] || continue
        if [ -n "${RELEASED:-}" ] && [ "$build" = "$first" ] && [[ $test == */tests/integration/* ]]; then
            [[ " $RELEASED " == *" ${name#test_} "* ]] || continue
        fi
        # A test that crashes the server, or ends the connections of others, has one of its own.
        own=()
        grep -qE 'place_crash|pg_terminate_backend' "$tests/$(basename "$(dirname "$test")")/$name.c" 2>/dev/null && own=("$tests/postgres.sh")
        begin "$test" "$build/log/$name.log" "${own[@]}" "$test"
    done
    if [ "$of" = "*" ] && [ "$part" != named ]; then
        begin "$build/tests/canary/canary" "$build/log/canary.log" "$tests/canary.sh" "$build"
    fi
done
wait
for build in "$@"; do
    for report in "$(reports_of "$build")".*; do
        [ -e "$report" ] || continue
        head -n 40 "$report"
        broken=$((broken + 1))
    done
done
unset ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS
# Scripts find the programs of the first tree in $BUILD.
BUILD=$(cd "$first" && pwd)
export BUILD
mkdir -p "$BUILD/log"
case $part in
"*" | valgrind)
    # What reads bytes from outside, and the core of the links: memory that was never written, leaks.
    for name in buffer text json wire scheme map reply body judge seal sign flow; do
        test=$BUILD/tests/unit/test_$name
        begin "valgrind $test" "$BUILD/log/valgrind-test_$name.log" \
            valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite "$test"
    done
    ;;
esac
if [ -n "$scripts" ]; then
    for test in "$tests/$scripts"/test_*.sh; do
        [ -e "$test" ] || continue
        begin "$test" "$BUILD/log/$(basename "$test").log" "$test"
    done
fi
wait
for name in "$results"/flaky.*; do
    [ ! -e "$name" ] || echo "FLAKY, to be mended: $(cat "$name")"
done
sums=$(cat "$results"/cases.* 2>/dev/null | awk '{passed += $1; failed += $2} END {print passed + 0, failed + 0}')
passed=${sums% *}
failed=$((${sums#* } + broken))
echo "$passed passed, $failed failed"
if [ "$SECONDS" -gt "${SECONDS_MOST:-$SECONDS}" ]; then
    echo "it took $SECONDS s, more than $SECONDS_MOST"
    exit 1
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
