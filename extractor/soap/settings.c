#include "extractor/soap/settings.h"

#include "common/base/secret.h"
#include "common/http/http.h"
#include "common/scheme/rest/write.h"

struct rest_settings soap_settings;

const struct rest_setting_ids soap_ids = {
    .url = SETTING_SOAP_URL, .token = SETTING_SOAP_TOKEN, .user = SETTING_SOAP_USER, .password = SETTING_SOAP_PASSWORD};

const struct config_option soap_options[SOAP_OPTIONS] = {
    OPT_SETTING(SOAP_URL, soap_settings.url),         OPT_SETTING(SOAP_TOKEN, soap_settings.token),
    OPT_SETTING(SOAP_USER, soap_settings.user),       OPT_SETTING(SOAP_PASSWORD, soap_settings.password),
    OPT_SETTING(SOAP_ACCOUNT, soap_settings.account),
};

int soap_settings_check(struct cause *cause)
{
    int error = rest_address_check(&soap_settings, &soap_ids, cause);
    return error ? error : http_check_plain("SOAP_URL", soap_settings.url, cause);
}

/* As it stands in an envelope: with &amp; where it holds an &. */
static int add_escaped(const char *secret, struct cause *cause)
{
    struct buffer escaped;
    size_t room = strlen(secret) * 6;
    buffer_init(&escaped, room);
    if (buffer_reserve(&escaped, room)) { /* whole: a buffer that grew would leave secrets behind */
        rest_write_xml_text(&escaped, text_of(secret));
        secret_add(buffer_text(&escaped));
    }
    bool failed = escaped.failed;
    buffer_wipe(&escaped);
    return failed ? cause_set(cause, ERR_MEMORY, "out of memory") : 0;
}

int soap_credentials_check(const struct soap_form *form, struct cause *cause)
{
    struct config_needed needed[3];
    size_t count = 0;
    bool token = form->security != SOAP_NO_SECURITY;
    if (token || form->has_user) {
        needed[count++] = (struct config_needed){soap_ids.user, soap_settings.user};
    }
    if (token || form->has_password) {
        needed[count++] = (struct config_needed){soap_ids.password, soap_settings.password};
    }
    if (form->has_token) {
        needed[count++] = (struct config_needed){soap_ids.token, soap_settings.token};
    }
    if (count > 0 && config_needs(needed, count, cause) != 0) {
        return ERR_INPUT;
    }
    int error = soap_settings.password ? add_escaped(soap_settings.password, cause) : 0;
    return error || !soap_settings.token ? error : add_escaped(soap_settings.token, cause);
}
