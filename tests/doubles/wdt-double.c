/* Stands in for 旺店通·企业奇门: wdt.shop.query behind the Taobao gateway. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "dice.h"
#include "gateway.h"
#include "pages.h"
#include "server.h"
#include "shops.h"
#include "switches.h"
#include "tally.h"

static struct {
    int64_t port, seed, error_form, ban, quota_seconds, calls_per_minute, calls_window_ms, slow_ms, slow_jitter_ms,
        echo;
    double throttle, wdt1012, unavailable, isp, isv, http502, redirect, hang, truncate, reset, controls, nul, not_json;
    char bind[SWITCH_TEXT_ROOM];
} set;

static const struct switch_entry switches[] = {
    {"port", SWITCH_COUNT, &set.port, "0", NULL, "port to listen on; 0 = any free one"},
    {"bind", SWITCH_TEXT, set.bind, "127.0.0.1", NULL, "IPv4 address to listen on"},
    {"seed", SWITCH_COUNT, &set.seed, "1", NULL, "of the shops and of every chance"},
    {"shops", SWITCH_COUNT, &shop_settings.shops, "1000", NULL, "enabled shops: S000001, S000002, …"},
    {"disabled", SWITCH_COUNT, &shop_settings.disabled, "0", NULL, "disabled shops beside them: D000001, …"},
    {"show_disabled", SWITCH_FLAG, &shop_settings.show_disabled, "0", NULL,
     "1: disabled shops come without being asked for, mixed evenly"},
    {"app_key", SWITCH_TEXT, gateway_settings.app_key, "demo_app_key", NULL, "the only caller"},
    {"secret", SWITCH_TEXT, gateway_settings.secret, "demo_source_secret", NULL, "its app secret"},
    {"sid", SWITCH_TEXT, gateway_settings.sid, "demo_sid", NULL, "its WDT seller account"},
    {"clock_offset", SWITCH_COUNT, &gateway_settings.clock_offset, "0", NULL, "seconds that its clock is ahead"},
    {"total", SWITCH_CHOICE, &page_settings.total, "first", "first|always|never", "pages that tell total_count"},
    {"list_key", SWITCH_TEXT, page_settings.list_key, "shoplist", NULL, "name of the list in a reply"},
    {"numbers", SWITCH_CHOICE, &shop_settings.numbers, "number", "number|text", "how numbers come"},
    {"empty", SWITCH_CHOICE, &page_settings.empty, "array", "array|absent|object|string|null",
     "how an empty list looks"},
    {"flag", SWITCH_FLAG, &page_settings.flag, "0", NULL, "1: successes also tell flag:\"success\" and code:0"},
    {"error_form", SWITCH_CHOICE, &set.error_form, "response", "response|error_response", "how gateway errors look"},
    {"long_ids", SWITCH_FLAG, &shop_settings.long_ids, "0", NULL, "1: shop_id has 19 digits"},
    {"repeat_page", SWITCH_COUNT, &page_settings.repeat_page, "0", NULL,
     "this page answers as the one before; 0 = none"},
    {"endless", SWITCH_FLAG, &page_settings.endless, "0", NULL, "1: beyond the end the last page comes again"},
    {"throttle", SWITCH_RATE, &set.throttle, "0", NULL, "code 7, sub-code only, no time told"},
    {"ban", SWITCH_COUNT, &set.ban, "0", NULL,
     "seconds: the next call starts a ban (code 7, the text counts down), once"},
    {"quota_seconds", SWITCH_COUNT, &set.quota_seconds, "0", NULL,
     "as ban, with the sub-code of a used-up quota; meant for hours"},
    {"calls_per_minute", SWITCH_COUNT, &set.calls_per_minute, "0", NULL, "above it errorcode 1012; 0 = no limit"},
    {"calls_window_ms", SWITCH_COUNT, &set.calls_window_ms, "60000", NULL, "the sliding minute of calls_per_minute"},
    {"wdt1012", SWITCH_RATE, &set.wdt1012, "0", NULL, "errorcode 1012: too frequent"},
    {"unavailable", SWITCH_RATE, &set.unavailable, "0", NULL, "code 10"},
    {"isp", SWITCH_RATE, &set.isp, "0", NULL, "code 15 with an isp.* sub-code"},
    {"isv", SWITCH_RATE, &set.isv, "0", NULL, "code 15 with an isv.* sub-code"},
    {"echo", SWITCH_FLAG, &set.echo, "0", NULL, "1: refuses in words that repeat the call and the secret"},
    {"http502", SWITCH_RATE, &set.http502, "0", NULL, "HTTP 502 with HTML"},
    {"redirect", SWITCH_RATE, &set.redirect, "0", NULL, "HTTP 302"},
    {"hang", SWITCH_RATE, &set.hang, "0", NULL, "no answer for 60 s, then closed"},
    {"truncate", SWITCH_RATE, &set.truncate, "0", NULL, "half of the announced body, then closed"},
    {"reset", SWITCH_RATE, &set.reset, "0", NULL, "TCP reset instead of an answer"},
    {"controls", SWITCH_RATE, &set.controls, "0", NULL,
     "raw control characters in front of every name, address and remark"},
    {"nul", SWITCH_RATE, &set.nul, "0", NULL, "\\u0000 inside the first shop's name"},
    {"not_json", SWITCH_RATE, &set.not_json, "0", NULL, "HTTP 200 with HTML"},
    {"slow_ms", SWITCH_COUNT, &set.slow_ms, "0", NULL, "every answer comes that much later"},
    {"slow_jitter_ms", SWITCH_COUNT, &set.slow_jitter_ms, "0", NULL, "and up to that much more by chance"},
    {0},
};

static struct {
    int64_t calls, pages, rows, empty_pages, repeated, beyond, banned, early, over_limit, throttle, wdt1012,
        unavailable, isp, isv, http502, redirect, hang, truncate, reset, controls, nul, not_json, in_flight,
        peak_concurrency, refused, refusals[GATEWAY_REFUSALS];
} count;
static struct tally_map page_calls;
static struct tally_window window;
static int64_t ban_until;
static bool ban_is_quota;
static int64_t made_shops, made_disabled, made_seed;

static void put_error(struct call *call, int code, const char *message, const char *sub_code, const char *sub_message)
{
    bool top = set.error_form == 1;
    struct blob *out = &call->answer;
    blob_puts(out, top ? "{\"error_response\":{" : "{\"response\":{\"flag\":\"failure\",");
    blob_printf(out, shop_settings.numbers ? "\"code\":\"%d\"," : "\"code\":%d,", code);
    blob_puts(out, top ? "\"msg\":" : "\"message\":");
    blob_quote(out, message);
    blob_puts(out, ",\"sub_code\":");
    blob_quote(out, sub_code);
    blob_puts(out, top ? ",\"sub_msg\":" : ",\"sub_message\":");
    blob_quote(out, sub_message);
    blob_printf(out, ",\"request_id\":\"%013llx\"}}", (unsigned long long)(dice_mix((uint64_t)count.calls) >> 12));
    call_answer(call, 200, "application/json;charset=UTF-8");
}

static void put_too_frequent(struct call *call)
{
    call_text(call, 200, "application/json;charset=UTF-8",
              "{\"response\":{\"errorcode\":1012,\"message\":\"接口调用过于频繁,请稍后再试\"}}");
}

/* A ban holds for every caller and ends by itself; what it tells is enough to wait. */
static bool hold_ban(struct call *call)
{
    int64_t now = server_now();
    bool starts = set.ban > 0 || set.quota_seconds > 0;
    if (starts) {
        ban_is_quota = set.quota_seconds > 0;
        ban_until = now + 1000 * (ban_is_quota ? set.quota_seconds : set.ban);
        set.ban = set.quota_seconds = 0;
    }
    if (now >= ban_until) {
        return false;
    }
    count.banned++;
    if (!starts) {
        count.early++;
    }
    char text[80];
    snprintf(text, sizeof text, "This ban will last for %lld more seconds",
             (long long)((ban_until - now + 999) / 1000));
    put_error(call, 7, "App Call Limited",
              ban_is_quota ? "accesscontrol.limited-by-app-access-count" : "accesscontrol.limited-by-api-access-count",
              text);
    return true;
}

