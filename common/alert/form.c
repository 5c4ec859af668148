#include "common/alert/form.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "common/http/http.h"
#include "common/json/json.h"

enum { REPLY_MAX = 64 << 10, HASH_BYTES = 32 };

static const char *const form_names[] = {"dingtalk", "wecom", "feishu"};

/* Domains by which a form is told. */
static const struct {
    struct text domain;
    enum alert_form form;
} domains[] = {
    {{"dingtalk.com", 12}, ALERT_DINGTALK},
    {{"weixin.qq.com", 13}, ALERT_WECOM},
    {{"feishu.cn", 9}, ALERT_FEISHU},
    {{"larksuite.com", 13}, ALERT_FEISHU},
};

static bool host_within(struct text host, struct text domain)
{
    if (host.size < domain.size) {
        return false;
    }
    size_t before = host.size - domain.size;
    struct text end = {host.data + before, domain.size};
    return text_equal_nocase(end, domain) && (before == 0 || host.data[before - 1] == '.');
}

/* The host of an http(s) address; empty where it is none. */
static struct text host_of(struct text url, bool *plain)
{
    *plain = text_starts(url, TEXT("http://"));
    size_t skip = *plain ? 7 : text_starts(url, TEXT("https://")) ? 8 : url.size;
    if (skip >= url.size) {
        return (struct text){"", 0};
    }
    struct text rest = {url.data + skip, url.size - skip}, host = {rest.data, 0};
    while (host.size < rest.size && !strchr("/:?#", rest.data[host.size])) {
        host.size++;
    }
    for (size_t i = 0; i < rest.size; i++) {
        if ((unsigned char)rest.data[i] <= ' ' || rest.data[i] == '@') {
            host.size = 0;
        }
    }
    return host;
}

int alert_form_find(const char *url, const char *name, const char *secret, enum alert_form *out, struct cause *cause)
{
    bool plain, known = false;
    struct text host = host_of(text_of(url), &plain);
    enum alert_form form = ALERT_DINGTALK;
    if (host.size == 0) {
        return cause_set(cause, ERR_INPUT,
                         "ALERT_URL: not an http(s) address; write the robot's webhook address, whole");
    }
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        if (host_within(host, domains[i].domain)) {
            form = domains[i].form;
            known = true;
        }
    }
    if (known && plain) {
        return cause_set(cause, ERR_INPUT,
                         "ALERT_URL: plain http would show the robot's key to everyone; write https://");
    }
    if (http_check_plain("ALERT_URL", url, cause)) {
        return ERR_INPUT;
    }
    for (size_t i = 0; name && i < sizeof form_names / sizeof *form_names; i++) {
        if (strcmp(name, form_names[i]) == 0) {
            *out = (enum alert_form)i;
            if (i == ALERT_WECOM && secret) {
                return cause_set(cause, ERR_INPUT, "ALERT_SECRET: WeCom signs nothing; unset it");
            }
            return 0;
        }
    }
    if (name) {
        return cause_set(cause, ERR_INPUT, "ALERT_FORM: '%s' is none of dingtalk, wecom, feishu", name);
    }
    if (!known) {
        return cause_set(cause, ERR_INPUT,
                         "ALERT_URL: its host is none of the known ones; set ALERT_FORM to dingtalk, wecom or feishu");
    }
    if (form == ALERT_WECOM && secret) {
        return cause_set(cause, ERR_INPUT, "ALERT_SECRET: WeCom signs nothing; unset it");
    }
    *out = form;
    return 0;
}

int alert_sign(enum alert_form form, const char *secret, const char *time, char out[ALERT_SIGN_ROOM])
{
    char base[ALERT_SECRET_MAX + 40];
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (strlen(secret) > ALERT_SECRET_MAX || strlen(time) > 24) {
        return ERR_LIMIT;
    }
    int length = snprintf(base, sizeof base, "%s\n%s", time, secret);
    const bool feishu = form == ALERT_FEISHU;
    const void *key = feishu ? base : secret;
    int key_size = feishu ? length : (int)strlen(secret);
    const unsigned char *message = (const unsigned char *)(feishu ? "" : base);
    bool done = HMAC(EVP_sha256(), key, key_size, message, feishu ? 0 : (size_t)length, hash, &size) != NULL;
    OPENSSL_cleanse(base, sizeof base);
    if (!done || size != HASH_BYTES) {
        return ERR_IO;
    }
    EVP_EncodeBlock((unsigned char *)out, hash, HASH_BYTES);
    return 0;
}

