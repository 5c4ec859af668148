/* Stands in for 金蝶云星辰 V1: login, the books, materials. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "batch.h"
#include "dice.h"
#include "login.h"
#include "lookups.h"
#include "materials.h"
#include "server.h"
#include "switches.h"
#include "tally.h"

static const char json[] = "application/json; charset=utf-8";

static struct {
    int64_t port, seed, book, book_step, book_twins, token_form, permission, retry_after, calls_per_minute,
        calls_window_ms, late_ms, http502_executes, notfound519, slow_ms, slow_jitter_ms, down, faults_on, echo;
    double throttle, lost, late, unexecuted, hang, truncate, http502, html, http519;
    char bind[SWITCH_TEXT_ROOM], router_addr[SWITCH_TEXT_ROOM];
} set;

static const struct switch_entry switches[] = {
    {"port", SWITCH_COUNT, &set.port, "0", NULL, "port to listen on; 0 = any free one"},
    {"bind", SWITCH_TEXT, set.bind, "127.0.0.1", NULL, "IPv4 address to listen on"},
    {"seed", SWITCH_COUNT, &set.seed, "1", NULL, "of every chance"},
    {"client_id", SWITCH_TEXT, login_settings.client_id, "demo_client_id", NULL, "of the login"},
    {"client_secret", SWITCH_TEXT, login_settings.client_secret, "demo_target_secret", NULL, "of the login"},
    {"username", SWITCH_TEXT, login_settings.username, "demo_user", NULL, "of the login"},
    {"password", SWITCH_TEXT, login_settings.password, "demo_password", NULL, "of the login"},
    {"account_id", SWITCH_TEXT, login_settings.account_id, "1234567890123456789", NULL,
     "the second book of accountGroup, the only one that may be used"},
    {"group_name", SWITCH_TEXT, login_settings.group_name, "ns-demo", NULL, "of that book"},
    {"router_addr", SWITCH_TEXT, set.router_addr, "", NULL, "X-GW-Router-Addr that every call must have; empty = none"},
    {"login_fail", SWITCH_FLAG, &login_settings.login_fail, "0", NULL, "1: every login is refused"},
    {"token_seconds", SWITCH_COUNT, &login_settings.token_seconds, "7200", NULL, "life of a token"},
    {"token_uses", SWITCH_COUNT, &login_settings.token_uses, "0", NULL, "a token is refused after N uses; 0 = never"},
    {"token_form", SWITCH_CHOICE, &set.token_form, "401", "401|text", "how a refused token answers"},
    {"permission", SWITCH_FLAG, &set.permission, "1", NULL, "0: saves answer HTTP 403"},
    {"batch_max", SWITCH_COUNT, &batch_settings.batch_max, "50", NULL, "most rows of a save"},
    {"reply", SWITCH_CHOICE, &batch_settings.reply, "object", "object|list",
     "data of a save: one result for the batch, or one for each row"},
    {"error_id", SWITCH_CHOICE, &batch_settings.error_id, "position", "position|position1|number|pk|nothing",
     "what errorInfo[].id names"},
    {"ids_order", SWITCH_CHOICE, &batch_settings.ids_order, "same", "same|shuffled", "of successPkIds"},
    {"partial", SWITCH_FLAG, &batch_settings.partial, "0", NULL,
     "0: a guilty row refuses its whole batch, 1: the good rows are saved"},
    {"duplicates", SWITCH_CHOICE, &batch_settings.duplicates, "reject", "reject|take", "a number that exists already"},
    {"reject_name_clash", SWITCH_FLAG, &batch_settings.reject_name_clash, "0", NULL,
     "1: a name that exists is refused"},
    {"reject_numbers", SWITCH_TEXT, batch_settings.reject_numbers, "", NULL, "S000003,S000007: guilty until cleared"},
    {"outer_success", SWITCH_CHOICE, &batch_settings.outer_success, "always", "always|honest",
     "outer success of a save that the inner one denies"},
    {"book", SWITCH_COUNT, &set.book, "0", NULL, "materials there already, with the numbers of shops and other names"},
    {"book_step", SWITCH_COUNT, &set.book_step, "1", NULL, "numbers of every K-th shop: S000001, S(1+K), …"},
    {"book_twins", SWITCH_FLAG, &set.book_twins, "0", NULL, "1: each of them twice"},
    {"detail_batch_number", SWITCH_FLAG, &lookup_settings.detail_batch_number, "1", NULL,
     "0: material_detail_batch takes ids only"},
    {"not_found", SWITCH_CHOICE, &lookup_settings.not_found, "error", "error|empty",
     "material_detail of nothing: success:false, or data null"},
    {"visible_ms", SWITCH_COUNT, &lookup_settings.visible_ms, "0", NULL, "a new material is shown that much later"},
    {"list_max", SWITCH_COUNT, &lookup_settings.list_max, "200", NULL, "most rows of a list page"},
    {"throttle", SWITCH_RATE, &set.throttle, "0", NULL, "HTTP 429"},
    {"retry_after", SWITCH_COUNT, &set.retry_after, "1", NULL, "seconds told with a 429; 0 = no header"},
    {"calls_per_minute", SWITCH_COUNT, &set.calls_per_minute, "0", NULL, "above it HTTP 429; 0 = no limit"},
    {"calls_window_ms", SWITCH_COUNT, &set.calls_window_ms, "60000", NULL, "the sliding minute of calls_per_minute"},
    {"lost", SWITCH_RATE, &set.lost, "0", NULL, "executed, then closed without a reply"},
    {"late", SWITCH_RATE, &set.late, "0", NULL, "closed at once, executed late_ms later (saves only)"},
    {"late_ms", SWITCH_COUNT, &set.late_ms, "1000", NULL, "of late"},
    {"unexecuted", SWITCH_RATE, &set.unexecuted, "0", NULL, "read, then closed without executing"},
    {"hang", SWITCH_RATE, &set.hang, "0", NULL, "executed, never answered"},
    {"truncate", SWITCH_RATE, &set.truncate, "0", NULL, "executed, half a reply"},
    {"http502", SWITCH_RATE, &set.http502, "0", NULL, "HTTP 502 with HTML"},
    {"html", SWITCH_RATE, &set.html, "0", NULL, "HTTP 200 with HTML"},
    {"http502_executes", SWITCH_FLAG, &set.http502_executes, "0", NULL, "1: http502 and html execute first"},
    {"http519", SWITCH_RATE, &set.http519, "0", NULL, "HTTP 519 with a transient text, not executed"},
    {"notfound519", SWITCH_FLAG, &set.notfound519, "0", NULL, "1: HTTP 519 \"API Not Found\""},
    {"faults_on", SWITCH_CHOICE, &set.faults_on, "all", "all|saves",
     "calls that the rates fall on; login and accountGroup never"},
    {"echo", SWITCH_FLAG, &set.echo, "0", NULL,
     "1: refuses logins (with login_fail) and saves in words that repeat token and secrets"},
    {"slow_ms", SWITCH_COUNT, &set.slow_ms, "0", NULL, "every reply comes that much later"},
    {"slow_jitter_ms", SWITCH_COUNT, &set.slow_jitter_ms, "0", NULL, "and up to that much more by chance"},
    {"down", SWITCH_FLAG, &set.down, "0", NULL, "1: closed before a body is read"},
    {0},
};

static struct {
    int64_t calls, logins, logins_refused, account_groups, saves, saves_executed, saves_refused, rows, details,
        detail_batches, lists, rows_executed, rows_unexecuted, secrets_seen, throttled, over_limit, down, lost, late,
        late_pending, unexecuted, hang, truncate, http502, html, http519, in_flight, peak_concurrency, save_in_flight,
        refused_token, refused_account, refused_content_type, refused_router, refused_permission, refused_path,
        refused_method, refused_lookup;
} count;
static struct tally_window window;
static int64_t book_made;

enum api { API_NONE, API_GROUPS, API_SAVE, API_DETAIL, API_DETAILS, API_LIST, API_CATEGORIES, API_UNITS };
static const struct {
    const char *path;
    enum api api;
    bool (*answer)(const char *body, size_t length, struct blob *out);
    int64_t *counter;
} paths[] = {
    {"/jdy/sys/accountGroup", API_GROUPS, NULL, &count.account_groups},
    {"/jdy/basedata/material_batch_save", API_SAVE, NULL, &count.saves},
    {"/jdy/basedata/material_detail", API_DETAIL, lookup_detail, &count.details},
    {"/jdy/basedata/material_detail_batch", API_DETAILS, lookup_details, &count.detail_batches},
    {"/jdy/basedata/material_list", API_LIST, lookup_list, &count.lists},
    {"/jdy/basedata/material_group_list", API_CATEGORIES, lookup_groups, &count.lists},
    {"/jdy/basedata/measure_unit_list", API_UNITS, lookup_units, &count.lists},
};

static int path_find(const char *path)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (strcmp(paths[i].path, path) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool hit(double rate, int64_t *counter)
{
    if (!dice_hit(rate)) {
        return false;
    }
    ++*counter;
    return true;
}

static void put_refusal(struct call *call, const char *code, const char *message)
{
    lookup_refuse(&call->answer, code, message);
    call_answer(call, 200, json);
}

static void put_echo(struct call *call, const char *before, const char *behind)
{
    struct blob text = {0};
    login_echo(call->query, &text);
    blob_puts(&call->answer, before);
    blob_string(&call->answer, text.data, text.length);
    blob_puts(&call->answer, behind);
    blob_puts(&call->answer, "}");
    call_answer(call, 200, json);
    blob_fini(&text);
}

static void login(struct call *call)
{
    struct form form;
    size_t length = strlen(call->query);
    form_init(&form, length);
    if (strcmp(call->method, "GET") != 0) {
        count.refused_method++;
        call_text(call, 405, json, "{\"code\":405,\"message\":\"Method Not Allowed\"}");
    } else if (!form_read(&form, call->query, length)) {
        count.logins_refused++;
        call_text(call, 400, json, "{\"errcode\":400,\"description\":\"参数错误\",\"data\":null}");
    } else {
        if (set.echo && login_settings.login_fail) {
            put_echo(call, "{\"errcode\":2001,\"data\":null,\"description\":", "");
            count.logins_refused++;
            form_fini(&form);
            return;
        }
        ++*(login_answer(&form, &call->answer) ? &count.logins : &count.logins_refused);
        call_answer(call, 200, json);
    }
    form_fini(&form);
}

static bool token_lives(const struct call *call)
{
    struct form form;
    size_t length = strlen(call->query);
    form_init(&form, length);
    bool lives =
        form_read(&form, call->query, length) && form.count == 1 && login_accepts(form_get(&form, "access_token"));
    form_fini(&form);
    return lives;
}

static bool header_is(const struct call *call, const char *name, const char *wanted)
{
    const char *value = call_header(call, name);
    return value && strcmp(value, wanted) == 0;
}

/* Token, headers, permission; false when the call is answered already. */
static bool admit(struct call *call, enum api api)
{
    if (strcmp(call->method, "POST") != 0) {
        count.refused_method++;
        call_text(call, 405, json, "{\"code\":405,\"message\":\"Method Not Allowed\"}");
        return false;
    }
    if (!token_lives(call)) {
        count.refused_token++;
        if (set.token_form == 0) {
            call_text(call, 401, json, "{\"code\":401,\"message\":\"Unauthorized\"}");
        } else {
            put_refusal(call, "10001", "access_token 无效或已过期");
        }
        return false;
    }
    const char *type = call_header(call, "Content-Type");
    if (!type || strncasecmp(type, "application/json", 16) != 0) {
        count.refused_content_type++;
        call_text(call, 415, json, "{\"code\":415,\"message\":\"Unsupported Media Type\"}");
        return false;
    }
    if (*set.router_addr && !header_is(call, "X-GW-Router-Addr", set.router_addr)) {
        count.refused_router++;
        call_text(call, 519, json, "{\"code\":519,\"description_cn\":\"路由地址错误: X-GW-Router-Addr\"}");
        return false;
    }
    if (api == API_GROUPS) {
        return true;
    }
    if (!header_is(call, "accountId", login_settings.account_id) ||
        !header_is(call, "groupName", login_settings.group_name)) {
        count.refused_account++;
        call_text(call, 403, json, "{\"code\":403,\"message\":\"accountId 或 groupName 错误, 无权访问该账套\"}");
        return false;
    }
    if (api == API_SAVE && !set.permission) {
        count.refused_permission++;
        call_text(call, 403, json, "{\"code\":403,\"message\":\"没有商品新增权限\"}");
        return false;
    }
    return true;
}

