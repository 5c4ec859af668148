#include "common/config/setting.h"

#include <stddef.h>

/* As curl has them. */
static const char *const https_proxy_names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
static const char *const http_proxy_names[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
static const char *const no_proxy_names[] = {"no_proxy", "NO_PROXY", NULL};

#define SETTING(id, ...) [SETTING_##id] = {__VA_ARGS__},
const struct config_setting config_settings[SETTING_COUNT] = {
#include "common/config/settings.h"
};
#undef SETTING
