/* The credential that goes with each call: set, so that there is always one in hand, or the token of OAuth2, which is fetched
 * (common/http/oauth.h). Contracts: driver.h. */
#ifndef DIANCHEN_LOADER_REST_LOGIN_H
#define DIANCHEN_LOADER_REST_LOGIN_H

#include "loader/driver.h"

/* As the functions of the same names in struct target_driver (loader/driver.h). */
int rest_login_new(const struct target_login_options *options, struct target_login **out) WARN_UNUSED;
void rest_login_stop(struct target_login *login);
void rest_login_free(struct target_login **login);
bool rest_login_take(struct target_login *login, int64_t *version);
void rest_login_refused(struct target_login *login, int64_t version);
void rest_login_request(struct target_login *login, const char *path, const struct target_call *call,
                        struct target_request *out);

#endif
