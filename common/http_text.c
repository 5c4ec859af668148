#include "common/http_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/http.h"

enum { HTTP_RETRY_AFTER_MAX = 604800 /* s */ };

static int64_t header_date(CURL *easy, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
        return -1;
    }
    return (int64_t)curl_getdate(header->value, NULL);
}

/* A date is taken against the server's own Date where it has one: clocks differ. */
int64_t http_retry_after(CURL *easy)
{
    struct curl_header *header;
    if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
        return -1;
    }
    int64_t seconds;
    if (text_integer(text_trim(text_of(header->value)), &seconds) != 0) {
        int64_t until = header_date(easy, "Retry-After");
        int64_t now = header_date(easy, "Date");
        if (until < 0) {
            return -1;
        }
        seconds = until - (now < 0 ? (int64_t)time(NULL) : now);
        seconds = seconds < 0 ? 0 : seconds;
    }
    if (seconds < 0) {
        return -1;
    }
    return (seconds > HTTP_RETRY_AFTER_MAX ? HTTP_RETRY_AFTER_MAX : seconds) * 1000;
}

char *http_no_proxy(const char *given)
{
    char *list = NULL;
    if (given && strcmp(given, "*") == 0) {
        return strdup("*"); /* libcurl knows it only by itself */
    }
    return asprintf(&list, "localhost,127.0.0.0/8,::1%s%s", given && given[0] ? "," : "", given ? given : "") < 0
               ? NULL
               : list;
}

void http_put_encoded(struct buffer *out, struct text t)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = t.size <= SIZE_MAX / 3 ? buffer_reserve(out, 3 * t.size) : NULL;
    if (!to) {
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < t.size; i++) {
        unsigned char c = (unsigned char)t.data[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (plain) {
            to[n++] = (char)c;
        } else {
            to[n++] = '%';
            to[n++] = digits[c >> 4];
            to[n++] = digits[c & 15];
        }
    }
    out->size += n;
}
