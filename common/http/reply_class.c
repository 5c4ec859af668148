#include "common/http/reply_class.h"

#include <stdio.h>
#include <stdlib.h>

enum { RETRY_PAUSE_MAX = 3000 /* ms */ };

const char *reply_class_text(enum reply_class class)
{
    static const char *const texts[] = {"done", "retry", "throttled", "login", "reject", "fatal"};
    return (size_t) class < sizeof texts / sizeof texts[0] ? texts[class] : "unknown";
}

enum reply_class reply_transport(const struct http_reply *reply, int64_t *wait)
{
    *wait = -1;
    if (reply->reach != HTTP_ANSWERED) {
        bool hopeless = reply->certificate || reply->encoding || reply->proxy_status == 407;
        return hopeless ? REPLY_FATAL : REPLY_RETRY;
    }
    if (reply->status == 200) {
        return REPLY_DONE;
    }
    *wait = reply->retry_after;
    switch (reply->status) {
    case 429:
        return REPLY_THROTTLED;
    case 401:
        return REPLY_LOGIN;
    case 408:
        return REPLY_RETRY;
    case 301:
    case 308:
        return REPLY_FATAL;
    default:
        return reply->status >= 400 && reply->status < 500 ? REPLY_FATAL : REPLY_RETRY;
    }
}

bool reply_cure(const struct http_reply *reply, const char *setting, char *out, size_t size)
{
    bool answered = reply->reach == HTTP_ANSWERED;
    if (reply->proxy_status == 407 || (answered && reply->status == 407)) {
        (void)snprintf(out, size,
                       "the proxy wants a user and a password (HTTP 407): write them into HTTPS_PROXY, "
                       "http://USER:PASSWORD@HOST:PORT");
    } else if (reply->certificate) {
        (void)snprintf(out, size, "the certificate is not trusted (%s); name its authority's file in DIANCHEN_CA_FILE",
                       reply->why);
    } else if (!answered && reply->encoding) {
        (void)snprintf(out, size,
                       "the reply's Content-Encoding can't be read (%s): something between alters it, see %s "
                       "and HTTPS_PROXY",
                       reply->why, setting);
    } else if (answered && (reply->status == 301 || reply->status == 308)) {
        (void)snprintf(out, size, "the address has moved (HTTP %d) to %.*s; set %s to the new one", reply->status,
                       reply->location.size > 0 ? (int)text_cut(reply->location, 200) : 15,
                       reply->location.size > 0 ? reply->location.data : "a place untold", setting);
    } else {
        return false;
    }
    return true;
}

int64_t retry_pause(int attempt)
{
    int64_t most = attempt < 0 ? 100 : attempt > 5 ? RETRY_PAUSE_MAX : (int64_t)100 << attempt;
    most = most < RETRY_PAUSE_MAX ? most : RETRY_PAUSE_MAX;
    return (int64_t)arc4random_uniform((uint32_t)most + 1);
}
