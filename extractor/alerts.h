/* Alerts a person when a run ends with trouble, and when this extractor can't work (common/alert/alert.h). Knows the
 * run and its report, but not who reads it. On the loop's thread. */
#ifndef DIANCHEN_EXTRACTOR_ALERTS_H
#define DIANCHEN_EXTRACTOR_ALERTS_H

#include "common/alert/alert.h"
#include "common/stage/stage.h"
#include "extractor/closing.h"

struct run_alerts {
    const struct stage *stage;
    struct alert *alert;
    /* Why the extractor can't work now, and the trouble's name; NULL = it can. */
    const char *(*trouble)(void *user, const char **name);
    void *user;
    bool told; /* of the run that is ending */
    bool stopping;
    int exit_code;
};

/* `options` is complete; `trouble` is called until alerts_stop. ERR_INPUT with the cause. */
int alerts_open(const struct alert_options *options, const struct stage *stage,
                const char *(*trouble)(void *user, const char **name), void *user, struct run_alerts *alerts,
                struct cause *cause) WARN_UNUSED;
/* Call it when this extractor closed a run: raises an alert if the run is incomplete or has rejects. */
void alerts_closed(struct run_alerts *alerts, const struct run_closing *closing);
/* For plan_options.ended: raises an alert if the run failed or is unfinished. */
void alerts_ended(struct run_alerts *alerts, int exit_code, const struct cause *cause);
/* Ends the stage (stage_end) with the first exit code given, once every alert has gone out. */
void alerts_stop(struct run_alerts *alerts, int exit_code, bool draining);

#endif
