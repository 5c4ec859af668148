# Sourced by tests/compose/test_*.sh: a Docker engine and a base image for as long as the script runs.
# An engine that runs already is used; else one is started by hand, with its images kept under $BUILD/docker for the next time.
# Where debian:bookworm-slim can't be pulled it is made with debootstrap, as slim as Debian's own.
# shellcheck shell=bash disable=SC2016,SC2154  # words for an inner bash; $folder is case_run's
engine_folder=
engine_project=${engine_project:-dianchen-test}
export DIANCHEN_TAG=test COMPOSE_PROJECT_NAME=$engine_project

engine_start() {
    if docker info >/dev/null 2>&1; then
        return
    fi
    if [ "$(id -u)" != 0 ]; then
        echo "no Docker engine can be reached: start it, or run this as root, which starts one of its own"
        return 1
    fi
    engine_folder=$(mktemp -d "${TMPDIR:-/tmp}/dianchen-engine-XXXXXX")
    export DOCKER_HOST=unix://$engine_folder/docker.sock
    mkdir -p "$BUILD/log"
    dockerd --data-root "$BUILD/docker" --exec-root "$engine_folder/exec" --pidfile "$engine_folder/pid" \
        --host "$DOCKER_HOST" >"$BUILD/log/dockerd.log" 2>&1 &
    engine_pid=$!
    local tries=0
    until docker info >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ] || ! kill -0 $engine_pid 2>/dev/null; then
            tail -n 20 "$BUILD/log/dockerd.log"
            return 1
        fi
        sleep 0.2
    done
}

engine_base() {
    local image=debian:bookworm-slim root
    if docker image inspect $image >/dev/null 2>&1 || timeout 60 docker pull -q $image >/dev/null 2>&1; then
        return
    fi
    root=$(mktemp -d "${TMPDIR:-/tmp}/dianchen-base-XXXXXX")
    debootstrap --variant=minbase bookworm "$root" >"$BUILD/log/debootstrap.log" 2>&1 || {
        tail -n 5 "$BUILD/log/debootstrap.log"
        return 1
    }
    rm -rf "${root:?}"/var/{cache/apt,lib/apt/lists,log}/* "$root"/usr/share/{doc,man,info,locale}/*
    mkdir -p "$root/var/cache/apt/archives/partial" "$root/var/lib/apt/lists/partial"
    tar -C "$root" -c . | docker import -c 'CMD ["bash"]' - $image >/dev/null
    rm -rf "$root"
}

# In the script's own shell, before any case; ends the script where there is no engine to be had.
engine_up() {
    printf '[ RUN      ] an_engine_is_there\n'
    if engine_start && engine_base; then
        printf '[       OK ] an_engine_is_there\n'
    else
        printf '[  FAILED  ] an_engine_is_there\n'
        exit 1
    fi
}

# Whatever the cases left behind, and the engine if it is ours.
engine_stop() {
    if docker info >/dev/null 2>&1; then
        docker-compose --profile postgres down --volumes --timeout 1 --remove-orphans >/dev/null 2>&1 || true
    fi
    [ -n "$engine_folder" ] || return 0
    kill "$engine_pid" 2>/dev/null && wait "$engine_pid" 2>/dev/null
    rm -rf "$engine_folder"
}

# of SERVICE [INDEX]: a container's id, whether compose or a stack made it
container() {
    {
        docker ps -q --filter "label=com.docker.compose.project=$engine_project" --filter "label=com.docker.compose.service=$1"
        docker ps -q --filter "label=com.docker.swarm.service.name=${engine_project}_$1"
    } | sed -n "${2:-1}p"
}

pid_of() {
    docker inspect -f '{{.State.Pid}}' "$1"
}

# ask SERVICE PORT METHOD PATH: a double answers on its own loopback, whatever network it is in
ask() {
    nsenter -t "$(pid_of "$(container "$1")")" -n bash -c '
        exec 3<>"/dev/tcp/127.0.0.1/$0"
        printf "%s %s HTTP/1.0\r\nContent-Length: 0\r\n\r\n" "$1" "$2" >&3
        sed "1,/^\r\$/d" <&3' "$2" "$3" "$4"
}

source_says() {
    ask wdt-double 8081 GET "/_/$1"
}

target_says() {
    ask xingchen-double 8082 GET "/_/$1"
}

# member JSON NAME: of a flat object
member() {
    sed -n "s/.*\"$2\": *\([^,}]*\).*/\1/p" <<<"$1" | head -n 1
}

# await SECONDS WHAT COMMAND...: until the command succeeds
await() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        if [ $SECONDS -ge $until ]; then
            echo "in vain awaited: $what"
            return 1
        fi
        sleep 0.3
    done
}

materials_reach() {
    local n
    n=$(member "$(target_says report 2>/dev/null)" materials)
    [ "${n:-0}" -ge "$1" ]
}

# run_is_over RUN [SERVICE]: its report stands in $report
run_is_over() {
    report=$(docker exec "$(container "${2:-loader}")" dianchen report "$1" --json 2>/dev/null) || true
    [ -n "$report" ] && [ "$(member "$report" state)" != '"open"' ]
}

# All that the source has is in the target, once, and the report says so.
assert_exact() {
    local shops=$1 target
    echo "$report"
    target=$(target_says report)
    echo "$target"
    [ "$(member "$report" complete)" = true ]
    [ "$(member "$report" source_total)" = "$shops" ]
    [ "$(member "$report" seen)" = "$shops" ]
    [ "$(member "$report" created)" = "$shops" ]
    [ "$(member "$target" materials)" = "$shops" ]
    [ "$(member "$target" doubled_numbers)" = 0 ]
    diff <(source_says numbers | sort) <(target_says numbers | cut -d ' ' -f 1 | sort) | head -n 5 >"$folder/differs"
    cat "$folder/differs"
    [ ! -s "$folder/differs" ]
}
