/* Tells another system what happens (outbox.h): a POST for each message, one at a time, signed, tried again with growing pauses
 * until it is answered with a status of 200 to 299. A thread of its own. */
#ifndef DIANCHEN_CONSOLE_WORK_WEBHOOK_H
#define DIANCHEN_CONSOLE_WORK_WEBHOOK_H

#include "common/http/http.h"
#include "console/work/stores.h"

struct webhook;

struct webhook_options { /* texts outlive the webhook */
    const char *url;     /* NULL = nobody is told */
    const char *secret;  /* signs: HMAC-SHA256 over "TIME.BODY", TIME in unix seconds */
    struct http_network network;
};

/* Starts the thread. *out is NULL where nobody is told. The caller owns *out. 0, or with the cause: ERR_INPUT: an address that is
 * none, plain http that is not allowed, no secret; ERR_MEMORY; ERR_IO. */
int webhook_new(const struct webhook_options *options, struct stores *stores, struct webhook **out,
                struct cause *cause) WARN_UNUSED;
/* Ends a call under way: its message is sent again at the next start. */
void webhook_free(struct webhook **held);

/* The value of the header X-Dianchen-Signature: "t=TIME,v1=HEX". ERR_IO. */
enum { WEBHOOK_SIGNATURE = 100 };
int webhook_sign(const char *secret, int64_t seconds, struct text body, char out[WEBHOOK_SIGNATURE]) WARN_UNUSED;

#endif