static bool throttle(struct call *call)
{
    static char seconds[24];
    if (!tally_allow(&window, set.calls_per_minute, set.calls_window_ms, server_now())) {
        count.over_limit++;
    } else if (!dice_hit(set.throttle)) {
        return false;
    }
    count.throttled++;
    call_text(call, 429, json, "{\"code\":429,\"message\":\"请求过于频繁, 请稍后再试\"}");
    if (set.retry_after > 0) {
        snprintf(seconds, sizeof seconds, "%lld", (long long)set.retry_after);
        call->header = "Retry-After";
        call->header_value = seconds;
    }
    return true;
}

struct late_save {
    size_t length;
    char body[];
};

static void save_late(void *argument)
{
    struct late_save *late = argument;
    char text[200];
    if (batch_read(late->body, late->length, text) == BATCH_FINE) {
        batch_execute();
        count.saves_executed++;
        count.rows_executed += (int64_t)batch_rows();
    }
    count.late_pending--;
    free(late);
}

static void postpone(const struct call *call)
{
    struct late_save *late = blob_memory(NULL, sizeof *late + call->body.length);
    late->length = call->body.length;
    memcpy(late->body, call->body.data, call->body.length);
    count.late_pending++;
    server_later(set.late_ms, save_late, late);
}

static size_t count_text(const struct blob *body, const char *text)
{
    size_t found = 0, length = strlen(text);
    const char *at = body->data, *end = body->data + body->length;
    while (at && (at = memmem(at, (size_t)(end - at), text, length))) {
        found++;
        at += length;
    }
    return found;
}

