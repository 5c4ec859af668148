#!/bin/sh
# The texts of the programs as a template of gettext, on stdout: texts.sh [all]
# What is printed, logged or told as a cause, and what stands in _() or N_(), must be in po/zh_CN.po (tests/deploy/test_chinese.sh).
# `all`: every literal of the sources with two words or more, to look for texts that came by another way.
set -eu
cd "$(dirname "$0")/.."
calls='-k -k_ -kN_ -kcause_set:3 -kprint_line:2 -kSAY:2 -kCURE:2 -kCOMMAND:3 -kCOMMAND_PROGRAM:2 -kbegin_refuse:4 -kanswer_problem:4 -kanswer_cure:2 -krefuse:5 -ktype_fail:2'
calls="$calls -kOPT_TEXT:3 -kOPT_SWITCH:3 -kOPT_COUNT:5 -kOPT_DURATION:5 -kscheme_fault:4 -kformula_fault:3 -kFAMILY:6"
[ "${1:-}" != all ] || calls=-a
# shellcheck disable=SC2086  # a list of words
find common extractor transformer loader ctl console docs -name '*.[ch]' | grep -v '^common/observe/family\|^common/base/rule' | LC_ALL=C sort |
    xargs xgettext --from-code=UTF-8 --language=C $calls --no-wrap --sort-by-file --package-name=dianchen -o - 2>/dev/null
