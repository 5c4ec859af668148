#!/bin/sh
# Runs every test program of one or more build trees and counts: run.sh BUILD... (ONLY=unit or integration for a part)
set -u
passed=0
failed=0
part=${ONLY:-*}
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
        log=$build/log/$(basename "$test").log
        start=$(date +%s)
        if timeout -k 10 "${TEST_SECONDS:-600}" "$test" >"$log" 2>&1; then
            verdict=ok
        else
            verdict="FAILED ($?)"
        fi
        cases=$(grep -c '^\[       OK \]' "$log")
        if [ "$verdict" = ok ] && [ "$cases" -gt 0 ]; then
            passed=$((passed + cases))
        else
            [ "$verdict" = ok ] && verdict="FAILED (it ran no case)"
            bad=$(grep -c '^\[  FAILED  \] .*[a-z]$' "$log")
            passed=$((passed + cases))
            failed=$((failed + (bad > 0 ? bad : 1)))
            tail -n 60 "$log"
        fi
        printf '%-64s %3d cases  %3d s  %s\n' "$test" "$cases" $(($(date +%s) - start)) "$verdict"
    done
    for report in "$reports".*; do
        [ -e "$report" ] || continue
        head -n 40 "$report"
        failed=$((failed + 1))
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
