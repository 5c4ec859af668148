#!/usr/bin/env bash
# Configuration, rules and alerts of deploy/prometheus, by Prometheus's own judge.
# shellcheck disable=SC2016,SC2317  # backticks of Markdown; cases are called through case_run
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1

config_is_valid() {
    case_need promtool prometheus
    promtool check config deploy/prometheus/prometheus.yml
}

rules_name_bottlenecks_and_alerts_fire() {
    case_need promtool prometheus
    promtool test rules tests/deploy/rules.test.yml
}

# Each alert is told of in the manual, is tried by the case above, and the manual tells of no other.
alerts_are_documented() {
    sed -n 's/^ *- alert: //p' deploy/prometheus/alerts.yml | sort >"$folder/alerts"
    [ "$(wc -l <"$folder/alerts")" -ge 10 ]
    grep -o 'alertname: Dianchen[A-Za-z]*' tests/deploy/rules.test.yml | sed 's/.* //' | sort -u | diff "$folder/alerts" -
    grep -o '`Dianchen[A-Za-z]*`' docs/monitoring.md | tr -d '`' | sort -u | diff "$folder/alerts" -
}

case_run config_is_valid config_is_valid
case_run rules_name_bottlenecks_and_alerts_fire rules_name_bottlenecks_and_alerts_fire
case_run alerts_are_documented alerts_are_documented
case_end
