#include "loader/rest/login.h"

#include <stdlib.h>

#include "common/scheme/rest/write.h"
#include "loader/rest/call.h"
#include "loader/rest/settings.h"

enum { LINES_MAX = 64 << 10 };

struct rest_login {           /* a struct target_login */
    struct buffer credential; /* "Name: value" and a NUL, or empty */
    struct buffer lines;      /* headers of the last call */
};

int rest_login_new(const struct target_login_options *options, struct target_login **out)
{
    struct cause cause; /* target_driver.check has told it */
    struct rest_login *login = calloc(1, sizeof *login);
    if (!login) {
        return ERR_MEMORY;
    }
    buffer_init(&login->lines, LINES_MAX);
    int error = rest_credential(&options->form->rest->auth, &rest_target_settings, &rest_target_ids, &login->credential,
                                &cause);
    *out = (struct target_login *)login;
    return error;
}

void rest_login_stop(struct target_login *login)
{
    (void)login;
}

void rest_login_free(struct target_login **login)
{
    struct rest_login *own = (struct rest_login *)*login;
    *login = NULL;
    if (own) {
        buffer_wipe(&own->credential);
        buffer_fini(&own->lines);
        free(own);
    }
}

bool rest_login_take(struct target_login *login, int64_t *version)
{
    (void)login;
    *version = 1;
    return true;
}

void rest_login_refused(struct target_login *login, int64_t version)
{
    (void)login, (void)version; /* no other can be fetched: answer.c makes it a matter for a person */
}

void rest_login_request(struct target_login *login, const char *path, const struct target_call *call,
                        struct target_request *out)
{
    struct rest_login *own = (struct rest_login *)login;
    const struct rest_request *request = rest_call_request(call->form, call->kind);
    const struct rest_values none = {NULL, 0};
    struct text base = text_of(rest_target_settings.url);
    size_t count = 0;
    (void)path;
    while (base.size > 0 && base.data[base.size - 1] == '/') {
        base.size--;
    }
    out->method = request->method;
    buffer_add_text(&out->url, base);
    buffer_add_text(&out->url, buffer_text(&call->address));
    buffer_add_char(&out->url, '\0');
    buffer_clear(&own->lines, LINES_MAX);
    rest_write_headers(&own->lines, request, &none);
    out->url.failed = out->url.failed || own->lines.failed;
    if (own->credential.size > 0) {
        out->headers[count++] = own->credential.data;
    }
    for (size_t at = 0; at < own->lines.size && count < TARGET_HEADERS_MAX; at += strlen(own->lines.data + at) + 1) {
        out->headers[count++] = own->lines.data + at;
    }
    out->headers[count] = NULL;
}
