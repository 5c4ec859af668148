/* What a person sets for calls of the driver "rest", read once a process. */
#ifndef DIANCHEN_EXTRACTOR_REST_SETTINGS_H
#define DIANCHEN_EXTRACTOR_REST_SETTINGS_H

#include "common/base/buffer.h"
#include "common/config/config.h"
#include "common/scheme/rest/form.h"

struct rest_settings {
    const char *url; /* REST_URL as written */
    const char *token, *user, *password, *account;
};
extern struct rest_settings rest_settings;

enum { REST_OPTIONS = 5 };
extern const struct config_option rest_options[REST_OPTIONS];

/* Is the address set, and can it be used? ERR_INPUT. */
int rest_settings_check(struct cause *cause) WARN_UNUSED;
/* Appends "Name: value" and a NUL where the form wants a credential. What it holds is registered as a secret. ERR_INPUT with
 * the cause: it is not set, or can't stand in a header; ERR_MEMORY. */
int rest_credential(const struct rest_form *form, struct buffer *line, struct cause *cause) WARN_UNUSED;

#endif
