/* Requests to a group robot of DingTalk, WeCom or Feishu, and the meaning of its replies. Pure.
 *
 * DingTalk: POST URL&timestamp=MS&sign=S, {"msgtype":"text","text":{"content":…}}; S is the percent-encoded base64 of
 *   HMAC-SHA256(secret, "MS\nsecret"); MS within an hour of its clock. {"errcode":0,…} is success.
 *   (open.dingtalk.com, "custom robot access" and "security settings of custom robots")
 * WeCom: POST URL, {"msgtype":"text","text":{"content":…}}, content <= 2048 bytes, 20 messages a minute; nothing is
 *   signed. {"errcode":0,…}. (developer.work.weixin.qq.com/document/path/91770)
 * Feishu, Lark: POST URL, {"timestamp":"SECONDS","sign":S,"msg_type":"text","content":{"text":…}}; S is the base64 of
 *   HMAC-SHA256("SECONDS\nsecret", ""), the text being the key and nothing the message; SECONDS within an hour.
 *   {"code":0,…} or, from older ones, {"StatusCode":0,…}. (open.feishu.cn, "custom bot usage guide") */
#ifndef DIANCHEN_COMMON_ALERT_FORM_H
#define DIANCHEN_COMMON_ALERT_FORM_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/text.h"

enum alert_form { ALERT_DINGTALK, ALERT_WECOM, ALERT_FEISHU };
enum {
    ALERT_TEXT_MAX = 2000, /* bytes of a message: the smallest of their limits */
    ALERT_SECRET_MAX = 256,
    ALERT_SIGN_ROOM = 48, /* base64 of 32 bytes and a NUL */
};

/* The form of a robot; `name` NULL = by its address. ERR_INPUT with the cause: not http(s), plain http to one of the
 * real hosts, an unknown form, a secret for a robot that signs nothing. Neither address nor secret is in the cause. */
int alert_form_find(const char *url, const char *name, const char *secret, enum alert_form *out,
                    struct cause *cause) WARN_UNUSED;
/* The signature for a time given as decimal digits. ERR_LIMIT for a secret above ALERT_SECRET_MAX; ERR_IO. */
int alert_sign(enum alert_form form, const char *secret, const char *time, char out[ALERT_SIGN_ROOM]) WARN_UNUSED;
/* Appends the message with harmless characters in place of mentions, links and markup of these robots, because messages
 * quote texts from outside: < before a letter, / or @, every @, and & before a letter or # become their full-width
 * forms. */
void alert_plain(struct text message, struct buffer *out);
/* Appends the request to `address` and `body`. `secret` NULL = not signed; unix_ms is now; texts above ALERT_TEXT_MAX
 * are cut. Errors as alert_sign; ERR_MEMORY. */
int alert_write(enum alert_form form, const char *url, const char *secret, int64_t unix_ms, struct text message,
                struct buffer *address, struct buffer *body) WARN_UNUSED;
/* Judges the reply. 0, or ERR_REFUSED with the robot's reason as the cause. */
int alert_judge(enum alert_form form, int status, struct text body, struct cause *cause) WARN_UNUSED;

#endif
