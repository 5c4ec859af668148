#include "extractor/rest/rest.h"

#include <stddef.h>

#include "common/base/container.h"
#include "extractor/platform/endpoint.h"
#include "extractor/platform/params.h"
#include "extractor/platform/request.h"
#include "extractor/rest/call.h"
#include "extractor/rest/reply.h"
#include "extractor/rest/settings.h"

struct rest_endpoint {
    struct endpoint common;
    struct request_room room;
};

static struct rest_endpoint *own(struct endpoint *endpoint)
{
    return CONTAINER_OF(endpoint, struct rest_endpoint, common);
}

static const char *account(void)
{
    return rest_source_settings.account ? rest_source_settings.account : rest_source_settings.url;
}

/* ---- life ---- */

static void close_endpoint(struct endpoint **closing)
{
    if (*closing) {
        request_room_fini(&own(*closing)->room);
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
    request_room_init(&endpoint->room);
    error = rest_credential(&scheme->source.rest->auth, &rest_source_settings, &rest_source_ids,
                            &endpoint->room.credential, cause);
    if (error) {
        close_endpoint(&common);
        return error;
    }
    *out = common;
    return 0;
}

static bool oauth(const struct endpoint *endpoint, struct oauth_options *out)
{
    return rest_oauth(&endpoint->scheme->source.rest->auth, &rest_source_settings, &rest_source_ids, out);
}

static void authorise(struct endpoint *endpoint, const char *line)
{
    struct buffer *credential = &own(endpoint)->room.credential;
    buffer_wipe(credential);
    buffer_init(credential, REST_CREDENTIAL_MAX);
    if (line && buffer_reserve(credential, REST_CREDENTIAL_MAX)) {
        buffer_add(credential, line, strlen(line) + 1);
    }
}

/* ---- calls ---- */

static int request_write(struct endpoint *common, struct rest_call *call, struct source_request *out)
{
    struct rest_endpoint *endpoint = own(common);
    call->scheme = common->scheme;
    call->base = rest_source_settings.url;
    call->env = common->env;
    request_room_clear(&endpoint->room);
    int error = rest_call_write(call, &endpoint->room.url, &endpoint->room.lines, &out->body);
    return error ? error : request_room_give(&endpoint->room, common->scheme->source.rest->call.method, out);
}

static int fetch(struct endpoint *endpoint, const struct source_page *page, struct source_request *out)
{
    struct rest_call call = {.slice = page->slice,
                             .window = page->window,
                             .page = page->no,
                             .page_size = page->size,
                             .cursor = page->cursor};
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
    .oauth = oauth,
    .authorise = authorise,
    .fetch = fetch,
    .ask = ask,
    .read = read_reply,
};
