#include "loader/answer.h"

#include <math.h>
#include <stdio.h>

#include "common/log.h"

static bool holds(struct text haystack, const char *const *needles)
{
    for (; *needles; needles++) {
        if (text_find_nocase(haystack, text_of(*needles)) >= 0) {
            return true;
        }
    }
    return false;
}

static const char *const words_login[] = {"access_token", "token", "令牌", "未登录", "重新登录", "登录已", NULL};
static const char *const words_throttled[] = {
    "频繁",           "频率",       "限流",         "流控",      "调用次数", "too many requests",
    "too many calls", "rate limit", "too frequent", "frequency", NULL};
static const char *const words_permission[] = {"无权限", "没有权限", "未授权", "权限不足", "permission", NULL};
static const char *const words_busy[] = {"繁忙",    "稍后",      "稍候", "超时",      "系统异常",
                                         "timeout", "timed out", "busy", "try again", NULL};
static const char *const words_exists[] = {"已存在", "已经存在", "already exist", "重复", "duplicate", NULL};
static const char *const words_gone[] = {"不存在",    "未找到",    "找不到",  "已删除", "被删除",
                                         "not found", "not exist", "no such", NULL};

bool answer_says_exists(struct text message, struct text code)
{
    return text_equal(code, TEXT("46001")) || holds(message, words_exists);
}

bool answer_says_gone(struct text message)
{
    return holds(message, words_gone);
}

struct text answer_id(struct arena *arena, const cJSON *item)
{
    if (cJSON_IsNumber(item) && item->valuedouble == floor(item->valuedouble) && fabs(item->valuedouble) < 1e15) {
        char digits[24];
        int size = snprintf(digits, sizeof digits, "%.0f", item->valuedouble);
        return arena_text(arena, (struct text){digits, (size_t)size});
    }
    struct text t = json_text(item);
    return t.size > 0 ? t : (struct text){NULL, 0};
}

/* Servers may quote what they were sent. */
static struct text first_text(struct arena *arena, const cJSON *object, const char *const *names)
{
    for (; *names; names++) {
        struct text t = answer_id(arena, json_get(object, *names));
        if (t.size > 0) {
            return log_wiped(arena, t);
        }
    }
    return (struct text){"", 0};
}

static void fatal(struct answer *out, const char *cure)
{
    out->class = REPLY_FATAL;
    out->idle = true;
    out->cure = cure;
}

static const char cure_permission[] =
    "give the app and its user the right to this API in the Kingdee open platform, and "
    "check XINGCHEN_ACCOUNT_ID";
static const char cure_address[] =
    "check XINGCHEN_URL and XINGCHEN_ROUTER_ADDR, and that the app has subscribed to this API";

/* Success false, or another HTTP status with a JSON body: what the words say, else a refusal. */
static void read_words(struct answer *out, bool words, bool items)
{
    out->class = REPLY_REJECT;
    out->idle = true;
    /* Texts about single items may quote names that hold any word. */
    if (!words || items || answer_says_exists(out->message, out->code)) {
        return;
    }
    if (holds(out->message, words_login) || holds(out->code, words_login)) {
        out->class = REPLY_LOGIN;
    } else if (holds(out->message, words_throttled)) {
        out->class = REPLY_THROTTLED;
    } else if (holds(out->message, words_permission)) {
        fatal(out, cure_permission);
    } else if (holds(out->message, words_busy)) {
        out->class = REPLY_RETRY;
        out->idle = false;
    }
    out->worded = out->class != REPLY_REJECT;
}

static bool has_items(const cJSON *data)
{
    const cJSON *errors = json_get(data, "errorInfo");
    return (cJSON_IsArray(errors) && errors->child) || (cJSON_IsArray(data) && data->child);
}

static void read_envelope(struct arena *arena, const cJSON *root, bool words, struct answer *out)
{
    static const char *const code_names[] = {"errorCode", "errcode", "code", NULL};
    static const char *const message_names[] = {"message", "description", "description_cn", "msg", NULL};
    out->data = json_get(root, "data");
    out->code = first_text(arena, root, code_names);
    out->message = first_text(arena, root, message_names);
    const cJSON *success = json_get(root, "success"), *errcode = json_get(root, "errcode");
    bool flag = false;
    int64_t number = 0;
    if (out->status != 200) { /* read_status says what it means */
        return;
    }
    if (success ? json_flag(success, &flag) != 0 : json_integer(errcode, &number) != 0) {
        out->message = TEXT("the reply says neither success nor errcode");
        out->class = REPLY_RETRY;
        return;
    }
    if (success ? flag : number == 0) {
        out->class = REPLY_DONE;
        return;
    }
    if (out->message.size == 0) {
        static const char *const inner[] = {"message", "msg", NULL};
        out->message = first_text(arena, cJSON_IsArray(out->data) ? out->data->child : out->data, inner);
    }
    read_words(out, words, has_items(out->data));
}

static void read_status(const struct http_reply *reply, bool json, bool words, struct answer *out)
{
    int status = reply->status;
    if (status == 429) {
        out->class = REPLY_THROTTLED;
        out->idle = true;
    } else if (status == 401) {
        out->class = REPLY_LOGIN;
        out->idle = true;
    } else if (status == 403) {
        read_words(out, words, false);
        if (out->class != REPLY_LOGIN && out->class != REPLY_THROTTLED) {
            fatal(out, cure_permission);
        }
    } else if (status == 404 || (status == 519 && (text_find_nocase(out->message, TEXT("api not found")) >= 0 ||
                                                   holds(out->message, words_gone)))) {
        fatal(out, cure_address);
    } else if (status == 413 || (json && status >= 400 && status < 500 && status != 408)) {
        read_words(out, words, false);
    } else if (status == 519 && json && words) {
        read_words(out, words, false);
        if (out->class == REPLY_REJECT) { /* a code of the gateway that nobody documents */
            out->class = REPLY_RETRY;
            out->idle = false;
        }
    } else {
        out->class = REPLY_RETRY;
    }
}

void answer_read(struct arena *arena, const struct http_reply *reply, bool words, struct answer *out)
{
    *out = (struct answer){.class = REPLY_RETRY,
                           .status = reply->status,
                           .ms = (int64_t)(reply->seconds * 1000),
                           .wait = reply->retry_after};
    out->code = out->message = (struct text){"", 0};
    if (reply->reach != HTTP_ANSWERED) {
        out->idle = reply->unsent || reply->reach == HTTP_UNSENT;
        out->message = arena_text(arena, text_of(reply->why));
        if (reply->certificate) {
            fatal(out, "set DIANCHEN_CA_FILE to the certificates that sign the target's");
        }
        return;
    }
    const cJSON *root = NULL;
    bool json =
        json_parse(arena, reply->body, ANSWER_BODY_MAX, JSON_CONTROLS, &root, NULL) == 0 && cJSON_IsObject(root);
    if (json) {
        read_envelope(arena, root, words, out);
    } else {
        out->message = TEXT("the reply is no JSON object");
    }
    if (reply->status != 200) {
        read_status(reply, json, words, out);
    }
}
