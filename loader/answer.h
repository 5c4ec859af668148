/* What a reply of the target means, in one form for every platform. A reply is the bytes and the HTTP status that came
 * (common/http/http.h); an answer is what a driver reads in them. The answer's texts and `data` live in the arena that
 * the driver was given. */
#ifndef DIANCHEN_LOADER_ANSWER_H
#define DIANCHEN_LOADER_ANSWER_H

#include "common/http/reply_class.h"
#include "common/http/wrap.h"
#include "common/json/json.h"
#include "common/scheme/model.h"

enum { ANSWER_BODY_MAX = 16 << 20 /* bytes of a reply */, ANSWER_ARENA_MAX = 96 << 20 };

struct answer {
    /* DONE       accepted as a whole; `data` must be judged
     * RETRY      transport, gateway or a busy server: with `idle` nothing was executed, else nobody knows
     * THROTTLED  not executed: wait
     * LOGIN      log in and call again; not executed where `idle`
     * REJECT     refused for what was asked
     * FATAL      a person must mend it: `cure` says how; the program ends */
    enum reply_class class;
    bool idle;      /* RETRY: the target certainly executed nothing */
    bool whole;     /* RETRY: the target itself answered completely: what it has not executed by now it never will */
    bool worded;    /* LOGIN and THROTTLED: only a text says so, and that text may quote a record */
    bool unknown;   /* refused as a whole, in words that the API file does not list */
    bool around;    /* the reply had other text around its JSON; it was left out (common/http/wrap.h) */
    bool strange;   /* RETRY: HTTP 200 or a redirect, but not a reply of this API; `kind` says what it is */
    bool too_large; /* RETRY: the reply is above ANSWER_BODY_MAX; nobody knows what it says */
    enum wrap_kind kind;
    bool absent;   /* FATAL: there is no such call, or the account may not use it */
    bool gone;     /* REJECT: what was asked for is not there, by the file's words or the status of its own address */
    int call;      /* target_call.kind of the call that it answers */
    int64_t total; /* of an X-Total-Count header; -1 = none */
    int status;    /* HTTP status, 0 = no reply */
    int64_t ms;    /* duration of the call */
    int64_t wait;  /* ms that the server asks us to wait, -1 = not told */
    const cJSON *data;   /* content of the reply, NULL = nothing readable; lives in the arena */
    struct text code;    /* the target's error code; lives in the arena or is a literal */
    struct text message; /* for a person; no secrets */
    const char *cure;    /* FATAL: what a person should do */
};

/* Reads how far a call got into class (if FATAL), idle, too_large, cure and message of *out. True: that is all that the
 * reply says, because none came, or only a person can mend it. `setting` names the address, as for reply_cure. */
bool answer_way(struct arena *arena, const struct http_reply *reply, const char *setting, struct answer *out);
/* As json_parse, but a member that can't be read does no harm to the rest of the reply. */
int answer_parse(struct arena *arena, struct text body, const cJSON **out) WARN_UNUSED;
/* Does a refusal say so, by the words of the API file? They are looked for anywhere in the message and in the code, in capitals or
 * not; one of digits alone is the code. */
bool answer_says(const struct target_form *form, enum target_word word, struct text message, struct text code);
/* Does this member of a record show this text? Quoted or not. */
bool answer_shows(const cJSON *record, struct text member, struct text wanted);
/* Returns an id or code, which may be a string or a whole number, as text in the arena; data NULL for anything else. */
struct text answer_id(struct arena *arena, const cJSON *item);
/* As answer_id, for the id of a target's record. The store keeps it, so it must be printable ASCII of at most TARGET_ID_MAX bytes;
 * data NULL for anything else. */
enum { TARGET_ID_MAX = 64 };
struct text answer_target_id(struct arena *arena, const cJSON *item);

#endif
