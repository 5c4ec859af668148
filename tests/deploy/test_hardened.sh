#!/usr/bin/env bash
# The programs are built with the hardening options of compiler and linker.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
tree=${BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}

every_program_is_hardened() {
    case_need readelf binutils
    case_need objdump binutils
    for program in extractor transformer loader dianchen console; do
        readelf -hldn "$tree/bin/$program" >"$folder/$program.txt" 2>/dev/null
        grep -qE 'Type:.*DYN' "$folder/$program.txt"             # position-independent
        grep -q 'GNU_RELRO' "$folder/$program.txt"               # tables read-only after start
        grep -qE 'FLAGS.*(BIND_)?NOW' "$folder/$program.txt"     # all of them, since nothing is bound later
        grep -E 'GNU_STACK' -A1 "$folder/$program.txt" | grep -q 'RW ' # no code on the stack
        readelf -s "$tree/bin/$program" >"$folder/$program.symbols"
        grep -q '__stack_chk_fail' "$folder/$program.symbols"
        if [ "$(uname -m)" = x86_64 ]; then
            # Control-flow enforcement: functions begin with a landing pad. (The program's own mark is missing on Debian 12,
            # whose start files have none.)
            [ "$(objdump -d --no-show-raw-insn "$tree/bin/$program" | grep -c endbr64)" -gt 200 ]
        fi
    done
}

# Stack-clash protection leaves no mark in a program: the compiler is asked for it.
the_flags_stand_in_the_makefile() {
    for flag in -fstack-clash-protection -fcf-protection=full -D_FORTIFY_SOURCE=2 -fstack-protector-strong; do
        grep -qe "^\(HARDEN\|FLOW\) .*$flag" "$(dirname "$0")/../../Makefile"
    done
}

case_run "every program is position-independent, read-only after start, and has control-flow enforcement" every_program_is_hardened
case_run "the Makefile asks for stack-clash protection" the_flags_stand_in_the_makefile
case_end
