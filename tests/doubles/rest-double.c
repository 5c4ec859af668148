/* Stands in for an API of JSON over HTTP that nobody knows: lists of items, asked for by GET /v1/items or by POST
 * /v1/items/search; and goods that can be saved (goods.h). Strict about the credential, about parameters (names, values, types, none twice) and about the page's
 * size; what it does in the one way or the other is a switch. */
#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "goods.h"
#include "oauth.h"
#include "server.h"
#include "status.h"
#include "switches.h"

enum { NAME_ROOM = 200, ITEMS_MAX = 100000 };
enum auth { AUTH_NONE, AUTH_BASIC, AUTH_BEARER, AUTH_HEADER, AUTH_OAUTH2 };
enum paging { BY_PAGE, BY_OFFSET, WHOLE, BY_CURSOR };
enum next { NEXT_BODY, NEXT_LINK };
enum total { TOTAL_BODY, TOTAL_HEADER, TOTAL_NEVER };
enum list { LIST_KEY, LIST_BODY };
enum torn { TORN_NOTHING, TORN_HTML, TORN_HALF, TORN_QUOTE };

static struct {
    int64_t port, items, auth, paging, next, bare_next, stale, loop, first, size_max, page_cap, total, list, bad_next,
        bad, busy_next, fast_next, refuse, windows;
    char bind[SWITCH_TEXT_ROOM], token[SWITCH_TEXT_ROOM], user[SWITCH_TEXT_ROOM], password[SWITCH_TEXT_ROOM];
} set;

static const struct switch_entry switches[] = {
    {"port", SWITCH_COUNT, &set.port, "0", NULL, "port to listen on; 0 = any free one"},
    {"bind", SWITCH_TEXT, set.bind, "127.0.0.1", NULL, "IPv4 address to listen on"},
    {"items", SWITCH_COUNT, &set.items, "1000", NULL,
     "items: R000001, R000002, …; every third is of kind b, others of a"},
    {"windows", SWITCH_COUNT, &set.windows, "0", NULL,
     "N: only what changed from since to until (seconds since 1970, both included, at most N hours) is given; the "
     "items have "
     "changed over the last 5 * N hours, those that are edited just then; 0 = no such parameters"},
    {"auth", SWITCH_CHOICE, &set.auth, "none", "none|basic|bearer|header|oauth2",
     "the credential; header: X-Api-Key; oauth2: a token of POST /oauth/token"},
    {"token", SWITCH_TEXT, set.token, "demo_token", NULL, "of bearer and header"},
    {"user", SWITCH_TEXT, set.user, "demo_user", NULL, "of basic and oauth2"},
    {"password", SWITCH_TEXT, set.password, "demo_password", NULL, "of basic and oauth2"},
    {"paging", SWITCH_CHOICE, &set.paging, "page", "page|offset|whole|cursor",
     "page and limit, skip and limit, neither, or after and limit"},
    {"next", SWITCH_CHOICE, &set.next, "body", "body|link", "by a cursor: in meta.next, or in the header Link"},
    {"bare_next", SWITCH_COUNT, &set.bare_next, "0", NULL,
     "the next N pages hold no item, and name the cursor that was sent"},
    {"stale", SWITCH_FLAG, &set.stale, "0", NULL, "1: every cursor is refused with HTTP 410"},
    {"loop", SWITCH_FLAG, &set.loop, "0", NULL, "1: a cursor is taken and ignored: the first page comes again"},
    {"first", SWITCH_COUNT, &set.first, "1", NULL, "number of the first page"},
    {"size_max", SWITCH_COUNT, &set.size_max, "100", NULL, "a larger limit is refused"},
    {"page_cap", SWITCH_COUNT, &set.page_cap, "0", NULL,
     "a page holds N items at most, whatever was asked; 0 = as asked"},
    {"total", SWITCH_CHOICE, &set.total, "body", "body|header|never", "in meta.total, in X-Total-Count, or untold"},
    {"list", SWITCH_CHOICE, &set.list, "key", "key|body", "data.items of an object, or the body itself"},
    {"bad_next", SWITCH_COUNT, &set.bad_next, "0", NULL, "the next N pages come as bad says"},
    {"bad", SWITCH_CHOICE, &set.bad, "half", "nothing|html|half|quote",
     "HTML, half of the JSON, or a bare quote in a name"},
    {"busy_next", SWITCH_COUNT, &set.busy_next, "0", NULL, "the next N calls say BUSY, with HTTP 200"},
    {"fast_next", SWITCH_COUNT, &set.fast_next, "0", NULL, "the next N calls say TOO_FAST, with HTTP 400"},
    {"refuse", SWITCH_FLAG, &set.refuse, "0", NULL,
     "1: every call is refused in words, with HTTP 200, and repeats its credential"},
    OAUTH_SWITCHES,
    GOODS_SWITCHES,
    STATUS_SWITCHES,
    {0},
};

