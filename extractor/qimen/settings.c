#include "extractor/qimen/settings.h"

#include "common/http/http.h"
#include "extractor/platform/address.h"

struct qimen_settings qimen_settings;

const struct config_option qimen_options[QIMEN_OPTIONS] = {
    OPT_SETTING(WDT_URL, qimen_settings.url),
    OPT_SETTING(WDT_APP_KEY, qimen_settings.app_key),
    OPT_SETTING(WDT_APP_SECRET, qimen_settings.app_secret),
    OPT_SETTING(WDT_SID, qimen_settings.sid),
    OPT_SETTING(WDT_TARGET_APP_KEY, qimen_settings.target_app_key),
    OPT_SETTING(WDT_SIGN_METHOD, qimen_settings.sign_name),
};

static int check_url(const char *url, struct cause *cause)
{
    static const struct text real = {"taobao.com", 10};
    bool secure = strncmp(url, "https://", 8) == 0;
    struct text host = address_host(url);
    if ((!secure && strncmp(url, "http://", 7) != 0) || host.size == 0 || strpbrk(url, " \t\r\n")) {
        return cause_set(cause, ERR_INPUT,
                         "WDT_URL: an address such as https://hu3cgwt0tc.api.taobao.com/router/qm is wanted");
    }
    struct text name = host;
    const char *colon = memchr(host.data, ':', host.size);
    if (colon) {
        name.size = (size_t)(colon - host.data);
    }
    while (name.size > 0 && name.data[name.size - 1] == '.') {
        name.size--;
    }
    bool is_real =
        name.size >= real.size && text_equal_nocase((struct text){name.data + name.size - real.size, real.size}, real);
    if (is_real && !secure) {
        return cause_set(cause, ERR_INPUT, "WDT_URL: the real source is called by https only: write https://%.*s/…",
                         TEXT_ARG(host));
    }
    return http_check_plain("WDT_URL", url, cause);
}

int qimen_settings_check(struct cause *cause)
{
    struct qimen_settings *s = &qimen_settings;
    const struct config_needed needed[] = {
        {SETTING_WDT_APP_KEY, s->app_key}, {SETTING_WDT_APP_SECRET, s->app_secret}, {SETTING_WDT_SID, s->sid}};
    if (config_needs(needed, sizeof needed / sizeof *needed, cause) != 0) {
        return ERR_INPUT;
    }
    if (sign_method_find(text_of(s->sign_name), &s->method)) {
        return cause_set(cause, ERR_INPUT, "WDT_SIGN_METHOD: '%s' is none of md5, hmac, hmac-sha256", s->sign_name);
    }
    return check_url(s->url, cause);
}
