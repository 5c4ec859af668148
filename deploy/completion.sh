#!/bin/sh
# Makes the completion of `dianchen` for a shell from its --help: completion.sh bash|zsh BIN
# It completes operands, the flags of each command, and files after flags that take one.
# shellcheck disable=SC2016,SC1003,SC2020  # text for another shell; sets of characters
set -eu
export LC_ALL=C.UTF-8 DIANCHEN_LANG=en
shell=${1:?bash or zsh}
program=${2:?the folder of the programs}/dianchen

commands() {
    "$program" --help | sed -n 's/^  \([a-z][a-z]*\)   *\(.*\)/\1 \2/p'
}

# The words that may follow a command: those of its usage ("rejects list", "accounts|units") and its flags, one each.
operands() {
    "$program" "$1" --help </dev/null | sed -n 's/^operands: *//p' | tr '|[] ' '\n\n\n\n' | grep -E '^[a-z]+$' | sort -u || true
}
flags() {
    "$program" "$1" --help </dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p'
}

# Flags with a value have an operand in the help; FILE and DIR are completed.
taking() {
    "$program" "$1" --help </dev/null | sed -n "s/^  \(--[a-z-]*\) $2 .*/\1/p"
}
all_taking() {
    commands | while read -r command _; do
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
    echo '    if [ "$COMP_CWORD" -eq 1 ]; then'
    echo "        words='$(commands | cut -d' ' -f1 | tr '\n' ' ')--help --version'"
    echo '    else'
    echo '        case ${COMP_WORDS[1]} in'
    commands | while read -r command _; do
        echo "        $command) words='$({ operands "$command" && flags "$command"; } | tr '\n' ' ' | sed 's/ $//')' ;;"
    done
    echo '        esac'
    echo '    fi'
    echo '    COMPREPLY=($(compgen -W "$words" -- "$word"))'
    echo '}'
    echo 'complete -o default -F _dianchen dianchen'
    exit
fi

quoted() {
    sed "s/'/'\\\\''/g; s/\[/\\\\[/g; s/\]/\\\\]/g; s/:/\\\\:/g"
}
echo '#compdef dianchen'
echo '# zsh completion of dianchen; made from its --help'
echo '_dianchen() {'
echo '    local -a commands'
echo '    commands=('
commands | while read -r command summary; do
    echo "        '$command:$(echo "$summary" | sed "s/'/'\\\\''/g; s/:/\\\\:/g")'"
done
echo '    )'
echo '    if (( CURRENT == 2 )); then'
echo "        _describe command commands"
echo '        return'
echo '    fi'
echo '    shift words; (( CURRENT-- ))'
echo '    case $words[1] in'
commands | while read -r command _; do
    echo "    $command)"
    echo '        _arguments \'
    "$program" "$command" --help </dev/null | sed -n 's/^  \(--[a-z-]*\) *\([A-Z:]*\)  .*/\1 \2/p' | while read -r flag operand; do
        meaning=$("$program" "$command" --help </dev/null | grep -E -m 1 "^  $flag( |\$)" | cut -c 51- | quoted)
        action=
        [ -z "$operand" ] || action=":$operand:"
        case $operand$flag in
        FILE* | *--scheme | *--html) action="$action""_files" ;;
        esac
        echo "            '${flag}[$meaning]$action' \\"
    done
    words=$(operands "$command" | tr '\n' ' ' | sed 's/ $//')
    if [ -n "$words" ]; then
        echo "            '*:word:($words)' ;;"
    else
        echo "            '*:file:_files' ;;"
    fi
done
echo '    esac'
echo '}'
echo '_dianchen "$@"'