static bool hit(double rate, int64_t *counter)
{
    if (!dice_hit(rate)) {
        return false;
    }
    ++*counter;
    return true;
}

static void put_echo(struct call *call)
{
    struct blob text = {0};
    blob_printf(&text, "%s and ", gateway_settings.secret);
    blob_percent(&text, gateway_settings.secret);
    blob_puts(&text, " and ");
    blob_put(&text, call->body.data, call->body.length);
    put_error(call, 15, blob_text(&text), "isv.echo", blob_text(&text));
    blob_fini(&text);
}

/* Refusals and breakages that come instead of a page. */
static bool put_fault(struct call *call)
{
    if (hold_ban(call)) {
        return true;
    }
    if (!tally_allow(&window, set.calls_per_minute, set.calls_window_ms, server_now())) {
        count.over_limit++;
        put_too_frequent(call);
    } else if (hit(set.throttle, &count.throttle)) {
        put_error(call, 7, "App Call Limited", "accesscontrol.limited-by-api-access-count", "API access count limited");
    } else if (hit(set.wdt1012, &count.wdt1012)) {
        put_too_frequent(call);
    } else if (hit(set.unavailable, &count.unavailable)) {
        put_error(call, 10, "Service Currently Unavailable", "isp.service-unavailable", "服务不可用");
    } else if (hit(set.isp, &count.isp)) {
        put_error(call, 15, "Remote service error", "isp.remote-service-timeout", "调用后端服务超时");
    } else if (hit(set.isv, &count.isv)) {
        put_error(call, 15, "Remote service error", "isv.invalid-permission", "应用未获授权");
    } else if (set.echo) {
        put_echo(call);
    } else if (hit(set.http502, &count.http502)) {
        call_text(call, 502, "text/html", "<html><head><title>502 Bad Gateway</title></head><body></body></html>\n");
    } else if (hit(set.redirect, &count.redirect)) {
        call_text(call, 302, "text/html", "<html>302</html>\n");
        call->header = "Location";
        call->header_value = "http://127.0.0.1:9/error.html";
    } else if (hit(set.not_json, &count.not_json)) {
        call_text(call, 200, "text/html", "<!DOCTYPE html><html><body>系统维护中</body></html>\n");
    } else if (hit(set.hang, &count.hang)) {
        call->delay = 60000;
        call_cut(call, CALL_CLOSE);
    } else if (hit(set.reset, &count.reset)) {
        call_cut(call, CALL_RESET);
    } else {
        return false;
    }
    return true;
}

