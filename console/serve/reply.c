#include "console/serve/reply.h"

#include <stdio.h>

#include "console/serve/files.h"
#include "console/serve/said.h"

/* Only what the console itself serves may run, be shown or be called; nobody may frame it. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "   \
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
#define DATA_POLICY "default-src 'none'; frame-ancestors 'none'; sandbox"

void answer_init(struct api_answer *answer)
{
    *answer = (struct api_answer){.status = MHD_HTTP_OK};
    buffer_init(&answer->body, ANSWER_MAX);
}

void answer_fini(struct api_answer *answer)
{
    buffer_fini(&answer->body);
}

void reply_headers(struct MHD_Response *response, bool page)
{
    const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Security-Policy", page ? PAGE_POLICY : DATA_POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
        {"Cache-Control", page ? "no-cache" : "no-store"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        (void)MHD_add_response_header(response, headers[i].name, headers[i].value);
    }
}

bool reply_chinese(struct MHD_Connection *connection)
{
    return said_chinese(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Language"));
}

static enum MHD_Result send_buffer(struct MHD_Connection *connection, struct api_answer *answer, struct buffer *out,
                                   const char *type)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(out->size, out->data, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        buffer_fini(out);
        return MHD_NO;
    }
    *out = (struct buffer){.limit = out->limit}; /* the response frees it */
    char text[160];
    reply_headers(response, false);
    (void)MHD_add_response_header(response, "Content-Type", type);
    (void)MHD_add_response_header(response, "Content-Language", reply_chinese(connection) ? "zh-CN" : "en");
    if (answer->cookie[0]) {
        (void)MHD_add_response_header(response, "Set-Cookie", answer->cookie);
    }
    if (answer->etag[0]) {
        (void)MHD_add_response_header(response, "ETag", answer->etag);
    }
    if (answer->file[0]) {
        (void)snprintf(text, sizeof text, "attachment; filename=\"%s\"", answer->file);
        (void)MHD_add_response_header(response, "Content-Disposition", text);
    }
    if (answer->retry_after > 0) {
        (void)snprintf(text, sizeof text, "%d", answer->retry_after);
        (void)MHD_add_response_header(response, "Retry-After", text);
    }
    if (answer->status == MHD_HTTP_UNAUTHORIZED) {
        (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    }
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_problem(struct MHD_Connection *connection, struct api_answer *answer)
{
    struct buffer out;
    bool first = true, chinese = reply_chinese(connection);
    buffer_init(&out, 1 << 16);
    buffer_add_char(&out, '{');
    json_member_text(&out, &first, "type", TEXT("about:blank"));
    json_member_text(&out, &first, "code", text_of(answer->code));
    json_member_integer(&out, &first, "status", answer->status);
    put_said(&out, &first, "detail", text_of(answer->detail.text), chinese);
    if (answer->cure.text[0]) {
        put_said(&out, &first, "cure", text_of(answer->cure.text), chinese);
    }
    if (answer->path) {
        json_member_text(&out, &first, "path", text_of(answer->path));
    }
    if (answer->line > 0) {
        json_member_integer(&out, &first, "line", answer->line);
    }
    if (answer->column > 0) {
        json_member_integer(&out, &first, "column", answer->column);
    }
    buffer_add_char(&out, '}');
    return send_buffer(connection, answer, &out, "application/problem+json");
}

enum MHD_Result answer_send(struct MHD_Connection *connection, struct api_answer *answer)
{
    if (answer->body.failed && !answer->code) {
        (void)answer_problem(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, "too-large", "the answer is larger than %d MiB",
                             ANSWER_MAX >> 20);
        answer_cure(answer, "ask for less at once, with limit");
    }
    if (answer->code) {
        return send_problem(connection, answer);
    }
    if (answer->type) {
        return send_buffer(connection, answer, &answer->body, answer->type);
    }
    struct buffer out;
    buffer_init(&out, (size_t)ANSWER_MAX + 1024);
    buffer_add_text(&out, TEXT("{\"data\":"));
    buffer_add_text(&out, answer->body.size > 0 ? buffer_text(&answer->body) : TEXT("null"));
    buffer_add_text(&out, TEXT(",\"next\":"));
    if (answer->next[0]) {
        json_put_text(&out, text_of(answer->next));
    } else {
        buffer_add_text(&out, TEXT("null"));
    }
    buffer_add_char(&out, '}');
    return send_buffer(connection, answer, &out, "application/json");
}

/* "gzip, deflate, br"; not "gzip;q=0". */
static bool takes_gzip(struct MHD_Connection *connection)
{
    const char *said = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Encoding");
    const char *at = said ? strstr(said, "gzip") : NULL;
    return at && strncmp(at, "gzip;", 5) != 0;
}

enum MHD_Result file_send(struct MHD_Connection *connection, const struct web_file *file)
{
    bool zipped = takes_gzip(connection);
    const struct web_form *form = &file->forms[zipped];
    const char *known = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");
    bool same = known && strcmp(known, form->etag) == 0;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(same ? 0 : form->size, (void *)(uintptr_t)form->data, MHD_RESPMEM_PERSISTENT);
    if (!response) {
        return MHD_NO;
    }
    reply_headers(response, true);
    (void)MHD_add_response_header(response, "Content-Type", file->type);
    (void)MHD_add_response_header(response, "ETag", form->etag);
    (void)MHD_add_response_header(response, "Vary", "Accept-Encoding");
    if (zipped) {
        (void)MHD_add_response_header(response, "Content-Encoding", "gzip");
    }
    enum MHD_Result result = MHD_queue_response(connection, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}
