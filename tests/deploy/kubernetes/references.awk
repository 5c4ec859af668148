# Whether what manifests (as paths.awk writes them) name exists: references.awk MANIFESTS. Prints faults, fails on any.
function fault(why) { print why; faults++ }
function need(here, kind, name) { if (!((kind "/" name) in there)) fault(here " names the " kind " " name ", which is not there") }
# labels OBJECT PATH: those below a path, as text in order of keys (kustomize sorts them)
function labels(object, path, i, text) {
    for (i = 1; i <= lines; i++)
        if (of[i] == object && index(key[i], path ".") == 1) text = text substr(key[i], length(path) + 2) "=" value[i] " "
    return text
}
function selects(object, path, i, wanted, n, part, j, found) {
    wanted = labels(object, path)
    n = split(wanted, part, " ")
    for (i in pods) {
        found = 0
        for (j = 1; j <= n; j++) found += index(" " pods[i], " " part[j] " ") > 0
        if (found == n) return
    }
    fault(object ": " path ": no pod has " wanted)
}
BEGIN { FS = "\t" }
{ of[++lines] = $1; key[lines] = $2; value[lines] = $3; there[$1] = 1; has[$1, $2] = $3; gsub(/"/, "", value[lines]) }
END {
    for (one in there) if (one ~ /^Deployment\//) {
        pods[one] = labels(one, "spec.template.metadata.labels")
        if (labels(one, "spec.selector.matchLabels") != pods[one]) fault(one ": its selector is not its pods' labels")
    }
    for (i = 1; i <= lines; i++) {
        if (of[i] ~ /^Deployment/ && key[i] ~ /ports\[[0-9]+\]\.name$/) port[value[i]] = port[of[i], value[i]] = 1
        if (of[i] ~ /^Deployment/ && key[i] ~ /volumes\[[0-9]+\]\.name$/) volume[of[i], value[i]] = 1
    }
    for (i = 1; i <= lines; i++) {
        where = of[i] ": " key[i]
        if (key[i] ~ /configMapRef\.name$/) need(where, "ConfigMap", value[i])
        if (key[i] ~ /secretName$/) { need(where, "Secret", value[i]); secret[of[i], substr(key[i], 1, length(key[i]) - 11)] = value[i] }
        if (key[i] ~ /(scaleTargetRef|describedObject)\.name$/) {
            above = key[i]; sub(/\.name$/, "", above)
            need(where, has[of[i], above ".kind"], value[i])
        }
        if (key[i] ~ /volumeMounts\[[0-9]+\]\.name$/ && !((of[i] SUBSEP value[i]) in volume)) fault(where ": no volume " value[i])
        if (key[i] ~ /httpGet\.port$/ && !((of[i] SUBSEP value[i]) in port)) fault(where ": no port " value[i])
        if (of[i] ~ /^NetworkPolicy/ && key[i] ~ /port$/ && value[i] !~ /^[0-9]+$/ && !(value[i] in port)) fault(where ": no port " value[i])
        # The labels of other namespaces' pods are theirs.
        if (key[i] ~ /(podSelector|spec\.selector)\.matchLabels\.app$/) { above = key[i]; sub(/\.app$/, "", above); selects(of[i], above) }
        if (of[i] ~ /^Service/ && key[i] == "spec.selector.app") selects(of[i], "spec.selector")
    }
    for (i = 1; i <= lines; i++) if (key[i] ~ /secret\.items\[[0-9]+\]\.key$/) {
        above = key[i]; sub(/\.items\[[0-9]+\]\.key$/, "", above)
        if (!(("Secret/" secret[of[i], above]) SUBSEP "data." value[i] in has)) fault(of[i] ": " key[i] ": the secret has no " value[i])
    }
    exit faults > 0
}
