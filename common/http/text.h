/* Small texts of HTTP. Part of http.c. */
#ifndef DIANCHEN_COMMON_HTTP_TEXT_H
#define DIANCHEN_COMMON_HTTP_TEXT_H

#include <curl/curl.h>
#include <stdint.h>

#include "common/base/buffer.h"
#include "common/http/reply.h"

enum { HTTP_LOCATION_ROOM = 300 };

/* The value for CURLOPT_NOPROXY: loopback, then `given` (may be NULL). The caller frees it; NULL when out of memory. */
char *http_no_proxy(const char *given);
/* *out = a copy, which the caller frees; NULL of NULL. False: out of memory. */
bool http_keep(const char *text, char **out);
/* Does the address begin with https? */
bool http_tls(const char *url);
/* Copies `text` into `out`, cut and with secrets wiped. If it shows the query of the call, which may hold a token, libcurl's
 * text for `code` is taken instead. */
void http_why(CURL *easy, const char *text, CURLcode code, char *out, size_t size);

/* Sets reply->body to `raw` as UTF-8; `decoded` holds it if it had to be converted. If the charset is unknown, the body stays
 * as it came and reply->charset names the charset. */
void http_body(CURL *easy, struct text raw, struct buffer *decoded, struct http_reply *reply);
/* Sets what headers say of the finished reply: retry_after, total_count, next, and location, without its query, which may hold a
 * token; empty where there is none. */
void http_headers(CURL *easy, char room[HTTP_LOCATION_ROOM], struct http_reply *reply);
/* The method of this name as a literal; NULL = it is none of those that are sent. */
const char *http_method(const char *name);
/* Is this a failure of TLS verification? */
bool http_certificate(CURLcode code);

#endif
