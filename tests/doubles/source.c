#include "source.h"

#include <stdio.h>

#include "dress.h"
#include "pages.h"
#include "records.h"
#include "replay.h"
#include "shops.h"
#include "spoil.h"
#include "status.h"

struct source_set source_set;
struct source_count source_count;

const struct switch_entry source_switches[] = {
    {"port", SWITCH_COUNT, &source_set.port, "0", NULL, "port to listen on; 0 = any free one"},
    {"bind", SWITCH_TEXT, source_set.bind, "127.0.0.1", NULL, "IPv4 address to listen on"},
    {"seed", SWITCH_COUNT, &source_set.seed, "1", NULL, "of the shops and of every chance"},
    {"shops", SWITCH_COUNT, &shop_settings.shops, "1000", NULL, "enabled shops: S000001, S000002, …"},
    {"disabled", SWITCH_COUNT, &shop_settings.disabled, "0", NULL, "disabled shops beside them: D000001, …"},
    {"warehouses", SWITCH_COUNT, &record_settings.warehouses, "0", NULL,
     "warehouses: W000001, W000002, …; every tenth is disabled"},
    {"goods", SWITCH_COUNT, &record_settings.goods, "0", NULL,
     "goods: G000001, G000002, …, with specs G000001-1, …; every fifteenth has none"},
    {"stockouts", SWITCH_COUNT, &record_settings.stockouts, "0", NULL,
     "stock-out orders of the last day, from these shops, warehouses and goods; every twentieth is not shipped"},
    {"providers", SWITCH_COUNT, &record_settings.providers, "0", NULL,
     "suppliers: P000001, P000002, …; every tenth is disabled, every thirteenth deleted, and they come all the same"},
    {"goods_days", SWITCH_COUNT, &record_settings.goods_days, "5", NULL, "days over which their changes are spread"},
    {"shown_late", SWITCH_COUNT, &record_settings.shown_late, "0", NULL,
     "seconds until an edit of a record beside shops shows; until then it is not there"},
    {"show_disabled", SWITCH_FLAG, &shop_settings.show_disabled, "0", NULL,
     "1: disabled shops come without being asked for, mixed evenly"},
    {"app_key", SWITCH_TEXT, gateway_settings.app_key, "demo_app_key", NULL, "the only caller"},
    {"secret", SWITCH_TEXT, gateway_settings.secret, "demo_source_secret", NULL, "its app secret"},
    {"sid", SWITCH_TEXT, gateway_settings.sid, "demo_sid", NULL, "its WDT seller account"},
    {"clock_offset", SWITCH_COUNT, &gateway_settings.clock_offset, "0", NULL, "seconds that its clock is ahead"},
    {"total", SWITCH_CHOICE, &page_settings.total, "first", "first|always|never|page",
     "pages that tell total_count; page: each tells how many it holds itself"},
    {"total_off", SWITCH_SIGNED, &page_settings.total_off, "0", NULL, "total_count is that much too large"},
    {"page_cap", SWITCH_COUNT, &page_settings.page_cap, "0", NULL,
     "a page holds N rows at most, whatever page_size was asked; 0 = as asked"},
    {"page_zero", SWITCH_CHOICE, &page_settings.page_zero, "own", "own|one", "one: page 0 and page 1 are the same"},
    {"short_pages", SWITCH_TEXT, page_settings.short_pages, "", NULL,
     "\"0,2\": these pages leave their first rows out, which no other page has"},
    {"short_rows", SWITCH_COUNT, &page_settings.short_rows, "1", NULL, "rows that short_pages leave out"},
    {"left_out", SWITCH_COUNT, &page_settings.left_out, "0", NULL,
     "every N-th place of the list shows nothing, on whatever page it falls; 0 = none"},
    {"list_form", SWITCH_CHOICE, &page_settings.list_form, "array", "array|object|nested|string|single|table|number",
     "the list as object with keys 1, 2, …, as {\"shop\":[…]}, as JSON in a string, without brackets where one row"
     " comes, as a table of columns, as a number of rows"},
    {"list_key", SWITCH_TEXT, page_settings.list_key, "shoplist", NULL, "name of the list in a reply"},
    {"numbers", SWITCH_CHOICE, &shop_settings.numbers, "number", "number|text|float|exponent",
     "how numbers come: 1001, \"1001\", 1001.0, 1.001E3 (codes are never float)"},
    {"empty", SWITCH_CHOICE, &page_settings.empty, "array", "array|absent|object|string|null",
     "how an empty list looks"},
    {"flag", SWITCH_FLAG, &page_settings.flag, "0", NULL, "1: successes also tell flag:\"success\" and code:0"},
    {"error_form", SWITCH_CHOICE, &source_set.error_form, "response", "response|error_response",
     "how gateway errors look"},
    {"long_ids", SWITCH_FLAG, &shop_settings.long_ids, "0", NULL, "1: shop_id has 19 digits"},
    {"repeat_page", SWITCH_COUNT, &page_settings.repeat_page, "0", NULL,
     "this page answers as the one before; 0 = none"},
    {"endless", SWITCH_FLAG, &page_settings.endless, "0", NULL, "1: beyond the end the last page comes again"},
    {"throttle", SWITCH_RATE, &source_set.throttle, "0", NULL, "code 7, sub-code only, no time told"},
    {"ban", SWITCH_COUNT, &source_set.ban, "0", NULL,
     "seconds: the next call starts a ban (code 7, the text counts down), once"},
    {"quota_seconds", SWITCH_COUNT, &source_set.quota_seconds, "0", NULL,
     "as ban, with the sub-code of a used-up quota; meant for hours"},
    {"calls_per_minute", SWITCH_COUNT, &source_set.calls_per_minute, "0", NULL,
     "above it errorcode 1012; 0 = no limit"},
    {"calls_window_ms", SWITCH_COUNT, &source_set.calls_window_ms, "60000", NULL,
     "the sliding minute of calls_per_minute"},
    {"wdt1012", SWITCH_RATE, &source_set.wdt1012, "0", NULL, "errorcode 1012: too frequent"},
    {"unavailable", SWITCH_RATE, &source_set.unavailable, "0", NULL, "code 10"},
    {"isp", SWITCH_RATE, &source_set.isp, "0", NULL, "code 15 with an isp.* sub-code"},
    {"isv", SWITCH_RATE, &source_set.isv, "0", NULL, "code 15 with an isv.* sub-code"},
    {"echo", SWITCH_FLAG, &source_set.echo, "0", NULL, "1: refuses in words that repeat the call and the secret"},
    {"http502", SWITCH_RATE, &source_set.http502, "0", NULL, "HTTP 502 with HTML"},
    {"redirect", SWITCH_RATE, &source_set.redirect, "0", NULL, "HTTP 302"},
    {"hang", SWITCH_RATE, &source_set.hang, "0", NULL, "no answer for 60 s, then closed"},
    {"truncate", SWITCH_RATE, &source_set.truncate, "0", NULL, "half of the announced body, then closed"},
    {"reset", SWITCH_RATE, &source_set.reset, "0", NULL, "TCP reset instead of an answer"},
    {"controls", SWITCH_RATE, &source_set.controls, "0", NULL,
     "raw control characters in front of every name, address and remark"},
    {"nul", SWITCH_RATE, &source_set.nul, "0", NULL, "\\u0000 inside the first shop's name"},
    {"damage", SWITCH_CHOICE, &spoil_settings.damage, "none",
     "none|surrogate|nul|bytes|broken|list|object|true|null|blanks|quote|unclosed|extra-broken|extra-deep",
     "to damage_field of damage_shop: a lone \\ud83d, \\u0000 or bytes that are no UTF-8 behind the text; nope, [10],"
     " {\"no\":10}, true or null in its place; blanks and a tab behind the text; a bare quote behind the text, or no "
     "bracket behind the shop: both tear "
     "the"
     " page; or a member ext more, broken between its brackets or nested deep"},
    {"damage_field", SWITCH_TEXT, spoil_settings.field, "shop_name", NULL, "that damage falls on"},
    {"damage_shop", SWITCH_TEXT, spoil_settings.shop, "", NULL,
     "shop_no that damage falls on, or several: \"S000001,S000002\"; all; empty = the first of each page"},
    {"damage_depth", SWITCH_COUNT, &spoil_settings.depth, "1000", NULL, "levels of extra-deep"},
    {"pad", SWITCH_COUNT, &spoil_settings.pad, "0", NULL, "bytes more in every remark"},
    {"pad_shop", SWITCH_TEXT, spoil_settings.pad_shop, "", NULL, "the shops that pad falls on; empty = all"},
    {"bad_pages", SWITCH_TEXT, page_settings.bad_pages, "", NULL, "\"3,5\": these pages always answer with HTML"},
    {"bad_status", SWITCH_COUNT, &page_settings.bad_status, "200", NULL, "HTTP status of bad_pages"},
    REPLAY_SWITCHES,
    DRESS_SWITCHES,
    STATUS_SWITCHES,
    {"not_json", SWITCH_RATE, &source_set.not_json, "0", NULL, "HTTP 200 with HTML"},
    {"slow_ms", SWITCH_COUNT, &source_set.slow_ms, "0", NULL, "every answer comes that much later"},
    {"slow_jitter_ms", SWITCH_COUNT, &source_set.slow_jitter_ms, "0", NULL, "and up to that much more by chance"},
    {0},
};

