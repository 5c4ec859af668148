# Block YAML, as kustomize writes it, to one line a value: KIND/NAME, path and value, with tabs between them:
#   Deployment/loader    spec.template.spec.containers[0].env[1].name    LOADER_UPSTREAM
# A string in quotes keeps them, so that a type can be judged. Fails on what kustomize does not write (anchors, tabs).
function fail(why) { printf "yaml_paths: line %d: %s: %s\n", NR, why, $0 > "/dev/stderr"; bad = 1; exit 1 }
function add(path, value) { paths[++count] = path; values[count] = value
    if (path == "kind") kind = value
    if (path == "metadata.name") name = value }
function flush(i) { for (i = 1; i <= count; i++) printf "%s/%s\t%s\t%s\n", kind, name, paths[i], values[i]
    count = depth = 0; kind = name = "?" }
# Levels open at this line: level[] is the column of their keys, prefix[] their path.
function at(column) { while (depth > 0 && level[depth] > column) depth-- 
    if (depth == 0 || level[depth] < column) { level[++depth] = column; prefix[depth] = open; element[depth] = -1 } }
BEGIN { kind = name = "?"; block = -1 }
block >= 0 { match($0, /^ */); if (RLENGTH > block || $0 == "") next; block = -1 }
/^---$/ { flush(); open = ""; next }
/\t/ { fail("a tab") }
/^ *(#|$)/ { next }
{
    match($0, /^ */); column = RLENGTH; rest = substr($0, column + 1)
    while (rest ~ /^- /) { # elements of a list stand at the column of their parent's key, or deeper
        at(column + 0.5) # so that a list is a level of its own below a map at the same column
        element[depth]++
        open = prefix[depth] "[" element[depth] "]"
        # a map in this element is a new one
        rest = substr(rest, 3); column += 2
        if (rest !~ /^[A-Za-z0-9_.\/-]+:( |$)/ || rest ~ /^[^ ]*:[^ ]/) { add(open, rest); next }
        while (depth > 0 && level[depth] >= column) depth--
    }
    if (!match(rest, /^[A-Za-z0-9_.\/-]+:( |$)/)) fail("neither key nor element")
    at(column)
    key = substr(rest, 1, index(rest, ":") - 1); value = substr(rest, length(key) + 3)
    path = prefix[depth] (prefix[depth] == "" ? "" : ".") key
    open = path
    if (value ~ /^[|>]/) { block = column; add(path, "a text") }
    else if (value != "") add(path, value)
}
END { if (!bad) flush() }
