/* `dianchen check --alert`: a trial message to the group robot. */
#ifndef DIANCHEN_CTL_TRIAL_H
#define DIANCHEN_CTL_TRIAL_H

#include "common/alert.h"

/* Sends, waits, prints how it went as a line of the check; the exit code. */
int trial_send(const struct alert_options *options);

#endif
