/* Stands in for the group robots of 钉钉, 企业微信 and 飞书: takes a message only in the exact form, rightly signed. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "scan.h"
#include "server.h"
#include "switches.h"

enum { HASH_SIZE = 32, SIGN_SIZE = 44, TEXT_MOST = 2048, HOUR_MS = 3600 * 1000 };

static struct {
    int64_t port, form, down;
    char bind[SWITCH_TEXT_ROOM], secret[SWITCH_TEXT_ROOM], key[SWITCH_TEXT_ROOM];
} set;

static const struct switch_entry switches[] = {
    {"port", SWITCH_COUNT, &set.port, "0", NULL, "port to listen on; 0 = any free one"},
    {"bind", SWITCH_TEXT, set.bind, "127.0.0.1", NULL, "IPv4 address to listen on"},
    {"form", SWITCH_CHOICE, &set.form, "dingtalk", "dingtalk|wecom|feishu", "whose robot"},
    {"key", SWITCH_TEXT, set.key, "demo_robot_key", NULL, "in the address; the only one known"},
    {"secret", SWITCH_TEXT, set.secret, "", NULL, "empty: messages are not signed"},
    {"down", SWITCH_COUNT, &set.down, "0", NULL, "so many calls are answered with HTTP 502"},
    {NULL, SWITCH_COUNT, NULL, NULL, NULL, NULL},
};
enum { DINGTALK, WECOM, FEISHU };

static int64_t accepted, refused, failed;
static struct blob messages; /* as JSON strings, with commas */

static void refuse(struct call *call, int code, const char *why)
{
    refused++;
    fprintf(stderr, "robot-double: refused: %s\n", why);
    blob_printf(&call->answer, set.form == FEISHU ? "{\"code\":%d,\"msg\":" : "{\"errcode\":%d,\"errmsg\":", code);
    blob_quote(&call->answer, why);
    blob_puts(&call->answer, "}");
    call_answer(call, 200, "application/json");
}

/* What a right caller must have computed for `time`. */
static void signature(const char *time, char out[SIGN_SIZE + 1])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct blob base = {0};
    blob_printf(&base, "%s\n%s", time, set.secret);
    const char *text = blob_text(&base);
    if (set.form == DINGTALK) {
        (void)HMAC(EVP_sha256(), set.secret, (int)strlen(set.secret), (const unsigned char *)text, strlen(text), hash,
                   &size);
    } else {
        (void)HMAC(EVP_sha256(), text, (int)strlen(text), (const unsigned char *)"", 0, hash, &size);
    }
    (void)EVP_EncodeBlock((unsigned char *)out, hash, HASH_SIZE);
    blob_fini(&base);
}

static bool signed_rightly(const char *time, const char *sign)
{
    char wanted[SIGN_SIZE + 1];
    char *end = NULL;
    if (!time || !sign) {
        return false;
    }
    struct timespec wall;
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    long long told = strtoll(time, &end, 10), now = (long long)wall.tv_sec * 1000;
    told = set.form == FEISHU ? told * 1000 : told;
    signature(time, wanted);
    return *time && !*end && llabs(now - told) < HOUR_MS && strcmp(sign, wanted) == 0;
}

struct message {
    struct blob type, text, time, sign;
    int texts, others;
};

/* {"content":…} or {"text":…}, and nothing beside it. */
static bool read_inner(struct scan *scan, const char *member, struct message *m)
{
    struct scan_value name, value;
    if (!scan_enter(scan, '{')) {
        return false;
    }
    while (scan_member(scan, &name)) {
        if (!scan_is(&name, member) || !scan_value(scan, &value) || value.type != SCAN_STRING) {
            return false;
        }
        scan_decode(&value, &m->text);
        m->texts++;
    }
    return scan->fault == NULL;
}

