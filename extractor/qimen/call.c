#include "extractor/qimen/call.h"

#include <stdio.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/http/http.h"
#include "common/scheme/formula/date.h"
#include "extractor/platform/params.h"
#include "extractor/qimen/settings.h"

enum { CHINA_OFFSET = 28800 /* s east of UTC */ };

/* GMT+8, whatever zone this host is in. */
static size_t stamp_write(char out[32])
{
    time_t now = clock_seconds() + (time_t)CHINA_OFFSET;
    struct tm at;
    (void)gmtime_r(&now, &at);
    return strftime(out, 32, "%Y-%m-%d %H:%M:%S", &at);
}

/* "2026-01-31 08:00:00" of China's time. */
static struct text moment(int64_t ms, char room[DATE_ROOM])
{
    return date_print(ms / 1000 + DATE_ZONE, room);
}

static size_t system_put(struct source_param *params, size_t count, const struct scheme *scheme, struct text stamp)
{
    static const char *const methods[] = {[SIGN_MD5] = "md5", [SIGN_HMAC] = "hmac", [SIGN_HMAC_SHA256] = "hmac-sha256"};
    const struct qimen_settings *s = &qimen_settings;
    const struct source_param system[] = {
        {TEXT("method"), scheme->source.api},
        {TEXT("app_key"), text_of(s->app_key)},
        {TEXT("sid"), text_of(s->sid)},
        {TEXT("target_app_key"), text_of(s->target_app_key)},
        {TEXT("timestamp"), stamp},
        {TEXT("format"), TEXT("json")},
        {TEXT("v"), TEXT("2.0")},
        {TEXT("sign_method"), text_of(methods[s->method])},
    };
    for (size_t i = 0; i < sizeof system / sizeof *system; i++) {
        count = params_set(params, count, system[i].name, system[i].value);
    }
    return count;
}

int qimen_call_write(const struct qimen_call *call, struct buffer *body)
{
    const struct scheme *scheme = call->scheme;
    char stamp[32], page_no[24], page_size[24], start[DATE_ROOM], end[DATE_ROOM], sign[SIGN_ROOM];
    (void)snprintf(page_no, sizeof page_no, "%lld", (long long)call->page);
    (void)snprintf(page_size, sizeof page_size, "%lld", (long long)call->page_size);
    struct params_call wanted = {.scheme = scheme,
                                 .env = call->env,
                                 .slice = call->slice,
                                 .key = call->key,
                                 .page = text_of(page_no),
                                 .size = text_of(page_size)};
    if (call->window.to > 0) {
        wanted.start = moment(call->window.from, start);
        wanted.end = moment(call->window.to, end);
    }
    struct source_param params[PARAMS_MAX];
    size_t count = params_gather(&wanted, params);
    count = system_put(params, count, scheme, (struct text){stamp, stamp_write(stamp)});
    struct sign_pair pairs[PARAMS_MAX];
    for (size_t i = 0; i < count; i++) {
        pairs[i] = (struct sign_pair){params[i].name, params[i].value};
    }
    count = sign_arrange(pairs, count);
    int error = sign_pairs(qimen_settings.method, text_of(qimen_settings.app_secret), pairs, count, sign);
    if (error) {
        return error;
    }
    for (size_t i = 0; i < count; i++) {
        http_put_encoded(body, pairs[i].name);
        buffer_add_char(body, '=');
        http_put_encoded(body, pairs[i].value);
        buffer_add_char(body, '&');
    }
    buffer_add_text(body, TEXT("sign="));
    buffer_add_text(body, text_of(sign));
    return body->failed ? ERR_LIMIT : 0;
}
