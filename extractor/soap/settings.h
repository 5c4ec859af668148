/* What a person sets for sources of the driver "soap", read once a process. */
#ifndef DIANCHEN_EXTRACTOR_SOAP_SETTINGS_H
#define DIANCHEN_EXTRACTOR_SOAP_SETTINGS_H

#include "common/scheme/rest/credential.h"
#include "common/scheme/soap/form.h"

extern struct rest_settings soap_settings;
extern const struct rest_setting_ids soap_ids;

enum { SOAP_OPTIONS = 5 };
extern const struct config_option soap_options[SOAP_OPTIONS];

/* Is the address set, and can it be used? ERR_INPUT. */
int soap_settings_check(struct cause *cause) WARN_UNUSED;
/* Are the credentials set that the envelope needs? What it makes of them is registered as a secret. ERR_INPUT, ERR_MEMORY. */
int soap_credentials_check(const struct soap_form *form, struct cause *cause) WARN_UNUSED;

#endif
