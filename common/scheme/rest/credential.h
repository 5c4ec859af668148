/* What authorises calls of the driver "rest": the settings that a person makes, and the header line that they become. A source
 * and a target have settings of their own, so what is set for one host never goes to the other. */
#ifndef DIANCHEN_COMMON_SCHEME_REST_CREDENTIAL_H
#define DIANCHEN_COMMON_SCHEME_REST_CREDENTIAL_H

#include "common/base/buffer.h"
#include "common/config/config.h"
#include "common/http/oauth.h"
#include "common/scheme/rest/form.h"

struct rest_settings {
    const char *url; /* as written */
    const char *token, *token_url, *user, *password;
    const char *account; /* NULL = named by the address */
};
struct rest_setting_ids { /* which settings these are, for messages */
    enum config_setting_id url, token, token_url, user, password;
};

enum { REST_CREDENTIAL_MAX = 16 << 10 /* bytes of the line */ };

/* Is the address set, and can it be used? ERR_INPUT with the cause. */
int rest_address_check(const struct rest_settings *settings, const struct rest_setting_ids *ids,
                       struct cause *cause) WARN_UNUSED;
/* Begins `line` and appends "Name: value" and a NUL where the form wants a credential that is set: of OAuth2 it stays empty. What
 * it holds is registered as a secret; the caller wipes it. ERR_INPUT: a setting is missing, can't stand in a header, or is no
 * address; ERR_MEMORY; with the cause. */
int rest_credential(const struct rest_auth_form *form, const struct rest_settings *settings,
                    const struct rest_setting_ids *ids, struct buffer *line, struct cause *cause) WARN_UNUSED;
/* Does the form want a token that is fetched? Then its part of the options is filled in; the caller adds loop, http and the rest. */
bool rest_oauth(const struct rest_auth_form *form, const struct rest_settings *settings,
                const struct rest_setting_ids *ids, struct oauth_options *out);

#endif
