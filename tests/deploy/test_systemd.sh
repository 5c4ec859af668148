#!/usr/bin/env bash
# The units of deploy/systemd: systemd takes them, they are as closed as they say, and what they set the programs understand.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
units=$(cd "$(dirname "$0")/../../deploy/systemd" && pwd)
: "${BUILD:?the build tree}"

# The units as instance `main`, with this tree's programs, in $folder.
units_here() {
    case_need systemd-analyze systemd
    cp "$units"/*@* "$folder"
    sed -i "s|/usr/local/bin/|$BUILD/bin/|" "$folder"/*.service
}

units_verify() {
    units_here
    local stage said
    for stage in extractor transformer loader console; do
        said=$(systemd-analyze verify --man=no "$folder/dianchen-$stage@main.service" 2>&1)
        [ -z "$said" ] || {
            echo "$said"
            return 1
        }
    done
}

# A unit that systemd-analyze must not like, so that silence means something.
verify_finds_faults() {
    units_here
    echo 'ProtectSystem=perhaps' >>"$folder/dianchen-loader@.service"
    sed -i 's/^\[Install\]/[Instal]/' "$folder/dianchen-loader@.service"
    [ -n "$(systemd-analyze verify --man=no "$folder/dianchen-loader@main.service" 2>&1)" ]
}

units_are_closed() {
    units_here
    local unit looked=0
    for unit in "$folder"/*.service; do
        # 10 = open to all; 15 here is 1.5
        systemd-analyze security --offline=true --threshold=15 "$unit" >"$folder/said" || {
            grep -v '^✓' "$folder/said"
            return 1
        }
        looked=$((looked + 1))
    done
    [ "$looked" -ge 4 ] # the console's, too
    [ -e "$folder/dianchen-console@.service" ]
    sed -i '/^Protect/d;/^Restrict/d;/^System/d' "$folder/dianchen-loader@.service"
    ! systemd-analyze security --offline=true --threshold=15 "$folder/dianchen-loader@.service" >/dev/null
}

# Extractor and loader must find the same store under the same user, and nothing else of another instance.
stages_of_an_instance_share_the_store() {
    local setting
    for setting in 'User=dianchen-%i' 'StateDirectory=dianchen/%i' 'DynamicUser=yes' \
        'Environment=DIANCHEN_STORE=sqlite:/var/lib/dianchen/%i/dianchen.db'; do
        grep -qx "$setting" "$units/dianchen-extractor@.service"
        grep -qx "$setting" "$units/dianchen-loader@.service"
        grep -qx "$setting" "$units/dianchen-console@.service"
    done
    ! grep -q 'StateDirectory\|DIANCHEN_STORE' "$units/dianchen-transformer@.service"
}

# Every name in instance.env is one that a program knows; with values that fit, each stage gets past its settings.
settings_are_understood() {
    local name stage
    for stage in extractor transformer loader console; do
        "$BUILD/bin/$stage" --help >>"$folder/help"
    done
    grep -o '^#\?[A-Z_]*=' "$units/instance.env" | tr -d '#=' | while read -r name; do
        # The scheme's own variable stands in no table of options; the units use some themselves.
        [ "$name" = XINGCHEN_UNIT_ID ] || grep -q "$name" "$folder/help" || grep -qF -e "\${$name}" -e "\$$name" "$units"/*.service || {
            echo "instance.env: $name: no program knows it"
            return 1
        }
    done
}

# The ports of the first instance are those that hold without a word in its env file.
ports_agree() {
    local stage setting help
    for stage in extractor transformer loader console; do
        setting=$(sed -n 's/^Environment=\([A-Z]*_METRICS=.*\)/\1/p' "$units/dianchen-$stage@.service")
        grep -qx "$setting" "$units/instance.env"
        help=$("$BUILD/bin/$stage" --help)
        grep -qF "[${setting#*=}]" <<<"$help"
    done
}

# What it prints would stand in the journal, and the console prints a link that logs in.
console_prints_nowhere() {
    grep -qx 'StandardOutput=null' "$units/dianchen-console@.service"
}

case_run units_verify units_verify
case_run console_prints_nowhere console_prints_nowhere
case_run verify_finds_faults verify_finds_faults
case_run units_are_closed units_are_closed
case_run stages_of_an_instance_share_the_store stages_of_an_instance_share_the_store
case_run ports_agree ports_agree
case_run settings_are_understood settings_are_understood
case_end