void alert_plain(struct text message, struct buffer *out)
{
    for (size_t i = 0; i < message.size; i++) {
        char c = message.data[i], next = i + 1 < message.size ? message.data[i + 1] : ' ';
        bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
        if (c == '@') {
            buffer_add_text(out, TEXT("＠"));
        } else if (c == '<' && (letter || next == '/' || next == '@' || next == '!')) {
            buffer_add_text(out, TEXT("＜"));
        } else if (c == '&' && (letter || next == '#')) {
            buffer_add_text(out, TEXT("＆"));
        } else if (c == '\0') {
            buffer_add_char(out, ' ');
        } else {
            /* What is no UTF-8 would become three bytes only when it is written as JSON, behind the limit's back. */
            size_t size = text_sequence((struct text){message.data + i, message.size - i});
            buffer_add_text(out, size > 0 ? (struct text){message.data + i, size} : TEXT("\xef\xbf\xbd"));
            i += size > 1 ? size - 1 : 0;
        }
    }
}

int alert_write(enum alert_form form, const char *url, const char *secret, int64_t unix_ms, struct text message,
                struct buffer *address, struct buffer *body)
{
    char time[32], sign[ALERT_SIGN_ROOM] = "";
    bool feishu = form == ALERT_FEISHU, first = true;
    (void)snprintf(time, sizeof time, "%lld", (long long)(feishu ? unix_ms / 1000 : unix_ms));
    int error = secret ? alert_sign(form, secret, time, sign) : 0;
    if (error) {
        return error;
    }
    struct buffer plain;
    buffer_init(&plain, (size_t)3 * ALERT_TEXT_MAX);
    message.size = text_cut(message, ALERT_TEXT_MAX);
    alert_plain(message, &plain);
    message = buffer_text(&plain);
    message.size = text_cut(message, ALERT_TEXT_MAX);
    buffer_add_text(address, text_of(url));
    buffer_add_char(body, '{');
    if (secret && form == ALERT_DINGTALK) {
        buffer_format(address, "%ctimestamp=%s&sign=", strchr(url, '?') ? '&' : '?', time);
        http_put_encoded(address, text_of(sign));
    } else if (secret) {
        json_put_member(body, &first, TEXT("timestamp"));
        json_put_text(body, text_of(time));
        json_put_member(body, &first, TEXT("sign"));
        json_put_text(body, text_of(sign));
    }
    json_put_member(body, &first, feishu ? TEXT("msg_type") : TEXT("msgtype"));
    json_put_text(body, TEXT("text"));
    json_put_member(body, &first, feishu ? TEXT("content") : TEXT("text"));
    buffer_add_text(body, feishu ? TEXT("{\"text\":") : TEXT("{\"content\":"));
    json_put_text(body, message);
    buffer_add_text(body, TEXT("}}"));
    bool failed = plain.failed;
    buffer_fini(&plain);
    return failed || address->failed || body->failed ? ERR_MEMORY : 0;
}

int alert_judge(enum alert_form form, int status, struct text body, struct cause *cause)
{
    if (status != 200) {
        return cause_set(cause, ERR_REFUSED, "the robot answers HTTP %d", status);
    }
    struct arena arena;
    arena_init(&arena, REPLY_MAX);
    const cJSON *reply = NULL;
    int64_t code = -1;
    int error = json_parse(&arena, body, REPLY_MAX, JSON_STRICT, &reply, NULL);
    if (!error) {
        const cJSON *told = json_get(reply, form == ALERT_FEISHU ? "code" : "errcode");
        told = told || form != ALERT_FEISHU ? told : json_get(reply, "StatusCode");
        error = json_integer(told, &code);
    }
    if (error) {
        error = cause_set(cause, ERR_REFUSED, "what answers is no such robot: ALERT_URL or ALERT_FORM is wrong");
    } else if (code != 0) {
        struct text why = json_text(json_get(reply, form == ALERT_FEISHU ? "msg" : "errmsg"));
        why.size = text_cut(why, 200);
        error = cause_set(cause, ERR_REFUSED, "the robot refuses: %lld %.*s", (long long)code, (int)why.size,
                          why.data ? why.data : "");
    }
    arena_fini(&arena);
    return error;
}
