#!/usr/bin/env bash
# The loop's clock and the store's clock are two types (common/base/clock.h): a program that mixes them does not compile.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

# compiles EXPRESSION
compiles() {
    printf '#include "common/loop/loop.h"\n#include "common/store/store.h"\n%s\n{\n    %s;\n}\n' \
        'void f(struct loop *loop, struct loop_timer *timer, struct store *store)' "$1" >"$folder/f.c"
    gcc -std=c17 -D_GNU_SOURCE -I"$root" -Wall -Werror -fsyntax-only "$folder/f.c" 2>"$folder/gcc.txt"
}

clocks_do_not_mix() {
    case_need gcc gcc
    compiles 'loop_set_timer(loop, timer, loop_after(loop_now(loop), 5))'
    compiles 'loop_set_timer(loop, timer, store_deadline(store, store_now(store)))'
    local wrong
    for wrong in 'loop_set_timer(loop, timer, store_now(store))' 'loop_set_timer(loop, timer, 5)' \
        '(void)store_since(store_now(store), loop_now(loop))' '(void)(loop_before(loop_now(loop), store_now(store)))' \
        '(void)store_deadline(store, loop_now(loop))'; do
        if compiles "$wrong"; then
            echo "this compiles: $wrong"
            return 1
        fi
        grep -q 'incompatible type' "$folder/gcc.txt"
    done
}

case_run "times of the two clocks do not mix" clocks_do_not_mix
case_end
