#include "oauth.h"

#include <openssl/evp.h>
#include <stdio.h>

struct oauth_settings oauth_settings;
static struct {
    int64_t logins, refused, busy, stale;
} count;

static const char token_start[] = "Bearer SECRET-TOKEN-";

/* The header that RFC 6749, 2.3.1 asks for: both parts are encoded as in a form, then in base64. */
static bool is_basic(const struct call *call, const char *user, const char *password)
{
    struct blob plain = {0}, coded = {0};
    blob_percent(&plain, user);
    blob_puts(&plain, ":");
    blob_percent(&plain, password);
    blob_reserve(&coded, plain.length * 2 + 8);
    EVP_EncodeBlock((unsigned char *)coded.data, (const unsigned char *)blob_text(&plain), (int)plain.length);
    const char *said = call_header(call, "Authorization");
    bool same = said && strncmp(said, "Basic ", 6) == 0 && strcmp(said + 6, coded.data) == 0;
    blob_fini(&plain);
    blob_fini(&coded);
    return same;
}

static bool says(const struct form *form, const char *name, const char *value)
{
    const char *said = form_get(form, name);
    return said && strcmp(said, value) == 0;
}

/* What is wrong with it, as an error of RFC 6749, 5.2; NULL = nothing. */
static const char *wrong(const struct call *call, const struct form *form, const char *user, const char *password)
{
    const char *type = call_header(call, "Content-Type"), *accept = call_header(call, "Accept");
    size_t wanted = 1;
    bool known;
    if (strcmp(call->method, "POST") != 0 || call->query[0] != '\0' || !type ||
        strcmp(type, "application/x-www-form-urlencoded") != 0 || !accept || strcmp(accept, "application/json") != 0) {
        return "invalid_request";
    }
    if (oauth_settings.client == 0) {
        known = is_basic(call, user, password);
    } else {
        wanted += 2;
        known = !call_header(call, "Authorization") && says(form, "client_id", user) &&
                says(form, "client_secret", password);
    }
    if (!known) {
        return "invalid_client";
    }
    if (oauth_settings.scope[0] != '\0') {
        wanted++;
        if (!says(form, "scope", oauth_settings.scope)) {
            return "invalid_scope";
        }
    }
    return !says(form, "grant_type", "client_credentials") ? "unsupported_grant_type"
           : form->count != wanted                         ? "invalid_request"
                                                           : NULL;
}

static void refuse(struct call *call, const char *error)
{
    const char *sent = call_header(call, "Authorization");
    count.refused++;
    blob_puts(&call->answer, "{\"error\":");
    blob_quote(&call->answer, error);
    if (oauth_settings.refuse) {
        blob_puts(&call->answer, ",\"error_description\":");
        blob_quote(&call->answer, sent ? sent : blob_text(&call->body));
    }
    blob_puts(&call->answer, "}");
    call_answer(call, strcmp(error, "invalid_client") == 0 ? 401 : 400, "application/json");
}

bool oauth_handle(struct call *call, const char *user, const char *password)
{
    struct form form;
    if (strcmp(call->path, "/oauth/token") != 0) {
        return false;
    }
    form_init(&form, call->body.length);
    const char *error = !form_read(&form, blob_text(&call->body), call->body.length)
                            ? "invalid_request"
                            : wrong(call, &form, user, password);
    form_fini(&form);
    if (error || oauth_settings.refuse) {
        refuse(call, error ? error : "invalid_client");
    } else if (oauth_settings.busy_next > 0) {
        oauth_settings.busy_next--;
        count.busy++;
        call_text(call, 503, "text/html", "<html>busy</html>");
    } else if (oauth_settings.html_next > 0) {
        oauth_settings.html_next--;
        count.busy++;
        call_text(call, 200, "text/html", "<!DOCTYPE html><html><body>maintenance</body></html>\n");
    } else {
        count.logins++;
        blob_printf(&call->answer, "{\"access_token\":\"%s\",\"token_type\":\"bearer\"", login_give());
        if (!oauth_settings.untold) {
            blob_printf(&call->answer, ",\"expires_in\":%lld", (long long)login_settings.token_seconds);
        }
        blob_puts(&call->answer, "}");
        call_answer(call, 200, "application/json");
    }
    return true;
}

enum oauth_token oauth_look(const struct call *call)
{
    const char *said = call_header(call, "Authorization");
    if (!said || strncmp(said, token_start, sizeof token_start - 1) != 0) {
        return OAUTH_UNKNOWN;
    }
    if (login_accepts(said + 7)) {
        return OAUTH_GOOD;
    }
    count.stale++;
    return OAUTH_STALE;
}

void oauth_report(struct blob *out)
{
    blob_member(out, "logins", count.logins);
    blob_member(out, "logins_refused", count.refused);
    blob_member(out, "logins_busy", count.busy);
    blob_member(out, "stale", count.stale);
}
