/* Counts HTTP calls: http_requests_total{api,class}, http_request_seconds{api}, http_in_flight{api}. Part of http.c. */
#ifndef DIANCHEN_COMMON_HTTP_METER_H
#define DIANCHEN_COMMON_HTTP_METER_H

#include "common/http/reply_class.h"
#include "common/observe/metrics.h"

enum {
    HTTP_APIS = 24, /* names counted; calls of further ones are not */
    HTTP_CLASSES = REPLY_FATAL + 1,
};

struct http_meter { /* zero-initialise, then set metrics; NULL counts nothing */
    struct metrics *metrics;
    size_t count;
    struct http_api {
        char name[64];
        struct metric *requests[HTTP_CLASSES], *seconds, *in_flight;
    } apis[HTTP_APIS];
};

/* A call to `api` begins, and ends with this reply. The loop's thread. */
void http_meter_begin(struct http_meter *meter, const char *api);
void http_meter_end(struct http_meter *meter, const char *api, const struct http_reply *reply);

#endif
