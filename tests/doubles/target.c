#include "target.h"

#include <stdio.h>

#include "audit.h"
#include "batch.h"
#include "dress.h"
#include "fields.h"
#include "login.h"
#include "lookups.h"
#include "mar.h"
#include "materials.h"
#include "replay.h"
#include "spelling.h"
#include "status.h"

struct target_set target_set;
struct target_count target_count;

const struct switch_entry target_switches[] = {
    {"port", SWITCH_COUNT, &target_set.port, "0", NULL, "port to listen on; 0 = any free one"},
    {"bind", SWITCH_TEXT, target_set.bind, "127.0.0.1", NULL, "IPv4 address to listen on"},
    {"seed", SWITCH_COUNT, &target_set.seed, "1", NULL, "of every chance"},
    {"client_id", SWITCH_TEXT, login_settings.client_id, "demo_client_id", NULL, "of the login"},
    {"client_secret", SWITCH_TEXT, login_settings.client_secret, "demo_target_secret", NULL, "of the login"},
    {"username", SWITCH_TEXT, login_settings.username, "demo_user", NULL, "of the login"},
    {"password", SWITCH_TEXT, login_settings.password, "demo_password", NULL, "of the login"},
    {"account_id", SWITCH_TEXT, login_settings.account_id, "1234567890123456789", NULL,
     "the second book of accountGroup, the only one that may be used"},
    {"group_name", SWITCH_TEXT, login_settings.group_name, "ns-demo", NULL, "of that book"},
    {"router_addr", SWITCH_TEXT, target_set.router_addr, "", NULL,
     "X-GW-Router-Addr that every call must have; empty = none"},
    {"login_fail", SWITCH_FLAG, &login_settings.login_fail, "0", NULL, "1: every login is refused"},
    {"token_seconds", SWITCH_COUNT, &login_settings.token_seconds, "7200", NULL, "life of a token"},
    {"token_uses", SWITCH_COUNT, &login_settings.token_uses, "0", NULL, "a token is refused after N uses; 0 = never"},
    {"token_form", SWITCH_CHOICE, &target_set.token_form, "401",
     "401|text|errorinfo|rows|inner|519|page|redirect|inside",
     "how a refused token answers: a status, or HTTP 200 with words in the outer message, in one errorInfo of a save, "
     "in an"
     " errorInfo for each row alike, in the inner message only (look-ups: always the outer one); or HTTP 519 with "
     "words, a page that asks to log in, or HTTP 302 that leads to one; or in "
     "errorInfo for the second half of a save, whose first half is saved (with partial 1)"},
    {"token_words", SWITCH_TEXT, target_set.token_words, "access_token 无效或已过期", NULL,
     "what they say; {number} is the row's"},
    {"token_code", SWITCH_TEXT, target_set.token_code, "10001", NULL, "errorCode of text"},
    {"permission", SWITCH_FLAG, &target_set.permission, "1", NULL, "0: saves answer HTTP 403"},
    {"batch_max", SWITCH_COUNT, &batch_settings.batch_max, "50", NULL, "most rows of a save"},
    {"reply", SWITCH_CHOICE, &batch_settings.reply, "object", "object|list",
     "data of a save: one result for the batch, or one for each row"},
    {"error_id", SWITCH_CHOICE, &batch_settings.error_id, "position", "position|position1|number|pk|nothing",
     "what errorInfo[].id names"},
    {"errors_form", SWITCH_CHOICE, &batch_settings.errors_form, "array", "array|text|object",
     "errorInfo as JSON in a string, or as an object with keys 0, 1, …"},
    {"ids_order", SWITCH_CHOICE, &batch_settings.ids_order, "same", "same|shuffled", "of successPkIds"},
    {"partial", SWITCH_FLAG, &batch_settings.partial, "0", NULL,
     "0: a guilty row refuses its whole batch, 1: the good rows are saved"},
    {"duplicates", SWITCH_CHOICE, &batch_settings.duplicates, "reject", "reject|take", "a number that exists already"},
    {"reject_name_clash", SWITCH_FLAG, &batch_settings.reject_name_clash, "0", NULL,
     "1: a name that exists is refused"},
    {"reject_numbers", SWITCH_TEXT, batch_settings.reject_numbers, "", NULL, "S000003,S000007: guilty until cleared"},
    {"reject_every", SWITCH_COUNT, &batch_settings.reject_every, "0", NULL,
     "numbers that end in a multiple of N are guilty, too: S000020, S000040, … of 20; 0 = none"},
    {"reject_words", SWITCH_TEXT, batch_settings.reject_words, "商品类别不存在或已被禁用", NULL,
     "what their errorInfo says; {number} is the row's"},
    {"duplicate_words", SWITCH_TEXT, batch_settings.duplicate_words, "商品编码 {number} 已存在", NULL,
     "what a number that exists is told"},
    {"gone_words", SWITCH_TEXT, batch_settings.gone_words, "商品不存在", NULL,
     "what an id or number of nothing is told"},
    {"number_stored", SWITCH_CHOICE, &spelling_settings.stored, "sent", "sent|trim|upper|half|all|lower",
     "what becomes of a number that is saved: blanks and controls at its ends go, letters are raised, full-width ones"
     " halved, or all of it; or letters are lowered"},
    {"number_compared", SWITCH_CHOICE, &spelling_settings.compared, "bytes", "bytes|trim|case|width|all",
     "what is left out of account when numbers are compared; at least what number_stored changes"},
    {"outer_success", SWITCH_CHOICE, &batch_settings.outer_success, "always", "always|honest",
     "outer success of a save that the inner one denies"},
    {"book", SWITCH_COUNT, &target_set.book, "0", NULL,
     "records there already, with the numbers of shops (warehouses) and other names"},
    {"book_of", SWITCH_CHOICE, &target_set.book_of, "material", "material|store|customer|supplier|bill",
     "what they are"},
    {"book_disabled", SWITCH_FLAG, &target_set.book_disabled, "0", NULL,
     "1: they are disabled: lists show them only with enable 0 or -1"},
    {"book_mark", SWITCH_TEXT, batch_settings.book_mark, "", NULL, "stands in front of their numbers"},
    {"book_step", SWITCH_COUNT, &target_set.book_step, "1", NULL, "numbers of every K-th shop: S000001, S(1+K), …"},
    {"book_twins", SWITCH_FLAG, &target_set.book_twins, "0", NULL, "1: each of them twice"},
    {"detail_batch_number", SWITCH_FLAG, &lookup_settings.detail_batch_number, "1", NULL,
     "0: material_detail_batch takes ids only"},
    {"not_found", SWITCH_CHOICE, &lookup_settings.not_found, "error", "error|empty",
     "material_detail of nothing: success:false, or data null"},
    {"visible_ms", SWITCH_COUNT, &lookup_settings.visible_ms, "0", NULL, "a new material is shown that much later"},
    {"more_units", SWITCH_FLAG, &lookup_settings.more_units, "0", NULL, "1: the list of units has a fourth, 吨"},
    {"no_units", SWITCH_FLAG, &lookup_settings.no_units, "0", NULL, "1: the list of units is empty"},
    {"list_max", SWITCH_COUNT, &lookup_settings.list_max, "200", NULL, "most rows of a list page"},
    {"list_ignores_page", SWITCH_FLAG, &lookup_settings.list_ignores_page, "0", NULL,
     "1: every page of a list is page 1"},
    {"list_count", SWITCH_CHOICE, &lookup_settings.list_count, "told", "told|zero|absent|less",
     "count of a list; less: one too few"},
    {"list_totalpage", SWITCH_CHOICE, &lookup_settings.list_totalpage, "told", "told|zero|absent|less",
     "totalpage of a list"},
    {"list_tells", SWITCH_CHOICE, &lookup_settings.list_tells, "capped", "capped|asked",
     "asked: pagesize and totalpage are those of the size asked for, although list_max is less"},
    {"list_search", SWITCH_CHOICE, &lookup_settings.list_search, "all", "all|names|nothing",
     "what search looks at: numbers and names, names only, or it is ignored"},
    {"list_pad", SWITCH_COUNT, &lookup_settings.list_pad, "0", NULL, "bytes more in each row of a list of records"},
    {"list_moves", SWITCH_COUNT, &lookup_settings.list_moves, "0", NULL,
     "after each page of material_list its first N rows go to the end"},
    {"list_moves_for", SWITCH_COUNT, &lookup_settings.list_moves_for, "0", NULL, "pages until that ends; 0 = never"},
    {"list_swaps", SWITCH_COUNT, &lookup_settings.list_swaps, "0", NULL,
     "after page N of material_list, once, its first record is deleted and a new one made at its end; 0 = never"},
    {"throttle", SWITCH_RATE, &target_set.throttle, "0", NULL, "refused as too fast, not executed"},
    {"retry_after", SWITCH_COUNT, &target_set.retry_after, "1", NULL,
     "seconds told with it in Retry-After; a call that"
     " comes before counts as early; 0 = no header"},
    {"throttle_form", SWITCH_CHOICE, &target_set.throttle_form, "429", "429|text|errorinfo|rows|inner|519",
     "how it is told, as token_form"},
    {"throttle_words", SWITCH_TEXT, target_set.throttle_words, "请求过于频繁, 请稍后再试", NULL, "what it says"},
    STATUS_SWITCHES,
    {"status_on", SWITCH_CHOICE, &target_set.status_on, "all", "all|saves|lookups|login|groups",
     "calls that status falls on"},
    {"calls_per_minute", SWITCH_COUNT, &target_set.calls_per_minute, "0", NULL, "above it HTTP 429; 0 = no limit"},
    {"calls_window_ms", SWITCH_COUNT, &target_set.calls_window_ms, "60000", NULL,
     "the sliding minute of calls_per_minute"},
    {"lost", SWITCH_RATE, &target_set.lost, "0", NULL, "executed, then closed without a reply"},
    {"lost_next", SWITCH_COUNT, &target_set.lost_next, "0", NULL, "the next N saves are lost so"},
    {"late", SWITCH_RATE, &target_set.late, "0", NULL, "closed at once, executed late_ms later (saves only)"},
    {"late_ms", SWITCH_COUNT, &target_set.late_ms, "1000", NULL, "of late"},
    {"unexecuted", SWITCH_RATE, &target_set.unexecuted, "0", NULL, "read, then closed without executing"},
    {"hang", SWITCH_RATE, &target_set.hang, "0", NULL, "executed, never answered"},
    {"truncate", SWITCH_RATE, &target_set.truncate, "0", NULL, "executed, half a reply"},
    {"http502", SWITCH_RATE, &target_set.http502, "0", NULL, "HTTP 502 with HTML"},
    {"html", SWITCH_RATE, &target_set.html, "0", NULL, "HTTP 200 with HTML"},
    {"http502_executes", SWITCH_FLAG, &target_set.http502_executes, "0", NULL, "1: http502 and html execute first"},
    {"http519", SWITCH_RATE, &target_set.http519, "0", NULL, "HTTP 519 with a transient text, not executed"},
    {"notfound519", SWITCH_FLAG, &target_set.notfound519, "0", NULL, "1: HTTP 519 \"API Not Found\""},
    {"unsubscribed", SWITCH_TEXT, target_set.unsubscribed, "", NULL,
     "\"material_detail_batch,material_list\": these answer HTTP 519 \"API Not Found\""},
    {"unsubscribed_form", SWITCH_CHOICE, &target_set.unsubscribed_form, "519", "519|404|403|text",
     "how they say so: HTTP 404 with HTML, HTTP 403 or HTTP 200 with unsubscribed_words"},
    {"unsubscribed_words", SWITCH_TEXT, target_set.unsubscribed_words, "没有该接口的访问权限", NULL, "what they say"},
    {"audit_max", SWITCH_COUNT, &audit_settings.max, "20", NULL, "most bills of an audit"},
    {"audit_twice", SWITCH_FLAG, &audit_settings.twice, "0", NULL,
     "1: a bill that is audited already is audited again without a word"},
    {"audit_reply", SWITCH_CHOICE, &audit_settings.reply, "result", "result|success|strange",
     "what an audit answers: a result as of a save, only its success, or what no client knows"},
    {"audit_lost_next", SWITCH_COUNT, &audit_settings.lost_next, "0", NULL, "the next N audits: executed, no reply"},
    {"audit_late_next", SWITCH_COUNT, &audit_settings.late_next, "0", NULL,
     "the next N audits: closed at once, executed late_ms later"},
    {"audit_cut_next", SWITCH_COUNT, &audit_settings.cut_next, "0", NULL, "the next N audits: not executed, no reply"},
    {"audit_reject_numbers", SWITCH_TEXT, audit_settings.reject_numbers, "", NULL,
     "CK00000001,CK00000003: not audited until cleared"},
    {"audit_reject_words", SWITCH_TEXT, audit_settings.reject_words, "库存不足，审核失败", NULL, "what they are told"},
    {"audit_said_words", SWITCH_TEXT, audit_settings.said_words, "单据已审核，不能重复审核", NULL,
     "what a bill that is audited already is told"},
    {"faults_on", SWITCH_CHOICE, &target_set.faults_on, "all", "all|saves|finds",
     "calls that the rates fall on, finds: look-ups and lists; login and accountGroup never"},
    {"echo", SWITCH_FLAG, &target_set.echo, "0", NULL,
     "1: refuses logins (with login_fail) and saves in words that repeat token and secrets"},
    REPLAY_SWITCHES,
    DRESS_SWITCHES,
    MAR_SWITCHES,
    {"slow_ms", SWITCH_COUNT, &target_set.slow_ms, "0", NULL, "every reply comes that much later"},
    {"slow_jitter_ms", SWITCH_COUNT, &target_set.slow_jitter_ms, "0", NULL, "and up to that much more by chance"},
    {"down", SWITCH_FLAG, &target_set.down, "0", NULL, "1: closed before a body is read"},
    {0},
};

