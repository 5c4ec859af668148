/* What workers tell at /metrics, read by `dianchen top`: one sample a worker and moment. */
#ifndef DIANCHEN_CTL_TOP_SCRAPE_H
#define DIANCHEN_CTL_TOP_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/base/text.h"

enum scrape_stage { STAGE_EXTRACTOR, STAGE_TRANSFORMER, STAGE_LOADER, STAGE_UNKNOWN };
/* "extractor", "transformer", "loader"; a constant. */
const char *stage_text(enum scrape_stage stage);

enum { SCRAPE_WORKERS = 256, SCRAPE_ADDRESS = 120, SCRAPE_NAME = 200 };

struct sample {
    bool up;
    enum scrape_stage stage;
    char why[200];                              /* not up, or not ready: why not */
    char scheme[SCRAPE_NAME], api[SCRAPE_NAME]; /* api: the one whose calls are counted below */
    double at;                                  /* s, monotonic */
    /* Counters: seconds, or how many since the start. */
    double busy, stalled, idle, store, paced, throttled_wait;
    double records, rejected, redelivered, batches, batch_seconds, calls, call_seconds, throttled, started;
    /* Now. */
    double ready, peers, in_flight, credit, oldest, calls_now, permitted, per_minute;
    double rejects_open, pages_open, pages_done, source_total;
};

struct worker {
    char address[SCRAPE_ADDRESS]; /* HOST:PORT in numbers */
    enum scrape_stage stage;      /* what stood there when it last answered */
    struct sample before, now;    /* `before` is down when there is only one yet */
};

struct scrape { /* zero-initialise */
    struct worker *workers;
    size_t count;
};

/* A page as Prometheus text; what it lacks stays 0. False when it is none of a stage of ours. */
bool sample_read(struct text page, struct sample *out);

/* `at` is a comma list of HOST:PORT; a name means all its addresses. Workers that stood there before keep their samples,
 * others are forgotten. ERR_INPUT names what can't be read or resolved. */
int scrape_resolve(struct scrape *scrape, const char *at, struct cause *cause) WARN_UNUSED;
/* Asks all of them at once, at most 3 s; `now` becomes `before`. ERR_MEMORY or ERR_IO where that can't be begun at all. */
int scrape_take(struct scrape *scrape, struct cause *cause) WARN_UNUSED;
void scrape_free(struct scrape *scrape);

#endif