void source_report(struct blob *out, int64_t distinct_pages, int64_t most_page_calls)
{
    const struct {
        const char *name;
        int64_t value;
    } lines[] = {{"calls", source_count.calls},
                 {"pages", source_count.pages},
                 {"rows", source_count.rows},
                 {"empty_pages", source_count.empty_pages},
                 {"distinct_pages", distinct_pages},
                 {"max_page_calls", most_page_calls},
                 {"repeated", source_count.repeated},
                 {"beyond", source_count.beyond},
                 {"banned", source_count.banned},
                 {"early", source_count.early + status_count.early},
                 {"over_limit", source_count.over_limit},
                 {"throttle", source_count.throttle},
                 {"wdt1012", source_count.wdt1012},
                 {"unavailable", source_count.unavailable},
                 {"isp", source_count.isp},
                 {"isv", source_count.isv},
                 {"http502", source_count.http502},
                 {"redirect", source_count.redirect},
                 {"hang", source_count.hang},
                 {"truncate", source_count.truncate},
                 {"reset", source_count.reset},
                 {"controls", source_count.controls},
                 {"nul", source_count.nul},
                 {"not_json", source_count.not_json},
                 {"bad_pages", source_count.bad_pages},
                 {"status", status_count.answers},
                 {"replayed", replay_count.replayed},
                 {"replay_unknown", replay_count.unknown},
                 {"shops", (int64_t)shops_count()},
                 {"in_flight", source_count.in_flight},
                 {"peak_concurrency", source_count.peak_concurrency},
                 {"refused", source_count.refused}};
    blob_puts(out, "{");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        blob_member(out, lines[i].name, lines[i].value);
    }
    for (int i = GATEWAY_FINE + 1; i < GATEWAY_REFUSALS; i++) {
        char name[64];
        snprintf(name, sizeof name, "refused_%s", gateway_name((enum gateway_refusal)i));
        blob_member(out, name, source_count.refusals[i]);
    }
    blob_puts(out, "}\n");
}
