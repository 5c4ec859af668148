#!/usr/bin/env bash
# sbom.sh IMAGE FOLDER: what an image of ours holds, from its own list of packages: FOLDER/dianchen.cdx.json (CycloneDX 1.4) and
# FOLDER/licences.txt, a line a package. IMAGE empty: what the stages need of this host instead, where no engine runs.
set -euo pipefail
image=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs inside the image: package, version, architecture, source, licences; tabs between. Licences are the short names of
# a machine-readable copyright file, else the licences of Debian's common folder that it names, else "see copyright".
# shellcheck disable=SC2016  # for the shell inside
inside='dpkg-query -W -f "\${Package}\t\${Version}\t\${Architecture}\t\${source:Package}\n" "$@" | while IFS="	" read -r name rest; do
    file=/usr/share/doc/$name/copyright
    licences=$(sed -n "s/^License: *//p" "$file" 2>/dev/null | sort -u | tr "\n\t" ";  " | sed "s/;$//; s/;/; /g")
    [ -n "$licences" ] || licences=$(grep -o "common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]" "$file" 2>/dev/null | sed "s|.*/||" | sort -u | tr "\n" ";" | sed "s/;$//; s/;/; /g")
    printf "%s\t%s\t%s\n" "$name" "$rest" "${licences:-see $file}"
done'
if [ -n "$image" ]; then
    docker run --rm --network none --entrypoint sh "$image" -c "$inside" >"$work/packages"
    version=$(docker run --rm --network none --entrypoint dianchen "$image" --version | awk '{print $2}')
else
    run=$(sed -n 's/^run) wanted="\(.*\)" ;;$/\1/p' "$here/packages.sh")
    # shellcheck disable=SC2086  # a list of words
    sh -c "$inside" sh $run libc6 >"$work/packages"
    version=$("$here/../build/bin/dianchen" --version 2>/dev/null | awk '{print $2}') || version=
fi
[ -s "$work/packages" ] || {
    echo "sbom.sh: no list of packages came from ${image:-this host}" >&2
    exit 1
}
{
    printf '%s\t%s\t%s\n' dianchen "${version:-0}" "MIT"
    cut -f 1,2,5 "$work/packages"
} | sort -f >"$folder/licences.txt"
LC_ALL=C sort "$work/packages" | awk -F '\t' -v version="${version:-0}" '
    function quoted(text) { gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); gsub(/[\001-\037]/, " ", text); return "\"" text "\"" }
    function encoded(text) { gsub(/%/, "%25", text); gsub(/\+/, "%2B", text); gsub(/:/, "%3A", text); return text }
    BEGIN {
        print "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.4\",\"version\":1,"
        print "\"metadata\":{\"component\":{\"type\":\"application\",\"name\":\"dianchen\",\"version\":" quoted(version) \
              ",\"licenses\":[{\"license\":{\"id\":\"MIT\"}}]}},"
        print "\"components\":["
    }
    {
        printf "%s{\"type\":\"library\",\"name\":%s,\"version\":%s,\"purl\":%s,", (NR > 1 ? ",\n" : ""), quoted($1), quoted($2),
            quoted("pkg:deb/debian/" encoded($1) "@" encoded($2) "?arch=" $3 "&distro=debian-12")
        printf "\"licenses\":["
        n = split($5, licence, "; ")
        for (i = 1; i <= n; i++) printf "%s{\"license\":{\"name\":%s}}", (i > 1 ? "," : ""), quoted(licence[i])
        printf "],\"properties\":[{\"name\":\"debian:source\",\"value\":%s}]}", quoted($4)
    }
    END { print "\n]}" }' >"$folder/dianchen.cdx.json"
echo "$(wc -l <"$work/packages") packages: $folder/dianchen.cdx.json, $folder/licences.txt"
