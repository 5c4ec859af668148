/* Whom it concerns is told when a run ends with trouble, and when this extractor can't work (common/alert.h). */
#ifndef DIANCHEN_EXTRACTOR_TELL_H
#define DIANCHEN_EXTRACTOR_TELL_H

#include "extractor/plan.h"
#include "extractor/settings.h"

struct run_end;

struct tell {
    struct loop *loop;
    struct alert *alert;
    struct plan *plan; /* set by the owner once there is one */
    bool told;         /* of the run that is ending */
    bool stopping;
    int exit_code;
};

/* ERR_INPUT with the cause. */
int tell_open(const struct settings *settings, const struct stage *stage, struct tell *tell,
              struct cause *cause) WARN_UNUSED;
/* This extractor closed a run. */
void tell_closed(struct tell *tell, const struct run_end *end);
/* As plan_options.ended. */
void tell_ended(struct tell *tell, int exit_code, const struct cause *cause);
/* Stops the loop with the first exit code given, once all is told. */
void tell_stop(struct tell *tell, int exit_code, bool draining);

#endif