/* Puts the true reply, unless the call is to look unexecuted. */
static void execute(struct call *call, int which)
{
    call->answer.length = 0;
    if (paths[which].api != API_SAVE) {
        if (!paths[which].answer(call->body.data, call->body.length, &call->answer)) {
            count.refused_lookup++;
        }
    } else {
        batch_execute();
        count.saves_executed++;
        count.rows_executed += (int64_t)batch_rows();
        batch_answer(&call->answer);
    }
    call_answer(call, 200, json);
}

static void not_executed(int which)
{
    if (paths[which].api == API_SAVE) {
        count.rows_unexecuted += (int64_t)batch_rows();
    }
}

static void run(struct call *call, int which)
{
    static const char bad_gateway[] = "<html><head><title>502 Bad Gateway</title></head><body></body></html>\n";
    bool save = paths[which].api == API_SAVE, faults = save || set.faults_on == 0;
    if (!faults) {
        execute(call, which);
    } else if (save && hit(set.late, &count.late)) {
        postpone(call);
        call_cut(call, CALL_CLOSE);
    } else if (hit(set.unexecuted, &count.unexecuted)) {
        not_executed(which);
        call_cut(call, CALL_CLOSE);
    } else if (hit(set.http519, &count.http519)) {
        not_executed(which);
        call_text(call, 519, json, "{\"code\":519,\"description_cn\":\"系统繁忙, 请稍后再试\"}");
    } else {
        bool bad = hit(set.http502, &count.http502), html = !bad && hit(set.html, &count.html);
        if ((!bad && !html) || set.http502_executes) {
            execute(call, which);
        } else {
            not_executed(which);
        }
        if (bad || html) {
            call_text(call, bad ? 502 : 200, "text/html", bad_gateway);
        } else if (hit(set.lost, &count.lost)) {
            call_cut(call, CALL_CLOSE);
        } else if (hit(set.hang, &count.hang)) {
            call->delay = CALL_NEVER;
            call_cut(call, CALL_CLOSE);
        } else if (hit(set.truncate, &count.truncate)) {
            call_cut(call, CALL_HALF);
        }
    }
}

