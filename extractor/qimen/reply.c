#include "extractor/qimen/reply.h"

#include <stdio.h>

#include "common/base/secret.h"
#include "common/json/json.h"
#include "extractor/platform/judge.h"
#include "extractor/qimen/envelope.h"

enum {
    BAN_BELIEVED = 366 * 86400, /* s */
    ENVELOPE_MAX = 64 << 10,    /* bytes of what stands beside the list */
    SENTENCE_MAX = 8 << 10,     /* of a text in it */
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

static void refuse(const struct refusal_said *said, int64_t retry_after, struct source_answer *out)
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
    judge_tell(out, rule->class, "the source refuses (%s %s): %.*s%s%.*s%s%.*s%s; %s",
               said->gateway ? "gateway" : "WDT", code, (int)text_cut(said->message, 120),
               said->message.size ? said->message.data : "", sub ? " (" : "", (int)text_cut(said->sub_code, 60),
               said->sub_code.size ? said->sub_code.data : "",
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
        .message = secret_wiped(arena, json_text(json_get(object, message))),
        .sub_code = secret_wiped(arena, json_text(json_get(object, "sub_code"))),
        .sub_message = secret_wiped(arena, json_text(json_get(object, sub_message))),
    };
}

/* The members of an object that are neither objects nor lists, as a tree. Texts are repaired, numbers keep their digits; what
 * can't be read is left out. */
static const cJSON *scalars_read(struct text object, const struct json_marks *marks, struct arena *arena)
{
    struct json_walk walk;
    struct text name, value, decoded;
    struct buffer flat;
    const cJSON *tree = NULL;
    bool first = true, repaired;
    buffer_init(&flat, ENVELOPE_MAX);
    buffer_add_char(&flat, '{');
    if (json_walk_marked(&walk, object, marks) == 0 && walk.object) {
        while (json_walk_next(&walk, &name, &value) == 1) {
            bool text = value.data[0] == '"' && value.size <= SENTENCE_MAX;
            struct text quoted = {name.data - 1, name.size + 2};
            bool word = text_equal(value, TEXT("true")) || text_equal(value, TEXT("false"));
            if (json_decode_text(quoted, arena, &name, &repaired) != 0) {
                continue;
            }
            if (text && json_decode_text(value, arena, &decoded, &repaired) == 0) {
                json_put_member(&flat, &first, name);
                json_put_text(&flat, decoded);
            } else if (word || json_decode_number(value, arena, &decoded) == 0) {
                json_put_member(&flat, &first, name);
                buffer_add_text(&flat, word ? value : decoded);
            }
        }
    }
    buffer_add_char(&flat, '}');
    struct text kept = arena_text(arena, buffer_text(&flat));
    if (flat.failed || !kept.data || json_parse(arena, kept, ENVELOPE_MAX, JSON_STRICT, &tree, NULL) != 0) {
        tree = NULL;
    }
    buffer_fini(&flat);
    return tree;
}

static void accept(struct text response, const struct json_marks *marks, const cJSON *scalars,
                   const struct reply_form *form, struct arena *arena, struct source_answer *out)
{
    struct list list;
    int64_t total;
    const struct list_form looked_for = {form->keys, form->key_count, form->id, marks};
    int error = list_find(response, &looked_for, arena, &list);
    if (json_integer(json_get(scalars, "total_count"), &total) == 0 && total >= 0 && total <= SOURCE_TOTAL_MAX) {
        out->total = total;
    }
    judge_list(error, &list, out);
}

static void read_envelope(struct arena *arena, const struct envelope *envelope, const struct reply_form *form,
                          int64_t retry_after, struct source_answer *out)
{
    struct text response = envelope->object;
    const cJSON *scalars = scalars_read(response, &envelope->marks, arena);
    if (envelope->state == ENVELOPE_REFUSAL) {
        struct refusal_said said = said_by(arena, scalars, true, "code", "msg", "sub_msg");
        refuse(&said, retry_after, out);
        return;
    }
    if (envelope->state == ENVELOPE_NONE) {
        out->strange = true;
        out->kind = WRAP_JSON;
        judge_tell(out, REPLY_RETRY,
                   "the reply holds no \"response\", its members: %s; is WDT_URL the Qimen gateway (…/router/qm)?",
                   envelope->seen);
        return;
    }
    const cJSON *errorcode = json_get(scalars, "errorcode"), *code = json_get(scalars, "code");
    bool failure = text_equal(json_text(json_get(scalars, "flag")), TEXT("failure"));
    bool gateway_refused = failure || (!errorcode && code && code_of(code) != 0);
    if (errorcode && code_of(errorcode) != 0) {
        struct refusal_said said = said_by(arena, scalars, false, "errorcode", "message", "sub_message");
        refuse(&said, retry_after, out);
    } else if (gateway_refused) {
        struct refusal_said said = said_by(arena, scalars, true, "code", "message", "sub_message");
        refuse(&said, retry_after, out);
    } else if (!errorcode && !code) {
        judge_tell(out, REPLY_RETRY, "the reply tells neither errorcode nor code");
    } else {
        accept(response, &envelope->marks, scalars, form, arena, out);
    }
}

void qimen_reply_read(const struct http_reply *http, const struct reply_form *form, struct arena *arena,
                      struct source_answer *out)
{
    if (judge_way(http, "WDT_URL", out)) {
        return;
    }
    int64_t wait = -1;
    enum reply_class class = reply_transport(http, &wait);
    /* A refusal may say more in its body than its status does. */
    struct envelope envelope;
    int error = envelope_open(http->body, arena, &envelope);
    bool told = error == 0 && envelope.state != ENVELOPE_NONE;
    if (class == REPLY_DONE || (told && http->status < 500)) {
        if (error == 0) {
            read_envelope(arena, &envelope, form, wait, out);
            out->around = envelope.around;
        } else {
            judge_not_json(http, out);
        }
        if (class == REPLY_DONE || out->class != REPLY_DONE) {
            return;
        }
    }
    judge_status(http, ": check WDT_URL and HTTPS_PROXY", TEXT(""), out);
}