/* Puts `what` in front of the value of every such member, or of the first only. */
static void spoil(struct blob *page, const char *member, const char *what, size_t length, bool once)
{
    struct blob out = {0};
    const char *text = blob_text(page);
    size_t at = 0, member_length = strlen(member);
    for (;;) {
        const char *found = memmem(text + at, page->length - at, member, member_length);
        size_t until = found ? (size_t)(found - text) + member_length : page->length;
        blob_put(&out, text + at, until - at);
        at = until;
        if (found) {
            blob_put(&out, what, length);
        }
        if (!found || once) {
            break;
        }
    }
    blob_put(&out, text + at, page->length - at);
    blob_fini(page);
    *page = out;
}

static void put_page(struct call *call, const struct page_query *q)
{
    struct page_fact fact = page_look(q);
    count.pages++;
    count.rows += (int64_t)fact.rows;
    count.empty_pages += fact.rows == 0;
    count.repeated += fact.repeated;
    count.beyond += fact.beyond;
    tally_add(&page_calls, fact.key, (uint32_t)q->page_no);
    call_answer(call, 200, "application/json;charset=UTF-8");
    bool controls = hit(set.controls, &count.controls), nul = hit(set.nul, &count.nul);
    bool half = hit(set.truncate, &count.truncate);
    /* A page that is answered later may be forgotten until then. */
    if (!controls && !nul && !half && set.slow_ms + set.slow_jitter_ms == 0) {
        call->shared = page_kept(q);
        if (call->shared) {
            return;
        }
    }
    page_render(&call->answer, q);
    if (controls) {
        spoil(&call->answer, "\"shop_name\":\"", "\x01\x0b", 2, false);
        spoil(&call->answer, "\"address\":\"", "\x1f", 1, false);
        spoil(&call->answer, "\"remark\":\"", "\x08\x0e\x02", 3, false);
    }
    if (nul) {
        spoil(&call->answer, "\"shop_name\":\"", "\\u0000", 6, true);
    }
    if (half) {
        call_cut(call, CALL_HALF);
    }
}

