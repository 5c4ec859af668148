/* Stands in for 金蝶云星辰 V1: login, the books, materials, stores, customers, suppliers. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "audit.h"
#include "batch.h"
#include "dice.h"
#include "dress.h"
#include "fields.h"
#include "login.h"
#include "lookups.h"
#include "mar.h"
#include "materials.h"
#include "replay.h"
#include "server.h"
#include "spelling.h"
#include "status.h"
#include "tally.h"
#include "target.h"
#include "unsubscribed.h"

static const char json[] = "application/json; charset=utf-8";

static struct tally_window window;
static int64_t books_made[ENTITIES];

enum api { API_NONE, API_GROUPS, API_SAVE, API_DETAIL, API_DETAILS, API_LIST, API_CATEGORIES, API_UNITS, API_AUDIT };
static const struct {
    const char *path;
    enum api api;
    bool (*answer)(const char *body, size_t length, struct blob *out);
    int64_t *counter;
    enum entity_kind of;
} paths[] = {
    {"/jdy/sys/accountGroup", API_GROUPS, NULL, &target_count.account_groups, ENTITY_MATERIAL},
    {"/jdy/basedata/material_batch_save", API_SAVE, NULL, &target_count.saves, ENTITY_MATERIAL},
    {"/jdy/basedata/material_detail", API_DETAIL, lookup_detail, &target_count.details, ENTITY_MATERIAL},
    {"/jdy/basedata/material_detail_batch", API_DETAILS, lookup_details, &target_count.detail_batches, ENTITY_MATERIAL},
    {"/jdy/basedata/material_list", API_LIST, lookup_list, &target_count.lists, ENTITY_MATERIAL},
    {"/jdy/basedata/material_group_list", API_CATEGORIES, lookup_groups, &target_count.lists, ENTITY_MATERIAL},
    {"/jdy/basedata/measure_unit_list", API_UNITS, lookup_units, &target_count.lists, ENTITY_MATERIAL},
    {"/jdy/basedata/store_save", API_SAVE, NULL, &target_count.saves, ENTITY_STORE},
    {"/jdy/basedata/store_detail", API_DETAIL, lookup_detail, &target_count.details, ENTITY_STORE},
    {"/jdy/basedata/store_list", API_LIST, lookup_list, &target_count.lists, ENTITY_STORE},
    {"/jdy/basedata/customer_batch_save", API_SAVE, NULL, &target_count.saves, ENTITY_CUSTOMER},
    {"/jdy/basedata/customer_detail", API_DETAIL, lookup_detail, &target_count.details, ENTITY_CUSTOMER},
    {"/jdy/basedata/customer_detail_batch", API_DETAILS, lookup_details, &target_count.detail_batches, ENTITY_CUSTOMER},
    {"/jdy/basedata/customer_list", API_LIST, lookup_list, &target_count.lists, ENTITY_CUSTOMER},
    {"/jdy/basedata/supplier_batch_save", API_SAVE, NULL, &target_count.saves, ENTITY_SUPPLIER},
    {"/jdy/basedata/supplier_detail", API_DETAIL, lookup_detail, &target_count.details, ENTITY_SUPPLIER},
    {"/jdy/basedata/supplier_detail_batch", API_DETAILS, lookup_details, &target_count.detail_batches, ENTITY_SUPPLIER},
    {"/jdy/basedata/supplier_list", API_LIST, lookup_list, &target_count.lists, ENTITY_SUPPLIER},
    {"/jdy/sal/sal_outbound_save", API_SAVE, NULL, &target_count.saves, ENTITY_BILL},
    {"/jdy/sal/sal_outbound_detail", API_DETAIL, lookup_detail, &target_count.details, ENTITY_BILL},
    {"/jdy/sal/sal_outbound_list", API_LIST, lookup_list, &target_count.lists, ENTITY_BILL},
    {"/jdy/v2/sys/common_operate", API_AUDIT, NULL, &audit_count.calls, ENTITY_BILL},
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
        target_count.refused_method++;
        call_text(call, 405, json, "{\"code\":405,\"message\":\"Method Not Allowed\"}");
    } else if (!form_read(&form, call->query, length)) {
        target_count.logins_refused++;
        call_text(call, 400, json, "{\"errcode\":400,\"description\":\"参数错误\",\"data\":null}");
    } else {
        if (target_set.echo && login_settings.login_fail) {
            put_echo(call, "{\"errcode\":2001,\"data\":null,\"description\":", "");
            target_count.logins_refused++;
            form_fini(&form);
            return;
        }
        ++*(login_answer(&form, &call->answer) ? &target_count.logins : &target_count.logins_refused);
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

/* Refuses the call in words that a client must understand, in one of the places where targets put them. */
static void put_words(struct call *call, enum api api, int64_t form, const char *code, const char *words)
{
    static const enum batch_blame blames[] = {
        [FORM_ERRORINFO] = BLAME_NOBODY, [FORM_ROWS] = BLAME_ROWS, [FORM_INNER] = BLAME_MESSAGE};
    char text[200];
    if (form == FORM_519) {
        blob_puts(&call->answer, "{\"code\":519,\"description_cn\":");
        blob_quote(&call->answer, words);
        blob_puts(&call->answer, "}");
        call_answer(call, 519, json);
    } else if (form == FORM_PAGE) {
        call_text(
            call, 200, "text/html; charset=utf-8",
            "<!DOCTYPE html>\n<html><head><title>用户登录</title></head><body><form>请登录</form></body></html>\n");
    } else if (form == FORM_REDIRECT) {
        call_text(call, 302, "text/html", "<html><head><title>302 Found</title></head><body></body></html>\n");
        call->header = "Location";
        call->header_value = "https://passport.example.com/signin";
    } else if (form == FORM_TEXT || form == FORM_INSIDE || api != API_SAVE) {
        put_refusal(call, code, words);
    } else {
        (void)batch_read(call->body.data, call->body.length, text);
        batch_refuse_all(blames[form], words, &call->answer);
        call_answer(call, 200, json);
    }
}