/* Reads a save; false when the whole call is refused. */
static bool read_save(struct call *call)
{
    char text[200];
    count.secrets_seen += (int64_t)count_text(&call->body, "SECRET-");
    if (batch_read(call->body.data, call->body.length, text) != BATCH_FINE) {
        count.saves_refused++;
        put_refusal(call, "40000", text);
        return false;
    }
    count.rows += (int64_t)batch_rows();
    batch_mark_sent();
    return true;
}

static void handle(struct call *call)
{
    count.calls++;
    int which = path_find(call->path);
    if (strcmp(call->path, "/auth/user/access_token") == 0) {
        login(call);
    } else if (which < 0 || set.notfound519) {
        count.refused_path++;
        call_text(call, 519, json, "{\"code\":519,\"description_cn\":\"API Not Found\"}");
    } else if (++*paths[which].counter, admit(call, paths[which].api)) {
        if (paths[which].api == API_GROUPS) {
            blob_puts(&call->answer, "{\"success\":true,\"message\":\"\",\"errorCode\":\"0\",\"data\":");
            login_books(&call->answer);
            blob_puts(&call->answer, "}");
            call_answer(call, 200, json);
        } else if (set.echo && paths[which].api == API_SAVE) {
            put_echo(call,
                     "{\"success\":true,\"data\":{\"successPkIds\":[],\"success\":false,\"errorInfo\":[{\"id\":\"\","
                     "\"msg\":",
                     "}]}");
        } else if (!throttle(call) && (paths[which].api != API_SAVE || read_save(call))) {
            run(call, which);
        }
    }
    call->delay += set.slow_ms + (int64_t)dice_below((uint64_t)set.slow_jitter_ms + 1);
}

