#include "extractor/qimen/call.h"

#include <stdio.h>
#include <time.h>

#include "common/http/http.h"
#include "common/scheme/formula/date.h"
#include "extractor/qimen/settings.h"

enum { PAIRS_MAX = 300, CHINA_OFFSET = 28800 /* s east of UTC */ };

/* GMT+8, whatever zone this host is in. */
static size_t stamp_write(char out[32])
{
    time_t now = time(NULL) + (time_t)CHINA_OFFSET;
    struct tm at;
    (void)gmtime_r(&now, &at);
    return strftime(out, 32, "%Y-%m-%d %H:%M:%S", &at);
}

static size_t pair_set(struct sign_pair *pairs, size_t count, struct text name, struct text value)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(pairs[i].name, name)) {
            pairs[i].value = value;
            return count;
        }
    }
    if (count < PAIRS_MAX) {
        pairs[count++] = (struct sign_pair){name, value};
    }
    return count;
}

/* What both paging parameters become in this call. */
struct paging {
    struct text no, size;
};

static size_t params_put(struct sign_pair *pairs, size_t count, const struct scheme_param *params, size_t param_count,
                         const char *const *env, const struct paging *paging)
{
    for (size_t i = 0; i < param_count; i++) {
        struct text value = params[i].value;
        if (params[i].kind == PARAM_PAGE_NO) {
            value = paging->no;
        } else if (params[i].kind == PARAM_PAGE_SIZE) {
            value = paging->size;
        } else if (params[i].kind == PARAM_ENV) {
            value = text_of(env[i]);
        }
        count = pair_set(pairs, count, params[i].name, value);
    }
    return count;
}

static bool is_sliced(const struct scheme *scheme, struct text name)
{
    for (size_t i = 0; i < scheme->source.slice_count; i++) {
        for (size_t k = 0; k < scheme->source.slices[i].count; k++) {
            if (text_equal(scheme->source.slices[i].params[k].name, name)) {
                return true;
            }
        }
    }
    return false;
}

/* One record, whatever slice it is in: the parameters that slices set are not sent. */
static size_t key_put(struct sign_pair *pairs, size_t count, const struct scheme *scheme, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (is_sliced(scheme, pairs[i].name)) {
            pairs[i].value = TEXT("");
        }
    }
    return pair_set(pairs, count, scheme->source.key_param, text_of(key));
}

/* "2026-01-31 08:00:00" of China's time. */
static struct text moment(int64_t ms, char room[DATE_ROOM])
{
    return date_print(ms / 1000 + DATE_ZONE, room);
}

size_t qimen_env_at(const struct scheme *scheme, int slice)
{
    size_t at = scheme->source.request_count;
    for (int i = 0; i < slice; i++) {
        at += scheme->source.slices[i].count;
    }
    return at;
}

static size_t system_put(struct sign_pair *pairs, size_t count, const struct scheme *scheme, struct text stamp)
{
    static const char *const methods[] = {[SIGN_MD5] = "md5", [SIGN_HMAC] = "hmac", [SIGN_HMAC_SHA256] = "hmac-sha256"};
    const struct qimen_settings *s = &qimen_settings;
    const struct sign_pair system[] = {
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
        count = pair_set(pairs, count, system[i].name, system[i].value);
    }
    return count;
}

int qimen_call_write(const struct qimen_call *call, struct buffer *body)
{
    const struct scheme *scheme = call->scheme;
    char stamp[32], page_no[24], page_size[24], sign[SIGN_ROOM];
    (void)snprintf(page_no, sizeof page_no, "%lld", (long long)call->page);
    (void)snprintf(page_size, sizeof page_size, "%lld", (long long)call->page_size);
    const struct paging paging = {text_of(page_no), text_of(page_size)};

    struct sign_pair pairs[PAIRS_MAX];
    size_t count = params_put(pairs, 0, scheme->source.request, scheme->source.request_count, call->env, &paging);
    if (call->key) {
        count = key_put(pairs, count, scheme, call->key);
    } else {
        const struct scheme_slice *slice = &scheme->source.slices[call->slice];
        count = params_put(pairs, count, slice->params, slice->count, call->env + qimen_env_at(scheme, call->slice),
                           &paging);
    }
    char start[DATE_ROOM], end[DATE_ROOM];
    if (!call->key && call->window.to > 0) {
        count = pair_set(pairs, count, scheme->source.window.start, moment(call->window.from, start));
        count = pair_set(pairs, count, scheme->source.window.end, moment(call->window.to, end));
    }
    count = system_put(pairs, count, scheme, (struct text){stamp, stamp_write(stamp)});
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
