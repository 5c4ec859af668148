#include "common/http/record.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/http/charset.h"
#include "common/http/mask.h"
#include "common/http/reply.h"
#include "common/json/json.h"
#include "common/log/log.h"

enum {
    RECORD_CALLS_MAX = 10000,    /* files of one process */
    RECORD_BODY_MAX = 64 << 20,  /* bytes of a body, decoded */
    RECORD_FILE_MAX = 192 << 20, /* bytes of a file */
    RECORD_KEEP = 1 << 20,       /* bytes of buffer kept between calls */
    NAME_ROOM = 400,
    HEADER_ROOM = 2000, /* longer ones are cut */
};

struct http_record {
    char *folder;
    enum mask_fields fields;
    int64_t count;
    bool over; /* full, or a file could not be written */
    struct buffer json, text, masked;
};

int record_open(const struct record_options *options, struct http_record **out, struct cause *cause)
{
    const char *fields = options->fields ? options->fields : "masked";
    if (!options->folder) {
        *out = NULL;
        return 0;
    }
    bool all = strcmp(fields, "all") == 0;
    if (!all && strcmp(fields, "masked") != 0) {
        return cause_set(cause, ERR_INPUT, "DIANCHEN_RECORD_FIELDS: '%s' is neither masked nor all", fields);
    }
    if (mkdir(options->folder, 0700) != 0 && errno != EEXIST) {
        return cause_set(cause, ERR_INPUT, "--record %s: %s; name a folder that can be made", options->folder,
                         strerror(errno));
    }
    if (access(options->folder, W_OK | X_OK) != 0) {
        return cause_set(cause, ERR_INPUT, "--record %s: %s; name a folder that can be written", options->folder,
                         strerror(errno));
    }
    struct http_record *record = calloc(1, sizeof *record);
    char *folder = strdup(options->folder);
    if (!record || !folder) {
        free(record);
        free(folder);
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    record->folder = folder;
    record->fields = all ? MASK_SECRETS : MASK_ALL;
    buffer_init(&record->json, RECORD_FILE_MAX);
    buffer_init(&record->text, RECORD_BODY_MAX);
    buffer_init(&record->masked, RECORD_BODY_MAX);
    log_event(EVENT_CASSETTE_ON, "every call is recorded; look through the files before they leave this host", "folder",
              LOG_STR(folder), (const char *)NULL);
    *out = record;
    return 0;
}

void record_close(struct http_record **record)
{
    if (*record) {
        buffer_fini(&(*record)->json);
        buffer_fini(&(*record)->text);
        buffer_fini(&(*record)->masked);
        free((*record)->folder);
        free(*record);
    }
    *record = NULL;
}

/* ---- bodies ---- */

/* The charset that the Content-Type names, as iconv knows it; "" = none. */
static const char *charset_of(const struct record_call *call, struct text body, char told[CHARSET_ROOM])
{
    char *type = NULL;
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
    charset_told(text_of(type ? type : ""), told);
    const char *name = charset_iconv(told, body);
    return name ? name : told;
}

/* False where a byte fits in neither charset. */
static bool recode(const char *to, const char *from, struct text in, struct buffer *out)
{
    iconv_t converter = iconv_open(to, from);
    if (converter == (iconv_t)-1) {
        return false;
    }
    char *at = (char *)(uintptr_t)in.data;
    size_t left = in.size;
    buffer_clear(out, RECORD_KEEP);
    char *room = buffer_reserve(out, 4 * in.size + 16);
    size_t free_bytes = 4 * in.size + 16;
    bool good = room && iconv(converter, &at, &left, &room, &free_bytes) == 0 && left == 0;
    out->size = good ? (size_t)(room - out->data) : 0;
    iconv_close(converter);
    return good;
}

static bool is_form(struct text body)
{
    return body.size > 0 && body.data[0] != '{' && body.data[0] != '[' && body.data[0] != '<' &&
           memchr(body.data, '=', body.size) && !memchr(body.data, '"', body.size);
}

/* The body masked, into record->masked. False when nobody can read it, so that nobody can say what is in it. */
static bool body_masked(struct http_record *record, struct text body, const char *charset)
{
    bool plain = text_is_utf8(body);
    buffer_clear(&record->masked, RECORD_KEEP);
    if (!plain && (!charset[0] || !recode("UTF-8", charset, body, &record->text))) {
        return false;
    }
    struct text text = plain ? body : buffer_text(&record->text);
    bool xml = text_starts(text_trim(text), TEXT("<"));
    (xml ? mask_xml : is_form(body) ? mask_form : mask_json)(&record->masked, text, record->fields);
    return !record->masked.failed;
}

static void put_base64(struct buffer *json, struct text body)
{
    size_t size = 4 * ((body.size + 2) / 3);
    char *room = buffer_reserve(json, size + 1);
    if (room) {
        (void)EVP_EncodeBlock((unsigned char *)room, (const unsigned char *)body.data, (int)body.size);
        json->size += size;
    }
}

/* `,"body":"…"`; bytes of another charset go back into it and are written as base64, so that they replay as they came. */
static void put_body(struct http_record *record, struct text body, const char *charset)
{
    struct buffer *json = &record->json;
    if (!body_masked(record, body, charset)) {
        buffer_add_text(
            json, TEXT(",\"body_withheld\":\"no text of the charset that it names: nobody can say what is in it\""));
        return;
    }
    if (text_is_utf8(body)) {
        buffer_add_text(json, TEXT(",\"body\":"));
        json_put_text(json, buffer_text(&record->masked));
    } else if (recode(charset, "UTF-8", buffer_text(&record->masked), &record->text)) {
        buffer_add_text(json, TEXT(",\"body_base64\":\""));
        put_base64(json, buffer_text(&record->text));
        buffer_add_char(json, '"');
    }
}

/* ---- the rest ---- */

static void put_masked_text(struct http_record *record, void (*mask)(struct buffer *, struct text, enum mask_fields),
                            struct text t)
{
    buffer_clear(&record->masked, RECORD_KEEP);
    mask(&record->masked, t, record->fields);
    json_put_text(&record->json, buffer_text(&record->masked));
}

static void put_url(struct http_record *record, const struct record_call *call)
{
    char *url = NULL;
    curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url);
    struct text t = text_of(url ? url : "");
    const char *mark = memchr(t.data, '?', t.size);
    struct text path = {t.data, mark ? (size_t)(mark - t.data) : t.size};
    struct text query = {mark ? mark + 1 : "", mark ? t.size - path.size - 1 : 0};
    json_put_text(&record->json, path);
    buffer_add_text(&record->json, TEXT(",\"query\":"));
    put_masked_text(record, mask_form, query);
}

