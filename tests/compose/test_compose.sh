#!/usr/bin/env bash
# docker-compose.yml as a person uses it, on a real engine.
# shellcheck disable=SC2317,SC2154  # cases are called through case_run, which gives them $folder
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/../deploy/case.sh"
# shellcheck source=tests/compose/engine.sh
. "$(dirname "$0")/engine.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"
export SHOPS=5000 TARGET_TIMEOUT=6s TARGET_LATE=1s TARGET_VISIBLE=1s
unset COMPOSE_FILE COMPOSE_PROFILES
trap engine_stop EXIT

the_image_is_small_and_closed() {
    docker-compose --profile postgres build >"$folder/build" 2>&1 || {
        tail -n 40 "$folder/build"
        return 1
    }
    local size
    size=$(docker image inspect -f '{{.Size}}' dianchen:test)
    echo "$size bytes"
    [ "$size" -lt 180000000 ] # Debian slim 78 MB; libxml2 brings the tables of ICU, 37 MB
    docker image inspect -f '{{.Config.User}} {{.Config.StopSignal}} {{.Config.Healthcheck.Test}}' dianchen:test | tee "$folder/is"
    grep -qx '10001:10001 SIGTERM \[CMD dianchen health\]' "$folder/is"
    # Neither the shell's tools nor a secret of this folder got in.
    ! docker run --rm --entrypoint sh dianchen:test -c 'ls /src /usr/local/bin/*-double; command -v gcc curl' 2>/dev/null
}

# Names of what `up` would start; 1.29 also lists what waits for a profile.
services() {
    docker-compose "$@" config --services | grep -vxE 'keys|console|dianchen|postgres|prometheus|grafana' | sort | tr '\n' ' '
}

# With settings of one's own the doubles are left out, and secrets come from files where files are named.
with_settings_it_is_the_real_thing() {
    services | grep -qx 'extractor loader transformer wdt-double xingchen-double '
    sed -e 's/^WDT_APP_KEY=.*/WDT_APP_KEY=one_of_ours/' env.example >"$folder/env"
    echo 'XINGCHEN_PASSWORD_FILE=/run/secrets/password' >>"$folder/env"
    env -u SHOPS docker-compose --env-file "$folder/env" config >"$folder/config"
    services --env-file "$folder/env" | grep -qx 'extractor loader transformer '
    grep -q 'WDT_APP_KEY: one_of_ours' "$folder/config"
    grep -q 'XINGCHEN_PASSWORD_FILE: /run/secrets/password' "$folder/config"
    case_lacks demo_ "$folder/config"
    # The variables of a scheme of one's own reach all three stages, the command and the console.
    echo 'MY_WAREHOUSE=W7' >"$folder/scheme.env"
    printf 'SCHEME_ENV=%s\n' "$folder/scheme.env" >>"$folder/env"
    docker-compose --env-file "$folder/env" --profile command --profile console config >"$folder/config"
    [ "$(grep -c 'MY_WAREHOUSE: W7' "$folder/config")" -eq 5 ]
}

# As README says: a command, a whole run among them, in a container of its own, on the store that the stages share.
commands_work_in_a_container() {
    local doubles=(-f docker-compose.yml -f docker-compose.override.yml -f "$folder/doubles.yml") code=0
    printf 'services:\n  wdt-double:\n    command: wdt-double --bind 0.0.0.0 --port 8081 --shops 12\n  xingchen-double:\n    command: %s\n' \
        'xingchen-double --bind 0.0.0.0 --port 8082 --reject_numbers S000003' >"$folder/doubles.yml"
    docker-compose "${doubles[@]}" up -d --no-build wdt-double xingchen-double >"$folder/up" 2>&1
    command_there() {
        docker-compose "${doubles[@]}" run --rm -T dianchen "$@" 2>>"$folder/err"
    }
    command_there check >"$folder/check"
    grep -q '^ok    target' "$folder/check"
    command_there preview -n 2 >"$folder/preview"
    grep -q S000001 "$folder/preview"
    command_there run --json >"$folder/run" || code=$?
    [ "$code" -eq 3 ]
    grep -q '"complete":true' "$folder/run"
    grep -q '"created":11,' "$folder/run"
    command_there rejects list >"$folder/rejects"
    grep -q S000003 "$folder/rejects"
    sed -i 's/ --reject_numbers S000003//' "$folder/doubles.yml"
    docker-compose "${doubles[@]}" up -d --no-build xingchen-double >>"$folder/up" 2>&1
    command_there rejects replay --all
    command_there rejects list >"$folder/rejects"
    case_lacks S000003 "$folder/rejects"
    case_lacks 'demo_(source|target)_secret|demo_password' "$folder/err"
    all_down
}

up() {
    docker-compose -f docker-compose.yml -f docker-compose.override.yml -f tests/compose/unkind.yml up -d --no-build "$@" \
        >>"$folder/up" 2>&1 || {
        tail -n 20 "$folder/up"
        return 1
    }
}

