/* Stands in for 旺店通·企业奇门: wdt.shop.query, wdt.warehouse.query, wdt.goods.query, wdt.purchase.provider.query and
 * wdt.stockout.order.query.trade behind the Taobao gateway. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "dice.h"
#include "dress.h"
#include "gateway.h"
#include "pages.h"
#include "records.h"
#include "replay.h"
#include "server.h"
#include "shops.h"
#include "source.h"
#include "status.h"
#include "tally.h"

static const char maintenance[] = "<!DOCTYPE html><html><body>系统维护中</body></html>\n";
static struct tally_map page_calls;
static struct tally_window window;
static int64_t ban_until;
static bool ban_is_quota;
static int64_t made_shops, made_disabled, made_seed;

static void put_error(struct call *call, int code, const char *message, const char *sub_code, const char *sub_message)
{
    bool top = source_set.error_form == 1;
    struct blob *out = &call->answer;
    blob_puts(out, top ? "{\"error_response\":{" : "{\"response\":{\"flag\":\"failure\",");
    blob_printf(out, shop_settings.numbers == NUMBERS_TEXT ? "\"code\":\"%d\"," : "\"code\":%d,", code);
    blob_puts(out, top ? "\"msg\":" : "\"message\":");
    blob_quote(out, message);
    blob_puts(out, ",\"sub_code\":");
    blob_quote(out, sub_code);
    blob_puts(out, top ? ",\"sub_msg\":" : ",\"sub_message\":");
    blob_quote(out, sub_message);
    blob_printf(out, ",\"request_id\":\"%013llx\"}}",
                (unsigned long long)(dice_mix((uint64_t)source_count.calls) >> 12));
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
    bool starts = source_set.ban > 0 || source_set.quota_seconds > 0;
    if (starts) {
        ban_is_quota = source_set.quota_seconds > 0;
        ban_until = now + 1000 * (ban_is_quota ? source_set.quota_seconds : source_set.ban);
        source_set.ban = source_set.quota_seconds = 0;
    }
    if (now >= ban_until) {
        return false;
    }
    source_count.banned++;
    if (!starts) {
        source_count.early++;
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
static bool put_fault(struct call *call, const struct page_query *q)
{
    status_arrive();
    if (hold_ban(call) || status_answer(call)) {
        return true;
    }
    if (page_is_listed(page_settings.bad_pages, q->page_no)) {
        source_count.bad_pages++;
        call_text(call, (int)page_settings.bad_status, "text/html", maintenance);
    } else if (!tally_allow(&window, source_set.calls_per_minute, source_set.calls_window_ms, server_now())) {
        source_count.over_limit++;
        put_too_frequent(call);
    } else if (hit(source_set.throttle, &source_count.throttle)) {
        put_error(call, 7, "App Call Limited", "accesscontrol.limited-by-api-access-count", "API access count limited");
    } else if (hit(source_set.wdt1012, &source_count.wdt1012)) {
        put_too_frequent(call);
    } else if (hit(source_set.unavailable, &source_count.unavailable)) {
        put_error(call, 10, "Service Currently Unavailable", "isp.service-unavailable", "服务不可用");
    } else if (hit(source_set.isp, &source_count.isp)) {
        put_error(call, 15, "Remote service error", "isp.remote-service-timeout", "调用后端服务超时");
    } else if (hit(source_set.isv, &source_count.isv)) {
        put_error(call, 15, "Remote service error", "isv.invalid-permission", "应用未获授权");
    } else if (source_set.echo) {
        put_echo(call);
    } else if (hit(source_set.http502, &source_count.http502)) {
        call_text(call, 502, "text/html", "<html><head><title>502 Bad Gateway</title></head><body></body></html>\n");
    } else if (hit(source_set.redirect, &source_count.redirect)) {
        call_text(call, 302, "text/html", "<html>302</html>\n");
        call->header = "Location";
        call->header_value = "http://127.0.0.1:9/error.html";
    } else if (hit(source_set.not_json, &source_count.not_json)) {
        call_text(call, 200, "text/html", maintenance);
    } else if (hit(source_set.hang, &source_count.hang)) {
        call->delay = 60000;
        call_cut(call, CALL_CLOSE);
    } else if (hit(source_set.reset, &source_count.reset)) {
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
    source_count.pages++;
    source_count.rows += (int64_t)fact.rows;
    source_count.empty_pages += fact.rows == 0;
    source_count.repeated += fact.repeated;
    source_count.beyond += fact.beyond;
    tally_add(&page_calls, fact.key, (uint32_t)q->page_no);
    call_answer(call, 200, "application/json;charset=UTF-8");
    bool controls = hit(source_set.controls, &source_count.controls), nul = hit(source_set.nul, &source_count.nul);
    bool half = hit(source_set.truncate, &source_count.truncate);
    /* A page that is answered later may be forgotten until then. */
    if (!q->table && !controls && !nul && !half && dress_is_plain() &&
        source_set.slow_ms + source_set.slow_jitter_ms == 0) {
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
    source_count.calls++;
    struct form form;
    struct page_query q = {0};
    struct gateway_verdict verdict = check(call, &form, &q);
    if (verdict.refusal != GATEWAY_FINE) {
        source_count.refused++;
        source_count.refusals[verdict.refusal]++;
        put_error(call, verdict.code, verdict.message, verdict.sub_code, verdict.detail);
        dress(call);
    } else if (q.table && record_refuses(&q)) {
        source_count.refused++;
        source_count.refusals[GATEWAY_FILTER]++;
        blob_puts(&call->answer, "{\"response\":{\"errorcode\":1001,\"message\":");
        blob_quote(&call->answer, record_refuses(&q));
        blob_puts(&call->answer, "}}");
        call_answer(call, 200, "application/json;charset=UTF-8");
        dress(call);
    } else if (put_fault(call, &q)) {
        dress(call);
    } else if (replay_is_on()) {
        replay_answer(call, &form);
    } else {
        put_page(call, &q);
        dress(call);
    }
    call->delay += source_set.slow_ms + (int64_t)dice_below((uint64_t)source_set.slow_jitter_ms + 1);
    form_fini(&form);
}

