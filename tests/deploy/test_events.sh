#!/usr/bin/env bash
# docs/events.md lists exactly the events that the programs log, with their levels; and no source logs without an id.
# shellcheck disable=SC2317  # cases are called through case_run
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
sources=(common/*.c extractor/*.c transformer/*.c loader/*.c ctl/*.c)

# Every call of a log function as "LEVEL EVENT", a line each: calls are put on one line, the first id of each counts, and a
# choice between two ids gives both. Functions that pass an id on (log_page) are called with a literal one, too.
logged() {
    cat "${sources[@]}" | tr '\n' ' ' |
        grep -oE '\blog_(event|line|page)\((LOG_[A-Z]+, *)?[^";]*"[a-z]+\.[a-z_]+"( *: *"[a-z]+\.[a-z_]+")?' |
        while read -r call; do
            level=$(grep -oE 'LOG_(DEBUG|INFO|WARN|ERROR)' <<<"$call" | head -n 1 || true)
            for event in $(grep -oE '"[a-z]+\.[a-z_]+"' <<<"$call" | tr -d '"'); do
                printf '%s %s\n' "${level:-any}" "$event"
            done
        done | sort -u
}

listed() {
    sed -nE 's/^\| .([a-z]+\.[a-z_]+). \| ([a-z, ]+) \|.*/\1 \2/p' docs/events.md
}

every_event_is_listed() {
    logged >"$folder/logged"
    listed >"$folder/listed"
    [ "$(wc -l <"$folder/logged")" -gt 40 ]
    diff <(cut -d' ' -f2 "$folder/logged" | sort -u) <(cut -d' ' -f1 "$folder/listed" | sort)
    local level event
    while read -r level event; do
        level=$(tr '[:upper:]' '[:lower:]' <<<"${level#LOG_}")
        [ "$level" = any ] || grep -qE "^$event .*\b$level\b" "$folder/listed" || {
            echo "$event is logged as $level, which docs/events.md does not say"
            return 1
        }
    done <"$folder/logged"
}

rows_are_whole() {
    local rows row='^| .[a-z]*[.][a-z_]*. |'
    rows=$(grep -c "$row" docs/events.md)
    [ "$rows" = "$(listed | wc -l)" ]
    # event, level, means, fields, what to do
    [ "$rows" = "$(grep "$row" docs/events.md | awk -F'|' 'NF == 7 && $4 ~ /[a-z]/ && $6 ~ /[^ ]/' | wc -l)" ]
    diff <(listed | cut -d' ' -f1) <(listed | cut -d' ' -f1 | LC_ALL=C sort)
}

# The look itself must see a new event, a changed level and one that is gone.
faults_are_seen() {
    mkdir "$folder/common"
    printf 'void f(void)\n{\n    log_event(LOG_WARN,\n              "never.heard_of", "x", NULL);\n}\n' >"$folder/common/x.c"
    sources+=("$folder/common/x.c")
    logged | grep -qx 'LOG_WARN never.heard_of'
    sources=("$folder/common/x.c")
    [ "$(logged | wc -l)" = 1 ]
}

case_run "docs/events.md has every event that is logged, and no other" every_event_is_listed
case_run "every row tells level, meaning and cure, in order" rows_are_whole
case_run "an event that nobody listed is seen" faults_are_seen
case_end
