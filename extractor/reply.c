#include "extractor/reply.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/log.h"

enum {
    BAN_BELIEVED = 366 * 86400, /* s */
    RECORD_DEPTH = 4,           /* {"response":{"shoplist":[{ */
};

/* A refusal as the gateway or WDT words it. */
struct refusal_said {
    bool gateway; /* else WDT's own errorcode */
    int64_t code; /* INT64_MIN = none that is a number */
    struct text message, sub_code, sub_message;
};

/* The first row that fits decides. Codes from..to of the gateway or of WDT; a text that must be part of one of the
 * sentences or begin the sub-code, NULL = any. */
static const struct rule {
    enum { ANYONE, GATEWAY, WDT } who;
    int from, to; /* both 0 = any */
    enum reply_class class;
    const char *sub_code, *says, *cure;
} rules[] = {
    {GATEWAY, 7, 7, REPLY_THROTTLED, NULL, NULL, "call less often: limits.callsPerMinute of the scheme"},
    {ANYONE, 0, 0, REPLY_THROTTLED, "accesscontrol.limited-by", NULL, "call less often"},
    {ANYONE, 0, 0, REPLY_THROTTLED, NULL, "ban will last", "call less often"},
    {GATEWAY, 10, 10, REPLY_RETRY, NULL, NULL, "it is the source's own trouble"},
    {GATEWAY, 15, 15, REPLY_FATAL, "isv.", NULL, "the account or its permissions; ask WDT's support with the sub-code"},
    {GATEWAY, 15, 15, REPLY_RETRY, NULL, NULL, "it is the source's own trouble"},
    {GATEWAY, 9, 9, REPLY_FATAL, NULL, NULL, "WDT_URL takes no POST here; it must end in /router/qm"},
    {GATEWAY, 11, 13, REPLY_FATAL, NULL, NULL, "WDT_APP_KEY may not call this API: have it authorised for WDT"},
    {GATEWAY, 21, 22, REPLY_FATAL, NULL, NULL, "source.api of the scheme is not known to WDT_URL"},
    {GATEWAY, 23, 23, REPLY_FATAL, NULL, NULL, "the gateway does not take JSON"},
    {GATEWAY, 24, 25, REPLY_FATAL, NULL, NULL, "check WDT_APP_SECRET: it must be the Taobao secret of WDT_APP_KEY"},
    {GATEWAY, 26, 27, REPLY_FATAL, NULL, NULL, "this API of WDT asks for a session: check WDT_TARGET_APP_KEY"},
    {GATEWAY, 28, 29, REPLY_FATAL, NULL, NULL, "check WDT_APP_KEY"},
    {GATEWAY, 30, 31, REPLY_FATAL, NULL, NULL,
     "the clock of this host is more than 10 minutes off: set it (timedatectl set-ntp true)"},
    {GATEWAY, 32, 34, REPLY_FATAL, NULL, NULL, "WDT_URL speaks another version of the gateway"},
    {GATEWAY, 40, 41, REPLY_FATAL, NULL, "sid", "check WDT_SID"},
    {GATEWAY, 40, 41, REPLY_FATAL, NULL, "target_app_key", "check WDT_TARGET_APP_KEY"},
    {GATEWAY, 40, 43, REPLY_FATAL, NULL, NULL, "check source.request of the scheme"},
    {GATEWAY, 0, 0, REPLY_RETRY, "isp.", NULL, "it is the source's own trouble"},
    {WDT, 1012, 1012, REPLY_THROTTLED, NULL, NULL, "call less often: limits.callsPerMinute of the scheme"},
    {WDT, 0, 0, REPLY_THROTTLED, NULL, "频繁", "call less often"},
    {WDT, 0, 0, REPLY_THROTTLED, NULL, "频率", "call less often"},
    {WDT, 0, 0, REPLY_RETRY, NULL, "繁忙", "it is the source's own trouble"},
    {WDT, 0, 0, REPLY_RETRY, NULL, "超时", "it is the source's own trouble"},
    {WDT, 0, 0, REPLY_RETRY, NULL, "稍后", "it is the source's own trouble"},
    {WDT, 0, 0, REPLY_RETRY, NULL, "timeout", "it is the source's own trouble"},
    {WDT, 0, 0, REPLY_FATAL, NULL, "sid", "check WDT_SID"},
    {WDT, 0, 0, REPLY_FATAL, NULL, "卖家", "check WDT_SID"},
    {ANYONE, 0, 0, REPLY_FATAL, NULL, NULL, "ask WDT's support with this code"},
};