/* The session dies inside the save: its second half is refused in these words. */
static void die_inside(struct call *call, const char *words)
{
    char text[200];
    (void)batch_read(call->body.data, call->body.length, text);
    batch_refuse_from(batch_rows() / 2, words);
    batch_execute();
    batch_answer(&call->answer);
    call_answer(call, 200, json);
}

/* Token, headers, permission; false when the call is answered already. */
static bool admit(struct call *call, enum api api)
{
    if (strcmp(call->method, "POST") != 0) {
        target_count.refused_method++;
        call_text(call, 405, json, "{\"code\":405,\"message\":\"Method Not Allowed\"}");
        return false;
    }
    if (!token_lives(call)) {
        target_count.refused_token++;
        if (target_set.token_form == FORM_STATUS) {
            call_text(call, 401, json, "{\"code\":401,\"message\":\"Unauthorized\"}");
        } else if (target_set.token_form == FORM_INSIDE && api == API_SAVE) {
            die_inside(call, target_set.token_words);
        } else {
            put_words(call, api, target_set.token_form, target_set.token_code, target_set.token_words);
        }
        return false;
    }
    const char *type = call_header(call, "Content-Type");
    if (!type || strncasecmp(type, "application/json", 16) != 0) {
        target_count.refused_content_type++;
        call_text(call, 415, json, "{\"code\":415,\"message\":\"Unsupported Media Type\"}");
        return false;
    }
    if (*target_set.router_addr && !header_is(call, "X-GW-Router-Addr", target_set.router_addr)) {
        target_count.refused_router++;
        call_text(call, 519, json, "{\"code\":519,\"description_cn\":\"路由地址错误: X-GW-Router-Addr\"}");
        return false;
    }
    if (api == API_GROUPS) {
        return true;
    }
    if (!header_is(call, "accountId", login_settings.account_id) ||
        !header_is(call, "groupName", login_settings.group_name)) {
        target_count.refused_account++;
        call_text(call, 403, json, "{\"code\":403,\"message\":\"accountId 或 groupName 错误, 无权访问该账套\"}");
        return false;
    }
    if (api == API_SAVE && !target_set.permission) {
        target_count.refused_permission++;
        call_text(call, 403, json, "{\"code\":403,\"message\":\"没有商品新增权限\"}");
        return false;
    }
    return true;
}

static bool throttle(struct call *call, enum api api)
{
    if (!tally_allow(&window, target_set.calls_per_minute, target_set.calls_window_ms, server_now())) {
        target_count.over_limit++;
    } else if (!dice_hit(target_set.throttle)) {
        return false;
    }
    target_count.throttled++;
    if (target_set.throttle_form == FORM_STATUS) {
        blob_puts(&call->answer, "{\"code\":429,\"message\":");
        blob_quote(&call->answer, target_set.throttle_words);
        blob_puts(&call->answer, "}");
        call_answer(call, 429, json);
    } else {
        put_words(call, api, target_set.throttle_form, "46020", target_set.throttle_words);
    }
    if (target_set.throttle_form == FORM_STATUS || target_set.throttle_form == FORM_519) {
        status_tell_wait(call, target_set.retry_after);
    }
    return true;
}

struct late_save {
    enum entity_kind of;
    size_t length;
    char body[];
};

static void save_late(void *argument)
{
    struct late_save *late = argument;
    char text[200];
    entity_use(late->of);
    if (batch_read(late->body, late->length, text) == BATCH_FINE) {
        batch_execute();
        target_count.saves_executed++;
        target_count.rows_executed += (int64_t)batch_rows();
    }
    target_count.late_pending--;
    free(late);
}

