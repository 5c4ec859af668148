#!/usr/bin/env bash
# The documents as a site: every link of every page leads to a page and a heading that are there, the search knows each page; and
# every command that the documents show is one that dianchen has, with flags that it knows.
# shellcheck disable=SC2317,SC2154,SC2016  # called by case_run, which makes $folder; text for awk
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"
dianchen=$BUILD/bin/dianchen

links_lead_somewhere() {
    case_need pandoc pandoc
    docs/site.sh "$folder/site"
    local page link path anchor pages
    pages=$(find "$folder/site" -name '*.html' | sort)
    [ "$(wc -l <<<"$pages")" -gt 20 ]
    while read -r page; do
        # Files of the sources that are no documents have no page: the page says where they stand in the project.
        grep -oE '(href|src)="[^"]*"' "$page" | cut -d'"' -f2 | grep -vE '^([a-z]+:|$)' | sort -u >"$folder/links"
        [ "$(wc -l <"$folder/links")" -gt 5 ]
        while read -r link; do
            path=${link%%#*} anchor=
            [ "$link" = "$path" ] || anchor=${link#*#}
            path=${path:-$(basename "$page")}
            if [ ! -e "$(dirname "$page")/$path" ]; then
                [ -e "$(dirname "docs/${page#"$folder/site/docs/"}")/$path" ] || [ -e "$path" ] || [ -e "${path#../}" ] || {
                    echo "${page#"$folder/site/"}: $link leads nowhere"
                    return 1
                }
            elif [ -n "$anchor" ] && ! grep -qF "id=\"$anchor\"" "$(dirname "$page")/$path"; then
                echo "${page#"$folder/site/"}: $path has no $anchor"
                return 1
            fi
        done <"$folder/links"
    done <<<"$pages"
    [ "$(grep -c '^{at:' "$folder/site/search.js")" -eq $(($(wc -l <<<"$pages") - 1)) ] # index.html is README.html
    grep -q 'at:"docs/rows.zh-CN.html".*拒收' "$folder/site/search.js"
}

# Lines of code that call dianchen, without what follows in comments, pipes and redirections.
shown() {
    awk '/^```/ { code = !code; next } code' README.md README.zh-CN.md docs/*.md |
        grep -oE '(^|/)dianchen [a-z].*' | sed -E 's/^\///; s/ +(#|\||>|2>|&&|;).*//; s/[)`].*//' | sort -u
}

commands_are_known() {
    "$dianchen" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[^ ].*/\1/p' >"$folder/commands"
    shown >"$folder/shown"
    [ "$(wc -l <"$folder/shown")" -gt 25 ]
    local line name flag
    while read -r line; do
        # shellcheck disable=SC2086  # words
        set -- $line
        name=$2
        if grep -qx "$2 ${3:-none}" "$folder/commands"; then
            name="$2 $3"
        fi
        grep -qx "$name" "$folder/commands" || {
            echo "no such command: $line"
            return 1
        }
        # shellcheck disable=SC2086  # two words
        "$dianchen" $name --help </dev/null >"$folder/help"
        while read -r flag; do
            [ -z "$flag" ] || grep -qE -- "(^| )$flag( |,|\$)" "$folder/help" || {
                echo "$name knows no $flag: $line"
                return 1
            }
        done < <(grep -oE ' --?[a-z][a-z-]*' <<<"$line" | tr -d ' ' || true)
    done <"$folder/shown"
}

case_run "every link of the site leads somewhere, and the search knows each page" links_lead_somewhere
case_run "every command that the documents show is known, with its flags" commands_are_known
case_end
