#!/bin/sh
# What `make lint` checks: form, length, two analysers, banned functions, shell scripts. Prints only faults.
set -u
cd "$(dirname "$0")/.." || exit 1
faults=0
sources=$(git ls-files --cached --others --exclude-standard '*.c')
headers=$(git ls-files --cached --others --exclude-standard '*.h')
scripts=$(git ls-files --cached --others --exclude-standard '*.sh' '.ci/run')
if [ -z "$sources" ]; then
    echo "lint: no sources: run it in a git clone" >&2
    exit 1
fi

fault() {
    echo "lint: $1" >&2
    faults=$((faults + 1))
}

# shellcheck disable=SC2086  # lists of words throughout
clang-format --dry-run --Werror $sources $headers || fault "clang-format: run make format"

# shellcheck disable=SC2086
if wc -l $sources $headers | awk '$1 > 600 && $2 != "total" {print; long = 1} END {exit !long}'; then
    fault "files of more than 600 lines (above): two nouns"
fi
# shellcheck disable=SC2086
if grep -nE 'NOLINT|cppcheck-suppress|clang-format (on|off)' $sources $headers; then
    fault "exceptions in the code (above): repair it, or switch the check off for all in .clang-tidy"
fi

banned='alloca|strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|popen|tmpnam|mktemp|rand|srand|asctime|ctime|gmtime|localtime'
# shellcheck disable=SC2086
if grep -nE "(^|[^A-Za-z0-9_.>])($banned) *\(" $sources $headers; then
    fault "banned functions (above): use the bounded or reentrant ones"
fi

./tests/rooms.sh || fault "includes against the order of the rooms (above)"
# The doubles judge the clients: nothing of theirs may be shared.
if grep -nE '#include "(common|extractor|transformer|loader|ctl|console)/' tests/doubles/*.[ch]; then
    fault "tests/doubles includes a header of the programs it judges (above)"
fi

# shellcheck disable=SC2086
cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability -j 2 \
    --suppress=missingIncludeSystem --suppress=varFuncNullUB --suppress=unknownMacro -D_GNU_SOURCE -I. $sources || fault "cppcheck"

flags="-std=c17 -D_GNU_SOURCE -I. $(pkg-config --cflags libzmq libcurl msgpack libcjson sqlite3 libmicrohttpd libxml-2.0)"
# shellcheck disable=SC2086
echo $sources | tr ' ' '\n' | xargs -P 2 -n 1 sh -c 'clang-tidy --quiet "$@" -- '"$flags"' 2>/dev/null' tidy || fault "clang-tidy"

# shellcheck disable=SC2086
shellcheck $scripts || fault "shellcheck"

[ "$faults" -eq 0 ] && echo "lint: clean"
[ "$faults" -eq 0 ]
