/* The settings of 金蝶云星辰V1. */
#ifndef DIANCHEN_LOADER_XINGCHEN_SETTINGS_H
#define DIANCHEN_LOADER_XINGCHEN_SETTINGS_H

#include "common/config/config.h"

struct xingchen_settings {
    const char *url; /* without a slash at its end, after the check */
    const char *client_id, *client_secret, *username, *password;
    const char *account;     /* NULL = not set */
    const char *group;       /* NULL = looked up */
    const char *router_addr; /* NULL = not sent */
    char base[512];          /* bytes of `url` after the check */
};
extern struct xingchen_settings xingchen_settings; /* of this process */

enum { XINGCHEN_OPTIONS = 8 };
extern const struct config_option xingchen_options[XINGCHEN_OPTIONS];

/* Call it after config_read. Makes no call. `account`: XINGCHEN_ACCOUNT_ID must be set, too. 0, or ERR_INPUT with the setting and
 * the cure. */
int xingchen_settings_check(bool account, struct cause *cause) WARN_UNUSED;

#endif
