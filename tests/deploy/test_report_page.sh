#!/usr/bin/env bash
# The report's page in a real browser: on a desk, on a phone, in Chinese, light and dark. What it looks like is kept beside
# the logs ($BUILD/log/report-*.png), to be looked at.
# shellcheck source=tests/deploy/case.sh
. "$(dirname "$0")/case.sh"
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:?the build tree}"
browser=(chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --hide-scrollbars)
# A run with rejects whose texts are Chinese and hostile; its page in $folder/LANG.html
page_made() {
    case_need chromium chromium
    trap 'kill $doubles 2>/dev/null || true' EXIT
    case_double wdt-double --shops 3000 --slow_ms 10 --slow_jitter_ms 20
    export WDT_URL=$url
    case_double xingchen-double --slow_ms 20 --slow_jitter_ms 30 --reject_numbers S000003,S000110,S001500,S002222
    export XINGCHEN_URL=$url
    export WDT_APP_KEY=demo_app_key WDT_APP_SECRET=demo_source_secret WDT_SID=demo_sid
    export XINGCHEN_CLIENT_ID=demo_client_id XINGCHEN_CLIENT_SECRET=demo_target_secret
    export XINGCHEN_USERNAME=demo_user XINGCHEN_PASSWORD=demo_password XINGCHEN_ACCOUNT_ID=1234567890123456789
    export XINGCHEN_UNIT_ID=1 SOURCE_CALLS_PER_MINUTE=6000 TARGET_CALLS_PER_MINUTE=0
    export DIANCHEN_STORE="sqlite:$folder/d.db" DIANCHEN_SCHEME="$folder/schemes/shop-to-material.json"
    cp -r schemes "$folder/schemes"
    sed -i 's/"shop-to-material"/"店铺到物料：旺店通 → 星辰"/' "$DIANCHEN_SCHEME"
    # A long name without a space, with what HTML would take for a tag.
    local host=${WDT_URL#http://} name='%3Cb%3E%3C%2Fscript%3E%E6%9D%AD%E5%B7%9E%E5%A4%A9%E7%8C%AB%E6%97%97%E8%88%B0%E5%BA%97'
    host=${host%%/*}
    exec 3<>"/dev/tcp/${host%:*}/${host#*:}"
    printf 'POST /_/edit?shop_no=S000003&shop_name=%s HTTP/1.0\r\nContent-Length: 0\r\n\r\n' "$name" >&3
    cat <&3 >"$folder/edited"
    exec 3>&-
    grep -q '200 OK' "$folder/edited"
    local code=0
    "$BUILD/bin/dianchen" run --env-file /dev/null >"$folder/out" 2>&1 || code=$?
    [ "$code" -eq 3 ] || {
        cat "$folder/out"
        return 1
    }
    local lang
    for lang in en zh; do
        code=0
        "$BUILD/bin/dianchen" report --html "$folder/$lang.html" --lang "$lang" || code=$?
        [ "$code" -eq 3 ]
    done
}

# NAME LANG WIDTH HEIGHT [SWITCH]: takes the picture; it is one of that size, and not empty.
picture() {
    local png="$BUILD/log/report-$1.png"
    mkdir -p "$BUILD/log"
    rm -f "$png"
    timeout 120 "${browser[@]}" --user-data-dir="$folder/profile-$1" --window-size="$3,$4" ${5:+"$5"} \
        --screenshot="$png" "file://$folder/$2.html" 2>"$folder/browser.err" || {
        cat "$folder/browser.err"
        return 1
    }
    # Width and height stand in bytes 16 to 23 of a PNG.
    [ "$(od -An -tu1 -j16 -N8 "$png" | tr -s ' ')" = " $(($3 >> 24)) $(($3 >> 16 & 255)) $(($3 >> 8 & 255)) $(($3 & 255)) \
$(($4 >> 24)) $(($4 >> 16 & 255)) $(($4 >> 8 & 255)) $(($4 & 255))" ]
    [ "$(wc -c <"$png")" -gt 30000 ]
}

pictures() {
    page_made
    picture desk en 1200 1000
    picture dark en 1200 1000 --blink-settings=preferredColorScheme=0
    picture phone zh 390 2600
    ! cmp -s "$BUILD/log/report-desk.png" "$BUILD/log/report-dark.png"
}

# What the browser makes of it, measured by a script in a copy without the policy that forbids scripts: nothing is wider
# than the window, nothing that came from outside became an element, every chart has its size.
layout() {
    page_made
    local width lang said measure="[document.documentElement.scrollWidth,innerWidth,\
document.querySelectorAll('b:not(.tiles b)').length,\
[...document.querySelectorAll('figure svg:not(.bar)')].filter(s=>s.getBoundingClientRect().height>100).length,\
document.body.textContent.includes('</'+'script>杭州天猫旗舰店')].join(' ')"
    for lang in en zh; do
        for width in 1200 390; do
            sed -e "s/<meta http-equiv[^>]*>//" -e "s|</body>|<script>parent.postMessage($measure,'*')</script></body>|" \
                "$folder/$lang.html" >"$folder/measured.html"
            # A browser without a screen has no window below 500: so a frame is the phone.
            printf '<script>onmessage=m=>document.title=m.data</script><iframe src=measured.html style="width:%dpx">' \
                "$width" >"$folder/frame.html"
            said=$(timeout 120 "${browser[@]}" --user-data-dir="$folder/profile" --window-size=1400,900 \
                --virtual-time-budget=5000 --dump-dom "file://$folder/frame.html" 2>/dev/null |
                sed -n 's|.*<title>\([^<]*\)</title>.*|\1|p')
            [ "$said" = "$width $width 0 3 true" ] || {
                echo "$lang at $width: '$said'"
                return 1
            }
        done
    done
}

case_run "a page that reads well on a desk, on a phone, light and dark" pictures
case_run "nothing is wider than the window, and what was text stays text" layout
case_end
