#include "extractor/rest/rest.h"

#include <stddef.h>

#include "extractor/platform/endpoint.h"
#include "extractor/platform/params.h"
#include "extractor/rest/call.h"
#include "extractor/rest/reply.h"
#include "extractor/rest/settings.h"

enum { HEADERS_MAX = 100 };

struct rest_endpoint {
    struct endpoint common;
    struct buffer credential; /* "Name: value" and a NUL, or empty */
    struct buffer url, lines; /* of the last request */
    const char *headers[HEADERS_MAX + 1];
};

static struct rest_endpoint *own(struct endpoint *endpoint)
{
    return (struct rest_endpoint *)((char *)endpoint - offsetof(struct rest_endpoint, common));
}

static const char *account(void)
{
    return rest_source_settings.account ? rest_source_settings.account : rest_source_settings.url;
}

/* ---- life ---- */

static void close_endpoint(struct endpoint **closing)
{
    if (*closing) {
        struct rest_endpoint *endpoint = own(*closing);
        buffer_wipe(&endpoint->credential);
        buffer_fini(&endpoint->url);
        buffer_fini(&endpoint->lines);
    }
    endpoint_free(closing);
}

static int open_endpoint(const struct scheme *scheme, struct endpoint **out, struct cause *cause)
{
    struct endpoint *common = NULL;
    int error = endpoint_new(scheme, rest_source_settings.url, sizeof(struct rest_endpoint), &common, cause);
    if (error) {
        return error;
    }
    struct rest_endpoint *endpoint = own(common);
    buffer_init(&endpoint->url, REST_URL_MAX);
    buffer_init(&endpoint->lines, REST_LINES_MAX);
    error = rest_credential(&scheme->source.rest->auth, &rest_source_settings, &rest_source_ids, &endpoint->credential,
                            cause);
    if (error) {
        close_endpoint(&common);
        return error;
    }
    *out = common;
    return 0;
}

/* ---- calls ---- */

static int request_write(struct endpoint *common, struct rest_call *call, struct source_request *out)
{
    struct rest_endpoint *endpoint = own(common);
    call->scheme = common->scheme;
    call->base = rest_source_settings.url;
    call->env = common->env;
    buffer_clear(&endpoint->url, REST_URL_MAX);
    buffer_clear(&endpoint->lines, REST_LINES_MAX);
    int error = rest_call_write(call, &endpoint->url, &endpoint->lines, &out->body);
    if (error) {
        return error;
    }
    size_t count = 0;
    if (endpoint->credential.size > 0) {
        endpoint->headers[count++] = endpoint->credential.data;
    }
    for (size_t at = 0; at < endpoint->lines.size; at += strlen(endpoint->lines.data + at) + 1) {
        if (count == HEADERS_MAX) {
            return ERR_LIMIT;
        }
        endpoint->headers[count++] = endpoint->lines.data + at;
    }
    endpoint->headers[count] = NULL;
    out->method = common->scheme->source.rest->call.method;
    out->url = endpoint->url.data;
    out->headers = endpoint->headers;
    return 0;
}

static int fetch(struct endpoint *endpoint, int slice, const struct source_window *window, int64_t no, int64_t size,
                 struct source_request *out)
{
    struct rest_call call = {.slice = slice, .window = *window, .page = no, .page_size = size};
    return request_write(endpoint, &call, out);
}

static int ask(struct endpoint *endpoint, const char *key, int64_t no, int64_t size, struct source_request *out)
{
    struct rest_call call = {.key = key, .page = no, .page_size = size};
    return request_write(endpoint, &call, out);
}

static void read_reply(struct endpoint *endpoint, const struct source_asked *asked, const struct http_reply *reply,
                       struct arena *arena, struct source_answer *out)
{
    const struct scheme *scheme = endpoint->scheme;
    rest_reply_read(reply, scheme->source.rest, params_record_field(scheme), asked, scheme->source.first_page, arena,
                    out);
}

const struct source_driver rest_driver = {
    .name = "rest",
    .address_setting = "REST_URL",
    .account_setting = "REST_ACCOUNT",
    .settings = rest_options,
    .setting_count = REST_OPTIONS,
    .check = rest_settings_check,
    .account = account,
    .open = open_endpoint,
    .close = close_endpoint,
    .host = endpoint_host,
    .fetch = fetch,
    .ask = ask,
    .read = read_reply,
};
