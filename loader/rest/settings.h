/* What a person sets for targets of the driver "rest", read once a process. */
#ifndef DIANCHEN_LOADER_REST_SETTINGS_H
#define DIANCHEN_LOADER_REST_SETTINGS_H

#include "common/scheme/rest/credential.h"
#include "loader/driver.h"

extern struct rest_settings rest_target_settings;
extern const struct rest_setting_ids rest_target_ids;

enum { REST_TARGET_OPTIONS = 6 };
extern const struct config_option rest_target_options[REST_TARGET_OPTIONS];

/* As target_driver.check. */
int rest_target_check(const struct target_form *form, bool account, struct cause *cause) WARN_UNUSED;

#endif