static struct {
    int64_t calls, pages, rows, beyond, refused, busy, fast, bad, in_flight, peak_concurrency;
} count;

static char names[ITEMS_MAX][NAME_ROOM]; /* as they were edited; "" = as made */
static int64_t edited[ITEMS_MAX];        /* when, in seconds; 0 = never */
static int64_t started;

struct asked {
    int64_t number, limit, id, since, until; /* -1 = not asked for */
    char kind[40];
};

/* ---- what is refused ---- */

static void refuse(struct call *call, int status, const char *message)
{
    count.refused++;
    blob_puts(&call->answer, "{\"code\":\"REFUSED\",\"message\":");
    blob_quote(&call->answer, message);
    blob_puts(&call->answer, "}");
    call_answer(call, status, "application/json");
}

static bool says(const struct call *call, const char *header, const char *start, const char *value)
{
    const char *said = call_header(call, header);
    size_t size = strlen(start);
    return said && strncmp(said, start, size) == 0 && strcmp(said + size, value) == 0;
}

static bool is_known(const struct call *call)
{
    unsigned char coded[SWITCH_TEXT_ROOM * 3];
    char plain[SWITCH_TEXT_ROOM * 2 + 2];
    switch ((enum auth)set.auth) {
    case AUTH_NONE:
        return !call_header(call, "Authorization") && !call_header(call, "X-Api-Key");
    case AUTH_BASIC:
        EVP_EncodeBlock(coded, (unsigned char *)plain, snprintf(plain, sizeof plain, "%s:%s", set.user, set.password));
        return says(call, "Authorization", "Basic ", (char *)coded);
    case AUTH_BEARER:
        return says(call, "Authorization", "Bearer ", set.token);
    case AUTH_HEADER:
        return says(call, "X-Api-Key", "", set.token);
    case AUTH_OAUTH2:
        return true; /* oauth_look has said it */
    }
    return false;
}