static bool begin(struct call *call)
{
    (void)call;
    if (++source_count.in_flight > source_count.peak_concurrency) {
        source_count.peak_concurrency = source_count.in_flight;
    }
    return true;
}

static void end(struct call *call)
{
    (void)call;
    source_count.in_flight--;
}

static void report(struct blob *out)
{
    source_report(out, (int64_t)page_calls.used, page_calls.most);
}

static void changed(void)
{
    replay_changed();
    records_make();
    if (shop_settings.shops != made_shops || shop_settings.disabled != made_disabled || source_set.seed != made_seed) {
        made_shops = shop_settings.shops;
        made_disabled = shop_settings.disabled;
        if (source_set.seed != made_seed) {
            dice_seed((uint64_t)source_set.seed);
        }
        made_seed = shop_settings.seed = source_set.seed;
        shops_make();
    } else {
        shops_refresh();
    }
    pages_forget();
}

/* Controls of the records beside shops: edit, remove, record, numbers, with of=warehouse and no=…. */
static bool control_records(struct call *call, const char *name, const struct form *form)
{
    const struct record_table *table = record_table_by_name(form_get(form, "of"));
    const char *no = form_get(form, "no");
    bool fine = true;
    if (!table) {
        return false;
    }
    if (strcmp(name, "edit") == 0) {
        fine = records_edit(table, no, form);
    } else if (strcmp(name, "remove") == 0) {
        fine = records_remove(table, no);
    } else if (strcmp(name, "record") == 0 && records_print(table, no, &call->answer)) {
        call_answer(call, 200, "application/json");
        return true;
    } else if (strcmp(name, "numbers") == 0) {
        records_list(table, &call->answer);
        call_answer(call, 200, "text/plain");
        return true;
    } else {
        return false;
    }
    pages_forget();
    call_text(call, fine ? 200 : 400, "text/plain", fine ? "ok\n" : "no such record or field\n");
    return true;
}

static bool control(struct call *call, const char *name, const struct form *form)
{
    if (control_records(call, name, form)) {
        return true;
    }
    const char *shop_no = form_get(form, "shop_no"), *n = form_get(form, "n"), *at = form_get(form, "at");
    bool fine = true;
    if (strcmp(name, "add") == 0) {
        shops_add(n ? strtoul(n, NULL, 10) : 1, at && strcmp(at, "front") == 0);
    } else if (strcmp(name, "remove") == 0) {
        fine = shop_no && shops_remove(shop_no);
    } else if (strcmp(name, "return") == 0) {
        fine = shop_no && shops_return(shop_no);
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
        int64_t in_flight = source_count.in_flight;
        memset(&source_count, 0, sizeof source_count);
        status_count = (struct status_count){0};
        replay_count = (struct replay_count){0};
        source_count.in_flight = in_flight;
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
    switches_init(source_switches);
    switches_read(argc, argv,
                  "Stands in for wdt.shop.query, .warehouse.query, .goods.query, .purchase.provider.query and "
                  ".stockout.order.query.trade of 旺店通·企业奇门.");
    made_seed = -1;
    changed();
    int code = server_run(source_set.bind, source_set.port, &options);
    pages_forget();
    shops_fini();
    records_fini();
    replay_fini();
    tally_clear(&page_calls);
    free(window.times);
    return code;
}
