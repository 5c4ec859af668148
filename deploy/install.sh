#!/bin/sh
# Installs what was built, or removes it: install.sh install|uninstall BUILD PREFIX [DESTDIR]
# Files that git does not know (a scheme of yours, .env, keys) are never installed. Man pages and completions come from the
# programs' own --help. UNITS=DIR: where the systemd units go, other than PREFIX/lib/systemd/system.
set -eu
cd "$(dirname "$0")/.."
action=${1:?install or uninstall}
build=${2:?the build tree}
prefix=${3:?the prefix}
root=${4:-}$prefix
units=${4:-}${UNITS:-$prefix/lib/systemd/system}
programs='dianchen extractor transformer loader console'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# put MODE FILE PLACE: installs or removes one file
put() {
    if [ "$action" = install ]; then
        install -D -m "$1" "$2" "$3"
    else
        rm -f "$3"
    fi
}

# ours FOLDER PATTERN: files of the project itself
ours() {
    if [ -e .git ]; then
        git -c safe.directory='*' ls-files "$1" | grep -E "$2"
    else
        find "$1" -type f | grep -E "$2" # a release, which holds nothing else
    fi
}

share=$root/share/dianchen
doc=$root/share/doc/dianchen
for program in $programs; do
    put 755 "$build/bin/$program" "$root/bin/$program"
    deploy/man.sh "$build/bin/$program" "$work"
done
put 644 "$build/share/locale/zh_CN/LC_MESSAGES/dianchen.mo" "$root/share/locale/zh_CN/LC_MESSAGES/dianchen.mo"
for page in "$work"/*.1; do
    put 644 "$page" "$root/share/man/man1/$(basename "$page")"
done
deploy/completion.sh bash "$build/bin" >"$work/bash"
put 644 "$work/bash" "$root/share/bash-completion/completions/dianchen"
deploy/completion.sh zsh "$build/bin" >"$work/zsh"
put 644 "$work/zsh" "$root/share/zsh/site-functions/_dianchen"
for file in $(ours schemes '\.json$'); do
    put 644 "$file" "$share/$file"
done
for file in $(ours deploy '^deploy/(prometheus|grafana)/'); do
    put 644 "$file" "$share/${file#deploy/}"
done
for file in $(ours docs '\.(md|png)$'); do
    put 644 "$file" "$doc/$file"
done
for file in README.md README.zh-CN.md CHANGELOG.md LICENSE env.example deploy/systemd/instance.env; do
    put 644 "$file" "$doc/$(basename "$file")"
done
for unit in $(ours deploy/systemd '@'); do
    sed "s|/usr/local/|$prefix/|" "$unit" >"$work/unit"
    put 644 "$work/unit" "$units/$(basename "$unit")"
done
if [ "$action" = uninstall ]; then
    # Removes the folders that this program made, if they are empty.
    find "$share" "$doc" -depth -type d -empty -delete 2>/dev/null || true
fi
