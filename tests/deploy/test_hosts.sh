#!/usr/bin/env bash
# Several hosts: network namespaces joined by a bridge in one of their own, so that nothing of this machine's network is
# touched. The stages find each other by names of a hosts file and speak CURVE with keys of their own; a host is cut off in
# the middle of a run and comes back.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
: "${BUILD:?the build tree}"

net=dianchen-$$
started=()
hosts=()
SHOPS=3000

# Names of the hosts inside, by last number of their address.
address() {
    case $1 in
    apis) echo 10.77.0.1 ;;
    store) echo 10.77.0.2 ;;
    one) echo 10.77.0.3 ;;
    two) echo 10.77.0.4 ;;
    esac
}

host_add() {
    local name=$net-$1
    ip netns add "$name"
    hosts+=("$name")
    ip link add "to-$1" netns "$net-switch" type veth peer name eth0 netns "$name"
    ip -n "$net-switch" link set "to-$1" master bridge up
    ip -n "$name" address add "$(address "$1")/24" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" link set lo up
    mkdir -p "/etc/netns/$name"
    cat >"/etc/netns/$name/hosts" <<END
127.0.0.1 localhost
$(address apis) apis.test
$(address store) extractor.test
$(address one) transformers.test
$(address two) transformers.test
END
}

hosts_up() {
    [ "$(id -u)" = 0 ] || {
        echo "network namespaces need root: sudo make deploy"
        return 1
    }
    case_need ip iproute2
    trap hosts_down EXIT
    ip netns add "$net-switch"
    hosts+=("$net-switch")
    ip -n "$net-switch" link add bridge type bridge
    ip -n "$net-switch" link set bridge up
    local name
    for name in apis store one two; do
        host_add "$name"
    done
}

hosts_down() {
    local pid name
    for pid in "${started[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    for name in "${hosts[@]}"; do
        ip netns delete "$name" || true
        rm -rf "/etc/netns/$name"
    done
    rmdir /etc/netns 2>/dev/null || true
}