static bool begin(struct call *call)
{
    count.in_flight++;
    int which = path_find(call->path);
    call->mark = which >= 0 && paths[which].api == API_SAVE;
    count.save_in_flight += call->mark;
    if (count.save_in_flight > count.peak_concurrency) {
        count.peak_concurrency = count.save_in_flight;
    }
    count.down += set.down;
    return !set.down;
}

static void end(struct call *call)
{
    count.in_flight--;
    count.save_in_flight -= call->mark;
}

static void report(struct blob *out)
{
    const struct {
        const char *name;
        int64_t value;
    } lines[] = {{"calls", count.calls},
                 {"logins", count.logins},
                 {"logins_refused", count.logins_refused},
                 {"account_groups", count.account_groups},
                 {"saves", count.saves},
                 {"saves_executed", count.saves_executed},
                 {"saves_refused", count.saves_refused},
                 {"rows", count.rows},
                 {"rows_executed", count.rows_executed},
                 {"rows_saved", batch_count.rows_saved},
                 {"rows_refused", batch_count.rows_refused},
                 {"rows_spared", batch_count.rows_spared},
                 {"rows_unexecuted", count.rows_unexecuted},
                 {"creates", batch_count.creates},
                 {"updates", batch_count.updates},
                 {"materials", (int64_t)materials_count()},
                 {"distinct_numbers", (int64_t)materials_numbers()},
                 {"doubled_numbers", (int64_t)materials_doubled()},
                 {"max_row_sends", materials_most_sends()},
                 {"details", count.details},
                 {"detail_batches", count.detail_batches},
                 {"lists", count.lists},
                 {"secrets_seen", count.secrets_seen},
                 {"throttled", count.throttled},
                 {"over_limit", count.over_limit},
                 {"lost", count.lost},
                 {"late", count.late},
                 {"late_pending", count.late_pending},
                 {"unexecuted", count.unexecuted},
                 {"hang", count.hang},
                 {"truncate", count.truncate},
                 {"http502", count.http502},
                 {"html", count.html},
                 {"http519", count.http519},
                 {"down", count.down},
                 {"in_flight", count.in_flight},
                 {"peak_concurrency", count.peak_concurrency},
                 {"refused_token", count.refused_token},
                 {"refused_account", count.refused_account},
                 {"refused_content_type", count.refused_content_type},
                 {"refused_router", count.refused_router},
                 {"refused_permission", count.refused_permission},
                 {"refused_path", count.refused_path},
                 {"refused_method", count.refused_method},
                 {"refused_lookup", count.refused_lookup}};
    blob_puts(out, "{");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        blob_member(out, lines[i].name, lines[i].value);
    }
    for (int i = BATCH_FINE + 1; i < BATCH_REFUSALS; i++) {
        char name[64];
        snprintf(name, sizeof name, "refused_%s", batch_refusal_name((enum batch_refusal)i));
        blob_member(out, name, batch_count.refusals[i]);
    }
    blob_puts(out, "}\n");
}

