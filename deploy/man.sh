#!/bin/sh
# Makes the man page of a program from its --help: man.sh PROGRAM FOLDER. For dianchen also one page for each command.
set -eu
export LC_ALL=C.UTF-8 DIANCHEN_LANG=en
program=$1
folder=$2
name=$(basename "$program")
version=$("$program" --version | sed 's/.* //')

# page NAME SUMMARY SEE: from the help on stdin to FOLDER/NAME.1
page() {
    awk -v name="$1" -v summary="$2" -v see="$3" -v version="$version" '
        function plain(text) {
            gsub(/\\/, "\\e", text)
            gsub(/-/, "\\-", text)
            if (text ~ /^[.\047]/) text = "\\&" text
            return text
        }
        function bold(text) { gsub(/"/, "\"\"", text); return ".B \"" plain(text) "\"" }
        function section(title) {
            if (title != now) print ".SH " title
            now = title
            gap = 0
        }
        function term(head, text) { print ".TP\n" bold(head) "\n" plain(text) }
        # The columns of flag and environment are 20 and 26 wide.
        function option(row, flag, variable) {
            flag = substr(row, 1, 20)
            variable = substr(row, 22, 26)
            gsub(/ +$/, "", flag)
            gsub(/ +$/, "", variable)
            term(flag (flag != "" && variable != "" ? ", " : "") variable, substr(row, 49))
        }
        BEGIN {
            printf ".TH %s 1 \"\" \"dianchen %s\" \"dianchen\"\n.SH NAME\n", toupper(name), version
            print name " \\- " plain(summary)
        }
        /^usage: / { section("SYNOPSIS"); print bold(substr($0, 8)); told = 1; next }
        !told { next }
        /^operands: / { next } # the usage says it
        /^  flag +environment/ { section("OPTIONS"); next }
        /^$/ { gap = 1; next }
        /^  / && now == "OPTIONS" { option(substr($0, 3)); next }
        /^  / {
            row = substr($0, 3)
            match(row, /  +/)
            section("COMMANDS")
            term(substr(row, 1, RSTART - 1), substr(row, RSTART + RLENGTH))
            next
        }
        {
            if (now == "DESCRIPTION" && gap) print ".PP"
            section("DESCRIPTION")
            print plain($0)
        }
        END { print ".SH SEE ALSO\n.nh\n" see } # names stay whole
    ' >"$folder/$1.1"
}

# The commands of dianchen: one line "NAME<tab>SUMMARY" each; a name has one word or two.
tab=$(printf '\t')
commands() {
    "$program" --help | sed -n "s/^  \([a-z][a-z]*\( [a-z][a-z]*\)\{0,1\}\)   *\(.*\)/\1$tab\3/p"
}

if [ "$name" != dianchen ]; then
    "$program" --help | page "$name" "the $name of dianchen, a pipeline of records" '.BR dianchen (1)'
    exit
fi
see=$(commands | cut -f1 | sed 's/ /-/; s/-/\\\\-/; s/\(.*\)/.BR dianchen\\\\-\1 (1),/' | sed '$s/,$//')
"$program" --help | page dianchen "$("$program" --help | sed -n '1s/^[^:]*: //p')" "$see"
commands | while IFS=$tab read -r command summary; do
    # shellcheck disable=SC2086  # "rejects replay" is two words
    "$program" $command --help </dev/null | page "dianchen-$(echo "$command" | tr ' ' -)" "$summary" '.BR dianchen (1)'
done