# on HOST PROGRAM...: starts it there; its stderr goes to $folder/HOST-PROGRAM-N.log, which $log names
on() {
    local host=$1
    shift
    log=$folder/$host-$(basename "$1")-${#started[@]}.log
    ip netns exec "$net-$host" "$@" >"$log.out" 2>"$log" &
    started+=($!)
}

# until_so WHAT COMMAND...: waits until the command succeeds; a minute is more than it ever takes
until_so() {
    local what=$1 try
    shift
    for ((try = 0; try < 600; try++)); do
        "$@" && return 0
        sleep 0.1
    done
    echo "never: $what"
    tail -n 5 "$folder"/*.log
    return 1
}

# asked PORT NAME: a number of a double's report
asked() {
    ip netns exec "$net-apis" bash -c \
        "exec 3<>/dev/tcp/$(address apis)/$1 && printf 'GET /_/report HTTP/1.0\r\n\r\n' >&3 && cat <&3" | grep -o "\"$2\":[0-9]*" | cut -d: -f2
}

# The target is slow until the cut was noticed, so that the run can't end before.
target_hurries() {
    ip netns exec "$net-apis" bash -c "exec 3<>/dev/tcp/$(address apis)/8002 && cat >&3 && cat <&3" <<<$'POST /_/set?slow_ms=50 HTTP/1.0\r\nContent-Length: 0\r\n\r' |
        grep -q '200 OK'
}

target_has() {
    [ "$(asked 8002 materials)" -ge "$1" ]
}

said() {
    grep -q "$2" "$1"
}

credentials() {
    export PLAIN_HTTP=allow
    export WDT_URL=http://apis.test:8001/router/qm WDT_APP_KEY=demo_app_key WDT_APP_SECRET=demo_source_secret WDT_SID=demo_sid
    export XINGCHEN_URL=http://apis.test:8002 XINGCHEN_CLIENT_ID=demo_client_id XINGCHEN_CLIENT_SECRET=demo_target_secret
    export XINGCHEN_USERNAME=demo_user XINGCHEN_PASSWORD=demo_password XINGCHEN_ACCOUNT_ID=1234567890123456789 XINGCHEN_UNIT_ID=1
    export SOURCE_CALLS_PER_MINUTE=0 TARGET_CALLS_PER_MINUTE=0 METRICS_BIND=off DIANCHEN_STORE="sqlite:$folder/dianchen.db"
}

# One set for all, and a key of its own for host one.
keys() {
    "$BUILD/bin/dianchen" keys new "$folder/keys"
    "$BUILD/bin/dianchen" keys new "$folder/keys-one"
    cp "$folder/keys/server.public" "$folder/keys/server.secret" "$folder/keys/clients.allow" "$folder/keys-one"
    cat "$folder/keys-one/client.public" >>"$folder/keys/clients.allow"
    export LINK_KEY_DIR=$folder/keys
}

doubles() {
    on apis "$BUILD/tests/doubles/wdt-double" --bind "$(address apis)" --port 8001 --shops "$SHOPS"
    until_so "the source listens" test -s "$log.out"
    on apis "$BUILD/tests/doubles/xingchen-double" --bind "$(address apis)" --port 8002 --duplicates take --slow_ms "$1"
    until_so "the target listens" test -s "$log.out"
}

# exact EXTRACTOR_PID: the run ended well, and the target holds what the source has, each once
exact() {
    local code=0
    wait "$1" || code=$?
    [ "$code" = 0 ] || {
        echo "the extractor ended with $code"
        tail -n 5 "$folder"/*.log
        return 1
    }
    local report
    report=$("$BUILD/bin/dianchen" report --json)
    echo "$report"
    [[ $report == *'"complete":true'*"\"seen\":$SHOPS,\"created\":$SHOPS,"* ]]
    [ "$(asked 8002 materials)" = "$SHOPS" ]
    [ "$(asked 8002 distinct_numbers)" = "$SHOPS" ]
}

transformer_host_is_cut_off() {
    credentials
    hosts_up
    keys
    doubles 3000
    on store "$BUILD/bin/extractor" --once --bind "tcp://*:5701"
    local extractor=$! extractor_log=$log
    LINK_KEY_DIR=$folder/keys-one on one "$BUILD/bin/transformer" --upstream tcp://extractor.test:5701 --bind "tcp://*:5702"
    on two "$BUILD/bin/transformer" --upstream tcp://extractor.test:5701 --bind "tcp://*:5702"
    on store "$BUILD/bin/loader" --upstream tcp://transformers.test:5702
    on store "$BUILD/bin/loader" --upstream tcp://transformers.test:5702
    LINK_SECURITY=none on two "$BUILD/bin/loader" --upstream tcp://transformers.test:5702
    local plain_log=$log
    until_so "a sixth is loaded" target_has $((SHOPS / 6))
    ip -n "$net-switch" link set to-one down
    until_so "the extractor misses the host" said "$extractor_log" "5 s without a word"
    target_hurries
    ip -n "$net-switch" link set to-one up
    exact "$extractor"
    until_so "plain text is refused" said "$plain_log" "the upstream speaks CURVE, this loader speaks plain text"
}

# The host of the store, extractor and loaders: both APIs and all links are gone for it at once.
store_host_is_cut_off() {
    credentials
    hosts_up
    keys
    doubles 3000
    on two "$BUILD/bin/transformer" --upstream tcp://extractor.test:5701 --bind "tcp://*:5702"
    local transformer_log=$log
    LINK_KEY_DIR=$folder/keys-one on one "$BUILD/bin/transformer" --upstream tcp://extractor.test:5701 --bind "tcp://*:5702"
    on store "$BUILD/bin/loader" --upstream tcp://transformers.test:5702
    on store "$BUILD/bin/loader" --upstream tcp://transformers.test:5702
    on store "$BUILD/bin/extractor" --once --bind "tcp://*:5701"
    local extractor=$!
    until_so "a sixth is loaded" target_has $((SHOPS / 6))
    ip -n "$net-switch" link set to-store down
    until_so "a transformer misses the host" said "$transformer_log" "5 s without a word"
    target_hurries
    ip -n "$net-switch" link set to-store up
    exact "$extractor"
}

case_run transformer_host_is_cut_off transformer_host_is_cut_off
case_run store_host_is_cut_off store_host_is_cut_off
case_end
