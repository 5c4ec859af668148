/* Small texts of HTTP. Part of http.c. */
#ifndef DIANCHEN_COMMON_HTTP_TEXT_H
#define DIANCHEN_COMMON_HTTP_TEXT_H

#include <curl/curl.h>
#include <stdint.h>

/* ms from the Retry-After header of the finished reply, at most a week; -1 = none, or not understood. */
int64_t http_retry_after(CURL *easy);
/* CURLOPT_NOPROXY: loopback before what was `given` (may be NULL). To be freed; NULL when out of memory. */
char *http_no_proxy(const char *given);

#endif
