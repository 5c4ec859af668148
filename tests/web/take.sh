#!/usr/bin/env bash
# The packages of the lock file and the tests of the console, in the build tree: take.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "$1/web"
if ! cmp -s tests/web/package-lock.json "$1/web/taken"; then
    cp tests/web/package.json tests/web/package-lock.json "$1/web/"
    (cd "$1/web" && npm ci --ignore-scripts --no-audit --no-fund --silent)
    cp tests/web/package-lock.json "$1/web/taken"
fi
rm -rf "$1/web/tests"
cp -r tests/web "$1/web/tests"
