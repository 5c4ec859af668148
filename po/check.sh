#!/bin/sh
# Has every text of the programs its Chinese? Prints what po/zh_CN.po lacks, ready to be filled in and put there; exit code 1
# where something is missing, untranslated or marked as doubtful.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Formats without a word of their own ("%s: %s") say nothing in any language.
po/texts.sh | awk 'BEGIN { RS = ""; ORS = "\n\n" } {
    text = $0
    sub(/^(.*\n)?msgid /, "", text)
    sub(/\nmsgstr .*/, "", text)
    gsub(/%[-0-9.*hlzj]*[a-z]/, "", text)
    if (NR == 1 || text ~ /[A-Za-z][^A-Za-z]*[A-Za-z][^A-Za-z]*[A-Za-z]/) print
}' >"$work/texts.pot"
[ "$(grep -c '^msgid' "$work/texts.pot")" -gt 400 ]
missing=0
msgcmp --no-fuzzy-matching po/zh_CN.po "$work/texts.pot" 2>"$work/said" || missing=1
if [ "$missing" = 1 ]; then
    # What stands in the template and not in the catalog.
    msgcat --use-first --no-wrap "$work/texts.pot" -o "$work/all.po"
    msgcomm --unique --no-wrap "$work/all.po" po/zh_CN.po -o "$work/one.po" 2>/dev/null || true
    awk 'BEGIN { RS = ""; ORS = "\n\n" } /msgstr ""$/ && /#:/' "$work/one.po" >&2 2>/dev/null || true
    echo "po/zh_CN.po lacks the texts above: add each with its Chinese (msgid, msgstr), a format with \"#, c-format\"" >&2
fi
# The page of log events is in both languages.
for page in docs/events.md docs/events.zh-CN.md; do
    # shellcheck disable=SC2016  # backquotes of Markdown
    sed -nE 's/^\| `([a-z]+\.[a-z_]+)` \| ([a-z, ]+) \| .* \|( ([^|]*))? \| [^|]* \|$/\1 \2 \4/p' "$page" |
        sed -e 's/、/, /g' -e 's/页（第一条记录的）/page (of its first record)/' -e 's/页/page/g' >"$work/$(basename "$page")"
    [ "$(wc -l <"$work/$(basename "$page")")" -gt 50 ]
done
if ! diff "$work/events.md" "$work/events.zh-CN.md" >&2; then
    echo "docs/events.zh-CN.md has other events, levels or fields than docs/events.md (above)" >&2
    missing=1
fi
counted=$(LC_ALL=C msgfmt --check --statistics -o /dev/null po/zh_CN.po 2>&1) || missing=1
case $counted in
*fuzzy* | *untranslated* | *error*) missing=1 ;;
esac
echo "$counted"
exit "$missing"
