#include "common/http/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/http/charset.h"

enum { HTTP_RETRY_AFTER_MAX = 604800 /* s */ };

static int64_t header_date(CURL *easy, const char *name)
{
    struct curl_header *header;
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
        return -1;
    }
    return (int64_t)curl_getdate(header->value, NULL);
}

/* "2026-01-31T08:00:00Z", "2026-01-31 08:00:00": without a zone it is China's time, or else UTC, where that is over. Seconds since
 * 1970, or -1. */
static int64_t iso_date(const char *text, int64_t now)
{
    enum { CHINA = 8 * 3600 };
    struct tm tm = {0}, there = {0};
    const char *rest = strptime(text, " %Y-%m-%d", &tm);
    rest = rest && (*rest == 'T' || *rest == ' ') ? strptime(rest + 1, "%H:%M:%S", &tm) : NULL;
    if (!rest) {
        return -1;
    }
    int64_t at = timegm(&tm);
    const char *zone = rest + strspn(rest, ".0123456789 ");
    if (strptime(zone, "%z", &there)) {
        return at - there.tm_gmtoff;
    }
    return *zone || at - CHINA < now ? at : at - CHINA;
}

/* A date is taken against the server's own Date where it has one: clocks differ. So is a number that can only be a moment:
 * seconds, or milliseconds, since 1970. */
static int64_t retry_after(CURL *easy)
{
    struct curl_header *header;
    if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
        return -1;
    }
    const char *told = header->value; /* the next look for a header writes over `header` */
    char *end = NULL;
    double number = strtod(told, &end);
    const char *tail = end + strspn(end, " ");
    bool counted = end != told && (*tail == '\0' || tail[0] == 's' || tail[0] == 'S');
    int64_t date = header_date(easy, "Date"), now = date < 0 ? (int64_t)clock_seconds() : date, until = -1;
    if (!counted) {
        until = iso_date(told, now);
        until = until < 0 ? header_date(easy, "Retry-After") : until;
    } else if (number >= 1e9 && number < 1e15) {
        until = (int64_t)(number >= 1e12 ? number / 1000 : number);
    }
    if (until < 0 && (!counted || !(number >= 0 && number < 1e9))) {
        return -1;
    }
    int64_t most = HTTP_RETRY_AFTER_MAX, seconds = until < 0 ? (int64_t)(number + 0.999) : until - now;
    seconds = seconds < 0 ? 0 : seconds;
    return (seconds > most ? most : seconds) * 1000;
}

bool http_keep(const char *text, char **out)
{
    *out = text ? strdup(text) : NULL;
    return !text || *out;
}

bool http_tls(const char *url)
{
    return text_starts(text_of(url), TEXT("https://"));
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

void http_body(CURL *easy, struct text raw, struct buffer *decoded, struct http_reply *reply)
{
    char *type = NULL, charset[CHARSET_ROOM] = "";
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    if (type) {
        charset_told(text_of(type), charset);
    }
    reply->charset_told = charset_meant(charset);
    if (charset_decode(charset, raw, decoded, &reply->body) != 0) {
        (void)snprintf(reply->charset, sizeof reply->charset, "%s", charset);
    }
}

static struct text location(CURL *easy, char room[HTTP_LOCATION_ROOM])
{
    struct curl_header *header;
    if (curl_easy_header(easy, "Location", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
        return TEXT("");
    }
    struct text address = {header->value, strcspn(header->value, "?#")};
    size_t size = text_cut(address, HTTP_LOCATION_ROOM - 1);
    memcpy(room, address.data, size);
    room[size] = '\0';
    secret_wipe(room);
    return text_of(room);
}

static int64_t total_count(CURL *easy)
{
    struct curl_header *header;
    int64_t count = -1;
    if (curl_easy_header(easy, "X-Total-Count", 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        text_integer(text_trim(text_of(header->value)), &count) != 0 || count < 0) {
        return -1;
    }
    return count;
}

/* <https://host/items?after=x>; rel="next", <…>; rel="first": several may share a header, and there may be several headers. */
static struct text link_next(CURL *easy)
{
    struct curl_header *header;
    for (size_t i = 0; curl_easy_header(easy, "Link", i, CURLH_HEADER, -1, &header) == CURLHE_OK; i++) {
        const char *at = header->value;
        while ((at = strchr(at, '<')) != NULL) {
            const char *end = strchr(at, '>');
            if (!end) {
                break;
            }
            const char *more = strchr(end, '<'), *rel = strstr(end, "rel=");
            bool next = rel && (!more || rel < more) &&
                        (strncasecmp(rel + 4, "\"next\"", 6) == 0 || strncasecmp(rel + 4, "next", 4) == 0);
            if (next) {
                return (struct text){at + 1, (size_t)(end - at - 1)};
            }
            at = end;
        }
    }
    return (struct text){NULL, 0};
}

void http_headers(CURL *easy, char room[HTTP_LOCATION_ROOM], struct http_reply *reply)
{
    reply->retry_after = retry_after(easy);
    reply->total_count = total_count(easy);
    reply->location = location(easy, room);
    reply->next = link_next(easy);
}

bool http_certificate(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR;
}

void http_why(CURL *easy, const char *text, CURLcode code, char *out, size_t size)
{
    char *url = NULL;
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    const char *query = url ? strchr(url, '?') : NULL;
    if (query && query[1] && strstr(text, query + 1)) {
        text = curl_easy_strerror(code);
    }
    char whole[CURL_ERROR_SIZE]; /* a proxy's password may stand in it */
    (void)snprintf(whole, sizeof whole, "%s", text);
    secret_wipe(whole);
    size_t length = text_cut(text_of(whole), size - 1);
    memcpy(out, whole, length);
    out[length] = '\0';
}

const char *http_method(const char *name)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(name, methods[i]) == 0) {
            return methods[i];
        }
    }
    return NULL;
}
