#!/usr/bin/env bash
# The documents: every file, folder, make target and link that they name exists.
# shellcheck disable=SC2016,SC2154  # backticks of Markdown; $folder is case_run's
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
pages=(ARCHITECTURE.md CONTRIBUTING.md README.md README.zh-CN.md docs/*.md)

# named FILE: the paths in backticks, with no NAME or … to fill in
named() {
    grep -o '`[^` ]*`' "$1" | tr -d '`' | grep -E '^[A-Za-z0-9_.*-]+/[A-Za-z0-9_./*-]*$|^[A-Za-z_-]+\.(md|sh|c|h)$' |
        grep -vE 'NAME|^build/|^(text|application)/' | sort -u
}

architecture_names_what_is_there() {
    [ "$(named ARCHITECTURE.md | wc -l)" -gt 60 ]
    [ "$(wc -l <ARCHITECTURE.md)" -le 250 ]
    local path
    named ARCHITECTURE.md | while read -r path; do
        case $path in
        text.c | number.c | calendar.c | list.c | special.c) path=common/scheme/formula/$path ;; # "beside it"
        formula/) path=common/scheme/$path ;;
        esac
        compgen -G "$path" >/dev/null || {
            echo "ARCHITECTURE.md names $path, which is not there"
            return 1
        }
    done
    # And no room is missing in it.
    local room
    for room in common/*/; do
        grep -q "^| \`$(basename "$room")\` |" ARCHITECTURE.md || {
            echo "ARCHITECTURE.md does not tell of $room"
            return 1
        }
    done
}

# Targets of the Makefile that a page names, and those that `make help` shows.
targets_exist() {
    make -s help | awk '{print $2}' | sort -u >"$folder/targets"
    [ "$(wc -l <"$folder/targets")" -gt 20 ]
    # In backticks, and at the beginning of lines of code.
    awk '/^```/ { code = !code } code && /^make [a-z]/ { print $2 }
        !code { while (match($0, /`make [a-z-]+/)) { print substr($0, RSTART + 6, RLENGTH - 6); $0 = substr($0, RSTART + RLENGTH) } }' \
        "${pages[@]}" | sort -u >"$folder/named"
    [ "$(wc -l <"$folder/named")" -gt 10 ]
    [ -z "$(comm -13 "$folder/targets" "$folder/named")" ] || {
        echo "no such targets: $(comm -13 "$folder/targets" "$folder/named")"
        return 1
    }
    # `make` alone builds the programs.
    local code=0
    make -pnq >"$folder/rules" 2>"$folder/said" || code=$?
    [ "$code" -le 1 ] || cat "$folder/said" # 1: something is to be made; 2: a fault
    [ "$code" -le 1 ]
    grep -qx '.DEFAULT_GOAL := all' "$folder/rules"
}

# The anchor of a heading, as GitHub and pandoc's gfm make it.
anchors() {
    sed -n 's/^#\+ //p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/`//g; s/[^[:alnum:] _-]//g; s/ /-/g'
}

links_lead_somewhere() {
    local page link path anchor
    for page in "${pages[@]}"; do
        for link in $({ grep -oE '\]\([^) ]+\)' "$page" || true; } | sed 's/^](//; s/)$//'); do
            case $link in
            http*) continue ;; # nothing is called from here
            esac
            path=${link%%#*}
            anchor=${link#"$path"}
            path=${path:+$(dirname "$page")/$path}
            path=${path:-$page}
            [ -e "$path" ] || {
                echo "$page: $link leads nowhere"
                return 1
            }
            [ -z "$anchor" ] || anchors "$path" | grep -qxF "${anchor#\#}" || {
                echo "$page: $link: no such heading"
                return 1
            }
            echo "$page $link" >>"$folder/followed"
        done
    done
    [ "$(wc -l <"$folder/followed")" -gt 20 ]
}

# FILE:CASE in backticks.
tests_of() {
    grep -o '`tests/[^` ]*:[^` ]*`' "$1" | tr -d '`' | sort
}

# FILE.mjs in backticks, and behind it its case in quotes: FILE|CASE.
web_tests_of() {
    grep -o '`tests/web/[^`]*`: "[^"]*"' "$1" | sed 's/^`\(.*\)`: "\(.*\)"$/\1|\2/' | sort
}

# The tests by which the threat model and the table of faults hold, the same in both languages.
tests_of_security_exist() {
    local page path name
    for page in docs/security.md docs/security.zh-CN.md; do
        [ "$(tests_of "$page" | wc -l)" -ge 23 ]
        grep -o '`tests/[^` :]*[:`]' "$page" | tr -d '`:' | sort -u | while read -r path; do
            [ -e "$path" ] || {
                echo "$page names $path, which is not there"
                return 1
            }
        done
        tests_of "$page" | while read -r path; do
            # Written, and asked for.
            [ "$(grep -cw -- "${path#*:}" "${path%%:*}")" -ge 2 ] || {
                echo "$page: ${path%%:*} has no case ${path#*:}"
                return 1
            }
        done
    done
    [ "$(tests_of docs/security.md)" = "$(tests_of docs/security.zh-CN.md)" ]
    [ "$(web_tests_of docs/security.md)" = "$(web_tests_of docs/security.zh-CN.md)" ]
    web_tests_of docs/security.md >"$folder/web"
    [ "$(wc -l <"$folder/web")" -ge 7 ]
    while IFS='|' read -r path name; do
        grep -qF "test(\"$name\"," "$path" || {
            echo "$path has no case \"$name\""
            return 1
        }
    done <"$folder/web"
}

# What a page holds, a line each: headings by their level, and between them tables, lists and blocks of code by their lines.
shape() {
    awk '/^```/ { code = !code; print "code"; next } code { print "line"; next }
        /^#+ / { print "heading " length($1) } /^\|/ { print "row" } /^(-|[0-9]+\.) / { print "item" }' "$1"
}

# A Chinese page tells as much as the English one: what one has and the other lacks shows in its shape. And each leads to the other,
# and a Chinese one to Chinese ones.
both_languages_tell_the_same() {
    local page other link
    for page in README.zh-CN.md docs/*.zh-CN.md; do
        other=${page%.zh-CN.md}.md
        diff <(shape "$other") <(shape "$page") >"$folder/differs" || {
            echo "$page has another shape than $other:"
            head -n 20 "$folder/differs"
            return 1
        }
        grep -qF "($(basename "$page"))" "$other"
        grep -qF "($(basename "$other"))" "$page"
        grep -oE '\]\([A-Za-z/]+\.md' "$page" | sed 's/^](//' | while read -r link; do
            [ "$link" = "$(basename "$other")" ] || [ ! -e "$(dirname "$page")/${link%.md}.zh-CN.md" ] || {
                echo "$page leads to $link, which is there in Chinese, too"
                return 1
            }
        done
        echo "$page" >>"$folder/pages"
    done
    [ "$(wc -l <"$folder/pages")" -ge 10 ]
}

case_run "each Chinese page tells as much as its English one" both_languages_tell_the_same
case_run "tests that the security documents name exist" tests_of_security_exist
case_run "ARCHITECTURE.md names files that exist, and every room" architecture_names_what_is_there
case_run "make targets in the documents exist" targets_exist
case_run "links lead to files and headings that exist" links_lead_somewhere
case_end
