/* The target's token, shared by all loaders of a store: one of them logs in, the others read its token from the store.
 *
 *   none ──need──▶ read the store ──fresh──────────────────────────────▶ in hand
 *                    │    ▲ another logs in: look again soon               │ 80 % of its life over, or refused
 *                    ▼    │                                                ▼
 *                  claim the right ──▶ access_token ──▶ accountGroup ──▶ seal, write ──▶ in hand
 *
 * The store keeps the token sealed (seal.h); secret_add hides it in logs. On the loop's thread. Contracts: driver.h. */
#ifndef DIANCHEN_LOADER_XINGCHEN_LOGIN_H
#define DIANCHEN_LOADER_XINGCHEN_LOGIN_H

#include "loader/driver.h"

/* As the functions of the same names in struct target_driver (loader/driver.h). */
int login_new(const struct target_login_options *options, struct target_login **out) WARN_UNUSED;
void login_stop(struct target_login *login);
void login_free(struct target_login **login);
bool login_take(struct target_login *login, int64_t *version);
void login_refused(struct target_login *login, int64_t version);
/* Writes address and headers of a call to `path`. The address holds the token. */
void login_request(struct target_login *login, const char *path, const struct target_call *call,
                   struct target_request *out);

#endif