static void put_header(struct http_record *record, bool *first, struct text line)
{
    line = text_trim(line);
    if (line.size == 0) {
        return;
    }
    buffer_add_text(&record->json, *first ? TEXT("") : TEXT(","));
    *first = false;
    buffer_clear(&record->masked, RECORD_KEEP);
    mask_header(&record->masked, line);
    json_put_text(&record->json, buffer_text(&record->masked));
}

static void put_request(struct http_record *record, const struct record_call *call)
{
    struct buffer *json = &record->json;
    bool first = true;
    buffer_add_text(json, TEXT("{\"method\":"));
    json_put_text(json, text_of(call->method));
    buffer_add_text(json, TEXT(",\"url\":"));
    put_url(record, call);
    buffer_add_text(json, TEXT(",\"headers\":["));
    for (const struct curl_slist *line = call->headers; line; line = line->next) {
        put_header(record, &first, text_of(line->data));
    }
    buffer_add_text(json, TEXT("]"));
    put_body(record, call->body, "");
    buffer_add_text(json, TEXT("}"));
}

static void put_reply(struct http_record *record, const struct record_call *call)
{
    static const char *const reaches[] = {
        [HTTP_UNSENT] = "unsent", [HTTP_SENT] = "sent", [HTTP_ANSWERED] = "answered", [HTTP_CANCELLED] = "cancelled"};
    struct buffer *json = &record->json;
    char told[CHARSET_ROOM];
    bool first = true;
    buffer_format(json, "{\"reach\":\"%s\",\"status\":%d,\"ms\":%d,\"why\":", reaches[call->reply->reach],
                  call->reply->status, (int)(call->reply->seconds * 1000));
    json_put_text(json, text_of(call->reply->why));
    buffer_add_text(json, TEXT(",\"headers\":["));
    struct curl_header *header = NULL;
    while ((header = curl_easy_nextheader(call->easy, CURLH_HEADER, -1, header)) != NULL) {
        char line[HEADER_ROOM];
        (void)snprintf(line, sizeof line, "%s: %s", header->name, header->value);
        put_header(record, &first, text_of(line));
    }
    buffer_add_text(json, TEXT("]"));
    put_body(record, call->reply->raw, charset_of(call, call->reply->raw, told));
    buffer_add_text(json, TEXT("}"));
}

static int call_write(const struct http_record *record, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno;
    }
    size_t written = 0;
    int error = record->json.failed ? EFBIG : 0;
    while (!error && written < record->json.size) {
        ssize_t n = write(fd, record->json.data + written, record->json.size - written);
        error = n < 0 && errno != EINTR ? errno : 0;
        written += n > 0 ? (size_t)n : 0;
    }
    if (close(fd) != 0 && !error) {
        error = errno;
    }
    if (error) {
        unlink(path);
    }
    return error;
}

void record_write(struct http_record *record, const struct record_call *call)
{
    if (!record || record->over || !call->easy) {
        return;
    }
    char at[40];
    char path[NAME_ROOM];
    int64_t now = clock_wall();
    time_t seconds = now / 1000;
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t n = strftime(at, sizeof at, "%Y%m%dT%H%M%S", &parts);
    (void)snprintf(at + n, sizeof at - n, ".%03d", (int)(now % 1000));
    (void)snprintf(path, sizeof path, "%s/%s-%ld-%05lld.json", record->folder, at, (long)getpid(),
                   (long long)record->count);
    struct buffer *json = &record->json;
    buffer_clear(json, RECORD_KEEP);
    buffer_add_text(json, TEXT("{\"cassette\":1,\"program\":"));
    json_put_text(json, text_of(dianchen_version));
    buffer_format(json, ",\"at\":\"%s\",\"api\":", at);
    json_put_text(json, text_of(call->api));
    buffer_add_text(json, TEXT(",\n\"request\":"));
    put_request(record, call);
    buffer_add_text(json, TEXT(",\n\"reply\":"));
    put_reply(record, call);
    buffer_add_text(json, TEXT("}\n"));
    int error = call_write(record, path);
    record->over = error != 0 || ++record->count >= RECORD_CALLS_MAX;
    if (error) {
        log_event(EVENT_CASSETTE_FAILED, "calls are no longer recorded: a file can't be written", "file", LOG_STR(path),
                  "why", LOG_STR(strerror(error)), (const char *)NULL);
    } else if (record->over) {
        log_event(EVENT_CASSETTE_FULL, "calls are no longer recorded: there are as many files as one process may write",
                  "files", LOG_INT(record->count), (const char *)NULL);
    }
}
