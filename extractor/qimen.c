#include "extractor/qimen.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/concurrency.h"
#include "common/config.h"
#include "common/log.h"
#include "common/store.h"

enum {
    CALL_TIMEOUT = 30000, /* ms of one call */
    PAIRS_MAX = 300,
    BODY_MAX = 256 * 1024,
    CHINA_OFFSET = 28800,     /* s east of UTC */
    BAN_MOST = LIMIT_GIVE_UP, /* ms: a ban that lasts longer means that the quota is gone */
    BAN_LOOK = 1000,          /* ms between looks for a ban that another worker met */
    ARENA_KEEP = 8 << 20,
};

struct qimen {
    struct qimen_options options;
    char host[300], api[200];
    const char **env;         /* by parameter of request and slices, in their order; NULL where it is no variable */
    struct qimen_call *calls; /* under way */
    struct arena arena;
    struct loop_timer look;
    struct concurrency at_once;
    int64_t failing_since; /* loop clock; 0 = the last call was answered */
    bool told;             /* that it is failing */
    bool answered;         /* once, as it should */
    bool over;
    struct cause trouble; /* why there was no page since the last one; "" = there is no trouble */
};

/* ---- the address ---- */

static struct text url_host(const char *url)
{
    const char *start = strstr(url, "://");
    start = start ? start + 3 : url;
    size_t size = strcspn(start, "/?#");
    const char *at = memrchr(start, '@', size);
    return at ? (struct text){at + 1, size - (size_t)(at + 1 - start)} : (struct text){start, size};
}

int qimen_check_url(const char *url, struct cause *cause)
{
    static const struct text real = {"taobao.com", 10};
    bool secure = strncmp(url, "https://", 8) == 0;
    struct text host = url_host(url);
    if ((!secure && strncmp(url, "http://", 7) != 0) || host.size == 0 || strpbrk(url, " \t\r\n")) {
        return cause_set(cause, ERR_INPUT,
                         "WDT_URL: an address such as https://hu3cgwt0tc.api.taobao.com/router/qm is wanted");
    }
    struct text name = host;
    const char *colon = memchr(host.data, ':', host.size);
    if (colon) {
        name.size = (size_t)(colon - host.data);
    }
    while (name.size > 0 && name.data[name.size - 1] == '.') {
        name.size--;
    }
    bool is_real =
        name.size >= real.size && text_equal_nocase((struct text){name.data + name.size - real.size, real.size}, real);
    if (is_real && !secure) {
        return cause_set(cause, ERR_INPUT, "WDT_URL: the real source is called by https only: write https://%.*s/…",
                         TEXT_ARG(host));
    }
    return 0;
}

/* ---- the form ---- */

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

