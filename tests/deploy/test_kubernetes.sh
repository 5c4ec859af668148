#!/usr/bin/env bash
# deploy/kubernetes: kustomize builds it, its parts fit one another, and the programs know every setting in it.
# shellcheck disable=SC2317  # cases are called through case_run
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
manifests=$(cd "$(dirname "$0")/../../deploy/kubernetes" && pwd)
: "${BUILD:?the build tree}"

# What kustomize makes of the manifests and of secrets as a person would put them there, in $folder/all.yaml.
build() {
    case_need kubectl kubernetes-client
    cp -r "$manifests" "$folder/kubernetes"
    "$BUILD/bin/dianchen" keys new "$folder/kubernetes/secrets/keys" >/dev/null
    local secret
    for secret in store wdt-app-secret xingchen-client-secret xingchen-password; do
        echo "the $secret" >"$folder/kubernetes/secrets/$secret"
    done
    kubectl kustomize "$folder/kubernetes" >"$folder/all.yaml"
}

# documents KIND: those of all.yaml that are one, each on one line
documents() {
    awk -v kind="kind: $1" 'function flush() { if (found) print text; text = ""; found = 0 }
        /^---/ { flush(); next } $0 == kind { found = 1 } { text = text $0 "\x1f" } END { flush() }' "$folder/all.yaml"
}

kustomize_builds_it() {
    build
    local kind
    for kind in 'Namespace 1' 'ConfigMap 1' 'Secret 2' 'Service 3' 'Deployment 3' 'PodDisruptionBudget 3' \
        'HorizontalPodAutoscaler 2' 'NetworkPolicy 5'; do
        [ "$(documents "${kind% *}" | wc -l)" = "${kind#* }" ]
    done
    # A secret that is not there is no empty secret.
    rm "$folder/kubernetes/secrets/store"
    ! kubectl kustomize "$folder/kubernetes" >/dev/null 2>&1
}

pods_are_closed_and_watched() {
    build
    local wanted
    for wanted in 'runAsNonRoot: true' 'readOnlyRootFilesystem: true' 'allowPrivilegeEscalation: false' \
        'automountServiceAccountToken: false' 'path: /healthz' 'path: /readyz' 'type: RuntimeDefault' 'defaultMode: 288'; do
        [ "$(documents Deployment | sed 's/defaultMode: 0440/defaultMode: 288/' | grep -c "$wanted")" = 3 ] || {
            echo "not in every Deployment: $wanted"
            return 1
        }
    done
}

# By file, so that neither `kubectl describe` nor a crash dump of the environment shows one.
secrets_are_files() {
    build
    documents Deployment | tr '\037' '\n' >"$folder/deployments"
    case_lacks 'secretKeyRef|secretRef' "$folder/deployments"
    documents ConfigMap | tr '\037' '\n' >"$folder/settings"
    case_lacks 'SECRET|PASSWORD|secret|password' "$folder/settings"
    # shellcheck disable=SC2013  # words
    for name in $(grep -o '[A-Z_]*_FILE$' "$folder/deployments" | sort -u); do
        grep -A 1 "name: $name\$" "$folder/deployments" | grep -q 'value: /run/secrets/'
    done
}

the_programs_know_every_setting() {
    build
    local stage name
    for stage in extractor transformer loader; do
        "$BUILD/bin/$stage" --help >>"$folder/help"
    done
    {
        kubectl set env --local -f "$folder/all.yaml" --list 2>/dev/null | grep -o '^[A-Z_]*='
        documents ConfigMap | tr '\037' '\n' | grep -o '^  [A-Z_]*:'
    } | tr -d ' =:' | sort -u >"$folder/names"
    [ "$(wc -l <"$folder/names")" -ge 15 ]
    while read -r name; do
        [ "$name" = XINGCHEN_UNIT_ID ] || grep -q "${name%_FILE}" "$folder/help" || {
            echo "$name: no program knows it"
            return 1
        }
    done <"$folder/names"
}

# Who dials whom, and through which door the policies let it.
the_hops_agree() {
    build
    kubectl set env --local -f "$folder/all.yaml" --list 2>/dev/null >"$folder/env"
    local hop name port
    for hop in 'EXTRACTOR_BIND TRANSFORMER_UPSTREAM extractor' 'TRANSFORMER_BIND LOADER_UPSTREAM transformer'; do
        # shellcheck disable=SC2086  # words
        set -- $hop
        name=$3
        port=$(sed -n "s/^$1=tcp:.*://p" "$folder/env")
        grep -qx "$2=tcp://$name:$port" "$folder/env"
        documents Service | grep "name: $name" | grep -q "port: $port"
        documents NetworkPolicy | grep -q "port: $port"
    done
}

case_run kustomize_builds_it kustomize_builds_it
case_run pods_are_closed_and_watched pods_are_closed_and_watched
case_run secrets_are_files secrets_are_files
case_run the_programs_know_every_setting the_programs_know_every_setting
case_run the_hops_agree the_hops_agree
case_end