static void tell(struct reply *out, enum reply_class class, const char *format, ...) PRINTF_LIKE(3, 4);
static void tell(struct reply *out, enum reply_class class, const char *format, ...)
{
    char line[sizeof out->why * 2];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    size_t size = text_cut(text_of(line), sizeof out->why - 1);
    memcpy(out->why, line, size);
    out->why[size] = '\0';
    out->class = class;
}

static bool says(const struct refusal_said *said, const char *word)
{
    struct text w = text_of(word);
    return text_find_nocase(said->message, w) >= 0 || text_find_nocase(said->sub_message, w) >= 0 ||
           text_find_nocase(said->sub_code, w) >= 0;
}

static const struct rule *rule_find(const struct refusal_said *said)
{
    const struct rule *rule = rules;
    for (;; rule++) { /* the last row fits all */
        bool who = rule->who == ANYONE || (rule->who == GATEWAY) == said->gateway;
        bool code = (rule->from == 0 && rule->to == 0) || (said->code >= rule->from && said->code <= rule->to);
        bool sub_code = !rule->sub_code || text_starts(said->sub_code, text_of(rule->sub_code));
        if (who && code && sub_code && (!rule->says || says(said, rule->says))) {
            return rule;
        }
    }
}

/* "This ban will last for 37 more seconds": N + 1 s, because the second is told rounded. -1 when not told. */
static int64_t ban_told(struct text sentence)
{
    static const struct text before = {"ban will last for ", 18};
    ptrdiff_t at = text_find_nocase(sentence, before);
    if (at < 0) {
        return -1;
    }
    struct text digits = {sentence.data + at + before.size, 0};
    const char *end = sentence.data + sentence.size;
    while (digits.data + digits.size < end && digits.data[digits.size] >= '0' && digits.data[digits.size] <= '9') {
        digits.size++;
    }
    int64_t seconds;
    if (text_integer(digits, &seconds) || seconds > BAN_BELIEVED) {
        return -1;
    }
    return (seconds + 1) * 1000;
}

static void refuse(const struct refusal_said *said, int64_t retry_after, struct reply *out)
{
    const struct rule *rule = rule_find(said);
    int64_t ban = ban_told(said->message);
    ban = ban >= 0 ? ban : ban_told(said->sub_message);
    out->wait = ban >= 0 ? ban : retry_after;
    char code[32] = "without a code";
    if (said->code != INT64_MIN) {
        (void)snprintf(code, sizeof code, "code %lld", (long long)said->code);
    }
    bool sub = said->sub_code.size > 0 || said->sub_message.size > 0;
    tell(out, rule->class, "the source refuses (%s %s): %.*s%s%.*s%s%.*s%s; %s", said->gateway ? "gateway" : "WDT",
         code, (int)text_cut(said->message, 120), said->message.size ? said->message.data : "", sub ? " (" : "",
         (int)text_cut(said->sub_code, 60), said->sub_code.size ? said->sub_code.data : "",
         said->sub_code.size > 0 && said->sub_message.size > 0 ? ": " : "", (int)text_cut(said->sub_message, 100),
         said->sub_message.size ? said->sub_message.data : "", sub ? ")" : "", rule->cure);
}

/* A code that came as number or text; INT64_MIN for anything else. */
static int64_t code_of(const cJSON *item)
{
    int64_t code;
    return json_integer(item, &code) ? INT64_MIN : code;
}

/* The gateway may quote what it was sent. */
static struct refusal_said said_by(struct arena *arena, const cJSON *object, bool gateway, const char *code,
                                   const char *message, const char *sub_message)
{
    return (struct refusal_said){
        .gateway = gateway,
        .code = code_of(json_get(object, code)),
        .message = log_wiped(arena, json_text(json_get(object, message))),
        .sub_code = log_wiped(arena, json_text(json_get(object, "sub_code"))),
        .sub_message = log_wiped(arena, json_text(json_get(object, sub_message))),
    };
}