static bool read_message(const struct blob *body, struct message *m)
{
    bool feishu = set.form == FEISHU;
    struct scan scan;
    struct scan_value name, value;
    scan_init(&scan, body->data, body->length);
    if (!scan_enter(&scan, '{')) {
        return false;
    }
    while (scan_member(&scan, &name)) {
        struct blob *into = scan_is(&name, feishu ? "msg_type" : "msgtype") ? &m->type
                            : feishu && scan_is(&name, "timestamp")         ? &m->time
                            : feishu && scan_is(&name, "sign")              ? &m->sign
                                                                            : NULL;
        if (scan_is(&name, feishu ? "content" : "text")) {
            if (!read_inner(&scan, feishu ? "text" : "content", m)) {
                return false;
            }
        } else if (!into || into->length > 0 || !scan_value(&scan, &value) || value.type != SCAN_STRING) {
            return false;
        } else {
            scan_decode(&value, into);
        }
    }
    return scan_done(&scan) && m->texts == 1 && strcmp(blob_text(&m->type), "text") == 0;
}

static const char *path_wanted(void)
{
    static char path[SWITCH_TEXT_ROOM + 40];
    (void)snprintf(path, sizeof path, "/open-apis/bot/v2/hook/%s", set.key);
    return set.form == DINGTALK ? "/robot/send" : set.form == WECOM ? "/cgi-bin/webhook/send" : path;
}

static void judge(struct call *call, const struct form *query, struct message *m)
{
    const char *type = call_header(call, "Content-Type");
    const char *key = form_get(query, set.form == DINGTALK ? "access_token" : "key");
    const char *time = form_get(query, "timestamp"), *sign = form_get(query, "sign");
    bool whole = read_message(&call->body, m);
    if (set.form == FEISHU) {
        time = m->time.length > 0 ? blob_text(&m->time) : NULL;
        sign = m->sign.length > 0 ? blob_text(&m->sign) : NULL;
    }
    bool secured = set.secret[0] != '\0';
    if (strcmp(call->method, "POST") != 0 || strcmp(call->path, path_wanted()) != 0) {
        call_text(call, 404, "text/plain", "no robot here\n");
        refused++;
    } else if (set.form != FEISHU && (!key || strcmp(key, set.key) != 0)) {
        refuse(call, 300001, "token is not exist");
    } else if (!type || strncmp(type, "application/json", 16) != 0 || !whole) {
        refuse(call, 9499, "Bad Request");
    } else if (m->text.length == 0 || m->text.length > TEXT_MOST) {
        refuse(call, 40058, "content exceeds maximum length");
    } else if (secured ? !signed_rightly(time, sign) : time || sign) {
        refuse(call, set.form == FEISHU ? 19021 : 310000, "sign match fail or timestamp is not within one hour");
    } else {
        accepted++;
        blob_puts(&messages, messages.length > 0 ? "," : "");
        blob_string(&messages, m->text.data, m->text.length);
        call_text(call, 200, "application/json",
                  set.form == FEISHU ? "{\"code\":0,\"msg\":\"success\",\"data\":{}}"
                                     : "{\"errcode\":0,\"errmsg\":\"ok\"}");
    }
}

static void handle(struct call *call)
{
    struct form query;
    struct message m = {0};
    if (set.down > 0) {
        set.down--;
        failed++;
        call_text(call, 502, "text/html", "<html>bad gateway</html>\n");
        return;
    }
    form_init(&query, strlen(call->query) + 1);
    if (form_read(&query, call->query, strlen(call->query))) {
        judge(call, &query, &m);
    } else {
        refuse(call, 9499, "Bad Request");
    }
    form_fini(&query);
    blob_fini(&m.type);
    blob_fini(&m.text);
    blob_fini(&m.time);
    blob_fini(&m.sign);
}

static void report(struct blob *out)
{
    blob_printf(out, "{\"accepted\":%lld,\"refused\":%lld,\"failed\":%lld,\"messages\":[", (long long)accepted,
                (long long)refused, (long long)failed);
    blob_put(out, messages.data, messages.length);
    blob_puts(out, "]}");
}

static bool control(struct call *call, const char *name, const struct form *form)
{
    (void)form;
    if (strcmp(name, "reset_counters") != 0) {
        return false;
    }
    accepted = refused = failed = 0;
    messages.length = 0;
    call_text(call, 200, "text/plain", "ok\n");
    return true;
}

static void changed(void)
{
}

int main(int argc, char **argv)
{
    static const struct server_options options = {
        .suffix = "", .handle = handle, .control = control, .changed = changed, .report = report};
    switches_init(switches);
    switches_read(argc, argv, "Stands in for the group robots of DingTalk, WeCom and Feishu.");
    int code = server_run(set.bind, set.port, &options);
    blob_fini(&messages);
    return code;
}