void target_report(struct blob *out)
{
    entity_use(ENTITY_MATERIAL);
    const struct {
        const char *name;
        int64_t value;
    } lines[] = {{"calls", target_count.calls},
                 {"logins", target_count.logins},
                 {"logins_refused", target_count.logins_refused},
                 {"account_groups", target_count.account_groups},
                 {"saves", target_count.saves},
                 {"saves_executed", target_count.saves_executed},
                 {"saves_refused", target_count.saves_refused},
                 {"rows", target_count.rows},
                 {"rows_executed", target_count.rows_executed},
                 {"rows_saved", batch_count.rows_saved},
                 {"rows_refused", batch_count.rows_refused},
                 {"rows_spared", batch_count.rows_spared},
                 {"rows_unexecuted", target_count.rows_unexecuted},
                 {"creates", batch_count.creates},
                 {"updates", batch_count.updates},
                 {"materials", (int64_t)materials_count()},
                 {"distinct_numbers", (int64_t)materials_numbers()},
                 {"doubled_numbers", (int64_t)materials_doubled()},
                 {"max_row_sends", materials_most_sends()},
                 {"details", target_count.details},
                 {"detail_batches", target_count.detail_batches},
                 {"lists", target_count.lists},
                 {"secrets_seen", target_count.secrets_seen},
                 {"throttled", target_count.throttled},
                 {"over_limit", target_count.over_limit},
                 {"lost", target_count.lost},
                 {"late", target_count.late},
                 {"late_pending", target_count.late_pending},
                 {"unexecuted", target_count.unexecuted},
                 {"hang", target_count.hang},
                 {"truncate", target_count.truncate},
                 {"http502", target_count.http502},
                 {"html", target_count.html},
                 {"http519", target_count.http519},
                 {"down", target_count.down},
                 {"in_flight", target_count.in_flight},
                 {"peak_concurrency", target_count.peak_concurrency},
                 {"refused_token", target_count.refused_token},
                 {"refused_account", target_count.refused_account},
                 {"refused_content_type", target_count.refused_content_type},
                 {"refused_router", target_count.refused_router},
                 {"refused_permission", target_count.refused_permission},
                 {"refused_path", target_count.refused_path},
                 {"refused_method", target_count.refused_method},
                 {"refused_lookup", target_count.refused_lookup},
                 {"refused_unsubscribed", target_count.refused_unsubscribed},
                 {"status", status_count.answers},
                 {"replayed", replay_count.replayed},
                 {"replay_unknown", replay_count.unknown},
                 {"early", status_count.early},
                 {"audit_calls", audit_count.calls},
                 {"audit_executed", audit_count.executed},
                 {"audits", audit_count.audited},
                 {"audits_again", audit_count.again},
                 {"audit_refused", audit_count.refused},
                 {"audit_refused_said", audit_count.refused_said},
                 {"audit_refused_calls", audit_count.refused_calls},
                 {"audit_lost", audit_count.lost},
                 {"audit_late", audit_count.late},
                 {"audit_late_pending", audit_count.late_pending},
                 {"audit_cut", audit_count.cut}};
    blob_puts(out, "{");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        blob_member(out, lines[i].name, lines[i].value);
    }
    for (int kind = ENTITY_MATERIAL + 1; kind < ENTITIES; kind++) {
        char name[64];
        entity_use((enum entity_kind)kind);
        blob_member(out, entity->several, (int64_t)(materials_count() - materials_gone()));
        snprintf(name, sizeof name, "doubled_%s", entity->several);
        blob_member(out, name, (int64_t)materials_doubled());
    }
    for (int i = BATCH_FINE + 1; i < BATCH_REFUSALS; i++) {
        char name[64];
        snprintf(name, sizeof name, "refused_%s", batch_refusal_name((enum batch_refusal)i));
        blob_member(out, name, batch_count.refusals[i]);
    }
    blob_puts(out, "}\n");
}
