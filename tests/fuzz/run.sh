#!/bin/sh
# Runs the fuzzers of a tree one after the other, sharing the time: run.sh TREE SECONDS. What they find that the corpus does not
# reach is kept in TREE/fuzz/found; an input that fails stands in TREE/fuzz/crash: mend the fault, and put the
# input into tests/fuzz/corpus/TARGET.
set -u
tree=$1
mkdir -p "$tree/fuzz/crash"
count=$(find "$tree/fuzz" -maxdepth 1 -type f -perm -100 | wc -l)
failed=0
for fuzzer in "$tree"/fuzz/*; do
    { [ -f "$fuzzer" ] && [ -x "$fuzzer" ]; } || continue
    name=$(basename "$fuzzer")
    mkdir -p "$tree/fuzz/found/$name"
    if ASAN_OPTIONS=detect_leaks=1 "$fuzzer" -max_total_time=$(($2 / count)) -timeout=60 -rss_limit_mb=2048 -max_len=8192 \
        -artifact_prefix="$tree/fuzz/crash/$name-" -print_final_stats=1 \
        "$tree/fuzz/found/$name" "tests/fuzz/corpus/$name" >"$tree/fuzz/$name.log" 2>&1; then
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$tree/fuzz/$name.log") inputs, no fault"
    else
        failed=1
        tail -n 60 "$tree/fuzz/$name.log"
        echo "$name: FAILED; $tree/fuzz/$name.log"
    fi
done
exit "$failed"
