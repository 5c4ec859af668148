/* What a reply of the target means: the same for every platform. A reply is bytes and a status of the wire
 * (common/http/http.h); an answer is what a driver reads in it. */
#ifndef DIANCHEN_LOADER_ANSWER_H
#define DIANCHEN_LOADER_ANSWER_H

#include "common/http/reply_class.h"
#include "common/http/wrap.h"
#include "common/json/json.h"

enum { ANSWER_BODY_MAX = 16 << 20 /* bytes of a reply */, ANSWER_ARENA_MAX = 96 << 20 };

struct answer {
    /* DONE       accepted as a whole; `data` must be judged
     * RETRY      transport, gateway or a busy server: with `idle` nothing was executed, else nobody knows
     * THROTTLED  not executed: wait
     * LOGIN      not executed: log in and call again
     * REJECT     refused for what was asked
     * FATAL      a person must mend it: `cure` says how */
    enum reply_class class;
    bool idle;    /* certainly nothing was executed */
    bool whole;   /* RETRY: the target itself answered, to the end: what it has not executed it never will */
    bool worded;  /* LOGIN and THROTTLED: only a text said so, which may quote a record */
    bool unknown; /* refused as a whole, in words that the API file does not list */
    bool around;  /* something stood around the JSON of the reply, and was left out (common/http/wrap.h) */
    bool strange; /* RETRY: HTTP 200, and no reply of this API; `kind` says what it is */
    enum wrap_kind kind;
    bool absent;         /* FATAL: there is no such call, or the account has not subscribed to it */
    int status;          /* HTTP status, 0 = no reply */
    int64_t ms;          /* that the call took */
    int64_t wait;        /* ms that the server named, -1 = none */
    const cJSON *data;   /* what the reply carries, NULL = nothing readable; lives in the arena */
    struct text code;    /* the target's own; lives in the arena or is a literal */
    struct text message; /* for a person; no secrets */
    const char *cure;    /* FATAL */
};

#endif
