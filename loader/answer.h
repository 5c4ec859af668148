/* What any reply of the target means: the V1 API as one table. Pure: bytes in, meaning out.
 * The envelope is {"success","message","errorCode","data"}; the login and the gateway answer with
 * {"errcode","description"} or {"code","message"|"description_cn"}. */
#ifndef DIANCHEN_LOADER_ANSWER_H
#define DIANCHEN_LOADER_ANSWER_H

#include "common/json.h"
#include "common/limit.h"

struct answer {
    /* DONE     the outer success holds; `data` must be judged
     * RETRY    transport, gateway or a busy server: with `idle` nothing was executed, else nobody knows
     * THROTTLED, LOGIN   not executed: wait, or log in and call again
     * REJECT   refused for what was asked
     * FATAL    a person must mend it: `cure` says how */
    enum reply_class class;
    bool idle;           /* certainly nothing was executed */
    bool worded;         /* LOGIN and THROTTLED: only a text said so, not the HTTP status */
    int status;          /* HTTP status, 0 = no reply */
    int64_t ms;          /* that the call took */
    int64_t wait;        /* ms that the server named, -1 = none */
    const cJSON *data;   /* member "data", NULL when absent or no JSON; lives in the arena */
    struct text code;    /* errorCode; lives in the arena or is a literal */
    struct text message; /* for a person */
    const char *cure;    /* FATAL */
};

enum { ANSWER_BODY_MAX = 16 << 20, ANSWER_ARENA_MAX = 96 << 20 };

/* `words` = texts may say LOGIN, THROTTLED and RETRY (false: a success:false is a REJECT whatever it says). */
void answer_read(struct arena *arena, const struct http_reply *reply, bool words, struct answer *out);

/* Texts of refusals. */
bool answer_says_exists(struct text message, struct text code); /* "已存在": number or name is taken */
bool answer_says_gone(struct text message);                     /* "不存在": what was asked for is not there */

/* An id or code given as string or as whole number, as text in the arena; data NULL for anything else. */
struct text answer_id(struct arena *arena, const cJSON *item);

#endif
