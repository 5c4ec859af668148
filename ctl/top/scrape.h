/* Reads the workers' /metrics for `dianchen top`: one sample of each worker at a time. */
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
    char why[200];                              /* why it is not up or not ready; "" = it is */
    char scheme[SCRAPE_NAME], api[SCRAPE_NAME]; /* api: the one whose calls are counted below */
    double at;                                  /* s, monotonic clock */
    /* Counters since the worker's start: seconds, or how many. */
    double busy, stalled, idle, store, paced, throttled_wait;
    double records, rejected, redelivered, batches, batch_seconds, calls, call_seconds, throttled, started;
    /* Values at this moment. */
    double ready, peers, in_flight, credit, oldest, calls_now, permitted, per_minute;
    double rejects_open, pages_open, pages_done, source_total;
};

struct worker {
    char address[SCRAPE_ADDRESS]; /* HOST:PORT in numbers */
    enum scrape_stage stage;      /* of its last answer */
    struct sample before, now;    /* before.up is false while there is only one sample */
};

struct scrape { /* zero-initialise */
    struct worker *workers;
    size_t count;
};

/* Reads a page of Prometheus text; values that it lacks stay 0. False: it is not the page of a dianchen stage. */
bool sample_read(struct text page, struct sample *out);

/* Sets the workers: `at` is a comma list of HOST:PORT, and a DNS name means all its addresses. Workers known before keep their
 * samples; those no longer in the list are forgotten. Blocks for DNS. ERR_INPUT: the cause names what can't be read or resolved. */
int scrape_resolve(struct scrape *scrape, const char *at, struct cause *cause) WARN_UNUSED;
/* Takes a new sample of each worker; `now` becomes `before`. Asks all at once, and blocks at most 3 s. A worker that does not answer
 * is no error. ERR_MEMORY or ERR_IO: nothing could be asked. */
int scrape_take(struct scrape *scrape, struct cause *cause) WARN_UNUSED;
void scrape_free(struct scrape *scrape);

#endif
