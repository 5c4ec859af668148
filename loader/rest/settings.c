#include "loader/rest/settings.h"

#include "common/http/http.h"

struct rest_settings rest_target_settings;

const struct rest_setting_ids rest_target_ids = {SETTING_REST_TARGET_URL, SETTING_REST_TARGET_TOKEN,
                                                 SETTING_REST_TARGET_TOKEN_URL, SETTING_REST_TARGET_USER,
                                                 SETTING_REST_TARGET_PASSWORD};

const struct config_option rest_target_options[REST_TARGET_OPTIONS] = {
    OPT_SETTING(REST_TARGET_URL, rest_target_settings.url),
    OPT_SETTING(REST_TARGET_TOKEN, rest_target_settings.token),
    OPT_SETTING(REST_TARGET_TOKEN_URL, rest_target_settings.token_url),
    OPT_SETTING(REST_TARGET_USER, rest_target_settings.user),
    OPT_SETTING(REST_TARGET_PASSWORD, rest_target_settings.password),
    OPT_SETTING(REST_TARGET_ACCOUNT, rest_target_settings.account),
};

/* The account may always be the address. */
int rest_target_check(const struct target_form *form, bool account, struct cause *cause)
{
    struct buffer line;
    (void)account;
    int error = rest_address_check(&rest_target_settings, &rest_target_ids, cause);
    error = error ? error : http_check_plain("REST_TARGET_URL", rest_target_settings.url, cause);
    if (!error) {
        error = rest_credential(&form->rest->auth, &rest_target_settings, &rest_target_ids, &line, cause);
        buffer_wipe(&line);
    }
    return error;
}