static bool whole_number(const char *text, int64_t *out)
{
    char *end = NULL;
    *out = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static const char *number_name(void)
{
    return set.paging == BY_OFFSET ? "skip" : set.paging == BY_CURSOR ? "after" : "page";
}

/* A cursor says how many items stand before its page, in a way that nobody should read. */
static const char cursor_start[] = "k=\xc3\xbc&/+ ";
static bool cursor_read(const char *text, int64_t *out)
{
    size_t size = sizeof cursor_start - 1;
    return strncmp(text, cursor_start, size) == 0 && whole_number(text + size, out);
}

static const char *take(struct asked *asked, const char *name, const char *text)
{
    bool paged = set.paging != WHOLE;
    if (set.paging == BY_CURSOR && strcmp(name, number_name()) == 0) {
        return asked->number < 0 && cursor_read(text, &asked->number) ? NULL : "no cursor of this server";
    }
    if (paged && strcmp(name, number_name()) == 0) {
        return asked->number < 0 && whole_number(text, &asked->number) ? NULL : "page or skip is no number";
    }
    if (paged && strcmp(name, "limit") == 0) {
        return asked->limit < 0 && whole_number(text, &asked->limit) ? NULL : "limit is no number";
    }
    if (set.windows > 0 && strcmp(name, "since") == 0) {
        return asked->since < 0 && whole_number(text, &asked->since) ? NULL : "since is no number";
    }
    if (set.windows > 0 && strcmp(name, "until") == 0) {
        return asked->until < 0 && whole_number(text, &asked->until) ? NULL : "until is no number";
    }
    if (strcmp(name, "id") == 0) {
        return asked->id < 0 && whole_number(text, &asked->id) ? NULL : "id is no number";
    }
    if (strcmp(name, "kind") == 0 && (strcmp(text, "a") == 0 || strcmp(text, "b") == 0) && asked->kind[0] == '\0') {
        snprintf(asked->kind, sizeof asked->kind, "%s", text);
        return NULL;
    }
    return "an unknown parameter, an unknown kind, or one twice";
}

static const char *read_query(const struct call *call, struct asked *asked)
{
    struct form form;
    const char *wrong = NULL;
    form_init(&form, strlen(call->query));
    if (!form_read(&form, call->query, strlen(call->query))) {
        wrong = "a broken query";
    }
    for (size_t i = 0; !wrong && i < form.count; i++) {
        wrong = take(asked, form.pairs[i].name, form.pairs[i].value);
    }
    form_fini(&form);
    return wrong;
}

/* {"paging": {"page": 1, "limit": 100}, "filter": {"kind": "a", "id": 7}}, or all of them side by side: numbers are numbers. */
static const char *read_members(const cJSON *object, struct asked *asked)
{
    const char *wrong = NULL;
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        char text[40];
        bool nested = strcmp(item->string, "paging") == 0 || strcmp(item->string, "filter") == 0;
        if (wrong) {
            break;
        }
        if (nested && cJSON_IsObject(item)) {
            wrong = read_members(item, asked);
        } else if (cJSON_IsNull(item)) {
            continue;
        } else if (strcmp(item->string, "kind") == 0 ? !cJSON_IsString(item) : !cJSON_IsNumber(item)) {
            wrong = "a member of the wrong type";
        } else {
            snprintf(text, sizeof text, "%.0f", cJSON_IsNumber(item) ? item->valuedouble : 0);
            wrong = take(asked, item->string, cJSON_IsString(item) ? item->valuestring : text);
        }
    }
    return wrong;
}

static const char *read_body(const struct call *call, struct asked *asked)
{
    const char *type = call_header(call, "Content-Type");
    cJSON *tree = cJSON_ParseWithLength(call->body.data ? call->body.data : "", call->body.length);
    const char *wrong = !type || strncmp(type, "application/json", 16) != 0 ? "no Content-Type of JSON"
                        : !cJSON_IsObject(tree)                             ? "no JSON object"
                        : call->query[0] != '\0'                            ? "a query beside the body"
                                                                            : read_members(tree, asked);
    cJSON_Delete(tree);
    return wrong;
}

static const char *check_range(const struct asked *asked)
{
    if (set.windows > 0 &&
        (asked->since < 0 || asked->until < asked->since || asked->until - asked->since > set.windows * 3600)) {
        return "no window, or one that is too long";
    }
    if (set.paging == WHOLE) {
        return NULL;
    }
    int64_t least = set.paging == BY_PAGE ? set.first : set.paging == BY_CURSOR ? -1 : 0;
    return asked->number < least                             ? "no page, or one before the first"
           : asked->limit < 1 || asked->limit > set.size_max ? "no limit, or one that is too large"
                                                             : NULL;
}

/* ---- items ---- */

static char kind_of(int64_t id)
{
    return id % 3 == 0 ? 'b' : 'a';
}

static void put_item(struct blob *out, int64_t id, bool quote)
{
    blob_printf(
        out,
        "{\"id\":%lld,\"code\":\"R%06lld\",\"kind\":\"%c\",\"price\":%lld.50,\"tags\":[\"x\",{\"y\":%lld}],\"name\":",
        (long long)id, (long long)id, kind_of(id), (long long)id, (long long)id);
    if (names[id - 1][0] != '\0') {
        blob_quote(out, names[id - 1]);
    } else {
        blob_printf(out, "\"Ding %s%lld \\u201c大\\u201d\"", quote ? "\"" : "", (long long)id);
    }
    blob_puts(out, "}");
}

static int64_t changed_at(int64_t id)
{
    return edited[id - 1] > 0 ? edited[id - 1] : started - (set.items - id) * 5 * set.windows * 3600 / set.items;
}

