# Sourced by demo.sh and demo_live.sh: the language of the person who reads, chosen as the programs choose it.
# shellcheck shell=bash

chinese() {
    case ${DIANCHEN_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in
    zh*) return 0 ;;
    *) return 1 ;;
    esac
}

# say ENGLISH CHINESE
say() {
    if chinese; then
        echo "$2"
    else
        echo "$1"
    fi
}
