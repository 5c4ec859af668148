/* How a call ended: how far it got, status, body. */
#ifndef DIANCHEN_COMMON_HTTP_REPLY_H
#define DIANCHEN_COMMON_HTTP_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/text.h"

/* How far a call got. It decides whether the server may have executed it. */
enum http_reach {
    HTTP_UNSENT,    /* the body certainly did not leave whole: nothing was executed */
    HTTP_SENT,      /* the body left, no whole reply came: unknown whether it was executed */
    HTTP_ANSWERED,  /* a whole reply is here */
    HTTP_CANCELLED, /* by http_cancel or http_free; counts as HTTP_SENT unless unsent */
};

struct http_reply {
    enum http_reach reach;
    bool unsent; /* reach is not HTTP_ANSWERED and the body certainly did not leave whole */
    int status;  /* HTTP status; 0 when none came */
    /* Valid during the callback only. Decoded as Content-Encoding and charset say, without a byte order mark: UTF-8, where
     * each byte that could not be decoded is 0xff. */
    struct text body;
    struct text raw;      /* the body without Content-Encoding, charset not decoded; during the callback only */
    int64_t retry_after;  /* ms from a Retry-After header (seconds or date); -1 = none */
    int64_t total_count;  /* of an X-Total-Count header; -1 = none */
    struct text next;     /* of a Link header with rel=next: the address as told; valid during the callback only */
    double seconds;       /* from start to end */
    char why[200];        /* transport failures: what curl said, without URL or secrets */
    bool certificate;     /* the failure is of TLS verification: fatal, names DIANCHEN_CA_FILE as cure */
    bool too_large;       /* the failure is that the reply is above http_options.body_limit */
    bool encoding;        /* the failure is a Content-Encoding that libcurl does not know, or that is broken */
    int proxy_status;     /* status of the proxy's answer to CONNECT; 0 = no proxy */
    struct text location; /* Location of a redirect, without query or secrets; valid during the callback only */
    bool
        charset_told; /* its Content-Type names a charset that is believed: Latin-1 and ASCII are often told by default */
    char charset[40]; /* the charset of the reply, if this host can't read it; "" = the body is UTF-8 */
};

#endif
