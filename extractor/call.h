/* A page that is asked of the source (source.h), from the first request to the answer. */
#ifndef DIANCHEN_EXTRACTOR_CALL_H
#define DIANCHEN_EXTRACTOR_CALL_H

#include "common/loop/loop.h"
#include "common/pace/limiter.h"
#include "extractor/division.h"
#include "extractor/driver.h"

/* A call, embedded in its owner; zero-initialise, then fill the first part. */
struct source_call {
    int slice; /* of the scheme */
    struct source_window window;
    const char *key; /* NULL, or the id of the one record that is asked for instead of a slice; lives as long */
    int64_t page;
    int64_t page_size;
    const char *cursor; /* of the page (struct source_page); NULL = none; lives as long */
    bool ranges;        /* the slice's pages are counted by page_size (source_note_rows); also set by source_ask */
    bool total_only;    /* any range of the page will do */
    /* Gets only answers of class REPLY_DONE; their records live until it returns. */
    void (*done)(struct source_call *call, const struct source_answer *answer);
    bool guessed, cut; /* out: as in page_facts */
    /* private */
    struct source *source;
    struct source_call *next, *prev;
    struct limit_wait wait;
    struct loop_timer retry;
    struct http_call *http;
    struct division division;
    struct source_asked asked;
    int64_t token; /* version of the token that it was sent with */
    int logins;    /* tokens that were refused for it */
    int attempt, tears, stand_ins;
    int outages;    /* times that one record elsewhere was asked for, to see whether the source is well */
    bool probing;   /* that, or the record behind those that came, is asked for now */
    int64_t behind; /* how many came; 0 = not that */
    bool ended;     /* there is none behind them */
    int64_t read_before;
    int refusals; /* of the page, on end */
    int64_t refused_read;
    struct loop_ms refused_since;
    bool busy, large;
    bool unlogged; /* it waits for a token */
};

#endif
