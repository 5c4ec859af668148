/* HTTP calls on the loop, with one libcurl multi handle and keep-alive connections. Certificates are always verified.
 * Redirects are not followed: an API that redirects a POST is broken. Bodies, headers and times are capped. Loopback is
 * never proxied. Compressed replies (gzip, deflate, br) and charsets are decoded. All calls on the loop's thread.
 *
 * libcurl must never send a POST twice by itself, as it would on a reused connection that died. So the body is fed by a read
 * function without a seek function, and a second attempt fails once libcurl had the last byte of the body. */
#ifndef DIANCHEN_COMMON_HTTP_HTTP_H
#define DIANCHEN_COMMON_HTTP_HTTP_H

#include "common/base/buffer.h"
#include "common/base/text.h"
#include "common/config/config.h"
#include "common/http/encode.h"
#include "common/http/record.h"
#include "common/http/reply.h"
#include "common/loop/loop.h"

struct http;
struct metrics;

/* The network settings of a program that makes calls. NULL = unset. */
struct http_network {
    const char *proxy;      /* HTTPS_PROXY; for https:// only, as in curl */
    const char *http_proxy; /* http_proxy; for http:// only */
    const char *no_proxy;   /* NO_PROXY; loopback is always added */
    const char *ca_file;    /* DIANCHEN_CA_FILE */
};
/* Rows for a program's option table. */
#define HTTP_NETWORK_OPTIONS(n)                                                                                        \
    OPT_SETTING(HTTPS_PROXY, (n).proxy), OPT_SETTING(HTTP_PROXY, (n).http_proxy), OPT_SETTING(NO_PROXY, (n).no_proxy), \
        OPT_SETTING(CA_FILE, (n).ca_file)
/* Refuses http:// addresses other than loopback, unless PLAIN_HTTP allows them: everyone on the way could read the secrets.
 * `name` is the setting that `url` comes from. ERR_INPUT with the cure, which does not contain the URL. */
int http_check_plain(const char *name, const char *url, struct cause *cause) WARN_UNUSED;

struct http_options {
    struct http_network network;  /* its texts are copied */
    struct record_options record; /* its texts are copied; all zero = calls are not recorded */
    int connections;              /* most connections at once, kept alive */
    size_t body_limit;            /* most bytes of a reply body */
    struct metrics *metrics;      /* http_requests_total{api,class}, http_request_seconds{api}, http_in_flight{api} */
};

/* `loop` and the metrics outlive it; the options' texts need not. ERR_INPUT: the CA file can't be read; ERR_IO: libcurl does not
 * start; ERR_MEMORY. */
int http_new(struct loop *loop, const struct http_options *options, struct http **out, struct cause *cause) WARN_UNUSED;
/* Ends the calls under way with HTTP_CANCELLED before it returns. Not from inside a call's `done`. */
void http_free(struct http **http);

typedef void http_done_fn(void *user, const struct http_reply *reply);

struct http_request {
    const char *api;            /* label for metrics: "wdt.shop.query"; lives as long as the call */
    const char *method;         /* "GET", "POST", "PUT" or "PATCH" */
    const char *url;            /* copied; never logged (it may hold a token) */
    const char *const *headers; /* "Name: value", NULL-terminated; copied */
    struct text body;           /* copied when `own_body` is NULL */
    struct buffer *own_body;    /* else the body; its memory is taken over, the buffer is empty afterwards */
    int64_t timeout;            /* ms for the whole call */
    struct loop_ms send_by; /* if the body has not left whole by then, the call ends HTTP_UNSENT; .ms 0 = no bound */
    http_done_fn *done;     /* exactly once, never from inside http_send */
    void *user;
};

struct http_call; /* valid until its callback has run */
/* Starts a call. ERR_INPUT: another method, a GET with a body, no timeout; ERR_MEMORY. On failure own_body is untouched. */
int http_send(struct http *http, const struct http_request *request, struct http_call **out) WARN_UNUSED;
/* Ends the call with HTTP_CANCELLED; its `done` runs before this returns. */
void http_cancel(struct http *http, struct http_call *call);

#endif
