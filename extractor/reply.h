/* What the source answered. One table says what each refusal means for us and what a person can do about it
 * (reply.c; the facts: gateway document 101617 and WDT's own error codes). */
#ifndef DIANCHEN_EXTRACTOR_REPLY_H
#define DIANCHEN_EXTRACTOR_REPLY_H

#include "common/json.h"
#include "common/limit.h"

enum { REPLY_BODY_MAX = 16 << 20 /* bytes of a page's JSON */, REPLY_ARENA_MAX = 256 << 20 };

struct reply {
    enum reply_class class; /* DONE, RETRY, THROTTLED or FATAL */
    int64_t wait;           /* ms to wait as the source told; -1 = not told */
    bool heard;             /* something answered, if only to refuse: the network is fine */
    /* DONE */
    const cJSON *list; /* the records: an array, or NULL where there are none. Lives in the arena */
    size_t rows;
    int64_t total; /* -1 = not told */
    /* the others: place, cause, cure; no secrets */
    char why[400];
};

/* What is looked for in a reply. */
struct reply_form {
    const struct text
        *keys; /* names that the list may have, most likely first; else any one array of objects will do */
    size_t key_count;
    const struct text *fields; /* members of a record that are read at all */
    size_t field_count;
};
/* Judges a reply. The tree is parsed into `arena`. */
void reply_judge(const struct http_reply *http, const struct reply_form *form, struct arena *arena, struct reply *out);

#endif
