/* The parts of a serving extractor: HTTP client, pace, alerts, planner. */
#ifndef DIANCHEN_EXTRACTOR_PARTS_H
#define DIANCHEN_EXTRACTOR_PARTS_H

#include "extractor/alerts.h"
#include "extractor/plan.h"
#include "extractor/settings.h"

struct parts { /* zero-initialise */
    struct http *http;
    struct limit *limit;
    struct run_alerts alerts;
    struct plan *plan;
};

struct parts_events { /* as of plan_options */
    void (*ended)(void *user, int exit_code, const struct cause *cause);
    void (*begun)(void *user, const struct run *run);
    void (*closed)(void *user, const struct run_closing *closing);
};

/* The stage has its store. On failure, with the cause, parts_stop and parts_free are still due. */
int parts_open(const struct settings *settings, const struct stage *stage, const struct parts_events *events,
               void *user, struct parts *parts, struct cause *cause) WARN_UNUSED;
void parts_stop(struct parts *parts); /* when the loop runs no more, before the store is closed */
void parts_free(struct parts *parts); /* after the store is closed, before the stage is */

#endif
