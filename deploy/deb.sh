#!/bin/sh
# Builds the Debian package of the last commit into FOLDER and checks it with lintian: deb.sh FOLDER
set -eu
cd "$(dirname "$0")/.."
folder=${1:?the folder}
version=$(sed -n 's/.*dianchen_version\[\] = "\([^"]*\)".*/\1/p' common/config/*.c)
tree=$folder/dianchen-$version
rm -rf "$folder"
mkdir -p "$tree"
git archive HEAD | tar -x -C "$tree"
mv "$tree/deploy/debian" "$tree/debian"
cat >"$tree/debian/changelog" <<END
dianchen ($version-1) bookworm; urgency=medium

  * What is new stands in /usr/share/doc/dianchen/changelog.gz.

 -- dianchen maintainers <dianchen@localhost.localdomain>  $(git log -1 --format=%cD)
END
(cd "$tree" && DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage -b -us -uc) >"$folder/log" 2>&1 || {
    tail -n 30 "$folder/log" >&2
    exit 1
}
rm -rf "$tree"
# Not checked: what only an upload to Debian needs, a maintainer's address and the bug that asked for the package.
lintian --allow-root --fail-on error,warning --suppress-tags \
    bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs "$folder"/*.changes
ls "$folder"/*.deb
