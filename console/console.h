/* What all parts of the console share. main owns it, and sets it up before the server starts. Any thread may use it: each part has
 * its own lock. */
#ifndef DIANCHEN_CONSOLE_CONSOLE_H
#define DIANCHEN_CONSOLE_CONSOLE_H

#include <stdatomic.h>

#include "common/observe/metrics.h"
#include "console/serve/session.h"
#include "console/serve/tls.h"
#include "console/work/catalog.h"
#include "console/work/jobs.h"
#include "console/work/live.h"
#include "console/work/password.h"
#include "console/work/readings.h"
#include "console/work/stores.h"

enum { CONSOLE_STREAMS = 64 };

struct console {
    struct catalog *catalog;
    struct jobs *jobs;
    struct stores *stores;
    struct sessions *sessions;
    struct live *live;
    struct readings *readings;
    struct metrics *metrics;
    struct password *password; /* NULL = people log in with tokens alone */
    struct tls tls;            /* empty = plain http */
    const char *hosts; /* names under which browsers may call, separated by commas, besides localhost; NULL = none */
    bool open;         /* it listens beyond this host: any address may stand in Host */
    struct metric *answers[6]; /* counts answers by status / 100 */
    _Atomic int streams;       /* open streams, at most CONSOLE_STREAMS */
    _Atomic bool stopping;     /* the server stops: streams end */
};

#endif
