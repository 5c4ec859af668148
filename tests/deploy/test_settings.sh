#!/usr/bin/env bash
# Settings stand in one table (common/config/settings.h): docs/operation*.md and env.example are made from it, each program's
# --help shows the settings that the table says it reads, and no other variable is read behind its back.
# shellcheck disable=SC2317,SC2016  # cases are called through case_run; backquotes stand for themselves
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"

docs_are_of_today() {
    mkdir "$folder/docs"
    local files=(operation.md operation.zh-CN.md formulas.md formulas.zh-CN.md events.md monitoring.md monitoring.zh-CN.md)
    cp "${files[@]/#/docs/}" "$folder/docs"
    docs/generate.sh "$BUILD" "$folder"
    for file in "${files[@]}"; do
        diff "$folder/docs/$file" "docs/$file" || {
            echo "run make docs"
            return 1
        }
    done
    [ "$(grep -c '^| `[a-z_.]*`' docs/events.md)" -gt 50 ]
    [ "$(grep -c '^| `dianchen_' docs/monitoring.md)" -gt 20 ]
    [ "$(grep -c '^| `dianchen_.*。 |$' docs/monitoring.zh-CN.md)" -gt 20 ]
    [ "$(grep -c '^| `[A-Z]*(.*→' docs/formulas.zh-CN.md)" -gt 50 ]
    diff "$folder/env.example" env.example
    [ "$(grep -c '^| `[A-Z_]*`.*|$' docs/operation.md)" -gt 35 ]
    [ "$(grep -c '^| `[A-Z_]*`.*|$' docs/operation.zh-CN.md)" -gt 35 ]
}

# What the table says that a program reads: "NAME DEFAULT", but for what is no option of a program.
told() { # PROGRAM
    "$BUILD/bin/dianchen" settings --markdown | grep -vE '`(PGPASSWORD|PGPASSFILE|PLAIN_HTTP|XINGCHEN_UNIT_ID)`' |
        awk -F' *[|] *' -v who="$1" '
            $2 ~ /^`/ && ($5 == "all" || ($5 == "stages" && who != "dianchen") || $5 ~ who) { split($2, name, "`"); print name[2] }' |
        sort
}

# The variables of a --help.
shown() { # WORD...
    "$@" --help | grep -oE '^ .{20,30} ([A-Z][A-Z_]+|[a-z]+_[a-z]+) ' | grep -oE '[A-Za-z_]+ $' | tr -d ' '
}

help_shows_what_is_told() {
    local stage command
    for stage in extractor transformer loader; do
        told "$stage" >"$folder/told"
        shown "$BUILD/bin/$stage" | sort >"$folder/shown"
        [ "$(wc -l <"$folder/shown")" -gt 6 ]
        diff "$folder/told" "$folder/shown"
    done
    DIANCHEN_LANG=en "$BUILD/bin/dianchen" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[^ ].*/\1/p' >"$folder/commands"
    [ "$(wc -l <"$folder/commands")" -gt 18 ]
    while read -r command; do
        # shellcheck disable=SC2086  # "rejects replay" is two words
        shown "$BUILD/bin/dianchen" $command || true
    done <"$folder/commands" | sort -u >"$folder/shown"
    told dianchen >"$folder/told"
    diff "$folder/told" "$folder/shown"
}

# For programs: the same rows as the page has, in English whatever the person speaks.
json_holds_the_table() {
    DIANCHEN_LANG=zh "$BUILD/bin/dianchen" settings --json >"$folder/json"
    "$BUILD/bin/dianchen" settings --markdown >"$folder/rows"
    python3 - "$folder/json" "$folder/rows" <<'END'
import json, sys
settings = json.load(open(sys.argv[1], encoding="utf-8"))["settings"]
rows = [line.split("|") for line in open(sys.argv[2], encoding="utf-8") if line.startswith("| `")]
assert len(settings) == len(rows) > 35, (len(settings), len(rows))
for one, row in zip(settings, rows):
    assert f"`{one['name']}`" in row[1] and one["help"] == row[5].strip(), (one, row)
    assert row[2].strip() == (f"`{one['flag']}`" if one["flag"] else ""), (one, row)
    assert row[3].strip() == (f"`{one['default']}`" if one["default"] else one["unset"] or ("required" if one["required"] else "")), (one, row)
    assert one["file"] == ("…_FILE" in row[1]), (one, row)
    assert set(one["who"]) <= {"extractor", "transformer", "loader", "dianchen"} and one["who"], one
END
    local code=0
    "$BUILD/bin/dianchen" settings --json --env >"$folder/said" 2>&1 || code=$?
    [ "$code" -eq 2 ]
    grep -q 'one of the three' "$folder/said"
}

# -h is --help: of each program and of each command.
short_help_is_help() {
    local program command
    for program in extractor transformer loader console dianchen; do
        "$BUILD/bin/$program" -h >"$folder/short"
        "$BUILD/bin/$program" --help | diff - "$folder/short"
    done
    DIANCHEN_LANG=en "$BUILD/bin/dianchen" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[^ ].*/\1/p' >"$folder/commands"
    [ "$(wc -l <"$folder/commands")" -gt 18 ]
    while read -r command; do
        # shellcheck disable=SC2086  # "rejects replay" is two words
        "$BUILD/bin/dianchen" $command -h </dev/null >"$folder/short"
        grep -q '^usage: dianchen' "$folder/short"
        # shellcheck disable=SC2086
        "$BUILD/bin/dianchen" $command --help </dev/null | diff - "$folder/short"
    done <"$folder/commands"
}

# An env file that is filled in by the example's names is taken whole.
example_is_read() {
    sed -e 's/^#\([A-Z_]*=.\)/\1/' -e 's/=$/=filled/' -e 's/^ALERT_[A-Z]*=filled/#/' env.example >"$folder/env"
    (cd "$folder" && env -i "$BUILD/bin/transformer" --env-file env --check --scheme "$OLDPWD/schemes/shop-to-material.json") |
        grep -q '^ok'
}

# Variables reach a program through config (or libraries), never through getenv. HOME and what libpq knows are no settings of ours.
nobody_reads_behind_the_table() {
    grep -rn 'getenv(' --include='*.c' common extractor transformer loader ctl console |
        grep -vE '^(common/config/config.c|common/base/language.c|common/base/rule.c):|getenv\("(TMPDIR|NO_COLOR)"\)' >"$folder/getenv" || true
    case_lacks . "$folder/getenv"
    grep -rhoE 'config_variable\("[A-Z_]+"' --include='*.c' common extractor transformer loader ctl console | cut -d'"' -f2 | { grep -vxE 'HOME|PG[A-Z]+' || true; } | sort -u |
        while read -r name; do
            grep -q "^| \`$name\`" docs/operation.md || {
                echo "$name is read, and no row of settings.h says so"
                return 1
            }
        done
}

case_run "docs/operation*.md, docs/formulas*.md and env.example are what the tables make" docs_are_of_today
case_run "--help of each program shows the settings that the table tells" help_shows_what_is_told
case_run "settings --json holds what the table tells" json_holds_the_table
case_run "-h is --help" short_help_is_help
case_run "env.example, filled in, is an env file" example_is_read
case_run "no variable is read that the table lacks" nobody_reads_behind_the_table
case_end
