/* What a person sets for sources of the driver "rest", read once a process. */
#ifndef DIANCHEN_EXTRACTOR_REST_SETTINGS_H
#define DIANCHEN_EXTRACTOR_REST_SETTINGS_H

#include "common/scheme/rest/credential.h"

extern struct rest_settings rest_source_settings;
extern const struct rest_setting_ids rest_source_ids;

enum { REST_OPTIONS = 6 };
extern const struct config_option rest_options[REST_OPTIONS];

/* Is the address set, and can it be used? ERR_INPUT. */
int rest_settings_check(struct cause *cause) WARN_UNUSED;

#endif
