#include "extractor/rest/settings.h"

#include "common/http/http.h"

struct rest_settings rest_source_settings;

const struct rest_setting_ids rest_source_ids = {SETTING_REST_URL, SETTING_REST_TOKEN, SETTING_REST_TOKEN_URL,
                                                 SETTING_REST_USER, SETTING_REST_PASSWORD};

const struct config_option rest_options[REST_OPTIONS] = {
    OPT_SETTING(REST_URL, rest_source_settings.url),
    OPT_SETTING(REST_TOKEN, rest_source_settings.token),
    OPT_SETTING(REST_TOKEN_URL, rest_source_settings.token_url),
    OPT_SETTING(REST_USER, rest_source_settings.user),
    OPT_SETTING(REST_PASSWORD, rest_source_settings.password),
    OPT_SETTING(REST_ACCOUNT, rest_source_settings.account),
};

int rest_settings_check(struct cause *cause)
{
    int error = rest_address_check(&rest_source_settings, &rest_source_ids, cause);
    return error ? error : http_check_plain("REST_URL", rest_source_settings.url, cause);
}
