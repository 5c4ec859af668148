#!/usr/bin/env bash
# What builds and runs the image: named by digest where wanted, listed with its licences, and no pod talks to just anybody.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

the_list_is_whole() {
    case_need perl perl
    bash "$root/deploy/sbom.sh" "" "$folder/sbom" >"$folder/said"
    perl -MJSON::PP -e '
        local $/; my $sbom = JSON::PP->new->utf8->decode(<>);
        die "no CycloneDX" unless $sbom->{bomFormat} eq "CycloneDX" && $sbom->{specVersion} eq "1.4";
        for my $c (@{$sbom->{components}}) {
            die "$c->{name}: no version" unless length $c->{version};
            die "$c->{name}: purl $c->{purl}" unless $c->{purl} =~ m{^pkg:deb/debian/[^@+:]+@[^+:]+\?arch=};
            die "$c->{name}: no licence" unless @{$c->{licenses}} && length $c->{licenses}[0]{license}{name};
            print "$c->{name}\n"
        }' "$folder/sbom/dianchen.cdx.json" >"$folder/names"
    # Each package that the image is told to install is there, with a line of its own.
    sed -n 's/^run) wanted="\(.*\)" ;;$/\1/p' "$root/deploy/packages.sh" | tr ' ' '\n' >"$folder/wanted"
    [ "$(wc -l <"$folder/wanted")" -ge 8 ]
    while read -r package; do
        grep -qx "$package" "$folder/names"
        grep -q "^$package	[^	]*	..*" "$folder/sbom/licences.txt"
    done <"$folder/wanted"
    grep -q '^dianchen	.*	MIT$' "$folder/sbom/licences.txt"
}

images_can_be_named_by_digest() {
    # Every FROM is a stage of this file or the argument; every image of compose that is not built here is a variable.
    awk '$1 == "FROM" { if (!($2 in stage) && $2 != "${BASE}") { print; bad = 1 } stage[$4] = 1 } END { exit bad }' "$root/Dockerfile"
    grep -qx 'ARG BASE=debian:bookworm-slim' "$root/Dockerfile"
    case_lacks '^ +image: (debian|grafana|postgres|prom)[^$]*$' "$root/docker-compose.yml"
    [ "$(grep -c 'DIANCHEN_BASE' "$root/docker-compose.yml" "$root/docker-compose.override.yml" | awk -F : '{ n += $2 } END { print n }')" -ge 2 ]
}

# A way out without `to` is a way to everybody; one to public addresses leaves out what is not public.
egress_is_named() {
    awk '/^  egress:/ { out = 1; next } /^  [a-z]/ { out = 0 } /^---/ { out = 0 }
        out && /^    - ports:/ { print FILENAME ": egress to anywhere: " $0; bad = 1 } END { exit bad }' "$root"/deploy/kubernetes/network.yaml
    [ "$(grep -c 'cidr: 0.0.0.0/0' "$root/deploy/kubernetes/network.yaml")" = "$(grep -c 'except: .*10.0.0.0/8.*169.254.0.0/16.*192.168.0.0/16' "$root/deploy/kubernetes/network.yaml")" ]
}

case_run the_list_is_whole the_list_is_whole
case_run images_can_be_named_by_digest images_can_be_named_by_digest
case_run egress_is_named egress_is_named
case_end
