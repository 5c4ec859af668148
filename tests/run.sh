#!/bin/sh
# Runs every test program of one or more build trees, then once, on the first tree, the scripts of tests/deploy;
# counts the cases: run.sh BUILD... (ONLY=unit, integration, deploy… for a part; ONLY=compose: tests/compose)
set -u
passed=0
failed=0
part=${ONLY:-*}

# one TEST LOG: runs a test program, counts its cases, shows the end of its log if it failed
one() {
    start=$(date +%s)
    if timeout -k 10 "${TEST_SECONDS:-600}" "$1" >"$2" 2>&1; then
        verdict=ok
    else
        verdict="FAILED ($?)"
    fi
    cases=$(grep -c '^\[       OK \]' "$2")
    if [ "$verdict" = ok ] && [ "$cases" -gt 0 ]; then
        passed=$((passed + cases))
    else
        [ "$verdict" = ok ] && verdict="FAILED (it ran no case)"
        bad=$(grep -c '^\[  FAILED  \] .*[a-z]$' "$2")
        passed=$((passed + cases))
        failed=$((failed + (bad > 0 ? bad : 1)))
        tail -n 60 "$2"
    fi
    printf '%-64s %3d cases  %3d s  %s\n' "$1" "$cases" $(($(date +%s) - start)) "$verdict"
}

first=$1
scripts=$part
case $part in
"*") scripts=deploy ;;
deploy | compose) set -- ;;
*) scripts= ;;
esac
for build in "$@"; do
    mkdir -p "$build/log"
    # Programs that a test starts are looked after too: what a sanitizer says of any process fails the run.
    reports=$(cd "$build" && pwd)/log/sanitizer
    rm -f "$reports".*
    export ASAN_OPTIONS="detect_leaks=1:log_path='$reports'" UBSAN_OPTIONS="print_stacktrace=1:log_path='$reports'"
    # shellcheck disable=SC2231  # a pattern
    for test in "$build"/tests/$part/test_*; do
        if [ ! -x "$test" ]; then
            echo "run.sh: no test programs in $build/tests: run make test" >&2
            exit 1
        fi
        one "$test" "$build/log/$(basename "$test").log"
    done
    for report in "$reports".*; do
        [ -e "$report" ] || continue
        head -n 40 "$report"
        failed=$((failed + 1))
    done
done
unset ASAN_OPTIONS UBSAN_OPTIONS
# Scripts find the programs of the first tree in $BUILD.
BUILD=$(cd "$first" && pwd)
export BUILD
if [ -n "$scripts" ]; then
    mkdir -p "$BUILD/log"
    for test in "$(dirname "$0")/$scripts"/test_*.sh; do
        [ -e "$test" ] || continue
        one "$test" "$BUILD/log/$(basename "$test").log"
    done
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