static size_t params_put(struct sign_pair *pairs, size_t count, const struct scheme_param *params, size_t param_count,
                         const char *const *env, struct text page_no, struct text page_size)
{
    for (size_t i = 0; i < param_count; i++) {
        struct text value = params[i].value;
        if (params[i].kind == PARAM_PAGE_NO) {
            value = page_no;
        } else if (params[i].kind == PARAM_PAGE_SIZE) {
            value = page_size;
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

/* One record, whatever slice it is in: what slices are cut by is not sent. */
static size_t key_put(struct sign_pair *pairs, size_t count, const struct scheme *scheme, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (is_sliced(scheme, pairs[i].name)) {
            pairs[i].value = TEXT("");
        }
    }
    return pair_set(pairs, count, scheme->source.key_param, text_of(key));
}

static size_t env_before(const struct scheme *scheme, int slice)
{
    size_t at = scheme->source.request_count;
    for (int i = 0; i < slice; i++) {
        at += scheme->source.slices[i].count;
    }
    return at;
}

/* A fresh stamp and signature with every attempt: the gateway takes ten minutes of difference, a retry may be later. */
static int form_write(struct qimen *qimen, const struct qimen_call *call, struct buffer *body)
{
    const struct qimen_options *o = &qimen->options;
    const struct scheme *scheme = o->scheme;
    static const char *const methods[] = {[SIGN_MD5] = "md5", [SIGN_HMAC] = "hmac", [SIGN_HMAC_SHA256] = "hmac-sha256"};
    char stamp[32], page_no[24], page_size[24], sign[SIGN_ROOM];
    (void)snprintf(page_no, sizeof page_no, "%lld", (long long)call->page);
    (void)snprintf(page_size, sizeof page_size, "%lld", (long long)call->page_size);
    struct text stamp_text = {stamp, stamp_write(stamp)};

    struct sign_pair pairs[PAIRS_MAX];
    size_t count = params_put(pairs, 0, scheme->source.request, scheme->source.request_count, qimen->env,
                              text_of(page_no), text_of(page_size));
    if (call->key) {
        count = key_put(pairs, count, scheme, call->key);
    } else {
        const struct scheme_slice *slice = &scheme->source.slices[call->slice];
        count = params_put(pairs, count, slice->params, slice->count, qimen->env + env_before(scheme, call->slice),
                           text_of(page_no), text_of(page_size));
    }
    const struct sign_pair system[] = {
        {TEXT("method"), scheme->source.api},
        {TEXT("app_key"), text_of(o->app_key)},
        {TEXT("sid"), text_of(o->sid)},
        {TEXT("target_app_key"), text_of(o->target_app_key)},
        {TEXT("timestamp"), stamp_text},
        {TEXT("format"), TEXT("json")},
        {TEXT("v"), TEXT("2.0")},
        {TEXT("sign_method"), text_of(methods[o->method])},
    };
    for (size_t i = 0; i < sizeof system / sizeof *system; i++) {
        count = pair_set(pairs, count, system[i].name, system[i].value);
    }
    count = sign_arrange(pairs, count);
    int error = sign_pairs(o->method, text_of(o->app_secret), pairs, count, sign);
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

/* ---- calls ---- */

static void call_unlink(struct qimen *qimen, struct qimen_call *call)
{
    if (call->prev) {
        call->prev->next = call->next;
    } else {
        qimen->calls = call->next;
    }
    if (call->next) {
        call->next->prev = call->prev;
    }
    call->next = call->prev = NULL;
    call->busy = false;
}

void qimen_drop(struct qimen *qimen, struct qimen_call *call)
{
    if (!call->busy) {
        return;
    }
    call_unlink(qimen, call);
    loop_clear_timer(qimen->options.loop, &call->retry);
    if (qimen->options.limit) {
        limit_leave(qimen->options.limit, &call->wait);
    }
    if (call->http) {
        struct http_call *http = call->http;
        call->http = NULL;
        http_cancel(qimen->options.http, http);
    }
}

static void end(struct qimen *qimen, int exit_code, const struct cause *cause)
{
    if (qimen->over) {
        return;
    }
    qimen->over = true;
    qimen->trouble = *cause;
    while (qimen->calls) {
        qimen_drop(qimen, qimen->calls);
    }
    loop_clear_timer(qimen->options.loop, &qimen->look);
    qimen->options.ended(qimen->options.user, exit_code, cause);
}

/* A ban of hours, ours or one that another worker met. */
static bool end_if_banned(struct qimen *qimen, int64_t left)
{
    if (left <= BAN_MOST) {
        return false;
    }
    time_t until = time(NULL) + (time_t)(left / 1000);
    struct tm at;
    char when[40];
    (void)localtime_r(&until, &at);
    (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &at);
    struct cause cause;
    (void)cause_set(&cause, ERR_REFUSED,
                    "%s: the source's quota of calls is used up until %s (%lld minutes); what was read is kept, run "
                    "again then",
                    qimen->host, when, (long long)(left / 60000));
    end(qimen, EXIT_UNFINISHED, &cause);
    return true;
}

static void trouble_note(struct qimen *qimen, const char *why)
{
    (void)cause_set(&qimen->trouble, ERR_TIMEOUT, "%s: %s", qimen->host, why);
}

const char *qimen_trouble(const struct qimen *qimen)
{
    return qimen->trouble.text[0] ? qimen->trouble.text : NULL;
}

int64_t qimen_banned_until(const struct qimen *qimen)
{
    return qimen->options.limit ? limit_banned_until(qimen->options.limit) : 0;
}

static void look(void *user)
{
    struct qimen *qimen = user;
    int64_t until = qimen_banned_until(qimen);
    if (until == 0 || !end_if_banned(qimen, until - store_now(qimen->options.store))) {
        loop_set_timer(qimen->options.loop, &qimen->look, loop_now(qimen->options.loop) + BAN_LOOK);
    }
}

/* The call goes out again after a pause; when nothing has worked for as long as our patience lasts, it is over. */
static void again(struct qimen *qimen, struct qimen_call *call, const struct reply *reply)
{
    int64_t now = loop_now(qimen->options.loop);
    if (qimen->failing_since == 0) {
        qimen->failing_since = now;
    }
    trouble_note(qimen, reply->why);
    struct cause cause;
    if (now - qimen->failing_since >= qimen->options.patience) {
        (void)cause_set(&cause, ERR_TIMEOUT, "%s: %s; %s", qimen->host, reply->why,
                        reply->heard ? "try again later" : "check WDT_URL, this host's network and HTTPS_PROXY");
        end(qimen, EXIT_UNFINISHED, &cause);
        return;
    }
    if (!qimen->told && call->attempt >= 2) {
        qimen->told = true;
        (void)cause_set(&cause, ERR_TIMEOUT, "%s: %s; trying again for up to %lld minutes", qimen->host, reply->why,
                        (long long)(qimen->options.patience / 60000));
        log_event(LOG_WARN, "source.down", cause.text, NULL);
    }
    int64_t pause = limit_pause(call->attempt++);
    pause = reply->wait > pause ? reply->wait : pause;
    loop_set_timer(qimen->options.loop, &call->retry, now + pause);
}

static void throttled(struct qimen *qimen, struct qimen_call *call, const struct reply *reply)
{
    if (!qimen->options.limit) {
        struct cause cause;
        (void)cause_set(&cause, ERR_REFUSED, "%s: %s", qimen->host, reply->why);
        if (!end_if_banned(qimen, reply->wait)) {
            end(qimen, EXIT_UNFINISHED, &cause);
        }
        return;
    }
    trouble_note(qimen, reply->why);
    limit_throttled(qimen->options.limit, reply->wait);
    if (!end_if_banned(qimen, reply->wait)) {
        limit_enter(qimen->options.limit, &call->wait);
    }
}

static void answered(void *user, const struct http_reply *http)
{
    struct qimen_call *call = user;
    struct qimen *qimen = call->qimen;
    const struct scheme *scheme = qimen->options.scheme;
    if (!call->http) {
        return; /* dropped: this is http_cancel's own call */
    }
    call->http = NULL;
    struct reply reply;
    const struct reply_form form = {scheme->source.list_keys, scheme->source.list_key_count, scheme->slots,
                                    scheme->slot_count};
    reply_judge(http, &form, &qimen->arena, &reply);
    if (reply.class == REPLY_DONE || reply.class == REPLY_RETRY) {
        (void)concurrency_note(&qimen->at_once, loop_now(qimen->options.loop), (int64_t)(http->seconds * 1000),
                               reply.class == REPLY_DONE);
    }
    if (reply.class == REPLY_RETRY) {
        again(qimen, call, &reply);
        arena_reset(&qimen->arena, ARENA_KEEP);
        return;
    }
    qimen->failing_since = 0;
    if (qimen->told) {
        qimen->told = false;
        log_line(LOG_INFO, "source.back", "%s answers again", qimen->host);
    }
    if (reply.class == REPLY_DONE) {
        qimen->answered = true;
        qimen->trouble.text[0] = '\0';
        call_unlink(qimen, call);
        call->done(call, &reply);
    } else if (reply.class == REPLY_THROTTLED) {
        throttled(qimen, call, &reply);
    } else {
        struct cause cause;
        (void)cause_set(&cause, ERR_REFUSED, "%s: %s", qimen->host, reply.why);
        end(qimen, EXIT_REFUSED, &cause);
    }
    arena_reset(&qimen->arena, ARENA_KEEP);
}

static void call_send(struct qimen *qimen, struct qimen_call *call)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded;charset=utf-8", NULL};
    struct buffer body;
    buffer_init(&body, BODY_MAX);
    int error = form_write(qimen, call, &body);
    const struct http_request request = {
        .api = qimen->api,
        .method = "POST",
        .url = qimen->options.url,
        .headers = headers,
        .own_body = &body,
        .timeout = CALL_TIMEOUT,
        .done = answered,
        .user = call,
    };
    if (!error) {
        error = http_send(qimen->options.http, &request, &call->http);
    }
    buffer_fini(&body);
    if (error) {
        struct reply reply = {.class = REPLY_RETRY, .wait = -1};
        (void)snprintf(reply.why, sizeof reply.why, "a call could not be made: %s", error_text(error));
        again(qimen, call, &reply);
    }
}

static void paced(struct limit_wait *wait)
{
    struct qimen_call *call = (struct qimen_call *)((char *)wait - offsetof(struct qimen_call, wait));
    call_send(call->qimen, call);
}

static void enter(void *user)
{
    struct qimen_call *call = user;
    if (call->qimen->options.limit) {
        limit_enter(call->qimen->options.limit, &call->wait);
    } else {
        call_send(call->qimen, call);
    }
}

void qimen_ask(struct qimen *qimen, struct qimen_call *call)
{
    if (qimen->over || call->busy) {
        return;
    }
    call->qimen = qimen;
    call->attempt = 0;
    call->busy = true;
    call->http = NULL;
    call->wait = (struct limit_wait){.go = paced};
    call->retry = (struct loop_timer){.fn = enter, .user = call};
    call->prev = NULL;
    call->next = qimen->calls;
    if (call->next) {
        call->next->prev = call;
    }
    qimen->calls = call;
    enter(call);
}

/* ---- life ---- */

static int env_resolve(const struct scheme_param *params, size_t count, const char **out, struct cause *cause)
{
    for (size_t i = 0; i < count; i++) {
        if (params[i].kind != PARAM_ENV) {
            continue;
        }
        char name[200];
        (void)snprintf(name, sizeof name, "%.*s", TEXT_ARG(params[i].value));
        out[i] = config_variable(name);
        if (!out[i]) {
            return cause_set(cause, ERR_INPUT, "%s is not set: %s needs it", name, params[i].where.data);
        }
    }
    return 0;
}

int qimen_new(const struct qimen_options *options, struct qimen **out, struct cause *cause)
{
    const struct scheme *scheme = options->scheme;
    int error = qimen_check_url(options->url, cause);
    if (error) {
        return error;
    }
    struct qimen *qimen = calloc(1, sizeof *qimen);
    size_t params = env_before(scheme, (int)scheme->source.slice_count);
    const char **env = calloc(params + 1, sizeof *env);
    if (!qimen || !env) {
        free(qimen);
        free(env);
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    qimen->options = *options;
    qimen->env = env;
    qimen->look = (struct loop_timer){.fn = look, .user = qimen};
    concurrency_init(&qimen->at_once, scheme->source.concurrency);
    (void)snprintf(qimen->host, sizeof qimen->host, "%.*s", TEXT_ARG(url_host(options->url)));
    (void)snprintf(qimen->api, sizeof qimen->api, "%.*s", TEXT_ARG(scheme->source.api));
    arena_init(&qimen->arena, REPLY_ARENA_MAX);
    error = env_resolve(scheme->source.request, scheme->source.request_count, env, cause);
    for (size_t i = 0; !error && i < scheme->source.slice_count; i++) {
        error = env_resolve(scheme->source.slices[i].params, scheme->source.slices[i].count,
                            env + env_before(scheme, (int)i), cause);
    }
    if (error) {
        qimen_free(&qimen);
        return error;
    }
    *out = qimen;
    return 0;
}

void qimen_revive(struct qimen *qimen)
{
    qimen->over = qimen->told = false;
    qimen->failing_since = 0;
    if (qimen->options.limit) {
        loop_set_timer(qimen->options.loop, &qimen->look, loop_now(qimen->options.loop));
    }
}

void qimen_free(struct qimen **qimen_held)
{
    struct qimen *qimen = *qimen_held;
    *qimen_held = NULL;
    if (!qimen) {
        return;
    }
    while (qimen->calls) {
        qimen_drop(qimen, qimen->calls);
    }
    loop_clear_timer(qimen->options.loop, &qimen->look);
    arena_fini(&qimen->arena);
    free(qimen->env);
    free(qimen);
}

int64_t qimen_concurrency(const struct qimen *qimen)
{
    return qimen->at_once.now;
}

const char *qimen_ails(const struct qimen *qimen)
{
    return qimen->over        ? "the source refused, or can't be reached: the log says why"
           : qimen->told      ? "the source does not answer"
           : !qimen->answered ? "the source has not answered yet"
                              : NULL;
}

const char *qimen_host(const struct qimen *qimen)
{
    return qimen->host;
}
