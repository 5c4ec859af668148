#include "common/scheme/rest/credential.h"

#include <openssl/evp.h>

#include "common/base/secret.h"

int rest_address_check(const struct rest_settings *settings, const struct rest_setting_ids *ids, struct cause *cause)
{
    const char *url = settings->url;
    const struct config_needed needed[] = {{ids->url, url}};
    if (config_needs(needed, 1, cause) != 0) {
        return ERR_INPUT;
    }
    const char *host = strstr(url, "://");
    bool http = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
    if (!http || host[3] == '\0' || host[3] == '/' || strpbrk(url, " \t\r\n?#@")) {
        return cause_set(cause, ERR_INPUT,
                         "%s: an address such as https://erp.example.com/api is wanted: no user, no ? and no #",
                         config_settings[ids->url].name);
    }
    return 0;
}

static bool is_header_value(const char *value)
{
    bool good = true;
    for (const unsigned char *c = (const unsigned char *)value; good && *c; c++) {
        good = *c >= ' ' && *c != 0x7f;
    }
    return good;
}

/* "user:password" in base64. Reserved whole: a buffer that grew would leave secrets behind. */
static int put_basic(const char *user, const char *password, struct buffer *line)
{
    struct buffer plain, coded;
    size_t size = strlen(user) + strlen(password) + 1;
    buffer_init(&plain, size);
    buffer_init(&coded, size * 2 + 8);
    char *room = buffer_reserve(&coded, size * 2 + 8);
    if (buffer_reserve(&plain, size) && room) {
        buffer_add_text(&plain, text_of(user));
        buffer_add_char(&plain, ':');
        buffer_add_text(&plain, text_of(password));
        coded.size = (size_t)EVP_EncodeBlock((unsigned char *)room, (const unsigned char *)plain.data, (int)plain.size);
        secret_add(buffer_text(&coded));
        buffer_add_text(line, TEXT("Authorization: Basic "));
        buffer_add_text(line, buffer_text(&coded));
    }
    bool failed = plain.failed || coded.failed;
    buffer_wipe(&plain);
    buffer_wipe(&coded);
    return failed ? ERR_MEMORY : 0;
}

static int put_token(const struct rest_auth_form *form, const char *token, const char *setting, struct buffer *line,
                     struct cause *cause)
{
    bool bearer = form->kind == REST_AUTH_BEARER;
    if (!is_header_value(token)) {
        return cause_set(cause, ERR_INPUT, "%s: holds a character that can't stand in a header", setting);
    }
    buffer_add_text(line, bearer ? TEXT("Authorization") : form->header);
    buffer_add_text(line, bearer ? TEXT(": Bearer ") : TEXT(": "));
    buffer_add_text(line, text_of(token));
    return 0;
}

int rest_credential(const struct rest_auth_form *form, const struct rest_settings *settings,
                    const struct rest_setting_ids *ids, struct buffer *line, struct cause *cause)
{
    const struct rest_settings *s = settings;
    const struct config_needed basic[] = {{ids->user, s->user}, {ids->password, s->password}};
    const struct config_needed token[] = {{ids->token, s->token}};
    buffer_init(line, REST_CREDENTIAL_MAX);
    if (form->kind == REST_AUTH_NONE) {
        return 0;
    }
    if (form->kind == REST_AUTH_BASIC ? config_needs(basic, 2, cause) : config_needs(token, 1, cause)) {
        return ERR_INPUT;
    }
    if (form->kind == REST_AUTH_BASIC && strchr(s->user, ':')) {
        return cause_set(cause, ERR_INPUT, "%s: a user name of basic auth holds no colon",
                         config_settings[ids->user].name);
    }
    int error = buffer_reserve(line, REST_CREDENTIAL_MAX) ? 0 : ERR_MEMORY;
    if (!error && form->kind == REST_AUTH_BASIC) {
        error = put_basic(s->user, s->password, line);
    } else if (!error) {
        error = put_token(form, s->token, config_settings[ids->token].name, line, cause);
    }
    buffer_add_char(line, '\0');
    return error == ERR_INPUT ? error : error || line->failed ? cause_set(cause, ERR_MEMORY, "out of memory") : 0;
}
