/* What a person sets for calls of 企业奇门, read once a process. */
#ifndef DIANCHEN_EXTRACTOR_QIMEN_SETTINGS_H
#define DIANCHEN_EXTRACTOR_QIMEN_SETTINGS_H

#include "common/config/config.h"
#include "extractor/qimen/sign.h"

struct qimen_settings {
    const char *url; /* WDT_URL: whole, with /router/qm */
    const char *app_key, *app_secret, *sid, *target_app_key;
    const char *sign_name;   /* WDT_SIGN_METHOD as written; */
    enum sign_method method; /* and as qimen_settings_check has read it */
};
extern struct qimen_settings qimen_settings;

enum { QIMEN_OPTIONS = 6 };
extern const struct config_option qimen_options[QIMEN_OPTIONS];

/* Is everything set, and can it be used? The address must be https where the host is the real one. ERR_INPUT. */
int qimen_settings_check(struct cause *cause) WARN_UNUSED;

#endif
