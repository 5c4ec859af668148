/* The target's token, shared by all loaders of a store: one of them logs in, the others read what it got.
 *
 *   none ──need──▶ read the store ──fresh──────────────────────────────▶ in hand
 *                    │    ▲ another is at it: look again soon              │ 80 % of its life over, or refused
 *                    ▼    │                                                ▼
 *                  claim the right ──▶ access_token ──▶ accountGroup ──▶ seal, write ──▶ in hand
 *
 * Sealed in the store (seal.h); the token is registered with log_secret. On the loop's thread. */
#ifndef DIANCHEN_LOADER_LOGIN_H
#define DIANCHEN_LOADER_LOGIN_H

#include "common/http.h"
#include "common/store.h"
#include "loader/answer.h"
#include "loader/options.h"

struct login;
struct login_events {
    void (*ready)(void *user); /* a token is in hand (again) */
    /* Refused (exit code 1): nothing more will be tried. */
    void (*fatal)(void *user, const struct cause *cause, int exit_code);
    /* Each answer of the target during a login, for the outage clock. */
    void (*answered)(void *user, const struct answer *answer);
    /* With options.account NULL: the reply of accountGroup, instead of ready(). */
    void (*accounts)(void *user, const struct answer *answer);
};
/* `store` NULL = a login of its own, kept nowhere (--check, --lookup). `name` is the row in the store. */
int login_new(struct loop *loop, struct http *http, struct store *store, const struct options *options,
              const char *name, const char *owner, const struct login_events *events, void *user,
              struct login **out) WARN_UNUSED;
void login_stop(struct login *login);  /* no more events */
void login_free(struct login **login); /* after the store is closed: a job of its may be under way until then */

struct login_token {
    struct text token, group; /* valid until the loop turns */
    int64_t version;
};
/* False when none is in hand; then one is being fetched, and ready() will tell. */
bool login_take(struct login *login, struct login_token *out);
/* The target refused this version. */
void login_refused(struct login *login, int64_t version);

#endif
