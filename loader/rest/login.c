#include "loader/rest/login.h"

#include <stdlib.h>

#include "common/scheme/rest/write.h"
#include "loader/answer.h"
#include "loader/rest/call.h"
#include "loader/rest/settings.h"

enum { LINES_MAX = 64 << 10 };

struct rest_login {           /* a struct target_login */
    struct buffer credential; /* "Name: value" and a NUL, or empty */
    struct buffer lines;      /* headers of the last call */
    /* of OAuth2 */
    struct target_login_options options;
    struct oauth *oauth; /* NULL = the credential is set, not fetched */
    struct loop_timer pause;
    int attempt;
};

/* ---- OAuth2 ---- */

static void ask(void *user)
{
    struct rest_login *login = user;
    int64_t version;
    (void)oauth_take(login->oauth, &version);
}

static void ready(void *user)
{
    struct rest_login *login = user;
    login->attempt = 0;
    login->options.ready(login->options.user);
}

static void failed(void *user, const struct oauth_failure *failure)
{
    struct rest_login *login = user;
    const struct answer answer = {.class = failure->class,
                                  .idle = true,
                                  .total = -1,
                                  .status = failure->status,
                                  .wait = failure->wait,
                                  .code = TEXT(""),
                                  .message = text_of(failure->why)};
    struct cause cause;
    login->options.answered(login->options.user, &answer);
    if (!login->oauth) {
        return; /* it was given up, and stopped */
    }
    if (failure->class == REPLY_FATAL) {
        (void)cause_set(&cause, ERR_REFUSED, "%s", failure->why);
        login->options.fatal(login->options.user, &cause, EXIT_REFUSED);
        return;
    }
    int64_t pause = retry_pause(login->attempt++);
    loop_set_after(login->options.loop, &login->pause, pause > failure->wait ? pause : failure->wait);
}

static int oauth_begin(struct rest_login *login)
{
    struct oauth_options options = {.loop = login->options.loop,
                                    .http = login->options.http,
                                    .timeout = login->options.timeout,
                                    .ready = ready,
                                    .failed = failed,
                                    .user = login};
    if (!rest_oauth(&login->options.form->rest->auth, &rest_target_settings, &rest_target_ids, &options)) {
        return 0;
    }
    login->pause = (struct loop_timer){.fn = ask, .user = login};
    return oauth_new(&options, &login->oauth);
}

/* ---- life ---- */

int rest_login_new(const struct target_login_options *options, struct target_login **out)
{
    struct cause cause; /* target_driver.check has told it */
    struct rest_login *login = calloc(1, sizeof *login);
    if (!login) {
        return ERR_MEMORY;
    }
    login->options = *options;
    buffer_init(&login->lines, LINES_MAX);
    int error = rest_credential(&options->form->rest->auth, &rest_target_settings, &rest_target_ids, &login->credential,
                                &cause);
    *out = (struct target_login *)login;
    return error ? error : oauth_begin(login);
}

void rest_login_stop(struct target_login *login)
{
    struct rest_login *own = (struct rest_login *)login;
    if (own->oauth) {
        loop_clear_timer(own->options.loop, &own->pause);
        oauth_free(&own->oauth);
    }
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
    struct rest_login *own = (struct rest_login *)login;
    *version = 1;
    return !own->oauth || (!own->pause.slot && oauth_take(own->oauth, version));
}

void rest_login_refused(struct target_login *login, int64_t version)
{
    struct rest_login *own = (struct rest_login *)login;
    if (own->oauth) { /* else no other can be fetched: answer.c makes it a matter for a person */
        oauth_refused(own->oauth, version);
    }
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
    const char *credential = own->oauth                 ? oauth_line(own->oauth)
                             : own->credential.size > 0 ? own->credential.data
                                                        : NULL;
    if (credential) {
        out->headers[count++] = credential;
    }
    for (size_t at = 0; at < own->lines.size && count < TARGET_HEADERS_MAX; at += strlen(own->lines.data + at) + 1) {
        out->headers[count++] = own->lines.data + at;
    }
    out->headers[count] = NULL;
}
