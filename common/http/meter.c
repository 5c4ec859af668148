#include "common/http/meter.h"

#include <stdio.h>
#include <string.h>

static struct http_api *api_find(struct http_meter *meter, const char *name)
{
    for (size_t i = 0; i < meter->count; i++) {
        if (strncmp(meter->apis[i].name, name, sizeof meter->apis[i].name - 1) == 0) {
            return &meter->apis[i];
        }
    }
    if (meter->count == HTTP_APIS) {
        return NULL;
    }
    struct http_api *api = &meter->apis[meter->count++];
    char label[160];
    snprintf(api->name, sizeof api->name, "%s", name);
    metrics_label(label, sizeof label, "api", name);
    api->seconds = metrics_add(meter->metrics, FAMILY_HTTP_SECONDS, label);
    api->in_flight = metrics_add(meter->metrics, FAMILY_HTTP_IN_FLIGHT, label);
    return api;
}

void http_meter_begin(struct http_meter *meter, const char *api)
{
    const struct http_api *row = meter->metrics ? api_find(meter, api) : NULL;
    if (row) {
        metric_add(row->in_flight, 1);
    }
}

void http_meter_end(struct http_meter *meter, const char *api, const struct http_reply *reply)
{
    struct http_api *row = meter->metrics ? api_find(meter, api) : NULL;
    if (!row) {
        return;
    }
    int64_t wait;
    enum reply_class class = reply_transport(reply, &wait);
    if (!row->requests[class]) {
        char label[200], value[160];
        metrics_label(value, sizeof value, "api", api);
        snprintf(label, sizeof label, "%s,class=\"%s\"", value, reply_class_text(class));
        row->requests[class] = metrics_add(meter->metrics, FAMILY_HTTP_REQUESTS, label);
    }
    metric_add(row->in_flight, -1);
    metric_add(row->requests[class], 1);
    metric_observe(row->seconds, (int64_t)(reply->seconds * 1e6));
}
