/* What all workers of an API share: its pace and its login. One row per API and account. */
#ifndef DIANCHEN_COMMON_API_H
#define DIANCHEN_COMMON_API_H

#include "common/arena.h"
#include "common/pace.h"
#include "common/store.h"

/* Takes `calls` slots of `interval_us` µs each; the first may be used at *at (store clock, ms). interval 0 takes none:
 * *at is now, or the end of a ban. A slot that was taken before a ban began is the caller's to give up. */
int api_pace(struct store *store, struct text api, int64_t interval_us, int64_t calls, int64_t *at) WARN_UNUSED;
/* Nobody calls before `until` (store clock); never moves it back. */
int api_ban(struct store *store, struct text api, int64_t until) WARN_UNUSED;
/* `went` calls more were let through; out: what is known of the API's pace. */
int api_learn(struct store *store, struct text api, int64_t went, struct pace *out) WARN_UNUSED;
/* As api_learn, then a refusal, whose time to wait ends at `until`: the pace is cut, and nobody calls before. A refusal
 * while another one's time lasts was under way when that came: it teaches nothing, but may move the end. */
int api_refused(struct store *store, struct text api, int64_t went, int64_t until, bool told, int64_t base_us,
                struct pace *out) WARN_UNUSED;

/* The shared login, sealed by the caller. version grows by one with every login. */
struct api_login {
    struct text sealed; /* empty = none */
    int64_t until;      /* store clock: renew from then on */
    int64_t version;
};
/* A row that is not there reads as an empty login of version 0. `sealed` lives in the arena. */
int api_login_read(struct store *store, struct text api, struct arena *arena, struct api_login *out) WARN_UNUSED;
/* The right to log in, for `lease` ms, if the login is still `version`: ERR_STALE when another has renewed it,
 * ERR_BUSY when another is at it. The same owner may claim again. */
int api_login_claim(struct store *store, struct text api, int64_t version, int64_t lease,
                    struct text owner) WARN_UNUSED;
/* login->version is not read. ERR_STALE when another has the right by now. */
int api_login_write(struct store *store, struct text api, struct text owner, const struct api_login *login) WARN_UNUSED;
/* After a failed login: lets the next one try. */
int api_login_yield(struct store *store, struct text api, struct text owner) WARN_UNUSED;

#endif