static struct gateway_verdict check(const struct call *call, struct form *form, struct page_query *q)
{
    static const char wanted[] = "application/x-www-form-urlencoded";
    size_t query = strlen(call->query);
    form_init(form, query + call->body.length);
    if (strcmp(call->method, "POST") != 0) {
        return gateway_refuse(GATEWAY_HTTP_METHOD, 9, "Http Action Not Allowed", call->method);
    }
    const char *type = call_header(call, "Content-Type");
    if (!type || strncasecmp(type, wanted, sizeof wanted - 1) != 0) {
        return gateway_refuse(GATEWAY_CONTENT_TYPE, 23, "Invalid Format", "Content-Type");
    }
    if (!form_read(form, call->query, query) || !form_read(form, call->body.data, call->body.length)) {
        return gateway_refuse(GATEWAY_FORM, 41, "Invalid Arguments", "broken form");
    }
    return gateway_check(form, q);
}

static void handle(struct call *call)
{
    if (strcmp(call->path, "/router/qm") != 0) {
        call_text(call, 404, "text/html", "<html>404 Not Found</html>\n");
        return;
    }
    count.calls++;
    struct form form;
    struct page_query q = {0};
    struct gateway_verdict verdict = check(call, &form, &q);
    if (verdict.refusal != GATEWAY_FINE) {
        count.refused++;
        count.refusals[verdict.refusal]++;
        put_error(call, verdict.code, verdict.message, verdict.sub_code, verdict.detail);
    } else if (!put_fault(call)) {
        put_page(call, &q);
    }
    call->delay += set.slow_ms + (int64_t)dice_below((uint64_t)set.slow_jitter_ms + 1);
    form_fini(&form);
}

static bool begin(struct call *call)
{
    (void)call;
    if (++count.in_flight > count.peak_concurrency) {
        count.peak_concurrency = count.in_flight;
    }
    return true;
}

static void end(struct call *call)
{
    (void)call;
    count.in_flight--;
}

static void report(struct blob *out)
{
    const struct {
        const char *name;
        int64_t value;
    } lines[] = {{"calls", count.calls},
                 {"pages", count.pages},
                 {"rows", count.rows},
                 {"empty_pages", count.empty_pages},
                 {"distinct_pages", (int64_t)page_calls.used},
                 {"max_page_calls", page_calls.most},
                 {"repeated", count.repeated},
                 {"beyond", count.beyond},
                 {"banned", count.banned},
                 {"early", count.early},
                 {"over_limit", count.over_limit},
                 {"throttle", count.throttle},
                 {"wdt1012", count.wdt1012},
                 {"unavailable", count.unavailable},
                 {"isp", count.isp},
                 {"isv", count.isv},
                 {"http502", count.http502},
                 {"redirect", count.redirect},
                 {"hang", count.hang},
                 {"truncate", count.truncate},
                 {"reset", count.reset},
                 {"controls", count.controls},
                 {"nul", count.nul},
                 {"not_json", count.not_json},
                 {"shops", (int64_t)shops_count()},
                 {"in_flight", count.in_flight},
                 {"peak_concurrency", count.peak_concurrency},
                 {"refused", count.refused}};
    blob_puts(out, "{");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        blob_member(out, lines[i].name, lines[i].value);
    }
    for (int i = GATEWAY_FINE + 1; i < GATEWAY_REFUSALS; i++) {
        char name[64];
        snprintf(name, sizeof name, "refused_%s", gateway_name((enum gateway_refusal)i));
        blob_member(out, name, count.refusals[i]);
    }
    blob_puts(out, "}\n");
}

