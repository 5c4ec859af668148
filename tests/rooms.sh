#!/bin/sh
# Checks the direction of includes (ARCHITECTURE.md, "Rooms"): rooms.sh [FOLDER]. Each room of common/ uses only itself and
# the rooms before it in the list; a stage, ctl and console use only themselves and common; nothing lies flat in common/.
# No files include one another in a circle (NAME.c and NAME.h are one file), no folder holds more than 20 .c files, no type
# has the name of another one, and no file's name begins with that of its folder. Drivers are known to drivers.c alone, and what
# all platforms share names none of them.
# Prints one line a fault; exit code 1 when there is any.
set -u
cd "${1:-$(dirname "$0")/..}" || exit 2
rooms="base json log config loop observe http scheme wire link store run ledger pace alert stage"
pure="common/link/flow.h common/link/flow.c common/ledger/decide.h common/ledger/decide.c"
drivers="qimen xingchen rest soap"
platforms="qimen|xingchen|wangdian|kingdee"
# Their table; and two texts for people whose cure stands on a page of the platform.
named="extractor/drivers.c loader/drivers.c loader/check.c loader/ask/existing.c"
# shellcheck disable=SC2016  # of awk
find common extractor transformer loader ctl console -name '*.[ch]' 2>/dev/null | LC_ALL=C sort | xargs awk -v rooms="$rooms" -v pure="$pure" \
    -v drivers="$drivers" -v platforms="$platforms" -v named="$named" '
BEGIN {
    count = split(rooms, names, " ")
    for (i = 1; i <= count; i++) place[names[i]] = i
    count = split(pure, names, " ")
    for (i = 1; i <= count; i++) is_pure[names[i]] = 1
    count = split(drivers, names, " ")
    for (i = 1; i <= count; i++) is_driver[names[i]] = 1
    count = split(named, names, " ")
    for (i = 1; i <= count; i++) may_name[names[i]] = 1
}
function fault(text) { print FILENAME ":" FNR ": " text; faults = 1 }
FNR == 1 {
    split(FILENAME, own, "/")
    if (own[1] == "common" && !(own[2] in place)) fault("lies outside the rooms of common/")
    noun = substr(FILENAME, 1, length(FILENAME) - 2)
    nouns[noun] = 1
    folder = FILENAME
    sub(/\/[^\/]*$/, "", folder)
    base = folder
    sub(/.*\//, "", base)
    if (index(substr(FILENAME, length(folder) + 2), base "_") == 1) fault("has the name of its folder in front: take it away")
    shared = FILENAME ~ /^(extractor|loader|loader\/ask)\/[^\/]*\.c$/ && !(FILENAME in may_name)
    if (FILENAME ~ /\.c$/ && ++held[folder] == 21) fault("is one .c file too many for " folder "/, which may hold 20")
}
/^(struct|union|enum) [a-z0-9_]+ [{]/ {
    if ($2 in type) fault($1 " " $2 " has the name of the one in " type[$2])
    else type[$2] = FILENAME
}
shared && !/^ *(\/\*|\*)/ {
    code = tolower($0)
    gsub(/\/\*.*\*\//, "", code)
    if (match(code, platforms)) fault("names " substr(code, RSTART, RLENGTH) ", a platform: that belongs to its driver")
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    split(quoted[2], other, "/")
    used = substr(quoted[2], 1, length(quoted[2]) - 2)
    if (used != noun) uses[noun] = uses[noun] " " used
    if (other[1] == "common") {
        if (!(other[2] in place)) fault("includes " quoted[2] ", which is in no room of common/")
        else if (own[1] == "common" && place[other[2]] > place[own[2]])
            fault("room " own[2] " includes " quoted[2] ", but " other[2] " comes after it")
        if ((FILENAME in is_pure) && (other[2] == "loop" || other[2] == "store" || other[2] == "http"))
            fault("is pure, but includes " quoted[2])
    } else if (other[1] != own[1]) {
        fault("includes " quoted[2] ", which belongs to another program")
    } else if ((own[1] == "extractor" || own[1] == "loader") && (other[2] in is_driver) && other[2] != own[2] && own[2] != "drivers.c") {
        fault("includes " quoted[2] ", of a driver that is known to drivers.c alone")
    }
}
# Takes away what uses nothing that is left, or is used by nothing that is left, until no more can be taken: circles remain.
function peel(    n, i, list, taken, left, wanted) {
    do {
        taken = 0
        split("", wanted)
        for (noun in nouns) {
            n = split(uses[noun], list, " ")
            left = ""
            for (i = 1; i <= n; i++) if (list[i] in nouns) { left = left " " list[i]; wanted[list[i]] = 1 }
            uses[noun] = left
        }
        for (noun in nouns) if (uses[noun] == "" || !(noun in wanted)) { delete nouns[noun]; taken = 1 }
    } while (taken)
}
END {
    peel()
    for (noun in nouns) { print noun ": stands in a circle of includes, by" uses[noun]; faults = 1 }
    exit faults
}'
