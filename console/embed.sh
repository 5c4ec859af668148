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
echo '#include "console/serve/files.h"'
n=0
for file in "$@"; do
    printf 'static const unsigned char file%d[] = {\n' "$n"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '};'
    n=$((n + 1))
done
echo 'const struct web_file web_files[] = {'
n=0
for file in "$@"; do
    name=/$(basename "$file")
    [ "$name" = /index.html ] && name=/
    printf '    {"%s", "%s", "\\"%s\\"", file%d, sizeof file%d},\n' "$name" "$(type_of "$file")" \
        "$(sha256sum "$file" | cut -c 1-32)" "$n" "$n"
    n=$((n + 1))
done
echo '    {NULL, NULL, NULL, NULL, 0},'
echo '};'
