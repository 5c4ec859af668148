#!/bin/sh
# Writes what comes from the code's own tables: settings (docs/operation.md,
# docs/operation.zh-CN.md, env.example), functions (docs/formulas.md and
# docs/formulas.zh-CN.md), log events (docs/events.md) and metrics (docs/monitoring.md and
# docs/monitoring.zh-CN.md).
# generate.sh TREE FOLDER: by the programs in TREE/bin and by TREE/docs/tables, into the copies that stand in FOLDER
# (default: here).
set -eu
DIANCHEN_LANG=en
export DIANCHEN_LANG
tree=$(cd "${1:-build}" && pwd)
bin=$tree/bin
cd "${2:-$(dirname "$0")/..}"
"$bin/dianchen" settings --env >env.example

# fill FILE WORD: what stands on stdin takes the place of what is between FILE's marks of that word
fill() {
    cat >generated.part
    awk -v word="$2" '
        index($0, "<!-- " word ": by make docs -->") { print; while ((getline line < "generated.part") > 0) print line; skip = 1; next }
        index($0, "<!-- end of " word " -->") { skip = 0 }
        !skip { print }' "$1" >whole.part
    mv whole.part "$1"
    rm generated.part
}
"$bin/dianchen" settings --markdown | fill docs/operation.md settings
"$bin/dianchen" settings --markdown --lang zh | fill docs/operation.zh-CN.md settings
"$bin/dianchen" functions --markdown | fill docs/formulas.md functions
"$bin/dianchen" functions --markdown --zh | fill docs/formulas.zh-CN.md functions
"$tree/docs/tables" events | fill docs/events.md events
"$tree/docs/tables" metrics | fill docs/monitoring.md metrics
DIANCHEN_LANG=zh "$tree/docs/tables" metrics | fill docs/monitoring.zh-CN.md metrics
