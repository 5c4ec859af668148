#include "common/scheme/rest/credential.h"

#include "common/http/basic.h"

static int address_check(enum config_setting_id id, const char *url, struct cause *cause)
{
    const char *host = strstr(url, "://");
    bool http = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
    if (!http || host[3] == '\0' || host[3] == '/' || strpbrk(url, " \t\r\n?#@")) {
        return cause_set(cause, ERR_INPUT,
                         "%s: an address such as https://erp.example.com/api is wanted: no user, no ? and no #",
                         config_settings[id].name);
    }
    return 0;
}

int rest_address_check(const struct rest_settings *settings, const struct rest_setting_ids *ids, struct cause *cause)
{
    const char *url = settings->url;
    const struct config_needed needed[] = {{ids->url, url}};
    if (config_needs(needed, 1, cause) != 0) {
        return ERR_INPUT;
    }
    return address_check(ids->url, url, cause);
}

static bool is_header_value(const char *value)
{
    bool good = true;
    for (const unsigned char *c = (const unsigned char *)value; good && *c; c++) {
        good = *c >= ' ' && *c != 0x7f;
    }
    return good;
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

static int oauth_check(const struct rest_settings *s, const struct rest_setting_ids *ids, struct cause *cause)
{
    const struct config_needed needed[] = {
        {ids->token_url, s->token_url}, {ids->user, s->user}, {ids->password, s->password}};
    if (config_needs(needed, 3, cause)) {
        return ERR_INPUT;
    }
    int error = address_check(ids->token_url, s->token_url, cause);
    return error ? error : http_check_plain(config_settings[ids->token_url].name, s->token_url, cause);
}

bool rest_oauth(const struct rest_auth_form *form, const struct rest_settings *settings,
                const struct rest_setting_ids *ids, struct oauth_options *out)
{
    if (form->kind != REST_AUTH_OAUTH2) {
        return false;
    }
    out->url = settings->token_url;
    out->client = settings->user;
    out->secret = settings->password;
    out->scope = form->scope;
    out->in_body = form->in_body;
    out->url_name = config_settings[ids->token_url].name;
    out->client_name = config_settings[ids->user].name;
    out->secret_name = config_settings[ids->password].name;
    return true;
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
    if (form->kind == REST_AUTH_OAUTH2) {
        return oauth_check(s, ids, cause);
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
        error = http_put_basic(line, text_of(s->user), text_of(s->password));
    } else if (!error) {
        error = put_token(form, s->token, config_settings[ids->token].name, line, cause);
    }
    buffer_add_char(line, '\0');
    return error == ERR_INPUT ? error : error || line->failed ? cause_set(cause, ERR_MEMORY, "out of memory") : 0;
}
