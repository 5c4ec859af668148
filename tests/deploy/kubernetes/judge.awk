# Judges manifests by fields.yaml, both as paths.awk writes them: judge.awk FIELDS MANIFESTS. Prints faults, fails on any.
function fault(why) { print why; faults++ }
function quoted(value) { return value ~ /^"/ || value ~ /^'/ }
function number(value) { return value ~ /^-?[0-9]+$/ }
# What YAML takes for something else than a string, unless it stands in quotes.
function no_string(value) { return !quoted(value) && (value ~ /^-?[0-9.]+$/ || value ~ /^(true|false|yes|no|on|off|null|~|)$/) }
function is(value, type) {
    if (type == "string") return !no_string(value)
    if (type == "int") return number(value)
    if (type == "bool") return value == "true" || value == "false"
    if (type == "quantity") return value ~ /^[0-9]+(\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi)?$/
    return value == type
}
function fits(value, types, i, n, part) {
    n = split(types, part, "|")
    for (i = 1; i <= n; i++) if (is(value, part[i])) return 1
    return 0
}
BEGIN { FS = "\t" }
{ kind = $1; sub(/\/.*/, "", kind); path = $2; gsub(/\[[0-9]+\]/, "[]", path) }
FNR == NR {
    if (path == "kind") next
    if (path == "apiVersion") { version[kind] = $3; next }
    if (sub(/!$/, "", $3)) required[kind, path] = 1
    type[kind, path] = $3
    for (p = path; p != ""; ) { object[kind, p] = 1; if (!sub(/(\.[^.]*|\[\])$/, "", p)) break }
    next
}
!(kind in version) { if (!(kind in told)) fault($1 ": no kind that fields.yaml knows"); told[kind] = 1; next }
{ has[$1, $2] = 1 }
# Every object on the way to this value, to ask it for what it must have.
{
    for (p = $2; sub(/(\.[^.\[]*|\[[0-9]+\])$/, "", p); ) parent[$1, p] = 1
    parent[$1, ""] = 1
}
path == "kind" { next }
path == "apiVersion" { if ($3 != version[kind]) fault($1 ": apiVersion " $3 ": it is " version[kind]); next }
(kind SUBSEP path) in type {
    if (type[kind, path] == "map" ? $3 != "{}" : !fits($3, type[kind, path])) fault($1 ": " $2 ": " $3 ": no " type[kind, path])
    next
}
(kind SUBSEP path) in object { if ($3 != "{}") fault($1 ": " $2 ": " $3 ": an object is wanted"); next }
{
    for (p = path; sub(/[.\[][^.\[]*$/, "", p); ) if (type[kind, p] == "map") {
        if (no_string($3)) fault($1 ": " $2 ": " $3 ": no string: put it in quotes")
        next
    }
    fault($1 ": " $2 ": no field of " version[kind] " " kind " that fields.yaml knows")
}
END {
    for (one in required) {
        split(one, part, SUBSEP)
        leaf = part[2]; above = leaf
        if (!sub(/\.[^.]*$/, "", above)) above = ""
        sub(/^.*\./, "", leaf)
        for (instance in parent) {
            split(instance, at, SUBSEP)
            kind = at[1]; sub(/\/.*/, "", kind)
            generic = at[2]; gsub(/\[[0-9]+\]/, "[]", generic)
            wanted = at[2] (at[2] == "" ? "" : ".") leaf
            if (kind == part[1] && generic == above && !((at[1] SUBSEP wanted) in has))
                fault(at[1] ": " wanted ": it is missing")
        }
    }
    exit faults > 0
}
