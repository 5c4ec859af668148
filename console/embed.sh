#!/bin/sh
# Writes the page's files as C: embed.sh FILE... >files.c
set -eu
type_of() {
    case $1 in
    *.html) echo 'text/html; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.css) echo 'text/css; charset=utf-8' ;;
    *.svg) echo 'image/svg+xml' ;;
    *)
        echo "embed.sh: $1: of what type?" >&2
        exit 1
        ;;
    esac
}
bytes() { # NAME: its C array, of stdin
    printf 'static const unsigned char %s[] = {\n' "$1"
    od -An -v -tx1 | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '};'
}
echo '#include "console/serve/files.h"'
n=0
for file in "$@"; do
    bytes "plain$n" <"$file"
    gzip -9 -n -c "$file" | bytes "zipped$n"
    n=$((n + 1))
done
echo 'const struct web_file web_files[] = {'
n=0
for file in "$@"; do
    name=/$(basename "$file")
    [ "$name" = /index.html ] && name=/
    tag=$(sha256sum "$file" | cut -c 1-32)
    printf '    {"%s", "%s", {{"\\"%s\\"", plain%d, sizeof plain%d}, {"\\"%s-gzip\\"", zipped%d, sizeof zipped%d}}},\n' "$name" \
        "$(type_of "$file")" "$tag" "$n" "$n" "$tag" "$n" "$n"
    n=$((n + 1))
done
echo '    {NULL, NULL, {{NULL, NULL, 0}, {NULL, NULL, 0}}},'
echo '};'
