/* Everything that differs between the platforms of sources stands behind this table of functions, as databases stand
 * behind common/store/sql.h. A driver is a folder (qimen/) and a line in drivers.c; the API file of a scheme names the one
 * that reads it ("driver", docs/schemes.md).
 *
 * A driver writes requests and reads replies, and makes no call by itself: source.h paces, sends and tries again.
 * Everything on the loop's thread. */
#ifndef DIANCHEN_EXTRACTOR_DRIVER_H
#define DIANCHEN_EXTRACTOR_DRIVER_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/config/config.h"
#include "common/http/oauth.h"
#include "common/scheme/scheme.h"
#include "extractor/answer.h"

struct endpoint; /* a driver's own: where calls of one scheme go, and with which rights */

struct source_window { /* of time, unix ms, both ends belong to it; to 0 = none */
    int64_t from, to;
};

struct source_page { /* what is asked for */
    int slice;
    struct source_window window;
    int64_t no, size;   /* its number, records a page */
    const char *cursor; /* that the page before told; "" = none */
};

struct source_request { /* method, url and headers live until the endpoint writes the next request */
    const char *method, *url;
    const char *const *headers; /* "Name: value", ends with NULL */
    struct buffer body;         /* made ready by the caller */
};

struct source_asked { /* what a reply answers to */
    int64_t no, size; /* as given to fetch() or ask() */
};

struct source_driver {
    const char *name;            /* as API files say it: "qimen" */
    const char *address_setting; /* the setting that holds the source's address, for messages: "WDT_URL" */
    const char *account_setting; /* the setting that names the account */

    /* settings: rows for the program's option table. Their values go into storage of the driver's own, once a process.
     * None is `required`: only the scheme says whether the driver is used at all. check() tells which one is missing. */
    const struct config_option *settings;
    size_t setting_count;
    /* After config_read: is everything set, and can it be used? Makes no call. ERR_INPUT with the setting and the cure. */
    int (*check)(struct cause *cause);
    /* The account that is read, as set; runs and the pace of calls belong to it. */
    const char *(*account)(void);

    /* Resolves what the scheme's request needs from the environment. The scheme must outlive the endpoint. ERR_INPUT with
     * the cause, ERR_MEMORY. */
    int (*open)(const struct scheme *scheme, struct endpoint **out, struct cause *cause);
    void (*close)(struct endpoint **endpoint);
    const char *(*host)(const struct endpoint *endpoint); /* for messages; no secrets */

    /* Does the endpoint want a token of OAuth2? True: its part of the options is filled in, and authorise() is told each token before
     * a request is written: "Authorization: Bearer …". Both are NULL where the platform has none. */
    bool (*oauth)(const struct endpoint *endpoint, struct oauth_options *out);
    void (*authorise)(struct endpoint *endpoint, const char *line);

    /* Writes the request for a page. Called anew for every attempt. ERR_LIMIT, ERR_MEMORY. */
    int (*fetch)(struct endpoint *endpoint, const struct source_page *page, struct source_request *out);
    /* As fetch, but asks for the one record with this key instead of a slice. */
    int (*ask)(struct endpoint *endpoint, const char *key, int64_t no, int64_t size, struct source_request *out);
    /* Reads any reply, also a failed one. The records live in `arena`. */
    void (*read)(struct endpoint *endpoint, const struct source_asked *asked, const struct http_reply *reply,
                 struct arena *arena, struct source_answer *out);
};

/* By name; NULL where there is none. */
const struct source_driver *driver_find(struct text name);
/* All of them; NULL behind the last. */
extern const struct source_driver *const drivers[];

#endif