static bool is_asked(const struct asked *asked, int64_t id)
{
    if (set.windows > 0 && (changed_at(id) < asked->since || changed_at(id) > asked->until)) {
        return false;
    }
    return (asked->kind[0] == '\0' || asked->kind[0] == kind_of(id)) && (asked->id < 0 || asked->id == id);
}

/* The last page says null, or leaves it out. */
static void put_next(struct blob *out, int64_t at, int64_t total)
{
    char text[60];
    snprintf(text, sizeof text, "%s%lld", cursor_start, (long long)at);
    if (set.next == NEXT_BODY && at < total) {
        blob_puts(out, "\"next\":");
        blob_quote(out, text);
    } else if (set.next == NEXT_BODY && total % 2 == 0) {
        blob_puts(out, "\"next\":null");
    }
}

static void tell_next(struct call *call, int64_t at, int64_t total)
{
    struct blob cursor = {0};
    char text[60];
    snprintf(text, sizeof text, "%s%lld", cursor_start, (long long)at);
    blob_percent(&cursor, text);
    if (at < total) {
        snprintf(
            call->note, sizeof call->note,
            "<https://api.example.com/v1/items>; rel=\"first\", <https://api.example.com/v1/items?limit=1&after=%s>; "
            "rel=\"next\"",
            blob_text(&cursor));
        call->header = "Link";
        call->header_value = call->note;
    }
    blob_fini(&cursor);
}

static void put_page(struct call *call, const struct asked *asked)
{
    struct blob list = {0}, *out = &call->answer;
    int64_t total = 0, rows = 0, most = asked->limit;
    most = set.page_cap > 0 && set.page_cap < most ? set.page_cap : most;
    int64_t before = set.paging == WHOLE || (set.paging == BY_CURSOR && set.loop) ? 0
                     : set.paging == BY_OFFSET                                    ? asked->number
                     : set.paging == BY_CURSOR ? (asked->number > 0 ? asked->number : 0)
                                               : (asked->number - set.first) * most;
    bool bare = set.paging == BY_CURSOR && asked->id < 0 && set.bare_next > 0;
    set.bare_next -= bare;
    most = bare ? 0 : most;
    bool bad = set.bad_next > 0;
    set.bad_next -= bad;
    count.bad += bad;
    for (int64_t id = 1; id <= set.items && id <= ITEMS_MAX; id++) {
        if (!is_asked(asked, id)) {
            continue;
        }
        if (total >= before && (set.paging == WHOLE || rows < most)) {
            blob_puts(&list, rows++ > 0 ? "," : "");
            put_item(&list, id, bad && set.bad == TORN_QUOTE && rows == 1);
        }
        total++;
    }
    count.pages++;
    count.rows += rows;
    count.beyond += rows == 0;
    blob_text(&list);
    if (bad && set.bad == TORN_HTML) {
        blob_fini(&list);
        call_text(call, 200, "text/html", "<!DOCTYPE html><html><body>maintenance</body></html>\n");
        return;
    }
    if (set.list == LIST_BODY) {
        blob_printf(out, "[%s]", list.data);
    } else {
        blob_printf(out, "{\"code\":\"OK\",\"message\":null,\"data\":{\"items\":[%s]},\"meta\":{", list.data);
        if (set.paging == BY_CURSOR) {
            put_next(out, before + rows, total);
        } else if (set.total == TOTAL_BODY) {
            blob_printf(out, "\"total\":%lld", (long long)total);
        }
        blob_puts(out, "}}");
    }
    if (bad && set.bad == TORN_HALF) {
        out->length /= 2;
    }
    blob_fini(&list);
    call_answer(call, 200, "application/json");
    if (set.paging == BY_CURSOR && set.next == NEXT_LINK) {
        tell_next(call, before + rows, total);
    } else if (set.total == TOTAL_HEADER) {
        snprintf(call->note, sizeof call->note, "%lld", (long long)total);
        call->header = "X-Total-Count";
        call->header_value = call->note;
    }
}

/* ---- calls ---- */

