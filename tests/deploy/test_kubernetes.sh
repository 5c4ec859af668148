#!/usr/bin/env bash
# deploy/kubernetes: kustomize builds it, the fields are those of the API (tests/deploy/kubernetes), its parts fit one
# another, and the programs know every setting in it. Judged here, because Debian's kubectl is older than the API's versions.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
manifests=$(cd "$(dirname "$0")/../../deploy/kubernetes" && pwd)
judge=$(cd "$(dirname "$0")/kubernetes" && pwd)
: "${BUILD:?the build tree}"

# What kustomize makes of the manifests and of secrets as a person would put them there, in $folder/all.yaml;
# a line a value in $folder/paths.
build() {
    case_need kubectl kubernetes-client
    cp -r "$manifests" "$folder/kubernetes"
    "$BUILD/bin/dianchen" keys new "$folder/kubernetes/secrets/keys" >/dev/null
    local secret
    for secret in store wdt-app-secret xingchen-client-secret xingchen-password; do
        echo "the $secret" >"$folder/kubernetes/secrets/$secret"
    done
    kubectl kustomize "$folder/kubernetes" >"$folder/all.yaml"
    awk -f "$judge/paths.awk" "$folder/all.yaml" >"$folder/paths"
    awk -f "$judge/paths.awk" "$judge/fields.yaml" >"$folder/fields"
}

# The environment of the containers, NAME=VALUE a line.
environment() {
    awk -F '\t' '$2 ~ /\.env\[[0-9]+\]\.name$/ { name = $3 } $2 ~ /\.env\[[0-9]+\]\.value$/ { print name "=" $3 }' "$folder/paths" |
        tr -d '"'
}

# judged: what is wrong with $folder/paths
judged() {
    awk -f "$judge/judge.awk" "$folder/fields" "$folder/paths" && awk -f "$judge/references.awk" "$folder/paths"
}

fields_are_the_apis() {
    build
    [ "$(wc -l <"$folder/paths")" -gt 300 ]
    judged
}

# planted SED SENTENCE: manifests with this fault are refused with this sentence
planted() {
    cp "$folder/paths" "$folder/kept"
    sed -i "$1" "$folder/paths"
    if cmp -s "$folder/kept" "$folder/paths"; then
        echo "the fault was not planted: $1"
        return 1
    fi
    if judged >"$folder/said"; then
        echo "nobody sees: $1"
        return 1
    fi
    grep -qF "$2" "$folder/said" || {
        cat "$folder/said"
        return 1
    }
    cp "$folder/kept" "$folder/paths"
}

faults_are_seen() {
    build
    planted 's|policy/v1|policy/v1beta1|' 'apiVersion policy/v1beta1: it is policy/v1'
    planted 's|spec.maxUnavailable|spec.maxUnavailble|' 'spec.maxUnavailble: no field of policy/v1 PodDisruptionBudget'
    planted 's|periodSeconds\t10|periodSeconds\t10s|' 'livenessProbe.periodSeconds: 10s: no int'
    planted 's|runAsNonRoot\ttrue|runAsNonRoot\t"true"|' 'runAsNonRoot: "true": no bool'
    planted 's|scrape\t"true"|scrape\ttrue|' 'true: no string: put it in quotes'
    planted 's|memory\t256Mi|memory\t256MB|' 'limits.memory: 256MB: no quantity'
    planted '/runAsUser/d' 'securityContext.runAsUser: it is missing'
    planted 's|^HorizontalPodAutoscaler/|HorizontalAutoscaler/|' 'no kind that fields.yaml knows'
    planted '/secretName/s|dianchen-link-keys|dianchen-keys|' 'names the Secret dianchen-keys'
    planted 's|items\(.*\).key\tstore$|items\1.key\tstores|' 'the secret has no stores'
    planted 's|httpGet.port\tmetrics|httpGet.port\tmetric|' 'readinessProbe.httpGet.port: no port metric'
    planted '/volumeMounts/s|name\tkeys|name\tkey|' 'no volume key'
    planted 's|scaleTargetRef.name\tloader|scaleTargetRef.name\tloaders|' 'names the Deployment loaders'
    planted '/from.*podSelector/s|stage\ttransformer|stage\ttransform|' 'no pod has app=dianchen stage=transform'
    planted 's|^\(Service.*selector.stage\)\tloader|\1\tloaders|' 'Service/loader: spec.selector: no pod has'
}

# documents KIND: those of all.yaml that are one, each on one line
documents() {
    awk -v kind="kind: $1" 'function flush() { if (found) print text; text = ""; found = 0 }
        /^---/ { flush(); next } $0 == kind { found = 1 } { text = text $0 "\x1f" } END { flush() }' "$folder/all.yaml"
}

kustomize_builds_it() {
    build
    local kind
    for kind in 'Namespace 1' 'ConfigMap 1' 'Secret 2' 'Service 4' 'Deployment 4' 'PodDisruptionBudget 3' \
        'HorizontalPodAutoscaler 2' 'NetworkPolicy 6'; do
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
        [ "$(documents Deployment | sed 's/defaultMode: 0440/defaultMode: 288/' | grep -c "$wanted")" = 4 ] || {
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
    "$BUILD/bin/dianchen" console --help >>"$folder/help"
    {
        environment | grep -o '^[A-Z_]*='
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
    environment >"$folder/env"
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

# The console takes the words of its container, serves its metrics where the Service looks, and is on loopback alone.
the_console_starts_as_told() {
    build
    awk -F '\t' '$1 == "Deployment/console" && $2 ~ /\.command\[[0-9]+\]$/ { print $3 }' "$folder/paths" | tr -d '"' >"$folder/command"
    [ "$(head -n 1 "$folder/command")" = console ]
    grep -qx -- --bind=127.0.0.1:9700 "$folder/command"
    local port
    port=$(sed -n 's/^--metrics=://p' "$folder/command")
    documents Service | grep 'name: console' | grep -q "port: $port"
    # As there, on free ports: it says no link, answers health, and ends when told to.
    local words
    mapfile -t words < <(sed -e 1d -e 's/:9700$/:0/' -e 's/^--metrics=.*/--metrics=127.0.0.1:0/' "$folder/command")
    DIANCHEN_LOG=info DIANCHEN_STORE="sqlite:$folder/d.db" "$BUILD/bin/console" "${words[@]}" --scheme "$manifests/../../schemes/shop-to-material.json" \
        >"$folder/link" 2>"$folder/log" &
    pid=$!
    trap 'kill "$pid" 2>/dev/null || true' EXIT
    local tries=0
    until grep -q console.listening "$folder/log"; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] && kill -0 "$pid" || return 1
        sleep 0.1
    done
    kill "$pid"
    wait "$pid"
    [ ! -s "$folder/link" ]
}

case_run kustomize_builds_it kustomize_builds_it
case_run "every field is one of the API, of its type, and names what is there" fields_are_the_apis
case_run "faults in manifests are seen" faults_are_seen
case_run pods_are_closed_and_watched pods_are_closed_and_watched
case_run secrets_are_files secrets_are_files
case_run the_programs_know_every_setting the_programs_know_every_setting
case_run the_hops_agree the_hops_agree
case_run the_console_starts_as_told the_console_starts_as_told
case_end
