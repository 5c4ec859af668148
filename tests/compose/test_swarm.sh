#!/usr/bin/env bash
# deploy/swarm/stack.yml on one node: CURVE keys and credentials as secrets, PostgreSQL, workers that die and are rescaled.
# shellcheck disable=SC2317,SC2154  # cases are called through case_run, which gives them $folder
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/../deploy/case.sh"
engine_project=dianchen-test-swarm
# shellcheck source=tests/compose/engine.sh
. "$(dirname "$0")/engine.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"
export SHOPS=5000 POSTGRES_PASSWORD=a_password_of_the_test DIANCHEN_IMAGE=dianchen:test
export PLAIN_HTTP=allow WDT_URL=http://wdt-double:8081/router/qm WDT_APP_KEY=demo_app_key WDT_SID=demo_sid SOURCE_CALLS_PER_MINUTE=0
export XINGCHEN_URL=http://xingchen-double:8082 XINGCHEN_CLIENT_ID=demo_client_id XINGCHEN_USERNAME=demo_user
export XINGCHEN_ACCOUNT_ID=1234567890123456789 XINGCHEN_UNIT_ID=1 TARGET_CALLS_PER_MINUTE=0
unset COMPOSE_FILE COMPOSE_PROFILES
secrets='store wdt_app_secret xingchen_client_secret xingchen_password link_server_secret link_server_public link_client_secret link_clients_allow'

finish() {
    swarm_end
    engine_stop
}
trap finish EXIT

images_are_there() {
    docker-compose --profile postgres build >"$folder/build" 2>&1 || {
        tail -n 40 "$folder/build"
        return 1
    }
}

secret() {
    docker secret create "dianchen_$1" - >/dev/null
}

stack_is_deployed() {
    docker swarm init --advertise-addr 127.0.0.1 >/dev/null
    printf 'postgresql://dianchen:%s@postgres/postgres?sslmode=disable' "$POSTGRES_PASSWORD" | secret store
    printf 'demo_source_secret' | secret wdt_app_secret
    printf 'demo_target_secret' | secret xingchen_client_secret
    printf 'demo_password' | secret xingchen_password
    "$BUILD/bin/dianchen" keys new "$folder/keys" >/dev/null
    local key
    for key in server.secret server.public client.secret clients.allow; do
        secret "link_${key/./_}" <"$folder/keys/$key"
    done
    docker stack deploy -c deploy/swarm/stack.yml -c tests/compose/stack.yml "$engine_project"
}

workers_die_and_are_rescaled_in_the_middle() {
    docker service scale -d "${engine_project}_extractor=2" >/dev/null
    await 240 '300 materials' materials_reach 300
    kill -KILL "$(pid_of "$(container loader 1)")"
    kill -KILL "$(pid_of "$(container transformer 1)")"
    docker service scale -d "${engine_project}_loader=3" >/dev/null
    if materials_reach 5000; then
        echo 'the run was over before anything happened to it'
        return 1
    fi
    await 240 'the end of run 1' run_is_over 1
    assert_exact 5000
    docker service ls
    docker service logs "${engine_project}_transformer" >"$folder/logs" 2>&1
    docker service logs "${engine_project}_extractor" >>"$folder/logs" 2>&1
    grep -q 'link.up' "$folder/logs"
    case_lacks 'demo_(source|target)_secret|demo_password|a_password_of_the_test' "$folder/logs"
}

swarm_end() {
    [ "${swarm_before:-}" = inactive ] || return 0
    docker stack rm "$engine_project" >/dev/null 2>&1 || true
    local tries=0 one
    while [ -n "$(docker ps -q --filter "label=com.docker.stack.namespace=$engine_project")" ] && [ "$tries" -lt 60 ]; do
        tries=$((tries + 1))
        sleep 0.5
    done
    for one in $secrets; do
        docker secret rm "dianchen_$one" >/dev/null 2>&1
    done
    docker swarm leave --force >/dev/null 2>&1
}

engine_up
# A swarm in an engine of ours was left by a test that was cut off; any other is somebody's: the deployment then fails, and it
# stays as it is.
[ -z "$engine_folder" ] || docker swarm leave --force >/dev/null 2>&1
swarm_before=$(docker info -f '{{.Swarm.LocalNodeState}}')
case_run images_are_there images_are_there
case_run stack_is_deployed stack_is_deployed
case_run workers_die_and_are_rescaled_in_the_middle workers_die_and_are_rescaled_in_the_middle
case_end