/* The array of records. A list that is {}, "" or null is an empty one; so is one that is not there. */
static const cJSON *list_find(const cJSON *response, const struct text *keys, size_t key_count)
{
    for (size_t i = 0; i < key_count; i++) {
        const cJSON *item;
        cJSON_ArrayForEach(item, response)
        {
            if (text_equal(text_of(item->string), keys[i])) {
                return cJSON_IsArray(item) ? item : NULL;
            }
        }
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, response)
    {
        if (cJSON_IsArray(item) && cJSON_IsObject(item->child)) {
            return item;
        }
    }
    return NULL;
}

static void accept(const cJSON *response, const struct text *keys, size_t key_count, struct reply *out)
{
    out->class = REPLY_DONE;
    out->list = list_find(response, keys, key_count);
    out->rows = out->list ? (size_t)cJSON_GetArraySize(out->list) : 0;
    int64_t total;
    if (json_integer(json_get(response, "total_count"), &total) == 0 && total >= 0) {
        out->total = total;
    }
}

static void judge_tree(struct arena *arena, const cJSON *tree, const struct text *keys, size_t key_count,
                       int64_t retry_after, struct reply *out)
{
    const cJSON *top = json_get(tree, "error_response");
    const cJSON *response = json_get(tree, "response");
    if (cJSON_IsObject(top)) {
        struct refusal_said said = said_by(arena, top, true, "code", "msg", "sub_msg");
        refuse(&said, retry_after, out);
        return;
    }
    if (!cJSON_IsObject(response)) {
        tell(out, REPLY_RETRY, "the reply holds no \"response\": is WDT_URL the Qimen gateway (…/router/qm)?");
        return;
    }
    const cJSON *errorcode = json_get(response, "errorcode"), *code = json_get(response, "code");
    bool failure = text_equal(json_text(json_get(response, "flag")), TEXT("failure"));
    bool gateway_refused = failure || (!errorcode && code && code_of(code) != 0);
    if (errorcode && code_of(errorcode) != 0) {
        struct refusal_said said = said_by(arena, response, false, "errorcode", "message", "sub_message");
        refuse(&said, retry_after, out);
    } else if (gateway_refused) {
        struct refusal_said said = said_by(arena, response, true, "code", "message", "sub_message");
        refuse(&said, retry_after, out);
    } else if (!errorcode && !code) {
        tell(out, REPLY_RETRY, "the reply tells neither errorcode nor code");
    } else {
        accept(response, keys, key_count, out);
    }
}

void reply_judge(const struct http_reply *http, const struct reply_form *form, struct arena *arena, struct reply *out)
{
    *out = (struct reply){.wait = -1, .total = -1, .heard = http->reach == HTTP_ANSWERED};
    int64_t wait = -1;
    enum reply_class class = limit_transport(http, &wait);
    const cJSON *tree = NULL;
    struct cause cause = {""};
    if (http->certificate) {
        tell(out, REPLY_FATAL,
             "the source's certificate is not trusted (%s); name its authority's file in DIANCHEN_CA_FILE", http->why);
        return;
    }
    if (http->reach != HTTP_ANSWERED) {
        tell(out, REPLY_RETRY, "%s", http->why[0] ? http->why : "no reply");
        out->wait = wait;
        return;
    }
    /* A refusal may say more in its body than its status does. */
    const struct json_fields fields = {RECORD_DEPTH, form->fields, form->field_count};
    bool json = json_parse_fields(arena, http->body, REPLY_BODY_MAX, JSON_CONTROLS, &fields, &tree, &cause) == 0;
    bool told = json && (json_get(tree, "error_response") || json_get(tree, "response"));
    if (class == REPLY_DONE || (told && http->status < 500)) {
        if (json) {
            judge_tree(arena, tree, form->keys, form->key_count, wait, out);
        } else {
            tell(out, REPLY_RETRY, "the reply is not JSON that can be read (%s)", cause.text);
        }
        if (class == REPLY_DONE || out->class != REPLY_DONE) {
            return;
        }
    }
    out->wait = wait;
    /* This API has no login: 401 is what a proxy or a wrong address says. */
    tell(out, class == REPLY_LOGIN ? REPLY_FATAL : class, "the source answers HTTP %d%s", http->status,
         class == REPLY_FATAL || class == REPLY_LOGIN ? ": check WDT_URL and HTTPS_PROXY" : "");
}
