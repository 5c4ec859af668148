#include "extractor/soap/soap.h"

#include <openssl/rand.h>
#include <stddef.h>

#include "common/base/clock.h"
#include "common/base/container.h"
#include "extractor/platform/endpoint.h"
#include "extractor/platform/params.h"
#include "extractor/platform/request.h"
#include "extractor/soap/call.h"
#include "extractor/soap/reply.h"
#include "extractor/soap/settings.h"

struct soap_endpoint {
    struct endpoint common;
    struct request_room room;
};

static struct soap_endpoint *own(struct endpoint *endpoint)
{
    return CONTAINER_OF(endpoint, struct soap_endpoint, common);
}

static const char *account(void)
{
    return soap_settings.account ? soap_settings.account : soap_settings.url;
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
    const struct soap_form *form = scheme->source.soap;
    int error = endpoint_new(scheme, soap_settings.url, sizeof(struct soap_endpoint), &common, cause);
    if (error) {
        return error;
    }
    struct soap_endpoint *endpoint = own(common);
    request_room_init(&endpoint->room);
    error = rest_credential(&form->rest.auth, &soap_settings, &soap_ids, &endpoint->room.credential, cause);
    error = error ? error : soap_credentials_check(form, cause);
    if (error) {
        close_endpoint(&common);
        return error;
    }
    *out = common;
    return 0;
}

/* ---- calls ---- */

static int request_write(struct endpoint *common, struct soap_call *call, struct source_request *out)
{
    struct soap_endpoint *endpoint = own(common);
    call->values.scheme = common->scheme;
    call->values.env = common->env;
    call->settings = &soap_settings;
    call->now = clock_wall();
    if (RAND_bytes(call->nonce, SOAP_NONCE) != 1) {
        return ERR_MEMORY;
    }
    request_room_clear(&endpoint->room);
    int error = soap_call_write(call, &endpoint->room.url, &endpoint->room.lines, &out->body);
    return error ? error : request_room_give(&endpoint->room, "POST", out);
}

static int fetch(struct endpoint *endpoint, const struct source_page *page, struct source_request *out)
{
    struct soap_call call = {
        .values = {.slice = page->slice, .window = page->window, .page = page->no, .page_size = page->size}};
    return request_write(endpoint, &call, out);
}

static int ask(struct endpoint *endpoint, const char *key, int64_t no, int64_t size, struct source_request *out)
{
    struct soap_call call = {.values = {.key = key, .page = no, .page_size = size}};
    return request_write(endpoint, &call, out);
}

static void read_reply(struct endpoint *endpoint, const struct source_asked *asked, const struct http_reply *reply,
                       struct arena *arena, struct source_answer *out)
{
    const struct scheme *scheme = endpoint->scheme;
    soap_reply_read(reply, scheme->source.soap, params_record_field(scheme), asked, scheme->source.first_page, arena,
                    out);
}

const struct source_driver soap_driver = {
    .name = "soap",
    .address_setting = "SOAP_URL",
    .account_setting = "SOAP_ACCOUNT",
    .settings = soap_options,
    .setting_count = SOAP_OPTIONS,
    .check = soap_settings_check,
    .account = account,
    .open = open_endpoint,
    .close = close_endpoint,
    .host = endpoint_host,
    .fetch = fetch,
    .ask = ask,
    .read = read_reply,
};
