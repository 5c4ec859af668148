/* HTTP calls: one keep-alive libcurl multi handle on the loop. HTTPS is verified, always.
 * Redirects are not followed (an API that redirects a POST is broken: 302 counts as a transport failure).
 * Bodies, headers and times are capped. Loopback is never proxied.
 *
 * libcurl must never send a POST twice by itself: on a reused connection that died it would. The body
 * is fed by a read function without a seek function, and a second attempt is refused once the body's last byte
 * had been handed to libcurl. */
#ifndef DIANCHEN_COMMON_HTTP_H
#define DIANCHEN_COMMON_HTTP_H

#include "common/buffer.h"
#include "common/loop.h"
#include "common/text.h"

struct http;
struct metrics;

struct http_options {
    const char *ca_file;     /* DIANCHEN_CA_FILE or NULL */
    const char *proxy;       /* HTTPS_PROXY or NULL; for https:// alone, as everywhere */
    const char *no_proxy;    /* NO_PROXY or NULL; loopback is always added */
    int connections;         /* most connections at once, kept alive */
    size_t body_limit;       /* most bytes of a reply body */
    struct metrics *metrics; /* http_requests_total{api,class}, http_request_seconds{api}, http_in_flight{api} */
};

int http_new(struct loop *loop, const struct http_options *options, struct http **out, struct cause *cause) WARN_UNUSED;
/* Calls under way end with HTTP_CANCELLED, before it returns. Not from inside a call's `done`. */
void http_free(struct http **http);

/* How far a call got: what decides whether the server may have acted on it. */
enum http_reach {
    HTTP_UNSENT,    /* the last byte of the body certainly did not leave: nothing was executed */
    HTTP_SENT,      /* all left, no whole reply came: outcome unknown */
    HTTP_ANSWERED,  /* a whole reply is here */
    HTTP_CANCELLED, /* by http_cancel or http_free; counts as HTTP_SENT unless unsent */
};

struct http_reply {
    enum http_reach reach;
    bool unsent;         /* reach is not HTTP_ANSWERED and the body certainly did not leave whole */
    int status;          /* HTTP status; 0 when none came */
    struct text body;    /* valid during the callback only */
    int64_t retry_after; /* ms from a Retry-After header (seconds or date); -1 = none */
    double seconds;      /* from start to end */
    char why[200];       /* transport failures: what curl said, without URL or secrets */
    bool certificate;    /* the failure is of TLS verification: fatal, names DIANCHEN_CA_FILE as cure */
};

typedef void http_done_fn(void *user, const struct http_reply *reply);

struct http_request {
    const char *api;            /* label for metrics: "wdt.shop.query"; lives as long as the call */
    const char *method;         /* "GET" or "POST" */
    const char *url;            /* copied; never logged (it may hold a token) */
    const char *const *headers; /* "Name: value", NULL-terminated; copied */
    struct text body;           /* copied when `own_body` is NULL */
    struct buffer *own_body;    /* else taken over: the buffer is emptied */
    int64_t timeout;            /* ms for the whole call */
    int64_t send_by; /* loop clock ms: the body's last bytes leave before, or the call ends HTTP_UNSENT; 0 = no bound */
    http_done_fn *done; /* exactly once, never from inside http_send */
    void *user;
};

struct http_call; /* valid until its callback has run */
/* ERR_INPUT: another method, a GET with a body, no timeout; ERR_MEMORY. On failure own_body is untouched. */
int http_send(struct http *http, const struct http_request *request, struct http_call **out) WARN_UNUSED;
/* Its `done` runs before this returns. */
void http_cancel(struct http *http, struct http_call *call);

/* Percent-encodes (RFC 3986 unreserved kept) onto `out`. */
void http_put_encoded(struct buffer *out, struct text t);

#endif
