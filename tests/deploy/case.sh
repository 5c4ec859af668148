# Sourced by tests/deploy/test_*.sh: `case_run NAME FUNCTION` runs one case in a subshell with `set -e` and prints what
# tests/run.sh counts. A case gets an empty folder in $folder, removed afterwards; what it starts it stops (trap EXIT).
# A missing tool is a failure with its cure (`case_need TOOL PACKAGE`), never a skip.
# shellcheck shell=bash
set -u
case_failed=0

case_run() {
    local name=$1 function=$2 folder code
    folder=$(mktemp -d)
    printf '[ RUN      ] %s\n' "$name"
    # Not behind `if`: there set -e would mean nothing.
    (
        set -eEo pipefail
        trap 'echo "failed at: ${BASH_SOURCE[0]}:$LINENO: $BASH_COMMAND"' ERR
        "$function"
    )
    code=$?
    # What programs say holds none of the credentials that they were given.
    if grep -rlE --include='*.log' --include='*.err' 'demo_(source|target)_secret|demo_password|SECRET-' "$folder"; then
        echo "a secret stands in the files above"
        code=1
    fi
    if [ "$code" -eq 0 ]; then
        printf '[       OK ] %s\n' "$name"
    else
        printf '[  FAILED  ] %s\n' "$name"
        case_failed=1
    fi
    rm -rf "$folder"
}

case_need() {
    command -v "$1" >/dev/null || {
        echo "$1 is missing: apt-get install $2"
        return 1
    }
}

# case_lacks PATTERN FILE: fails, showing lines, where the pattern stands in the file.
case_lacks() {
    if grep -nE -m 3 -e "$1" "$2"; then
        return 1
    fi
}

# case_double NAME WORD...: starts a double ($BUILD/tests/doubles/NAME); its URL in $url, its process among $doubles, which the
# case ends: trap 'kill $doubles 2>/dev/null || true' EXIT
doubles=
url=
case_double() {
    local name=$1 tries=0
    shift
    "$BUILD/tests/doubles/$name" --port 0 "$@" >"$folder/$name.url" &
    doubles="$doubles $!"
    until [ -s "$folder/$name.url" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 400 ]
        sleep 0.05
    done
    # shellcheck disable=SC2034  # of the case
    url=$(head -n 1 "$folder/$name.url")
}

case_end() {
    exit "$case_failed"
}