static void postpone(const struct call *call)
{
    struct late_save *late = blob_memory(NULL, sizeof *late + call->body.length);
    late->of = entity_kind();
    late->length = call->body.length;
    memcpy(late->body, call->body.data, call->body.length);
    target_count.late_pending++;
    server_later(target_set.late_ms, save_late, late);
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
            target_count.refused_lookup++;
        }
    } else {
        batch_execute();
        target_count.saves_executed++;
        target_count.rows_executed += (int64_t)batch_rows();
        batch_answer(&call->answer);
    }
    call_answer(call, 200, json);
}

static void not_executed(int which)
{
    if (paths[which].api == API_SAVE) {
        target_count.rows_unexecuted += (int64_t)batch_rows();
    }
}

/* One of the next saves whose reply is lost. */
static bool lose(bool save)
{
    if (!save || target_set.lost_next == 0) {
        return false;
    }
    target_set.lost_next--;
    target_count.lost++;
    return true;
}

static void run(struct call *call, int which)
{
    static const char bad_gateway[] = "<html><head><title>502 Bad Gateway</title></head><body></body></html>\n";
    bool save = paths[which].api == API_SAVE, find = !save && paths[which].api != API_AUDIT;
    bool faults = target_set.faults_on == 0 || (target_set.faults_on == 1 ? save : find);
    if (!faults) {
        execute(call, which);
    } else if (save && hit(target_set.late, &target_count.late)) {
        postpone(call);
        call_cut(call, CALL_CLOSE);
    } else if (hit(target_set.unexecuted, &target_count.unexecuted)) {
        not_executed(which);
        call_cut(call, CALL_CLOSE);
    } else if (hit(target_set.http519, &target_count.http519)) {
        not_executed(which);
        call_text(call, 519, json, "{\"code\":519,\"description_cn\":\"系统繁忙, 请稍后再试\"}");
    } else {
        bool bad = hit(target_set.http502, &target_count.http502),
             html = !bad && hit(target_set.html, &target_count.html);
        if ((!bad && !html) || target_set.http502_executes) {
            execute(call, which);
        } else {
            not_executed(which);
        }
        if (bad || html) {
            call_text(call, bad ? 502 : 200, "text/html", bad_gateway);
        } else if (lose(save) || hit(target_set.lost, &target_count.lost)) {
            call_cut(call, CALL_CLOSE);
        } else if (hit(target_set.hang, &target_count.hang)) {
            call->delay = CALL_NEVER;
            call_cut(call, CALL_CLOSE);
        } else if (hit(target_set.truncate, &target_count.truncate)) {
            call_cut(call, CALL_HALF);
        }
    }
}

/* Reads a save; false when the whole call is refused. */
static bool read_save(struct call *call)
{
    char text[200];
    target_count.secrets_seen += (int64_t)count_text(&call->body, "SECRET-");
    if (batch_read(call->body.data, call->body.length, text) != BATCH_FINE) {
        target_count.saves_refused++;
        put_refusal(call, "40000", text);
        return false;
    }
    target_count.rows += (int64_t)batch_rows();
    batch_mark_sent();
    return true;
}

static bool status_falls_on(enum api api, bool login)
{
    switch (target_set.status_on) {
    case ON_SAVES:
        return api == API_SAVE;
    case ON_LOOKUPS:
        return api > API_SAVE && api != API_AUDIT;
    case ON_LOGIN:
        return login;
    case ON_GROUPS:
        return api == API_GROUPS;
    default:
        return true;
    }
}

static void put_books(struct call *call)
{
    blob_puts(&call->answer, "{\"success\":true,\"message\":\"\",\"errorCode\":\"0\",\"data\":");
    login_books(&call->answer);
    blob_puts(&call->answer, "}");
    call_answer(call, 200, json);
}

/* A call that has a path, a token and the right headers. */
static void serve(struct call *call, int which)
{
    enum api api = paths[which].api;
    if (api == API_GROUPS) {
        put_books(call);
    } else if (target_set.echo && api == API_SAVE) {
        put_echo(call,
                 "{\"success\":true,\"data\":{\"successPkIds\":[],\"success\":false,\"errorInfo\":[{\"id\":\"\","
                 "\"msg\":",
                 "}]}");
    } else if (throttle(call, api)) {
        return;
    } else if (api == API_AUDIT) {
        audit_serve(call, target_set.late_ms);
    } else if (api != API_SAVE || read_save(call)) {
        run(call, which);
    }
}

