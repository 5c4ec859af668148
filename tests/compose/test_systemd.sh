#!/usr/bin/env bash
# The units of deploy/systemd under a real systemd, in a container: hardened as they are, two instances side by side do their
# work, each with its own store and user; stop and start keep what was done.
# shellcheck disable=SC2317,SC2154  # cases are called through case_run, which gives them $folder
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/../deploy/case.sh"
# shellcheck source=tests/compose/engine.sh
. "$(dirname "$0")/engine.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"
server=dianchen-test-systemd

finish() {
    docker rm -f "$server" >/dev/null 2>&1 || true
    engine_stop
}
trap finish EXIT

inside() {
    docker exec "$server" "$@"
}

up_and_running() {
    inside systemctl is-system-running --quiet 2>/dev/null
}

a_server_boots() {
    docker-compose build >"$folder/build" 2>&1 || {
        tail -n 40 "$folder/build"
        return 1
    }
    # Its own context: what the image of the product leaves out is what this one needs.
    tar -c deploy/systemd tests/compose/systemd/Dockerfile |
        docker build -q -t dianchen-systemd:test -f tests/compose/systemd/Dockerfile - >"$folder/build" 2>&1 || {
        tail -n 40 "$folder/build"
        return 1
    }
    docker run -d --name "$server" --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add NET_ADMIN --cap-add DAC_READ_SEARCH \
        --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
        --cgroupns private --tmpfs /run --tmpfs /tmp --tmpfs /sys/fs/cgroup -e container=docker dianchen-systemd:test >/dev/null
    await 60 'systemd' up_and_running
}

# instance NAME PORT: its env file, from the one that is delivered, with seven ports from PORT on
instance() {
    sed -e 's/^WDT_APP_KEY=.*/WDT_APP_KEY=demo_app_key/' -e 's/^WDT_APP_SECRET=.*/WDT_APP_SECRET=demo_source_secret/' \
        -e 's/^WDT_SID=.*/WDT_SID=demo_sid/' -e 's/^XINGCHEN_CLIENT_ID=.*/XINGCHEN_CLIENT_ID=demo_client_id/' \
        -e 's/^XINGCHEN_CLIENT_SECRET=.*/XINGCHEN_CLIENT_SECRET=demo_target_secret/' \
        -e 's/^XINGCHEN_USERNAME=.*/XINGCHEN_USERNAME=demo_user/' -e 's/^XINGCHEN_PASSWORD=.*/XINGCHEN_PASSWORD=demo_password/' \
        -e 's/^XINGCHEN_ACCOUNT_ID=.*/XINGCHEN_ACCOUNT_ID=1234567890123456789/' -e 's/^XINGCHEN_UNIT_ID=.*/XINGCHEN_UNIT_ID=1/' \
        -e "s/:5701/:$2/;s/:5702/:$(($2 + 1))/;s/:9701/:$(($2 + 2))/;s/:9702/:$(($2 + 3))/;s/:9703/:$(($2 + 4))/" \
        deploy/systemd/instance.env >"$folder/env"
    printf 'WDT_URL=http://127.0.0.1:%s/router/qm\nXINGCHEN_URL=http://127.0.0.1:%s\n' $(($2 + 5)) $(($2 + 6)) >>"$folder/env"
    printf 'SOURCE_CALLS_PER_MINUTE=0\nTARGET_CALLS_PER_MINUTE=0\n' >>"$folder/env"
    docker exec -i "$server" sh -c "umask 077 && mkdir -p /etc/dianchen && cat >/etc/dianchen/$1.env" <"$folder/env"
    docker exec -d "$server" wdt-double --port $(($2 + 5)) --shops "$3"
    docker exec -d "$server" xingchen-double --port $(($2 + 6)) --duplicates take
    inside systemctl enable -q --now "dianchen-extractor@$1" "dianchen-transformer@$1" "dianchen-loader@$1" "dianchen@$1.target"
}

# report_of NAME RUN
report_of() {
    inside dianchen report "$2" --json --store "sqlite:/var/lib/dianchen/$1/dianchen.db" 2>/dev/null
}

run_of_is_over() {
    report=$(report_of "$1" 1) || true
    [ "$(member "${report:-}" complete)" = true ]
}

instances_work_side_by_side() {
    instance main 5701 1000
    instance second 5801 700
    await 90 'the run of main' run_of_is_over main || {
        inside journalctl --no-pager -n 30
        return 1
    }
    [ "$(member "$report" created)" = 1000 ]
    await 90 'the run of second' run_of_is_over second
    [ "$(member "$report" created)" = 700 ]
    # Both stages of an instance have its user and nobody else's, and the journal has what they said, without a secret.
    [ "$(inside stat -c %u /var/lib/dianchen/main/dianchen.db)" = "$(inside systemctl show -P UID dianchen-loader@main)" ]
    [ "$(inside systemctl show -P UID dianchen-extractor@main)" = "$(inside systemctl show -P UID dianchen-loader@main)" ]
    [ "$(inside systemctl show -P UID dianchen-loader@main)" != "$(inside systemctl show -P UID dianchen-loader@second)" ]
    inside journalctl --no-pager >"$folder/journal"
    grep -q run.finished "$folder/journal"
    case_lacks 'demo_(source|target)_secret|demo_password' "$folder/journal"
}

nothing_runs() {
    [ -z "$(inside systemctl list-units --no-legend --state=running "dianchen-*@$1.service")" ]
}

a_stopped_instance_goes_on() {
    inside systemctl stop dianchen@main.target
    await 20 'the end of main' nothing_runs main
    local stage
    for stage in extractor transformer loader; do
        [ "$(inside systemctl show -P Result "dianchen-$stage@main")" = success ]
        [ "$(inside systemctl show -P NRestarts "dianchen-$stage@main")" = 0 ]
    done
    [ "$(inside systemctl show -P ActiveState dianchen-loader@second)" = active ]
    inside systemctl start dianchen@main.target
    await 20 'the loader of main' inside dianchen health --metrics 127.0.0.1:5705
    run_of_is_over main
    [ "$(member "$report" created)" = 1000 ]
}

engine_up
case_run a_server_boots a_server_boots
case_run instances_work_side_by_side instances_work_side_by_side
case_run a_stopped_instance_goes_on a_stopped_instance_goes_on
case_end
