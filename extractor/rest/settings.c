#include "extractor/rest/settings.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "common/base/secret.h"
#include "common/http/http.h"
#include "extractor/platform/address.h"

struct rest_settings rest_settings;

const struct config_option rest_options[REST_OPTIONS] = {
    OPT_SETTING(REST_URL, rest_settings.url),         OPT_SETTING(REST_TOKEN, rest_settings.token),
    OPT_SETTING(REST_USER, rest_settings.user),       OPT_SETTING(REST_PASSWORD, rest_settings.password),
    OPT_SETTING(REST_ACCOUNT, rest_settings.account),
};

int rest_settings_check(struct cause *cause)
{
    const char *url = rest_settings.url;
    const struct config_needed needed[] = {{SETTING_REST_URL, url}};
    if (config_needs(needed, 1, cause) != 0) {
        return ERR_INPUT;
    }
    bool http = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
    if (!http || address_host(url).size == 0 || strpbrk(url, " \t\r\n?#@")) {
        return cause_set(cause, ERR_INPUT,
                         "REST_URL: an address such as https://erp.example.com/api is wanted: no user, no ? and no #");
    }
    return http_check_plain("REST_URL", url, cause);
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

int rest_credential(const struct rest_form *form, struct buffer *line, struct cause *cause)
{
    const struct rest_settings *s = &rest_settings;
    int error = 0;
    if (form->auth == REST_AUTH_NONE) {
        return 0;
    }
    if (form->auth == REST_AUTH_BASIC) {
        const struct config_needed needed[] = {{SETTING_REST_USER, s->user}, {SETTING_REST_PASSWORD, s->password}};
        if (config_needs(needed, 2, cause) != 0) {
            return ERR_INPUT;
        }
        if (strchr(s->user, ':')) {
            return cause_set(cause, ERR_INPUT, "REST_USER: a user name of basic auth holds no colon");
        }
        error = put_basic(s->user, s->password, line);
    } else {
        const struct config_needed needed[] = {{SETTING_REST_TOKEN, s->token}};
        if (config_needs(needed, 1, cause) != 0) {
            return ERR_INPUT;
        }
        if (!is_header_value(s->token)) {
            return cause_set(cause, ERR_INPUT, "REST_TOKEN: holds a character that can't stand in a header");
        }
        bool bearer = form->auth == REST_AUTH_BEARER;
        buffer_add_text(line, bearer ? TEXT("Authorization") : form->auth_name);
        buffer_add_text(line, bearer ? TEXT(": Bearer ") : TEXT(": "));
        buffer_add_text(line, text_of(s->token));
    }
    buffer_add_char(line, '\0');
    return error || line->failed ? cause_set(cause, ERR_MEMORY, "out of memory") : 0;
}
