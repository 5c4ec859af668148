/* What all workers of an API share: its pace and its login. One row per API and account, named
 * "API ACCOUNT" for a source and "PLATFORM:ACCOUNT" for a target. */
#ifndef DIANCHEN_COMMON_PACE_SHARED_API_H
#define DIANCHEN_COMMON_PACE_SHARED_API_H

#include "common/base/arena.h"
#include "common/pace/pace.h"
#include "common/store/store.h"

/* In a write transaction, as all functions here. Takes `calls` slots of `interval_us` µs each; the first may be used at
 * *at. interval 0 takes none: *at is now, or the end of a ban. The caller gives up slots that it took before a ban
 * began. */
int api_pace(struct store *store, struct text api, int64_t interval_us, int64_t calls, struct store_ms *at) WARN_UNUSED;
/* Nobody calls before `until`; never moves it back. */
int api_ban(struct store *store, struct text api, struct store_ms until) WARN_UNUSED;
/* Notes `went` more accepted calls; *out is the API's pace. */
int api_learn(struct store *store, struct text api, int64_t went, struct pace *out) WARN_UNUSED;
struct api_refusal {
    int64_t went;          /* calls that the API accepted since the last report */
    struct store_ms until; /* the end of the time to wait */
    bool told;             /* `until` is what the API told */
    bool lesson;           /* cut the pace */
    int64_t base_us;       /* µs between calls that the scheme asks for, 0 = none */
};
/* As api_learn, then a refusal: nobody calls before refusal->until. A refusal that arrives during a ban belongs to a
 * call sent before it: it does not cut the pace, but may extend the ban. */
int api_refused(struct store *store, struct text api, const struct api_refusal *refusal, struct pace *out) WARN_UNUSED;
/* Notes for reports that the pace is `us` µs between calls from now on, 0 = no limit. Stored only if it has changed
 * (pace_moved). Call it after api_learn or api_refused, in the same transaction: their lock on the API's row makes it
 * the only writer. */
int api_step(struct store *store, struct text api, int64_t us) WARN_UNUSED;

/* The shared login, sealed by the caller. version grows by one with every login. */
struct api_login {
    struct text sealed;    /* empty = none */
    struct store_ms until; /* renew from then on */
    int64_t version;
};
/* A row that is not there reads as an empty login of version 0. `sealed` lives in the arena. */
int api_login_read(struct store *store, struct text api, struct arena *arena, struct api_login *out) WARN_UNUSED;
/* Claims the right to log in for `lease` ms, if the login still has this version. ERR_STALE: another worker renewed it;
 * ERR_BUSY: another worker is logging in. The same owner may claim again. */
int api_login_claim(struct store *store, struct text api, int64_t version, int64_t lease,
                    struct text owner) WARN_UNUSED;
/* Stores a new login; login->version is not read. ERR_STALE: another worker has the right to log in by now. */
int api_login_write(struct store *store, struct text api, struct text owner, const struct api_login *login) WARN_UNUSED;
/* After a failed login: gives up the right to log in, so that the next worker can try. */
int api_login_yield(struct store *store, struct text api, struct text owner) WARN_UNUSED;

#endif