static void handle(struct call *call)
{
    target_count.calls++;
    int which = path_find(call->path);
    entity_use(which < 0 ? ENTITY_MATERIAL : paths[which].of);
    bool is_login = strcmp(call->path, "/auth/user/access_token") == 0;
    status_arrive();
    if (status_falls_on(which < 0 ? API_NONE : paths[which].api, is_login) && status_answer(call)) {
        /* answered */
    } else if (replay_is_on()) {
        replay_answer(call, NULL);
        return;
    } else if (is_login) {
        login(call);
    } else if (which < 0 || target_set.notfound519) {
        target_count.refused_path++;
        call_text(call, 519, json, unsubscribed_not_found);
    } else if (unsubscribed_is(call->path)) {
        ++*paths[which].counter;
        target_count.refused_unsubscribed++;
        unsubscribed_answer(call);
    } else if (++*paths[which].counter, admit(call, paths[which].api)) {
        serve(call, which);
    }
    if (which >= 0 && (paths[which].api == API_SAVE || paths[which].api == API_LIST)) {
        mar(&call->answer);
    }
    dress(call);
    call->delay += target_set.slow_ms + (int64_t)dice_below((uint64_t)target_set.slow_jitter_ms + 1);
}

static bool begin(struct call *call)
{
    target_count.in_flight++;
    int which = path_find(call->path);
    call->mark = which >= 0 && paths[which].api == API_SAVE;
    target_count.save_in_flight += call->mark;
    if (target_count.save_in_flight > target_count.peak_concurrency) {
        target_count.peak_concurrency = target_count.save_in_flight;
    }
    target_count.down += target_set.down;
    return !target_set.down;
}

static void end(struct call *call)
{
    target_count.in_flight--;
    target_count.save_in_flight -= call->mark;
}

static void changed(void)
{
    static int64_t seeded = -1, compared = SPELLING_EXACT;
    replay_changed();
    if (compared != spelling_settings.compared) {
        compared = spelling_settings.compared;
        for (int kind = 0; kind < ENTITIES; kind++) {
            entity_use((enum entity_kind)kind);
            materials_compare_anew();
        }
    }
    if (seeded != target_set.seed) {
        dice_seed((uint64_t)target_set.seed);
    }
    seeded = target_set.seed;
    int64_t *made = &books_made[target_set.book_of];
    entity_use((enum entity_kind)target_set.book_of);
    if (target_set.book > *made) {
        batch_fill_book(*made, target_set.book, target_set.book_step, target_set.book_twins ? 2 : 1,
                        target_set.book_disabled);
        *made = target_set.book;
    }
}

static void list_numbers(struct blob *out)
{
    for (size_t i = 0; i < materials_count(); i++) {
        const struct material *m = material_at(i);
        if (m->gone || !material_is_first(m)) {
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

/* The entity that a control is about: material where it does not say. */
static void use_named(const char *name)
{
    entity_use(ENTITY_MATERIAL);
    for (int kind = 0; name && kind < ENTITIES; kind++) {
        if (strcmp(name, entities[kind].name) == 0) {
            entity_use((enum entity_kind)kind);
        }
    }
}

static bool control(struct call *call, const char *name, const struct form *form)
{
    use_named(form_get(form, "of"));
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
    } else if (strcmp(name, "remove") == 0) {
        const char *number = form_get(form, "number");
        struct material *m = number ? material_by_number(number, strlen(number)) : NULL;
        if (m) {
            material_remove(m);
        }
        call_text(call, m ? 200 : 400, "text/plain", m ? "ok\n" : "no such record\n");
    } else if (strcmp(name, "audit") == 0 || strcmp(name, "unaudit") == 0) { /* by hand */
        audit_by_hand(call, form, name[0] == 'a');
    } else if (strcmp(name, "forget_tokens") == 0) {
        login_forget();
        call_text(call, 200, "text/plain", "ok\n");
    } else if (strcmp(name, "reset_counters") == 0) {
        int64_t in_flight = target_count.in_flight, saves = target_count.save_in_flight,
                late = target_count.late_pending;
        memset(&target_count, 0, sizeof target_count);
        status_count = (struct status_count){0};
        replay_count = (struct replay_count){0};
        memset(&batch_count, 0, sizeof batch_count);
        audit_count = (struct audit_count){.late_pending = audit_count.late_pending};
        target_count.in_flight = in_flight;
        target_count.save_in_flight = saves;
        target_count.late_pending = late;
        for (int kind = 0; kind < ENTITIES; kind++) {
            entity_use((enum entity_kind)kind);
            materials_forget_sends();
        }
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
                                                  .report = target_report};
    switches_init(target_switches);
    switches_read(argc, argv,
                  "Stands in for 金蝶云星辰 V1: login, accountGroup, materials, stores, customers, suppliers.");
    changed();
    int code = server_run(target_set.bind, target_set.port, &options);
    materials_fini();
    batch_fini();
    replay_fini();
    free(window.times);
    return code;
}