static bool put_fault(struct call *call)
{
    status_arrive();
    if (status_answer(call)) {
        return true;
    }
    if (set.busy_next > 0) {
        set.busy_next--;
        count.busy++;
        call_text(call, 200, "application/json", "{\"code\":\"BUSY\",\"message\":\"come back later\"}");
    } else if (set.fast_next > 0) {
        set.fast_next--;
        count.fast++;
        call_text(call, 400, "application/json", "{\"code\":\"TOO_FAST\",\"message\":\"slowly\"}");
    } else if (set.refuse) {
        const char *said = call_header(call, "Authorization");
        blob_puts(&call->answer, "{\"code\":\"NO\",\"message\":");
        blob_quote(&call->answer, said ? said : "the licence has ended");
        blob_puts(&call->answer, "}");
        call_answer(call, 200, "application/json");
    } else {
        return false;
    }
    return true;
}

static void handle(struct call *call)
{
    struct asked asked = {-1, -1, -1, -1, -1, ""};
    bool post = strcmp(call->method, "POST") == 0;
    const char *accept = call_header(call, "Accept");
    count.calls++;
    if (set.auth == AUTH_OAUTH2 && oauth_handle(call, set.user, set.password)) {
        return;
    }
    bool goods = strncmp(call->path, "/v1/goods", 9) == 0;
    if (!goods && strcmp(call->path, post ? "/v1/items/search" : "/v1/items") != 0) {
        refuse(call, 404, "no such path");
        return;
    }
    enum oauth_token token = set.auth == AUTH_OAUTH2 ? oauth_look(call) : OAUTH_GOOD;
    if (token == OAUTH_STALE) {
        call_text(call, 401, "application/json", "{\"code\":\"TOKEN\",\"message\":\"the token has ended\"}");
        return;
    }
    if (token == OAUTH_UNKNOWN || !is_known(call)) {
        refuse(call, 401, "who are you?");
        return;
    }
    if (!accept || strcmp(accept, "application/json") != 0) {
        refuse(call, 406, "JSON is all there is");
        return;
    }
    if (goods) {
        (void)goods_handle(call);
        return;
    }
    const char *wrong = post ? read_body(call, &asked) : read_query(call, &asked);
    wrong = wrong ? wrong : check_range(&asked);
    if (wrong) {
        refuse(call, 400, wrong);
    } else if (set.paging == BY_CURSOR && set.stale && asked.number >= 0) {
        call_text(call, 410, "application/json", "{\"code\":\"STALE\",\"message\":\"the cursor has ended\"}");
    } else if (!put_fault(call)) {
        put_page(call, &asked);
    }
}

static bool begin(struct call *call)
{
    (void)call;
    count.in_flight++;
    count.peak_concurrency = count.in_flight > count.peak_concurrency ? count.in_flight : count.peak_concurrency;
    return true;
}

static void end(struct call *call)
{
    (void)call;
    count.in_flight--;
}

static bool control(struct call *call, const char *name, const struct form *form)
{
    const char *id = form_get(form, "id"), *value = form_get(form, "name");
    int64_t at = 0;
    if (strcmp(name, "edit") == 0) {
        bool fine = id && value && whole_number(id, &at) && at >= 1 && at <= ITEMS_MAX;
        if (fine) {
            snprintf(names[at - 1], NAME_ROOM, "%s", value);
            edited[at - 1] = (int64_t)time(NULL);
        }
        call_text(call, fine ? 200 : 400, "text/plain", fine ? "ok\n" : "no such item\n");
        return true;
    }
    return goods_control(call, name, form);
}

static void report(struct blob *out)
{
    blob_puts(out, "{");
    blob_member(out, "calls", count.calls);
    blob_member(out, "pages", count.pages);
    blob_member(out, "rows", count.rows);
    blob_member(out, "beyond", count.beyond);
    blob_member(out, "refused", count.refused);
    blob_member(out, "busy", count.busy);
    blob_member(out, "fast", count.fast);
    blob_member(out, "bad", count.bad);
    blob_member(out, "status", status_count.answers);
    blob_member(out, "early", status_count.early);
    blob_member(out, "peak_concurrency", count.peak_concurrency);
    oauth_report(out);
    goods_report(out);
    blob_puts(out, "}\n");
}

static void changed(void)
{
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
    started = (int64_t)time(NULL);
    switches_init(switches);
    switches_read(argc, argv, "Stands in for an API of JSON over HTTP: lists of items, strict about what it is asked.");
    return server_run(set.bind, set.port, &options);
}
