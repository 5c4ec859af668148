/* What a reply of the source means: the same for every platform. A reply is bytes and a status of the wire
 * (common/http/http.h); an answer is what a driver reads in it. */
#ifndef DIANCHEN_EXTRACTOR_ANSWER_H
#define DIANCHEN_EXTRACTOR_ANSWER_H

#include "common/http/reply_class.h"
#include "common/http/wrap.h"
#include "common/json/scan.h"

enum { SOURCE_CURSOR_MAX = 1000 /* bytes */ };
enum { SOURCE_BODY_MAX = 16 << 20 /* bytes of a page's reply */, SOURCE_ARENA_MAX = 256 << 20 };
/* A slice has at most this many records. A larger total is taken for no total at all. */
#define SOURCE_TOTAL_MAX INT64_C(1000000000000)

struct source_answer {
    enum reply_class class; /* DONE, RETRY, THROTTLED, FATAL; LOGIN: the token of OAuth2 is refused */
    int64_t wait;           /* ms to wait as the source told; -1 = not told */
    bool too_large;         /* the reply is above SOURCE_BODY_MAX: fewer records would fit */
    bool unreadable;        /* a page came, and its JSON as a whole is broken: one record may be the cause */
    bool refused;           /* unreadable, because the source fails at it again and again: `why` */
    bool stand_in;          /* DONE: the one record stands for what can't be read (unread.h) */
    bool heard;             /* something answered, if only to refuse: the network is fine */
    bool around;            /* something stood around the JSON of the reply, and was left out (common/http/wrap.h) */
    bool strange;           /* RETRY: it came whole and is no reply of this API; `kind` says what it is */
    enum wrap_kind kind;
    /* DONE */
    const struct text *records; /* the text of each; lives as long as the reply and the arena given to read() */
    size_t rows;                /* how many */
    int64_t total;              /* records of the slice, 0..SOURCE_TOTAL_MAX; -1 = not told */
    struct text next; /* the cursor of the next page, at most SOURCE_CURSOR_MAX bytes; empty = none was told */
    /* the others: place, cause and cure in one sentence; no secrets */
    char why[400];
};

#endif
