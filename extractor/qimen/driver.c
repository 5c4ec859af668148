#include "extractor/qimen/qimen.h"

#include <stdio.h>
#include <stdlib.h>

#include "extractor/qimen/call.h"
#include "extractor/qimen/reply.h"
#include "extractor/qimen/settings.h"

struct endpoint {
    const struct scheme *scheme;
    char host[300];
    const char **env; /* as qimen_call.env */
};

static const char *account(void)
{
    return qimen_settings.sid;
}

/* ---- life ---- */

static int env_resolve(const struct scheme_param *params, size_t count, const char **out, struct cause *cause)
{
    for (size_t i = 0; out && i < count; i++) {
        if (params[i].kind != PARAM_ENV) {
            continue;
        }
        char name[200];
        (void)snprintf(name, sizeof name, "%.*s", TEXT_ARG(params[i].value));
        out[i] = config_variable_plain(name);
        if (!out[i]) {
            return cause_set(cause, ERR_INPUT, "%s is not set: %s needs it", name, params[i].where.data);
        }
    }
    return 0;
}

static void endpoint_close(struct endpoint **closing)
{
    struct endpoint *endpoint = *closing;
    *closing = NULL;
    if (endpoint) {
        free(endpoint->env);
        free(endpoint);
    }
}

static int endpoint_open(const struct scheme *scheme, struct endpoint **out, struct cause *cause)
{
    int slices = (int)scheme->source.slice_count;
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (!endpoint) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    endpoint->scheme = scheme;
    endpoint->env = calloc(qimen_env_at(scheme, slices) + 1, sizeof *endpoint->env);
    (void)snprintf(endpoint->host, sizeof endpoint->host, "%.*s", TEXT_ARG(qimen_url_host(qimen_settings.url)));
    int error = endpoint->env ? 0 : cause_set(cause, ERR_MEMORY, "out of memory");
    if (!error) {
        error = env_resolve(scheme->source.request, scheme->source.request_count, endpoint->env, cause);
    }
    for (int i = 0; !error && i < slices; i++) {
        error = env_resolve(scheme->source.slices[i].params, scheme->source.slices[i].count,
                            endpoint->env + qimen_env_at(scheme, i), cause);
    }
    if (error) {
        endpoint_close(&endpoint);
        return error;
    }
    *out = endpoint;
    return 0;
}

static const char *host(const struct endpoint *endpoint)
{
    return endpoint->host;
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

static int fetch(struct endpoint *endpoint, int slice, const struct source_window *window, int64_t no, int64_t size,
                 struct source_request *out)
{
    const struct qimen_call call = {.scheme = endpoint->scheme,
                                    .env = endpoint->env,
                                    .slice = slice,
                                    .window = *window,
                                    .page = no,
                                    .page_size = size};
    return request_write(&call, out);
}

static int ask(struct endpoint *endpoint, const char *key, int64_t no, int64_t size, struct source_request *out)
{
    const struct qimen_call call = {
        .scheme = endpoint->scheme, .env = endpoint->env, .key = key, .page = no, .page_size = size};
    return request_write(&call, out);
}

/* A field that each record of the reply has, so that a list can be told from other lists. */
static struct text record_field(const struct scheme *scheme)
{
    size_t prefix = sizeof SCHEME_OUTER - 1;
    for (size_t i = 0; scheme->source.split.size > 0 && i < scheme->slot_count; i++) {
        if (scheme->source.outer[i]) {
            return (struct text){scheme->slots[i].data + prefix, scheme->slots[i].size - prefix};
        }
    }
    return scheme->source.split.size > 0 ? scheme->source.split : scheme->slots[scheme->source.id_slot];
}

static void read_reply(struct endpoint *endpoint, const struct http_reply *reply, struct arena *arena,
                       struct source_answer *out)
{
    const struct scheme *scheme = endpoint->scheme;
    const struct reply_form form = {scheme->source.list_keys, scheme->source.list_key_count, record_field(scheme)};
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
    .open = endpoint_open,
    .close = endpoint_close,
    .host = host,
    .fetch = fetch,
    .ask = ask,
    .read = read_reply,
};
