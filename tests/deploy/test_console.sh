#!/usr/bin/env bash
# The console: its API against its own document, and its pages in a real browser (tests/web), whose pictures are kept beside the
# logs ($BUILD/log/console-*.png), to be looked at.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"

# The packages of the lock file, in the build tree.
packages_are_those_of_the_lock_file() {
    case_need node nodejs
    case_need npm npm
    ./tests/web/take.sh "$BUILD"
}

# Each prints its cases itself.
api_holds() {
    node "$BUILD/web/tests/api.mjs" "$BUILD"
}

# To other hosts: TLS, and a password.
open_is_closed() {
    case_need openssl openssl
    node "$BUILD/web/tests/open.mjs" "$BUILD"
}

pages_work() {
    case_need chromium chromium
    node "$BUILD/web/tests/pages.mjs" "$BUILD"
}

case_run "the packages are those of the lock file" packages_are_those_of_the_lock_file
case_run "the API" api_holds
case_run "open to other hosts" open_is_closed
case_run "the pages" pages_work
case_end
