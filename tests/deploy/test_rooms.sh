#!/usr/bin/env bash
# The check of includes (tests/rooms.sh): it passes on the tree and finds each kind of wrong include.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

tree_is_clean() {
    "$root/tests/rooms.sh" "$root"
}

# planted FILE INCLUDE SENTENCE: a tree with this one include is refused with this sentence
planted() {
    mkdir -p "$folder/common/base" "$folder/extractor" "$folder/transformer" "$folder/loader" "$folder/ctl" \
        "$folder/$(dirname "$1")"
    printf '/* a comment */\n#include <stdio.h>\n#include "%s"\n' "$2" >"$folder/$1"
    if "$root/tests/rooms.sh" "$folder" >"$folder/out.txt"; then
        echo "$1 may include $2"
        return 1
    fi
    grep -F "$1:" "$folder/out.txt" | grep -qF "$3"
    rm "$folder/$1"
    "$root/tests/rooms.sh" "$folder"
}

wrong_includes_are_found() {
    planted common/json/get.c common/log/log.h "room json includes common/log/log.h, but log comes after it"
    planted common/link/flow.h common/run/run.h "room link includes common/run/run.h"
    planted common/link/flow.c common/loop/loop.h "is pure, but includes common/loop/loop.h"
    planted common/page.h common/base/text.h "lies outside the rooms"
    planted common/base/text.c loader/batch.h "belongs to another program"
    planted transformer/map.c extractor/pages.h "belongs to another program"
    planted ctl/main.c common/nowhere/x.h "in no room of common/"
    planted extractor/source.c extractor/rest/rest.h "of a driver that is known to drivers.c alone"
    planted loader/rest/body.c loader/xingchen/body.h "of a driver that is known to drivers.c alone"
    planted common/json/json_get.c common/base/text.h "has the name of its folder in front"
}

# What all platforms share names none of them, but in comments; their drivers do.
platforms_stay_in_their_drivers() {
    mkdir -p "$folder/common" "$folder/extractor/qimen" "$folder/transformer" "$folder/loader/ask" "$folder/ctl"
    local file
    echo 'static const char name[] = "qimen";' | tee "$folder/extractor/qimen/call.c" >"$folder/extractor/drivers.c"
    echo '/* 企业奇门 (qimen) and xingchen */ int one; /* Kingdee */' >"$folder/loader/save.c"
    "$root/tests/rooms.sh" "$folder"
    for file in extractor/source.c loader/save.c loader/ask/lookup.c; do
        echo 'static const char cure[] = "see the page of Kingdee";' >"$folder/$file"
        if "$root/tests/rooms.sh" "$folder" >"$folder/out.txt"; then
            echo "a platform in $file is not seen"
            return 1
        fi
        grep -qxF "$file:1: names kingdee, a platform: that belongs to its driver" "$folder/out.txt"
        rm "$folder/$file"
    done
}

# Two files that include one another are found, whichever of .c and .h does it; so is the file that is one too many.
circles_and_full_folders_are_found() {
    mkdir -p "$folder/common/base"
    printf '#include "common/base/b.h"\n' >"$folder/common/base/a.h"
    printf '#include "common/base/c.h"\n' >"$folder/common/base/b.h"
    printf '#include <stdio.h>\n' >"$folder/common/base/c.h"
    "$root/tests/rooms.sh" "$folder"
    printf '#include "common/base/a.h"\n' >"$folder/common/base/c.c"
    if "$root/tests/rooms.sh" "$folder" >"$folder/out.txt"; then
        echo "a circle of three files is not seen"
        return 1
    fi
    grep -F "common/base/c: stands in a circle" "$folder/out.txt" | grep -qF "common/base/a"
    rm "$folder"/common/base/[abc].[ch]
    for n in $(seq 20); do
        echo "int n$n;" >"$folder/common/base/n$n.c"
    done
    "$root/tests/rooms.sh" "$folder"
    echo "int one;" >"$folder/common/base/one.c"
    if "$root/tests/rooms.sh" "$folder" >"$folder/out.txt"; then
        echo "21 files in a folder are not seen"
        return 1
    fi
    grep -qF "common/base/one.c:1: is one .c file too many" "$folder/out.txt"
}

# What programs print goes through common/base/print.h, which shows texts from outside harmless. Left to others: constants,
# and what was shown harmless before (FILE:how often).
texts_go_through_print() {
    grep -rcE '\b(printf|puts|fputs|putchar|putc|fwrite)\(' --include='*.c' ctl loader extractor transformer |
        grep -v ':0$' | LC_ALL=C sort >"$folder/printing"
    cat >"$folder/known" <<'LIST'
ctl/run/progress.c:1
ctl/service/settings.c:2
ctl/top/screen.c:5
loader/check.c:1
transformer/preview.c:1
LIST
    diff "$folder/known" "$folder/printing" || {
        echo "print with print_line or print_json (common/base/print.h)"
        return 1
    }
}

# A type that has the name of another one is found, wherever the two stand; one that is only mentioned is none.
two_types_of_one_name_are_found() {
    mkdir -p "$folder/common/base" "$folder/loader"
    printf 'struct page {\n    int a;\n};\n' >"$folder/common/base/a.h"
    printf 'struct page;\nstruct page *page_new(void);\nstruct page_set {\n    struct page *all;\n};\n' >"$folder/loader/b.h"
    "$root/tests/rooms.sh" "$folder"
    printf 'struct page {\n    int a;\n};\n' >"$folder/loader/c.c"
    if "$root/tests/rooms.sh" "$folder" >"$folder/out.txt"; then
        echo "two types of one name are not seen"
        return 1
    fi
    grep -qxF "loader/c.c:1: struct page has the name of the one in common/base/a.h" "$folder/out.txt"
}

case_run "texts are printed by print.h alone" texts_go_through_print
case_run "the tree keeps the order of the rooms" tree_is_clean
case_run "each kind of wrong include is found" wrong_includes_are_found
case_run "no platform is named outside its driver" platforms_stay_in_their_drivers
case_run "circles of includes and full folders are found" circles_and_full_folders_are_found
case_run "two types of one name are found" two_types_of_one_name_are_found
case_end
