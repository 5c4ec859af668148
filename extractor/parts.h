/* The parts of an extractor that serves a scheme: HTTP client, pace, alerts, planner; and when the next run begins. On the loop's
 * thread, in the scope of its stage. */
#ifndef DIANCHEN_EXTRACTOR_PARTS_H
#define DIANCHEN_EXTRACTOR_PARTS_H

#include "extractor/alerts.h"
#include "extractor/plan.h"
#include "extractor/settings.h"

struct parts { /* zero-initialise */
    const struct settings *settings;
    const struct stage *stage;
    struct http *http;
    struct limit *limit;
    struct run_alerts alerts;
    struct plan *plan;
    struct loop_timer next; /* when the plan is asked for the next run */
    bool draining;
    struct cause cause; /* why it ends; empty where the exit code says all */
};

/* The stage has its store; both outlive the parts. The first run begins when the loop turns. On failure, with parts->cause, parts_stop
 * and parts_free are still due. When its work is over: stage_end. */
int parts_open(const struct settings *settings, const struct stage *stage, struct parts *parts) WARN_UNUSED;
void parts_drain(void *user);         /* SIGTERM; a struct parts * */
void parts_stop(struct parts *parts); /* when the loop runs no more, before the store is closed */
void parts_free(struct parts *parts); /* after the store is closed, before the stage is */

#endif
