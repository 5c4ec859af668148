#!/usr/bin/env bash
# `make install`: which files go where, that the programs work from any folder, and that `make uninstall` removes all.
# shellcheck disable=SC2317,SC2154  # cases are called through case_run, which gives them $folder
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"

installed() {
    deploy/install.sh install "$BUILD" "$folder/usr"
}

# What must never be installed stands beside what must.
private_files_stay() {
    installed
    find "$folder/usr" -type f >"$folder/list"
    [ "$(wc -l <"$folder/list")" -gt 40 ]
    case_lacks '/\.env|\.db$|/var/|secrets/|\.secret' "$folder/list"
    # A scheme of one's own, which git does not know.
    git clone -q . "$folder/clone"
    echo '{}' >"$folder/clone/schemes/mine.json"
    echo '{}' >"$folder/clone/schemes/api/mine.json"
    "$folder/clone/deploy/install.sh" install "$BUILD" "$folder/other"
    [ -e "$folder/other/share/dianchen/schemes/shop-to-material.json" ]
    [ -z "$(find "$folder/other" -name 'mine*')" ]
}

works_anywhere() {
    installed
    mkdir "$folder/empty"
    local scheme
    # The scheme by default, by name, and one of one's own whose API files are the installed ones.
    sed 's/"shop-to-material"/"mine"/' schemes/shop-to-material.json >"$folder/empty/mine.json"
    for scheme in schemes/shop-to-material.json mine.json; do
        (cd "$folder/empty" && XINGCHEN_UNIT_ID=1 "$folder/usr/bin/dianchen" lint "$scheme") >"$folder/said" 2>&1 || {
            cat "$folder/said"
            return 1
        }
    done
    # What is found nowhere is told of by the name that was given.
    if (cd "$folder/empty" && "$folder/usr/bin/dianchen" lint schemes/none.json) >"$folder/said" 2>&1; then
        return 1
    fi
    grep -q '^schemes/none.json: .*no such file' "$folder/said"
}

uninstall_takes_it_all() {
    installed
    echo mine >"$folder/usr/share/dianchen/schemes/mine.json"
    deploy/install.sh uninstall "$BUILD" "$folder/usr"
    [ "$(find "$folder/usr" -type f)" = "$folder/usr/share/dianchen/schemes/mine.json" ]
    rm "$folder/usr/share/dianchen/schemes/mine.json"
    deploy/install.sh uninstall "$BUILD" "$folder/usr"
    [ -z "$(find "$folder/usr" -name '*dianchen*')" ]
}

# Every command and program has a page that the formatter takes, with each of its flags.
man_pages() {
    case_need groff groff-base
    installed
    local pages=$folder/usr/share/man/man1 program command flag
    for program in extractor transformer loader dianchen console; do
        [ -s "$pages/$program.1" ]
    done
    groff -Kutf8 -Tutf8 -man -ww -z "$pages"/*.1 2>"$folder/said"
    case_lacks . "$folder/said"
    "$BUILD/bin/dianchen" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[^ ].*/\1/p' >"$folder/commands"
    grep -q '^rejects replay$' "$folder/commands"
    while read -r command; do
        groff -Kutf8 -Tutf8 -P -cbou -man "$pages/dianchen-${command/ /-}.1" >"$folder/page"
        grep -q -- "dianchen-${command/ /-}(1)" <(groff -Kutf8 -Tutf8 -P -cbou -man "$pages/dianchen.1")
        # shellcheck disable=SC2086  # two words
        for flag in $("$BUILD/bin/dianchen" $command --help </dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do
            grep -q -- "^ *$flag\b" "$folder/page" || {
                echo "the page of dianchen $command lacks $flag"
                return 1
            }
        done
    done <"$folder/commands"
    grep -q 'Exit codes\|EXIT STATUS' "$pages/dianchen.1"
}

# completes WORD...: what bash offers for the last of these words
completes() {
    bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _dianchen; echo "${COMPREPLY[*]}"' - \
        "$folder/usr/share/bash-completion/completions/dianchen" "$@"
}

completions() {
    installed
    [ "$(completes dianchen prev)" = preview ]
    [ "$(completes dianchen rejects sh)" = show ]
    [ "$(completes dianchen run --dry)" = --dry-run ]
    [ "$(completes dianchen run --limit '')" = '' ]
    [ "$(completes dianchen ap)" = api ]
    [ "$(completes dianchen api '')" = 'new read try' ]
    [ "$(completes dianchen api new --lab)" = --label ]
    [ "$(completes dianchen rejects replay --co)" = --code ]
    [ "$(completes dianchen rejects settle KEY --abs)" = --absent ]
    [ "$(completes dianchen rejects list --abs)" = '' ]
    [ "$(completes dianchen check --scheme schemes/shop-to-m)" = schemes/shop-to-material.json ]
    case_need zsh zsh
    zsh -n "$folder/usr/share/zsh/site-functions/_dianchen"
    # zsh itself, on a terminal of its own: the letters that are typed, then a tab.
    # shellcheck disable=SC2016  # for zsh
    timeout 60 zsh -f -c '
        zmodload zsh/zpty
        zpty shell "TERM=dumb PS1= zsh -f -i"
        zpty -w shell "fpath=($1 \$fpath); path=($2 \$path); autoload -U compinit; compinit -u -D; print re\"\"ady"
        zpty -r shell line "*ready*"
        zpty -w -n shell "dianchen rejects rep"$'"'\t'"'
        zpty -r -m shell line "*replay*" && print -r -- "$line"
        zpty -w -n shell $'"'\C-u'"'"dianchen rejects replay --cod"$'"'\t'"'
        zpty -r -m shell line "*--code*" && print -r -- "$line"
        zpty -d shell' - "$folder/usr/share/zsh/site-functions" "$BUILD/bin" >"$folder/said"
    grep -q 'rejects replay' "$folder/said"
    grep -q 'rejects replay --code' "$folder/said"
}

units_name_what_is_installed() {
    installed
    local unit program
    for unit in "$folder"/usr/lib/systemd/system/*.service; do
        program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$unit")
        [ -x "$program" ]
        [ -e "$(sed -n 's/^Environment=DIANCHEN_SCHEME=//p' "$unit")" ]
    done
}

case_run "files of one's own are not installed" private_files_stay
case_run "an installed program works in any folder" works_anywhere
case_run "uninstall takes away what install put, and nothing else" uninstall_takes_it_all
case_run "a man page for every program and command, with every flag" man_pages
case_run "bash and zsh complete commands, words and flags" completions
case_run "units name what is installed" units_name_what_is_installed
case_end
