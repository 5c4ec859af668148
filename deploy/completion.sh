#!/bin/sh
# Makes the completion of `dianchen` for a shell from its --help: completion.sh bash|zsh BIN
# It completes operands, the flags of each command, and files after flags that take one.
# shellcheck disable=SC2016,SC1003,SC2020  # text for another shell; sets of characters
# shellcheck disable=SC2086  # a command has one word or two: "rejects replay"
set -eu
export LC_ALL=C.UTF-8 DIANCHEN_LANG=en
shell=${1:?bash or zsh}
program=${2:?the folder of the programs}/dianchen
tab=$(printf '\t')
told=$(mktemp -d)
trap 'rm -rf "$told"' EXIT

# The help of a command, or of the program; it is asked for once.
help_of() {
    file="$told/$*.help"
    [ -e "$file" ] || "$program" "$@" --help </dev/null >"$file"
    cat "$file"
}

# One line "NAME<tab>SUMMARY" each; a name has one word or two.
commands() {
    help_of | sed -n "s/^  \([a-z][a-z]*\( [a-z][a-z]*\)\{0,1\}\)   *\(.*\)/\1$tab\3/p"
}
names() {
    commands | cut -f1
}
first_words() {
    names | cut -d' ' -f1 | awk '!seen[$0]++'
}
# The second words of names that begin with this word.
second_words() {
    names | sed -n "s/^$1 //p"
}

# The words that may follow a command: those of its usage ("rejects list", "accounts|units") and its flags, one each.
# A word that only begins names ("api") has nothing but their second words.
operands() {
    {
        second_words "$1"
        if names | grep -qx "$1"; then
            help_of $1 | sed -n 's/^operands: *//p' | tr '|[] ' '\n\n\n\n' | grep -E '^[a-z]+$' || true
        fi
    } | sort -u
}
flags() {
    if names | grep -qx "$1"; then
        help_of $1 | sed -n 's/^  \(--[a-z-]*\).*/\1/p'
    fi
}
line() {
    tr '\n' ' ' | sed 's/ $//'
}

# Flags with a value have an operand in the help; FILE and DIR are completed.
taking() {
    help_of $1 | sed -n "s/^  \(--[a-z-]*\) $2 .*/\1/p"
}
all_taking() {
    names | while read -r command; do
        taking "$command" "$1"
    done | sort -u | tr '\n' '|' | sed 's/|$//'
}

if [ "$shell" = bash ]; then
    echo '# bash completion of dianchen; made from its --help'
    echo '_dianchen() {'
    echo '    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words='
    echo '    case $before in'
    echo "    $(all_taking FILE)|--scheme|--html) COMPREPLY=(\$(compgen -f -- \"\$word\")); return ;;"
    echo "    $(all_taking '[A-Z][A-Z:]*')) return ;;"
    echo '    esac'
    echo '    if [ "$COMP_CWORD" -gt 2 ]; then'
    echo '        case "${COMP_WORDS[1]} ${COMP_WORDS[2]}" in'
    names | grep ' ' | while read -r command; do
        echo "        '$command') words='$({ operands "$command" && flags "$command"; } | line)' ;;"
    done
    echo '        esac'
    echo '    fi'
    echo '    if [ "$COMP_CWORD" -eq 1 ]; then'
    echo "        words='$(first_words | line) --help --version'"
    echo '    elif [ -z "$words" ]; then'
    echo '        case ${COMP_WORDS[1]} in'
    first_words | while read -r command; do
        echo "        $command) words='$({ operands "$command" && flags "$command"; } | line)' ;;"
    done
    echo '        esac'
    echo '    fi'
    echo '    COMPREPLY=($(compgen -W "$words" -- "$word"))'
    echo '}'
    echo 'complete -o default -F _dianchen dianchen'
    exit
fi

# What a first word is for: its own summary, or the names that begin with it.
summary_of() {
    commands | awk -F'\t' -v word="$1" '
        $1 == word { own = $2 }
        index($1, word " ") == 1 { longer = longer (longer == "" ? "" : ", ") $1 }
        END { print own == "" ? longer : own }'
}
# arguments NAME: the call of zsh that completes its flags and operands
arguments() {
    echo '        _arguments \'
    if names | grep -qx "$1"; then
        help_of $1 | awk '
            /^  --[a-z]/ {
                operand = $2 ~ /^[A-Z:]+$/ && index($0, " " $2 " ") < 21 ? $2 : ""
                flag = $1
                sub(/,$/, "", flag) # "--help, -h"
                meaning = substr($0, 51)
                gsub(/\047/, "\047\\\\\047\047", meaning)
                gsub(/\[/, "\\\\[", meaning)
                gsub(/\]/, "\\\\]", meaning)
                gsub(/:/, "\\\\:", meaning)
                action = operand == "" ? "" : ":" operand ":"
                if (operand flag ~ /^FILE|--scheme$|--html$/) action = action "_files"
                print "            \047" flag "[" meaning "]" action "\047 \\"
            }'
    fi
    words=$(operands "$1" | line)
    if [ -n "$words" ]; then
        echo "            '*:word:($words)' ;;"
    else
        echo "            '*:file:_files' ;;"
    fi
}
echo '#compdef dianchen'
echo '# zsh completion of dianchen; made from its --help'
echo '_dianchen() {'
echo '    local -a commands'
echo '    commands=('
first_words | while read -r command; do
    echo "        '$command:$(summary_of "$command" | sed "s/'/'\\\\''/g; s/:/\\\\:/g")'"
done
echo '    )'
echo '    if (( CURRENT == 2 )); then'
echo "        _describe command commands"
echo '        return'
echo '    fi'
echo '    shift words; (( CURRENT-- ))'
echo '    local name=$words[1]'
echo '    if (( CURRENT > 2 )) && [[ "$words[1] $words[2]" == ('"$(names | grep ' ' | sed 's/ /\\ /' | tr '\n' '|' | sed 's/|$//')"') ]]; then'
echo '        name="$words[1] $words[2]"'
echo '        shift words; (( CURRENT-- ))'
echo '    fi'
echo '    case $name in'
{
    first_words
    names | grep ' '
} | while read -r command; do
    echo "    '$command')"
    arguments "$command"
done
echo '    esac'
echo '}'
echo '_dianchen "$@"'
