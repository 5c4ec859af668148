#!/usr/bin/env bash
# `make test-fresh`: what a new user does, on a Debian 12 that never saw the project: clone.sh TARGET...
# Installs git and make, clones what is committed here, and makes each target.
set -euo pipefail
# shellcheck source=tests/fresh/root.sh
. "$(dirname "$0")/root.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
fresh_make
fresh_run 'apt-get update -qq && apt-get install -y -qq --no-install-recommends git make >/dev/null'
git clone -q --no-hardlinks "$top" "$fresh_root/root/dianchen"
for target in "$@"; do
    echo "fresh Debian: make $target" >&2
    fresh_run "cd /root/dianchen && make $target"
done
