/* The source: signed calls of one page each, paced, tried again until they are answered or it is time to give up.
 * All on the loop's thread. */
#ifndef DIANCHEN_EXTRACTOR_QIMEN_H
#define DIANCHEN_EXTRACTOR_QIMEN_H

#include "common/http.h"
#include "common/limit.h"
#include "common/scheme.h"
#include "extractor/reply.h"
#include "extractor/sign.h"

struct qimen;
struct store;

struct qimen_options {
    const char *url; /* whole, with /router/qm */
    const char *app_key, *app_secret, *sid, *target_app_key;
    enum sign_method method;
    const struct scheme *scheme;
    struct loop *loop;
    struct http *http;
    struct limit *limit; /* NULL = calls go at once (--check, --sample) */
    struct store *store; /* whose clock the limit's bans are on; NULL without a limit */
    int64_t patience;    /* ms of unbroken failure before `ended`; 0 = the first failure ends it */
    /* No further call can do any good: EXIT_REFUSED (a person must mend something) or EXIT_UNFINISHED (unreachable, quota
     * gone: later). Once; calls under way end without done(). */
    void (*ended)(void *user, int exit_code, const struct cause *cause);
    void *user;
};

/* Resolves {{env.NAME}} of the scheme's request: ERR_INPUT with the cause. */
int qimen_new(const struct qimen_options *options, struct qimen **out, struct cause *cause) WARN_UNUSED;
/* After `ended`: calls may be made again. */
void qimen_revive(struct qimen *qimen);
void qimen_free(struct qimen **qimen_held); /* ends its calls without done() */

/* A call, embedded in its owner; zero-initialise. */
struct qimen_call {
    int slice;
    const char *key; /* NULL, or the id of the one record that is asked for, instead of a slice; lives as long */
    int64_t page;
    int64_t page_size;
    void (*done)(struct qimen_call *call, const struct reply *reply); /* REPLY_DONE; the tree lives until it returns */
    /* qimen's own */
    struct qimen *qimen;
    struct qimen_call *next, *prev;
    struct limit_wait wait;
    struct loop_timer retry;
    struct http_call *http;
    int attempt;
    bool busy;
};
void qimen_ask(struct qimen *qimen, struct qimen_call *call);
/* Ends a call without done(); one that is not under way is left alone. */
void qimen_drop(struct qimen *qimen, struct qimen_call *call);

/* Store clock ms: nobody may call before; 0 = now. */
int64_t qimen_banned_until(const struct qimen *qimen);
/* Calls that may be under way at once now: the scheme's limit, fewer while the source fails or becomes slow. */
int64_t qimen_concurrency(const struct qimen *qimen);
/* Why no page can be had just now (a literal), or NULL: not answered yet, or not any more. */
const char *qimen_ails(const struct qimen *qimen);
/* Why calls fail now, without a break since the last answer; NULL = they don't. */
const char *qimen_trouble(const struct qimen *qimen);
/* The host of the address, for messages. */
const char *qimen_host(const struct qimen *qimen);

/* WDT_URL: http or https, and https where the host is the real one. ERR_INPUT. */
int qimen_check_url(const char *url, struct cause *cause) WARN_UNUSED;

#endif
