/* What a reply means for the caller, as far as it is the same for all HTTP APIs. The rest is each driver's
 * (extractor/qimen, loader/xingchen). Pure. */
#ifndef DIANCHEN_COMMON_HTTP_REPLY_CLASS_H
#define DIANCHEN_COMMON_HTTP_REPLY_CLASS_H

#include <stdint.h>

#include "common/http/reply.h"

enum reply_class { REPLY_DONE, REPLY_RETRY, REPLY_THROTTLED, REPLY_LOGIN, REPLY_REJECT, REPLY_FATAL };
const char *reply_class_text(enum reply_class class); /* label of throttled_total and http_requests_total */

/* Judges the transport alone. REPLY_DONE: HTTP 200, which the API's own table must judge. REPLY_FATAL: trying again does
 * not help (4xx, a moved address, a proxy that wants a password, an untrusted certificate). *wait = ms to wait as the
 * server told, else -1. */
enum reply_class reply_transport(const struct http_reply *reply, int64_t *wait);
/* Writes what a person must do: for an address that has moved (301, 308), a proxy that wants a password (407), an untrusted
 * certificate, an unknown encoding. False for any other reply. `setting` is the name of the address, "WDT_URL". */
bool reply_cure(const struct http_reply *reply, const char *setting, char *out, size_t size);

/* Full jitter: a random pause in [0, min(3000, 100 << attempt)] ms. */
int64_t retry_pause(int attempt);
enum { RETRY_GIVE_UP = 15 * 60 * 1000 /* ms of unbroken failure, then exit 4 with the state kept */ };

#endif
