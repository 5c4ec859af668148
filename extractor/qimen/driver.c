#include "extractor/qimen/qimen.h"

#include "extractor/platform/endpoint.h"
#include "extractor/platform/params.h"
#include "extractor/qimen/call.h"
#include "extractor/qimen/reply.h"
#include "extractor/qimen/settings.h"

static const char *account(void)
{
    return qimen_settings.sid;
}

static int open_endpoint(const struct scheme *scheme, struct endpoint **out, struct cause *cause)
{
    return endpoint_new(scheme, qimen_settings.url, sizeof **out, out, cause);
}

/* ---- calls ---- */

static int request_write(const struct qimen_call *call, struct source_request *out)
{
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded;charset=utf-8", NULL};
    out->method = "POST";
    out->url = qimen_settings.url;
    out->headers = headers;
    return qimen_call_write(call, &out->body);
}

static int fetch(struct endpoint *endpoint, const struct source_page *page, struct source_request *out)
{
    const struct qimen_call call = {.scheme = endpoint->scheme,
                                    .env = endpoint->env,
                                    .slice = page->slice,
                                    .window = page->window,
                                    .page = page->no,
                                    .page_size = page->size};
    return request_write(&call, out);
}

static int ask(struct endpoint *endpoint, const char *key, int64_t no, int64_t size, struct source_request *out)
{
    const struct qimen_call call = {
        .scheme = endpoint->scheme, .env = endpoint->env, .key = key, .page = no, .page_size = size};
    return request_write(&call, out);
}

static void read_reply(struct endpoint *endpoint, const struct source_asked *asked, const struct http_reply *reply,
                       struct arena *arena, struct source_answer *out)
{
    (void)asked;
    const struct scheme *scheme = endpoint->scheme;
    const struct reply_form form = {scheme->source.list_keys, scheme->source.list_key_count,
                                    params_record_field(scheme)};
    qimen_reply_read(reply, &form, arena, out);
}

const struct source_driver qimen_driver = {
    .name = "qimen",
    .address_setting = "WDT_URL",
    .account_setting = "WDT_SID",
    .settings = qimen_options,
    .setting_count = QIMEN_OPTIONS,
    .check = qimen_settings_check,
    .account = account,
    .open = open_endpoint,
    .close = endpoint_free,
    .host = endpoint_host,
    .fetch = fetch,
    .ask = ask,
    .read = read_reply,
};
