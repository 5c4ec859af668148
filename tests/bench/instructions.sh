#!/bin/sh
# instructions.sh BENCH: what five formulas, and a call of Lua, cost a record in instructions, by callgrind: the same on a busy
# machine, on every turn.
# A thousand records against three thousand, so that loading the scheme does not count.
set -e
bench=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
count() {
    valgrind --tool=callgrind --callgrind-out-file="$folder/out" "$bench" "$1" "$2" 2>"$folder/log" >/dev/null
    sed -n 's/^summary: //p; s/^totals: //p' "$folder/out" | head -1
}
each() {
    echo $((($(count "$1" 3000) - $(count "$1" 1000)) / 2000))
}
plain=$(each 0)
five=$(each 5)
lua=$(each lua)
echo "plain mapping          $plain instructions a record"
echo "five formulas          $((five - plain)) instructions beyond the plain mapping"
echo "Lua, four values       $((lua - plain)) instructions"