static void changed(void)
{
    if (shop_settings.shops != made_shops || shop_settings.disabled != made_disabled || set.seed != made_seed) {
        made_shops = shop_settings.shops;
        made_disabled = shop_settings.disabled;
        if (set.seed != made_seed) {
            dice_seed((uint64_t)set.seed);
        }
        made_seed = shop_settings.seed = set.seed;
        shops_make();
    } else {
        shops_refresh();
    }
    pages_forget();
}

static bool control(struct call *call, const char *name, const struct form *form)
{
    const char *shop_no = form_get(form, "shop_no"), *n = form_get(form, "n"), *at = form_get(form, "at");
    bool fine = true;
    if (strcmp(name, "add") == 0) {
        shops_add(n ? strtoul(n, NULL, 10) : 1, at && strcmp(at, "front") == 0);
    } else if (strcmp(name, "remove") == 0) {
        fine = shop_no && shops_remove(shop_no);
    } else if (strcmp(name, "edit") == 0) {
        fine = shop_no && shops_edit(shop_no, form, &call->answer);
    } else if (strcmp(name, "shop") == 0) {
        if (shop_no && shops_print(shop_no, &call->answer)) {
            call_answer(call, 200, "application/json");
        } else {
            call_text(call, 404, "text/plain", "no such shop\n");
        }
        return true;
    } else if (strcmp(name, "numbers") == 0) {
        const struct shop_view *shops = shops_view("", "", "");
        for (size_t i = 0; i < shops->count; i++) {
            shop_number(&call->answer, shops->entries[i]);
            blob_put(&call->answer, "\n", 1);
        }
        call_answer(call, 200, "text/plain");
        return true;
    } else if (strcmp(name, "pages") == 0) {
        for (size_t i = 0; i < page_calls.room; i++) {
            if (page_calls.slots[i].count > 0) {
                blob_printf(&call->answer, "%u %u\n", page_calls.slots[i].label, page_calls.slots[i].count);
            }
        }
        call_answer(call, 200, "text/plain");
        return true;
    } else if (strcmp(name, "lift") == 0) {
        ban_until = 0;
    } else if (strcmp(name, "reset_counters") == 0) {
        int64_t in_flight = count.in_flight;
        memset(&count, 0, sizeof count);
        count.in_flight = in_flight;
        tally_clear(&page_calls);
    } else {
        return false;
    }
    pages_forget();
    call_answer(call, fine ? 200 : 400, "text/plain");
    if (call->answer.length == 0) {
        blob_puts(&call->answer, fine ? "ok\n" : "no such shop\n");
    }
    return true;
}

int main(int argc, char **argv)
{
    static const struct server_options options = {.suffix = "/router/qm",
                                                  .begin = begin,
                                                  .handle = handle,
                                                  .end = end,
                                                  .control = control,
                                                  .changed = changed,
                                                  .report = report};
    switches_init(switches);
    switches_read(argc, argv, "Stands in for wdt.shop.query of 旺店通·企业奇门.");
    made_seed = -1;
    changed();
    int code = server_run(set.bind, set.port, &options);
    pages_forget();
    shops_fini();
    tally_clear(&page_calls);
    free(window.times);
    return code;
}
