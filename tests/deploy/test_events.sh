#!/usr/bin/env bash
# Every row of the table of log events (common/log/events.h) is logged by some program. That docs/events.md is the table:
# tests/unit/test_event.c. That nothing else is logged: the compiler.
# shellcheck disable=SC2016
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1

# The ids of the table, and those that the sources of the FOLDERs log, a line each.
listed() {
    grep -oE '^EVENT\([A-Z_]+' common/log/events.h | sed 's/(/_/' | sort -u
}
logged() { # FOLDER...
    grep -rhowE 'EVENT_[A-Z_]+' --include='*.c' "$@" | sort -u
}

every_event_is_logged() {
    [ "$(listed | wc -l)" -gt 40 ]
    diff <(listed) <(logged common extractor transformer loader ctl console | grep -v '^EVENT_COUNT$')
}

# The look itself must see an event that nobody logs.
a_silent_event_is_seen() {
    mkdir "$folder/common"
    printf 'void f(void)\n{\n    log_line(EVENT_LINK_UP, "x");\n}\n' >"$folder/common/x.c"
    [ "$(logged "$folder/common")" = EVENT_LINK_UP ]
}

case_run "every event of the table is logged" every_event_is_logged
case_run "an event that no source names is seen" a_silent_event_is_seen
# The Chinese page has the same events, in the same order.
chinese_page_has_them_too() {
    local page
    for page in docs/events.md docs/events.zh-CN.md; do
        sed -nE 's/^\| `([a-z]+\.[a-z_]+)` \| ([a-z, ]+) \|.*/\1 \2/p' "$page" >"$folder/$(basename "$page")"
    done
    [ "$(wc -l <"$folder/events.md")" -gt 60 ]
    diff "$folder/events.md" "$folder/events.zh-CN.md"
}

case_run "docs/events.zh-CN.md has every event, too" chinese_page_has_them_too
case_end
