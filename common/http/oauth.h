/* A token of OAuth2 for a program, by its client's credentials (RFC 6749, 4.4): fetched when it is first wanted, renewed when 80 %
 * of its time are over, fetched anew when it was refused. Each process has a token of its own, in memory alone. It never tries
 * again by itself: who gets `failed` calls oauth_take again, when it likes. All on the loop's thread. */
#ifndef DIANCHEN_COMMON_HTTP_OAUTH_H
#define DIANCHEN_COMMON_HTTP_OAUTH_H

#include "common/http/http.h"
#include "common/http/reply_class.h"

struct oauth;

struct oauth_failure {
    enum reply_class class; /* RETRY, THROTTLED, or FATAL: a person must mend it */
    int status;             /* HTTP status; 0 = no reply */
    int64_t wait;           /* ms to wait as the server told; -1 = not told */
    bool heard;             /* something answered */
    char why[400];          /* place, cause and, with FATAL, the cure; no secrets */
};

struct oauth_options { /* its texts live as long as the token */
    struct loop *loop;
    struct http *http;
    const char *url; /* of the token endpoint */
    const char *client, *secret;
    struct text scope; /* empty = none is asked for */
    bool in_body;      /* client and secret go into the body, else into a header (Basic) */
    int64_t timeout;   /* ms of one call */
    const char *url_name, *client_name, *secret_name; /* the settings they come from, for messages */
    void (*ready)(void *user);                        /* after oauth_take returned false: a token is there */
    void (*failed)(void *user, const struct oauth_failure *failure); /* or there is none */
    void *user;
};

/* Makes no call. ERR_MEMORY. */
int oauth_new(const struct oauth_options *options, struct oauth **out) WARN_UNUSED;
/* Ends its call without ready() and failed(). Before the `http` of the options is freed. */
void oauth_free(struct oauth **oauth);

/* Is a token there? True: *version is its version, from 1 on. False: it is being fetched, and ready() or failed() follows, never
 * from inside. */
bool oauth_take(struct oauth *oauth, int64_t *version);
/* The header line of the last token, "Authorization: Bearer …"; NULL = there was none yet. Lives until the next one comes. */
const char *oauth_line(const struct oauth *oauth);
/* The server refused this version: it is of no use any more. */
void oauth_refused(struct oauth *oauth, int64_t version);

#endif