static void changed(void)
{
    static int64_t seeded = -1;
    if (seeded != set.seed) {
        dice_seed((uint64_t)set.seed);
    }
    seeded = set.seed;
    if (set.book > book_made) {
        batch_fill_book(book_made, set.book, set.book_step, set.book_twins ? 2 : 1);
    }
    if (set.book > book_made) {
        book_made = set.book;
    }
}

static void list_numbers(struct blob *out)
{
    for (size_t i = 0; i < materials_count(); i++) {
        const struct material *m = material_at(i);
        if (!material_is_first(m)) {
            continue;
        }
        blob_puts(out, material_number(m));
        blob_puts(out, " ");
        blob_integer(out, (int64_t)m->id);
        blob_puts(out, " ");
        blob_integer(out, (int64_t)material_number_count(m));
        blob_puts(out, "\n");
    }
}

static bool control(struct call *call, const char *name, const struct form *form)
{
    if (strcmp(name, "material") == 0) {
        const char *number = form_get(form, "number");
        const struct material *m = number ? material_by_number(number, strlen(number)) : NULL;
        blob_puts(&call->answer, "[");
        for (const char *comma = ""; m; m = material_twin(m), comma = ",") {
            blob_puts(&call->answer, comma);
            material_print(m, &call->answer);
        }
        blob_puts(&call->answer, "]\n");
        call_answer(call, 200, "application/json");
    } else if (strcmp(name, "numbers") == 0) {
        list_numbers(&call->answer);
        call_answer(call, 200, "text/plain");
    } else if (strcmp(name, "forget_tokens") == 0) {
        login_forget();
        call_text(call, 200, "text/plain", "ok\n");
    } else if (strcmp(name, "reset_counters") == 0) {
        int64_t in_flight = count.in_flight, saves = count.save_in_flight, late = count.late_pending;
        memset(&count, 0, sizeof count);
        memset(&batch_count, 0, sizeof batch_count);
        count.in_flight = in_flight;
        count.save_in_flight = saves;
        count.late_pending = late;
        materials_forget_sends();
        call_text(call, 200, "text/plain", "ok\n");
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const struct server_options options = {.suffix = "",
                                                  .begin = begin,
                                                  .handle = handle,
                                                  .end = end,
                                                  .control = control,
                                                  .changed = changed,
                                                  .report = report};
    switches_init(switches);
    switches_read(argc, argv, "Stands in for 金蝶云星辰 V1: login, accountGroup, materials.");
    changed();
    int code = server_run(set.bind, set.port, &options);
    materials_fini();
    batch_fini();
    free(window.times);
    return code;
}
