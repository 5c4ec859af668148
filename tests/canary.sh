#!/bin/sh
# Do the sanitizers work? Faults made on purpose must be found: canary.sh BUILD, whose last folder tells the sanitizers.
# A plain build is watched by valgrind.
set -u
build=$1
canary=$build/tests/canary/canary
faults=0
count=0

# expect FAULT TEXT COMMAND...: the command must fail, and its report must hold TEXT
expect() {
    fault=$1
    text=$2
    shift 2
    count=$((count + 1))
    if said=$("$@" "$canary" "$fault" 2>&1); then
        echo "[  FAILED  ] $fault"
        echo "$* $canary $fault: ended with 0; the switch does nothing: $said"
        faults=$((faults + 1))
    elif case $said in *"$text"*) true ;; *) false ;; esac then
        echo "[       OK ] $fault"
    else
        echo "[  FAILED  ] $fault"
        echo "$* $canary $fault: failed, but not for '$text': $said"
        faults=$((faults + 1))
    fi
}

# What they find here goes to stderr, not to the reports that fail the run.
case $build in
*address,undefined)
    export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
    expect overflow heap-buffer-overflow env
    expect undefined "signed integer overflow" env
    expect leak "detected memory leaks" env
    ;;
*thread)
    TSAN_OPTIONS=suppressions="$(dirname "$0")/tsan.supp"
    export TSAN_OPTIONS
    expect race "data race" env
    ;;
*)
    expect overflow "Invalid write of size 1" valgrind -q --error-exitcode=9
    expect uninitialised "depends on uninitialised value" valgrind -q --error-exitcode=9
    expect leak "definitely lost" valgrind -q --error-exitcode=9 --leak-check=full
    ;;
esac
[ "$faults" -eq 0 ] && [ "$count" -gt 0 ]
