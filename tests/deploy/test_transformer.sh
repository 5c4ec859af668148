#!/usr/bin/env bash
# The transformer is linked with neither a store nor libcurl nor libxml2: it stores nothing, calls no API and reads no XML.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
tree=${BUILD:-$(cd "$(dirname "$0")/../.." && pwd)/build}
foreign='(^|[^a-zA-Z_])(sqlite3_|PQ[a-z]|curl_|xml[A-Z])'

# symbols PROGRAM: all that it defines or wants of libraries
symbols() {
    case_need nm binutils
    nm "$tree/bin/$1" >"$folder/symbols.txt"
    nm -D "$tree/bin/$1" >>"$folder/symbols.txt"
    [ -s "$folder/symbols.txt" ]
}

no_store_in_the_transformer() {
    symbols transformer
    case_lacks "$foreign" "$folder/symbols.txt"
    case_lacks ' [tT] (store|ledger|run|page|http)_(open|begin|close|claim|start|new)$' "$folder/symbols.txt"
    readelf -d "$tree/bin/transformer" >"$folder/needed.txt"
    grep -q 'NEEDED.*libzmq' "$folder/needed.txt"
    case_lacks 'NEEDED.*(sqlite|libpq|libcurl|libxml2)' "$folder/needed.txt"
}

# The pattern sees what it looks for where it is.
the_extractor_has_all_four() {
    symbols extractor
    for name in sqlite3_open_v2 PQconnectdbParams curl_easy_init xmlParseDocument; do
        grep -qE "$foreign" <<<" $name"
        grep -q " U $name" "$folder/symbols.txt"
    done
}

case_run "the transformer links no SQLite, no libpq, no libcurl, no libxml2" no_store_in_the_transformer
case_run "the extractor links all four" the_extractor_has_all_four
case_end