# The console is published on this host's loopback address alone, and told so.
the_console_is_for_this_host() {
    CONSOLE_PORT=9777 docker-compose --profile console config >"$folder/config"
    sed -n '/^  console:/,/^  [a-z-]*:$/p' "$folder/config" >"$folder/console"
    grep -q -- '- --published' "$folder/console"
    grep -q -- '- --bind=0.0.0.0:9777' "$folder/console"
    grep -qE '127\.0\.0\.1:9777:9777|host_ip: 127\.0\.0\.1' "$folder/console"
}

# Of those that tell: the doubles and what made the keys don't.
all_healthy() {
    [ "$(docker-compose ps -q | xargs docker inspect -f '{{if .State.Health}}{{.State.Health.Status}}{{end}}' | sed '/^$/d' \
        | sort | uniq -c | xargs)" = "$1" ]
}

workers_die_and_are_rescaled_in_the_middle() {
    up --scale extractor=2 --scale transformer=3 --scale loader=2
    await 120 '500 materials' materials_reach 500
    # As a crash would: the engine starts them again.
    kill -KILL "$(pid_of "$(container loader 1)")"
    await 120 '1500 materials' materials_reach 1500
    kill -KILL "$(pid_of "$(container extractor 2)")"
    up --scale extractor=2 --scale transformer=2 --scale loader=3
    if materials_reach 5000; then
        echo 'the run was over before anything happened to it'
        return 1
    fi
    await 180 'the end of run 1' run_is_over 1
    assert_exact 5000
    docker-compose ps
    await 60 'health' all_healthy '7 healthy'
    docker-compose logs --no-color >"$folder/logs" 2>&1
    case_lacks 'demo_(source|target)_secret|demo_password' "$folder/logs"
}

# What a port of the link answers to ZeroMQ without keys, in plain text: a greeting and READY. A port that takes no keys keeps the
# connection, so that `timeout` ends it; one that can't be reached answers nothing, which whoever asks must refuse.
# shellcheck disable=SC2016  # words for an inner bash
plain_answer() {
    timeout 20 bash -c '
        exec 3<>"/dev/tcp/$0/$1"
        { printf "\377\0\0\0\0\0\0\0\1\177\3\0NULL"; head -c 48 /dev/zero; } >&3
        printf "\4\51\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\0" >&3
        timeout 5 cat <&3' "$1" "$2" 2>/dev/null || true
}

# Any user of this host reaches the addresses of the bridge: without a key the handshake ends at the greeting.
nobody_gets_in_without_a_key() {
    local stage address
    for stage in extractor:5701 transformer:5702; do
        address=$(docker inspect -f '{{range $name, $of := .NetworkSettings.Networks}}{{$name}} {{$of.IPAddress}}{{println}}{{end}}' \
            "$(container "${stage%:*}")" | sed -n 's/^.*_link //p')
        plain_answer "$address" "${stage#*:}" >"$folder/answer"
        grep -qa CURVE "$folder/answer"
        case_lacks READY "$folder/answer"
    done
}

# Containers and volumes. After a kill the engine may believe a network in use: `down` ends there, before the volumes, and the
# network goes with the engine.
all_down() {
    local volumes
    docker-compose down --volumes --timeout 9 >/dev/null 2>&1 || true
    [ -z "$(docker-compose ps -aq)" ]
    volumes=$(docker volume ls -q --filter "label=com.docker.compose.project=$engine_project")
    # shellcheck disable=SC2086  # a list of words
    [ -z "$volumes" ] || docker volume rm $volumes
}

all_stop_within_their_time() {
    local stages stage
    stages=$(for stage in extractor transformer loader; do docker-compose ps -q "$stage"; done)
    docker-compose stop --timeout 9 >/dev/null 2>&1
    # shellcheck disable=SC2086  # a list of words
    docker inspect -f '{{.Name}} {{.State.ExitCode}}' $stages | tee "$folder/ends"
    [ "$(grep -c ' 0$' "$folder/ends")" = 7 ]
    all_down
}

# The same with the profile: the server too is killed in the middle.
postgres_serves_as_the_store() {
    export COMPOSE_PROFILES=postgres POSTGRES_PASSWORD=a_password_of_the_test
    export DIANCHEN_STORE="postgresql://dianchen:$POSTGRES_PASSWORD@postgres/postgres?sslmode=disable"
    up --scale transformer=2 --scale loader=2
    await 120 '500 materials' materials_reach 500
    kill -KILL "$(pid_of "$(container postgres)")"
    await 180 'the end of run 1' run_is_over 1
    assert_exact 5000
    docker-compose logs --no-color >"$folder/logs" 2>&1
    case_lacks a_password_of_the_test "$folder/logs"
    all_down
}

engine_up
case_run the_image_is_small_and_closed the_image_is_small_and_closed
case_run with_settings_it_is_the_real_thing with_settings_it_is_the_real_thing
case_run commands_work_in_a_container commands_work_in_a_container
case_run the_console_is_for_this_host the_console_is_for_this_host
case_run workers_die_and_are_rescaled_in_the_middle workers_die_and_are_rescaled_in_the_middle
case_run nobody_gets_in_without_a_key nobody_gets_in_without_a_key
case_run all_stop_within_their_time all_stop_within_their_time
case_run postgres_serves_as_the_store postgres_serves_as_the_store
case_end
